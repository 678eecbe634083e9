"""CIFAR-10 and CIFAR-100: the "Python version" of their authors, as torchvision keeps it."""

import gzip
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from models.data import ImageSet
from models.progress import Callback, silent
from models.sources.batches import read_batch
from models.sources.download import download
from models.sources.hashing import digest_of, manifest_of
from models.sources.published import PublishedSource
from models.sources.registry import register

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32


@register
@dataclass(frozen=True)
class Cifar10(PublishedSource):
    """CIFAR-10: 50,000 + 10,000 photographs of 32 x 32 pixels in ten classes.

    The batches are looked for in ``cifar-10-batches-py`` in the folder, in the folder itself, and in
    ``cifar-10-python.tar.gz`` there. They are pickles, but are not unpickled: `models.sources.batches` reads what
    images need and refuses the rest. So their md5, by which torchvision knows that a pickle is the published one,
    is asked of a download only; a folder may hold other images in the same format.
    """

    kind: ClassVar[str] = "cifar-10"
    title: ClassVar[str] = "CIFAR-10"
    torchvision_name: ClassVar[str] = "CIFAR10"
    batches_folder: ClassVar[str] = "cifar-10-batches-py"
    archive: ClassVar[str] = "cifar-10-python.tar.gz"
    train_batches: ClassVar[tuple[str, ...]] = tuple(f"data_batch_{number}" for number in range(1, 6))
    test_batch: ClassVar[str] = "test_batch"
    names_file: ClassVar[str] = "batches.meta"
    names_key: ClassVar[str] = "label_names"
    labels_key: ClassVar[str] = "labels"

    @property
    def members(self) -> tuple[str, ...]:
        """The files that are read."""
        return (*self.train_batches, self.test_batch, self.names_file)

    def complete(self) -> bool:
        """Say whether all batches are in one place, or the archive is there."""
        return self._place() is not None

    def files_and_places(self) -> tuple[str, str]:
        """Name the batches, and the two folders and the archive."""
        folders = f"{self.root / self.batches_folder}, {self.root}"
        return ", ".join(self.members), f"{folders}, or in the archive {self.root / self.archive}"

    def download_into_folder(self, callback: Callback) -> None:
        """Download the archive and unpack it where torchvision has it."""
        from torchvision import datasets  # brings torch along: only where it is needed

        known = getattr(datasets, self.torchvision_name)
        archive = self.root / self.archive
        download([known.url], archive, known.tgz_md5, callback)
        with tempfile.TemporaryDirectory(dir=self.root) as unpacked:
            self._extract(archive, Path(unpacked))
            (self.root / self.batches_folder).mkdir(exist_ok=True)
            for member in self.members:
                os.replace(Path(unpacked) / member, self.root / self.batches_folder / member)
        archive.unlink()

    def load(self, callback: Callback = silent) -> ImageSet:
        """Read the batches, one after the other, into the place that their images will have."""
        self.fetch(callback)
        batches = (*self.train_batches, self.test_batch)
        with self._unpacked() as place:
            names = self._class_names(place)
            # A pickled image takes its pixels and a little more, so this is enough; what is not filled takes no memory.
            room = sum((place / batch).stat().st_size // PIXELS for batch in batches)
            images, labels, counts = np.empty((room, *SHAPE), np.uint8), [], []
            for number, batch in enumerate(batches):
                callback(number / len(batches), f"reading {batch}")
                pixels, batch_labels = self._read(place / batch, len(names))
                start = sum(counts)
                images[start : start + len(pixels)] = pixels
                labels.append(batch_labels)
                counts.append(len(pixels))
        return ImageSet(
            name=self.title,
            images=images[: sum(counts)],
            labels=np.concatenate(labels),
            class_names=names,
            n_train=sum(counts[:-1]),
        )

    def manifest(self, callback: Callback = silent) -> str:
        """Hash the batches; in the archive or unpacked makes no difference."""
        self.demand()
        parts = []
        with self._unpacked() as place:
            for number, member in enumerate(self.members):
                callback(number / len(self.members), f"hashing {member}")
                with open(place / member, "rb") as stream:
                    parts.append((member.encode(), digest_of(stream)))
        return manifest_of(parts)

    def _place(self) -> Path | None:
        """The folder that holds all batches, or else the archive."""
        for place in (self.root / self.batches_folder, self.root):
            if all((place / member).is_file() for member in self.members):
                return place
        archive = self.root / self.archive
        return archive if archive.is_file() else None

    @contextmanager
    def _unpacked(self) -> Iterator[Path]:
        """The folder that holds the batches; those of an archive lie in a temporary one."""
        self.demand()
        place = self._place() or self.root
        if place.is_dir():
            yield place
            return
        with tempfile.TemporaryDirectory(prefix="darkroom-") as folder:
            self._extract(place, Path(folder))
            yield Path(folder)

    def _extract(self, archive: Path, target: Path) -> None:
        """Copy the wanted files out of the archive, whatever folder they are in there, and nothing else."""
        missing = set(self.members)
        try:
            with tarfile.open(archive, "r:gz") as packed:
                for member in packed:
                    name = member.name.rpartition("/")[2]
                    stream = packed.extractfile(member) if name in missing and member.isfile() else None
                    if stream:
                        with stream, open(target / name, "wb") as sink:
                            shutil.copyfileobj(stream, sink)
                        missing.remove(name)
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{archive} is damaged and cannot be unpacked ({error}); get it anew.") from error
        if missing:
            raise ValueError(f"{archive} is not the archive of {self.title}: it lacks {', '.join(sorted(missing))}.")

    def _class_names(self, place: Path) -> tuple[str, ...]:
        names = read_batch(place / self.names_file).get(self.names_key)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{place / self.names_file} must hold a list of texts {self.names_key!r}.")
        return tuple(names)

    def _read(self, path: Path, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
        """The images (n, 3, 32, 32) and labels of one batch."""
        batch = read_batch(path)
        pixels, labels = batch.get("data"), batch.get(self.labels_key)
        if not isinstance(pixels, np.ndarray) or pixels.ndim != 2 or pixels.shape[1] != PIXELS:
            raise ValueError(f"{path} must hold 'data' of the shape (n, {PIXELS}).")
        if not isinstance(labels, list) or len(labels) != len(pixels):
            raise ValueError(
                f"{path} must hold a list {self.labels_key!r} with a label for each of {len(pixels):,} images."
            )
        for number, label in enumerate(labels):
            if type(label) is not int or not 0 <= label < n_classes:
                raise ValueError(f"{path} gives image {number} the label {label!r}, not one of 0 to {n_classes - 1}.")
        return pixels.reshape(-1, *SHAPE), np.array(labels, dtype=np.int64)


@register
@dataclass(frozen=True)
class Cifar100(Cifar10):
    """CIFAR-100: 50,000 + 10,000 photographs of 32 x 32 pixels in a hundred classes (the "fine" labels).

    Files and places are as those of `Cifar10`, in ``cifar-100-python``.
    """

    kind: ClassVar[str] = "cifar-100"
    title: ClassVar[str] = "CIFAR-100"
    torchvision_name: ClassVar[str] = "CIFAR100"
    batches_folder: ClassVar[str] = "cifar-100-python"
    archive: ClassVar[str] = "cifar-100-python.tar.gz"
    train_batches: ClassVar[tuple[str, ...]] = ("train",)
    test_batch: ClassVar[str] = "test"
    names_file: ClassVar[str] = "meta"
    names_key: ClassVar[str] = "fine_label_names"
    labels_key: ClassVar[str] = "fine_labels"
