"""Where something new would lie on a map, about."""

import numpy as np

NEAREST = 10
LOOKED_AT = 8  # times as many, that may be the nearest by a rounded distance
TOGETHER = 2**24  # distances that are looked at at once
TINY = 1e-12  # beside the largest squared distance: a known vector's own place outweighs all others


def approximate_places(
    vectors: np.ndarray, places: np.ndarray, queries: np.ndarray, nearest: int = NEAREST
) -> np.ndarray:
    """Of each query the mean place of the nearest known vectors, those that are closer weighing more.

    t-SNE has no place for what it was not given, and to look for one takes it most of a second (`openTSNE`).

    Parameters
    ----------
    vectors : array (N, D)
        What was mapped.
    places : array (N, 2 or 3)
        Where it lies.
    queries : array (M, D)
        What is new.
    nearest : int
        How many are looked at; fewer where there are fewer.

    Returns
    -------
    float32 array (M, 2 or 3)
        Weighted by the inverse of the squared distance; the place of a known vector for that vector itself.

    Raises
    ------
    ValueError
        If the lengths do not fit.
    """
    if vectors.ndim != 2 or queries.shape[1:] != vectors.shape[1:] or len(places) != len(vectors):
        raise ValueError(
            f"queries must have the length of the vectors, {vectors.shape[1:]}, with a place for each of them; they have "
            f"{queries.shape[1:]}, and there are {len(places)} places of {len(vectors)} vectors."
        )
    new, lengths = queries.astype(vectors.dtype), np.einsum("ij,ij->i", vectors, vectors)
    count = min(nearest, len(vectors))
    n_looked_at = min(LOOKED_AT * count, len(vectors))
    block = max(1, TOGETHER // len(vectors))
    found = np.empty((len(new), places.shape[1]), np.float32)
    for start in range(0, len(new), block):
        rows = slice(start, start + block)
        # Squared distances but for a constant, which is quick and rounded; those of the foremost are then found exactly.
        rough = lengths - 2 * (new[rows] @ vectors.T)
        for row, (query, apart) in enumerate(zip(new[rows], rough, strict=True), start):
            looked_at = np.argpartition(apart, n_looked_at - 1)[:n_looked_at]
            squares = ((vectors[looked_at] - query) ** 2).sum(axis=1)
            order = np.argsort(squares)[:count]
            weights = 1 / (squares[order] + TINY * (squares[order].max() + TINY))
            found[row] = weights @ places[looked_at[order]] / weights.sum()
    return found
