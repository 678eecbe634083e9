"""MNIST and Fashion-MNIST: idx files, packed or not."""

import gzip
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

import numpy as np

from models.data import ImageSet
from models.progress import Callback, silent
from models.sources.download import download
from models.sources.hashing import digest_of, manifest_of
from models.sources.published import PublishedSource
from models.sources.registry import register

PARTS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
UINT8 = 0x08  # the type of every idx file here, in the third byte of its head


@register
@dataclass(frozen=True)
class Mnist(PublishedSource):
    """MNIST: 60,000 + 10,000 handwritten digits of 28 x 28 grey pixels.

    The four files are looked for in the folder itself, in its ``raw``, and where torchvision has them
    (``MNIST/raw``); packed (.gz) or not, and with a dot for the hyphen before ``idx``, as some unpack them.
    """

    kind: ClassVar[str] = "mnist"
    title: ClassVar[str] = "MNIST"
    torchvision_name: ClassVar[str] = "MNIST"
    class_names: ClassVar[tuple[str, ...]] = tuple("0123456789")

    @property
    def places(self) -> list[Path]:
        # Both sets have files of the same names: the folder that says which set it is goes first.
        own = self.root / self.torchvision_name
        return [own / "raw", own, self.root / "raw", self.root]

    def complete(self) -> bool:
        """Say whether one of the places has all four files."""
        return self._files() is not None

    def files_and_places(self) -> tuple[str, str]:
        """Name the four files, and the four places."""
        return f"{', '.join(PARTS)}, each with or without .gz", ", ".join(map(str, self.places))

    def download_into_folder(self, callback: Callback) -> None:
        """Download the four files and unpack them where torchvision has them."""
        from torchvision import datasets  # brings torch along: only where it is needed

        known = getattr(datasets, self.torchvision_name)
        raw = self.places[0]
        for number, (name, md5) in enumerate(known.resources):
            if not (raw / name).with_suffix("").exists():
                addresses = [mirror + name for mirror in known.mirrors]
                download(addresses, raw / name, md5, _share_of(callback, number, len(known.resources)))
                _unpack(raw / name)

    def load(self, callback: Callback = silent) -> ImageSet:
        """Read the four files."""
        self.fetch(callback)
        files = self._demanded()
        arrays = []
        for number, part in enumerate(PARTS):
            callback(number / len(PARTS), f"reading {files[part].name}")
            arrays.append(read_idx(files[part], n_axes=3 if "images" in part else 1))
        train_images, train_labels, test_images, test_labels = arrays
        for split, pixels, labels in (("train", train_images, train_labels), ("t10k", test_images, test_labels)):
            if len(pixels) != len(labels):
                raise ValueError(
                    f"{self.title} has {len(pixels):,} {split} images but {len(labels):,} labels for them."
                )
        if train_images.shape[1:] != test_images.shape[1:]:
            raise ValueError(
                f"The images of {self.title} must be of one size, but are {train_images.shape[1:]} in train "
                f"and {test_images.shape[1:]} in test."
            )
        return ImageSet(
            name=self.title,
            images=np.concatenate([train_images, test_images])[:, np.newaxis],
            labels=np.concatenate([train_labels, test_labels]).astype(np.int64),
            class_names=self.class_names,
            n_train=len(train_images),
        )

    def manifest(self, callback: Callback = silent) -> str:
        """Hash what the four files hold when unpacked: packed or not makes no difference."""
        files = self._demanded()
        parts = []
        for number, part in enumerate(PARTS):
            callback(number / len(PARTS), f"hashing {files[part].name}")
            with _opened(files[part]) as stream:
                parts.append((part.encode(), digest_of(stream)))
        return manifest_of(parts)

    def _files(self) -> dict[str, Path] | None:
        """The four files, of the first place that has them all."""
        for place in self.places:
            found = {part: file for part in PARTS if (file := _variant(place, part))}
            if len(found) == len(PARTS):
                return found
        return None

    def _demanded(self) -> dict[str, Path]:
        self.demand()
        return self._files() or {}


@register
@dataclass(frozen=True)
class FashionMnist(Mnist):
    """Fashion-MNIST: 60,000 + 10,000 pieces of clothing of 28 x 28 grey pixels, in the format of MNIST."""

    kind: ClassVar[str] = "fashion-mnist"
    title: ClassVar[str] = "Fashion-MNIST"
    torchvision_name: ClassVar[str] = "FashionMNIST"
    class_names: ClassVar[tuple[str, ...]] = (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    )


def read_idx(path: Path, n_axes: int) -> np.ndarray:
    """Read an idx file of bytes.

    Parameters
    ----------
    path : Path
        The file; packed if its name ends in .gz.
    n_axes : int
        How many axes it is to have.

    Returns
    -------
    uint8 array of `n_axes` axes

    Raises
    ------
    ValueError
        If the file is no such idx file, or is damaged.
    """
    with _opened(path) as stream:
        head = stream.read(4 + 4 * n_axes)
        if len(head) < 4 + 4 * n_axes or head[:4] != bytes([0, 0, UINT8, n_axes]):
            raise ValueError(f"{path} is not an idx file of bytes with {n_axes} axes; it begins with {head[:4]!r}.")
        shape = tuple(int(length) for length in np.frombuffer(head, ">u4", offset=4))
        data = stream.read()
    if len(data) != np.prod(shape, dtype=object):
        raise ValueError(f"{path} is damaged: its head announces {shape}, but {len(data):,} bytes follow.")
    return np.frombuffer(data, np.uint8).reshape(shape)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | gzip.GzipFile]:
    """The unpacked bytes of a file; what cannot be unpacked is said in a sentence."""
    try:
        with open(path, "rb") as stored:
            if path.suffix == ".gz":
                with gzip.open(stored) as unpacked:
                    yield unpacked
            else:
                yield stored
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is damaged and cannot be unpacked ({error}); get it anew.") from error


def _variant(place: Path, part: str) -> Path | None:
    """The file of one part, as its publisher names it or as people unpack it."""
    for name in (part, part.replace("-idx", ".idx")):
        for file in (place / name, place / f"{name}.gz"):
            if file.is_file():
                return file
    return None


def _unpack(packed: Path) -> None:
    """Replace a .gz by what it holds, which appears only when it is whole."""
    part = packed.with_name(f"{packed.name}.part")
    try:
        with gzip.open(packed) as source, open(part, "wb") as sink:
            shutil.copyfileobj(source, sink)
        os.replace(part, packed.with_suffix(""))
    finally:
        part.unlink(missing_ok=True)
    packed.unlink()


def _share_of(callback: Callback, number: int, count: int) -> Callback:
    """A callback for one of several equal pieces of the work."""

    def tell(fraction: float | None, message: str = "", **metrics: float) -> None:
        callback(None if fraction is None else (number + fraction) / count, message, **metrics)

    return tell
