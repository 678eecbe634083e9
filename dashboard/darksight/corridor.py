"""Points along a way across a map: which lie in what was drawn on it, and in which order. Pure NumPy."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dashboard.planes import Plane

SLACK = 1e-9  # of a stretch, so that rounding leaves a point at an end of the line in the corridor


@dataclass(frozen=True)
class Walk:
    """Points in the order in which one comes by them.

    Attributes
    ----------
    images : (n,) numbers of the points; of those at one place the lower first.
    along : (n,) how far each is from the beginning of the way, rising, in units of the map.
    way : (M, 2) what is walked along.
    """

    images: np.ndarray
    along: np.ndarray
    way: np.ndarray

    @property
    def length(self) -> float:
        """Of the way, in units of the map."""
        return float(np.hypot(*np.diff(self.way, axis=0).T).sum())


def walk(
    places: np.ndarray, plane: Plane, tool: str, xs: np.ndarray, ys: np.ndarray, width: float, among: np.ndarray
) -> Walk:
    """The points in what was drawn, in order along it.

    Parameters
    ----------
    places : (N, 2) of the points; NaN where one has none, which is in nothing that is drawn.
    plane : the same points, sorted.
    tool : "line": the points at most half the `width` away from it; "box": those in it, along its longer side; "lasso":
        those in it, along its principal axis.
    xs, ys : (M,) points of the line, or corners.
    width : of the corridor of a line, in units of the map.
    among : (N,) mask of the points that count.

    Raises
    ------
    ValueError
        What was drawn has too few points, has no extent, or is no finite number; or there is no such tool.
    """
    corners = np.stack([np.asarray(xs, float), np.asarray(ys, float)], axis=1)
    if not np.isfinite(corners).all():
        raise ValueError("what is drawn on the map must have finite numbers for its places")
    if tool == "line":
        return in_order(*corridor(plane, corners, width), corners, among)
    if tool == "box":
        (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
        inside, way = plane.in_box(left, right, bottom, top), middle_of_box(left, right, bottom, top)
    elif tool == "lasso":
        inside, way = plane.inside(*corners.T), principal_axis(corners)
    else:
        raise ValueError(f"a bridge is drawn with a line, a box or a lasso, not with a {tool}")
    images = np.flatnonzero(inside & among)
    return in_order(images, project(places[images].astype(float), way), way, among)


def in_order(images: np.ndarray, along: np.ndarray, way: np.ndarray, among: np.ndarray) -> Walk:
    counted = among[images]
    images, along = images[counted], along[counted]
    order = np.lexsort([images, along])
    return Walk(images[order], along[order], way)


def corridor(plane: Plane, line: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """The points at most half a width away from a line, and how far along the line the place next to each is.

    The corridor ends where the line does: who lies beyond an end is not in it, however near. Where the line comes by a
    point twice, the nearer time counts, of equals the first.

    Parameters
    ----------
    line : (M, 2) its points in order; two of them or more differ.

    Returns
    -------
    images : (n,) in no order.
    along : (n,) in units of the map.

    Raises
    ------
    ValueError
        The line is one point only, or the corridor has no width.
    """
    line = line[np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))]
    if len(line) < 2:
        raise ValueError("a line needs two points or more at different places")
    if not width > 0:
        raise ValueError(f"the width of a corridor must be above 0, not {width:g}")
    half, last = width / 2, len(line) - 2
    nearest, along = np.full(len(plane.x), np.inf), np.zeros(len(plane.x))
    before = 0.0
    for number, (start, end) in enumerate(pairwise(line)):
        length = float(np.hypot(*(end - start)))
        low, high = sorted((start[1], end[1]))
        at = slice(np.searchsorted(plane.y, low - half), np.searchsorted(plane.y, high + half, "right"))
        x, y = plane.x[at] - start[0], plane.y[at] - start[1]
        step = (end - start) / length
        place = x * step[0] + y * step[1]
        slack = SLACK * length
        beyond = ((place < -slack) & (number == 0)) | ((place > length + slack) & (number == last))
        place = place.clip(0, length)
        squared = (x - place * step[0]) ** 2 + (y - place * step[1]) ** 2
        better = (squared < nearest[at]) & ~beyond
        nearest[at] = np.where(better, squared, nearest[at])
        along[at] = np.where(better, before + place, along[at])
        before += length
    found = np.flatnonzero(nearest <= half**2)
    return plane.order[found].astype(np.int64), along[found]


def middle_of_box(left: float, right: float, bottom: float, top: float) -> np.ndarray:
    """The way (2, 2) through the middle of a box along its longer side, to the right or upwards."""
    x, y = (left + right) / 2, (bottom + top) / 2
    return np.array([[left, y], [right, y]] if right - left >= top - bottom else [[x, bottom], [x, top]])


def principal_axis(corners: np.ndarray) -> np.ndarray:
    """The way (2, 2) through the middle of an outline along which it is longest, to the right, or where it is upright
    upwards; it reaches from end to end of the outline.

    Middle and spread are those of the outline itself, as if it were a wire: however many corners a stretch has been drawn
    with, and whether it crosses itself, they are the same. An edge from a to b has the mean (a + b) / 2 and the second
    moment (aaᵀ + bbᵀ + (abᵀ + baᵀ) / 2) / 3.

    Parameters
    ----------
    corners : (M, 2); the last is joined to the first.

    Raises
    ------
    ValueError
        All corners are at one place.
    """
    starts, ends = corners, np.roll(corners, -1, axis=0)
    lengths = np.hypot(*(ends - starts).T)
    if not lengths.sum() > 0:
        raise ValueError("an outline needs three corners or more at different places")
    shares = lengths / lengths.sum()
    middle = shares @ (starts + ends) / 2
    a, b = starts - middle, ends - middle
    between = np.einsum("n,ni,nj->ij", shares, a, b)
    spread = np.einsum("n,ni,nj->ij", shares, a, a) + np.einsum("n,ni,nj->ij", shares, b, b)
    direction = np.linalg.eigh((spread + (between + between.T) / 2) / 3)[1][:, 1]
    if direction[0] < 0 or (direction[0] == 0 and direction[1] < 0):
        direction = -direction
    reach = (corners - middle) @ direction
    return middle + np.array([[reach.min()], [reach.max()]]) * direction


def project(places: np.ndarray, way: np.ndarray) -> np.ndarray:
    """How far along a straight way (2, 2) each place (n, 2) is, in units of the map."""
    step = way[1] - way[0]
    length = np.hypot(*step)
    if not length > 0:
        raise ValueError("what is drawn on the map needs an extent")
    return (places - way[0]) @ (step / length)
