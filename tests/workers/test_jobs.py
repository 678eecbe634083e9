import itertools
import json
import random
import threading
import time

import pytest

from tests import probe  # registers its kinds
from workers import names
from workers.jobs import Job, Jobs, OutdatedJob, UnknownJob
from workers.kinds import KINDS, Kind, job

assert probe


def sleeper(tag="", seconds=1.0):
    return job("probe-sleep", {"tag": tag, "seconds": seconds})


def diamond(tag=""):
    """One array, two steps made of it, and their sum."""
    of = job("probe-array", {"tag": tag})
    left, right = (job("probe-step", {"tag": tag, "add": add}, of=of) for add in (1, 2))
    return of, left, right, job("probe-sum", {"tag": tag}, left=left, right=right)


def finish(jobs, results, spec, arrays=None):
    """What a worker does with a job: claim, stage, commit."""
    record = jobs.claim(spec.key, "somebody")
    assert record is not None
    size, described = results.stage(spec.key, record.attempt, arrays or {"x": b"data"})
    assert jobs.commit(spec.key, record.attempt, size, {"arrays": described}) == "ok"


def states(jobs, *specs):
    return [jobs.get(spec.key).state for spec in specs]


# ---- submit ----


def test_a_job_without_inputs_is_queued_and_rung_for(jobs, bells):
    spec = sleeper()
    assert jobs.submit(spec) == spec.key
    record = jobs.get(spec.key)
    assert (record.state, record.attempt, record.kind, record.params["seconds"]) == ("queued", 0, "probe-sleep", 1.0)
    assert bells == [(spec.key, "batch")]
    assert jobs.open_keys() == {spec.key}
    assert abs(record.submitted - jobs.now()) < 5


def test_asking_twice_attaches_to_the_same_job(jobs, bells, results):
    spec = sleeper()
    for _ in range(3):
        jobs.submit(spec)
    finish(jobs, results, spec)
    jobs.submit(spec)
    assert len(bells) == 1
    record = jobs.get(spec.key)
    assert (record.state, record.commits, record.attempt) == ("done", 1, 1)


def test_the_inputs_of_a_job_are_asked_for_too(jobs, bells):
    of, left, right, total = diamond()
    jobs.submit(total)
    assert states(jobs, of, left, right, total) == ["queued", "waiting", "waiting", "waiting"]
    assert bells == [(of.key, "batch")]


def test_committing_the_last_input_queues_what_waits(jobs, bells, results):
    of, left, right, total = diamond()
    jobs.submit(total)
    finish(jobs, results, of)
    assert states(jobs, left, right, total) == ["queued", "queued", "waiting"]
    finish(jobs, results, left)
    assert states(jobs, total) == ["waiting"]
    finish(jobs, results, right)
    assert states(jobs, total) == ["queued"]
    finish(jobs, results, total)
    assert {jobs.get(spec.key).commits for spec in (of, left, right, total)} == {1}
    assert sorted(bells) == sorted((spec.key, "batch") for spec in (of, left, right, total))
    assert jobs.open_keys() == set()


def test_a_failed_input_ends_those_that_wait_and_is_named(jobs, results):
    of, left, right, total = diamond()
    jobs.submit(total)
    finish(jobs, results, of)
    attempt = jobs.claim(left.key, "somebody").attempt
    assert jobs.fail(left.key, attempt, "No such thing.", ["a line"]) == "ok"
    assert states(jobs, of, left, right, total) == ["done", "failed", "queued", "failed"]
    assert jobs.get(total.key).error == 'Its input "probe-step" failed: No such thing.'
    assert jobs.log(left.key)[-1] == "a line"
    finish(jobs, results, right)  # nobody waits for it any more, and it does no harm
    assert states(jobs, total) == ["failed"]


def test_a_cancelled_input_ends_all_down_the_line_and_the_root_is_named(jobs):
    of, left, right, total = diamond()
    jobs.submit(total)
    assert jobs.cancel(of.key) == "queued"
    assert states(jobs, of, left, right, total) == ["cancelled"] * 4
    assert jobs.get(total.key).error == 'Its input "probe-array" was cancelled.'
    assert jobs.open_keys() == set()


