"""From being asked for to being claimed; see test_jobs_fencing, test_jobs_reconcile and test_jobs_progress."""

import json
import threading

import pytest

from tests.workers.by_hand import diamond, finish, sleeper, states
from workers import names
from workers.jobs import Job, Jobs, OutdatedJob, UnknownJob
from workers.kinds import KINDS, Kind

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


# ---- records ----


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


def test_a_record_that_has_just_gone_is_not_listed(jobs, client):
    kept, gone = sleeper("kept"), sleeper("gone")
    for spec in (kept, gone):
        jobs.submit(spec)
    client.delete(names.job(gone.key))
    assert [record.key for record in jobs.recent()] == [kept.key]


def test_jobs_of_two_processes_are_the_same(jobs, client):
    spec = sleeper()
    jobs.submit(spec)
    other = Jobs(client, lambda *_: None)
    assert other.get(spec.key) == jobs.get(spec.key)
    assert json.loads(client.hget(names.job(spec.key), "params")) == {"seconds": 1.0, "tag": ""}
