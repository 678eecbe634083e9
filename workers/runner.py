"""Runs one job in a worker: claim it, keep its lease alive, pass its progress on, store what it made.

Job kinds are implemented by functions registered with `runs`; live calls by functions registered with `answers`.
"""

import contextlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import redis
from humanize import naturalsize

from models.progress import Cancelled
from workers.jobs import Job, Jobs
from workers.kinds import KINDS, Params
from workers.results import Content, OverBudget, Results

logger = logging.getLogger("darkroom.job")

REPORTS_PER_SECOND = 5
BUFFERED_POINTS = 200
SECONDS_BETWEEN_PREVIEWS = 1.0


@dataclass(frozen=True)
class Made:
    """What a job has made: named arrays (or bytes), and what is worth knowing of them without loading them."""

    arrays: Mapping[str, Content]
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """The result a job takes in one of its roles; arrays are loaded when asked for."""

    key: str
    meta: Mapping[str, Any]
    results: Results

    def array(self, name: str):
        return self.results.array(self.key, name)

    def blob(self, name: str) -> bytes:
        return self.results.blob(self.key, name)


IMPLEMENTATIONS: dict[str, "Implementation"] = {}
ANSWERS: dict[str, Callable[..., Any]] = {}


def runs(kind: str) -> Callable[["Implementation"], "Implementation"]:
    """Registers the function that does jobs of `kind`: (params, inputs, attempt) -> Made."""

    def decorate(function: "Implementation") -> "Implementation":
        IMPLEMENTATIONS[kind] = function
        return function

    return decorate


