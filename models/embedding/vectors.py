"""What the methods share: vectors that are checked, fewer numbers to a vector, and each vector's nearest."""

import numpy as np

from models.progress import Callback

LEAST_PRECISE = (
    np.float32
)  # wider numbers stay as wide as they are; pixels of many images would take eightfold in float64
COLUMNS = 50  # that t-SNE and UMAP are given at most
EXACT_TO = 100_000  # vectors, beyond which neighbours are searched for approximately
PAIRS_AT_ONCE = 50_000_000  # about a third of a second


def checked(vectors: np.ndarray) -> np.ndarray:
    """The vectors (N, D) as floating point numbers, centred on 0: float32, or float64 where they are wider.

    Raises
    ------
    ValueError
        If they are not two or more vectors of one or more finite numbers.
    """
    if vectors.ndim != 2 or len(vectors) < 2 or vectors.shape[1] < 1:
        raise ValueError(
            f"vectors must have the shape (N, D), two vectors or more of one number or more, not {vectors.shape}."
        )
    if vectors.dtype.kind not in "iuf":
        raise ValueError(f"vectors must be numbers, not {vectors.dtype}.")
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1)) if vectors.dtype.kind == "f" else np.empty(0)
    if bad.size:
        raise ValueError(
            f"vectors must be finite numbers, but row {bad[0]} holds NaN or infinity ({bad.size:,} of {len(vectors):,} "
            "rows do)."
        )
    points = vectors.astype(np.result_type(vectors, LEAST_PRECISE))
    points -= vectors.mean(axis=0, dtype=np.float64).astype(points.dtype)
    return points


def check_dimensions(n_components: int) -> None:
    """Makes sure that a map has as many dimensions as people can look at.

    Raises
    ------
    ValueError
    """
    if n_components not in {2, 3}:
        raise ValueError(f"n_components must be 2 or 3, not {n_components}.")


def neighbours(points: np.ndarray, count: int, seed: int, callback: Callback) -> tuple[np.ndarray, np.ndarray]:
    """The nearest others of each point, nearest first; exactly to 100,000 points, by Annoy's trees beyond.

    Parameters
    ----------
    points : array (N, D)
    count : int
        How many, 1 to N - 1.
    seed : int
        Chooses the trees.
    callback : Callback
        Told the share that is done, and several times a second; before and after, where trees are used.

    Returns
    -------
    indices : int array (N, count)
    distances : float64 array (N, count)
        Euclidean.

    Raises
    ------
    Cancelled
        If the callback raises it.
    """
    message = "looking for neighbours"
    callback(0.0, message)
    if len(points) > EXACT_TO:
        import torch
        from openTSNE.nearest_neighbors import Annoy

        trees = Annoy(points, count, n_jobs=torch.get_num_threads(), random_state=seed)
        indices, distances = trees.build()
        callback(1.0, message)
        return indices, distances.astype(np.float64)
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(points)
    indices = np.empty((len(points), count), np.int64)
    distances = np.empty((len(points), count))
    step = max(1, PAIRS_AT_ONCE // len(points))
    for start in range(0, len(points), step):
        rows = np.arange(start, min(start + step, len(points)))
        far, found = search.kneighbors(points[rows])
        # The point itself is left out: of several at its place it need not be the first, nor among those found.
        mine = found == rows[:, np.newaxis]
        mine[~mine.any(axis=1), -1] = True
        indices[rows], distances[rows] = found[~mine].reshape(-1, count), far[~mine].reshape(-1, count)
        callback((rows[-1] + 1) / len(points), message)
    return indices, distances
