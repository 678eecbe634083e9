import dataclasses
import threading
import time

import pytest
import redis

from tests import probe
from tests.engines import Store, wait_until
from workers import names
from workers.celery import make_celery
from workers.engine import Engine, Health, check_reachable, failures_named, prepare_store, shown
from workers.jobs import OutdatedJob
from workers.kinds import KINDS, job
from workers.settings import Settings, UsageError
from workers.store import FULL, UNAVAILABLE, connect
from workers.studies import digits_study

assert probe


@pytest.fixture
def own(tmp_path):
    """A server of this test's own, to be stopped and started."""
    store = Store(tmp_path, memory=2**26).start()
    yield store
    store.stop()


def test_a_new_store_begins_with_the_digits(client, store):
    settings = Settings(memory=123_000_000)
    engine = Engine(client, store.url, settings)
    engine.prepare(settings)
    engine.prepare(settings)
    (study,) = engine.studies.all()
    assert (study.title, list(study.keys)) == ("Digits", ["images", "teacher", "predictions", "embedding"])
    assert engine.jobs.get(study.keys["images"]).state == "queued"
    assert engine.health().budget_bytes == 123_000_000
    engine.studies.delete(study.id)
    engine.prepare(settings)
    assert engine.studies.all() == []  # what was deleted does not come back


def test_a_start_that_was_killed_half_way_is_made_good(client, store, monkeypatch):
    engine = Engine(client, store.url, Settings())

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine.studies, "create", killed)
    with pytest.raises(KeyboardInterrupt):
        engine.prepare(Settings())
    monkeypatch.undo()
    engine.prepare(Settings())
    assert len(engine.studies.all()) == 1


def of_version(monkeypatch, kind, version):
    monkeypatch.setitem(KINDS, kind, dataclasses.replace(KINDS[kind], version=version))


def test_what_an_older_release_asked_for_ends_and_says_why(client, store, monkeypatch):
    engine = Engine(client, store.url, Settings())
    engine.prepare(Settings())
    (study,) = engine.studies.all()
    own_kind = engine.jobs.submit(job("probe-empty"))
    for kind in ("teacher", "probe-empty"):
        of_version(monkeypatch, kind, KINDS[kind].version + 1)
    engine.prepare(Settings())
    ended = engine.jobs.get(study.keys["teacher"])
    assert (ended.state, ended.error) == (
        "cancelled",
        "It was asked for by another version of Darkroom; start its study anew.",
    )
    assert engine.jobs.get(study.keys["predictions"]).error == f'Its input "teacher" was cancelled: {ended.error}'
    assert engine.jobs.open_keys() == {study.keys["images"], own_kind}
    with pytest.raises(OutdatedJob, match=r"asked for by another version of Darkroom, .*; start its study anew"):
        engine.studies.retry(study)


def test_what_a_newer_release_asked_for_is_left_to_it(client, store, monkeypatch):
    engine = Engine(client, store.url, Settings())
    engine.prepare(Settings())
    of_version(monkeypatch, "teacher", 0)
    engine.prepare(Settings())
    assert len(engine.jobs.open_keys()) == 4


def test_the_first_study_is_missed_only_when_another_version_of_it_is_there(client, store, monkeypatch):
    engine = Engine(client, store.url, Settings())
    assert not engine.first_study_missing()
    engine.prepare(Settings())
    (old,) = engine.studies.all()
    assert not engine.first_study_missing()
    monkeypatch.setattr("workers.engine.FIRST_STUDY", ("Digits", digits_study(teacher={"epochs": 13})))
    assert engine.first_study_missing()
    new = engine.studies.create("Digits", digits_study(teacher={"epochs": 13}))
    assert not engine.first_study_missing()
    engine.studies.delete(new.id)
    assert engine.first_study_missing()
    engine.studies.delete(old.id)
    assert not engine.first_study_missing()


