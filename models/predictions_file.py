"""Predictions alone: what some classifier said, from a file, without the classifier."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from models.labels import read_class_names, read_labels
from models.npz import Npz
from models.outputs import OUTPUT_KINDS, OutputKind, as_probabilities, check_outputs, tell_kind
from models.progress import Callback, silent
from models.sources.hashing import digest_of, manifest_of
from models.sources.pixels import image_blocks, image_shape
from models.sources.settings import check_choice, shortened
from models.table import read_table

OUTPUT_NAMES = ("logits", "probabilities", "probs", "outputs", "scores", "predictions")
PROBABILITY_NAMES = ("probabilities", "probs")
OTHER_NAMES = ("labels", "class_names", "images")


@dataclass(frozen=True, eq=False)
class StoredPredictions:
    """What a file says of N images.

    Attributes
    ----------
    outputs : float32 or float64 array (N, K)
        Logits as they stand in the file, or probabilities, whose rows then sum to 1.
    kind : "logits" or "probabilities"
        Which.
    reason : str
        A sentence that says how that is known.
    class_names : tuple of K str
        "0" to K - 1, if the file has none.
    labels : int64 array (N,), or None
        The true classes.
    images : uint8 array (N, C, H, W), or None
        What was classified.
    notes : tuple of str
        What was done or left out, for people.
    """

    outputs: np.ndarray
    kind: OutputKind
    reason: str
    class_names: tuple[str, ...]
    labels: np.ndarray | None
    images: np.ndarray | None
    notes: tuple[str, ...]


def read_predictions(
    path: str | os.PathLike, kind: Literal["auto"] | OutputKind = "auto", callback: Callback = silent
) -> StoredPredictions:
    """Read an .npz or .csv file of predictions.

    An .npz file holds the outputs as ``logits``, ``probabilities``, ``probs``, ``outputs``, ``scores`` or
    ``predictions``, (N, K), and may hold ``labels`` (N,), ``class_names`` (K,) and ``images``, as
    `models.sources.npz` takes them. A .csv file is as `models.table` takes it.

    Parameters
    ----------
    path : path
        The file; its name ends in .npz or .csv.
    kind : "auto", "logits" or "probabilities"
        What the outputs are. With auto, an array called ``probabilities`` or ``probs`` must be such; others are
        told apart by their numbers, whatever they are called.
    callback : Callback
        Is told how far the reading is, and may cancel it.

    Returns
    -------
    StoredPredictions

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If what is in it does not fit together, or is neither logits nor probabilities.
    """
    check_choice("kind", kind, ("auto", *OUTPUT_KINDS))
    file = _existing(path)
    callback(0.0, f"reading {file.name}")
    return _from_npz(file, kind, callback) if file.suffix.lower() == ".npz" else _from_csv(file, kind)


def predictions_manifest(path: str | os.PathLike) -> str:
    """Hash what a file of predictions holds, wherever it lies.

    Returns
    -------
    str
        A sha256, in hex.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If its name ends neither in .npz nor in .csv.
    """
    file = _existing(path)
    with open(file, "rb") as stream:
        return manifest_of([(file.suffix.lower().encode(), digest_of(stream))])


def _existing(path: str | os.PathLike) -> Path:
    file = Path(path).expanduser()
    if file.suffix.lower() not in (".npz", ".csv"):
        raise ValueError(f"A file of predictions must be an .npz or a .csv file, not {file.name!r}.")
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}.")
    return file


def _from_npz(path: Path, kind: str, callback: Callback) -> StoredPredictions:
    with Npz(path) as file:
        found = [name for name in OUTPUT_NAMES if name in file]
        if not found:
            raise ValueError(
                f"{path} must hold an array logits or probabilities, but holds {shortened(file.names, 8) or 'none'}."
            )
        where = f"{path}: the array {found[0]!r}"
        outputs = check_outputs(file.read(found[0]), where)
        outputs, told, reason = _told(
            outputs, kind, where, found[0] in PROBABILITY_NAMES and f"The array is {found[0]!r}."
        )

        names = None
        if "class_names" in file:
            names = read_class_names(file.read("class_names"), f"{path}: the array 'class_names'")
        given = file.read("labels") if "labels" in file else None
        labels, names, notes = _labels_and_names(given, names, outputs, f"{path}: the array 'labels'", path)
        if others := [name for name in file.names if name not in (found[0], *OTHER_NAMES)]:
            notes.append(f"{len(others):,} other arrays in the file were left out: {shortened(others)}.")
        images = _read_images(file, len(outputs), callback) if "images" in file else None
    return StoredPredictions(outputs, told, reason, names, labels, images, tuple(notes))


def _from_csv(path: Path, kind: str) -> StoredPredictions:
    table = read_table(path)
    outputs, told, reason = _told(check_outputs(table.outputs, str(path)), kind, str(path))
    where = f"{path}: the column of labels"
    labels, names, notes = _labels_and_names(table.labels, table.class_names, outputs, where, path)
    return StoredPredictions(outputs, told, reason, names, labels, None, (*table.notes, *notes))


def _told(
    outputs: np.ndarray, kind: str, where: str, named: str | Literal[False] = False
) -> tuple[np.ndarray, OutputKind, str]:
    """The outputs as they are used, what they are, and why."""
    if kind == "logits":
        return outputs, "logits", "Stated to be logits."
    if kind == "probabilities":
        return as_probabilities(outputs, where), "probabilities", "Stated to be probabilities; every row sums to 1."
    if named:
        return as_probabilities(outputs, where), "probabilities", f"{named} Every row sums to 1."
    told, reason = tell_kind(outputs, where)
    return as_probabilities(outputs, where) if told == "probabilities" else outputs, told, reason


def _labels_and_names(
    given: np.ndarray | None, names: tuple[str, ...] | None, outputs: np.ndarray, where: str, path: Path
) -> tuple[np.ndarray | None, tuple[str, ...], list[str]]:
    """Labels and class names that fit the outputs, and what is to be said of them."""
    n_images, n_classes = outputs.shape
    notes = []
    if names is not None:
        if len(names) != n_classes:
            raise ValueError(f"{path} has {n_classes:,} outputs an image, but names {len(names):,} classes.")
        if len(set(names)) < n_classes or not all(names):
            raise ValueError(f"{path} must give each class a name of its own, not {shortened(names, 8)}.")
    if given is not None and len(given) != n_images:
        raise ValueError(f"{where} must hold a label for each of {n_images:,} rows of outputs, not {len(given):,}.")
    if names is None and given is not None and given.dtype.kind in "US":
        _, names = read_labels(given, None, where)
        if len(names) != n_classes:
            raise ValueError(
                f"{where} names {len(names):,} classes, but there are {n_classes:,} outputs an image: "
                f"give class_names in the order of the outputs."
            )
        notes.append(
            "The outputs are taken to be in the sorted order of the labels' names, as no class names are given."
        )
    known = names if names is not None else tuple(str(label) for label in range(n_classes))
    labels = None if given is None else read_labels(given, known, where)[0]
    return labels, known, notes


def _read_images(file: Npz, count: int, callback: Callback) -> np.ndarray:
    shape = image_shape(file, "images")
    if shape[0] != count:
        raise ValueError(f"{file.path}: the array 'images' holds {shape[0]:,} images, but there are {count:,} outputs.")
    images, done = np.empty(shape, np.uint8), 0
    for block in image_blocks(file, "images"):
        images[done : done + len(block)] = block
        done += len(block)
        callback(done / count, f"reading image {done:,} of {count:,}")
    return images
