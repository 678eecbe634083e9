"""How diverse inputs are, as points in space: inter-sample entropy (CNNSlicer, Eq. 4 to 7)."""

from typing import NamedTuple

import numpy as np
import torch
from numba import njit, prange
from scipy import sparse

from models.progress import Callback, silent

FEWEST = 3  # inputs: with two, all that Eq. 5 asks for is 0
N_NEIGHBORS = 1700  # with which the paper's figures come out; it states none
ROWS = 500  # of distances at once
NEAR = 1e-3  # squared distance over squared lengths, below which a difference of products says too little
TOLERANCE = 1e-9  # of Eq. 5, over its right side
MOST_STEPS = 100


class InterSample(NamedTuple):
    """What the inter-sample entropy of N inputs is.

    Attributes
    ----------
    bits : float
        Eq. 7.
    normalized : float
        The same, over the most that so many inputs and neighbours allow, log2 min(N (N − 1), 2 N k): 0 to 1.
    n_neighbors : int
        k, at most N − 1.
    collapsed : int
        How many inputs have no scale, as too many others coincide with them; they count for nothing.
    """

    bits: float
    normalized: float
    n_neighbors: int
    collapsed: int


def inter_sample_entropy(
    X: np.ndarray,  # noqa: N803
    n_neighbors: int = N_NEIGHBORS,
    normalized: bool = False,
    approximate: bool = False,
    random_state: int = 0,
    device: str | torch.device = "cpu",
    callback: Callback = silent,
) -> float:
    """Inter-sample entropy: `inter_sample`, of which it takes one number.

    Parameters
    ----------
    X : array (N, ...)
    n_neighbors, approximate, random_state, device, callback
        See `inter_sample`.
    normalized : bool
        Whether over the most that is possible, 0 to 1, else in bits.

    Returns
    -------
    float
    """
    found = inter_sample(X, n_neighbors, approximate, random_state, device, callback)
    return found.normalized if normalized else found.bits


def inter_sample(
    X: np.ndarray,  # noqa: N803
    n_neighbors: int = N_NEIGHBORS,
    approximate: bool = False,
    random_state: int = 0,
    device: str | torch.device = "cpu",
    callback: Callback = silent,
) -> InterSample:
    """How diverse inputs are.

    From each input to its k nearest, P(j|i) = exp(−‖x_i − x_j‖ / σ_i) (Eq. 4), with σ_i such that they add up to log2 k
    (Eq. 5); P = (P(j|i) + P(i|j)) / 2N (Eq. 6), brought to 1 in all; and H = −Σ P log2 P (Eq. 7). The entropy does not know
    how large the space is: the same points twice as far apart have the same. Most of what it grows by with N is log N.

    Parameters
    ----------
    X : array (N, ...)
        A row an input, 3 or more; what is behind it is flattened.
    n_neighbors : int
        k, 2 or more; at most N − 1 are taken.
    approximate : bool
        Whether neighbours are searched by pynndescent, which finds nearly all of them, instead of among all.
    random_state : int
        Of that search.
    device : str or torch.device
        What multiplies, where they are exact.
    callback : Callback
        Called after each block of rows.

    Returns
    -------
    InterSample

    Raises
    ------
    ValueError
        If there are fewer than 3 inputs, a number is not finite, or k is below 2.
    Cancelled
        If the callback raises it.
    """
    points = np.asarray(X, np.float32).reshape(len(X), -1)
    if len(points) < FEWEST:
        raise ValueError(f"There must be {FEWEST} inputs or more to be diverse, not {len(points)}.")
    if not np.isfinite(points).all():
        raise ValueError("X must be finite numbers.")
    if n_neighbors < 2:
        raise ValueError(f"n_neighbors must be a whole number, 2 or more, not {n_neighbors!r}.")
    k = min(n_neighbors, len(points) - 1)
    if approximate and k < len(points) - 1:
        callback(0.0, "searching neighbours")
        neighbours, apart = _searched(points, k, random_state)
    else:
        neighbours, apart = nearest(points, k, device, callback)
    callback(0.8, "fitting scales")
    chances = np.empty_like(apart)
    _fit(apart, np.log2(k), chances)
    collapsed = int((chances.sum(axis=1) == 0).sum())
    bits = _joint_entropy(neighbours, chances)
    most = np.log2(min(len(points) * (len(points) - 1), 2 * len(points) * k))
    callback(1.0, "entropy")
    return InterSample(bits, bits / most, k, collapsed)


