"""Where something new would lie on a map, about."""

import numpy as np

NEAREST = 10
TINY = 1e-12  # beside the largest squared distance: a known vector's own place outweighs all others


def approximate_place(vectors: np.ndarray, places: np.ndarray, query: np.ndarray, nearest: int = NEAREST) -> np.ndarray:
    """The mean place of the nearest known vectors, those that are closer weighing more.

    t-SNE has no place for what it was not given, and to look for one takes it most of a second (`openTSNE`).

    Parameters
    ----------
    vectors : array (N, D)
        What was mapped.
    places : array (N, 2 or 3)
        Where it lies.
    query : array (D,)
        What is new.
    nearest : int
        How many are looked at; fewer where there are fewer.

    Returns
    -------
    float32 array (2 or 3,)
        Weighted by the inverse of the squared distance; the place of a known vector for that vector itself.

    Raises
    ------
    ValueError
        If the lengths do not fit.
    """
    if vectors.ndim != 2 or query.shape != vectors.shape[1:] or len(places) != len(vectors):
        raise ValueError(
            f"query must have the length of the vectors, {vectors.shape[1:]}, with a place for each of them; it has "
            f"{query.shape}, and there are {len(places)} places of {len(vectors)} vectors."
        )
    squares = ((vectors - query.astype(vectors.dtype)) ** 2).sum(axis=1)
    count = min(nearest, len(squares))
    chosen = np.argpartition(squares, count - 1)[:count]
    weights = 1 / (squares[chosen] + TINY * (squares[chosen].max() + TINY))
    return (weights @ places[chosen] / weights.sum()).astype(np.float32)
