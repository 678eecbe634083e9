"""Inputs that a net was not trained for, in the shape that it takes: letters, noise, images of other sets (Lee 2019, 4.2)."""

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch.nn import functional

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
DRAWN = 4  # times as large as they are shown, letters are drawn
TALL = 0.7  # of the image, a letter
TURNED, MOVED = 15.0, 0.06  # degrees, and part of the image, at most


def noise(shape: tuple[int, int, int], count: int, random_state: int = 0) -> np.ndarray:
    """Images of which each pixel is drawn on its own, 0 to 255 alike; uint8 (count, C, H, W)."""
    return np.random.default_rng(random_state).integers(0, 256, (count, *shape), np.uint8)


def letters(shape: tuple[int, int, int], count: int, random_state: int = 0) -> np.ndarray:
    """Capital letters, bright on dark, a little turned and moved; as many of each, in turn.

    Drawn with the typeface that comes with Pillow, so that nothing is downloaded.

    Parameters
    ----------
    shape : (C, H, W)
    count : int
    random_state : int

    Returns
    -------
    uint8 array (count, C, H, W)
    """
    channels, height, width = shape
    random, made = np.random.default_rng(random_state), np.empty((count, *shape), np.uint8)
    side = DRAWN * max(height, width)
    font = ImageFont.load_default(TALL * side)
    for number in range(count):
        drawn = Image.new("L", (side, side))
        move = random.uniform(-MOVED, MOVED, 2) * side
        middle = (side / 2 + move[0], side / 2 + move[1])
        ImageDraw.Draw(drawn).text(middle, LETTERS[number % len(LETTERS)], 255, font, anchor="mm")
        turned = drawn.rotate(random.uniform(-TURNED, TURNED), Image.Resampling.BICUBIC)
        made[number] = np.asarray(turned.resize((width, height), Image.Resampling.BOX))[np.newaxis].repeat(channels, 0)
    return made


def fitted(images: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Images in another shape: resized bilinearly, in proportion or not; colours become grey by luma, grey becomes three equal
    channels.

    Parameters
    ----------
    images : uint8 array (N, C, H, W)
        C 1 or 3.
    shape : (C, H, W)

    Returns
    -------
    uint8 array (N, *shape)

    Raises
    ------
    ValueError
        If channels are neither 1 nor 3.
    """
    channels = images.shape[1]
    if channels not in (1, 3) or shape[0] not in (1, 3):
        raise ValueError(f"Images of {channels} channels cannot be made into such of {shape[0]}: 1 and 3 can.")
    if images.shape[1:] == tuple(shape):
        return images
    values = images.astype(np.float32)
    if channels > shape[0]:
        values = np.einsum("nchw,c->nhw", values, LUMA)[:, np.newaxis]
    elif channels < shape[0]:
        values = values.repeat(shape[0], axis=1)
    size = (shape[1], shape[2])
    if values.shape[2:] != size:
        values = functional.interpolate(torch.tensor(values), size, mode="bilinear", antialias=True).numpy()
    return np.rint(values).clip(0, 255).astype(np.uint8)