def nearest(
    points: np.ndarray, k: int, device: str | torch.device = "cpu", callback: Callback = silent
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest others of each point, in no order.

    Parameters
    ----------
    points : float32 array (N, D)
    k : int
        Below N.
    device : str or torch.device
    callback : Callback

    Returns
    -------
    (neighbours, distances)
        int32 and float32 arrays (N, k). Distances come from products of centred rows; those so small that the products would
        lose them are measured again, directly.
    """
    count = len(points)
    given = torch.tensor(points - points.mean(axis=0), device=device)
    squares = (given**2).sum(dim=1)
    neighbours, apart = np.empty((count, k), np.int32), np.empty((count, k), np.float32)
    for start in range(0, count, ROWS):
        rows = slice(start, min(start + ROWS, count))
        lengths = squares[rows, None] + squares[None]
        between = lengths - 2 * (given[rows] @ given.T)
        near = between < NEAR * lengths
        near[torch.arange(rows.stop - start), torch.arange(start, rows.stop)] = False
        of, to = near.nonzero(as_tuple=True)
        for some in torch.arange(len(of)).split(100_000):
            between[of[some], to[some]] = ((given[start + of[some]] - given[to[some]]) ** 2).sum(dim=1)
        between[torch.arange(rows.stop - start), torch.arange(start, rows.stop)] = torch.inf  # itself
        found = between.topk(k, largest=False, sorted=False)
        neighbours[rows] = found.indices.cpu().numpy()
        apart[rows] = found.values.clamp_min(0).sqrt().cpu().numpy()
        callback(0.8 * rows.stop / count, f"neighbours of {rows.stop:,} of {count:,} inputs")
    return neighbours, apart


def _searched(points: np.ndarray, k: int, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """About the k nearest others of each point; see `nearest`."""
    from pynndescent import NNDescent  # compiles for seconds when it loads

    graph = NNDescent(points, n_neighbors=k + 1, random_state=random_state).neighbor_graph
    assert graph is not None
    found, apart = graph
    itself = found == np.arange(len(points))[:, np.newaxis]
    itself[~itself.any(axis=1), -1] = True  # where others coincide with it, it may be missing: the last goes
    keep = ~itself
    return found[keep].reshape(-1, k).astype(np.int32), apart[keep].reshape(-1, k).astype(np.float32)


@njit(parallel=True, cache=True)
def _fit(apart: np.ndarray, wanted: float, chances: np.ndarray) -> None:
    """P(j|i) of Eq. 4 with the scales of Eq. 5, by Newton's steps inside a bracket that halves; 0 where there is none.

    The sum of exp(−rate · d) falls with the rate from k to the number of neighbours that coincide, and is convex.
    """
    for row in prange(len(apart)):
        coinciding = 0
        nearest_apart = np.inf
        for value in apart[row]:
            if value == 0:
                coinciding += 1
            elif value < nearest_apart:
                nearest_apart = value
        if coinciding >= wanted:
            chances[row] = 0
            continue
        low, high = 0.0, np.inf
        rate = 1.0 / nearest_apart
        for _ in range(MOST_STEPS):
            total, slope = 0.0, 0.0
            for value in apart[row]:
                chance = np.exp(-rate * value)
                total += chance
                slope -= value * chance
            if abs(total - wanted) <= TOLERANCE * wanted:
                break
            if total > wanted:
                low = rate
            else:
                high = rate
            rate -= (total - wanted) / slope if slope < 0 else 0.0
            if not low < rate < high:
                rate = 2 * low if high == np.inf else (low + high) / 2
        for column in range(apart.shape[1]):
            chances[row, column] = np.exp(-rate * apart[row, column])


def _joint_entropy(neighbours: np.ndarray, chances: np.ndarray) -> float:
    """Entropy of Eq. 7 of the joint table of Eq. 6, in bits; 0 where nothing is likely."""
    count, k = chances.shape
    starts = np.arange(0, count * k + 1, k)
    one_way = sparse.csr_array((chances.ravel(), neighbours.ravel(), starts), shape=(count, count))
    both = one_way + one_way.T.tocsr()
    total = both.data.sum(dtype=np.float64)
    if total == 0:
        return 0.0
    return float(_plogp(both.data / total))


@njit(parallel=True, cache=True)
def _plogp(shares: np.ndarray) -> float:
    """−Σ p log2 p."""
    total = 0.0
    for place in prange(len(shares)):
        if shares[place] > 0:
            total -= shares[place] * np.log2(shares[place])
    return total
