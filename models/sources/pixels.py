"""Pixels as people store them in arrays, turned into uint8 (N, C, H, W), a block at a time."""

from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np

from models.npz import Npz

Layout = Literal["auto", "NHW", "NHWC", "NCHW"]
LAYOUTS = get_args(Layout)
CHANNELS = (1, 3)
TOLERANCE = 1e-6  # beyond 0 and 1, from rounding in somebody's arithmetic; it disappears in the 256 steps


def find_layout(shape: tuple[int, ...], layout: Layout, where: str) -> Layout:
    """Tell which axis is which.

    Parameters
    ----------
    shape : tuple of int
        Of the array of images.
    layout : Layout
        As stated, or "auto": the channels are the axis of length 1 or 3.
    where : str
        The file and the array, for the sentence of an error.

    Returns
    -------
    "NHW", "NHWC" or "NCHW"

    Raises
    ------
    ValueError
        If the shape fits no layout, or not the stated one, or fits two.
    """
    first, last = len(shape) == 4 and shape[1] in CHANNELS, len(shape) == 4 and shape[3] in CHANNELS
    fits = {"NHW": len(shape) == 3, "NHWC": last, "NCHW": first}
    if 0 in shape or not any(fits.values()):
        raise ValueError(
            f"{where} must have the shape (N, H, W), (N, H, W, C) or (N, C, H, W) with 1 or 3 channels and no empty "
            f"axis, not {shape}."
        )
    if layout != "auto":
        if not fits[layout]:
            raise ValueError(f"{where} has the shape {shape}, which is not {layout} with 1 or 3 channels.")
        return layout
    if first and last:
        raise ValueError(f"{where} has the shape {shape}, which may be NHWC or NCHW: state the layout.")
    return next(name for name in ("NHW", "NHWC", "NCHW") if fits[name])


def channels_first(block: np.ndarray, layout: Layout) -> np.ndarray:
    """View a block of images as (n, C, H, W)."""
    if layout == "NHW":
        return block[:, np.newaxis]
    return block.transpose(0, 3, 1, 2) if layout == "NHWC" else block


class PixelReader:
    """Turns blocks of pixels into uint8, and remembers what was wrong until the end, so that it can say how much.

    uint8 stays as it is, other whole numbers must lie in 0 to 255, True and False are white and black, and
    floats lie in 0 to 1.

    Parameters
    ----------
    dtype : NumPy type
        Of the pixels.
    where : str
        The file and the array, for the sentence of an error.

    Raises
    ------
    ValueError
        If pixels cannot be of that type.
    """

    def __init__(self, dtype: np.dtype, where: str) -> None:
        if dtype.kind not in "uifb":
            raise ValueError(f"{where} must be uint8, or floats from 0 to 1, not {dtype}.")
        self._where = where
        self._top = {"f": 1.0, "b": 1}.get(dtype.kind, 255)
        self._as_is = dtype == np.uint8
        self._is_float = dtype.kind == "f"
        self._n_read = 0
        self._not_finite: list[int] = []
        self._lowest, self._highest = 0.0, 0.0

    def read(self, block: np.ndarray) -> np.ndarray:
        """Turn the next n images into uint8; call `finish` after the last.

        Parameters
        ----------
        block : array (n, ...)
            Pixels.

        Returns
        -------
        uint8 array (n, ...)
            Meaningless where the pixels are out of range.
        """
        if self._as_is:
            return block
        if self._is_float:
            # A sum is NaN or infinite if a pixel is; one that overflows without is sorted out after it.
            with np.errstate(over="ignore", invalid="ignore"):
                sums = block.reshape(len(block), -1).sum(axis=1, dtype=np.float64)
            suspects = np.flatnonzero(~np.isfinite(sums))
            bad = [int(number) for number in suspects if not np.isfinite(block[number]).all()]
            self._not_finite += [self._n_read + number for number in bad]
            if bad:
                block = np.nan_to_num(block, nan=0, posinf=0, neginf=0)
        self._n_read += len(block)
        self._lowest = min(self._lowest, float(block.min()))
        self._highest = max(self._highest, float(block.max()))
        if self._top == 255:
            return block.astype(np.uint8)
        return np.rint(np.clip(block, 0, 1) * np.float32(255)).astype(np.uint8)

    def finish(self) -> None:
        """Check what was read.

        Raises
        ------
        ValueError
            If pixels were NaN or infinite, or out of their range.
        """
        if self._not_finite:
            raise ValueError(
                f"{self._where} holds NaN or infinite pixels in {len(self._not_finite):,} of its images, "
                f"the first of them image {self._not_finite[0]:,}."
            )
        slack = TOLERANCE if self._is_float else 0
        if self._lowest < -slack or self._highest > self._top + slack:
            kind, wanted = ("floats", "0 to 1") if self._is_float else ("whole numbers", "0 to 255")
            raise ValueError(
                f"{self._where} must lie within {wanted}, as they are {kind}, but go from {self._lowest:g} "
                f"to {self._highest:g}; bring them to that range."
            )


def image_shape(file: Npz, name: str, layout: Layout = "auto") -> tuple[int, int, int, int]:
    """Tell what shape the images in an .npz file will have, without reading them.

    Returns
    -------
    (N, C, H, W)

    Raises
    ------
    ValueError
        If the array is damaged, or its shape or type is not that of images.
    """
    where = f"{file.path}: the array {name!r}"
    shape, dtype = file.head(name)
    PixelReader(dtype, where)
    found = find_layout(shape, layout, where)
    n_images, (n_channels, height, width) = shape[0], channels_first(np.empty((0, *shape[1:])), found).shape[1:]
    return n_images, n_channels, height, width


def image_blocks(file: Npz, name: str, layout: Layout = "auto") -> Iterator[np.ndarray]:
    """Read the images in an .npz file, some at a time.

    Yields
    ------
    uint8 array (n, C, H, W)
        The next n images. They are good only if the loop ends without an error.

    Raises
    ------
    ValueError
        If the array is damaged, or not of images; after the last block, if pixels are out of their range.
    """
    where = f"{file.path}: the array {name!r}"
    shape, dtype = file.head(name)
    reader, found = PixelReader(dtype, where), find_layout(shape, layout, where)
    for block in file.blocks(name):
        yield channels_first(reader.read(block), found)
    reader.finish()
