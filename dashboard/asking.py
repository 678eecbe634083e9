"""Results of a study that somebody may ask for: their key, their job, and the study with them."""

from collections.abc import Mapping, Sequence
from typing import Any

from workers.engine import Engine
from workers.jobs import Job, OutdatedJob, UnknownJob
from workers.kinds import KINDS, JobSpec, content_key, job
from workers.params import Params
from workers.studies import Study

CANNOT_ASK = (UnknownJob, OutdatedJob)  # what it is made of cannot be made again as it was


def key_of(kind: str, keys: Mapping[str, str], asked: Params) -> str:
    """The key of a result; the jobs of a study need not be known for that.

    Parameters
    ----------
    keys : by role, of what the kind takes, and perhaps of more.
    asked : its parameters.
    """
    return content_key(kind, asked.model_dump(mode="json"), {role: keys[role] for role in KINDS[kind].roles(keys)})


def record_of(engine: Engine, key: str | None) -> Job | None:
    """The record of a job; None where it has not been asked for, or nobody knows any more."""
    if key is None:
        return None
    try:
        return engine.jobs.get(key)
    except UnknownJob:
        return None


def jobs_of(engine: Engine, keys: Mapping[str, str], role: str) -> list[Job]:
    """Results of a role that were asked for in a study, the last first; not those of which there is no record."""
    found = [record_of(engine, key) for name, key in keys.items() if name.startswith(f"{role}-")]
    return [job for job in found if job is not None][::-1]


def chosen_of(known: Sequence[Job], chosen: str | None) -> Job | None:
    """Of jobs, the newest first, the one that was chosen, else the newest; None where there is none."""
    return next((job for job in known if job.key == chosen), known[0] if known else None)


def spec_of(engine: Engine, kind: str, keys: Mapping[str, str], asked: Params | None = None) -> JobSpec:
    """The job that makes a result; see `key_of`.

    Raises
    ------
    UnknownJob, OutdatedJob
        What it is made of cannot be made again as it was.
    """
    inputs = {role: engine.jobs.spec(keys[role]) for role in KINDS[kind].roles(keys)}
    return job(kind, None if asked is None else asked.model_dump(), place="", **inputs)


def ask_for(
    engine: Engine, study: Mapping[str, Any], kind: str, asked: Params, role: str = "", **others: str
) -> tuple[Study, str]:
    """Adds a result to a study and has it made; returns the study, and the key.

    Parameters
    ----------
    role : begins what it is to the study, the beginning of its key ends it; the kind where none is given.
    others : keys by role of what the kind takes beside what the study has.

    Raises
    ------
    UnknownJob, OutdatedJob
        What it is made of cannot be made again as it was.
    """
    spec = spec_of(engine, kind, {**study["keys"], **others}, asked)
    return engine.studies.add(study["id"], f"{role or kind}-{spec.key[:8]}", spec), spec.key
