"""Which files a folder of class folders holds: classes, labels, and the split if it has one."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.sources.pictures import is_clutter
from models.sources.settings import shortened

TEST_NAMES = ("test", "val")  # what stands beside "train", the first that is there


@dataclass(frozen=True, eq=False)
class Listing:
    """The files of a folder, train before test if it is split.

    Attributes
    ----------
    root : Path
        The folder.
    files : tuple of str
        Paths below `root`, class by class, sorted within each.
    labels : int64 array (N,)
        The class of each file.
    class_names : tuple of str
        The names of the class folders, sorted as torchvision's ImageFolder does.
    n_train : int or None
        How many of the files lie in ``train``; None if the folder is not split.
    notes : tuple of str
        What was left out.
    """

    root: Path
    files: tuple[str, ...]
    labels: np.ndarray
    class_names: tuple[str, ...]
    n_train: int | None
    notes: tuple[str, ...]


def list_folder(root: Path) -> Listing:
    """List a folder of class folders, or one with ``train`` and ``test`` (or ``val``) that are such folders.

    Files may lie at any depth below their class folder. Files whose names begin with a dot, Thumbs.db and
    desktop.ini are no images of anybody's; they are left out, as is what lies beside the class folders, and the
    notes say so.

    Parameters
    ----------
    root : Path
        An existing folder.

    Returns
    -------
    Listing

    Raises
    ------
    ValueError
        If there are not at least two class folders, one of them holds no file, train and test differ in their
        classes, a name is no text, or a folder may not be read.
    """
    walk = _Walk(root)
    names = walk.folders(root)
    test = next((name for name in TEST_NAMES if name in names), None)
    if "train" in names and test:
        splits = ["train", test]
        walk.left_out += [f"{name}/" for name in names if name not in splits]
        classes = [walk.folders(root / split) for split in splits]
    else:
        splits, classes = [""], [names]
    if len(classes) == 2 and classes[0] != classes[1]:
        odd = sorted(set(classes[0]) ^ set(classes[1]))
        raise ValueError(
            f"{root}: train and {test} must have the same class folders, but {shortened(odd)} is in one only."
        )
    _check_classes(root / splits[0], classes[0])

    files, labels, counts = [], [], []
    for split in splits:
        empty = []
        for label, name in enumerate(classes[0]):
            found = walk.files(root / split / name)
            files += found
            labels += [label] * len(found)
            if not found:
                empty.append(f"{split}/{name}".lstrip("/"))
        if empty:
            raise ValueError(f"{root}: no image lies in {shortened(empty)}; put some there or remove the class.")
        counts.append(len(files))
    return Listing(
        root=root,
        files=tuple(files),
        labels=np.array(labels, dtype=np.int64),
        class_names=tuple(classes[0]),
        n_train=counts[0] if len(splits) == 2 else None,
        notes=walk.notes(),
    )


class _Walk:
    """Goes through folders, and keeps what it leaves out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.left_out: list[str] = []  # beside the class folders
        self.n_clutter = 0

    def folders(self, place: Path) -> list[str]:
        """The folders in a folder, sorted; the files beside them are left out."""
        try:
            names = sorted(os.listdir(place))
        except OSError as error:
            raise ValueError(f"The folder {place} cannot be read: {error.strerror}.") from error
        chosen = []
        for name in names:
            if is_clutter(name):
                self.n_clutter += 1
            elif (place / name).is_dir():
                chosen.append(_as_text(place, name))
            else:
                self.left_out.append((place / name).relative_to(self.root).as_posix())
        return chosen

    def files(self, folder: Path) -> list[str]:
        """All files below a class folder, sorted, as paths below the root."""
        found = []
        for place, inner, names in os.walk(folder, onerror=_refuse):
            self.n_clutter += sum(map(is_clutter, [*names, *inner]))
            inner[:] = [name for name in inner if not is_clutter(name)]
            # A link to a folder is not followed, as it may lead round in a circle: to the reader it is no file.
            links = [name for name in inner if os.path.islink(os.path.join(place, name))]
            for name in [*names, *links]:
                if not is_clutter(name):
                    found.append(Path(place, name).relative_to(self.root).as_posix())
        return sorted(found)

    def notes(self) -> tuple[str, ...]:
        notes = []
        if self.n_clutter:
            notes.append(f"{self.n_clutter:,} hidden files or folders were left out.")
        if self.left_out:
            printable = [_printable(name) for name in self.left_out]
            notes.append(f"{len(printable):,} beside the class folders were left out: {shortened(printable)}.")
        return tuple(notes)


def _check_classes(place: Path, names: Sequence[str]) -> None:
    if not names:
        raise ValueError(f"{place} must hold a folder of images for each class, but holds no folder.")
    if len(names) == 1:
        raise ValueError(f"{place} must hold at least two class folders, but only {names[0]} is there.")


def _as_text(place: Path, name: str) -> str:
    """A folder's name, which becomes a class name and so must be a text that can be sent."""
    if _printable(name) != name:
        raise ValueError(f"A folder in {place} has a name that is no text in UTF-8: {_printable(name)}; rename it.")
    return name


def _printable(name: str) -> str:
    return name.encode(errors="replace").decode()


def _refuse(error: OSError) -> None:
    raise ValueError(f"The folder {error.filename} cannot be read: {error.strerror}.") from error
