"""Real servers and real workers for tests: as `app.py` starts them, in folders of their own."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import redis
from pydantic import SecretStr

from workers.embedded import find_server, server_child, wait_for_server
from workers.engine import Engine
from workers.fleet import replace_deaf_workers, worker_children
from workers.folder import DataFolder
from workers.jobs import Job
from workers.settings import Settings
from workers.studies import Study
from workers.supervisor import Supervisor


def wait_until(condition: Callable[[], Any], seconds: float = 60.0, what: str = "it") -> Any:
    """The first true value of `condition`; fails when there is none in time, which a busy machine may need."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds:g} s"
        time.sleep(0.02)
    return value


def gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked for its exit code yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Store:
    """The bundled server with a folder of its own, as `app.py` starts it."""

    def __init__(self, folder: Path, **settings: Any):
        held = DataFolder(folder, "a test")
        held.release()
        self.settings = Settings(data_dir=folder, **settings)
        self._child, self.url = server_child(self.settings, find_server(self.settings), folder)
        self._process: subprocess.Popen | None = None

    def start(self) -> "Store":
        self._process = subprocess.Popen(self._child.command, stdin=subprocess.PIPE, start_new_session=True)
        wait_for_server(self.url)
        return self

    def is_loaded(self) -> bool:
        """Whether it has read what it wrote before, be it nothing: a server that has just started answers before that."""
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.BusyLoadingError:
            return False

    @property
    def pid(self) -> int:
        """The server's own, not that of the lifeline which holds it."""
        assert self._process is not None
        return psutil.Process(self._process.pid).children()[0].pid

    def kill(self) -> None:
        assert self._process is not None
        psutil.Process(self.pid).kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


@dataclass
class Fleet:
    """A store, an engine over it, and workers under a supervisor."""

    store: Store
    settings: Settings
    engine: Engine
    supervisor: Supervisor

    @property
    def url(self) -> str:
        return self.store.url

    def wait(self, key: str, seconds: float = 30.0) -> Job:
        """The record of a job once it is over."""
        wait_until(lambda: not self.engine.jobs.get(key).is_open, seconds, f"the end of {self.engine.jobs.get(key)}")
        return self.engine.jobs.get(key)

    def worker(self, name: str) -> Any:
        """One of the children, by the beginning of its name."""
        return next(child for child in self.supervisor.children() if child.name.startswith(name))


@contextlib.contextmanager
def running_fleet(folder: Path, **settings: Any) -> Iterator[Fleet]:
    """A store and workers that live as long as the context; the workers are there when it begins."""
    store = Store(folder, **settings).start()
    chosen = Settings(data_dir=folder, redis_url=SecretStr(store.url), **settings)
    engine = Engine.connect(chosen, store.url, patient=True)
    engine.results.set_budget(chosen.memory)
    supervisor = Supervisor(folder / "run", folder / "logs", replace_deaf_workers(engine, chosen.cancel_grace))
    supervisor.start()
    try:
        for child in worker_children(chosen, store.url, engine):
            supervisor.add(child)
        wait_until(lambda: len(engine.health().workers) == chosen.workers + 1, 120, "the start of the workers")
        yield Fleet(store, chosen, engine, supervisor)
    finally:
        supervisor.stop()
        store.stop()


@dataclass
class Digits:
    """An engine that has computed the digits study."""

    url: str
    settings: Settings
    engine: Engine
    study: Study
