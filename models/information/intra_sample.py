"""How much the values inside a feature map vary: intra-sample entropy (CNNSlicer, 4.4.2)."""

import numpy as np
from numba import njit, prange


def intra_sample_entropy(
    maps: np.ndarray,
    bins: int = 32,
    low: np.ndarray | None = None,
    high: np.ndarray | None = None,
    per_map: bool = False,
) -> np.ndarray:
    """Entropy of the values in each feature map, by a histogram.

    The range is that of the channel, its smallest to its largest value over all inputs, or what is given for all epochs
    together. A range of each map's own, as the paper may mean it, makes the noise of a dead channel look rich.

    Parameters
    ----------
    maps : array (N, C, H, W)
    bins : int
        Of equal width, 2 or more.
    low, high : array (C,), optional
        The range of each channel; if left out, that of the maps. Values outside count in the first and the last bin.
    per_map : bool
        Whether each map has a range of its own instead.

    Returns
    -------
    float32 array (N, C)
        Bits, at most log2 of the bins. 0 where all values are the same; NaN where a map is one pixel, of which it is not
        defined.

    Raises
    ------
    ValueError
        If the maps have no channels, or bins are below 2.
    """
    given = np.asarray(maps, np.float32)
    if given.ndim != 4 or not given.shape[1]:
        raise ValueError(f"maps must have channels, (N, C, H, W), not the shape {given.shape}: such a layer has none.")
    if bins < 2:
        raise ValueError(f"bins must be a whole number, 2 or more, not {bins!r}.")
    count, channels = given.shape[:2]
    flat = np.ascontiguousarray(given.reshape(count, channels, -1))
    if flat.shape[2] < 2:
        return np.full((count, channels), np.nan, np.float32)
    if per_map:
        least, most = flat.min(axis=2), flat.max(axis=2)
    else:
        least = np.broadcast_to(
            flat.min(axis=(0, 2)) if low is None else np.asarray(low, np.float32), (count, channels)
        )
        most = np.broadcast_to(
            flat.max(axis=(0, 2)) if high is None else np.asarray(high, np.float32), (count, channels)
        )
    entropies = np.empty((count, channels), np.float32)
    _entropies(flat, np.ascontiguousarray(least), np.ascontiguousarray(most), bins, entropies)
    return entropies


@njit(parallel=True, cache=True)
def _entropies(flat: np.ndarray, least: np.ndarray, most: np.ndarray, bins: int, entropies: np.ndarray) -> None:
    pixels = flat.shape[2]
    for both in prange(flat.shape[0] * flat.shape[1]):
        row, channel = both // flat.shape[1], both % flat.shape[1]
        low, width = least[row, channel], most[row, channel] - least[row, channel]
        if not width > 0:
            entropies[row, channel] = 0.0
            continue
        counts = np.zeros(bins, np.int64)
        per_width = bins / width
        for value in flat[row, channel]:
            counts[min(max(int((value - low) * per_width), 0), bins - 1)] += 1
        total = 0.0
        for count in counts:
            if count:
                share = count / pixels
                total -= share * np.log2(share)
        entropies[row, channel] = total
