"""What the student says of the plane, however places on it are found."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from models.darksight.student import Student, covariance

PAIRS_AT_ONCE = 1 << 22  # of classes and places, in float64


class DensityGrid(NamedTuple):
    """The density of the student over a window, as contours are drawn from it.

    Attributes
    ----------
    x, y : float64 arrays (G,)
        Columns from left to right, rows from below.
    log_density : float64 array (G, G)
        log P(y) in nats at each row and column.
    """

    x: np.ndarray
    y: np.ndarray
    log_density: np.ndarray


class Plane(TransformerMixin, BaseEstimator, ABC):
    """A map with a student on it, once it is fitted.

    Attributes
    ----------
    embedding_ : float32 array (N, 2)
        Places, NaN for points that are hidden.
    means_ : float64 array (K, 2)
        Centres of the classes.
    class_log_prior_ : float64 array (K,)
    """

    embedding_: np.ndarray
    means_: np.ndarray
    class_log_prior_: np.ndarray

    @property
    @abstractmethod
    def degrees(self) -> float:
        """Of freedom, of what the places of a class are to the student; infinite for Gaussians."""

    @abstractmethod
    def fit(self, P: Any, y: Any = None) -> "Plane":  # noqa: N803
        """Find student and places."""

    def student(self) -> Student:
        """What was learned, in float64."""
        check_is_fitted(self)
        means, prior = torch.as_tensor(self.means_.T.copy()), torch.as_tensor(self.class_log_prior_)
        return Student(means, prior, covariance(len(prior)), self.degrees)

    def fit_transform(self, P: Any, y: Any = None) -> np.ndarray:  # noqa: N803
        """Fit, and return `embedding_`."""
        return self.fit(P).embedding_

    def predict_proba(self, Y: Any) -> np.ndarray:  # noqa: N803
        """What the student says of places.

        Parameters
        ----------
        Y : array (M, 2)

        Returns
        -------
        float64 array (M, K)
            P(c | y), rows that sum to 1; NaN for places that are NaN.
        """
        answers = [seen.softmax(0).T.numpy() for seen in self._seen(Y)]
        return np.concatenate(answers) if answers else np.empty((0, len(self.means_)))

    def score_samples(self, Y: Any) -> np.ndarray:  # noqa: N803
        """The log of the density of the student at places, log P(y) = log Σ P(y | c) P(c).

        Parameters
        ----------
        Y : array (M, 2)

        Returns
        -------
        float64 array (M,)
            NaN for places that are NaN.
        """
        return np.concatenate([np.empty(0), *(seen.logsumexp(0).numpy() for seen in self._seen(Y))])

    def density_grid(self, n: int = 100, margin: float = 0.05) -> DensityGrid:
        """The density all over a window that holds the means and every point that is shown.

        Parameters
        ----------
        n : int
            Columns, and as many rows, 2 or more.
        margin : float
            What is added at each side, as a share of the width or height; a standard deviation of a class at least.

        Returns
        -------
        DensityGrid

        Raises
        ------
        ValueError
            If n is below 2, or the margin is not 0 or more and finite.
        """
        if not (n >= 2 and 0 <= margin < math.inf):
            raise ValueError(f"n must be 2 or more and margin 0 or more and finite, not {n!r} and {margin!r}.")
        check_is_fitted(self)
        held = np.concatenate([self.means_, self.embedding_[~np.isnan(self.embedding_[:, 0])]])
        low, high = held.min(0), held.max(0)
        edge = np.maximum((high - low) * margin, math.sqrt(covariance(len(self.means_))))
        x, y = np.linspace(low - edge, high + edge, n).T
        places = np.stack(np.meshgrid(x, y), 2).reshape(-1, 2)
        return DensityGrid(x, y, self.score_samples(places).reshape(n, n))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]  # what places are, whatever P is
        return tags

    def _seen(self, places: Any) -> Iterator[torch.Tensor]:
        """log P(y, c), float64 (K, some of M), part by part."""
        student = self.student()
        places = np.asarray(places, np.float64)
        if places.ndim != 2 or places.shape[1] != 2:
            raise ValueError(f"Y must be places on the map, of the shape (M, 2), not {places.shape}.")
        at_once = max(1, PAIRS_AT_ONCE // len(self.means_))
        for start in range(0, len(places), at_once):
            yield student.joint(torch.as_tensor(places[start : start + at_once].T.copy())).log
