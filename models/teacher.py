"""Teachers: the classifiers that Darkroom opens up. Prediction, layers, weights as bytes."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from models.architectures import ARCHITECTURES, check_network, make_network
from models.devices import pick_device
from models.layers import hook_faults, output_layer, trace_layers
from models.progress import Callback, silent
from models.tensors import pack, unpack

__all__ = ["ARCHITECTURES", "Predictions", "Teacher", "confusion_matrix", "pick_device", "softmax", "to_pixels"]

METADATA_KEY = "darkroom.teacher"
SETTINGS = ("architecture", "in_shape", "n_classes", "mean", "std")  # what a teacher is, beside its weights
BATCH_SIZE = 512  # of prediction
BATCH_SIZE_ON_CPU = 64  # measured: ResNet-20 and the example CNN take half the time that they take with 512
RANGE_SLACK = 1e-3  # what rounding may add to pixels 0 to 1


class Predictions(NamedTuple):
    """What a teacher says of N images.

    Attributes
    ----------
    logits : float32 array (N, K)
        The scores before softmax.
    features : float32 array (N, F)
        The input of the last linear layer.
    """

    logits: np.ndarray
    features: np.ndarray


class Teacher:
    """An image classifier with all that is needed to use it on plain pixels.

    Made by `Teacher.create` or `Teacher.from_bytes`.

    Attributes
    ----------
    module : nn.Module
        The network: normalised images (N, C, H, W) to logits (N, K). In evaluation mode unless in training.
    architecture : str
        Its name in `ARCHITECTURES`.
    in_shape : (C, H, W)
        The shape of an image.
    n_classes : int
        K.
    mean, std : tuple of C floats
        The normalisation of each channel, in the units of pixels 0 to 1.
    device : torch.device
        Where the network is.
    """

    def __init__(
        self,
        module: nn.Module,
        architecture: str,
        in_shape: tuple[int, int, int],
        n_classes: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        device: torch.device,
    ) -> None:
        # With the channels last in memory a CPU trains LeNet and ResNet-20 up to 1.7 times as fast (measured).
        last = device.type == "cpu" and ARCHITECTURES[architecture].channels_last
        layout = torch.channels_last if last else torch.preserve_format
        self.module = module.to(device).to(memory_format=layout).eval()
        self.architecture = architecture
        self.in_shape = in_shape
        self.n_classes = n_classes
        self.mean = mean
        self.std = std
        self.device = device
        self._mean = torch.tensor(mean, dtype=torch.float32, device=device).reshape(-1, 1, 1)
        self._std = torch.tensor(std, dtype=torch.float32, device=device).reshape(-1, 1, 1)

    @classmethod
    def create(
        cls,
        architecture: str,
        in_shape: Sequence[int],
        n_classes: int,
        mean: Sequence[float] | np.ndarray,
        std: Sequence[float] | np.ndarray,
        seed: int = 0,
        device: str | torch.device = "auto",
    ) -> "Teacher":
        """Make an untrained teacher.

        Parameters
        ----------
        architecture : str
            A name in `ARCHITECTURES`.
        in_shape : (C, H, W)
            The shape of an image.
        n_classes : int
            The number of classes, 2 or more.
        mean, std : C floats
            The normalisation of each channel, in the units of pixels 0 to 1: `models.data.statistics` has it.
        seed : int
            Chooses the initial weights: the same on every device. torch's global state is left as it was.
        device : str or torch.device
            See `pick_device`.

        Returns
        -------
        Teacher

        Raises
        ------
        ValueError
            If an argument is not as described above.
        """
        shape = check_network(architecture, in_shape, n_classes)
        means, stds = tuple(float(m) for m in mean), tuple(float(s) for s in std)
        if len(means) != shape[0] or not np.isfinite(means).all():
            raise ValueError(f"mean must be {shape[0]} finite numbers, one a channel, not {means}.")
        if len(stds) != shape[0] or not np.isfinite(stds).all() or min(stds) <= 0:
            raise ValueError(f"std must be {shape[0]} positive numbers, one a channel, not {stds}.")

        picked = pick_device(device)
        with torch.random.fork_rng(devices=[]):
            # The CPU's generator alone: torch.manual_seed would also reseed every GPU, and nothing here would
            # restore that.
            torch.default_generator.manual_seed(seed)
            module = make_network(architecture, shape, n_classes)
        return cls(module, architecture, shape, n_classes, means, stds, picked)

    @classmethod
    def from_bytes(cls, data: bytes, device: str | torch.device = "auto") -> "Teacher":
        """Read a teacher that `to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            A safetensors file with Darkroom's metadata.
        device : str or torch.device
            See `pick_device`.

        Returns
        -------
        Teacher

        Raises
        ------
        ValueError
            If `data` is no such file, or its weights do not fit the architecture that it names.
        """
        try:
            weights, stored = unpack(data, METADATA_KEY)
            settings = {name: stored[name] for name in SETTINGS}
        except (KeyError, ValueError) as error:
            raise ValueError(
                "data must be a teacher in the safetensors format, as Darkroom writes it, and is not."
            ) from error
        teacher = cls.create(**settings, device=device)
        try:
            teacher.module.load_state_dict(weights)
        except RuntimeError as error:  # its own message is a line for each tensor
            raise ValueError(
                f"data must hold the weights of the architecture it names, {teacher.architecture!r} for "
                f"images {teacher.in_shape} and {teacher.n_classes} classes, but holds others."
            ) from error
        return teacher

    def to_bytes(self) -> bytes:
        """Write the teacher as a safetensors file: weights, and in its metadata all that `from_bytes` needs.

        Returns
        -------
        bytes
            The same for the same teacher.
        """
        return pack(self.module.state_dict(), METADATA_KEY, {name: getattr(self, name) for name in SETTINGS})

    def logits(self, pixels: Tensor) -> Tensor:
        """Normalise and classify. Differentiable; `predict` is the same for arrays of any length.

        Parameters
        ----------
        pixels : float32 tensor (N, C, H, W)
            Pixels 0 to 1, on the teacher's device.

        Returns
        -------
        float32 tensor (N, K)
        """
        return self.module((pixels - self._mean) / self._std)

    def predict(self, images: np.ndarray, batch_size: int | None = None, callback: Callback = silent) -> Predictions:
        """Classify images.

        Parameters
        ----------
        images : array (N, C, H, W)
            uint8 pixels 0 to 255, or floats 0 to 1.
        batch_size : int, optional
            How many images at a time. It bounds the memory, and does not change the result beyond rounding. If left
            out, 64 on a CPU, whose cache then holds the feature maps, and 512 elsewhere.
        callback : Callback
            Called after each batch.

        Returns
        -------
        Predictions
            Logits (N, K) and features (N, F), the input of the last linear layer.

        Raises
        ------
        ValueError
            If the images have another shape than the teacher's, or are not pixels; if batch_size is below 1; if
            the network does not end in a linear layer, whose inputs the features are.
        Cancelled
            If the callback raises it.
        """
        self._check_images(images)
        last_layer = self.module.get_submodule(self._last_layer)
        assert isinstance(last_layer, nn.Linear)
        features = np.empty((len(images), last_layer.in_features), dtype=np.float32)
        n_seen = 0

        def keep_features(_layer: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
            nonlocal n_seen
            batch = inputs[0]
            features[n_seen : n_seen + len(batch)] = batch.cpu().numpy()  # a copy
            n_seen += len(batch)

        with last_layer.register_forward_hook(keep_features):
            logits = self.classify(images, batch_size, callback)
        return Predictions(logits, features)

    def classify(self, images: np.ndarray, batch_size: int | None = None, callback: Callback = silent) -> np.ndarray:
        """Classify images, without looking into the network: `predict` less the features.

        Parameters
        ----------
        images, batch_size, callback
            See `predict`.

        Returns
        -------
        float32 array (N, K)
            Logits.

        Raises
        ------
        ValueError
            If the images have another shape than the teacher's, or are not pixels; if batch_size is below 1.
        Cancelled
            If the callback raises it.
        """
        self._check_images(images)
        if batch_size is None:
            batch_size = BATCH_SIZE_ON_CPU if self.device.type == "cpu" else BATCH_SIZE
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, not {batch_size}.")
        logits = np.empty((len(images), self.n_classes), dtype=np.float32)
        self.module.eval()
        for start in range(0, len(images), batch_size):
            batch = slice(start, start + batch_size)
            with torch.no_grad():
                logits[batch] = self.logits(to_pixels(torch.tensor(images[batch], device=self.device))).cpu().numpy()
            done = min(start + batch_size, len(images))
            callback(done / len(images), f"predicted {done:,} of {len(images):,} images")
        return logits

    def layers(self) -> list[dict]:
        """Trace the layers with one black image.

        Returns
        -------
        list of dict
            In the order in which they run: ``name``, ``type`` (the class of the module), ``output_shape``
            (without the batch's axis) and ``n_parameters``.
        """
        return trace_layers(self.module, torch.zeros(1, *self.in_shape, device=self.device))

    def hook_faults(self) -> list[str]:
        """Find, with one black image, what makes hooks on the layers see something else than what they compute.

        Returns
        -------
        list of str
            See `models.layers.hook_faults`. Darkroom's own architectures have no faults.
        """
        return hook_faults(self.module, torch.zeros(1, *self.in_shape, device=self.device))

    @cached_property
    def _last_layer(self) -> str:
        """The name of the layer that makes the logits."""
        return output_layer(self.layers(), self.n_classes)

    def _check_images(self, images: np.ndarray) -> None:
        if images.shape[1:] != self.in_shape:
            raise ValueError(
                f"images must have the shape (N, {', '.join(map(str, self.in_shape))}) for this teacher, "
                f"not {images.shape}."
            )
        if images.dtype == np.uint8:
            return
        if images.dtype.kind != "f":
            raise ValueError(f"images must be uint8 0 to 255 or floats 0 to 1, not {images.dtype}.")
        # written so that NaN fails it too
        if images.size and not (images.min() >= -RANGE_SLACK and images.max() <= 1 + RANGE_SLACK):
            raise ValueError(
                f"images must lie in 0 to 1 when they are floats, but go from {images.min():g} to {images.max():g}."
            )


def to_pixels(images: Tensor) -> Tensor:
    """Bring a tensor of images, uint8 0 to 255 or floats 0 to 1, to float32 0 to 1."""
    return images.float() / 255 if images.dtype == torch.uint8 else images.float()


def softmax(logits: np.ndarray) -> np.ndarray:
    """Class probabilities.

    Parameters
    ----------
    logits : array (..., K)
        Scores, of any finite size.

    Returns
    -------
    float64 array (..., K)
        The last axis sums to 1.
    """
    scores = np.asarray(logits, dtype=np.float64)
    # Less the largest score, which cancels out: the largest power is then 1, and none overflows.
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def confusion_matrix(true: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Count which class was taken for which.

    Parameters
    ----------
    true, predicted : int arrays (N,)
        Classes, 0 to K - 1.
    n_classes : int
        K.

    Returns
    -------
    int64 array (K, K)
        ``confusion[t, p]`` images of class t were taken for class p.

    Raises
    ------
    ValueError
        If the two differ in length, or hold anything but classes.
    """
    true, predicted = np.asarray(true), np.asarray(predicted)
    if true.ndim != 1 or true.shape != predicted.shape:
        raise ValueError(
            f"true and predicted must be two lists of one length, not of the shapes {true.shape} and {predicted.shape}."
        )
    for name, classes in (("true", true), ("predicted", predicted)):
        if classes.size and (classes.dtype.kind not in "iu" or classes.min() < 0 or classes.max() >= n_classes):
            raise ValueError(f"{name} must hold whole numbers in 0 to {n_classes - 1}, the classes, and nothing else.")
    cells = true.astype(np.int64) * n_classes + predicted.astype(np.int64)
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
