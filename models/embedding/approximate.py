"""Where something new would lie on a map, about."""

import numpy as np

NEAREST = 10
LOOKED_AT = 8  # times as many, that may be the nearest by a rounded distance
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
    near = query.astype(vectors.dtype)
    # Squared distances but for a constant, which is quick and rounded; those of the foremost are then found exactly.
    rough = np.einsum("ij,ij->i", vectors, vectors) - 2 * (vectors @ near)
    count = min(nearest, len(rough))
    looked_at = np.argpartition(rough, min(LOOKED_AT * count, len(rough)) - 1)[: LOOKED_AT * count]
    squares = ((vectors[looked_at] - near) ** 2).sum(axis=1)
    order = np.argsort(squares)[:count]
    chosen, squares = looked_at[order], squares[order]
    weights = 1 / (squares + TINY * (squares.max() + TINY))
    return (weights @ places[chosen] / weights.sum()).astype(np.float32)
