"""Small pictures of maps, a dot a point, for where several maps stand side by side: they take no WebGL and no element a
point."""

import base64
from collections.abc import Sequence

import numpy as np

from dashboard.density import by_group, picture
from dashboard.planes import Window

RADII = ((1_000, 2), (30_000, 1))  # up to so many points a dot has this radius, in pixels; of more it is one pixel
EDGE = 0.07  # of a map's larger side, left free around it


def window_of(places: np.ndarray, aspect: float = 1.0) -> Window:
    """A window, as many times as wide as high, in which all places (N, 2) are, none of them at its edge."""
    low, high = places.min(axis=0).astype(float), places.max(axis=0).astype(float)
    middle, size = (low + high) / 2, high - low
    height = max(size[1], size[0] / aspect, 1e-6) * (1 + 2 * EDGE)
    half = np.array([aspect * height, height]) / 2
    left, bottom = middle - half
    right, top = middle + half
    return float(left), float(right), float(bottom), float(top)


def dots(places: np.ndarray, groups: np.ndarray, colours: Sequence[str], window: Window, size: tuple[int, int]) -> str:
    """A PNG of points, as the address of itself; where dots overlap a pixel has their mean colour, the more opaque the
    more there are.

    Parameters
    ----------
    places : (N, 2)
    groups : (N,) what each is coloured by, of `colours` ("#rrggbb") by number.
    size : width and height in pixels.
    """
    radius = next((radius for most, radius in RADII if len(places) <= most), 0)
    steps = np.arange(-radius, radius + 1)
    across, up = (grid.ravel() for grid in np.meshgrid(steps, steps))
    disc = across**2 + up**2 <= radius**2 + radius / 2
    left, right, bottom, top = window
    offsets = np.stack([across[disc] * (right - left) / size[0], up[disc] * (top - bottom) / size[1]], axis=1)
    spread = (np.asarray(places, float)[:, np.newaxis] + offsets).reshape(-1, 2)
    drawn = picture(spread, by_group(np.repeat(groups, len(offsets)), colours), window, size)
    return f"data:image/png;base64,{base64.b64encode(drawn).decode()}"
