"""Selections as sets of images: joined, cut and taken from each other."""

from typing import Any

import numpy as np

from dashboard.links import make_selection, mask_of
from workers.engine import Engine

ORIGIN = "header"
LONGEST_LABEL = 80  # characters
WAYS = {  # name -> what it makes of two masks, and what stands between the labels
    "union": (np.logical_or, "or"),
    "intersection": (np.logical_and, "and"),
    "difference": (lambda one, other: one & ~other, "without"),
}


def select(engine: Engine, images: str, mask: np.ndarray, label: str, *, by_outcome: bool = False) -> dict[str, Any]:
    """A selection (N,) made in the header. It is one of a split when all its images are, so that the view shows them."""
    count, n_train = len(mask), engine.results.meta(images)["n_train"]
    in_train, in_test = mask[:n_train].any(), mask[n_train:count].any()
    more = {} if in_train == in_test else {"split": "train" if in_train else "test"}
    label = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    return make_selection(engine, images, mask, label, ORIGIN, by_outcome=by_outcome, **more)


def combined(engine: Engine, way: str, one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    """What a way of `WAYS` makes of two selections of an image set; None when that is no image at all. It is chosen by
    outcome when one of the two is: the images that are left of others are so by what the teacher said of these."""
    combine, word = WAYS[way]
    mask = combine(mask_of(engine, one), mask_of(engine, other))
    if not mask.any():
        return None
    by_outcome = any(each.get("by_outcome", False) for each in (one, other))
    return select(engine, one["images"], mask, f"{one['label']} {word} {other['label']}", by_outcome=by_outcome)
