import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from tests.engines import gone, wait_until
from workers.supervisor import ROOT

LIFELINE = [sys.executable, "-IS", str(ROOT / "workers" / "lifeline.py")]
PARENT = textwrap.dedent("""
    import subprocess, sys, time
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)
    print(child.pid, flush=True)
    time.sleep(100)
""")
WORKER = textwrap.dedent("""
    import sys, threading, time
    from workers.lifeline import end_with_parent
    end_with_parent()
    if sys.argv[1] == "busy":
        2 ** 10_000_000_000  # holds Python's lock for longer than any test
    time.sleep(100)
""")


@pytest.fixture
def orphan():
    """Starts a command as the child of a process, and returns both."""
    started = []

    def start(*command):
        parent = subprocess.Popen([sys.executable, "-c", PARENT, *command], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        pid = int(parent.stdout.readline())
        started.append((parent, pid))
        return parent, pid

    yield start
    for parent, pid in started:
        parent.kill()
        parent.wait()
        if not gone(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("work", ["idle", "busy"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_with_its_parent(orphan, work, number):
    parent, pid = orphan(sys.executable, "-c", WORKER, work)
    time.sleep(0.3)
    assert not gone(pid)
    parent.send_signal(number)
    wait_until(lambda: gone(pid))


def test_a_program_that_knows_nothing_of_it_ends_in_order_with_the_parent(orphan, tmp_path):
    script = tmp_path / "script.sh"
    script.write_text('trap "echo in order > $1; exit 0" TERM\necho $$ > $2\nwhile true; do sleep 0.05; done\n')
    parent, pid = orphan(*LIFELINE, "/bin/sh", str(script), str(tmp_path / "ended"), str(tmp_path / "pid"))
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    program = int((tmp_path / "pid").read_text())
    parent.kill()
    wait_until(lambda: gone(pid) and gone(program))
    assert (tmp_path / "ended").read_text() == "in order\n"


def test_a_program_ends_at_once_when_its_lifeline_is_killed():
    lifeline = subprocess.Popen([*LIFELINE, "sleep", "100"], stdin=subprocess.PIPE)
    program = wait_until(lambda: psutil.Process(lifeline.pid).children())[0].pid
    lifeline.kill()
    lifeline.wait()
    wait_until(lambda: gone(program))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_is_passed_on_and_ctrl_c_is_left_to_the_parent(number):
    lifeline = subprocess.Popen([*LIFELINE, "sleep", "100"], stdin=subprocess.PIPE)
    wait_until(lambda: psutil.Process(lifeline.pid).children())
    time.sleep(0.1)
    lifeline.send_signal(number)
    if number == signal.SIGTERM:
        assert lifeline.wait(5) != 0
    else:
        time.sleep(0.3)
        assert lifeline.poll() is None
        lifeline.terminate()
        lifeline.wait(5)


def test_the_exit_code_is_the_programs():
    assert subprocess.Popen([*LIFELINE, "/bin/sh", "-c", "exit 7"], stdin=subprocess.PIPE).wait(5) == 7
