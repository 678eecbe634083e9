"""An .npz file with images and labels."""

import os
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.data import ImageSet, stratified_split
from models.labels import read_class_names, read_labels
from models.npz import Npz
from models.progress import Callback, silent
from models.sources.hashing import digest_of, manifest_of
from models.sources.pixels import LAYOUTS, Layout, image_blocks, image_shape
from models.sources.registry import Source, register
from models.sources.room import room_for
from models.sources.settings import check_choice, check_path, check_split, shortened

WHOLE = (("images", "labels"),)
SPLIT = (("x_train", "y_train"), ("x_test", "y_test"))  # as Keras writes it
SPLIT_TOO = (("train_images", "train_labels"), ("test_images", "test_labels"))  # as MedMNIST does
CLASS_NAMES = "class_names"


@register
@dataclass(frozen=True)
class NpzFile(Source):
    """Arrays in an .npz file: ``images`` and ``labels``, or ``x_train``, ``y_train``, ``x_test`` and ``y_test``
    (or ``train_images`` and so on), and ``class_names`` if they are known.

    Images are (N, H, W), (N, H, W, C) or (N, C, H, W), uint8, or floats 0 to 1, which are rounded to 256 steps.
    Labels are whole numbers from 0, or texts. Pickled arrays are refused.

    Parameters
    ----------
    path : path
        The file.
    layout : "auto", "NHW", "NHWC" or "NCHW"
        Which axis is which; auto takes the one of length 1 or 3 for the channels.
    test_fraction : float
        The share of each class that is kept for testing, between 0 and 1. Not used if the file holds a split.
    seed : int
        Chooses the stratified split. Not used if the file holds a split.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    kind: ClassVar[str] = "npz"
    title: ClassVar[str] = "An .npz file"

    path: str | os.PathLike
    layout: Layout = "auto"
    test_fraction: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        check_path("path", self.path)
        check_choice("layout", self.layout, LAYOUTS)
        check_split(self.test_fraction, self.seed)

    def load(self, callback: Callback = silent) -> ImageSet:
        """Read the images block by block into the place that each will have."""
        with Npz(self.path) as file:
            parts = _find_parts(file)
            labels, class_names = _read_labels(file, parts)
            counts = [len(part) for part in labels]
            every_label = np.concatenate(labels)
            if len(np.unique(every_label)) < 2:
                only = class_names[every_label[0]]
                raise ValueError(
                    f"{file.path} must hold images of at least two classes, but all are of class {only!r}."
                )
            order, n_train = self._order(file, every_label, counts)
            images = self._read_images(file, [name for name, _ in parts], counts, np.argsort(order), callback)
            return ImageSet(
                name=file.path.stem,
                images=images,
                labels=every_label[order],
                class_names=class_names,
                n_train=n_train,
                notes=_notes(file, parts, every_label, class_names),
            )

    def manifest(self, callback: Callback = silent) -> str:
        """Hash the file, whatever it is called."""
        with Npz(self.path) as file:  # says in a sentence if it is none
            callback(None, f"hashing {file.path.name}")
            with open(file.path, "rb") as stream:
                return manifest_of([(b"npz", digest_of(stream))])

    def _order(self, file: Npz, labels: np.ndarray, counts: list[int]) -> tuple[np.ndarray, int]:
        """Which image of the file comes at which place, train first, and how many are train."""
        if len(counts) == 2:
            return np.arange(len(labels)), counts[0]
        train, test = stratified_split(labels, self.test_fraction, self.seed)
        if not len(test):
            raise ValueError(f"{file.path} needs two images of some class, so that one can be kept for testing.")
        return np.concatenate([train, test]), len(train)

    def _read_images(
        self, file: Npz, names: list[str], counts: list[int], places: np.ndarray, callback: Callback
    ) -> np.ndarray:
        """All pixels; the next image of the file goes to the next of `places`."""
        shapes = [image_shape(file, name, self.layout) for name in names]
        for name, shape, count in zip(names, shapes, counts, strict=True):
            where = f"{file.path}: the array {name!r}"
            if shape[0] != count:
                raise ValueError(f"{where} holds {shape[0]:,} images, but there are {count:,} labels for them.")
            if shape[1:] != shapes[0][1:]:
                raise ValueError(
                    f"{where} must hold images like those of {names[0]!r}, {shapes[0][1:]}, not {shape[1:]}."
                )
        images, done = room_for((len(places), *shapes[0][1:]), f"make {file.path.name} smaller"), 0
        for name in names:
            for block in image_blocks(file, name, self.layout):
                images[places[done : done + len(block)]] = block
                done += len(block)
                callback(done / len(places), f"reading image {done:,} of {len(places):,}")
        return images


def _find_parts(file: Npz) -> tuple[tuple[str, str], ...]:
    """The arrays of images and labels: one pair, or two if the file holds a split."""
    for parts in (WHOLE, SPLIT, SPLIT_TOO):
        names = [name for pair in parts for name in pair]
        if any(name in file for name in names):
            if missing := [name for name in names if name not in file]:
                raise ValueError(f"{file.path} holds {_listed(file)}, but no {shortened(missing)}.")
            return parts
    raise ValueError(
        f"{file.path} must hold the arrays images and labels, or x_train, y_train, x_test and y_test, "
        f"but holds {_listed(file)}."
    )


def _read_labels(file: Npz, parts: tuple[tuple[str, str], ...]) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """The labels of each part, and the class names, which are the same for all."""
    names = None
    if CLASS_NAMES in file:
        names = read_class_names(file.read(CLASS_NAMES), f"{file.path}: the array {CLASS_NAMES!r}")
    told = {label_name: file.read(label_name) for _, label_name in parts}
    where = f"{file.path}: the array {' or '.join(map(repr, told))}"
    kinds = {values.dtype.kind in "US" for values in told.values()}
    if names is None and len(told) == 2 and len(kinds) == 1:  # a class may be in one part only
        flat = [values.ravel() for values in told.values()]
        _, names = read_labels(np.concatenate(flat), None, where)
    labels = []
    for name, values in told.items():
        part, names = read_labels(values, names, f"{file.path}: the array {name!r}")
        if not len(part):
            raise ValueError(f"{file.path}: the array {name!r} is empty.")
        labels.append(part)
    return labels, tuple(names or ())


def _notes(
    file: Npz, parts: tuple[tuple[str, str], ...], labels: np.ndarray, class_names: tuple[str, ...]
) -> tuple[str, ...]:
    notes = []
    known = {name for pair in parts for name in pair} | {CLASS_NAMES}
    if others := [name for name in file.names if name not in known]:
        notes.append(f"{len(others):,} other arrays in the file were left out: {shortened(others)}.")
    absent = np.flatnonzero(np.bincount(labels, minlength=len(class_names)) == 0)
    if absent.size:
        notes.append(f"{absent.size:,} classes have no image: {shortened([class_names[label] for label in absent])}.")
    return tuple(notes)


def _listed(file: Npz) -> str:
    return shortened(file.names, 8) if file.names else "none"
