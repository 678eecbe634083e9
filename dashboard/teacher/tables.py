"""The Teacher view's numbers as CSV, to take along."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboard.abilities import labels_of
from dashboard.components.tables import to_csv
from dashboard.measures import in_split, unpack_bits
from workers.engine import Engine

MEASURES = (
    "confidence",
    "entropy",
    "margin",
)  # how sure the teacher is; predictions that are older hold the first only


def matrix_table(engine: Engine, keys: Mapping[str, str], split: str) -> str:
    """The confusion matrix: a row a true class, a column a predicted one."""
    names = engine.results.meta(keys["images"])["class_names"]
    confusion = engine.results.array(keys["predictions"], f"confusion_{split}")
    return to_csv(
        ["true \\ predicted", *names], ([name, *row] for name, row in zip(names, confusion.tolist(), strict=True))
    )


def map_table(engine: Engine, keys: Mapping[str, str], role: str, split: str) -> str:
    """The points of a map, of one split: image, place, classes, confidence; the true class is empty where it is not known.
    `role` is the one that the map plays in the study."""
    meta = engine.results.meta(keys["images"])
    names = meta["class_names"]
    labels = labels_of(engine, keys)
    predicted, confidence = (engine.results.array(keys["predictions"], name) for name in ("predicted", "confidence"))
    places = engine.results.array(keys[role], "places")
    rows = (
        [
            image,
            *places[image].tolist(),
            "" if labels is None else names[labels[image]],
            names[predicted[image]],
            float(confidence[image]),
        ]
        for image in np.flatnonzero(in_split(meta["count"], meta["n_train"], split)).tolist()
    )
    return to_csv(["image", "x", "y", "true", "predicted", "confidence"], rows)


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
        for image in selected_ids(meta, selection, split)
    )
    return to_csv(["image", "split", "true", "predicted", *MEASURES, *(f"p({name})" for name in names)], rows)


def selection_json(engine: Engine, keys: Mapping[str, str], selection: dict | None, split: str) -> str:
    """The ids of the same images as JSON: {"images": key of the image set, "ids": [...]}."""
    ids = selected_ids(engine.results.meta(keys["images"]), selection, split)
    return json.dumps({"images": keys["images"], "ids": ids})


def selected_ids(meta: Mapping[str, Any], selection: dict | None, split: str) -> list[int]:
    """The ids of a selection; without one, those of the split. `meta` is that of the image set."""
    count = meta["count"]
    mask = unpack_bits(selection["bits"], count) if selection else in_split(count, meta["n_train"], split)
    return np.flatnonzero(mask).tolist()