def test_retry_starts_what_failed_and_what_it_needs(jobs, results, bells):
    of, left, right, total = diamond()
    jobs.submit(total)
    finish(jobs, results, of)
    finish(jobs, results, right)
    jobs.fail(left.key, jobs.claim(left.key, "somebody").attempt, "bad luck")
    bells.clear()
    jobs.retry(total.key)
    assert states(jobs, of, left, right, total) == ["done", "queued", "done", "waiting"]
    assert bells == [(left.key, "batch")]
    finish(jobs, results, left)
    finish(jobs, results, total)
    assert (jobs.get(left.key).attempt, jobs.get(total.key).error) == (2, "")


def test_retry_says_what_it_cannot_do(jobs, results, monkeypatch):
    with pytest.raises(UnknownJob, match="there is no job 0123456789ab; it was never submitted"):
        jobs.retry("0123456789abcdef")
    done, failed = sleeper("done"), sleeper("failed")
    for spec in (done, failed):
        jobs.submit(spec)
    finish(jobs, results, done)
    jobs.fail(failed.key, jobs.claim(failed.key, "somebody").attempt, "bad luck")
    old = KINDS["probe-sleep"]
    monkeypatch.setitem(KINDS, "probe-sleep", Kind(old.name, old.title, 2, old.params, old.queue))
    with pytest.raises(OutdatedJob, match="asked for by another version of Darkroom"):
        jobs.retry(failed.key)
    jobs.retry(done.key)  # its result is there, so there is nothing to do


def test_asking_for_what_was_cancelled_or_failed_starts_a_higher_attempt(jobs, results):
    spec = sleeper()
    seen = [0]
    for ending in (jobs.cancel, lambda key: jobs.fail(key, jobs.get(key).attempt, "bad luck"), None):
        jobs.submit(spec)
        record = jobs.claim(spec.key, "somebody")
        assert (record.state, record.error, record.finished) == ("running", "", None)
        seen.append(record.attempt)
        if ending:
            ending(spec.key)
    assert seen == sorted(set(seen))


# ---- fencing ----


def test_a_late_twin_can_write_nothing(jobs, results, client):
    spec = sleeper()
    jobs.submit(spec)
    old = jobs.claim(spec.key, "first").attempt
    results.stage(spec.key, old, {"x": b"old"})
    jobs.bury("first")
    new = jobs.claim(spec.key, "second").attempt
    size, described = results.stage(spec.key, new, {"x": b"new"})

    assert jobs.report(spec.key, old, {"fraction": 0.9}, [{"loss": 1.0}], ["late"]) == "lost"
    assert jobs.fail(spec.key, old, "late") == "lost"
    assert jobs.commit(spec.key, old, 3, {"arrays": {}}) == "lost"
    jobs.release(spec.key, old)
    assert not client.exists(names.staging(spec.key, old))
    record = jobs.get(spec.key)
    assert (record.state, record.attempt, record.fraction, record.worker) == ("running", new, None, "second")
    assert jobs.metrics(spec.key) == []
    assert "late" not in jobs.log(spec.key)

    assert jobs.commit(spec.key, new, size, {"arrays": described}) == "ok"
    assert jobs.commit(spec.key, old, 3, {"arrays": {}}) == "lost"
    assert results.blob(spec.key, "x") == b"new"
    assert jobs.get(spec.key).commits == 1


def test_cancel_wins_over_a_late_commit(jobs, results, client):
    spec = sleeper()
    jobs.submit(spec)
    attempt = jobs.claim(spec.key, "somebody").attempt
    size, described = results.stage(spec.key, attempt, {"x": b"data"})
    assert jobs.cancel(spec.key, "Changed my mind.") == "running"
    assert jobs.report(spec.key, attempt) == "cancelled"
    assert jobs.commit(spec.key, attempt, size, {"arrays": described}) == "cancelled"
    assert not results.has(spec.key)
    assert not client.exists(names.staging(spec.key, attempt))
    assert (jobs.get(spec.key).state, jobs.get(spec.key).error) == ("cancelled", "Changed my mind.")


