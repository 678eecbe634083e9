"""Keeps child processes alive: starts them, restarts the dead with back-off, stops all in order.

A child that can never run as it is set up says so by its exit code, and is not started again.
"""

import contextlib
import json
import logging
import math
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import psutil

from workers.settings import complain

logger = logging.getLogger("darkroom.supervisor")

ROOT = Path(__file__).resolve().parent.parent
BACKOFF = (0.2, 0.5, 1, 2, 5, 10, 30)  # seconds before the first, second, ... restart in a row
STEADY_SECONDS = 60  # a child that lived so long has earned a fresh start
CANNOT_START = 78  # a child's exit code, sysexits' EX_CONFIG: it would end the same way each time it is started
REASON_FILE = "DARKROOM_REASON_FILE"  # environment of a child: where it leaves the reason


@dataclass
class Child:
    """A process to keep alive.

    Attributes
    ----------
    name : unique on this machine; a worker's name in the engine.
    command : what to run; its standard input is the lifeline (see `workers.lifeline`).
    stop_seconds : how long it may take to stop in order before it is killed.
    on_death : called with the name when it ended by itself; the child is started again only after it has returned, so
        that what is said of the dead one cannot be taken for its successor's.
    """

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    stop_seconds: float = 5.0
    on_death: Callable[[str], None] | None = None
    process: subprocess.Popen | None = None
    started: float = 0.0
    restarts: int = 0
    due: float = field(default=0.0)  # when to start it (again)


