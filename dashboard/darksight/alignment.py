"""Two maps of the same images: one laid onto the other, and how far they agree on who is whose neighbour. Pure NumPy, but for
SciPy's tree of neighbours, which is loaded when it is first needed."""

from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 100  # that are compared, or all there are
MOST_ASKED = 10_000  # images whose neighbours are looked up


@dataclass(frozen=True)
class Shared:
    """How many of their nearest neighbours images keep from one map to another.

    Attributes
    ----------
    asked : (M,) the images, by their position among the N that are on both maps.
    shares : (M,) of their `k` neighbours on one map, which share is among those on the other.
    k : neighbours of each.
    """

    asked: np.ndarray
    shares: np.ndarray
    k: int


def aligned(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, float]:
    """The second map as it lies best on the first: moved, turned, perhaps mirrored, and scaled as a whole, which is all that
    a map leaves open (orthogonal Procrustes analysis: Gower 1975; Schönemann 1966).

    Parameters
    ----------
    one, other : (N, 2) places of the same points.

    Returns
    -------
    places : float64 (N, 2) of the second map.
    residual : share of the first map's variance that is left, from 0 (the same shape) to 1 (nothing in common).

    Raises
    ------
    ValueError
        There are no two points apart on one of the maps.
    """
    middles = one.mean(axis=0, dtype=float), other.mean(axis=0, dtype=float)
    centred = one - middles[0], other - middles[1]
    sizes = [float((each**2).sum()) for each in centred]
    if len(one) < 2 or min(sizes) == 0:
        raise ValueError("a map can be laid onto another where there are two points apart on both")
    left, values, right = np.linalg.svd(centred[1].T @ centred[0])
    scale = values.sum() / sizes[1]
    residual = 1 - values.sum() ** 2 / (sizes[0] * sizes[1])
    return middles[0] + scale * (centred[1] @ left @ right), max(0.0, float(residual))


def shared_neighbours(one: np.ndarray, other: np.ndarray, k: int = NEIGHBOURS, most: int = MOST_ASKED) -> Shared:
    """Which share of its k nearest neighbours each image has on both maps. By chance alone it is k / (N - 1).

    Neighbours are exact and looked up among all N points; of more than `most` images, evenly spaced ones are asked.

    Parameters
    ----------
    one, other : (N, 2) places of the same points, N of 2 or more.
    """
    count = len(one)
    k = min(k, count - 1)
    asked = np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(int)
    nearest = [neighbours(places, asked, k) for places in (one, other)]
    # In both lists is what stands twice in them together.
    together = np.sort(np.concatenate(nearest, axis=1), axis=1)
    common = (together[:, 1:] == together[:, :-1]).sum(axis=1)
    return Shared(asked, common / k, k)


def neighbours(places: np.ndarray, asked: np.ndarray, k: int) -> np.ndarray:
    """The k nearest other points of some points (M, k), in no order that means anything.

    Parameters
    ----------
    places : (N, 2)
    asked : (M,) positions among them.
    """
    from scipy.spatial import KDTree

    places = np.asarray(places, float)
    found = np.asarray(KDTree(places).query(places[asked], k + 1)[1])
    # A point is its own nearest one, if not always the first: others may lie on the very same place.
    own = found == asked[:, np.newaxis]
    own[~own.any(axis=1), -1] = True
    return found[~own].reshape(len(asked), k)


def moved_most(shared: Shared, count: int) -> np.ndarray:
    """The images that keep the fewest neighbours, by their position, fewest first; of equals those with lower numbers."""
    return shared.asked[np.argsort(shared.shares, kind="stable")[:count]]
