"""Which points lie in an outline. The page has its own, as it may not import the science (dashboard/planes.py)."""

import numpy as np


def inside(places: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Points in a polygon, by the even-odd rule: where it crosses itself, what is surrounded twice is outside.

    An edge takes the points at its height from its lower end, included, to its upper, and a point on an edge is to the
    right of it. So outlines that share an edge share no point, and together miss none.

    Parameters
    ----------
    places : array (N, 2)
        Finite numbers.
    outline : array (V, 2)
        Corners, three or more, finite; the last is joined to the first.

    Returns
    -------
    bool array (N,)
    """
    order = np.argsort(places[:, 1], kind="stable")
    x, y = places[order].T
    crossed = np.zeros(len(places), bool)
    for corner, following in zip(np.roll(outline, 1, axis=0), outline, strict=True):
        # From its lower end, so that it is the same edge in both outlines; and asked of the points at its height only.
        (x0, y0), (x1, y1) = (corner, following) if corner[1] <= following[1] else (following, corner)
        first, end = np.searchsorted(y, (y0, y1))
        if first < end:
            at = slice(first, end)
            crossed[at] ^= x[at] < x0 + (x1 - x0) * (y[at] - y0) / (y1 - y0)
    mask = np.zeros(len(places), bool)
    mask[order] = crossed
    return mask