def test_a_cancel_that_comes_too_late_says_so_and_the_result_stands(jobs, results):
    spec = sleeper()
    jobs.submit(spec)
    finish(jobs, results, spec)
    assert jobs.cancel(spec.key) == "done"
    assert results.has(spec.key)
    assert jobs.get(spec.key).state == "done"
    assert jobs.cancel("f" * 64) == "unknown"


def test_cancel_and_commit_at_once_agree_on_who_was_first(jobs, results):
    outcomes = set()
    for number in range(60):
        spec = sleeper(str(number))
        jobs.submit(spec)
        attempt = jobs.claim(spec.key, "somebody").attempt
        size, described = results.stage(spec.key, attempt, {"x": b"data"})
        start, said = threading.Barrier(2), {}

        def cancel(key=spec.key, start=start, said=said):
            start.wait()
            time.sleep(random.uniform(0, 0.002))
            said["cancel"] = jobs.cancel(key)

        canceller = threading.Thread(target=cancel)
        canceller.start()
        start.wait()
        time.sleep(random.uniform(0, 0.002))
        said["commit"] = jobs.commit(spec.key, attempt, size, {"arrays": described})
        canceller.join()
        outcome = (said["cancel"], said["commit"], jobs.get(spec.key).state, results.has(spec.key))
        assert outcome in (("running", "cancelled", "cancelled", False), ("done", "ok", "done", True))
        outcomes.add(outcome)
    assert len(outcomes) == 2, "the race was none"


def test_a_result_is_there_all_at_once_or_not(jobs, results, client):
    spec = sleeper()
    jobs.submit(spec)
    attempt = jobs.claim(spec.key, "somebody").attempt
    size, described = results.stage(spec.key, attempt, {str(n): bytes(1000) for n in range(50)})
    seen, over = set(), threading.Event()

    def look():
        while not over.is_set():
            seen.add((client.hlen(names.result(spec.key)), client.hexists(names.result(spec.key), "meta")))

    watcher = threading.Thread(target=look)
    watcher.start()
    time.sleep(0.05)
    jobs.commit(spec.key, attempt, size, {"arrays": described})
    time.sleep(0.05)
    over.set()
    watcher.join()
    assert {count for count, _ in seen} == {0, 51}
    assert client.ttl(names.result(spec.key)) == -1  # what was staged goes by itself, a result does not


# ---- claims ----


