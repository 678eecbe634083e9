import threading
import time

import numpy as np
import pytest
import redis

from models.progress import Cancelled
from tests import probe
from tests.engines import wait_until
from workers import names
from workers.kinds import job
from workers.runner import Attempt, Made, Runner

assert probe

# ---- an attempt, without a worker ----


@pytest.fixture
def running(jobs):
    """A claimed job's record."""
    spec = job("probe-sleep")
    jobs.submit(spec)
    return jobs.claim(spec.key, "somebody")


@pytest.fixture
def reports(jobs, monkeypatch):
    """The reports that attempts have sent: when, and how many points each had."""
    sent, report = [], jobs.report

    def note(key, attempt, fields=None, metrics=(), log=()):
        sent.append((time.monotonic(), len(list(metrics))))
        return report(key, attempt, fields, metrics, log)

    monkeypatch.setattr(jobs, "report", note)
    return sent


def test_at_most_five_reports_a_second_and_no_point_is_lost(jobs, running, reports):
    stopping = threading.Event()
    with Attempt(jobs, running, 60.0, stopping) as attempt:
        began, count = time.monotonic(), 0
        while time.monotonic() - began < 1.5:
            attempt(min(1.0, (time.monotonic() - began) / 1.5), f"step {count}", n=count)
            count += 1
            time.sleep(0.011)
        attempt.send()
    assert len(reports) <= 1.5 * 5 + 4  # its own, the one at the end, and those of the lease
    assert [point["n"] for point in jobs.metrics(running.key)] == list(range(count))
    assert jobs.get(running.key).message == f"step {count - 1}"


def test_many_points_at_once_do_not_wait(jobs, running, reports):
    with Attempt(jobs, running, 60.0, threading.Event()) as attempt:
        for n in range(1000):
            attempt(None, n=n)
        attempt.send()
    assert max(points for _, points in reports) <= 200
    assert jobs.metric_count(running.key) == 1000


def test_points_of_an_absent_server_are_sent_when_it_is_back(jobs, running, monkeypatch):
    report, away = jobs.report, True

    def sometimes(*arguments):
        if away:
            raise redis.ConnectionError("away")
        return report(*arguments)

    monkeypatch.setattr(jobs, "report", sometimes)
    with Attempt(jobs, running, 60.0, threading.Event()) as attempt:
        attempt.stage("one")
        attempt.log("a line")
        for n in range(5):
            attempt(0.1 * n, n=n)
            attempt.send()
        away = False
        attempt(0.9, "back", n=5)
        attempt.send()
    record = jobs.get(running.key)
    assert (record.stage, record.message, record.fraction) == ("one", "back", 0.9)
    assert [point["n"] for point in jobs.metrics(running.key)] == list(range(6))
    assert jobs.log(running.key)[-1] == "a line"


def test_the_lease_is_kept_while_the_work_says_nothing(jobs, running, client):
    with Attempt(jobs, running, 0.8, threading.Event()):
        for _ in range(10):
            time.sleep(0.12)
            assert float(client.hget(names.job(running.key), "lease_until")) > jobs.now()


@pytest.mark.parametrize("ending", ["cancelled", "taken over", "stopping"])
def test_the_callback_says_when_it_is_over(jobs, running, ending):
    stopping = threading.Event()
    with Attempt(jobs, running, 60.0, stopping) as attempt:
        attempt(0.1)
        if ending == "cancelled":
            jobs.cancel(running.key)
        elif ending == "taken over":
            jobs.bury("somebody")
            jobs.claim(running.key, "another")
        else:
            stopping.set()
        with pytest.raises(Cancelled):  # noqa: PT012 (one of the first calls hears of it)
            for _ in range(100):
                attempt(0.2)
                time.sleep(0.01)


@pytest.mark.parametrize(
    ("said", "noted"), [(-1, 0.0), (2, 1.0), (float("nan"), 0.0), (np.float32(0.5), 0.5), (1, 1.0)]
)
def test_a_fraction_is_a_fraction(jobs, running, said, noted):
    with Attempt(jobs, running, 60.0, threading.Event()) as attempt:
        attempt(said, loss=np.float32(0.25))
        attempt.send()
    assert jobs.get(running.key).fraction == noted
    assert jobs.metrics(running.key) == [{"loss": 0.25}]


