"""The Teacher view's numbers as CSV, to take along."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.abilities import labels_of
from dashboard.components.tables import to_csv
from dashboard.links import mask_of
from dashboard.measures import in_split
from dashboard.teacher.class_figures import Share
from dashboard.teacher.class_tree import Tree
from dashboard.teacher.confusions import confusions_of
from workers.engine import Engine

MEASURES = ("confidence", "entropy", "margin")  # how sure the teacher is; older predictions hold the first only


def matrix_table(engine: Engine, keys: Mapping[str, str], split: str) -> str:
    """The confusion matrix: a row a true class, a column a predicted one."""
    names = engine.results.meta(keys["images"])["class_names"]
    confusion = engine.results.array(keys["predictions"], f"confusion_{split}")
    return to_csv(
        ["true \\ predicted", *names], ([name, *row] for name, row in zip(names, confusion.tolist(), strict=True))
    )


def confusions_table(engine: Engine, keys: Mapping[str, str], split: str) -> str:
    """The confusions, the most frequent first: classes, images, and which share they are of the true and of the predicted
    class."""
    names = engine.results.meta(keys["images"])["class_names"]
    confusion = engine.results.array(keys["predictions"], f"confusion_{split}")
    rows, columns = confusion.sum(axis=1).tolist(), confusion.sum(axis=0).tolist()
    return to_csv(
        ["true", "predicted", "images", "of true", "of predicted"],
        (
            [names[true], names[taken], count, count / rows[true], count / columns[taken]]
            for true, taken, count in confusions_of(confusion).tolist()
        ),
    )


def map_table(engine: Engine, keys: Mapping[str, str], role: str, split: str) -> str:
    """The points of a map, of one split: image, place, classes, confidence, entropy (bits), margin; the true class is empty
    where it is not known. `role` is the one that the map plays in the study."""
    meta = engine.results.meta(keys["images"])
    names = meta["class_names"]
    labels = labels_of(engine, keys)
    certainties = ("confidence", "entropy", "margin")
    predicted, *numbers = (engine.results.array(keys["predictions"], name) for name in ("predicted", *certainties))
    places = engine.results.array(keys[role], "places")
    rows = (
        [
            image,
            *places[image].tolist(),
            "" if labels is None else names[labels[image]],
            names[predicted[image]],
            *(float(values[image]) for values in numbers),
        ]
        for image in np.flatnonzero(in_split(meta["count"], meta["n_train"], split)).tolist()
    )
    return to_csv(["image", *"xyz"[: places.shape[1]], "true", "predicted", *certainties], rows)


def class_table(tree: Tree, share: Share, class_names: Sequence[str]) -> str:
    """The tree of classes: a row a node, the root first; distances of classes and shares of nothing are empty."""
    rows = (
        [
            node.number,
            "" if node.parent is None else node.parent,
            "; ".join(class_names[number] for number in node.classes),
            node.distance if node.is_fork else "",
            count,
            at if count else "",
        ]
        for node in tree.values()
        for count, at in [share.of(node)]
    )
    return to_csv(["node", "parent", "classes", "distance", "images", share.words], rows)


def training_table(engine: Engine, keys: Mapping[str, str]) -> str:
    """The training record: a row an epoch, losses in nats."""
    names = ["train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds"]
    columns = [engine.results.array(keys["teacher"], name).tolist() for name in names]
    return to_csv(["epoch", *names], ([epoch, *row] for epoch, row in enumerate(zip(*columns, strict=True))))


def selection_table(engine: Engine, keys: Mapping[str, str], selection: dict | None, split: str) -> str:
    """The selected images (without a selection, all of the split): id, split, classes, confidence, entropy in bits, margin,
    probabilities. Empty are the true class where it is not known, and what older predictions do not hold."""
    meta = engine.results.meta(keys["images"])
    names, n_train = meta["class_names"], meta["n_train"]
    labels = labels_of(engine, keys)
    predicted = engine.results.array(keys["predictions"], "predicted")
    probabilities = engine.results.array(keys["predictions"], "probabilities")
    there = engine.results.meta(keys["predictions"])["arrays"]
    measures = [engine.results.array(keys["predictions"], name) if name in there else None for name in MEASURES]
    rows = (
        [
            image,
            "train" if image < n_train else "test",
            "" if labels is None else names[labels[image]],
            names[predicted[image]],
            *("" if measure is None else float(measure[image]) for measure in measures),
            *probabilities[image].tolist(),
        ]
        for image in selected_ids(engine, keys["images"], selection, split)
    )
    return to_csv(["image", "split", "true", "predicted", *MEASURES, *(f"p({name})" for name in names)], rows)


def selected_ids(engine: Engine, images: str, selection: dict | None, split: str) -> list[int]:
    """The ids of a selection; without one, those of the split."""
    meta = engine.results.meta(images)
    mask = mask_of(engine, selection) if selection else in_split(meta["count"], meta["n_train"], split)
    return np.flatnonzero(mask).tolist()
