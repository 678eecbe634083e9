import threading
import time

import pytest

from workers import names
from workers.schema import MIGRATIONS, SCHEMA, migrate
from workers.settings import UsageError


def number(client):
    return int(client.get(names.SCHEMA))


def step(log, name):
    def run(client):
        log.append(name)
        client.rpush("steps", name)
        time.sleep(0.05)

    return run


def test_a_fresh_store_gets_this_schema(client):
    migrate(client)
    assert number(client) == SCHEMA
    migrate(client)
    assert number(client) == SCHEMA


def test_the_steps_run_in_order_and_once(client):
    client.set(names.SCHEMA, 3)
    log = []
    steps = {n: step(log, f"{n} to {n + 1}") for n in range(1, 7)}
    migrate(client, 6, steps)
    migrate(client, 6, steps)
    assert log == ["3 to 4", "4 to 5", "5 to 6"]
    assert number(client) == 6


def test_two_processes_at_once_migrate_once(client, store):
    from workers.store import connect

    client.set(names.SCHEMA, 1)
    log = []
    steps = {n: step(log, n) for n in (1, 2, 3)}
    threads = [threading.Thread(target=migrate, args=(connect(store.url, patient=True), 4, steps)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log == [1, 2, 3]
    assert number(client) == 4


def test_a_step_that_was_killed_is_taken_again(client):
    client.set(names.SCHEMA, 1)
    log = []

    def killed(client):
        client.rpush("steps", "half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(client, 3, {1: step(log, 1), 2: killed})
    assert number(client) == 2
    migrate(client, 3, {1: step(log, 1), 2: step(log, 2)})
    assert (log, number(client)) == ([1, 2], 3)


def test_a_lock_that_a_dead_process_left_does_not_hold_up_a_store_that_is_up_to_date(client):
    client.set(names.SCHEMA, SCHEMA)
    client.set(names.PREFIX + "migrating", "the dead", ex=600)
    began = time.monotonic()
    migrate(client)
    assert time.monotonic() - began < 10


def test_a_newer_store_is_refused(client):
    client.set(names.SCHEMA, SCHEMA + 1)
    with pytest.raises(
        UsageError, match=f"the store has schema {SCHEMA + 1} and this Darkroom knows {SCHEMA}: .* update"
    ):
        migrate(client)
    assert number(client) == SCHEMA + 1


def test_a_store_that_is_too_old_is_refused(client):
    client.set(names.SCHEMA, 1)
    with pytest.raises(UsageError, match="the store has schema 1, too old for this Darkroom, which knows 3"):
        migrate(client, 3, {2: lambda client: None})
    assert number(client) == 1


def test_there_is_a_step_from_every_schema_that_was_ever_released():
    assert set(MIGRATIONS) == set(range(1, SCHEMA))