def test_a_runner_that_is_told_to_stop_takes_no_more_jobs(jobs, results):
    runner = Runner(jobs, results, "somebody", 1.0, {})
    spec = job("probe-empty")
    jobs.submit(spec)
    runner.stopping.set()
    runner.run(spec.key)
    assert jobs.get(spec.key).state == "queued"
    runner.stopping.clear()
    runner.run(spec.key)
    runner.run(spec.key)  # a bell that was rung twice
    assert (jobs.get(spec.key).state, jobs.get(spec.key).commits) == ("done", 1)


def test_what_is_made_is_described(jobs, results):
    spec = job("probe-array", {"bytes": 10})
    jobs.submit(spec)
    Runner(jobs, results, "somebody", 1.0, {"device": "abacus"}).run(spec.key)
    meta = results.meta(spec.key)
    assert meta.pop("seconds") >= 0
    assert meta == {
        "value": 1,
        "kind": "probe-array",
        "version": 1,
        "params": {"tag": "", "bytes": 10, "value": 1, "truly": None},
        "inputs": {},
        "arrays": {"values": {"parts": 1, "bytes": 138, "dtype": "|u1", "shape": [10]}},
        "made_by": {"device": "abacus"},
    }


@pytest.mark.parametrize(("kind", "why"), [
    ("probe-fail", "the probe was asked to fail"),
    ("probe-odd", "Object arrays cannot be saved when allow_pickle=False"),
    ("probe-nobody", 'this worker knows the kind "probe-nobody" but has no code for it; start it with the module that has'),
])  # fmt: skip
def test_a_job_that_goes_wrong_says_why(jobs, results, kind, why):
    spec = job(kind)
    jobs.submit(spec)
    Runner(jobs, results, "somebody", 1.0, {}).run(spec.key)
    record = jobs.get(spec.key)
    assert (record.state, record.error) == ("failed", why)
    assert "Traceback (most recent call last):" in jobs.log(spec.key)
    assert jobs.log(spec.key)[-1].endswith(why)


def test_an_error_without_words_is_named(jobs, results, monkeypatch):
    def silently(*_):
        raise AssertionError

    monkeypatch.setitem(__import__("workers.runner").runner.IMPLEMENTATIONS, "probe-empty", silently)
    spec = job("probe-empty")
    jobs.submit(spec)
    Runner(jobs, results, "somebody", 1.0, {}).run(spec.key)
    assert jobs.get(spec.key).error == "It ended with AssertionError; the log tells more."


def test_what_would_not_fit_is_refused_before_it_is_computed(jobs, results, monkeypatch):
    computed = []
    monkeypatch.setitem(
        __import__("workers.runner").runner.IMPLEMENTATIONS, "probe-array", lambda *_: computed.append(1) or Made({})
    )
    results.set_budget(1_000_000)
    spec = job("probe-array", {"bytes": 2_000_000})
    jobs.submit(spec)
    Runner(jobs, results, "somebody", 1.0, {}).run(spec.key)
    assert not computed
    assert jobs.get(spec.key).error == (
        "The result needs about 1.9 MiB; of the 976.6 KiB that results may take, 0 Bytes are used and too few of them "
        "may go. Delete or unpin a study, choose smaller settings, or start with a larger --memory."
    )


def test_what_turns_out_not_to_fit_is_refused_after(jobs, results, client):
    results.set_budget(1_000_000)
    spec = job("probe-array", {"bytes": 10, "truly": 2_000_000})
    jobs.submit(spec)
    Runner(jobs, results, "somebody", 1.0, {}).run(spec.key)
    assert jobs.get(spec.key).error.startswith("The result takes 1.9 MiB;")
    assert not results.which([spec.key])
    assert not client.keys(names.PREFIX + "staging:*")


# ---- real workers ----


def test_a_worker_of_probes_has_no_torch(fleet):
    told = fleet.engine.calls.ask("probe-modules", {}, "a tab")
    assert told["torch"] is False
    assert int(told["omp"]) >= 1


