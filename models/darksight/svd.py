"""DarkSight simplified: a soft-max student of logits, solved at once."""

from typing import NamedTuple

import numpy as np


class LinearMap(NamedTuple):
    """The best map for a linear student.

    Attributes
    ----------
    embedding : float64 array (N, 2)
        Places; columns of length 1, orthogonal.
    weights : float64 array (2, K)
        The student's: its logits are ``embedding @ weights``.
    explained : float
        Share of the squares of the centred logits that the two dimensions hold, 0 to 1.
    """

    embedding: np.ndarray
    weights: np.ndarray
    explained: float


def darksight_svd(logits: np.ndarray) -> LinearMap:
    """DarkSight with a soft-max student and the squared error of logits (App. A), by singular value decomposition.

    Every row of the logits is centred first, which changes no probability. The largest weight of each dimension is positive.

    Parameters
    ----------
    logits : array (N, K)
        Finite; two or more rows and classes. Of probabilities take the logs.

    Returns
    -------
    LinearMap

    Raises
    ------
    ValueError
        If the logits are not as described above.
    """
    logits = np.asarray(logits, np.float64)
    if logits.ndim != 2 or min(logits.shape) < 2:
        raise ValueError(f"logits must have the shape (N, K), two rows and two classes or more, not {logits.shape}.")
    bad = np.flatnonzero(~np.isfinite(logits).all(1))
    if bad.size:
        raise ValueError(
            f"logits must be finite numbers, but row {bad[0]} holds NaN or infinity; of probabilities that may be 0, take "
            "the logs after clipping."
        )
    centred = logits - logits.mean(1, keepdims=True)
    # The right vectors are those of the small matrix (K, K), which a million rows do not make larger.
    squares, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, :-3:-1]
    axes *= np.where(axes[np.abs(axes).argmax(0), [0, 1]] < 0, -1, 1)
    lengths = np.sqrt(np.clip(squares[:-3:-1], 0, None))
    there = lengths > 1e-10 * max(lengths[0], 1e-300)
    embedding = centred @ axes / np.where(there, lengths, np.inf)
    whole = float(squares.clip(0).sum())
    return LinearMap(embedding, (axes * lengths).T, float((lengths**2).sum()) / whole if whole else 1.0)
