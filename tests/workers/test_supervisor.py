import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from tests import probe
from tests.engines import gone, wait_until
from workers import supervisor
from workers.supervisor import Child, Supervisor, reap_orphans

assert probe

SLEEP = [sys.executable, "-c", "import time; time.sleep(100)"]


@pytest.fixture
def care(tmp_path):
    """A running supervisor."""
    keeper = Supervisor(tmp_path / "run", tmp_path / "logs")
    keeper.start()
    yield keeper
    keeper.stop()


def pid_of(child):
    return wait_until(lambda: child.process and child.process.pid)


# ---- without an engine ----


def test_a_dead_child_is_started_again_with_more_and_more_patience(care):
    child = Child("child", [sys.executable, "-c", "pass"], {})
    started = []
    care.add(child)
    wait_until(lambda: (child.started not in started and started.append(child.started)) or len(started) > 4)
    gaps = [later - earlier for earlier, later in itertools.pairwise(started[1:])]
    assert gaps == sorted(gaps)
    assert gaps[0] >= 0.2
    assert gaps[2] >= 1
    assert child.restarts >= 3


def test_a_child_that_lived_long_is_started_again_at_once(care, monkeypatch):
    monkeypatch.setattr(supervisor, "STEADY_SECONDS", 0.0)
    child = Child("child", SLEEP, {})
    care.add(child)
    for _ in range(4):
        pid = pid_of(child)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid: child.process and child.process.pid != pid)
    assert child.restarts == 1


def test_a_child_waits_for_its_predecessors_burial_and_the_others_do_not(care):
    told, may_go_on = [], threading.Event()

    def bury(name):
        told.append(name)
        may_go_on.wait(10)
        raise RuntimeError("and whatever comes of it")

    mourned, other = Child("mourned", SLEEP, {}, on_death=bury), Child("other", SLEEP, {})
    care.add(mourned)
    care.add(other)
    first, second = pid_of(mourned), pid_of(other)
    os.kill(first, signal.SIGKILL)
    os.kill(second, signal.SIGKILL)
    wait_until(lambda: other.process and other.process.pid != second)
    time.sleep(0.5)
    assert mourned.process is None
    assert told == ["mourned"]
    may_go_on.set()
    assert pid_of(mourned) != first


def test_a_child_that_cannot_be_started_is_tried_again_and_the_others_live(care, tmp_path):
    (tmp_path / "program").write_text("")
    odd, other = Child("odd", [str(tmp_path / "program")], {}), Child("other", SLEEP, {})
    care.add(odd)
    care.add(other)
    pid_of(other)
    wait_until(lambda: odd.restarts >= 2)
    (tmp_path / "program").write_text(f"#!{sys.executable}\nimport time; time.sleep(100)")
    (tmp_path / "program").chmod(0o755)
    assert pid_of(odd)


def test_a_child_that_can_never_run_is_left_alone_and_its_reason_is_told_once(care, capfd):
    refusing = "from workers.supervisor import refuse_to_start; refuse_to_start('there is no abacus.')"
    first, second = (Child(f"{name}@here", [sys.executable, "-c", refusing], {}, on_death=print) for name in "ab")
    silent = Child("silent@here", [sys.executable, "-c", "raise SystemExit(78)"], {})
    other = Child("other", SLEEP, {})
    for child in (first, second, silent, other):
        care.add(child)
    wait_until(lambda: all(child.started and child.process is None for child in (first, second, silent)))
    pid = pid_of(other)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: other.process and other.process.pid != pid)  # it still cares for those that can run
    assert {child.restarts for child in (first, second, silent)} == {0}
    assert sorted(care.refusals) == ["silent@here says no reason; its log may.", "there is no abacus."]
    told = capfd.readouterr()
    assert told.err.count("darkroom: no worker can start: there is no abacus.\n") == 1
    assert told.out == ""


