"""The VAE of a study and the codes that it has for the images: what is asked for, and what stands in the way."""

from collections.abc import Mapping
from typing import Any

from dashboard.asking import record_of, spec_of
from workers.engine import Engine
from workers.jobs import Job
from workers.kinds import JobSpec, job
from workers.studies import Study
from workers.vae_params import VaeParams

VAE, CODES = "vae", "codes"  # roles of a study

PASSES = 600_000  # images that are seen in all, about, where nobody says how many epochs
FEWEST, MOST = 8, 30  # epochs


def usual_epochs(n_train: int) -> int:
    """How often each training image is seen, where nobody says: more often where they are few."""
    return max(FEWEST, min(MOST, round(PASSES / n_train)))


def specs_of(engine: Engine, keys: Mapping[str, str], asked: VaeParams) -> dict[str, JobSpec]:
    """The jobs of a VAE and of its codes, by role.

    Raises
    ------
    UnknownJob, OutdatedJob
        Images or teacher cannot be made again as they were.
    """
    vae = spec_of(engine, "vae", keys, asked)
    return {VAE: vae, CODES: job("codes", None, place="", **vae.inputs, vae=vae)}


def ask_for(engine: Engine, study: Mapping[str, Any], asked: VaeParams) -> Study:
    """Has a VAE trained and the images encoded, in place of those that the study had.

    Raises
    ------
    UnknownJob, OutdatedJob
        Images or teacher cannot be made again as they were.
    """
    added = None
    for role, spec in specs_of(engine, study["keys"], asked).items():
        added = engine.studies.add(study["id"], role, spec)
    assert added is not None
    return added


def params_of(engine: Engine, keys: Mapping[str, str]) -> VaeParams | None:
    """What the VAE of a study was asked for with; None where there is none, or nobody knows any more."""
    made = record_of(engine, keys.get(VAE))
    return None if made is None else VaeParams.model_validate(made.params)


def open_job(engine: Engine, keys: Mapping[str, str]) -> Job | None:
    """Of the VAE and its codes the first that is not done; None where both are, or neither has been asked for."""
    for role in (VAE, CODES):
        made = record_of(engine, keys.get(role))
        if made is not None and not engine.results.which([keys[role]]):
            return made
    return None
