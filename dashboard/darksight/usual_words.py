"""What there is to say of one image on a DarkSight map: its place among all, and how sure each measure is of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.darksight.worths import confidence_key, worth_key
from dashboard.measures import in_split
from workers.engine import Engine

FEW, SOME, MANY = 0.01, 0.05, 0.2  # shares of the images that are called least usual, or less usual than most


@dataclass(frozen=True)
class Rank:
    """Where an image stands among those of its split by one measure, which is the higher the more certain or usual.

    Attributes
    ----------
    title, unit : of the measure.
    value : the image's.
    lower_than, higher_than : shares of the other images whose value is higher, and lower.
    """

    title: str
    unit: str
    value: float
    lower_than: float
    higher_than: float


@dataclass(frozen=True)
class Told:
    """One image on a map.

    Attributes
    ----------
    image : its number.
    split : "train" or "test".
    true : its class; None where that is not known.
    predicted, confidence : the teacher's likeliest of all classes, and its probability.
    classes : (K',) numbers of the map's classes.
    teacher : (K',) its probabilities, normalised over the map's classes.
    student : (K',) the same of the student; NaN but for the likeliest, which alone are stored.
    ranks : by the density at its place first; none where it is hidden on the map.
    among : images of its split that the map shows.
    """

    image: int
    split: str
    true: int | None
    predicted: int
    confidence: float
    classes: np.ndarray
    teacher: np.ndarray
    student: np.ndarray
    ranks: Sequence[Rank]
    among: int

    @property
    def hidden(self) -> bool:
        return not self.ranks


def told_of(
    engine: Engine, keys: Mapping[str, str], fit: Mapping[str, str], image: int, labels: np.ndarray | None
) -> Told:
    """What is known of an image on a finished map."""
    key, meta = fit["key"], engine.results.meta(keys["images"])
    probabilities = engine.results.array(keys["predictions"], "probabilities")[image].astype(float)
    classes = engine.results.array(key, "classes")
    density = engine.results.array(key, "log_density")
    split = "train" if image < meta["n_train"] else "test"
    inside = in_split(meta["count"], meta["n_train"], split) & np.isfinite(density)
    student = np.full(len(classes), np.nan)
    ranks = []
    if np.isfinite(density[image]):
        likeliest, shares = (engine.results.array(key, f"student_{name}")[image] for name in ("classes", "shares"))
        student[np.searchsorted(classes, likeliest)] = shares
        ranks = [rank_of("log P(y)", "nats", density, image, inside), *measured(engine, keys, fit, image, inside)]
    return Told(
        image,
        split,
        None if labels is None else int(labels[image]),
        int(probabilities.argmax()),
        float(probabilities.max()),
        classes,
        probabilities[classes] / max(float(probabilities[classes].sum()), 1e-12),
        student,
        ranks,
        int(inside.sum()),
    )


def measured(
    engine: Engine, keys: Mapping[str, str], fit: Mapping[str, str], image: int, inside: np.ndarray
) -> list[Rank]:
    """The ranks of an image by all measures of confidence that have been made of the predictions and of the map."""
    wanted = [confidence_key(keys, fit["split"]), worth_key(keys, fit["key"], fit["split"])]
    there = engine.results.which(wanted)
    found = []
    for key in wanted:
        for measure in engine.results.meta(key)["measures"] if key in there else ():
            scores = engine.results.array(key, f"score-{measure['name']}")
            if np.isfinite(scores[image]):
                found.append(rank_of(measure["title"], measure["unit"], scores, image, inside & np.isfinite(scores)))
    return found


def rank_of(title: str, unit: str, values: np.ndarray, image: int, inside: np.ndarray) -> Rank:
    """The rank of an image among those `inside` (N,) by values (N,)."""
    others = inside.copy()
    others[image] = False
    compared = values[others]
    higher, lower = ((compared > values[image]).mean(), (compared < values[image]).mean()) if len(compared) else (0, 0)
    return Rank(title, unit, float(values[image]), float(higher), float(lower))


def least_usual(density: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The images of a map that are `inside` (N,) and not hidden, the one with the lowest density first."""
    shown = np.flatnonzero(inside & np.isfinite(density))
    return shown[np.argsort(density[shown], kind="stable")]


def step_from(order: np.ndarray, focus: int | None, step: int) -> int | None:
    """The image that stands `step` places after the focused one in an order, or the nearest to it at its ends; the first
    where the focused one is not in it. None in an empty order."""
    if not len(order):
        return None
    at = np.flatnonzero(order == focus).tolist() if focus is not None else []
    return int(order[min(max(at[0] + step, 0), len(order) - 1)]) if at else int(order[0])


def usual_sentence(told: Told, names: Sequence[str]) -> str:
    """How usual the image's place is, and whether the student says what the teacher says."""
    if told.hidden:
        return "It is hidden on this map, as it has less than 0.05 in the map's classes."
    share = told.ranks[0].lower_than
    images = f"{told.among:,} {told.split} images"
    if share >= 1 - FEW:
        place = f"Its place is among the least usual {FEW:.0%} of {images}"
    elif share >= 1 - SOME:
        place = f"Its place is among the least usual {SOME:.0%} of {images}"
    elif share >= 1 - MANY:
        place = f"Its place is less usual than most of {images}"
    else:
        place = f"Its place is usual among {images}"
    student = int(told.classes[np.nanargmax(told.student)])
    if student == int(told.classes[told.teacher.argmax()]):
        return f"{place}; the student says the same."
    return f"{place}; the student takes it for {names[student]}, so the map does not tell all of it."


def rank_words(rank: Rank) -> str:
    """A rank in short: "↓ 99.2 %" is lower than these, "↑ 99.2 %" higher. Never rounded up to all."""
    share, mark, most = (
        (rank.lower_than, "↓", "lowest") if rank.lower_than >= rank.higher_than else (rank.higher_than, "↑", "highest")
    )
    return most if share == 1 else f"{mark} {math.floor(1000 * share) / 10:.1f} %"