def test_a_child_that_nobody_keeps_says_itself_why_it_cannot_run(monkeypatch, capsys):
    monkeypatch.delenv(supervisor.REASON_FILE, raising=False)
    with pytest.raises(SystemExit) as ended:
        supervisor.refuse_to_start("there is no abacus.")
    assert ended.value.code == supervisor.CANNOT_START
    assert capsys.readouterr().err == "darkroom: no worker can start: there is no abacus.\n"


def test_what_children_print_is_kept_over_their_restarts(care, tmp_path):
    child = Child("child@here", [sys.executable, "-c", "import sys; sys.exit('crashed')"], {})
    care.add(child)
    wait_until(lambda: child.restarts >= 3)
    assert (tmp_path / "logs" / "child.out").read_text().count("crashed") >= 3


def test_a_check_that_hangs_or_fails_keeps_no_child_from_being_started(tmp_path, monkeypatch):
    checks = []

    def check(keeper):
        checks.append(1)
        if len(checks) == 1:
            raise RuntimeError("odd")
        time.sleep(100)

    keeper = Supervisor(tmp_path / "run", None, check)
    keeper.start()
    child = Child("child", SLEEP, {})
    keeper.add(child)
    pid = pid_of(child)
    wait_until(lambda: len(checks) == 2)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: child.process and child.process.pid != pid)
    keeper.stop()
    assert gone(child.process.pid)


def test_children_are_stopped_in_order_workers_first_and_the_server_last(tmp_path):
    """Each child writes when it was told to stop, and takes a while over it."""
    program = (
        "import signal, sys, time\n"
        "def stop(*_):\n"
        "    time.sleep(0.3); print(sys.argv[1], file=open(sys.argv[2], 'a'), flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop); open(sys.argv[2] + sys.argv[1], 'w'); time.sleep(100)\n"
    )
    keeper = Supervisor(tmp_path / "run")
    keeper.start()
    ended = tmp_path / "ended"
    for name, on_death in (("server", None), ("worker-1", print), ("worker-2", print)):
        keeper.add(Child(name, [sys.executable, "-c", program, name, str(ended)], {}, on_death=on_death))
    wait_until(lambda: len(list(tmp_path.glob("ended*"))) == 3)
    began = time.monotonic()
    keeper.stop()
    assert time.monotonic() - began < 4
    order = ended.read_text().split()
    assert sorted(order[:2]) == ["worker-1", "worker-2"]
    assert order[2] == "server"
    assert list((tmp_path / "run").iterdir()) == []


def test_a_child_that_does_not_stop_is_killed_with_all_it_started(tmp_path):
    program = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "child = subprocess.Popen(['sleep', '100']); print(child.pid, file=open(sys.argv[1], 'w'), flush=True); "
        "time.sleep(100)"
    )
    keeper = Supervisor(tmp_path / "run")
    keeper.start()
    keeper.add(Child("deaf", [sys.executable, "-c", program, str(tmp_path / "pid")], {}, stop_seconds=0.3))
    pid = int(wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text()))
    keeper.stop()
    wait_until(lambda: gone(pid))


def test_orphans_are_ended_and_strangers_are_not(tmp_path):
    orphan, stranger = (subprocess.Popen(SLEEP, start_new_session=True) for _ in range(2))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    try:
        for name, process, offset in (("orphan", orphan, 0), ("stranger", stranger, -5)):
            created = psutil.Process(process.pid).create_time() + offset  # the pid was somebody else's then
            (tmp_path / f"{name}.pid.json").write_text(json.dumps({"pid": process.pid, "created": created}))
        (tmp_path / "ended.pid.json").write_text(json.dumps({"pid": ended.pid, "created": 1.0}))
        (tmp_path / "broken.pid.json").write_text("{")
        assert reap_orphans(tmp_path) == ["orphan"]
        assert gone(orphan.pid)
        assert not gone(stranger.pid)
        assert list(tmp_path.iterdir()) == []
        assert reap_orphans(tmp_path / "nowhere") == []
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()
