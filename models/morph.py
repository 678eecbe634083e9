"""A way from one image to another through the latent space, and where on it the teacher changes its mind."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from models.latent import ImageFunction, check_pair
from models.teacher import Teacher, softmax

Way = Literal["linear", "spherical"]

SEARCHED = 64  # parts of the way, at least, at whose ends the teacher is asked
HALVINGS = 12  # of a part in which the class changes: a flip is known to 1/4096 of that part
FEWEST_FRAMES, MOST_FRAMES = 2, 200
NO_ANGLE = 1e-4  # radians: directions so nearly the same, or opposite, have no one way between them


class Flip(NamedTuple):
    """A place where the teacher's top class changes.

    Attributes
    ----------
    at : float
        Share of the way, 0 to 1; the first place known where `after` is the top class.
    before, after : int
        Classes.
    code : float32 array (d,)
        There.
    """

    at: float
    before: int
    after: int
    code: np.ndarray


class Morph(NamedTuple):
    """The frames of a way from one image to another.

    Attributes
    ----------
    at : float64 array (n,)
        Shares of the way, 0 to 1, at equal distances.
    codes : float32 array (n, d)
    images : float32 array (n, C, H, W)
        Pixels 0 to 1.
    probabilities : float64 array (n, K)
        The teacher's.
    flips : list of Flip
        In the order of the way.
    """

    at: np.ndarray
    codes: np.ndarray
    images: np.ndarray
    probabilities: np.ndarray
    flips: list[Flip]


def between(first: np.ndarray, second: np.ndarray, at: np.ndarray, way: Way = "linear") -> np.ndarray:
    """Codes between two codes.

    Linear, (1 − t) a + t b. Spherical (White 2016, "Sampling generative networks"), the direction turns at an even rate
    and the length changes evenly: codes of the prior lie near a sphere, and so does then the way. Where one code is 0, or
    the two point the same or opposite ways, it is linear.

    Parameters
    ----------
    first, second : float arrays (d,)
        a and b.
    at : float array (n,)
        Shares of the way t, 0 to 1.
    way : {"linear", "spherical"}

    Returns
    -------
    float32 array (n, d)
        The codes themselves at 0 and 1.

    Raises
    ------
    ValueError
        If `way` is no such way.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    t = np.asarray(at, np.float64)[:, np.newaxis]
    linear = (1 - t) * a + t * b
    if way == "linear":
        return linear.astype(np.float32)
    if way != "spherical":
        raise ValueError(f'way must be "linear" or "spherical", not {way!r}.')
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) == 0:
        return linear.astype(np.float32)
    u, v = a / lengths[0], b / lengths[1]
    # Kahan's angle: arccos of the product loses half its digits near 0 and π
    angle = 2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))
    if angle < NO_ANGLE or angle > np.pi - NO_ANGLE:
        return linear.astype(np.float32)
    directions = (np.sin((1 - t) * angle) * u + np.sin(t * angle) * v) / np.sin(angle)
    return (((1 - t) * lengths[0] + t * lengths[1]) * directions).astype(np.float32)


def morph(
    first: ImageFunction, second: ImageFunction, teacher: Teacher, n_frames: int = 11, way: Way = "linear"
) -> Morph:
    """Go from one image to another, and ask the teacher on the way.

    The residuals are blended as the way goes, so that it begins and ends at the images themselves; between images that are
    decoded plainly it begins and ends at their reconstructions. Flips are looked for between the frames too, in 64 parts
    of the way at least; a class that is the top one within a single part only is not found.

    Parameters
    ----------
    first, second : ImageFunction
        Of the same VAE; the way goes from the one's code to the other's.
    teacher : Teacher
        Of images of the same shape.
    n_frames : int
        2 to 200.
    way : {"linear", "spherical"}
        See `between`.

    Returns
    -------
    Morph

    Raises
    ------
    ValueError
        If a setting is out of its range, or the VAEs and the teacher do not fit each other.
    """
    if first.vae is not second.vae:
        raise ValueError("Both images of a morph must be encoded by the same VAE.")
    check_pair(first.vae, teacher)
    if isinstance(n_frames, bool) or not isinstance(n_frames, int) or not FEWEST_FRAMES <= n_frames <= MOST_FRAMES:
        raise ValueError(f"A morph must have {FEWEST_FRAMES} to {MOST_FRAMES} frames, not {n_frames!r}.")

    def codes_at(at: np.ndarray) -> np.ndarray:
        return between(first.code, second.code, at, way)

    def top_at(at: np.ndarray) -> np.ndarray:
        return teacher.classify(blended(first, second, codes_at(at), at)).argmax(axis=1)

    parts = -(-SEARCHED // (n_frames - 1))  # of the way from a frame to the next
    searched = np.linspace(0, 1, parts * (n_frames - 1) + 1)
    at, codes = searched[::parts], codes_at(searched)
    images = blended(first, second, codes, searched)
    said = softmax(teacher.classify(images))
    flips = [
        Flip(place, before, after, codes_at(np.array([place]))[0])
        for place, before, after in refine(searched, said.argmax(axis=1), top_at)
    ]
    return Morph(at, codes[::parts], images[::parts], said[::parts], flips)


def blended(first: ImageFunction, second: ImageFunction, codes: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Codes (n, d) decoded, with so much of each image's residual as its share of the way says: float32 (n, C, H, W)."""
    images = first.vae.decode(codes)
    for shares, function in ((1 - at, first), (at, second)):
        if function.residual is not None:
            images += shares.astype(np.float32).reshape(-1, 1, 1, 1) * function.residual
    return np.clip(images, 0, 1)


def refine(
    at: np.ndarray, classes: np.ndarray, ask: Callable[[np.ndarray], np.ndarray]
) -> list[tuple[float, int, int]]:
    """Find where the class changes, by halving the parts of a way at whose ends it differs.

    Parameters
    ----------
    at : float array (n,)
        Places on the way, rising.
    classes : int array (n,)
        There.
    ask : callable
        Places (m,) to the classes (m,) there.

    Returns
    -------
    list of (float, int, int)
        The place, the class before it, and the class from it on. Two in a part where a third class lies between.
    """
    parts = [
        (at[i], at[i + 1], int(classes[i]), int(classes[i + 1])) for i in np.flatnonzero(classes[1:] != classes[:-1])
    ]
    for _ in range(HALVINGS if parts else 0):
        middles = np.array([(begin + end) / 2 for begin, end, _, _ in parts])
        halves = []
        for (begin, end, before, after), middle, found in zip(parts, middles, ask(middles).tolist(), strict=True):
            if found != before:
                halves.append((begin, middle, before, found))
            if found != after:
                halves.append((middle, end, found, after))
        parts = halves
    return [(float(end), before, after) for _, end, before, after in parts]
