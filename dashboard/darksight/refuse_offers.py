"""What could stand beside the measures that are known: those of maps of a study that have not been judged yet, and of t-SNE of
probabilities, logits and features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.asking import record_of
from dashboard.darksight import fits
from dashboard.darksight.worths import ask_worth, worth_key
from dashboard.jobs.words import duration, told
from dashboard.maps import LONG_FROM, ask_for, mappable, title_of, too_few
from workers.engine import Engine
from workers.jobs import Job
from workers.params import EmbeddingParams
from workers.studies import Study

BESIDE = ("probabilities", "logits", "features")  # of which the paper's alternatives are made
SECONDS, SECONDS_A_THOUSAND = 20, 2  # of t-SNE on two cores: whatever, and for each thousand images


@dataclass(frozen=True)
class Offer:
    """Measures that are not known yet.

    Attributes
    ----------
    name : of the map: its key, or where it is not there what t-SNE is to be made of.
    on : what the map is called.
    words : how long it takes, how far it is, or why it ended or cannot be.
    can : whether it can be asked for: it is not being made, and could be.
    """

    name: str
    on: str
    words: str
    can: bool = True


def offers_of(engine: Engine, study: Mapping[str, Any], source: Mapping[str, Any]) -> list[Offer]:
    """What could be made, for the page's `source` of measures."""
    keys = study["keys"]
    found, covered = [], set()
    for role, key in keys.items():
        made = record_of(engine, key) if role.startswith(("embedding", fits.ROLE)) else None
        if made is None:  # no map, or nobody knows any more how it was made
            continue
        on = "DarkSight"
        if made.kind == "embedding":
            asked = EmbeddingParams.model_validate(made.params)
            if asked.n_components != 2:
                continue
            on = title_of(asked)
            covered |= {asked.of} if asked.method == "tsne" else set()
        if key not in source["worths"]:
            found.append(offer_of(engine, keys, source["split"], made, on))
    count = engine.results.meta(keys["images"])["count"]
    for of in BESIDE:
        if of in mappable(engine, keys) and of not in covered:
            asked = EmbeddingParams(method="tsne", of=of)
            wrong = too_few(asked, count)
            words = f"perplexity {wrong['perplexity']}" if wrong else time_words(count)
            found.append(Offer(of, title_of(asked), words, can=not wrong))
    return found


def offer_of(engine: Engine, keys: Mapping[str, str], split: str, made: Job, on: str) -> Offer:
    """The measures of a map that has been asked for, as far as they are."""
    for job in (record_of(engine, worth_key(keys, made.key, split)), made):
        if job is not None and job.state != "done":
            return Offer(made.key, on, told(job, engine.jobs.now()), can=not job.is_open)
    return Offer(made.key, on, "takes seconds")


def time_words(count: int) -> str:
    """How long t-SNE of so many images takes."""
    if count > LONG_FROM:
        return "may take hours, and gigabytes of memory"
    return f"takes about {duration(SECONDS + SECONDS_A_THOUSAND * count / 1000)}"


def make(engine: Engine, study: Mapping[str, Any], split: str, name: str) -> Study:
    """Has what was offered by `name` made: the map, where it is not there, and what it is worth. Returns the study with them.

    Raises
    ------
    UnknownJob, OutdatedJob
        The predictions, or the map, cannot be made again as they were.
    """
    if name in BESIDE:
        study = {"id": study["id"], "keys": ask_for(engine, study, EmbeddingParams(method="tsne", of=name)).keys}
        name = list(study["keys"].values())[-1]
    return ask_worth(engine, study, name, split)
