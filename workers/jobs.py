"""A job's life in Redis: waiting, queued, running, and then done, failed or cancelled.

The record of a job is a hash that only the scripts in `workers/lua` change. The Celery message that follows is a mere
doorbell: it carries the job's key, may be lost or doubled, and the reconciler rings again.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workers import names, previews
from workers.kinds import BUILT_IN, KINDS, JobSpec
from workers.store import Client, Scripts

OPEN_STATES = ("waiting", "queued", "running")
ANOTHER_VERSION = "asked for by another version of Darkroom"
RECENT = 200  # records the page can list; older ones go when their result is gone too


class UnknownJob(KeyError):
    """No job with that key was ever submitted here."""

    def __str__(self) -> str:
        return str(self.args[0])


class OutdatedJob(ValueError):
    """A job that this version of Darkroom would do differently than it was asked for."""


@dataclass(frozen=True)
class Job:
    """A job's record, as it was read. Times are seconds since 1970 by the server's clock. `previews` counts those that the
    attempt has shown, so that a reader knows when there is another."""

    key: str
    kind: str
    state: str
    params: dict[str, Any]
    inputs: dict[str, str]
    place: str = ""
    attempt: int = 0
    version: int = 1
    fraction: float | None = None
    stage: str = ""
    message: str = ""
    error: str = ""
    worker: str = ""
    submitted: float = 0.0
    started: float | None = None
    finished: float | None = None
    deaths: int = 0
    thinned: int = 0
    previews: int = 0
    commits: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def title(self) -> str:
        return KINDS[self.kind].title if self.kind in KINDS else self.kind

    def seconds(self, now: float) -> float | None:
        """How long it has run, or ran."""
        return None if self.started is None else max(0.0, (self.finished or now) - self.started)

    def remaining(self, now: float) -> float | None:
        """Seconds to go, at the pace so far; None while there is no telling."""
        ran = self.seconds(now)
        if self.state != "running" or ran is None or not self.fraction or self.fraction < 0.02:
            return None
        return ran * (1 - self.fraction) / self.fraction


class Jobs:
    """Submits jobs and moves them through their states.

    Parameters
    ----------
    client : the connection to Redis.
    ring : called with (job key, queue name) to wake a worker; it may fail silently, as the reconciler rings again.
    lease_seconds : how long a running job stays its worker's without a sign of life.
    max_attempts : a job fails when this many workers have died at it.
    """

    def __init__(
        self, client: Client, ring: Callable[[str, str], None], lease_seconds: float = 15.0, max_attempts: int = 3
    ):
        self._client = client
        self._scripts = Scripts(client)
        self._ring = ring
        self._lease = lease_seconds
        self._max_attempts = max_attempts

    # ---- asked for by the page ----

    def submit(self, spec: JobSpec) -> str:
        """Asks for a job and for the inputs it lacks; returns its key.

        Asking again attaches to the same job; asking for a failed or cancelled one starts it anew, inputs too.
        """
        for needed in spec.inputs.values():
            self.submit(needed)
        self._submit(spec.key, spec.kind, spec.params.model_dump(mode="json"), spec.input_keys, spec.place)
        return spec.key

    def spec(self, key: str) -> JobSpec:
        """A job as it was asked for, with its inputs, for others to be made of its result.

        Raises
        ------
        UnknownJob
        OutdatedJob
            The record was made by another version of its kind, which may make another result.
        """
        record = self.get(key)
        _check_version(record)
        inputs = {role: self.spec(needed) for role, needed in record.inputs.items()}
        return JobSpec(record.kind, KINDS[record.kind].params.model_validate(record.params), inputs, record.place)

    def _submit(self, key: str, kind: str, params: Mapping[str, Any], inputs: Mapping[str, str], place: str) -> None:
        known = KINDS[kind]
        reply = self._scripts(
            "submit",
            key,
            kind,
            known.version,
            json.dumps(params),
            json.dumps(inputs),
            known.queue_for(params),
            self._max_attempts,
            place,
        )
        self._ring_all(reply[1:])

    def retry(self, key: str) -> None:
        """Starts a failed or cancelled job anew, and those of its inputs whose results are not there.

        Where the result is there, nothing happens.

        Raises
        ------
        UnknownJob
        OutdatedJob
            The record was made by another version of its kind, which may make another result.
        """
        if self._client.exists(names.result(key)):
            return
        record = self.get(key)
        _check_version(record)
        for needed in record.inputs.values():
            self.retry(needed)
        self._submit(key, record.kind, record.params, record.inputs, record.place)

    def cancel(self, key: str, reason: str = "") -> str:
        """Stops a job for all who watch it, and those that wait for it. Returns the state it had:
        "done" means the cancel came too late and the result stands."""
        state, *bells = self._scripts("cancel", key, reason)
        self._ring_all(bells)
        return state.decode()

    def get(self, key: str) -> Job:
        """The record of a job.

        Raises
        ------
        UnknownJob
        """
        return self.get_many([key])[0]

    def get_many(self, keys: Iterable[str]) -> list[Job]:
        """The records of several jobs, in one round trip."""
        return [_read(key, record) for key, record in self._records(keys)]

    def by_role(self, keys: Mapping[str, str]) -> dict[str, Job]:
        """The records of a study's jobs, of which `keys` holds the result keys by role.

        Raises
        ------
        UnknownJob
        """
        return dict(zip(keys, self.get_many(keys.values()), strict=True))

    def recent(self, count: int = RECENT) -> list[Job]:
        """The jobs submitted last, newest first; but for those whose records went while they were read."""
        keys = [key.decode() for key in self._client.zrevrange(names.RECENT_JOBS, 0, count - 1)]
        return [_read(key, record) for key, record in self._records(keys) if b"state" in record]

    def _records(self, keys: Iterable[str]) -> list[tuple[str, dict[bytes, bytes]]]:
        keys = list(keys)
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.hgetall(names.job(key))
        return list(zip(keys, pipeline.execute(), strict=True))

    def open_keys(self) -> set[str]:
        """Keys of the jobs that are waiting, queued or running."""
        return {key.decode() for key in self._client.smembers(names.OPEN_JOBS)}

    def log(self, key: str) -> list[str]:
        """The last 200 lines of a job's log."""
        return [line.decode(errors="replace") for line in self._client.lrange(names.log(key), 0, -1)]

    def metrics(self, key: str) -> list[dict[str, float]]:
        """The metric points, oldest first; at most 2,000, evenly thinned beyond that."""
        return [json.loads(point) for point in self._client.lrange(names.metrics(key), 0, -1)]

    def metric_count(self, key: str) -> int:
        """How many metric points the attempt has reported, those that were thinned out since among them."""
        return int(self._client.hget(names.job(key), "points") or 0)

    def now(self) -> float:
        """The server's clock, by which all times of jobs are told."""
        seconds, micros = self._client.time()
        return seconds + micros / 1e6

    # ---- asked for by the workers ----

    def claim(self, key: str, worker: str) -> Job | None:
        """Takes the lease of a queued job for `worker`; None when there is nothing for it to do."""
        try:
            record = self.get(key)
            version = KINDS[record.kind].version
        except KeyError:  # deleted since, or of a kind that this worker does not know
            return None
        # "inputs missing" (deleted since it was queued) sends it back to waiting; the reconciler asks for them again.
        outcome, _ = self._scripts("claim", key, worker, self._lease, version)
        return self.get(key) if outcome == b"claimed" else None

    def report(
        self,
        key: str,
        attempt: int,
        fields: Mapping[str, str | float] | None = None,
        metrics: Iterable[Mapping[str, float]] = (),
        log: Iterable[str] = (),
    ) -> str:
        """Renews the lease and notes progress; returns "ok", or "cancelled" or "lost" when the attempt is over."""
        points = [json.dumps(point) for point in metrics]
        reply = self._scripts(
            "report", key, attempt, self._lease, json.dumps(fields or {}), json.dumps(points), json.dumps(list(log))
        )
        return reply.decode()

    def preview(self, key: str, array: np.ndarray, **beside: np.ndarray) -> None:
        """Shows what a running job has so far; see `workers.previews`."""
        previews.keep(self._client, key, array, **beside)

    def end_preview(self, key: str) -> None:
        """Shows nothing of it any more."""
        previews.drop(self._client, key)

    def reserve(self, size: int) -> bool:
        """Makes room for `size` bytes of results, evicting what is least recently used; False when there is none."""
        return bool(self._scripts("reserve", size))

    def trim(self) -> int:
        """Evicts what exceeds the budget, least recently used first; returns the bytes of it that may not go."""
        return int(self._scripts("trim"))

    def commit(self, key: str, attempt: int, size: int, meta: Mapping[str, Any]) -> str:
        """Turns what the attempt staged into the result; returns "ok", "cancelled", "lost" or "full"."""
        standing, *bells = self._scripts("commit", key, attempt, size, json.dumps(meta))
        self._ring_all(bells)
        return standing.decode()

    def fail(self, key: str, attempt: int, reason: str, log: Iterable[str] = ()) -> str:
        """Ends an attempt that went wrong, and the jobs that wait for it."""
        standing, *bells = self._scripts("fail", key, attempt, reason, json.dumps(list(log)))
        self._ring_all(bells)
        return standing.decode()

    def release(self, key: str, attempt: int) -> None:
        """Hands a job back into the queue, because its worker is told to stop."""
        _, *bells = self._scripts("release", key, attempt)
        self._ring_all(bells)

    # ---- asked for by supervisors and the reconciler ----

    def bury(self, worker: str) -> None:
        """Requeues the jobs of a worker that is known to have ended."""
        self._ring_all(self._scripts("bury", worker))

    def bury_all(self) -> None:
        """Requeues every running job; for the start of a store that nobody else can be using."""
        for record in self.get_many(self.open_keys()):
            if record.state == "running":
                self.bury(record.worker)

    def end_outdated(self) -> None:
        """Ends the open jobs that an older release asked for, as no worker of this one does them. Those of a newer
        release, and of kinds that are not Darkroom's own, are left to whoever knows them."""
        for record in self.get_many(self.open_keys()):
            if record.kind in BUILT_IN and record.version < KINDS[record.kind].version:
                self.cancel(record.key, f"It was {ANOTHER_VERSION}; start its study anew.")

    def reconcile(self, patience: float = 2.0) -> None:
        """Puts right what a lost message, a lost worker or a lost input left behind. Run once a second by one worker."""
        reply = [item.decode() for item in self._scripts("reconcile", self._lease, patience)]
        border = reply.index("|")
        self._ring_all(reply[:border])
        for needed in set(reply[border + 1 :]):
            try:
                self.retry(needed)
            except (UnknownJob, OutdatedJob) as error:
                for waiter in self._client.smembers(names.waiters(needed)):
                    self.cancel(waiter.decode(), f"One of its inputs cannot be made again: {error}.")
        self._scripts("forget", RECENT)

    def _ring_all(self, bells: list) -> None:
        pairs = [bell.decode() if isinstance(bell, bytes) else bell for bell in bells]
        for key, queue in zip(pairs[::2], pairs[1::2], strict=True):
            self._ring(key, queue)


