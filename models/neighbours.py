"""Neighbours of an image: codes drawn from a band round its own, decoded, and what the teacher says of them."""

from typing import Literal, NamedTuple

import numpy as np

from models.latent import ImageFunction, check_pair, checked_code
from models.progress import Callback, silent
from models.teacher import Teacher, softmax

Distribution = Literal["uniform", "normal"]

HALF_WIDTH = 2.0  # deviations of a normal distribution between the centre of a band and its edge
BATCH = 256  # codes decoded and classified together
MOST_SEED = 2**32
SLACK = 1e-4  # of an axis' range, that a centre may lie outside: what rounding does


class Band(NamedTuple):
    """Where codes are drawn from.

    Attributes
    ----------
    centre : float32 array (d,)
    widths : float32 array (d, 2)
        How far it reaches below and above the centre on each axis, 0 or more: half-widths.
    cut : int
        Axes on which it was to reach further than the data's codes do, and ends with them.
    """

    centre: np.ndarray
    widths: np.ndarray
    cut: int


class Neighbours(NamedTuple):
    """Images near one, and what the teacher says of them.

    Attributes
    ----------
    codes : float32 array (n, d)
    images : float32 array (n, C, H, W)
        Pixels 0 to 1.
    logits : float32 array (n, K)
        The teacher's.
    probabilities : float64 array (n, K)
        The teacher's.
    distances : float64 array (n,)
        From the centre, in half-widths of the band: root mean square over the axes on which it has a width.
    """

    codes: np.ndarray
    images: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    distances: np.ndarray


def widths_of(lower: np.ndarray, upper: np.ndarray, percent: float) -> np.ndarray:
    """The half-widths of a band whose full width is a percentage of each axis' range.

    Parameters
    ----------
    lower, upper : float arrays (d,)
        The least and the largest of the data's codes on each axis.
    percent : float
        Above 0, 200 at most: with 200 a band about any code covers the whole range.

    Returns
    -------
    float32 array (d, 2)
        Below and above.

    Raises
    ------
    ValueError
        If percent is out of its range.
    """
    if not 0 < percent <= 200:
        raise ValueError(f"The width of a band must be above 0 and at most 200 % of each axis' range, not {percent!r}.")
    half = percent / 200 * (np.asarray(upper, np.float64) - np.asarray(lower, np.float64))
    return np.stack([half, half], axis=1).astype(np.float32)


