"""Who may still write when several think that a job is theirs."""

import random
import shutil
import threading
import time

from tests.engines import Store
from tests.workers.by_hand import finish, sleeper
from workers import names
from workers.jobs import Jobs
from workers.store import connect


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


def test_a_claim_that_the_server_forgot_when_the_power_went_is_fenced_off(tmp_path):
    store = Store(tmp_path, memory=2**27).start()
    jobs = Jobs(connect(store.url, patient=True), lambda key, queue: None, lease_seconds=60.0)
    spec = sleeper()
    try:
        jobs.submit(spec)
        shutil.copytree(tmp_path / "store", tmp_path / "synced")
        forgotten = jobs.claim(spec.key, "first").attempt
        store.kill()
        shutil.rmtree(tmp_path / "store")
        (tmp_path / "synced").rename(tmp_path / "store")
        store.start()
        assert jobs.get(spec.key).state == "queued"
        again = jobs.claim(spec.key, "second").attempt
        assert again != forgotten
        assert jobs.report(spec.key, forgotten) == "lost"
        assert jobs.report(spec.key, again) == "ok"
    finally:
        store.stop()


def test_cancel_wins_over_a_late_commit(jobs, results, client):
    spec = sleeper()
    jobs.submit(spec)
    attempt = jobs.claim(spec.key, "somebody").attempt
    size, described = results.stage(spec.key, attempt, {"x": b"data"})
    assert jobs.cancel(spec.key, "Changed my mind.") == "running"
    assert jobs.report(spec.key, attempt) == "cancelled"
    assert jobs.commit(spec.key, attempt, size, {"arrays": described}) == "cancelled"
    assert not results.which([spec.key])
    assert not client.exists(names.staging(spec.key, attempt))
    assert (jobs.get(spec.key).state, jobs.get(spec.key).error) == ("cancelled", "Changed my mind.")


def test_a_cancel_that_comes_too_late_says_so_and_the_result_stands(jobs, results):
    spec = sleeper()
    jobs.submit(spec)
    finish(jobs, results, spec)
    assert jobs.cancel(spec.key) == "done"
    assert results.which([spec.key])
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
        outcome = (said["cancel"], said["commit"], jobs.get(spec.key).state, bool(results.which([spec.key])))
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
