"""Darkroom in one command: starts what is missing (server, workers) and serves the page.

    uv run app.py                       then open the address it prints; --help lists the settings
    uv run app.py --study study.toml    the same, with the study of a file (see workers/study_file.py)
    uv run app.py check study.toml      what the views will be able to do with it, before anything runs
    uv run app.py refuse rule.json new.npz    which new predictions a rule of the Refusal panel answers

Gunicorn serves the same page from several processes: `gunicorn "app:page()"`, with REDIS_URL set and workers elsewhere.
"""

import contextlib
import itertools
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import redis

from workers import logs
from workers.engine import Engine, check_address, check_reachable, prepare_store, shown
from workers.fleet import hold_run_folder, watch, worker_children
from workers.kinds import job
from workers.settings import Settings, UsageError, complain, read_settings, stop_with
from workers.signals import StopFlag
from workers.study_file import StudyFile
from workers.supervisor import BACKOFF, Supervisor, reap_orphans

logger = logging.getLogger("darkroom.app")

LOOK_SECONDS = 0.2  # between two looks at a look
APP_LOAD_ERROR = 4  # to gunicorn: give up; a process that ends with another code it would start again for ever


def page():
    """The WSGI application for a server of several processes; settings come from the environment."""
    try:
        settings = read_settings()
        if settings.redis_url is None:
            raise UsageError("REDIS_URL is not set; a page in several processes needs a server of its own.")
        url = settings.redis_url.get_secret_value()
        check_address(url)
    except UsageError as error:
        stop_with(error, APP_LOAD_ERROR)

    from dashboard.server import build

    logs.configure("page", None, settings.log_level)  # processes cannot share a rotating file
    in_background(lambda: Engine.connect(settings, url, patient=True).prepare(settings), logger.error)
    return build(Engine.connect(settings, url, patient=False), settings, alone=False).server


def main(arguments: list[str]) -> None:
    try:
        if arguments[:1] == ["check"]:
            check(arguments[1:])
            return
        if arguments[:1] == ["refuse"]:
            refuse(arguments[1:])
            return
        settings = read_settings(arguments)
        if settings.show_config:
            print(settings.shown())
            return
        file = None if settings.study is None else StudyFile(settings.study)
        stop = StopFlag()
        if settings.redis_url is None:
            run_embedded(settings, stop, file)
        else:
            run_with_server(settings, settings.redis_url.get_secret_value(), stop, file)
    except UsageError as error:
        stop_with(error)


def check(arguments: list[str]) -> None:
    """Prints what each view will be able to do with the study of a file.

    Raises
    ------
    UsageError
    """
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise UsageError("check takes the file of one study, as in: app.py check study.toml")
    from dashboard.abilities import asked_of, lacks, report
    from dashboard.views import TITLED_PARTS
    from workers.study_check import checked_study

    title, specs, choices = checked_study(Path(arguments[0]))
    print("\n".join(report(title, TITLED_PARTS, lacks(asked_of(specs), choices))))