def checked_band(centre: np.ndarray, widths: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Band:
    """A band that reaches no further than the data's codes do: beyond them the decoder was never shown anything.

    Parameters
    ----------
    centre : float array (d,)
    widths : float array (d, 2)
        Half-widths, below and above.
    lower, upper : float arrays (d,)
        The least and the largest of the data's codes on each axis.

    Returns
    -------
    Band

    Raises
    ------
    ValueError
        If there are not two finite half-widths an axis, one is negative, all are 0, or the centre lies outside the data's
        codes.
    """
    centre, widths = np.asarray(centre, np.float32), np.asarray(widths, np.float32)
    d = len(lower)
    if centre.shape != (d,) or not np.isfinite(centre).all():
        raise ValueError(f"The centre of a band must be {d} finite numbers, one an axis, not {centre.tolist()}.")
    if widths.shape != (d, 2) or not np.isfinite(widths).all():
        raise ValueError(
            f"A band must have two finite half-widths an axis, below and above, for {d} axes; these have the shape "
            f"{widths.shape}."
        )
    if widths.min() < 0:
        axis = int(widths.min(axis=1).argmin())
        raise ValueError(f"The half-widths of a band must be 0 or more; on axis {axis} one is {widths[axis].min():g}.")
    if widths.max() == 0:
        raise ValueError("The band has the width 0 on every axis, so that all neighbours are one image; widen it.")
    outside = np.maximum(lower - centre, centre - upper)
    axis = int((outside - SLACK * (upper - lower)).argmax())
    if outside[axis] > SLACK * (upper[axis] - lower[axis]):
        raise ValueError(
            f"The centre of the band lies at {centre[axis]:g} on axis {axis}, outside the data's codes, which go from "
            f"{lower[axis]:g} to {upper[axis]:g}; move the line back."
        )
    room = np.stack([centre - lower, upper - centre], axis=1).clip(min=0).astype(np.float32)
    kept = np.minimum(widths, room)
    if kept.max() == 0:
        raise ValueError("The whole band lies beyond the data's codes; widen it to the other side.")
    return Band(centre, kept, int((widths > kept + SLACK * (upper - lower)[:, np.newaxis]).any(axis=1).sum()))


def sample_codes(band: Band, count: int = 512, distribution: Distribution = "uniform", seed: int = 0) -> np.ndarray:
    """Draw codes from a band, each axis by itself.

    Parameters
    ----------
    band : Band
    count : int
        n, 1 or more.
    distribution : {"uniform", "normal"}
        Uniform from edge to edge; or normal about the centre, with the edges at two deviations and nothing beyond. Where
        the band reaches further to one side, that side has the larger deviation, and so many more of the codes (a split
        normal distribution, whose density is the same on both sides of the centre).
    seed : int
        0 or more.

    Returns
    -------
    float32 array (n, d)
        All within the band.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """
    for name, value, least in (("count", count, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < MOST_SEED:
            raise ValueError(f"{name} must be a whole number, {least} or more, not {value!r}.")
    below, above = band.widths.astype(np.float64).T
    drawn = np.random.default_rng(seed).random((count, len(band.centre)))
    if distribution == "uniform":
        moves = drawn * (below + above) - below
    elif distribution == "normal":
        moves = _split_normal(drawn, below, above)
    else:
        raise ValueError(f'distribution must be "uniform" or "normal", not {distribution!r}.')
    codes = (band.centre + moves).astype(np.float32)
    return codes.clip(band.centre - band.widths[:, 0], band.centre + band.widths[:, 1])


def _split_normal(shares: np.ndarray, below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """The quantiles (n, d) of a split normal distribution about 0 that ends at −below and above (d,), at two deviations."""
    from scipy.special import ndtr, ndtri  # loaded by the first who needs it

    edge = shares * (below + above) - below  # of a uniform distribution: it has the same share on each side
    widths = np.where(edge < 0, below, above)
    parts = np.divide(edge, widths, out=np.zeros_like(edge), where=widths > 0)
    return widths * ndtri(0.5 + parts * (ndtr(HALF_WIDTH) - 0.5)) / HALF_WIDTH


def make_neighbours(
    function: ImageFunction, teacher: Teacher, band: Band, codes: np.ndarray, callback: Callback = silent
) -> Neighbours:
    """Decode codes, and ask the teacher of the images.

    Parameters
    ----------
    function : ImageFunction
        Of the image whose neighbours they are.
    teacher : Teacher
        Of images of the same shape.
    band : Band
        That the codes were drawn from.
    codes : float array (n, d)
        See `sample_codes`.
    callback : Callback
        Called after each batch.

    Returns
    -------
    Neighbours

    Raises
    ------
    ValueError
        If something does not fit the VAE.
    Cancelled
        If the callback raises it.
    """
    check_pair(function.vae, teacher)
    checked_code(function.vae, band.centre)
    images = np.empty((len(codes), *function.vae.in_shape), np.float32)
    logits = np.empty((len(codes), teacher.n_classes), np.float32)
    for start in range(0, len(codes), BATCH):
        rows = slice(start, start + BATCH)
        images[rows] = function(codes[rows])
        logits[rows] = teacher.classify(images[rows])
        done = min(start + BATCH, len(codes))
        callback(done / len(codes), f"{done:,} of {len(codes):,} neighbours")
    return Neighbours(codes, images, logits, softmax(logits), distances(band, codes))


def distances(band: Band, codes: np.ndarray) -> np.ndarray:
    """From the centre of a band, see `Neighbours`: float64 (n,), 0 to 1 within it."""
    moves = codes.astype(np.float64) - band.centre
    widths = np.where(moves < 0, band.widths[:, 0], band.widths[:, 1]).astype(np.float64)
    scaled = np.divide(moves, widths, out=np.zeros_like(moves), where=widths > 0)
    scaled = scaled.clip(-1, 1)  # single precision may carry a code a little beyond a narrow band's edge
    return np.sqrt((scaled**2).sum(axis=1) / (band.widths.max(axis=1) > 0).sum())
