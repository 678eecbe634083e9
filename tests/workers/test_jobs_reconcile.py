"""What was lost on the way is put right: bells, workers, inputs; and old records go."""

import itertools
import time

import pytest

from tests.workers.by_hand import diamond, finish, sleeper, states
from workers import names
from workers.jobs import UnknownJob


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
