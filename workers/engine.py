"""The door to the engine: what the page and the workers share. The page holds an `Engine`, and beside it knows only the
records that it hands out and the errors that it raises."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import redis
from humanize import naturalsize

from workers import names, previews
from workers.calls import Calls
from workers.celery import RUN_JOB, make_celery
from workers.jobs import Jobs
from workers.kinds import CALLS, QUEUES
from workers.pixels import Pixels, pixels_of
from workers.presence import Worker, code_version, read_choices, read_refusal, workers_present
from workers.results import Results
from workers.schema import migrate
from workers.selections import Selections
from workers.settings import Settings, UsageError
from workers.store import FULL, REFUSED, UNAVAILABLE, Client, connect
from workers.studies import FIRST_STUDY, Studies, id_of

logger = logging.getLogger("darkroom.engine")

FULL_SHARE = 0.97  # of the server's memory limit


@dataclass(frozen=True)
class Health:
    """How the engine is, as far as the page can see."""

    reachable: bool
    refused: bool = False  # the server is there, and lets us in no more
    loading: float | None = None  # share of the store that has been read back, while it is
    full: bool = False
    used_bytes: int = 0
    budget_bytes: int = 0
    workers: tuple[Worker, ...] = field(default=())
    refusal: str = ""  # why workers could not start

    @property
    def store(self) -> str:
        """How the store is, in a word or two; "ok" when it answers."""
        if self.reachable:
            return "ok"
        if self.loading is not None:
            return "store loads"
        return "store refuses us" if self.refused else "store away"

    @property
    def outdated(self) -> tuple[Worker, ...]:
        """Workers of another version than this process."""
        return tuple(worker for worker in self.workers if worker.version != code_version())

    @property
    def deaf_queues(self) -> tuple[str, ...]:
        """Queues that no worker of this version listens to."""
        heard = {queue for worker in self.workers if worker not in self.outdated for queue in worker.queues}
        return tuple(queue for queue in (*QUEUES, CALLS) if queue not in heard)


class Engine:
    """Jobs, results, studies, selections and calls over one connection."""

    def __init__(self, client: Client, url: str, settings: Settings):
        celery = make_celery(url)

        def ring(key: str, queue: str) -> None:
            # A bell that is not heard is no loss: the job is in Redis, and the reconciler rings again.
            try:
                celery.send_task(RUN_JOB, args=[key], queue=queue)
            except Exception as error:  # kombu has many names for a server that is away
                logger.warning("job=%s bell not rung: %s", key[:12], error)

        self._data_dir = settings.data_dir
        self.client = client
        self.jobs = Jobs(client, ring, settings.lease_seconds, settings.max_attempts)
        self.results = Results(client)
        self.studies = Studies(client, self.jobs)
        self.selections = Selections(client, self.jobs.now)
        self.calls = Calls(client, celery)

    @classmethod
    def connect(cls, settings: Settings, url: str, *, patient: bool) -> "Engine":
        """An engine over the server at `url`; `patient` as in `workers.store.connect`."""
        return cls(connect(url, patient=patient), url, settings)

    def prepare(self, settings: Settings) -> None:
        """What the first process does with a store: schema, budget and what exceeds it, the end of what no worker of this
        release will do, and the study every new store begins with. May be done again at any time.

        Raises
        ------
        UsageError
            The store is of another schema.
        """
        migrate(self.client)
        self.results.set_budget(settings.memory)
        if kept := self.jobs.trim():
            logger.warning("results exceed --memory by %s; pinned studies hold them", naturalsize(kept, binary=True))
        self.jobs.end_outdated()
        if not self.client.exists(names.WELCOMED):
            first = self.studies.create(*FIRST_STUDY)
            # After it: a start that was killed between is made good by the next.
            self.client.set(names.WELCOMED, first.id)

    def first_study_missing(self) -> bool:
        """Whether the study that this store began with is there as another version has made it, and not as this one
        would. One that was deleted is not missed."""
        welcomed = (self.client.get(names.WELCOMED) or b"").decode()
        listed = {study.decode() for study in self.client.hkeys(names.STUDIES)}
        return welcomed in listed and id_of(FIRST_STUDY[1]) not in listed

    def health(self) -> Health:
        """Asks the server and looks who is there; never raises for a server that is away or refuses us."""
        try:
            memory = self.client.info("memory")
            limit = int(memory.get("maxmemory", 0))
            return Health(
                reachable=True,
                full=bool(limit) and int(memory["used_memory"]) > FULL_SHARE * limit,
                used_bytes=self.results.used(),
                budget_bytes=self.results.budget() or 0,
                workers=tuple(workers_present(self.client)),
                refusal=read_refusal(self.client),
            )
        except redis.BusyLoadingError:
            return Health(reachable=False, loading=self._loading())
        except REFUSED:
            return Health(reachable=False, refused=True)
        except UNAVAILABLE:
            return Health(reachable=False)

    def _loading(self) -> float:
        try:
            return float(self.client.info("persistence").get("loading_loaded_perc", 0)) / 100
        except redis.RedisError:
            return 0.0

    def pixels(self, key: str) -> Pixels:
        """The pixels of a result that has some.

        Raises
        ------
        MissingResult
            The result is not there, or holds no images.
        """
        return pixels_of(self.results, key, self._data_dir)

    def preview(self, key: str, name: str = previews.SHOWN) -> bytes | None:
        """What a running job has so far, or what is beside it, the bytes of a .npy file; None when it shows nothing (any
        more)."""
        return previews.read(self.client, key, name)

    def preview_count(self, key: str) -> int:
        """How many previews the job's attempt has shown; another number says that there is another to fetch."""
        return int(self.client.hget(names.job(key), "previews") or 0)

    def choices(self) -> dict[str, Any]:
        """What the workers offer, as they last published it."""
        return read_choices(self.client)


def check_address(url: str) -> None:
    """Makes sure that `url` names a server, be it that none is there.

    Raises
    ------
    UsageError
    """
    try:
        redis.Redis.from_url(url)
    except ValueError as error:
        raise UsageError(
            f"REDIS_URL is not an address: {error}; it looks like redis://:password@host:6379/0."
        ) from None


def check_reachable(url: str) -> None:
    """Makes sure that a server answers at `url` and lets us in.

    Raises
    ------
    UsageError
        Says which of the two is not so.
    """
    check_address(url)
    with failures_named(url), contextlib.suppress(redis.BusyLoadingError):
        redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3).ping()


def prepare_store(settings: Settings, url: str) -> None:
    """`Engine.prepare` for a start that waits for it.

    Raises
    ------
    UsageError
        Says what is wrong with the store, or with its server.
    """
    with failures_named(url):
        Engine.connect(settings, url, patient=True).prepare(settings)


@contextlib.contextmanager
def failures_named(url: str) -> Iterator[None]:
    """Has what a server answers at a start end it with a sentence."""
    server = f"the Redis server at {shown(url)}"
    try:
        yield
    except redis.BusyLoadingError:
        raise UsageError(f"{server} is still loading its store; start again when it has done so.") from None
    except REFUSED as error:
        raise UsageError(f"{server} refused us: {error}; check the password in REDIS_URL.") from None
    except FULL:
        raise UsageError(f"{server} is out of memory; give it more (maxmemory), or empty it of other things.") from None
    except UNAVAILABLE as error:
        raise UsageError(
            f"no Redis server answers at {shown(url)}: {error}; start it, or unset REDIS_URL to embed one."
        ) from None
    except redis.RedisError as error:
        raise UsageError(f"{server} cannot be used: {error}.") from None


def shown(url: str) -> str:
    """`url` without its password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
