"""Long work rests while calls are answered on its machine, and only then."""

import threading
import time

import pytest

from tests.workers.by_hand import sleeper
from workers.calls import answer_call
from workers.courtesy import MOST_REST_SECONDS, Courtesy, mark
from workers.runner import Runner


def rested(client, courtesy=None, over=None):
    """The seconds that work steps aside."""
    began = time.monotonic()
    (courtesy or Courtesy(client))(over or threading.Event())
    return time.monotonic() - began


def test_it_goes_on_at_once_where_no_hand_moves(client):
    assert rested(client) < MOST_REST_SECONDS / 2


def test_it_rests_as_long_as_the_mark_stays(client):
    client.set(mark(), 1, px=300)
    assert 0.25 < rested(client) < MOST_REST_SECONDS
    assert not client.exists(mark())


def test_it_goes_on_a_little_under_a_hand_that_never_rests(client):
    client.set(mark(), 1)
    assert MOST_REST_SECONDS <= rested(client) < MOST_REST_SECONDS + 1


def test_who_is_to_stop_does_not_rest(client):
    client.set(mark(), 1)
    over = threading.Event()
    over.set()
    assert rested(client, over=over) < MOST_REST_SECONDS / 2


def test_an_answer_leaves_the_mark_while_it_is_made_and_a_moment_longer(client):
    seen = []
    client.set("darkroom:call:it", 1)
    answer_call(client, lambda: seen.append(client.pttl(mark())), "it", "latest", 1)
    assert seen[0] > client.pttl(mark()) > 0


def test_a_server_that_is_away_holds_nothing_up(monkeypatch):
    from workers.store import connect

    client = connect("redis://127.0.0.1:1/0", patient=False)
    assert rested(client) < 5


@pytest.mark.parametrize(("queue", "steps_aside"), [("batch", True), ("interactive", False)])
def test_only_what_nobody_looks_at_steps_aside(jobs, results, monkeypatch, queue, steps_aside):
    spec = sleeper(queue, 0.1)
    monkeypatch.setattr("workers.kinds.Kind.queue_for", lambda *_: queue)
    jobs.submit(spec)
    called = []
    runner = Runner(jobs, results, "here", 60.0, {}, called.append)
    runner.run(spec.key)
    assert jobs.get(spec.key).state == "done"
    assert bool(called) is steps_aside
