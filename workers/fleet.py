"""The workers of one machine: which there are, what they share, and what becomes of the dead and the deaf.

python -m workers.fleet      workers only, for the server named by REDIS_URL; what a container runs
"""

import contextlib
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import redis
from filelock import FileLock, Timeout

from workers import logs, names
from workers.engine import Engine, check_reachable, prepare_store
from workers.jobs import UnknownJob
from workers.kinds import CALLS, QUEUES
from workers.presence import publish_refusal
from workers.settings import Settings, UsageError, read_settings, stop_with
from workers.signals import StopFlag
from workers.store import UNAVAILABLE
from workers.supervisor import BACKOFF, ROOT, Child, Supervisor, reap_orphans

logger = logging.getLogger("darkroom.fleet")


def hold_run_folder(settings: Settings) -> tuple[Path, FileLock]:
    """The folder for notes about this machine's workers, where the data folder is shared with other machines, and the
    lock on it: a second supervisor would take the first one's workers for orphans.

    Raises
    ------
    UsageError
        Another process holds it, or it cannot be written.
    """
    folder = settings.data_dir / "run" / socket.gethostname()
    lock = FileLock(folder / "lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"workers already run on this machine for the data folder {settings.data_dir}; stop them, or choose another "
            "with --data-dir."
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"the data folder {settings.data_dir} cannot be written ({reason}); choose another with --data-dir."
        ) from None
    return folder, lock


def worker_children(settings: Settings, url: str, engine: Engine) -> list[Child]:
    """The workers that the settings ask for: one for calls, and those for jobs."""
    limits, compiled = thread_limits(settings.threads), compiled_code(settings.data_dir)
    environment = limits | compiled | settings.environment() | {"REDIS_URL": url, "PYTHONPATH": str(ROOT)}

    def bury(name: str) -> None:
        while True:
            try:
                return engine.jobs.bury(name)
            except UNAVAILABLE:  # there is nothing for its successor to do before the server is back
                time.sleep(BACKOFF[0])

    def child(name: str, queues: Sequence[str]) -> Child:
        # The process id keeps apart those who share a server, a machine and nothing else.
        full_name = f"{name}.{os.getpid()}@{socket.gethostname()}"
        command = [sys.executable, "-m", "workers.worker", full_name, ",".join(queues)]
        return Child(full_name, command, environment, on_death=bury)

    # The first worker is left to short jobs, so that hours of training do not stand in their way.
    queues = [QUEUES[:1] if number == 0 and settings.workers > 1 else QUEUES for number in range(settings.workers)]
    jobs = [child(f"worker-{number + 1}", listened) for number, listened in reversed(list(enumerate(queues)))]
    return [*jobs, child("calls", (CALLS,))]


def thread_limits(threads: int) -> dict[str, str]:
    """What keeps the workers from fighting over cores; NumPy and torch read it from the environment when they load.

    Two processes of two torch threads on two cores: 557 ms a training step by default, 34 ms with passive waiting.
    """
    counts = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "MKL", "OPENBLAS")}
    limits = counts | {"OMP_WAIT_POLICY": "PASSIVE"}
    return limits | {name: os.environ[name] for name in limits if name in os.environ}


def compiled_code(data_dir: Path) -> dict[str, str]:
    """Where numba keeps what it has compiled, read from the environment when it loads: an import of UMAP takes 2 s then,
    and 13 to 40 s without. Beside the package, its own choice, it would go with a container."""
    place = {"NUMBA_CACHE_DIR": str(data_dir.expanduser().absolute() / "compiled")}
    return place | {name: os.environ[name] for name in place if name in os.environ}


def watch(engine: Engine, grace: float) -> Callable[[Supervisor], None]:
    """What is done once a second for the workers of a supervisor: the deaf are replaced, and the page is told why there
    are none when they cannot start."""
    replace = replace_deaf_workers(engine, grace)

    def check(supervisor: Supervisor) -> None:
        replace(supervisor)
        if supervisor.refusals:
            with contextlib.suppress(redis.RedisError):
                publish_refusal(engine.client, supervisor.refusals[0])

    return check


def replace_deaf_workers(engine: Engine, grace: float) -> Callable[[Supervisor], None]:
    """A check that kills workers which still compute an attempt `grace` seconds after it was found to be over: the job
    was cancelled (and perhaps asked for again since), or given to another worker."""
    over_since: dict[str, tuple[tuple[str, int], float]] = {}

    def check(supervisor: Supervisor) -> None:
        with contextlib.suppress(redis.RedisError):
            for child in supervisor.children():
                attempt = _computing(engine, child.name) if child.on_death else None
                if attempt is None or _counts(engine, *attempt):
                    over_since.pop(child.name, None)
                    continue
                seen, since = over_since.setdefault(child.name, (attempt, time.monotonic()))
                if seen != attempt:
                    over_since[child.name] = (attempt, time.monotonic())
                elif time.monotonic() - since > grace:
                    logger.warning("child=%s does not stop job=%s; replaced", child.name, attempt[0][:12])
                    supervisor.kill(child.name)
                    del over_since[child.name]

    return check


def _computing(engine: Engine, worker: str) -> tuple[str, int] | None:
    """The job and attempt that a worker says it computes."""
    key, number = engine.client.hmget(names.worker(worker), "job", "attempt")
    return None if key is None or number is None else (key.decode(), int(number))


def _counts(engine: Engine, key: str, attempt: int) -> bool:
    """Whether an attempt may still make the job's result."""
    try:
        job = engine.jobs.get(key)
    except UnknownJob:
        return False
    return job.state == "running" and job.attempt == attempt


def main() -> None:
    """Workers only: what a container, or another machine with the same REDIS_URL, runs."""
    stop = StopFlag()
    try:
        settings = read_settings(sys.argv[1:])
        if settings.redis_url is None:
            raise UsageError("REDIS_URL is not set; workers alone need the server's address.")
        url = settings.redis_url.get_secret_value()
        check_reachable(url)
        run_folder, lock = hold_run_folder(settings)
        logs.configure("fleet", settings.log_folder, settings.log_level)
        prepare_store(settings, url)
    except UsageError as error:
        stop_with(error)
    engine = Engine.connect(settings, url, patient=False)  # a server that hangs must not keep us from stopping
    reap_orphans(run_folder)
    supervisor = Supervisor(run_folder, settings.log_folder, watch(engine, settings.cancel_grace))
    supervisor.start()
    for child in worker_children(settings, url, engine):
        supervisor.add(child)
    stop.wait()
    supervisor.stop()
    lock.release()


if __name__ == "__main__":
    main()