def test_only_one_of_many_claims_a_job(jobs):
    spec = sleeper()
    jobs.submit(spec)
    claimed = []
    threads = [
        threading.Thread(target=lambda n=n: claimed.append(jobs.claim(spec.key, f"worker-{n}"))) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(record is not None for record in claimed) == 1


def test_a_job_of_another_version_or_kind_is_left_to_others(jobs, monkeypatch, bells):
    spec = sleeper()
    jobs.submit(spec)
    known = KINDS["probe-sleep"]
    monkeypatch.setitem(KINDS, "probe-sleep", Kind(known.name, known.title, 2, known.params, known.queue))
    assert jobs.claim(spec.key, "newer") is None
    monkeypatch.delitem(KINDS, "probe-sleep")
    assert jobs.claim(spec.key, "stranger") is None
    assert jobs.get(spec.key).state == "queued"
    assert jobs.get(spec.key).title == "probe-sleep"
    monkeypatch.setitem(KINDS, "probe-sleep", known)
    assert jobs.claim(spec.key, "equal") is not None
    assert jobs.claim("0" * 64, "equal") is None


def test_a_claim_without_inputs_goes_back_to_waiting(jobs, results, client):
    of, left, *_ = diamond()
    jobs.submit(left)
    finish(jobs, results, of)
    client.delete(names.result(of.key))  # evicted between bell and claim
    assert jobs.claim(left.key, "somebody") is None
    assert states(jobs, left) == ["waiting"]
    jobs.reconcile()
    assert states(jobs, of, left) == ["queued", "waiting"]
    finish(jobs, results, of)
    assert states(jobs, left) == ["queued"]


def test_a_stopped_worker_hands_its_job_back_and_no_death_is_counted(jobs, bells, client):
    spec = sleeper()
    jobs.submit(spec)
    for _ in range(5):
        record = jobs.claim(spec.key, "somebody")
        jobs.release(spec.key, record.attempt)
    assert jobs.get(spec.key).state == "queued"
    assert len(bells) == 6
    assert client.hget(names.job(spec.key), "deaths") == b"0"


# ---- the reconciler ----


def test_a_lost_bell_is_rung_again_ever_more_seldom(jobs, bells):
    spec = sleeper()
    jobs.submit(spec)
    began, times = time.monotonic(), []
    while time.monotonic() - began < 1.6:
        jobs.reconcile(patience=0.2)
        if len(bells) > 1 + len(times):
            times.append(time.monotonic() - began)
        time.sleep(0.02)
    assert len(times) >= 3
    gaps = [later - earlier for earlier, later in zip([0.0, *times], times, strict=False)]
    assert all(later > earlier for earlier, later in itertools.pairwise(gaps)), gaps


def test_no_bell_is_rung_again_while_the_queue_is_being_heard(jobs, bells, client):
    spec = sleeper()
    jobs.submit(spec)
    client.lpush(names.PREFIX + "celery:batch", "somebody else's")
    time.sleep(0.1)
    jobs.reconcile(patience=0.01)
    assert len(bells) == 1
    client.delete(names.PREFIX + "celery:batch")
    jobs.reconcile(patience=0.01)
    assert len(bells) == 2


def wait_out_the_grace(client, lease=0.5):
    """After its start a server gives every lease one length; these tests are about what comes after."""
    while client.info("server")["uptime_in_seconds"] <= lease:
        time.sleep(0.1)


def test_a_lease_that_ran_out_counts_as_a_death_and_the_third_is_the_last(jobs, bells, client):
    wait_out_the_grace(client)
    spec = sleeper()
    jobs.submit(spec)
    for death in (1, 2, 3):
        assert jobs.claim(spec.key, f"worker-{death}").attempt == death
        jobs.reconcile()
        assert states(jobs, spec) == ["running"]
        time.sleep(0.6)
        jobs.reconcile()
        assert states(jobs, spec) == ["failed" if death == 3 else "queued"]
    assert len(bells) == 3
    assert jobs.get(spec.key).error.startswith("Its worker died 3 times;")
    assert "worker worker-2 died; the job goes back into the queue" in jobs.log(spec.key)
    jobs.submit(spec)  # asking again forgives
    assert states(jobs, spec) == ["queued"]


def test_reports_keep_the_lease(jobs, client):
    wait_out_the_grace(client)
    spec = sleeper()
    jobs.submit(spec)
    attempt = jobs.claim(spec.key, "somebody").attempt
    for _ in range(10):
        time.sleep(0.1)
        assert jobs.report(spec.key, attempt) == "ok"
        jobs.reconcile()
    assert states(jobs, spec) == ["running"]


def test_a_buried_workers_jobs_need_not_wait_for_their_leases(jobs, bells, client):
    mine, other = sleeper("mine"), sleeper("other")
    for spec, worker in ((mine, "worker-1"), (other, "worker-2")):
        jobs.submit(spec)
        jobs.claim(spec.key, worker)
    jobs.bury("worker-1")
    assert states(jobs, mine, other) == ["queued", "running"]
    assert client.hget(names.job(mine.key), "deaths") == b"1"
    assert not client.exists(names.worker("worker-1"))
    jobs.bury_all()
    assert states(jobs, mine, other) == ["queued", "queued"]
    assert len(bells) == 4


def test_a_waiting_job_is_healed_when_its_input_vanished(jobs, results, client):
    of, left, right, total = diamond()
    jobs.submit(total)
    finish(jobs, results, of)
    finish(jobs, results, left)
    client.delete(names.result(left.key), names.waiters(right.key))  # deleted, and a note lost
    jobs.reconcile()
    assert states(jobs, of, left, right, total) == ["done", "queued", "queued", "waiting"]
    finish(jobs, results, left)
    finish(jobs, results, right)
    assert states(jobs, total) == ["queued"]


def test_a_waiting_job_whose_inputs_are_all_there_is_queued(jobs, results, client):
    of, left, *_ = diamond()
    jobs.submit(left)
    client.delete(names.waiters(of.key))
    finish(jobs, results, of)
    assert states(jobs, left) == ["waiting"]
    jobs.reconcile()
    assert states(jobs, left) == ["queued"]


def test_a_waiting_job_ends_with_an_input_that_ended_unseen(jobs, client):
    for ending, why in (
        (jobs.cancel, 'Its input "probe-array" was cancelled.'),
        (lambda key: jobs.fail(key, jobs.claim(key, "x").attempt, "Bad."), 'Its input "probe-array" failed: Bad.'),
    ):
        of, left, *_ = diamond(why)
        jobs.submit(left)
        client.delete(names.waiters(of.key))
        ending(of.key)
        assert states(jobs, left) == ["waiting"]
        jobs.reconcile()
        assert jobs.get(left.key).error == why


def test_a_waiting_job_whose_input_cannot_be_made_again_says_so(jobs, client):
    of, left, *_ = diamond()
    jobs.submit(left)
    client.delete(names.job(of.key))
    jobs.reconcile()
    assert states(jobs, left) == ["cancelled"]
    assert jobs.get(left.key).error.startswith("One of its inputs cannot be made again: there is no job")


def test_old_records_go_once_their_results_are_gone_and_no_study_holds_them(jobs, results, client, monkeypatch):
    monkeypatch.setattr("workers.jobs.RECENT", 2)
    kept, held, gone, waiting, *recent = (sleeper(str(number)) for number in range(6))
    for spec in (kept, held, gone, waiting, *recent):
        jobs.submit(spec)
    finish(jobs, results, kept)
    for spec in (held, gone, *recent):
        jobs.cancel(spec.key)
    client.hset(names.STUDIES, "study", "{}")
    client.sadd(names.study_keys("study"), held.key)
    jobs.reconcile()
    with pytest.raises(UnknownJob):
        jobs.get(gone.key)
    assert states(jobs, kept, held, waiting, *recent) == ["done", "cancelled", "queued", "cancelled", "cancelled"]
    assert [record.key for record in jobs.recent(2)] == [spec.key for spec in reversed(recent)]


# ---- progress ----


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


def test_time_to_go():
    def at(**fields):
        return Job("k", "images", **{"state": "running", "params": {}, "inputs": {}, "started": 100.0} | fields)

    assert at(fraction=0.25).remaining(110.0) == pytest.approx(30.0)
    assert at(fraction=0.25).seconds(110.0) == 10.0
    assert at(fraction=1.0).remaining(110.0) == 0.0
    assert at(fraction=0.01).remaining(110.0) is None  # too early to tell
    assert at(fraction=None).remaining(110.0) is None
    assert at(fraction=0.5, started=None).remaining(110.0) is None
    assert at(fraction=0.5, state="queued").remaining(110.0) is None
    assert at(state="done", finished=104.0).seconds(110.0) == 4.0
    assert at(started=200.0).seconds(110.0) == 0.0  # a clock that lags behind the server's
    assert at().title == "Image set"


def test_a_record_that_is_not_there(jobs):
    assert jobs.get_many([]) == []
    assert jobs.recent() == []
    with pytest.raises(UnknownJob) as caught:
        jobs.get("abc")
    assert str(caught.value) == "there is no job abc; it was never submitted here, or its record has been removed"


def test_jobs_of_two_processes_are_the_same(jobs, client):
    spec = sleeper()
    jobs.submit(spec)
    other = Jobs(client, lambda *_: None)
    assert other.get(spec.key) == jobs.get(spec.key)
    assert json.loads(client.hget(names.job(spec.key), "params")) == {"seconds": 1.0, "tag": ""}
