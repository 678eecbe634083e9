"""The room for all images of a set, if there is any."""

import numpy as np
import psutil


def room_for(shape: tuple[int, int, int, int], advice: str) -> np.ndarray:
    """Return an array for images that are still to be read.

    Systems lend memory that they do not have, and end the program when it is used; so it is counted first.

    Parameters
    ----------
    shape : (N, C, H, W)
        Of all images together.
    advice : str
        What to do if there is no room: the end of a sentence.

    Returns
    -------
    uint8 array (N, C, H, W)
        Its values are arbitrary.

    Raises
    ------
    ValueError
        If the images take more than the memory that is free.
    """
    needed, free = int(np.prod(shape, dtype=object)), psutil.virtual_memory().available
    if needed > free:
        count, n_channels, height, width = shape
        raise ValueError(
            f"{count:,} images of {n_channels} x {height} x {width} take {needed / 1e9:.1f} GB, "
            f"but only {free / 1e9:.1f} GB of memory are free: {advice}."
        )
    return np.empty(shape, np.uint8)
