"""A picture of more points than can be drawn one by one: how many there are in each pixel of a window, and of what."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dashboard.planes import Window, cells_of

FAINTEST = 0.35  # opacity of a pixel with one point; one with the most of all is opaque
FADED = 0.18  # of what is not selected, as where points are drawn
MOST_PIXELS = 4_000_000


@dataclass(frozen=True)
class Colouring:
    """What colours points have, so that a pixel can have the colour of all in it.

    Attributes
    ----------
    numbers : (N, C), of each point.
    paint : makes red, green and blue from 0 to 255 (P, 3) of the mean numbers (P, C) of pixels.
    """

    numbers: np.ndarray
    paint: Callable[[np.ndarray], np.ndarray]

    def of(self, chosen: np.ndarray) -> "Colouring":
        """That of some of the points, a mask or indices."""
        return Colouring(self.numbers[chosen], self.paint)


def by_group(groups: np.ndarray, colours: Sequence[str]) -> Colouring:
    """The colour of each point's group (N,), of "#rrggbb" by number; a pixel has the mean colour of its points."""
    return Colouring(rgb(colours)[groups], lambda means: means)


def by_number(values: np.ndarray, least: float, most: float, ramp: Sequence[str]) -> Colouring:
    """The place of each point's value (N,) on a ramp of "#rrggbb" from `least` to `most`; a pixel has that of the mean
    value."""
    steps = rgb(ramp)

    def paint(means: np.ndarray) -> np.ndarray:
        places = np.linspace(least, most, len(steps))
        return np.stack([np.interp(means[:, 0], places, steps[:, channel]) for channel in range(3)], axis=1)

    return Colouring(np.asarray(values)[:, np.newaxis], paint)


def rgb(colours: Sequence[str]) -> np.ndarray:
    """Red, green and blue from 0 to 255 (M, 3) of "#rrggbb"."""
    return np.array([[int(colour[start : start + 2], 16) for start in (1, 3, 5)] for colour in colours], np.float32)


def picture(
    places: np.ndarray,
    colouring: Colouring,
    window: Window,
    size: tuple[int, int],
    selected: np.ndarray | None = None,
) -> bytes:
    """A PNG in which a pixel has the colour of the points in it, the more opaque the more there are (log scale).

    Parameters
    ----------
    places : (N, 2); of more columns the first two count.
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
        raise ValueError(
            "a window is left, right, bottom and top: four finite numbers, left below right, bottom below top"
        )
    if not (width > 0 and height > 0 and width * height <= MOST_PIXELS):
        raise ValueError(f"a picture has a width and a height of 1 or more, and {MOST_PIXELS:,} pixels at most")
    cells = cells_of(places, window, (height, width))
    seen = cells >= 0
    drawn = layer(cells[seen], colouring.of(seen), width * height)
    if selected is not None:
        drawn[:, 3] *= FADED
        chosen = seen & selected
        front = layer(cells[chosen], colouring.of(chosen), width * height)
        drawn = np.where(front[:, 3:] > 0, front, drawn)
    drawn[:, 3] *= 255
    pixels = np.rint(drawn).astype(np.uint8).reshape(height, width, 4)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[::-1]), "RGBA").save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def layer(cells: np.ndarray, colouring: Colouring, n_cells: int) -> np.ndarray:
    """Red, green and blue from 0 to 255 and opacity from 0 to 1, (n_cells, 4), of points in these cells (N,)."""
    counts = np.bincount(cells, minlength=n_cells)
    filled = np.flatnonzero(counts)
    numbers = [np.bincount(cells, column, n_cells)[filled] / counts[filled] for column in colouring.numbers.T]
    drawn = np.zeros((n_cells, 4), np.float32)
    drawn[filled, :3] = colouring.paint(np.stack(numbers, axis=1))
    drawn[filled, 3] = FAINTEST + (1 - FAINTEST) * np.log1p(counts[filled]) / np.log1p(counts.max(initial=1))
    return drawn
