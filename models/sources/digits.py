"""The handwritten digits that come with scikit-learn: no files, no download."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.datasets import load_digits

from models.data import ImageSet, digits
from models.progress import Callback, silent
from models.sources.hashing import manifest_of
from models.sources.registry import Source, register
from models.sources.settings import check_split


@register
@dataclass(frozen=True)
class Digits(Source):
    """The 1,797 digits, as `models.data.digits` makes them.

    Parameters
    ----------
    seed : int
        Chooses the stratified split.
    test_fraction : float
        The share of each digit that is kept for testing, between 0 and 1.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    kind: ClassVar[str] = "digits"
    title: ClassVar[str] = "Handwritten digits (scikit-learn)"

    seed: int = 0
    test_fraction: float = 0.2

    def __post_init__(self) -> None:
        check_split(self.test_fraction, self.seed)

    def load(self, callback: Callback = silent) -> ImageSet:
        """Make the set; it takes less than a second."""
        callback(None, "enlarging the digits")
        return digits(self.seed, self.test_fraction)

    def manifest(self, callback: Callback = silent) -> str:
        """Hash the pixels and labels that scikit-learn brings."""
        pixels, labels = map(np.asarray, load_digits(return_X_y=True))
        return manifest_of(
            (name, hashlib.sha256(np.ascontiguousarray(array, dtype="<f8").tobytes()).digest())
            for name, array in ((b"pixels", pixels), (b"labels", labels))
        )
