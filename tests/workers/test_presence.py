import threading

import pytest
import redis

from tests.engines import wait_until
from workers import names, presence
from workers.kinds import BUILT_IN, KINDS, job
from workers.presence import (
    Presence,
    Worker,
    code_version,
    publish_choices,
    publish_refusal,
    read_choices,
    read_refusal,
    workers_present,
)
from workers.supervisor import short_name


def worker(name="worker-1@here", version=""):
    return Worker(name, version or code_version(), ("interactive", "batch"), "cpu", 123)


def test_a_worker_is_seen_until_it_falls_silent(client, monkeypatch):
    monkeypatch.setattr(presence, "SILENT_SECONDS", 0.3)
    assert workers_present(client) == []
    Presence(client, worker("b@here")).announce()
    Presence(client, worker("a@here")).announce()
    assert workers_present(client) == [worker("a@here"), worker("b@here")]
    wait_until(lambda: workers_present(client) == [])
    assert client.zcard(names.WORKERS) == 0


def test_it_beats_and_sits_out_an_absent_server(client, monkeypatch):
    monkeypatch.setattr(presence, "BEAT_SECONDS", 0.02)
    there, stop, beats = Presence(client, worker()), threading.Event(), []
    announce = there.announce

    def sometimes():
        beats.append(1)
        if len(beats) < 5:
            raise redis.ConnectionError("away")
        announce()

    monkeypatch.setattr(there, "announce", sometimes)
    thread = threading.Thread(target=there.beat, args=(stop,))
    thread.start()
    wait_until(lambda: workers_present(client))
    stop.set()
    thread.join(2)
    assert not thread.is_alive()


def test_what_it_works_on_is_told(client, jobs):
    there = Presence(client, worker())
    there.announce()
    spec = job("images")
    jobs.submit(spec)
    jobs.claim(spec.key, "worker-1@here")
    assert workers_present(client)[0].job == spec.key
    assert client.hget(names.worker("worker-1@here"), "attempt") == b"1"
    there.announce()
    assert workers_present(client)[0].job == spec.key
    there.idle()
    assert workers_present(client) == [worker()]


def test_the_version_tells_releases_and_kinds_apart(monkeypatch):
    before = code_version()
    assert all(f"{name}-{KINDS[name].version}" in before for name in BUILT_IN)
    monkeypatch.setattr(presence, "__version__", "9.9")
    assert code_version() != before


def test_choices(client):
    assert read_choices(client) == {}
    publish_choices(client, {"image_sets": ["digits"]})
    assert read_choices(client) == {"image_sets": ["digits"]}


def test_why_workers_cannot_start_is_known_while_somebody_says_so(client, monkeypatch):
    monkeypatch.setattr(presence, "SILENT_SECONDS", 0.2)
    assert read_refusal(client) == ""
    publish_refusal(client, "there is no abacus.")
    assert read_refusal(client) == "there is no abacus."
    wait_until(lambda: read_refusal(client) == "")


def test_real_workers_are_present(fleet):
    found = wait_until(lambda: (there := workers_present(fleet.engine.client)) and len(there) == 3 and there)
    assert [short_name(who.name) for who in found] == ["calls", "worker-1", "worker-2"]
    assert [who.queues for who in found] == [("calls",), ("interactive",), ("interactive", "batch")]
    assert {who.version for who in found} == {code_version()}
    assert {who.pid for who in found} == {child.process.pid for child in fleet.supervisor.children()}
    health = fleet.engine.health()
    assert (health.reachable, health.full, health.outdated, health.deaf_queues) == (True, False, (), ())


@pytest.mark.parametrize("version", ["0.0 (images-0)"])
def test_workers_of_another_version_count_for_nothing(client, store, version):
    from workers.engine import Engine

    engine = Engine(client, store.url, store.settings)
    Presence(client, worker(version=version)).announce()
    health = engine.health()
    assert [who.version for who in health.outdated] == [version]
    assert health.deaf_queues == ("interactive", "batch", "calls")
