"""How much the channels of two layers have in common: mutual information of the distances between images (CNNSlicer, 5.3)."""

from typing import NamedTuple

import numpy as np
import torch
from numba import njit, prange

from models.progress import Callback, silent

FEWEST = 3  # inputs
MOST_BINS = 256  # the number of a bin is a byte
BESIDE = 4  # histograms that are counted in turn, as one waits for its own last write
ONE_HOT_PAIRS = 8192  # pairs of inputs at once, on a device


class Binned(NamedTuple):
    """The distances between inputs, as each channel of a layer has them.

    Attributes
    ----------
    numbers : uint8 array (C, P)
        The bin of each of the P = N (N − 1) / 2 pairs of inputs.
    entropies : float64 array (C,)
        Of the bins, in bits.
    """

    numbers: np.ndarray
    entropies: np.ndarray


def channel_capacity(
    a: np.ndarray,
    b: np.ndarray,
    bins: int = 32,
    device: str | torch.device = "cpu",
    callback: Callback = silent,
) -> np.ndarray:
    """Capacity between every channel of one layer and every channel of another, H(X) − H(X|Y) of Eq. 3.

    That is the mutual information of how far two inputs lie apart in the one channel and in the other: Euclidean distances
    of the flattened maps of all pairs of inputs, in `bins` bins of equal width from the smallest to the largest distance of
    each channel, as `numpy.histogram2d` counts them. It does not obey data processing, and few pairs make it too large:
    compare with `permuted`, where nothing is in common.

    Parameters
    ----------
    a : array (N, C_A, H, W)
        The maps of N inputs, 3 or more; more or fewer axes behind the channels are as good.
    b : array (N, C_B, H', W')
        Of the same inputs.
    bins : int
        2 to 256.
    device : str or torch.device
        "cuda" counts with products of matrices on it.
    callback : Callback

    Returns
    -------
    float64 array (C_A, C_B)
        Bits, 0 or more. A channel that says the same of all inputs has 0 with every other.

    Raises
    ------
    ValueError
        If there are too few inputs, not the same ones, no channels, or too many bins.
    Cancelled
        If the callback raises it.
    """
    one, other = np.asarray(a), np.asarray(b)
    if len(one) != len(other):
        raise ValueError(f"a and b must be of the same inputs, but a has {len(one):,} and b {len(other):,}.")
    first = binned(distances(one, device), bins)
    callback(0.3, "distances of the first layer")
    second = first if b is a else binned(distances(other, device), bins)
    callback(0.6, "distances of both layers")
    return capacity(first, second, bins, device)


def permuted(maps: np.ndarray, random_state: int = 0) -> np.ndarray:
    """The same maps of other inputs: what `channel_capacity` then finds is its bias, as nothing is in common.

    Parameters
    ----------
    maps : array (N, ...)
    random_state : int

    Returns
    -------
    array (N, ...)
        Its rows in another order.
    """
    return np.asarray(maps)[np.random.default_rng(random_state).permutation(len(maps))]


def distances(maps: np.ndarray, device: str | torch.device = "cpu") -> np.ndarray:
    """How far apart the maps of each two inputs are, a row a channel.

    Parameters
    ----------
    maps : array (N, C, ...)
        N inputs, 3 or more.
    device : str or torch.device
        What multiplies.

    Returns
    -------
    float32 array (C, N (N − 1) / 2)
        Euclidean, in the order of `numpy.triu_indices(N, 1)`.

    Raises
    ------
    ValueError
        If there are too few inputs, or no channels.
    """
    if maps.ndim < 2 or not maps.shape[1]:
        raise ValueError(f"maps must have channels, (N, C, H, W), not the shape {maps.shape}: such a layer has none.")
    if len(maps) < FEWEST:
        raise ValueError(f"There must be {FEWEST} inputs or more to have distances between, not {len(maps)}.")
    flat = torch.tensor(np.ascontiguousarray(maps, np.float32), device=device).reshape(*maps.shape[:2], -1)
    by_channel = flat.transpose(0, 1)
    by_channel = (by_channel - by_channel.mean(dim=1, keepdim=True)).contiguous()  # smaller numbers lose less
    rows, columns = torch.triu_indices(len(maps), len(maps), 1, device=device)
    apart = torch.empty(len(by_channel), len(rows), device=device)
    for channel, values in enumerate(by_channel):
        squares = (values**2).sum(dim=1)
        between = squares[:, None] + squares[None] - 2 * (values @ values.T)
        torch.sqrt(between[rows, columns].clamp_min(0), out=apart[channel])
    return apart.cpu().numpy()