def test_many_processes_prepare_at_once(client, store):
    engines = [Engine.connect(Settings(), store.url, patient=True) for _ in range(6)]
    threads = [threading.Thread(target=engine.prepare, args=(Settings(),)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(engines[0].studies.all()) == 1
    assert client.llen(names.PREFIX + "celery:batch") == 1


def test_health_never_raises(own):
    engine = Engine.connect(own.settings, own.url, patient=False)
    engine.results.set_budget(1000)
    health = engine.health()
    assert (health.reachable, health.loading, health.full, health.budget_bytes) == (True, None, False, 1000)
    assert health.deaf_queues == ("interactive", "batch", "calls")
    own.kill()
    began = time.monotonic()
    assert engine.health() == Health(reachable=False)
    assert time.monotonic() - began < 6
    own.start()
    assert engine.health().reachable


def test_health_tells_a_server_that_refuses_us_from_one_that_is_away(own):
    engine = Engine.connect(own.settings, own.url, patient=False)
    admin = connect(own.url, patient=True)
    assert engine.health().reachable
    admin.config_set("requirepass", "new")
    engine.client.connection_pool.disconnect()
    assert engine.health() == Health(reachable=False, refused=True)
    engine = Engine.connect(own.settings, own.url.replace("unix://", "unix://:wrong@"), patient=False)
    assert engine.health() == Health(reachable=False, refused=True)
    admin.config_set("requirepass", "")
    engine = Engine.connect(own.settings, own.url, patient=False)
    assert engine.health().reachable
    admin.execute_command("ACL", "SETUSER", "default", "-info")
    assert engine.health() == Health(reachable=False, refused=True)


def loading(own):
    """Has a server start that takes a while to read its store."""
    client = connect(own.url, patient=True)
    pipeline = client.pipeline(transaction=False)
    for number in range(20_000):
        pipeline.set(f"filling-{number}", b"x" * 100)
    pipeline.execute()
    client.config_set("key-load-delay", 20)  # microseconds a key
    client.config_rewrite()
    own.kill()
    own.start()


def test_health_tells_of_a_server_that_is_loading(own):
    loading(own)
    engine = Engine.connect(own.settings, own.url, patient=False)
    health = engine.health()
    assert not health.reachable
    assert health.loading is not None
    assert 0 <= health.loading < 1
    wait_until(lambda: engine.health().reachable, 60)


def test_the_page_is_told_within_seconds_that_the_server_is_away(own):
    engine = Engine.connect(own.settings, own.url, patient=False)
    engine.jobs.submit(job("probe-empty"))
    own.kill()
    for ask in (
        lambda: engine.jobs.submit(job("probe-empty", {"tag": "other"})),
        engine.jobs.recent,
        lambda: engine.calls.ask("probe-wait", {}, "tab"),
        lambda: engine.results.meta("f" * 64),
    ):
        began = time.monotonic()
        with pytest.raises(UNAVAILABLE):
            ask()
        assert time.monotonic() - began < 8


def test_a_bell_that_cannot_be_rung_is_no_error_and_does_not_hold_up_the_page(own):
    celery_down = Engine.connect(own.settings, own.url, patient=False)
    celery_down.jobs.submit(job("probe-empty"))
    own.kill()
    began = time.monotonic()
    celery_down.jobs._ring("a key", "batch")
    assert time.monotonic() - began < 8
    fresh = Engine.connect(own.settings, own.url, patient=False)  # one that was never connected
    began = time.monotonic()
    fresh.jobs._ring("a key", "batch")
    assert time.monotonic() - began < 8


def test_bells_and_calls_go_on_after_the_server_was_restarted(own):
    engine = Engine.connect(own.settings, own.url, patient=False)
    engine.jobs.submit(job("probe-empty", {"tag": "before"}))
    own.kill()
    own.start()
    client = connect(own.url, patient=True)
    assert client.llen(names.PREFIX + "celery:interactive") == 1
    engine.jobs.submit(job("probe-empty", {"tag": "after"}))
    assert client.llen(names.PREFIX + "celery:interactive") == 2


def test_a_bell_is_rung_in_a_store_that_was_emptied(own):
    engine = Engine.connect(own.settings, own.url, patient=False)
    engine.jobs.submit(job("probe-empty"))
    engine.client.flushall()
    engine.jobs.submit(job("probe-empty"))
    assert engine.jobs.get(job("probe-empty").key).state == "queued"


@pytest.mark.parametrize(("url", "why"), [
    ("redis://127.0.0.1:1/0", r"^no Redis server answers at redis://127\.0\.0\.1:1/0: .*; start it, or unset REDIS_URL"),
    ("redis://:secret@127.0.0.1:1/0", r"^no Redis server answers at redis://127\.0\.0\.1:1/0: "),
    ("unix:///nowhere/server.sock", r"^no Redis server answers at unix:///nowhere/server\.sock: "),
    ("localhost", r"^REDIS_URL is not an address: .*; it looks like redis://:password@host:6379/0\.$"),
    ("redis://127.0.0.1:port/0", r"^REDIS_URL is not an address: "),
])  # fmt: skip
def test_a_server_that_is_not_there_is_named_without_its_password(url, why):
    with pytest.raises(UsageError, match=why) as caught:
        check_reachable(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_refuses_us(own):
    client = connect(own.url, patient=True)
    check_reachable(own.url)
    client.config_set("requirepass", "right")
    for password in ("", ":wrong@"):
        url = own.url.replace("unix://", f"unix://{password}")
        with pytest.raises(UsageError, match=r"refused us: .*; check the password in REDIS_URL") as caught:
            check_reachable(url)
        assert "wrong" not in str(caught.value).replace("wrong pass", "")
    check_reachable(own.url.replace("unix://", "unix://:right@"))


@pytest.mark.parametrize(("failure", "why"), [
    (redis.BusyLoadingError("loading"), r"at redis://here:1 is still loading its store; start again when"),
    (redis.AuthenticationError("invalid password"), r"refused us: invalid password; check the password in REDIS_URL"),
    (redis.OutOfMemoryError("command not allowed"), r"at redis://here:1 is out of memory; give it more \(maxmemory\)"),
    (redis.TimeoutError("slow"), r"no Redis server answers at redis://here:1: slow; start it"),
    (redis.ReadOnlyError("it is a replica"), r"at redis://here:1 cannot be used: it is a replica"),
])  # fmt: skip
def test_what_a_server_answers_at_a_start_is_told_in_a_sentence(failure, why):
    with pytest.raises(UsageError, match=why), failures_named("redis://:hush@here:1"):
        raise failure


def test_a_start_that_waits_for_a_server_that_loads_on_and_on(own, monkeypatch):
    loading(own)
    monkeypatch.setattr("workers.engine.connect", lambda url, patient: connect(url, patient=False))  # or for a minute
    with pytest.raises(UsageError, match="is still loading its store; start again when it has done so"):
        prepare_store(own.settings, own.url)


def test_a_smaller_budget_lets_go_of_what_was_used_least_recently(client, store):
    engine = Engine(client, store.url, Settings())
    old, pinned, newer, newest = (job("probe-array", {"tag": tag}) for tag in ("old", "pinned", "newer", "newest"))
    for spec in (old, pinned, newer, newest):
        engine.jobs.submit(spec)
        size, described = engine.results.stage(spec.key, 1, {"x": bytes(3_000_000)})
        engine.jobs.claim(spec.key, "somebody")
        assert engine.jobs.commit(spec.key, 1, size, {"arrays": described}) == "ok"
    study = engine.studies.create("Kept", {"of": pinned})
    engine.studies.pin(study.id)
    client.zadd(names.RESULTS, {pinned.key: 0})
    engine.prepare(Settings(memory=2**23))
    assert set(engine.results.sizes()) == {pinned.key, newest.key}

    engine.results.set_budget(1_000_000)
    assert engine.jobs.trim() == 2_000_000  # what is pinned stays
    assert set(engine.results.sizes()) == {pinned.key}


def test_addresses_are_shown_without_passwords():
    assert shown("redis://:p@ss@host:1/0") == "redis://host:1/0"
    assert shown("rediss://user:secret@host/0") == "rediss://host/0"
    assert shown("unix:///run/server.sock") == "unix:///run/server.sock"


def test_celery_speaks_json_only():
    conf = make_celery("unix:///run/server.sock").conf
    assert conf.broker_url == "redis+socket:///run/server.sock"
    assert (conf.task_serializer, list(conf.accept_content), conf.result_backend) == ("json", ["json"], None)


def test_the_failures_that_the_page_recovers_from_are_told_apart():
    assert issubclass(redis.BusyLoadingError, UNAVAILABLE)
    assert not issubclass(redis.OutOfMemoryError, UNAVAILABLE)
    assert issubclass(redis.OutOfMemoryError, FULL)


def test_leases_get_one_length_after_a_restart_of_the_server(own):
    settings = own.settings.model_copy(update={"lease_seconds": 2.0})
    engine = Engine.connect(settings, own.url, patient=True)
    spec = job("probe-sleep")
    engine.jobs.submit(spec)
    attempt = engine.jobs.claim(spec.key, "somebody").attempt
    own.kill()
    time.sleep(2.2)  # longer than the lease
    own.start()
    engine.jobs.reconcile()
    assert engine.jobs.get(spec.key).state == "running"
    assert engine.jobs.report(spec.key, attempt) == "ok"  # its worker is back in time
    time.sleep(0.3)
    engine.jobs.reconcile()
    assert engine.jobs.get(spec.key).state == "running"
    # And now it is silent.
    wait_until(lambda: engine.jobs.reconcile() or engine.jobs.get(spec.key).state == "queued")
