"""Images at rest: files of some thousand images each, named by what they hold, in a folder that machines may share.

A file is written once and never changed, so any number of processes may write and read at the same time, and whoever
shows one image reads only the pages of the file that hold it.
"""

import hashlib
import io
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

Callback = Callable[[float, str], None]

MAX_CHUNK_IMAGES = 2048
CHUNK_BYTES = 1 << 23  # a chunk of large images holds fewer, but at least one


@dataclass(frozen=True)
class ChunkIndex:
    """Which chunks hold an image set. Small enough to lie beside its labels, as JSON.

    Parameters
    ----------
    shape : (N, C, H, W)
        Of all images together.
    per_chunk : int
        Image i lies in chunk i // per_chunk.
    digests : tuple of str
        The sha256 of each chunk's file, in hex, which is its name.

    Raises
    ------
    ValueError
        If the three do not fit together.
    """

    shape: tuple[int, int, int, int]
    per_chunk: int
    digests: tuple[str, ...]

    def __post_init__(self) -> None:
        numbers = (*self.shape, self.per_chunk)
        if len(numbers) != 5 or any(type(number) is not int or number < 1 for number in numbers):
            raise ValueError(f"shape and per_chunk must be five whole numbers from 1, not {numbers}.")
        if len(self.digests) != -(-self.shape[0] // self.per_chunk):
            raise ValueError(
                f"{self.shape[0]:,} images, {self.per_chunk:,} a chunk, do not fill {len(self.digests):,} chunks."
            )
        for digest in self.digests:  # it becomes a path
            if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
                raise ValueError(f"digests must be sha256 in hex, not {digest!r}.")

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` takes: lists, numbers and texts."""
        return {"shape": list(self.shape), "per_chunk": self.per_chunk, "digests": list(self.digests)}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "ChunkIndex":
        """Make an index of what `as_json` returned.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            return cls(tuple(told["shape"]), told["per_chunk"], tuple(told["digests"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"The index of chunks must have shape, per_chunk and digests, not {told!r}.") from error


def silent(fraction: float, message: str) -> None:
    """Tells nobody."""


def write_images(folder: str | os.PathLike, images: np.ndarray, callback: Callback = silent) -> ChunkIndex:
    """Write images as chunks; those that are there already are left as they are.

    A chunk appears in its place only when it is whole: after a kill or a full disk there is at most a file too many,
    whose name ends in .part. A chunk that is there but damaged is replaced.

    Parameters
    ----------
    folder : path
        Where chunks lie; it is made if it is not there.
    images : uint8 array (N, C, H, W)
        At least one image. May be mapped from a file: one chunk at a time is in memory.
    callback : Callback
        Is told how far the writing is, and may cancel it.

    Returns
    -------
    ChunkIndex

    Raises
    ------
    ValueError
        If `images` is not as described above.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"images must be uint8 of the shape (N, C, H, W) with no empty axis, not {images.dtype} of {images.shape}."
        )
    count = len(images)
    per_chunk = max(1, min(MAX_CHUNK_IMAGES, CHUNK_BYTES // images[0].nbytes))
    digests = []
    for start in range(0, count, per_chunk):
        callback(start / count, f"storing image {start + 1:,} of {count:,}")
        digests.append(_write_chunk(Path(folder), images[start : start + per_chunk]))
    _, n_channels, height, width = images.shape
    return ChunkIndex((count, n_channels, height, width), per_chunk, tuple(digests))


class StoredImages:
    """Images that lie in chunks, read when they are asked for.

    Each chunk is checked against its name when it is first touched; it stays mapped no longer than a call.

    Parameters
    ----------
    folder : path
        Where the chunks lie.
    index : ChunkIndex
        What `write_images` returned.
    """

    def __init__(self, folder: str | os.PathLike, index: ChunkIndex) -> None:
        self.folder = Path(folder)
        self.index = index
        self._whole: set[str] = set()  # digests of the chunks that were checked

    def __len__(self) -> int:
        return self.index.shape[0]

    def read(self, ids: ArrayLike) -> np.ndarray:
        """Read some images.

        Parameters
        ----------
        ids : ints (M,)
            Which, in which order; one may come twice.

        Returns
        -------
        uint8 array (M, C, H, W)

        Raises
        ------
        FileNotFoundError
            If a chunk that holds one of them is missing.
        ValueError
            If such a chunk is damaged, or an id is not the position of an image.
        """
        positions = np.asarray(ids)
        if positions.size == 0:  # an empty list comes as floats, which do not index
            positions = positions.astype(np.int64)
        if positions.ndim != 1 or positions.dtype.kind not in "iu":
            raise ValueError(f"ids must be a list of whole numbers, not {positions.dtype} of shape {positions.shape}.")
        if positions.size and (positions.min() < 0 or positions.max() >= len(self)):
            raise ValueError(
                f"ids must lie in 0 to {len(self) - 1}, but go from {positions.min()} to {positions.max()}."
            )
        images = np.empty((len(positions), *self.index.shape[1:]), np.uint8)
        chunks, places = np.divmod(positions, self.index.per_chunk)
        for chunk in np.unique(chunks):
            wanted = chunks == chunk
            images[wanted] = self._mapped(int(chunk))[places[wanted]]
        return images

    def read_all(self, callback: Callback = silent) -> np.ndarray:
        """Read all images.

        Parameters
        ----------
        callback : Callback
            Is told how far the reading is, and may cancel it.

        Returns
        -------
        uint8 array (N, C, H, W)

        Raises
        ------
        FileNotFoundError
            If a chunk is missing.
        ValueError
            If a chunk is damaged.
        """
        images = np.empty(self.index.shape, np.uint8)
        n_chunks = len(self.index.digests)
        for chunk in range(n_chunks):
            callback(chunk / n_chunks, f"reading chunk {chunk + 1:,} of {n_chunks:,}")
            start = chunk * self.index.per_chunk
            images[start : start + self.index.per_chunk] = self._mapped(chunk)
        return images

    def _mapped(self, chunk: int) -> np.ndarray:
        """The images of a chunk, mapped into memory: only what is looked at is read."""
        digest = self.index.digests[chunk]
        path = _path_of(self.folder, digest)
        try:
            if digest not in self._whole:
                if digest_of(path) != digest:
                    raise ValueError(f"The file {path} is damaged; delete it, and make the image set anew.")
                self._whole.add(digest)
            images = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"Chunk {chunk + 1} of {len(self.index.digests)} of the image set, {path}, is missing; "
                f"make the image set anew, or give the data folder that holds it."
            ) from error
        start = chunk * self.index.per_chunk
        expected = (min(self.index.per_chunk, len(self) - start), *self.index.shape[1:])
        if images.dtype != np.uint8 or images.shape != expected:
            raise ValueError(f"The file {path} holds {images.dtype} of {images.shape}, and not uint8 of {expected}.")
        return images


def _write_chunk(folder: Path, images: np.ndarray) -> str:
    """Write one chunk if it is not there, and return its digest."""
    written = io.BytesIO()
    np.lib.format.write_array(written, np.ascontiguousarray(images), version=(1, 0), allow_pickle=False)
    data = written.getbuffer()
    digest = hashlib.sha256(data).hexdigest()
    path = _path_of(folder, digest)
    if path.exists() and digest_of(path) == digest:
        os.utime(path)  # young again, so that no sweep takes it before the result that names it is there
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{digest}.{uuid.uuid4().hex}.part")
    try:
        with open(part, "xb") as sink:
            sink.write(data)
            sink.flush()
            os.fsync(sink.fileno())  # else a power cut may leave an empty file of the right name
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return digest


def _path_of(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / f"{digest}.npy"


def digest_of(path: Path) -> str:
    """sha256 of a file, in hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
