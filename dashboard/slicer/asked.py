"""Slices of a study: what is asked for, and what there is."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.links import fitting, mask_of
from dashboard.theme import class_colours
from workers.engine import Engine

ROLE, SUBSETS_ROLE = "slice", "subsets"  # begin their roles in a study
INPUTS_SEED = 0


def source_of(engine: Engine, keys: Mapping[str, str]) -> dict[str, Any]:
    """What the query is drawn from."""
    images, teacher = engine.results.meta(keys["images"]), engine.results.meta(keys["teacher"])
    return {
        "images": keys["images"],
        "teacher": keys["teacher"],
        "epochs": teacher["stored_epochs"],
        "last": teacher["epochs"],
        "count": images["count"],
        "n_train": images["n_train"],
        "names": images["class_names"],
        "colours": class_colours(images["n_classes"]),
    }


def input_choices(names: Sequence[str], selected: int, chosen: str = "") -> list[dict[str, Any]]:
    """Which inputs can be asked about; several classes, as the drawing cuts them out, where they are `chosen`."""
    several = classes_of(chosen) if chosen.startswith("classes-") else range(0)
    there = bool(several) and several[-1] < len(names)
    return [
        {"value": "test", "label": "Test images"},
        {"value": "train", "label": "Train images"},
        {
            "value": "selection",
            "label": f"Selection ({selected:,})" if selected else "Selection",
            "disabled": not selected,
        },
        *[{"value": f"class-{number}", "label": f"Test images of {name}"} for number, name in enumerate(names)],
        *([{"value": chosen, "label": f"Test images of {names[several[0]]} to {names[several[-1]]}"}] if there else []),
    ]


def classes_of(inputs: str) -> range:
    """The classes of "class-3", or of "classes-3-5"."""
    first, _, last = inputs.partition("-")[2].partition("-")
    return range(int(first), int(last or first) + 1)


def inputs_of(
    engine: Engine, study: Mapping[str, Any], inputs: str, selection: dict | None, most: int
) -> tuple[list[int], int]:
    """The inputs of a query, and of how many they were drawn.

    Parameters
    ----------
    inputs : a value of `input_choices`.
    most : inputs at most; more are drawn from, by a seed that is always the same.
    """
    meta = engine.results.meta(study["keys"]["images"])
    count, n_train = meta["count"], meta["n_train"]
    if inputs == "selection":
        here = fitting(selection, dict(study))
        chosen = np.flatnonzero(mask_of(engine, here)) if here is not None else np.empty(0, int)
    elif inputs == "train":
        chosen = np.arange(n_train)
    else:
        chosen = np.arange(n_train, count)
        if inputs.startswith("class"):
            labels = engine.results.array(study["keys"]["images"], "labels")
            chosen = chosen[np.isin(labels[chosen], classes_of(inputs))]
    if len(chosen) <= most:
        return chosen.tolist(), len(chosen)
    drawn = np.random.default_rng(INPUTS_SEED).choice(chosen, most, replace=False)
    return np.sort(drawn).tolist(), len(chosen)


def shown_of(engine: Engine, key: str, study: Mapping[str, Any]) -> dict[str, Any]:
    """What the panels need of a slice."""
    meta, images = engine.results.meta(key), engine.results.meta(study["keys"]["images"])
    return {
        "key": key,
        "images": study["keys"]["images"],
        "teacher": study["keys"]["teacher"],
        "layers": [{"at": at, **layer} for at, layer in enumerate(meta["layers"])],
        "epochs": meta["epochs"],
        "pairs": meta["pairs"],
        "count": meta["count"],
        "n_paired": meta["n_paired"],
        "n_neighbors": meta["n_neighbors"],
        "bins": meta["bins"],
        "names": images["class_names"],
        "colours": class_colours(images["n_classes"]),
    }


def epoch_at(epochs: Sequence[int], epoch: int | None) -> int:
    """The place of the epoch that is nearest to one of training; of two as near, the earlier."""
    return int(np.abs(np.array(epochs) - (epochs[-1] if epoch is None else epoch)).argmin())
