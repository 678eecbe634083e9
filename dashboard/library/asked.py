"""Libraries of a study: what there is, and of which images they tell."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.abilities import Need, lacking
from dashboard.links import fitting, mask_of
from dashboard.theme import class_colours
from workers.engine import Engine

ROLE, OUTSIDE_ROLE = "library", "outside"  # begin their roles in a study
NO_STUDY = "Libraries can be made when the study has a trained teacher."
ORIGIN = "library"  # of selections


def obstacle(engine: Engine, ready: Sequence[str], study: Mapping[str, Any] | None) -> str:
    """Why there are no layers to look into, in a sentence; empty when there are."""
    if study is None or "images" not in ready:
        return NO_STUDY
    why = lacking(engine, study["keys"]).get(Need.MODEL)
    if why:
        return f"There are no layers to look into, as {why}."
    return "" if {"teacher", "predictions"} <= set(ready) else NO_STUDY


def shown_of(engine: Engine, key: str, study: Mapping[str, Any]) -> dict[str, Any]:
    """What the panels need of libraries; `sizes` and `thresholds` are (S, L)."""
    meta, images = engine.results.meta(key), engine.results.meta(study["keys"]["images"])
    return {
        "key": key,
        **{role: study["keys"][role] for role in ("images", "teacher", "predictions")},
        **{
            name: meta[name]
            for name in ("layers", "n_sets", "usual", "by_size", "n_images", "n_tested", "top", "projection")
        },
        "sizes": engine.results.array(key, "sizes").tolist(),
        "thresholds": engine.results.array(key, "thresholds").tolist(),
        "shape": images["shape"],
        "names": images["class_names"],
        "colours": class_colours(images["n_classes"]),
    }


def set_at(shown: Mapping[str, Any], chosen: int | None) -> int:
    """The set of thresholds that is looked at; the usual one before one is chosen."""
    return min(max(chosen, 0), shown["n_sets"] - 1) if isinstance(chosen, int) else shown["usual"]


def rows_of(
    engine: Engine, shown: Mapping[str, Any], study: Mapping[str, Any], scope: str, selection: dict | None
) -> np.ndarray:
    """Which of the tested images are looked at, places among them: all, or those of the selection."""
    tested = engine.results.array(shown["key"], "tested")
    here = fitting(selection, dict(study)) if scope == "selection" else None
    if scope == "selection" and here is None:
        return np.empty(0, int)
    return np.arange(len(tested)) if here is None else np.flatnonzero(mask_of(engine, here)[tested])


def mask_of_rows(engine: Engine, shown: Mapping[str, Any], rows: np.ndarray) -> np.ndarray:
    """The mask over the image set (N,) of tested images, by a mask over these or their places."""
    mask = np.zeros(engine.results.meta(shown["images"])["count"], bool)
    mask[engine.results.array(shown["key"], "tested")[rows]] = True
    return mask
