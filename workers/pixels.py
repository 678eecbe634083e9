"""The pixels of image sets: in the result where it is small and made from nothing, else in chunks in the data folder."""

import functools
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from workers.chunks import ChunkIndex, StoredImages
from workers.results import MissingResult, Results


class Pixels(Protocol):
    """Images (N, C, H, W) uint8 that can be read in part."""

    def read(self, ids: ArrayLike) -> np.ndarray:
        """Some images, uint8 (M, C, H, W).

        Raises
        ------
        ValueError
            An id is not the position of an image.
        FileNotFoundError
            A file that holds one of them is gone.
        """
        ...

    def read_all(self) -> np.ndarray:
        """All images, uint8 (N, C, H, W); the same errors."""
        ...


class KeptPixels:
    """Pixels that a result itself holds."""

    def __init__(self, results: Results, key: str):
        self._results = results
        self._key = key

    def read(self, ids: ArrayLike) -> np.ndarray:
        images = self.read_all()
        positions = np.asarray(ids, np.int64)
        if positions.size and (positions.min() < 0 or positions.max() >= len(images)):
            raise ValueError(
                f"ids must lie in 0 to {len(images) - 1}, not from {positions.min()} to {positions.max()}."
            )
        return images[positions]

    def read_all(self) -> np.ndarray:
        return self._results.array(self._key, "images")


def chunk_folder(data_dir: Path) -> Path:
    """Where the chunks of all image sets lie."""
    return data_dir / "image-sets" / "chunks"


# Keyed by content address, so never stale. A chunk is checked against its name once, not for each image that is shown.
@functools.lru_cache(16)
def pixels_of(results: Results, key: str, data_dir: Path) -> Pixels:
    """The pixels of a result that has some: of the kind "images", or "given" where the file held them.

    Raises
    ------
    MissingResult
        The result is not there, or holds no images.
    """
    meta = results.meta(key)
    if "chunks" in meta:
        return StoredImages(chunk_folder(data_dir), ChunkIndex.from_json(meta["chunks"]))
    if "images" in meta["arrays"]:
        return KeptPixels(results, key)
    raise MissingResult(f"the result {key[:12]} is of the kind {meta['kind']} and holds no images")