def answers(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the function that answers call `name`: (results, **params) -> JSON value."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        ANSWERS[name] = function
        return function

    return decorate


class Attempt:
    """One worker's attempt at a job: renews the lease in a thread, and is the callback that science code is given.

    What the callback is told is sent at most five times a second; metric points wait for the next report, also while
    the server is away, so none is lost. Once the job is cancelled, taken over by another worker, or this worker is to
    stop, the callback raises `Cancelled`.
    """

    def __init__(
        self,
        jobs: Jobs,
        job: Job,
        lease_seconds: float,
        stopping: threading.Event,
        step_aside: Callable[[threading.Event], None] | None = None,
    ):
        self._jobs = jobs
        self._step_aside = step_aside
        self.job = job
        self._stopping = stopping
        self._interval = min(1.0, lease_seconds / 4)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._sending = threading.Lock()  # one report at a time, or points could overtake each other
        self._fields: dict[str, str | float] = {}
        self._points: list[dict[str, float]] = []
        self._lines: list[str] = []
        self._sent = 0.0
        self._previews, self._previewed = 0, -SECONDS_BETWEEN_PREVIEWS
        self._thread = threading.Thread(target=self._keep_alive, name="lease", daemon=True)

    def __enter__(self) -> "Attempt":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._previews:
            with contextlib.suppress(redis.RedisError):  # it goes by itself
                self._jobs.end_preview(self.job.key)

    def __call__(self, fraction: float | None = None, message: str = "", **metrics: float) -> None:
        with self._lock:
            if fraction is not None:
                self._fields["fraction"] = min(1.0, max(0.0, float(fraction)))
            if message:
                self._fields["message"] = message
            if metrics:
                self._points.append({name: float(value) for name, value in metrics.items()})
            full = len(self._points) >= BUFFERED_POINTS
        if full or time.monotonic() - self._sent >= 1 / REPORTS_PER_SECOND:
            self.send()
        if self._step_aside is not None:
            self._step_aside(self._over)
        if self._over.is_set() or self._stopping.is_set():
            raise Cancelled

    def stage(self, name: str) -> None:
        """Names what the job is doing now; shown at once."""
        with self._lock:
            self._fields["stage"] = name
        self.send()

    def preview(self, array: np.ndarray, **beside: np.ndarray) -> None:
        """Shows what there is so far, float32, and more by name; at most once a second, and not while the server is away."""
        now = time.monotonic()
        if now - self._previewed < SECONDS_BETWEEN_PREVIEWS:
            return
        self._previewed = now
        try:
            self._jobs.preview(self.job.key, array, **beside)
        except redis.RedisError as error:
            logger.warning("job=%s preview not kept: %s", self.job.key[:12], error)
            return
        self._previews += 1
        with self._lock:
            self._fields["previews"] = self._previews

    def log(self, line: str) -> None:
        """Adds a line to the job's log."""
        with self._lock:
            self._lines.append(line)

    def send(self) -> None:
        """Sends what has gathered, and hears whether the attempt still counts."""
        with self._sending:
            with self._lock:
                fields, points, lines = self._fields, self._points, self._lines
                self._fields, self._points, self._lines = {}, [], []
                if fields or points or lines:  # a mere sign of life must not hold up what is told right after it
                    self._sent = time.monotonic()
            try:
                standing = self._jobs.report(self.job.key, self.job.attempt, fields, points, lines)
            except redis.RedisError as error:  # the server is away for long; the lease may be lost, the work is not
                logger.warning("job=%s not reported: %s", self.job.key[:12], error)
                with self._lock:
                    self._fields = fields | self._fields
                    self._points[:0], self._lines[:0] = points, lines
                return
            if standing != "ok":
                self._over.set()

    def _keep_alive(self) -> None:
        while not self._over.wait(self._interval):
            self.send()


Implementation = Callable[[Any, Mapping[str, Input], Attempt], Made]


class Runner:
    """Does the jobs whose doorbells this worker hears."""

    def __init__(
        self,
        jobs: Jobs,
        results: Results,
        worker: str,
        lease_seconds: float,
        about: Mapping[str, Any],
        courtesy: Callable[[threading.Event], None] | None = None,
    ):
        self._jobs = jobs
        self._courtesy = courtesy
        self._results = results
        self._worker = worker
        self._lease = lease_seconds
        self._about = dict(about)
        self.stopping = threading.Event()

    def run(self, key: str) -> None:
        """Claims the job and does it; returns when there is nothing (more) to do for this attempt."""
        if self.stopping.is_set():
            return
        job = self._jobs.claim(key, self._worker)
        if job is None:
            return
        logger.info("job=%s kind=%s attempt=%d started", key[:12], job.kind, job.attempt)
        # What somebody looks at steps aside for nothing; a kind that is not known here fails as it begins.
        is_long = job.kind in KINDS and KINDS[job.kind].queue_for(job.params) == "batch"
        with Attempt(self._jobs, job, self._lease, self.stopping, self._courtesy if is_long else None) as attempt:
            self._attempt(job, attempt)

    def _attempt(self, job: Job, attempt: Attempt) -> None:
        began = time.monotonic()
        try:
            made = self._compute(job, attempt)
            attempt.send()  # the last metric points
            outcome = self._store(job, made, time.monotonic() - began)
        except Cancelled:
            if self.stopping.is_set():
                self._jobs.release(job.key, job.attempt)
            logger.info("job=%s attempt=%d stopped", job.key[:12], job.attempt)
        except Exception as error:
            lines = traceback.format_exc().rstrip().splitlines()
            logger.exception("job=%s attempt=%d failed", job.key[:12], job.attempt)
            self._jobs.fail(job.key, job.attempt, _reason(error), lines)
        else:
            logger.info("job=%s attempt=%d %s in %.2f s", job.key[:12], job.attempt, outcome, time.monotonic() - began)

    def _compute(self, job: Job, attempt: Attempt) -> Made:
        kind = KINDS[job.kind]
        if job.kind not in IMPLEMENTATIONS:
            raise NotImplementedError(
                f'this worker knows the kind "{job.kind}" but has no code for it; start it with the module that has'
            )
        inputs = {role: Input(key, self._results.meta(key), self._results) for role, key in job.inputs.items()}
        params: Params = kind.params.model_validate(job.params)
        expected = kind.size(params, {role: given.meta for role, given in inputs.items()})
        self._make_room(expected, "needs about")
        return IMPLEMENTATIONS[job.kind](params, inputs, attempt)

    def _store(self, job: Job, made: Made, seconds: float) -> str:
        size, arrays = self._results.stage(job.key, job.attempt, made.arrays)
        self._make_room(size, "takes")
        meta = dict(made.meta) | {
            "kind": job.kind,
            "version": job.version,
            "params": job.params,
            "inputs": job.inputs,
            "arrays": arrays,
            "seconds": round(seconds, 3),
            "made_by": self._about,
        }
        outcome = self._jobs.commit(job.key, job.attempt, size, meta)
        if outcome == "full":  # another job's result came between
            self._refuse(size, "takes")
        return outcome

    def _make_room(self, size: int, verb: str) -> None:
        if not self._jobs.reserve(size):
            self._refuse(size, verb)

    def _refuse(self, size: int, verb: str) -> NoReturn:
        used, budget = self._results.used(), self._results.budget() or 0
        raise OverBudget(
            f"The result {verb} {naturalsize(size, binary=True)}; of the {naturalsize(budget, binary=True)} that "
            f"results may take, {naturalsize(used, binary=True)} are used and too few of them may go. Delete or unpin "
            "a study, choose smaller settings, or start with a larger --memory."
        )


def _reason(error: Exception) -> str:
    text = str(error).strip()
    return text if text else f"It ended with {type(error).__name__}; the log tells more."
