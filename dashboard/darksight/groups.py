"""Groups of classes, each of which gets a map of its own; and how far those maps are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.asking import record_of
from dashboard.darksight.fits import key_of
from dashboard.seriation import similar_together
from workers.darksight_params import DarkSightParams
from workers.engine import Engine
from workers.jobs import Job

LEAST, MOST = 3, 10  # classes of a group, as many as there are; few enough to read their names
ORDERS = {"confused": "Confused together", "number": "By number"}


@dataclass(frozen=True)
class Group:
    """Classes of one map.

    Attributes
    ----------
    classes : their numbers, ascending.
    asked : the map of them, as a job is asked for it.
    key : of its result.
    there : its result is there.
    job : its job's record; None while nobody has asked for it.
    """

    classes: tuple[int, ...]
    asked: DarkSightParams
    key: str
    there: bool
    job: Job | None


def split_up(order: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Classes in groups of `size`, or of one less so that no group is much smaller than the others; in each by number.

    Parameters
    ----------
    order : (K,) the classes; those that follow each other come into one group.
    """
    n_groups = -(-len(order) // size)
    return [tuple(sorted(int(each) for each in group)) for group in np.array_split(np.asarray(order, int), n_groups)]


def order_of(engine: Engine, keys: Mapping[str, str], how: str) -> np.ndarray:
    """The classes (K,): by number, or so that those which are taken for each other follow each other. Where the true classes
    are not known, what is second likeliest stands for what is confused."""
    n_classes = engine.results.meta(keys["images"])["n_classes"]
    if how == "number":
        return np.arange(n_classes)
    if "confusion_test" in engine.results.meta(keys["predictions"])["arrays"]:
        return similar_together(engine.results.array(keys["predictions"], "confusion_test"))
    return similar_together(runners_up(engine.results.array(keys["predictions"], "probabilities")))


def runners_up(probabilities: np.ndarray) -> np.ndarray:
    """How many images have which class as the likeliest and which as the next, (K, K), of their probabilities (N, K)."""
    n_classes = probabilities.shape[1]
    first = probabilities.argmax(axis=1)
    rest = probabilities.copy()
    rest[np.arange(len(rest)), first] = -1
    pairs = first * n_classes + rest.argmax(axis=1)
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)


def groups_of(engine: Engine, keys: Mapping[str, str], like: DarkSightParams, size: int, how: str) -> list[Group]:
    """The groups of a study's classes, and what there is of their maps, which are made like another map; none where one
    group would hold all classes."""
    n_classes = engine.results.meta(keys["images"])["n_classes"]
    if size >= n_classes:
        return []
    members = split_up(order_of(engine, keys, how).tolist(), size)
    asked = [DarkSightParams.model_validate(like.model_dump() | {"classes": each}) for each in members]
    wanted = [key_of(keys, each) for each in asked]
    there = engine.results.which(wanted)
    return [
        Group(classes, each, key, key in there, record_of(engine, key))
        for classes, each, key in zip(members, asked, wanted, strict=True)
    ]


def progress_of(groups: Sequence[Group]) -> tuple[float, str]:
    """How far the maps are, from 0 to 1, and what of them ended without a result or is still to be asked for."""
    done = [1.0 if group.there else share_of(group.job) for group in groups]
    ended = [group for group in groups if not group.there and group.job is not None and not group.job.is_open]
    words = f"{sum(group.there for group in groups)} of {len(groups)} maps made"
    if ended:
        why = next((group.job.error for group in ended if group.job and group.job.error), "stopped on request")
        words += f"; {len(ended)} not: {why}"
    return sum(done) / max(len(done), 1), words


def share_of(job: Job | None) -> float:
    """How far a map is that is being made."""
    return (job.fraction or 0.0) if job is not None and job.is_open else 0.0


def is_open(group: Group) -> bool:
    """Whether the map is waiting or being made."""
    return not group.there and group.job is not None and group.job.is_open


def told_of(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """What the browser is told of the groups: what changes with the picture of them."""
    return [{"key": group.key, "classes": list(group.classes), "there": group.there} for group in groups]
