"""One picture file, of whatever kind Pillow reads, as pixels: its head first, then the whole."""

import functools
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

PIXEL_LIMIT = 50_000_000  # of one file, asked before anything of it is decoded
GREY_MODES = {"1", "L", "LA", "La", "I", "F"}
ORIENTATION = 0x0112  # the EXIF tag
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # what undoes each of its values; 1 is upright
LYING = {5, 6, 7, 8}  # height and width are exchanged
USUAL_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # tried first
PROGRAM_FORMATS = {"EPS"}  # Pillow runs Ghostscript on them

Fit = Literal["crop", "pad", "stretch"]
FITS = get_args(Fit)


class BadPicture(Exception):
    """The file cannot be used. The text says why, without naming it."""


@dataclass(frozen=True)
class Look:
    """What the head of a file says.

    Attributes
    ----------
    size : pair of int
        Height and width in pixels, as it stands upright.
    grey : bool
        Whether it has one channel of light (and maybe transparency).
    traits : frozenset of str
        What is done to it that somebody might not expect: keys of `TRAITS`.
    """

    size: tuple[int, int]
    grey: bool
    traits: frozenset[str]


TRAITS = {
    "frames": "of an animation or a file of several pictures, the first was taken",
    "transparent": "transparency was laid on the background",
    "cmyk": "print colours (CMYK) were turned into red, green, blue without a colour profile",
    "deep": "more than 8 bits a pixel were reduced to 8, over their whole range",
    "turned": "turned upright, as its EXIF data says",
}
"""What is done to a picture, by the name of the trait."""


def look_at(path: Path) -> Look:
    """Read the head of a picture file.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    Look

    Raises
    ------
    BadPicture
        If it is no picture, or one of more than `PIXEL_LIMIT` pixels.
    """
    with _opened(path) as image:
        # A PNG without EXIF data in its head would be decoded in search of them.
        turned = _orientation(image) if image.format != "PNG" or "exif" in image.info else 1
        several = image.format != "MPO" and getattr(image, "is_animated", False)  # MPO: how some phones write JPEG
        told = {
            "frames": several,
            "transparent": image.has_transparency_data,
            "cmyk": image.mode == "CMYK",
            "deep": image.mode in ("I", "F") or image.mode.startswith("I;16"),
            "turned": turned in UPRIGHT,
        }
        width, height = image.size
        return Look(
            size=(width, height) if turned in LYING else (height, width),
            grey=image.mode in GREY_MODES or image.mode.startswith("I;16"),
            traits=frozenset(trait for trait, holds in told.items() if holds),
        )


def read_picture(path: Path, size: tuple[int, int] | None, grey: bool, fit: Fit, background: int) -> np.ndarray:
    """Decode a picture file.

    Parameters
    ----------
    path : Path
        A file that `look_at` accepts.
    size : pair of int, optional
        Height and width to bring it to; as it is, if left out.
    grey : bool
        One channel (its luminance, ITU-R 601) or three.
    fit : "crop", "pad" or "stretch"
        Cut the middle out at the wanted proportion, add bars at the sides, or change the proportion. In each case
        it is scaled bilinearly over all pixels that a new one covers, which stays within their range.
    background : int
        0 to 255: the grey of bars, and what transparent pixels lie on.

    Returns
    -------
    uint8 array (1 or 3, H, W)

    Raises
    ------
    BadPicture
        If the file is damaged, or its pixels are no shades.
    """
    with _opened(path) as image:
        image.load()
        turn = UPRIGHT.get(_orientation(image))
        upright = _eight_bits(image if turn is None else image.transpose(turn))
        if upright.has_transparency_data:
            upright = upright.convert("RGBA")
            paper = Image.new("RGBA", upright.size, (background,) * 3 + (255,))
            upright = Image.alpha_composite(paper, upright)
        plain = upright.convert("L" if grey else "RGB")
        if size is not None and plain.size != (size[1], size[0]):
            plain = _scaled(plain, (size[1], size[0]), fit, background)
        pixels = np.asarray(plain)
    return pixels[np.newaxis] if grey else pixels.transpose(2, 0, 1)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A picture whose head is read and whose size is allowed. Whatever goes wrong inside becomes a `BadPicture`."""
    if not path.is_file():  # to open a pipe would wait for ever
        raise BadPicture("not a file")
    try:
        if path.stat().st_size == 0:
            raise BadPicture("empty")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit warns, ours refuses; odd EXIF data warn too
            with Image.open(path, formats=_formats()) as image:
                if image.width * image.height > PIXEL_LIMIT:
                    raise BadPicture(_too_large(f"{image.width * image.height / 1e6:.0f} million"))
                yield image
    except BadPicture:
        raise
    except Image.DecompressionBombError:
        raise BadPicture(_too_large("very many")) from None
    except UnidentifiedImageError:
        raise BadPicture("not an image that can be read") from None
    except PermissionError:
        raise BadPicture("may not be read") from None
    except Exception as error:  # the decoders of forty formats raise whatever they like
        raise BadPicture(f"damaged: {str(error).strip().rstrip('.') or type(error).__name__}") from error


def _too_large(pixels: str) -> str:
    return f"{pixels} pixels, where {PIXEL_LIMIT // 10**6} million are the limit"


@functools.cache
def _formats() -> list[str]:
    """What Pillow reads by itself, the usual first, as it tries one after the other."""
    Image.init()
    others = sorted(set(Image.OPEN) - set(USUAL_FORMATS) - PROGRAM_FORMATS)
    return [*(name for name in USUAL_FORMATS if name in Image.OPEN), *others]


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none, or none that can be read: that spoils no pixel."""
    try:
        told = image.getexif().get(ORIENTATION, 1)
        return told if isinstance(told, int) else 1
    except Exception:  # whatever a broken directory of tags leads to
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Reduce a grey picture of more than 8 bits: 0 to 65,535, or fractions 0 to 1, to 0 to 255."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    values = np.asarray(image).astype(np.float64)
    top = 1 if image.mode == "F" else 65_535
    if not np.isfinite(values).all():
        raise BadPicture("it holds NaN or infinite pixels")
    if values.min() < 0 or values.max() > top:
        raise BadPicture(f"its pixels go from {values.min():g} to {values.max():g}, and not within 0 to {top:,}")
    return Image.fromarray(np.rint(values * (255 / top)).astype(np.uint8))


def _scaled(image: Image.Image, size: tuple[int, int], fit: Fit, background: int) -> Image.Image:
    """Bring a picture to (width, height)."""
    method = Image.Resampling.BILINEAR
    if fit == "crop":
        return ImageOps.fit(image, size, method)
    if fit == "pad":
        color = background if image.mode == "L" else (background,) * 3
        return ImageOps.pad(image, size, method, color=color)
    return image.resize(size, method)


def is_clutter(name: str) -> bool:
    """Say whether a file is one that systems leave behind in folders, and not anybody's image."""
    return name.startswith(".") or os.path.normcase(name).lower() in ("thumbs.db", "desktop.ini")
