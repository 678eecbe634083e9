"""Principal component analysis."""

import numpy as np

from models.embedding.vectors import COLUMNS, checked
from models.progress import Callback, silent


class PCA:
    """Principal component analysis (Pearson 1901): the plane, or space, in which the vectors vary most.

    Parameters
    ----------
    n_components : int
        The dimensions of the map, 1 or more.
    random_state : int
        Seeds the randomised solver, which scikit-learn takes for many vectors of more than 1,000 numbers; all others
        are exact.

    Attributes
    ----------
    embedding_ : float32 array (N, n_components)
        The vectors along the components, the first first, in their own units, centred on 0. The largest weight of each
        component is positive, so that no picture is mirrored when it is made again. Where there are fewer components
        than were asked for, the others are 0.
    explained_variance_ratio_ : float64 array (n_components,)
        The share of the variance along each; 0 where nothing varies.
    """

    def __init__(self, n_components: int = 2, random_state: int = 0) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, vectors: np.ndarray, callback: Callback = silent) -> "PCA":
        """Find the components.

        Parameters
        ----------
        vectors : array (N, D)
            Numbers; two or more vectors of one number or more. Those of one number lie on a line.
        callback : Callback
            Called once, before the work, which is short.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the array is not as described above, or holds NaN or infinity.
        Cancelled
            If the callback raises it.
        """
        from sklearn.decomposition import PCA as Solver  # noqa: N811 - loaded by the first who needs it

        callback(None, "looking for the components")
        points = checked(vectors)
        self.embedding_ = np.zeros((len(points), self.n_components), np.float32)
        self.explained_variance_ratio_ = np.zeros(self.n_components)
        if np.ptp(vectors, axis=0).any():
            there = min(self.n_components, *points.shape)
            solver = Solver(there, random_state=self.random_state)
            self.embedding_[:, :there] = solver.fit_transform(points)
            self.explained_variance_ratio_[:there] = solver.explained_variance_ratio_
        return self


def reduced(vectors: np.ndarray, random_state: int) -> tuple[np.ndarray, int | None]:
    """Vectors (N, D) of at most 50 numbers: themselves, or their first 50 principal components; and how many those are,
    or None. Neighbours hardly change by it, and are found in a fraction of the time."""
    if vectors.ndim == 2 and min(vectors.shape) > COLUMNS:
        return PCA(COLUMNS, random_state).fit(vectors).embedding_, COLUMNS
    return checked(vectors), None