def refuse(arguments: list[str]) -> None:
    """Prints how many predictions of a file a rule answers, and writes which.

    Raises
    ------
    UsageError
    """
    from dashboard.components.tables import to_csv
    from dashboard.darksight.refuse_scores import Tally
    from workers.refuse import Request, answer

    request = Request.read(arguments)
    found = answer(request)
    try:
        request.out.write_text(to_csv(*found.table()), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{request.out} cannot be written: {error.strerror or error}.") from None
    words = Tally.of(found.refused, np.ones(len(found.refused), bool), found.correct).words("predictions")
    print(f"{request.rule.name} {words}.\n{request.out} says which.")


def run_embedded(settings: Settings, stop: StopFlag, file: StudyFile | None) -> None:
    """Server, workers and page on this machine; all of them end with this process."""
    from workers.embedded import find_server, server_child, wait_for_server
    from workers.folder import DataFolder

    server = find_server(settings)
    folder = DataFolder(settings.data_dir, address(settings))
    listener = listening_socket(settings)
    run_folder = folder.path / "run"
    reap_orphans(run_folder)
    folder.check(server)
    logs.configure("page", settings.log_folder, settings.log_level)
    child, url = server_child(settings, server, folder.path)
    with supervised(settings, url, run_folder) as supervisor:
        supervisor.add(child)
        wait_for_server(url)

        def prepare() -> None:
            engine = Engine.connect(settings, url, patient=True)
            engine.jobs.bury_all()  # nobody else can be using this store: what it calls running was left behind
            engine.prepare(settings)
            add_workers(settings, url, supervisor)
            begin_in_background(settings, url, file)

        with served(settings, url, listener):
            # A large store takes seconds to load; the page is there meanwhile and says so.
            in_background(prepare, supervisor.refuse)
            stop.wait()
    folder.release()


def run_with_server(settings: Settings, url: str, stop: StopFlag, file: StudyFile | None) -> None:
    """Workers and page on this machine, for a server that is already there."""
    check_reachable(url)
    listener = listening_socket(settings)
    run_folder, lock = hold_run_folder(settings)
    reap_orphans(run_folder)
    logs.configure("page", settings.log_folder, settings.log_level)
    prepare_store(settings, url)
    remark = f", with the Redis server at {shown(url)}"
    with supervised(settings, url, run_folder) as supervisor, served(settings, url, listener, remark):
        add_workers(settings, url, supervisor)
        begin_in_background(settings, url, file)
        stop.wait()
    lock.release()


@contextlib.contextmanager
def supervised(settings: Settings, url: str, run_folder: Path) -> Iterator[Supervisor]:
    """A running supervisor; on leaving, everything in its care is stopped."""
    engine = Engine.connect(settings, url, patient=False)  # a server that hangs must not keep us from stopping
    supervisor = Supervisor(run_folder, settings.log_folder, watch(engine, settings.cancel_grace))
    supervisor.start()
    try:
        yield supervisor
    finally:
        print("Stopping; running jobs go back into the queue.", flush=True)
        supervisor.stop()


def add_workers(settings: Settings, url: str, supervisor: Supervisor) -> None:
    """Starts the workers, if the settings ask for any. Comes after the page: their imports keep every core busy, and
    somebody is waiting for it."""
    engine = Engine.connect(settings, url, patient=False)
    for child in worker_children(settings, url, engine) if settings.worker else []:
        supervisor.add(child)


def begin_in_background(settings: Settings, url: str, file: StudyFile | None) -> None:
    """`begin`, if a file is given, as soon as the store answers."""
    if file is not None:
        in_background(lambda: begin(Engine.connect(settings, url, patient=True), file), complain)


def begin(engine: Engine, file: StudyFile) -> None:
    """Creates the study of a file, once a worker has looked at what it names; says on the terminal what came of it."""

    def look(params: dict[str, Any]) -> Mapping[str, Any]:
        key = engine.jobs.submit(job("look", {**params, "asked": time.time()}))
        while (known := engine.jobs.get(key)).is_open:
            time.sleep(LOOK_SECONDS)
        if known.state != "done":
            raise ValueError(known.error or "the look at it was stopped.")
        return engine.results.meta(key)

    try:
        study = engine.studies.create(file.title, file.specs(look))
    except UsageError as error:
        complain(error)
    else:
        print(f"The study {study.title} has begun: ?study={study.id}", flush=True)


def in_background(prepare: Callable[[], None], refuse: Callable[[str], None]) -> None:
    """Does what needs the store in a thread. A server that is away or out of memory is asked again until it has been done;
    what waiting does not put right is told to `refuse`."""

    def run() -> None:
        logged: set[type] = set()
        for seconds in itertools.chain(BACKOFF, itertools.repeat(BACKOFF[-1])):
            try:
                prepare()
            except UsageError as error:
                refuse(str(error))
                return
            except redis.RedisError as error:
                if type(error) not in logged:
                    logger.error("the store cannot be prepared yet, and is asked again: %s", error)
                logged.add(type(error))
                time.sleep(seconds)
            else:
                return

    threading.Thread(target=run, name="prepare", daemon=True).start()


def listening_socket(settings: Settings) -> socket.socket:
    """The page's socket, opened before any process is started: a port that is taken costs nothing.

    Raises
    ------
    UsageError
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(128)  # a browser that comes early waits here until the page is built
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot serve on {settings.host} port {settings.port} ({reason}); choose another with --port."
        ) from None
    return listener


def address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


@contextlib.contextmanager
def served(settings: Settings, url: str, listener: socket.socket, remark: str = "") -> Iterator[None]:
    """The page, served from this one process by threads; on leaving, it answers no more."""
    from waitress.server import create_server

    from dashboard.server import build

    dash = build(Engine.connect(settings, url, patient=False), settings)
    channels: dict = {}  # waitress's loop ends when it has none
    server = create_server(dash.server, map=channels, sockets=[listener], threads=8)
    thread = threading.Thread(target=server.run, name="page", daemon=True)
    thread.start()
    print(f"Darkroom is at {address(settings)}{remark} (Ctrl-C stops it)", flush=True)
    logger.info("page at %s", address(settings))
    try:
        yield
    finally:
        server.trigger.pull_trigger(channels.clear)  # pyright: ignore[reportAttributeAccessIssue] (an int until it is set)
        thread.join(timeout=5)
        listener.close()


if __name__ == "__main__":
    main(sys.argv[1:])
