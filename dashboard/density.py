"""A picture of more points than can be drawn one by one: how many there are in each pixel of a window, and of what."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from dashboard.planes import density

FAINTEST = 0.25  # opacity of a pixel with one point; one with the most of all is opaque
FADED = 0.18  # of what is not selected, as where points are drawn
MOST_PIXELS = 4_000_000


def picture(
    places: np.ndarray,
    groups: np.ndarray,
    colours: Sequence[str],
    window: tuple[float, float, float, float],
    size: tuple[int, int],
    selected: np.ndarray | None = None,
) -> bytes:
    """A PNG in which a pixel has the mean colour of the points in it, the more opaque the more there are (log scale).

    Parameters
    ----------
    places : (N, 2).
    groups : (N,) integers, which of the colours a point has.
    colours : "#rrggbb" each.
    window : left, right, bottom, top, in units of the places.
    size : width and height in pixels.
    selected : (N,) mask; what is not in it is faded. None: all are.

    Raises
    ------
    ValueError
        The window has no width or no height, or the picture would be empty or of more than `MOST_PIXELS`.
    """
    left, right, bottom, top = window
    width, height = size
    if not (np.isfinite(window).all() and left < right and bottom < top):
        raise ValueError("a window is left, right, bottom and top: four finite numbers, left below right, bottom below top")
    if not (width > 0 and height > 0 and width * height <= MOST_PIXELS):
        raise ValueError(f"a picture has a width and a height of 1 or more, and {MOST_PIXELS:,} pixels at most")
    counts = density(places, groups, len(colours), window, (height, width))
    drawn = layer(counts, colours)
    if selected is not None:
        chosen = density(places[selected], groups[selected], len(colours), window, (height, width))
        front = layer(chosen, colours)
        drawn[..., 3] *= FADED
        drawn = np.where(chosen.any(axis=2, keepdims=True), front, drawn)
    drawn[..., 3] *= 255
    buffer = io.BytesIO()
    Image.fromarray(np.rint(drawn[::-1]).astype(np.uint8), "RGBA").save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def layer(counts: np.ndarray, colours: Sequence[str]) -> np.ndarray:
    """Red, green and blue from 0 to 255 and opacity from 0 to 1, (rows, columns, 4), of counts (rows, columns, groups)."""
    palette = np.array([[int(colour[start : start + 2], 16) for start in (1, 3, 5)] for colour in colours], np.float32)
    totals = counts.sum(axis=2, dtype=np.float32)
    mixed = (counts @ palette) / np.maximum(totals, 1)[..., None]
    most = np.log1p(max(totals.max(initial=0), 1))
    opacity = np.where(totals > 0, FAINTEST + (1 - FAINTEST) * np.log1p(totals) / most, 0)
    return np.concatenate([mixed, opacity[..., None]], axis=2)