class Supervisor:
    """Keeps `children` alive until `stop`.

    Parameters
    ----------
    run_folder : where the pids of the children are noted, so that the next start can end what this one left behind.
    log_folder : where what they print goes (a crash below Python's own logging); None leaves it on standard error.
    check : called once a second, in a thread of its own.

    Attributes
    ----------
    refusals : reasons why children cannot run, or must not; said once each.
    """

    def __init__(
        self,
        run_folder: Path,
        log_folder: Path | None = None,
        check: Callable[["Supervisor"], None] | None = None,
    ):
        self._folder = run_folder
        self._log_folder = log_folder
        self._check = check
        self.refusals: list[str] = []
        self._children: list[Child] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        # The kernel ends children with the *thread* that started them: all are started by this one, which lasts.
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        for folder in (self._folder, self._log_folder):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        if self._check:
            # Not in the thread above: the engine may be away, and its server waiting to be started by that one.
            threading.Thread(target=self._repeat, args=(self._check,), name="check", daemon=True).start()

    def add(self, child: Child) -> None:
        """Takes a child into care; it is started within a tenth of a second."""
        with self._lock:
            self._children.append(child)

    def children(self) -> list[Child]:
        with self._lock:
            return list(self._children)

    def refuse(self, reason: str) -> None:
        """Says, once, in the log and on the terminal, why no worker can start."""
        with self._lock:
            if reason in self.refusals:
                return
            self.refusals.append(reason)
        logger.error("no worker can start: %s", reason)
        if self._log_folder is not None:  # else the log is on the terminal already
            complain(f"no worker can start: {reason}")

    def kill(self, name: str) -> None:
        """Ends a child that does not listen; it is replaced."""
        for child in self.children():
            if child.name == name and child.process is not None:
                _kill_group(child.process)

    def stop(self) -> None:
        """Ends the children in order, workers first, and returns when all are gone."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _repeat(self, check: Callable[["Supervisor"], None]) -> None:
        while not self._stopping.wait(1.0):
            try:
                check(self)
            except Exception:
                logger.exception("a check on the children failed")

    def _watch(self) -> None:
        while not self._stopping.wait(0.05):
            with self._lock:
                for child in self._children:
                    self._care_for(child)
        self._stop_all()

    def _stop_all(self) -> None:
        # Still in the thread that started them: were it to end first, the kernel would kill them out of order.
        with self._lock:
            workers = [child for child in self._children if child.on_death]
            others = [child for child in reversed(self._children) if not child.on_death]
        _stop_together(workers)
        for child in others:
            _stop_together([child])
        for child in workers + others:
            self._note(child.name).unlink(missing_ok=True)
            self._reason(child.name).unlink(missing_ok=True)

    def _care_for(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                try:
                    self._spawn(child)
                except OSError as error:  # no memory, no room on the disk: the others must not lose their keeper
                    child.due, child.restarts = now + _back_off(child), child.restarts + 1
                    logger.error("child=%s cannot be started: %s", child.name, error)
            return
        code = child.process.poll()
        if code is None:
            return
        if code == CANNOT_START:
            self._give_up(child)
            return
        if now - child.started > STEADY_SECONDS:
            child.restarts = 0
        wait = _back_off(child)
        logger.warning("child=%s ended with code %s; starting it again in %.1f s", child.name, code, wait)
        child.process, child.due, child.restarts = None, now + wait, child.restarts + 1
        if child.on_death:
            # In a thread: the engine may be away, and its server is one of those waiting here to be started.
            threading.Thread(target=self._mourn, args=(child, child.on_death, child.due), daemon=True).start()
            child.due = math.inf

    def _give_up(self, child: Child) -> None:
        child.process, child.due = None, math.inf
        self._note(child.name).unlink(missing_ok=True)
        left = self._reason(child.name)
        self.refuse(left.read_text() if left.exists() else f"{child.name} says no reason; its log may.")
        left.unlink(missing_ok=True)

    def _mourn(self, child: Child, on_death: Callable[[str], None], due: float) -> None:
        try:
            on_death(child.name)
        except Exception:
            logger.exception("child=%s: its end could not be told", child.name)
        finally:
            with self._lock:
                child.due = due

    def _spawn(self, child: Child) -> None:
        with self._printed(child.name, first=not child.started) as printed:
            child.process = subprocess.Popen(
                list(child.command),
                stdin=subprocess.PIPE,
                stdout=printed,
                stderr=subprocess.STDOUT if printed else None,
                cwd=ROOT,
                env=os.environ | child.environment | {REASON_FILE: str(self._reason(child.name))},
                start_new_session=True,
            )
        child.started = time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):
            created = psutil.Process(child.process.pid).create_time()
            self._note(child.name).write_text(json.dumps({"pid": child.process.pid, "created": created}))
        logger.info("child=%s pid=%d started", child.name, child.process.pid)

    def _printed(self, name: str, first: bool):
        if self._log_folder is None:
            return contextlib.nullcontext()
        return (self._log_folder / f"{short_name(name)}.out").open("wb" if first else "ab")

    def _note(self, name: str) -> Path:
        return self._folder / f"{short_name(name)}.pid.json"

    def _reason(self, name: str) -> Path:
        return self._folder / f"{short_name(name)}.reason"


def refuse_to_start(reason: str) -> NoReturn:
    """Ends this process, a child, for good: it would only end again. Whoever started it says why."""
    if REASON_FILE in os.environ:
        Path(os.environ[REASON_FILE]).write_text(reason)
    else:
        complain(f"no worker can start: {reason}")
    raise SystemExit(CANNOT_START)


def short_name(name: str) -> str:
    """What a child's files are called: "worker-1" of "worker-1.4242@host", so that each start takes the same."""
    return re.split("[.@]", name, maxsplit=1)[0]


def reap_orphans(run_folder: Path) -> list[str]:
    """Ends what an earlier start left behind; call under the folder's lock. Returns the names."""
    reaped = []
    for note in sorted(run_folder.glob("*.pid.json")):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, ValueError, KeyError):
            record = json.loads(note.read_text())
            process = psutil.Process(record["pid"])
            if abs(process.create_time() - record["created"]) < 0.02:  # else the pid is somebody else's by now
                family = [process, *process.children(recursive=True)]
                for member in family:
                    member.kill()
                psutil.wait_procs(family, timeout=10)
                reaped.append(note.name.removesuffix(".pid.json"))
        note.unlink(missing_ok=True)
    return reaped


def _back_off(child: Child) -> float:
    return BACKOFF[min(child.restarts, len(BACKOFF) - 1)]


def _kill_group(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _stop_together(children: Sequence[Child]) -> None:
    running = [(child.process, child.stop_seconds) for child in children if child.process is not None]
    for process, _ in running:
        process.terminate()
    began = time.monotonic()
    for process, seconds in running:
        try:
            process.wait(timeout=max(0.0, began + seconds - time.monotonic()))
        except subprocess.TimeoutExpired:
            _kill_group(process)
            process.wait()
