"""Progress, curves and logs while a job runs."""

import itertools

import pytest

from tests.workers.by_hand import sleeper


def running(jobs, tag=""):
    spec = sleeper(tag)
    jobs.submit(spec)
    return spec.key, jobs.claim(spec.key, "somebody").attempt


def test_progress_is_seen_and_a_new_attempt_begins_without_it(jobs):
    key, attempt = running(jobs)
    jobs.report(key, attempt, {"fraction": 0.123456789, "stage": "one", "message": "ünder way"}, [{"loss": 0.5}], ["x"])
    record = jobs.get(key)
    assert (record.fraction, record.stage, record.message) == (0.123456789, "one", "ünder way")
    assert (jobs.metrics(key), jobs.metric_count(key), jobs.log(key)[-1]) == ([{"loss": 0.5}], 1, "x")
    jobs.bury("somebody")
    jobs.claim(key, "another")
    record = jobs.get(key)
    assert (record.fraction, record.stage, record.message) == (None, "", "")
    assert (jobs.metrics(key), jobs.metric_count(key)) == ([], 0)
    assert "x" in jobs.log(key)  # the log tells of all attempts


@pytest.mark.parametrize("count", [1, 1999, 2000, 2001, 2002, 3999, 4000, 4001, 20_000])
def test_a_long_curve_is_thinned_evenly_and_keeps_both_ends(jobs, count):
    key, attempt = running(jobs)
    for start in range(0, count, 200):
        jobs.report(key, attempt, metrics=[{"n": n} for n in range(start, min(count, start + 200))])
    numbers = [point["n"] for point in jobs.metrics(key)]
    assert jobs.metric_count(key) == count
    assert (numbers[0], numbers[-1]) == (0, count - 1)
    assert len(numbers) <= 2000
    assert len(numbers) >= min(count, 1000)
    gaps = {later - earlier for earlier, later in itertools.pairwise(numbers[:-1])}
    assert gaps <= {2 ** jobs.get(key).thinned}


def test_the_newest_point_is_there_after_every_report(jobs):
    key, attempt = running(jobs)
    jobs.report(key, attempt, metrics=[{"n": n} for n in range(2500)])
    for n in range(2500, 2520):
        jobs.report(key, attempt, metrics=[{"n": n}])
        assert jobs.metrics(key)[-1] == {"n": n}


def test_the_log_keeps_its_last_200_lines(jobs):
    key, attempt = running(jobs)
    jobs.report(key, attempt, log=[f"line {n}" for n in range(500)])
    assert jobs.log(key) == [f"line {n}" for n in range(300, 500)]
