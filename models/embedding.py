"""Embeddings: what high-dimensional vectors look like in a plane. Settings first, `fit`, then `embedding_`."""

import numpy as np


class PCA:
    """Principal component analysis (Pearson 1901): the plane in which the vectors vary most.

    Parameters
    ----------
    random_state : int
        Seeds the randomised solver, which scikit-learn takes for many vectors of more than 1,000 numbers; all others
        are exact.

    Attributes
    ----------
    embedding_ : float32 array (N, 2)
        The vectors along the first and the second component, in their own units, centred on 0. The largest weight of
        each component is positive, so that no picture is mirrored when it is made again.
    explained_variance_ratio_ : float64 array (2,)
        The share of the variance along each of the two; 0 where nothing varies.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, vectors: np.ndarray) -> "PCA":
        """Find the plane.

        Parameters
        ----------
        vectors : array (N, D)
            Numbers; two or more vectors of one number or more. Those of one number lie on a line.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the array is not as described above, or holds NaN or infinity.
        """
        from sklearn.decomposition import PCA as Solver  # noqa: N811 - loaded by the first who needs it

        points = _checked(vectors)
        self.embedding_ = np.zeros((len(points), 2), np.float32)
        self.explained_variance_ratio_ = np.zeros(2)
        if np.ptp(points, axis=0).any():
            n_components = min(2, points.shape[1])
            solver = Solver(n_components, random_state=self.random_state)
            self.embedding_[:, :n_components] = solver.fit_transform(points)
            self.explained_variance_ratio_[:n_components] = solver.explained_variance_ratio_
        return self


def _checked(vectors: np.ndarray) -> np.ndarray:
    if vectors.ndim != 2 or len(vectors) < 2 or vectors.shape[1] < 1:
        raise ValueError(
            f"vectors must have the shape (N, D), two vectors or more of one number or more, not {vectors.shape}."
        )
    if vectors.dtype.kind not in "iuf":
        raise ValueError(f"vectors must be numbers, not {vectors.dtype}.")
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if bad.size:
        raise ValueError(
            f"vectors must be finite numbers, but row {bad[0]} holds NaN or infinity ({bad.size:,} of {len(vectors):,} "
            "rows do)."
        )
    return vectors.astype(np.float64)
