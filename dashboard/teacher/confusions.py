"""What is picked on the confusion matrix, the chord diagram or the list of confusions, and the selection that it makes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.links import make_selection, mask_of
from dashboard.measures import in_split, pack_bits, unpack_bits
from workers.engine import Engine

ORIGIN = "matrix"
MOST_LETTERS = 60  # of what a selection of several parts is called
COMBINED = "several cells and more"


def confusions_of(confusion: np.ndarray) -> np.ndarray:
    """The confusions (C, 3), as true class, predicted class and count, the most frequent first; of equals the lower numbers."""
    counts = confusion.astype(int)
    np.fill_diagonal(counts, 0)
    true, predicted = np.nonzero(counts)
    found = np.stack([true, predicted, counts[true, predicted]], axis=1)
    return found[np.argsort(-found[:, 2], kind="stable")]


def cells_of(what: str, at: Sequence[int], n_classes: int) -> np.ndarray:
    """The cells (K, K), [true, predicted], that somebody pointed at.

    Parameters
    ----------
    what : "cell" with the classes in `at`; else one class in it: "row" where it is the true class, "column" where it is
        predicted, "class" for its confusions in both directions, the hits not among them.
    """
    cells = np.zeros((n_classes, n_classes), bool)
    if what == "cell":
        cells[tuple(at)] = True
    if what in ("row", "class"):
        cells[at[0]] = True
    if what in ("column", "class"):
        cells[:, at[0]] = True
    if what == "class":
        cells[at[0], at[0]] = False
    return cells


def words_of(what: str, at: Sequence[int], names: Sequence[str]) -> tuple[str, str]:
    """What the images of these cells are called, and what is said of a `split` that has none of them."""
    name, other = names[at[0]], names[at[-1]]
    if what == "row":
        return f"class {name}", f"There is no {{split}} image of class {name}."
    if what == "column":
        return f"taken for {name}", f"No {{split}} image was taken for {name}."
    if what == "class":
        return (
            f"confused with {name}",
            f"No {{split}} image of class {name} was taken for another, nor another for {name}.",
        )
    label = f"{name} taken for {other}" if name != other else f"{name}, rightly recognised"
    return label, f"No {{split}} image of class {name} was taken for {other}."


def known_words(cells: np.ndarray | None, names: Sequence[str]) -> str:
    """What the images of these cells (K, K) are called if one click would have picked them; else nothing."""
    if cells is None:
        return ""
    true, predicted = (np.flatnonzero(cells.any(axis=axis)).tolist() for axis in (1, 0))
    for what, at in (("cell", [*true, *predicted]), ("row", true), ("column", predicted)):
        if len(at) == (2 if what == "cell" else 1) and (cells == cells_of(what, at, len(names))).all():
            return words_of(what, at, names)[0]
    return ""


def marked_cells(selection: Mapping[str, Any] | None, split: str, n_classes: int) -> np.ndarray | None:
    """The cells (K, K) that a selection is the images of, in this split; None when it is not one of whole cells."""
    if not selection or selection.get("split") != split or not selection.get("cells"):
        return None
    return unpack_bits(selection["cells"], n_classes**2).reshape(n_classes, n_classes)


def select_cells(
    engine: Engine, keys: Mapping[str, str], split: str, picked: Mapping[str, Any], held: Mapping[str, Any] | None
) -> dict[str, Any] | str | None:
    """The selection after cells have been picked; None when nothing is left of it; a sentence when there is nothing to do.

    Parameters
    ----------
    picked : "what" and "at" as in `cells_of`, and "how": "only" these, or "add" them to what is selected, or "remove" them.
    held : what is selected in this image set.
    """
    meta = engine.results.meta(keys["images"])
    names, count = meta["class_names"], meta["count"]
    labels, predicted = (
        engine.results.array(keys["images"], "labels"),
        engine.results.array(keys["predictions"], "predicted"),
    )
    inside = in_split(count, meta["n_train"], split)
    cells = cells_of(picked["what"], picked["at"], len(names))
    label, none = words_of(picked["what"], picked["at"], names)
    mask = inside & cells[labels, predicted]
    how = picked["how"]
    if not mask.any():
        return none.format(split=split)
    if how == "remove" and held is None:
        return "Nothing is selected that these images could be taken away from."
    if how == "only" or held is None:
        return make(engine, keys, split, mask, label, cells)
    before = marked_cells(held, split, len(names))
    mask_before = mask_of(engine, held)
    mask = mask_before | mask if how == "add" else mask_before & ~mask
    if not mask.any():
        return None
    if (mask == mask_before).all():
        return "They are selected already." if how == "add" else "None of them is selected."
    if before is not None:
        cells = before | cells if how == "add" else before & ~cells
    if before is None:
        cells = None
    label = known_words(cells, names) or f"{held['label']} {'and' if how == 'add' else 'without'} {label}"
    if len(label) > MOST_LETTERS:
        label = COMBINED
    return make(engine, keys, split, mask, label, cells, held.get("by_outcome", False))


def make(
    engine: Engine,
    keys: Mapping[str, str],
    split: str,
    mask: np.ndarray,
    label: str,
    cells: np.ndarray | None,
    by_outcome: bool = False,
) -> dict[str, Any]:
    """A selection of these images, of these cells (K, K) if it is one of whole cells. It is by outcome unless it is one of
    true classes alone, right or wrong."""
    if cells is None or not (cells.all(axis=1) | ~cells.any(axis=1)).all():
        by_outcome = True
    marks = {} if cells is None else {"cells": pack_bits(cells.ravel())}
    return make_selection(engine, keys["images"], mask, label, ORIGIN, split=split, by_outcome=by_outcome, **marks)
