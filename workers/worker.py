"""A worker process: hears doorbells and calls, announces itself, and takes its turn as reconciler.

python -m workers.worker NAME QUEUE[,QUEUE ...]      settings come from the environment
"""

import importlib
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import redis
from celery import Celery
from celery.signals import setup_logging, worker_ready

from workers import logs, names
from workers.calls import answer_call
from workers.celery import ANSWER_CALL, RUN_JOB, make_celery
from workers.courtesy import Courtesy
from workers.engine import Engine
from workers.kinds import CALLS
from workers.lifeline import end_with_parent
from workers.presence import Presence, Worker, code_version, publish_choices
from workers.runner import ANSWERS, Runner
from workers.settings import Settings, UsageError, read_settings
from workers.store import Scripts
from workers.supervisor import refuse_to_start, short_name
from workers.sweep import sweep

logger = logging.getLogger("darkroom.worker")

RECONCILE_SECONDS = 1.0
SWEEP_SECONDS = 3600.0
# A worker that trains for hours steps back a little: a hand that drags a latent value waits for page, call and browser, and
# on two cores its 95th percentile was 150 to 200 ms beside a training of the same rank.
BATCH_NICENESS = 5


def main(name: str, queues: list[str]) -> None:
    """Runs until told to stop (SIGTERM: the job at hand goes back into its queue) or until the parent is gone."""
    if not sys.stdin.isatty():
        end_with_parent()
    settings = read_settings()
    logs.configure(short_name(name), settings.log_folder, settings.log_level)
    if "batch" in queues and hasattr(os, "nice"):
        os.nice(BATCH_NICENESS)
    assert settings.redis_url is not None, "a worker needs REDIS_URL; the supervisor sets it"
    url = settings.redis_url.get_secret_value()
    try:
        about = load_tasks(settings)
    except UsageError as error:
        refuse_to_start(str(error))
    engine = Engine.connect(settings, url, patient=True)
    runner = Runner(
        engine.jobs,
        engine.results,
        name,
        settings.lease_seconds,
        {"version": code_version(), **about["made_by"]},
        Courtesy(engine.client),
    )
    presence = Presence(engine.client, Worker(name, code_version(), tuple(queues), about["device"], os.getpid()))
    celery = make_celery(url)
    define_tasks(celery, engine, runner, presence)
    publish_choices(engine.client, about["choices"])

    setup_logging.connect(lambda **_: None, weak=False)  # ours stands; Celery must not set the root logger's level

    @worker_ready.connect(weak=False)
    def ready(**_: Any) -> None:
        # Celery has installed its own handlers by now. Ours comes first: it tells a running job to stop.
        warm_shutdown = signal.getsignal(signal.SIGTERM)

        def stop(number: int, frame: Any) -> None:
            runner.stopping.set()
            if callable(warm_shutdown):
                warm_shutdown(number, frame)

        signal.signal(signal.SIGTERM, stop)
        threading.Thread(target=presence.beat, args=(runner.stopping,), name="presence", daemon=True).start()
        if CALLS not in queues:  # a call must not wait for a pass over all jobs
            threading.Thread(
                target=reconcile, args=(engine, name, settings.data_dir), name="reconciler", daemon=True
            ).start()
        logger.info("worker=%s listens to %s on %s", name, ",".join(queues), about["device"])

    # Solo: CUDA does not survive a fork, and a child forked from a parent that has computed with torch hangs.
    celery.Worker(
        pool_cls="solo",
        queues=queues,
        hostname=name,
        quiet=True,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
    ).start()


def load_tasks(settings: Settings) -> dict[str, Any]:
    """Imports the modules that implement job kinds; each may describe what it offers in a function `describe`.

    Raises
    ------
    UsageError
        A module cannot be imported, or refuses a setting.
    """
    about: dict[str, Any] = {"device": "none", "choices": {}, "made_by": {}}
    for module_name in settings.task_modules:
        module = load_module(module_name)
        if hasattr(module, "describe"):
            try:
                told = module.describe(settings)
            except ValueError as error:
                raise UsageError(str(error)) from error
            about["device"] = told["device"]
            about["choices"] |= told["choices"]
            about["made_by"] |= told["made_by"]
    return about


def load_module(name: str) -> ModuleType:
    """Imports a module of --task-modules. What may be over at the next start (no memory, no file handles) stays what it
    is; whatever else goes wrong in it goes wrong each time, and the log says where.

    Raises
    ------
    UsageError
    """
    try:
        return importlib.import_module(name)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        logger.exception("the module %s cannot be imported", name)
        first_line = str(error).strip().partition("\n")[0]
        raise UsageError(
            f'the module "{name}" of --task-modules cannot be imported ({type(error).__name__}: {first_line}); correct '
            "it, or name another."
        ) from error


def define_tasks(celery: Celery, engine: Engine, runner: Runner, presence: Presence) -> None:
    """The two messages a worker understands."""

    @celery.task(name=RUN_JOB)
    def run_job(key: str) -> None:
        runner.run(key)
        presence.idle()

    @celery.task(name=ANSWER_CALL)
    def run_call(call_id: str, name: str, params: dict[str, Any], latest: str, number: int) -> None:
        def answer() -> Any:
            if name not in ANSWERS:
                raise KeyError(f'this worker has no answer to the call "{name}"; it has: {", ".join(sorted(ANSWERS))}')
            return ANSWERS[name](engine.results, **params)

        answer_call(engine.client, answer, call_id, latest, number)


def reconcile(engine: Engine, name: str, data_dir: Path) -> None:
    """Once a second, if this worker holds the lock, has open jobs put right; once an hour the data folder swept."""
    lock = Scripts(engine.client)
    while True:
        time.sleep(RECONCILE_SECONDS)
        try:
            if lock.note(names.RECONCILER, name, milliseconds=int(RECONCILE_SECONDS * 900), only_new=True):
                engine.jobs.reconcile()
            if lock.note(names.SWEEPER, name, milliseconds=int(SWEEP_SECONDS * 1000), only_new=True):
                sweep(engine.jobs, engine.results, data_dir)
        except redis.RedisError as error:
            logger.warning("worker=%s cannot reconcile: %s", name, error)
        except Exception:  # one odd record must not end the care for all the others
            logger.exception("worker=%s cannot reconcile", name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","))
