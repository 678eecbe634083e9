"""Thresholds of library networks: at which one a library has so many nodes."""

import math
from collections.abc import Callable, Iterable

import numpy as np

from models.library import LibraryNetwork
from models.progress import Callback, silent

CLOSE = 0.05  # of the size that is wanted, or a node
HALVINGS = 16  # at most: of an angle of 90°, to about a thousandth of a degree
DIGITS = 6  # of a threshold

Parts = Callable[[], Iterable[np.ndarray]]


def threshold_for(
    parts: Parts, size: int, least: float = 0.0, callback: Callback = silent, **settings: object
) -> float:
    """The threshold at which a library of examples has about so many nodes.

    Bisection of the angle, not of its cosine: in a layer whose activations are all much alike the thresholds of interest crowd
    below 1. A library that has too many nodes is given up as soon as it does.

    Parameters
    ----------
    parts : () -> the activations, array (n, D) or (n, C, H, W) each, in their order; asked for anew for each library.
    size : int
        1 or more.
    least : float
        A threshold that is known to give no more nodes than that.
    callback : Callback
    settings : of `LibraryNetwork`.

    Returns
    -------
    float
        θ, of a library that has `size` nodes to 5 % or one, or of one that has the most below it that was found.
    """
    if size < 1:
        raise ValueError(f"size must be 1 or more, not {size}.")
    wide, narrow = math.acos(least), 0.0
    best, best_size = max(least, 10.0**-DIGITS), 0
    for halving in range(HALVINGS):
        angle = (wide + narrow) / 2
        threshold = min(max(round(math.cos(angle), DIGITS), 10.0**-DIGITS), 1.0)
        library = LibraryNetwork(threshold, max_size=size + 1, **settings)  # pyright: ignore[reportArgumentType]
        for part in parts():
            library.partial_fit(part)
            if library.is_full_:
                break
        callback(
            (halving + 1) / HALVINGS,
            f"θ {threshold:g}: {library.size_:,} nodes{' or more' if library.is_full_ else ''}",
        )
        if library.size_ > size:
            narrow = angle
        else:
            wide = angle
            if library.size_ >= best_size:
                best, best_size = threshold, library.size_
            if library.size_ >= size - max(CLOSE * size, 1):
                break
    return best