def _check_version(record: Job) -> None:
    if record.kind not in KINDS or record.version != KINDS[record.kind].version:
        raise OutdatedJob(
            f"the {record.title.lower()} job {record.key[:12]} was {ANOTHER_VERSION}, whose results may differ; start "
            "its study anew"
        )


def _read(key: str, record: dict[bytes, bytes]) -> Job:
    fields = {name.decode(): value.decode(errors="replace") for name, value in record.items()}
    if "state" not in fields:
        raise UnknownJob(f"there is no job {key[:12]}; it was never submitted here, or its record has been removed")
    number = {name: float(fields[name]) for name in ("fraction", "started", "finished") if name in fields}
    return Job(
        key=key,
        kind=fields["kind"],
        state=fields["state"],
        params=json.loads(fields["params"]),
        inputs=json.loads(fields["inputs"]),
        place=fields.get("place", ""),
        attempt=int(fields["attempt"]),
        version=int(fields["version"]),
        stage=fields.get("stage", ""),
        message=fields.get("message", ""),
        error=fields.get("error", ""),
        worker=fields.get("worker", ""),
        submitted=float(fields["submitted"]),
        deaths=int(fields.get("deaths", 0)),
        thinned=int(fields.get("thinned", 0)),
        previews=int(fields.get("previews", 0)),
        commits=int(fields.get("commits", 0)),
        fraction=number.get("fraction"),
        started=number.get("started"),
        finished=number.get("finished"),
    )
