"""The tree of classes of a study: asked for, read as the panel's slider has it, and what there is to count along it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboard.abilities import labels_of
from dashboard.asking import CANNOT_ASK, spec_of
from dashboard.jobs.words import told
from dashboard.teacher.class_figures import Share
from dashboard.teacher.class_tree import Node, Tree, class_tree, decision_path, zoomed
from workers.engine import Engine
from workers.kinds import JobSpec

ROLE = "hierarchy"
MOST_LEVELS = 9  # of the slider: there every fork is drawn


def asked_for(engine: Engine, keys: Mapping[str, str]) -> JobSpec:
    """The job that makes the tree of a study.

    Raises
    ------
    UnknownJob, OutdatedJob
        What it is made of cannot be made again as it was.
    """
    return spec_of(engine, "hierarchy", keys)


def missing_words(engine: Engine, keys: Mapping[str, str]) -> str:
    """Why the tree is not there (yet), as a sentence or how far its job is."""
    try:
        if ROLE in keys:
            return f"Tree of classes: {told(engine.jobs.get(keys[ROLE]), engine.jobs.now())}"
        asked_for(engine, keys)
    except CANNOT_ASK as error:
        return f"There is no tree of classes: {error}."
    return "The tree of classes is asked for."


def names_of(engine: Engine, keys: Mapping[str, str]) -> list[str]:
    """The names of the classes."""
    return engine.results.meta(keys["images"])["class_names"]


def tree_of(engine: Engine, key: str, levels: int = MOST_LEVELS) -> Tree:
    """The tree of a result, as the slider has it."""
    linkage, classes = (engine.results.array(key, name) for name in ("linkage", "classes"))
    return class_tree(linkage, classes, None if levels >= MOST_LEVELS else levels)


def level_of(engine: Engine, key: str, tree: Tree, zoom: Mapping[str, Any] | None) -> Node:
    """What is zoomed to: the root where nothing is, or something of another tree."""
    if zoom is None or zoom["key"] != key:
        return next(iter(tree.values()))
    return zoomed(tree, tree_of(engine, key)[zoom["node"]].classes)


def classes_of(engine: Engine, keys: Mapping[str, str]) -> np.ndarray:
    """The class of each image (N,): the true one, or where that is not known the predicted one."""
    labels = labels_of(engine, keys)
    return engine.results.array(keys["predictions"], "predicted") if labels is None else labels


def share_of(engine: Engine, keys: Mapping[str, str], split: str) -> Share:
    """Of each class, how many images of a split there are, and how many of them are right (or how sure they are)."""
    meta = engine.results.meta(keys["images"])
    part = slice(0, meta["n_train"]) if split == "train" else slice(meta["n_train"], None)
    classes, labels = classes_of(engine, keys)[part], labels_of(engine, keys)
    if labels is None:
        weights, words = engine.results.array(keys["predictions"], "confidence")[part], "mean confidence"
    else:
        weights, words = engine.results.array(keys["predictions"], "predicted")[part] == classes, "accuracy"
    counts, sums = (np.bincount(classes, how, minlength=meta["n_classes"]) for how in (None, weights))
    return Share(counts, sums, words)


def way_of(
    engine: Engine, keys: Mapping[str, str], tree: Tree, focus: int | None
) -> tuple[list[tuple[Node, float]], int | None, int]:
    """The way of the focused image, its true class (None where it is not known) and its predicted one."""
    if focus is None or not 0 <= focus < engine.results.meta(keys["images"])["count"]:
        return [], None, -1
    probabilities = engine.results.array(keys["predictions"], "probabilities")[focus]
    labels = labels_of(engine, keys)
    return (
        decision_path(tree, probabilities),
        None if labels is None else int(labels[focus]),
        int(probabilities.argmax()),
    )