def binned(apart: np.ndarray, bins: int = 32) -> Binned:
    """Distances in bins of equal width, from the smallest to the largest of each channel.

    Parameters
    ----------
    apart : float array (C, P)
    bins : int
        2 to 256.

    Returns
    -------
    Binned

    Raises
    ------
    ValueError
        If there are too few bins, or too many.
    """
    if not 2 <= bins <= MOST_BINS:
        raise ValueError(f"bins must be a whole number, 2 to {MOST_BINS}, not {bins!r}.")
    numbers = np.empty(apart.shape, np.uint8)
    edges = np.stack([_edges(row, bins) for row in apart])
    _put(np.ascontiguousarray(apart), edges, numbers)
    counts = np.stack([np.bincount(row, minlength=bins) for row in numbers])
    return Binned(numbers, entropy(counts))


def entropy(counts: np.ndarray) -> np.ndarray:
    """Entropy of what was counted, in bits: float64 (...) of counts (..., B); NaN where nothing was."""
    total = counts.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / total
        return -np.where(share > 0, share * np.log2(share), share).sum(axis=-1) + 0.0  # no −0


def capacity(a: Binned, b: Binned, bins: int = 32, device: str | torch.device = "cpu") -> np.ndarray:
    """Mutual information of each channel of `a` with each of `b`: float64 (C_A, C_B), bits; see `channel_capacity`."""
    pairs = a.numbers.shape[1]
    if torch.device(device).type == "cuda":
        joint = joint_counts(a.numbers, b.numbers, bins, device)
        together = entropy(joint.reshape(len(a.numbers), len(b.numbers), -1))
    else:
        # Σ c log2 c, of whole numbers that are looked up: a logarithm a cell would take longer than the counting.
        table = np.arange(pairs + 1, dtype=np.float64)
        table[1:] *= np.log2(table[1:])
        together = np.log2(pairs) - _sums(a.numbers, b.numbers, bins, table) / pairs
    return np.maximum(a.entropies[:, np.newaxis] + b.entropies - together, 0.0)


def joint_counts(a: np.ndarray, b: np.ndarray, bins: int, device: str | torch.device) -> np.ndarray:
    """How often bins of `a` (C_A, P) come with bins of `b` (C_B, P): int64 (C_A, C_B, bins, bins), by products of matrices of
    ones and zeros, which a GPU does faster than it counts."""
    one, other = (torch.tensor(numbers, device=device).long() for numbers in (a, b))
    counts = torch.zeros(len(a) * bins, len(b) * bins, device=device)
    kind = torch.float16 if torch.device(device).type == "cuda" else torch.float32
    every = torch.arange(bins, device=device)
    for start in range(0, one.shape[1], ONE_HOT_PAIRS):
        some = slice(start, start + ONE_HOT_PAIRS)
        hot = [
            (part[:, None, some] == every[None, :, None]).reshape(-1, part[:, some].shape[1]).to(kind)
            for part in (one, other)
        ]
        counts += (hot[0] @ hot[1].T).float()  # at most 8,192 in a chunk: exact in both kinds
    return counts.reshape(len(a), bins, len(b), bins).permute(0, 2, 1, 3).round().long().cpu().numpy()


def _edges(values: np.ndarray, bins: int) -> np.ndarray:
    """The edges that `numpy.histogram2d` would have, in the precision of the values."""
    low, high = values.min(), values.max()
    return np.linspace(low, high, bins + 1) if low < high else np.linspace(low - 0.5, high + 0.5, bins + 1)


@njit(parallel=True, cache=True)
def _put(apart: np.ndarray, edges: np.ndarray, numbers: np.ndarray) -> None:
    """The bin of each distance, as `numpy.histogram2d` puts it: at an edge into the upper bin, but for the last edge."""
    last = edges.shape[1] - 2
    for row in prange(len(apart)):
        low, per_width = edges[row, 0], (last + 1) / (edges[row, last + 1] - edges[row, 0])
        for pair in range(apart.shape[1]):
            value = apart[row, pair]
            number = min(max(int((value - low) * per_width), 0), last)
            while number > 0 and value < edges[row, number]:
                number -= 1
            while number < last and value >= edges[row, number + 1]:
                number += 1
            numbers[row, pair] = number


@njit(parallel=True, cache=True)
def _sums(a: np.ndarray, b: np.ndarray, bins: int, table: np.ndarray) -> np.ndarray:
    """Σ c log2 c over the joint histogram of each two channels."""
    sums = np.empty((len(a), len(b)))
    pairs = a.shape[1]
    whole = pairs - pairs % BESIDE
    for both in prange(len(a) * len(b)):
        one, other = a[both // len(b)], b[both % len(b)]
        counts = np.zeros((BESIDE, bins * bins), np.int32)
        for start in range(0, whole, BESIDE):
            for turn in range(BESIDE):
                counts[turn, one[start + turn] * bins + other[start + turn]] += 1
        for pair in range(whole, pairs):
            counts[0, one[pair] * bins + other[pair]] += 1
        total = 0.0
        for cell in range(bins * bins):
            count = 0
            for turn in range(BESIDE):
                count += counts[turn, cell]
            total += table[count]
        sums[both // len(b), both % len(b)] = total
    return sums
