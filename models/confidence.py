"""How far a map can be trusted: whether neighbours on it are told the same by the classifier."""

from collections.abc import Sequence

import numpy as np

from models.outputs import as_probabilities, check_outputs
from models.progress import Callback, silent

PAIRS_AT_ONCE = 1_000_000  # about 50 MB


def local_fidelity(
    probabilities: np.ndarray, places: np.ndarray, ks: Sequence[int], callback: Callback = silent
) -> np.ndarray:
    """M_k of a map (Xu et al. 2018, Eq. 4): how much the predictions of nearest neighbours differ, on average.

    M_k = 1/N sum_i 1/k sum_{j in NN_k(y_i)} JSD(p_i, p_j), where JSD is the Jensen-Shannon distance: the square root of
    the divergence in nats, from 0 (the same) to sqrt(log 2) = 0.83 (nothing in common). The paper compares the student's
    vectors; a map of t-SNE has no student, so here p are the teacher's, for every map.

    Neighbours are exact, and a point is none of its own. Of points equally far, as duplicates are, any may be taken:
    where they are told different things, M_k depends on which by as much as they are part of k.

    Parameters
    ----------
    probabilities : array (N, K)
        What the classifier says of each point; rows sum to 1. Zeros are fine.
    places : array (N, 2)
        Where each point lies on the map.
    ks : sequence of int
        Numbers of neighbours, each 1 to N - 1, in any order. One search, for the largest, serves all.
    callback : Callback
        Told the share that is done, for every million pairs.

    Returns
    -------
    float64 array (len(ks),)
        M_k of each k, in nats^(1/2); smaller is better.

    Raises
    ------
    ValueError
        If the arrays are not as described above, or a k is out of range.
    Cancelled
        If the callback raises it.
    """
    from scipy.spatial import cKDTree  # loaded by the first who needs it
    from torch import get_num_threads

    halves = checked_probabilities(probabilities).T / 2
    places = checked_places(places, halves.shape[1])
    counts = _checked_ks(ks, len(places))
    largest = int(counts.max())
    tree = cKDTree(places)
    negative_entropy = np.zeros(len(places))
    for half in halves:
        negative_entropy += _x_log_x(2 * half)

    sums = np.zeros(largest)  # of the distances to the first neighbours, the second, ...
    step = max(1, PAIRS_AT_ONCE // largest)
    for start in range(0, len(places), step):
        rows = np.arange(start, min(start + step, len(places)))
        found = tree.query(places[rows], largest + 1, workers=get_num_threads())[1]
        # The point itself is left out: of several at its place it need not be the first, nor among those found.
        mine = found == rows[:, np.newaxis]
        mine[~mine.any(axis=1), -1] = True
        others = found[~mine].reshape(len(rows), largest)
        # A class at a time, in the same order as above: the divergence of equal vectors is then exactly 0.
        mixed = np.zeros(others.shape)
        for half in halves:
            mixed += _x_log_x(half[others] + half[rows, np.newaxis])
        divergence = (negative_entropy[rows, np.newaxis] + negative_entropy[others]) / 2 - mixed
        sums += np.sqrt(np.maximum(divergence, 0)).sum(axis=0)
        callback((rows[-1] + 1) / len(places), "comparing neighbours")
    return np.cumsum(sums)[counts - 1] / (len(places) * counts)


def checked_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities (N, K) as float64, nowhere below 0, rows summing to 1.

    Raises
    ------
    ValueError
        If they are no finite probabilities of two classes or more.
    """
    numbers = check_outputs(np.asarray(probabilities), "probabilities").astype(np.float64)
    return as_probabilities(numbers, "probabilities")


def checked_places(places: np.ndarray, count: int | None = None) -> np.ndarray:
    """Places on a map (N, 2) as float64; N is `count`, where that is given.

    Raises
    ------
    ValueError
        If they are no finite numbers of that shape.
    """
    places = np.asarray(places)
    if places.ndim != 2 or places.shape[1] != 2 or len(places) < 1:
        raise ValueError(f"places must have the shape (N, 2), one point or more, not {places.shape}.")
    if places.dtype.kind not in "iuf":
        raise ValueError(f"places must be numbers, not {places.dtype}.")
    if count is not None and len(places) != count:
        raise ValueError(f"there must be a place for each of {count:,} rows of probabilities, not {len(places):,}.")
    bad = np.flatnonzero(~np.isfinite(places).all(axis=1))
    if bad.size:
        raise ValueError(
            f"places must be finite numbers, but that of point {bad[0]} is not ({bad.size:,} of {len(places):,} are so)."
        )
    return places.astype(np.float64)


def _checked_ks(ks: Sequence[int], count: int) -> np.ndarray:
    counts = np.asarray(ks)
    if counts.ndim != 1 or counts.size == 0 or counts.dtype.kind not in "iu":
        raise ValueError(f"ks must be one or more whole numbers of neighbours, not {ks!r}.")
    bad = counts[(counts < 1) | (counts >= count)]
    if bad.size:
        raise ValueError(f"k must be 1 to {count - 1:,}, as a point has that many others, not {bad[0]:,}.")
    return counts


def _x_log_x(numbers: np.ndarray) -> np.ndarray:
    """x log x, 0 at 0."""
    return numbers * np.log(np.maximum(numbers, np.finfo(np.float64).tiny))
