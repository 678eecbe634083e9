"""The processes that Darkroom's engine is timed against, over the same server and the same kind of socket."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis

from benchmarks.harness import Process
from benchmarks.plain import asker


@contextlib.contextmanager
def rivals(redis_url: str, scratch: Path) -> Iterator[tuple[Callable[[float], Any], redis.Redis]]:
    """A worker of plain Celery, and a process that answers on a bare list, in databases of their own.

    Parameters
    ----------
    redis_url : a server on a unix socket.
    scratch : where what they print goes.

    Yields
    ------
    ask : asks the Celery worker to wait some seconds; the answer has a `get`.
    client : for `benchmarks.jobs.through_list`.
    """
    socket = redis_url.removeprefix("unix://")
    broker, listed = f"redis+socket://{socket}?virtual_host=1", f"unix://{socket}?db=2"
    celery = [sys.executable, "-m", "celery", "-A", "benchmarks.plain", "worker", "--pool=solo"]
    processes = [
        Process(celery, scratch / "celery.out", BENCH_BROKER=broker),
        Process([sys.executable, "-m", "benchmarks.plain"], scratch / "list.out", BENCH_REDIS=listed),
    ]
    try:
        yield asker(broker), redis.Redis.from_url(listed)
    finally:
        for process in processes:
            process.kill()