def test_a_diamond_is_computed_once(fleet):
    of = job("probe-array", {"tag": "diamond", "bytes": 100, "value": 2})
    left, right = (job("probe-step", {"tag": "diamond", "add": add}, of=of) for add in (1, 2))
    total = job("probe-sum", {"tag": "diamond"}, left=left, right=right)
    askers = [threading.Thread(target=fleet.engine.jobs.submit, args=(total,)) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert fleet.wait(total.key).state == "done"
    assert fleet.engine.results.array(total.key, "total") == 2 * 200 + 3
    assert [record.commits for record in fleet.engine.jobs.get_many([of.key, left.key, right.key, total.key])] == [
        1
    ] * 4


def test_a_failure_reaches_the_end_of_the_line_and_retry_repeats_it(fleet):
    of = job("probe-array", {"tag": "failing"})
    left, right = (job("probe-step", {"tag": "failing", "fail": fail}, of=of) for fail in (True, False))
    total = fleet.engine.jobs.submit(job("probe-sum", {"tag": "failing"}, left=left, right=right))
    for attempt in (1, 2):
        assert fleet.wait(total).error == 'Its input "probe-step" failed: the step was asked to fail'
        assert fleet.wait(left.key).attempt == attempt
        fleet.wait(right.key)
        fleet.engine.jobs.retry(total)
    fleet.wait(total)


def test_progress_is_seen_while_it_happens(fleet):
    key = fleet.engine.jobs.submit(job("probe-sleep", {"tag": "seen", "seconds": 1.5}))
    seen = set()
    while fleet.engine.jobs.get(key).is_open:
        record = fleet.engine.jobs.get(key)
        seen.add(record.fraction)
        if record.fraction:
            assert record.stage == "sleeping"
            assert 0 <= record.remaining(fleet.engine.jobs.now()) < 5 or record.fraction < 0.02
        time.sleep(0.05)
    assert len(seen) >= 4
    numbers = [point["slept"] for point in fleet.engine.jobs.metrics(key)]
    assert numbers == sorted(numbers)
    assert len(numbers) > 20


def test_every_point_of_a_fast_job_arrives(fleet):
    key = fleet.engine.jobs.submit(job("probe-metrics", {"count": 1500}))
    assert fleet.wait(key).state == "done"
    assert [point["number"] for point in fleet.engine.jobs.metrics(key)] == list(range(1500))


def test_cancel_stops_the_work_at_once(fleet):
    key = fleet.engine.jobs.submit(job("probe-sleep", {"tag": "cancelled", "seconds": 30}))
    wait_until(lambda: fleet.engine.jobs.get(key).fraction)
    assert fleet.engine.jobs.cancel(key) == "running"
    assert fleet.engine.jobs.get(key).state == "cancelled"
    worker = names.worker(fleet.engine.jobs.get(key).worker)
    wait_until(lambda: not fleet.engine.client.hexists(worker, "job"), 15, "an idle worker")


def test_short_jobs_do_not_stand_behind_long_ones(fleet):
    long = [fleet.engine.jobs.submit(job("probe-sleep", {"tag": f"long {n}", "seconds": 30})) for n in range(3)]
    wait_until(lambda: any(fleet.engine.jobs.get(key).state == "running" for key in long))
    began = time.monotonic()
    assert fleet.wait(fleet.engine.jobs.submit(job("probe-empty", {"tag": "short"}))).state == "done"
    assert time.monotonic() - began < 25
    for key in long:
        fleet.engine.jobs.cancel(key)


def test_a_job_whose_worker_always_dies_fails_and_says_so(fleet):
    key = fleet.engine.jobs.submit(job("probe-die", {"times": 99}))
    record = fleet.wait(key, 60)
    assert record.state == "failed"
    assert record.error.startswith("Its worker died 3 times;")
    assert record.attempt == 3


def test_a_lost_bell_costs_seconds_only(fleet):
    fleet.engine.client.set(names.RECONCILER, "nobody", px=2500)  # let nobody ring until the bell is lost
    busy = fleet.engine.jobs.submit(job("probe-deaf", {"tag": "busy", "seconds": 1.0}))
    wait_until(lambda: fleet.engine.jobs.get(busy).state == "running")
    key = fleet.engine.jobs.submit(job("probe-sleep", {"tag": "lost", "seconds": 0.1}))
    assert fleet.engine.client.delete(names.PREFIX + "celery:batch") == 1
    assert fleet.wait(key, 15).state == "done"
    fleet.wait(busy)
