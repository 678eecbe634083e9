"""The two networks of the variational autoencoder."""

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 4  # an image's side is halved twice on the way in
LEAST, MOST = 28, 64  # pixels a side inside
LOG_VARIANCE = 10.0  # at most this far from 0: a variance of 1e-4 to 1e4, so that no exponential overflows


def inner_size(height: int, width: int) -> tuple[int, int]:
    """The size in which images are encoded.

    The rule: images with a side over 64 pixels are reduced as a whole, so that the longer side has 64; each side is then
    brought to the nearest multiple of 4, and to 28 at least. What is decoded is brought back to the images' own size.

    Returns
    -------
    (int, int)
        Height and width, in pixels.
    """
    scale = min(1.0, MOST / max(height, width))
    inner = [max(LEAST, STRIDE * round(side * scale / STRIDE)) for side in (height, width)]
    return inner[0], inner[1]


def resize(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Images (N, C, H, W) of another size, bilinear and without aliasing; as they are where they have it already."""
    if tuple(pixels.shape[2:]) == size:
        return pixels
    return functional.interpolate(pixels, size, mode="bilinear", antialias=True, align_corners=False)


class Network(nn.Module):
    """Encoder and decoder: two strided convolutions and a hidden layer on either side.

    Activations are SiLU. With ReLU and a high learning rate units die all at once, and every image is decoded to the mean.

    Parameters
    ----------
    channels : int
    size : (int, int)
        Of images inside, multiples of 4.
    latent_size : int
    width : int
        Feature maps of the first convolution.
    hidden : int
        Units of the layers between the convolutions and the latent values.
    """

    def __init__(
        self, channels: int, size: tuple[int, int], latent_size: int, width: int = 32, hidden: int = 256
    ) -> None:
        super().__init__()
        height, breadth = size[0] // STRIDE, size[1] // STRIDE
        deep = 2 * width
        flat = deep * height * breadth
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, deep, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(flat, hidden),
            nn.SiLU(),
            nn.Linear(hidden, 2 * latent_size),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_size, hidden),
            nn.SiLU(),
            nn.Linear(hidden, flat),
            nn.SiLU(),
            nn.Unflatten(1, (deep, height, breadth)),
            nn.ConvTranspose2d(deep, width, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def encode(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, C, h, w) to the means and log-variances (N, d) of their posteriors."""
        means, log_variances = self.encoder(pixels).chunk(2, dim=1)
        return means, LOG_VARIANCE * torch.tanh(log_variances / LOG_VARIANCE)

    def decode(self, codes: Tensor) -> Tensor:
        """Codes (N, d) to images (N, C, h, w), 0 to 1."""
        return self.decoder(codes)
