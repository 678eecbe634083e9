import json
import threading
import time

import pytest

from tests.engines import wait_until
from workers import names
from workers.calls import REPLY_SECONDS, CallFailed, NoAnswer, Superseded, answer_call
from workers.engine import Engine
from workers.kinds import job


def ask(engine, ms=0, answer=None, tab="tab", timeout=5.0):
    return engine.calls.ask("probe-wait", {"ms": ms, "answer": answer}, tab, timeout)


@pytest.fixture
def lonely(client, store):
    """An engine without workers."""
    return Engine(client, store.url, store.settings)


def test_an_answer_comes_back_as_json(fleet):
    answer = {"probabilities": [0.1, 0.9], "name": "ü", "none": None}
    assert ask(fleet.engine, answer=answer) == answer


def test_an_answer_costs_milliseconds(fleet):
    ask(fleet.engine)
    times = []
    for _ in range(50):
        began = time.monotonic()
        ask(fleet.engine)
        times.append(time.monotonic() - began)
    assert sorted(times)[len(times) // 2] < 0.2  # 2 to 4 ms on an idle machine


@pytest.mark.parametrize(("name", "params", "why"), [
    ("probe-complain", {}, "the probe cannot answer this"),
    ("probe-unspeakable", {}, "not JSON serializable"),
    ("probe-wait", {"hours": 1}, "unexpected keyword argument 'hours'"),
    ("probe-nothing", {}, 'this worker has no answer to the call "probe-nothing"; it has: probe-complain,'),
])  # fmt: skip
def test_a_question_that_cannot_be_answered_is_told_why(fleet, name, params, why):
    with pytest.raises(CallFailed, match=why):
        fleet.engine.calls.ask(name, params, "tab")


def test_the_latest_request_of_a_tab_wins_and_other_tabs_do_not_suffer(fleet):
    ended = {}

    def start(name, tab, ms):
        def run():
            try:
                ended[name] = ask(fleet.engine, ms, answer=name, tab=tab)
            except Superseded:
                ended[name] = Superseded

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(0.05)
        return thread

    threads = [start("running", "a", 600)]  # what has begun is finished
    threads += [start(f"old {n}", "a", 0) for n in range(3)]
    threads += [start("other tab", "b", 0), start("newest", "a", 0)]
    for thread in threads:
        thread.join()
    assert ended == {
        "running": "running",
        "old 0": Superseded,
        "old 1": Superseded,
        "old 2": Superseded,
        "other tab": "other tab",
        "newest": "newest",
    }


def test_without_a_worker_one_is_told_in_time(lonely):
    for timeout in (0.3, 2.5):  # also beyond the socket's own time-out
        began = time.monotonic()
        with pytest.raises(NoAnswer, match=f"no worker answered within {timeout:g} s"):
            ask(lonely, timeout=timeout)
        assert timeout <= time.monotonic() - began < timeout + 2


def test_an_impatient_client_waits_as_long_as_it_is_told(store, client):
    impatient = Engine.connect(store.settings, store.url, patient=False)
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        ask(impatient, timeout=3.3)
    assert 3.3 <= time.monotonic() - began < 6


def test_what_nobody_waits_for_is_not_computed(client):
    computed = []
    answer_call(client, lambda: computed.append(1), "a call", "latest", 1)
    assert not computed
    assert not client.exists(names.reply("a call"))


def test_an_answer_nobody_fetches_goes_by_itself(client):
    client.set(names.call("a call"), 1)
    answer_call(client, lambda: 42, "a call", "latest", 1)
    assert json.loads(client.lindex(names.reply("a call"), 0)) == {"value": 42}
    assert 0 < client.ttl(names.reply("a call")) <= REPLY_SECONDS


def test_a_call_leaves_nothing_behind(fleet):
    ask(fleet.engine, tab="clean")
    with pytest.raises(NoAnswer):
        ask(fleet.engine, ms=500, tab="clean", timeout=0.1)
    wait_until(lambda: ask(fleet.engine, answer=1) == 1)
    left = fleet.engine.client.keys(names.PREFIX + "call:*") + fleet.engine.client.keys(names.PREFIX + "reply:*")
    assert all(fleet.engine.client.ttl(name) > 0 for name in left)


def test_jobs_do_not_stand_in_the_way_of_calls(fleet):
    busy = [fleet.engine.jobs.submit(job("probe-deaf", {"tag": f"in the way {n}", "seconds": 2.0})) for n in range(2)]
    wait_until(
        lambda: fleet.engine.jobs.get(busy[0]).state == "running" or fleet.engine.jobs.get(busy[1]).state == "running"
    )
    assert ask(fleet.engine, answer="at once", timeout=1.5) == "at once"
    for key in busy:
        fleet.wait(key)
