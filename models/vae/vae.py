"""A variational autoencoder: images as a few numbers, and such numbers as images."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.devices import pick_device
from models.progress import Callback, silent
from models.teacher import to_pixels
from models.tensors import pack, unpack
from models.vae.network import Network, inner_size, resize

KEY = "darkroom.vae"
SETTINGS = ("in_shape", "latent_size")
BATCH = 256  # images at a time
MOST_LATENTS = 256


class Codes(NamedTuple):
    """Where images lie in the latent space: normal posteriors of independent dimensions.

    Attributes
    ----------
    means, deviations : float32 arrays (N, d)
    """

    means: np.ndarray
    deviations: np.ndarray


class VAE:
    """A convolutional variational autoencoder (Kingma and Welling 2014), for images of one size.

    Made by `VAE.create`, trained by `models.vae.training.train_vae`, or read by `VAE.from_bytes`.

    Attributes
    ----------
    network : Network
        In evaluation mode unless in training.
    in_shape : (C, H, W)
        Of an image. Inside it has the size that `models.vae.network.inner_size` says.
    latent_size : int
        d.
    device : torch.device
    """

    def __init__(
        self, network: Network, in_shape: tuple[int, int, int], latent_size: int, device: torch.device
    ) -> None:
        layout = torch.channels_last if device.type == "cpu" else torch.preserve_format
        self.network = network.to(device).to(memory_format=layout).eval()
        self.in_shape = in_shape
        self.latent_size = latent_size
        self.device = device

    @classmethod
    def create(
        cls, in_shape: Sequence[int], latent_size: int = 10, seed: int = 0, device: str | torch.device = "auto"
    ) -> "VAE":
        """Make an untrained one.

        Parameters
        ----------
        in_shape : (C, H, W)
            The shape of an image, of 1 or 3 channels.
        latent_size : int
            Numbers a code, 2 to 256.
        seed : int
            Chooses the initial weights. torch's global state is left as it was.
        device : str or torch.device
            See `pick_device`.

        Raises
        ------
        ValueError
            If an argument is not as described above.
        """
        shape = tuple(int(side) for side in in_shape)
        if len(shape) != 3 or shape[0] not in (1, 3) or min(shape) < 1:
            raise ValueError(f"in_shape must be (C, H, W) with 1 or 3 channels, not {tuple(in_shape)}.")
        if not 2 <= latent_size <= MOST_LATENTS:
            raise ValueError(f"latent_size must be 2 to {MOST_LATENTS}, not {latent_size}.")
        picked = pick_device(device)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # the CPU's alone, as of teachers
            network = Network(shape[0], inner_size(shape[1], shape[2]), latent_size)
        return cls(network, (shape[0], shape[1], shape[2]), latent_size, picked)

    @classmethod
    def from_bytes(cls, data: bytes, device: str | torch.device = "auto") -> "VAE":
        """Read what `to_bytes` wrote.

        Raises
        ------
        ValueError
            If `data` is not that.
        """
        try:
            weights, stored = unpack(data, KEY)
            made = cls.create(**{name: stored[name] for name in SETTINGS}, device=device)
            made.network.load_state_dict(weights)
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError("data must be a VAE in the safetensors format, as Darkroom writes it.") from error
        return made

    def to_bytes(self) -> bytes:
        """Write it as safetensors; the same bytes for the same weights."""
        return pack(self.network.state_dict(), KEY, {name: getattr(self, name) for name in SETTINGS})

    def encode_tensor(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Encode; differentiable.

        Parameters
        ----------
        pixels : float32 tensor (N, C, H, W)
            0 to 1, on the VAE's device.

        Returns
        -------
        means, log_variances : float32 tensors (N, d)
        """
        return self.network.encode(resize(pixels, inner_size(*self.in_shape[1:])))

    def decode_tensor(self, codes: Tensor) -> Tensor:
        """Decode; differentiable.

        Parameters
        ----------
        codes : float32 tensor (N, d)
            On the VAE's device.

        Returns
        -------
        float32 tensor (N, C, H, W)
            Pixels 0 to 1, in the images' own size.
        """
        return resize(self.network.decode(codes), self.in_shape[1:])

    def encode(self, images: np.ndarray, callback: Callback = silent) -> Codes:
        """Encode images.

        Parameters
        ----------
        images : array (N, C, H, W)
            uint8 pixels 0 to 255, or floats 0 to 1.
        callback : Callback
            Called after each batch.

        Returns
        -------
        Codes

        Raises
        ------
        ValueError
            If the images have another shape.
        Cancelled
            If the callback raises it.
        """
        if images.shape[1:] != self.in_shape:
            raise ValueError(
                f"images must have the shape (N, {', '.join(map(str, self.in_shape))}) for this VAE, "
                f"not {images.shape}."
            )
        means = np.empty((len(images), self.latent_size), np.float32)
        deviations = np.empty_like(means)
        for start in range(0, len(images), BATCH):
            rows = slice(start, start + BATCH)
            with torch.no_grad():
                mean, log_variance = self.encode_tensor(to_pixels(torch.tensor(images[rows], device=self.device)))
                means[rows], deviations[rows] = mean.cpu().numpy(), torch.exp(log_variance / 2).cpu().numpy()
            done = min(start + BATCH, len(images))
            callback(done / len(images), f"encoded {done:,} of {len(images):,} images")
        return Codes(means, deviations)

    def decode(self, codes: np.ndarray, callback: Callback = silent) -> np.ndarray:
        """Decode codes.

        Parameters
        ----------
        codes : array (N, d)
        callback : Callback
            Called after each batch.

        Returns
        -------
        float32 array (N, C, H, W)
            Pixels 0 to 1.

        Raises
        ------
        ValueError
            If the codes are not finite numbers of that shape.
        Cancelled
            If the callback raises it.
        """
        values = self.checked(codes)
        pixels = np.empty((len(values), *self.in_shape), np.float32)
        for start in range(0, len(values), BATCH):
            rows = slice(start, start + BATCH)
            with torch.no_grad():
                pixels[rows] = self.decode_tensor(torch.tensor(values[rows], device=self.device)).cpu().numpy()
            callback(min(start + BATCH, len(values)) / len(values))
        return pixels

    def checked(self, codes: np.ndarray) -> np.ndarray:
        """Codes as float32 (N, d).

        Raises
        ------
        ValueError
            If they are not finite numbers of that shape.
        """
        values = np.asarray(codes, np.float32)
        if values.ndim != 2 or values.shape[1] != self.latent_size or not np.isfinite(values).all():
            raise ValueError(
                f"codes must be finite numbers of the shape (N, {self.latent_size}) for this VAE, not {values.shape}."
            )
        return values
