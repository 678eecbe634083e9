"""Training images, changed a little each time they are seen."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """Random changes that leave an image's class as it is. Each image of a batch gets its own.

    Parameters
    ----------
    shift : int
        The most pixels by which an image moves, in either direction along either axis; what comes in is black. 4
        is the "pad by 4 and crop" that is usual for CIFAR.
    flip : bool
        Whether half of the images are mirrored, left to right.
    crop : float
        The least share of the sides that is cut out at a random place and enlarged, bilinearly, to the size of the
        image; the share is drawn evenly between it and 1, which is the whole image.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    shift: int = 0
    flip: bool = False
    crop: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.shift, bool) or not isinstance(self.shift, int) or self.shift < 0:
            raise ValueError(f"shift must be a whole number of pixels, 0 or more, not {self.shift!r}.")
        if not isinstance(self.flip, bool):
            raise ValueError(f"flip must be true or false, not {self.flip!r}.")
        if not 0 < self.crop <= 1:
            raise ValueError(f"crop must be a share of an image's sides, above 0 and at most 1, not {self.crop!r}.")

    def __call__(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """Change a batch.

        Parameters
        ----------
        pixels : float32 tensor (N, C, H, W)
            Pixels 0 to 1, on any device.
        generator : torch.Generator
            The CPU's, so that all devices draw the same; left alone where nothing is to be changed.

        Returns
        -------
        float32 tensor (N, C, H, W)
            Pixels 0 to 1, on the same device.
        """
        if self.crop < 1:
            pixels = _cropped(pixels, self.crop, generator)
        if self.shift:
            pixels = _shifted(pixels, self.shift, generator)
        if self.flip:
            mirrored = torch.rand(len(pixels), generator=generator) < 0.5
            pixels = torch.where(mirrored.to(pixels.device).reshape(-1, 1, 1, 1), pixels.flip(-1), pixels)
        return pixels


def _shifted(pixels: Tensor, most: int, generator: torch.Generator) -> Tensor:
    n_images, n_channels, height, width = pixels.shape
    starts = torch.randint(2 * most + 1, (2, n_images, 1), generator=generator).to(pixels.device)
    rows = starts[0] + torch.arange(height, device=pixels.device)
    columns = starts[1] + torch.arange(width, device=pixels.device)
    padded = torch.nn.functional.pad(pixels, (most, most, most, most))
    images = torch.arange(n_images, device=pixels.device).reshape(-1, 1, 1, 1)
    channels = torch.arange(n_channels, device=pixels.device).reshape(1, -1, 1, 1)
    return padded[images, channels, rows[:, None, :, None], columns[:, None, None, :]]


def _cropped(pixels: Tensor, least: float, generator: torch.Generator) -> Tensor:
    share, x, y = torch.rand((3, len(pixels)), generator=generator).to(pixels.device)
    share = least + (1 - least) * share
    # In affine_grid's coordinates an image goes from -1 to 1: a window of this share has so much room to either side.
    room = 1 - share
    zeros = torch.zeros_like(share)
    rows = (
        torch.stack([share, zeros, room * (2 * x - 1)], dim=1),
        torch.stack([zeros, share, room * (2 * y - 1)], dim=1),
    )
    windows = torch.nn.functional.affine_grid(torch.stack(rows, dim=1), list(pixels.shape), align_corners=False)
    enlarged = torch.nn.functional.grid_sample(pixels, windows, padding_mode="border", align_corners=False)
    return enlarged.clamp(0, 1)  # weights that should add up to 1 may miss it by rounding
