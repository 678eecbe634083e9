"""t-SNE at several perplexities, of which the best counts, as the paper compares (Xu et al. 2018, Section 4: 2 to 80)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.darksight.worths import ask_worth, worth_key
from dashboard.jobs.words import doing, duration
from dashboard.maps import ask_for, key_of, too_few
from workers.engine import Engine
from workers.jobs import Job, UnknownJob
from workers.params import EmbeddingParams
from workers.studies import Study

PERPLEXITIES = (2, 5, 10, 20, 30, 50, 80)
SECONDS_PER_IMAGE = 0.003  # on one core 10,000 predictions took 21 to 25 s, 2,000 8 to 11 s


@dataclass(frozen=True)
class Sweep:
    """The maps of a study that differ in perplexity alone.

    Attributes
    ----------
    keys : of each map and of what it is worth, by perplexity.
    made : perplexities of which both are there.
    jobs : of those that have been asked for and are not there, by perplexity: the map's, or once that is made what it is
        worth.
    """

    keys: Mapping[int, tuple[str, str]]
    made: tuple[int, ...]
    jobs: Mapping[int, Job]

    @property
    def is_open(self) -> bool:
        return any(job.is_open for job in self.jobs.values())

    @property
    def failed(self) -> tuple[int, Job] | None:
        """The first that ended without a result."""
        return next(((each, job) for each, job in self.jobs.items() if not job.is_open), None)


def asked_of(of: str, perplexity: int) -> EmbeddingParams:
    return EmbeddingParams.model_validate({"method": "tsne", "of": of, "perplexity": perplexity})


def possible(of: str, count: int) -> list[int]:
    """The perplexities that so many images allow."""
    return [each for each in PERPLEXITIES if not too_few(asked_of(of, each), count)]


def sweep_of(engine: Engine, keys: Mapping[str, str], of: str, split: str) -> Sweep:
    """How far the maps of a study are."""
    count = engine.results.meta(keys["images"])["count"]
    wanted = {}
    for each in possible(of, count):
        mapped = key_of(keys, asked_of(of, each))
        wanted[each] = mapped, worth_key(keys, mapped, split)
    there = engine.results.which([key for pair in wanted.values() for key in pair])
    known, jobs = set(keys.values()), {}
    for each, pair in wanted.items():
        missing = next((key for key in pair if key not in there), None)
        # A map that somebody has asked for by itself is not of the sweep before its worth is asked for.
        if missing is None or pair[1] not in known:
            continue
        try:
            jobs[each] = engine.jobs.get(missing)
        except UnknownJob:
            continue
    made = tuple(each for each, pair in wanted.items() if set(pair) <= there)
    return Sweep(wanted, made, jobs)


def ask_sweep(engine: Engine, study: Mapping[str, Any], of: str, split: str) -> Study:
    """Has all of them made that are not there; returns the study with them.

    Raises
    ------
    UnknownJob, OutdatedJob
        The predictions cannot be made again as they were.
    """
    sweep = sweep_of(engine, study["keys"], of, split)
    grown = engine.studies.get(study["id"])
    for each in sweep.keys:
        if each not in sweep.made:
            mapped = sweep.keys[each][0]
            ask_for(engine, study, asked_of(of, each))
            grown = ask_worth(engine, study, mapped, split)
    return grown


def cancel_sweep(engine: Engine, sweep: Sweep) -> None:
    """Stops what is not made yet."""
    for each, job in sweep.jobs.items():
        if job.is_open:
            for key in sweep.keys[each]:
                engine.jobs.cancel(key)


def seconds_each(engine: Engine, keys: Mapping[str, str], count: int) -> float:
    """What a map takes, about: as the last t-SNE in the plane of this study did, or by a rule of thumb."""
    for role, key in reversed(list(keys.items())):
        if not role.startswith("embedding"):
            continue
        try:
            job = engine.jobs.get(key)
        except UnknownJob:
            continue
        took = job.seconds(job.finished or 0)
        if job.state == "done" and job.params["method"] == "tsne" and job.params["n_components"] == 2 and took:
            return took
    return SECONDS_PER_IMAGE * count


def sweep_words(sweep: Sweep, seconds: float) -> str:
    """What is being made and how far, what went wrong, or what it would take; nothing when all is there."""
    count, made = len(sweep.keys), len(sweep.made)
    if made == count:
        return ""
    if sweep.is_open:
        running = next(((each, job) for each, job in sweep.jobs.items() if job.state == "running"), None)
        now = f": perplexity {running[0]}, {doing(running[1])}" if running else ": the others wait"
        return f"{made} of {count} made{now}"
    if sweep.failed:
        perplexity, job = sweep.failed
        return f"{made} of {count} made; perplexity {perplexity}: {doing(job) or 'its result has made room for others'}"
    left = count - made
    return f"{left} map{'s' if left > 1 else ''}, about {duration(left * seconds)}"
