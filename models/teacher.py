"""Teachers: the classifiers that Darkroom opens up. Architectures, prediction, layers, weights as bytes."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from models.progress import Callback, silent

METADATA_KEY = "darkroom.teacher"
SETTINGS = ("architecture", "in_shape", "n_classes", "mean", "std")  # what a teacher is, beside its weights
RANGE_SLACK = 1e-3  # what rounding may add to pixels 0 to 1


class LeNet(nn.Module):
    """The LeNet of Caffe's MNIST example, DarkSight's teacher for MNIST.

    Two 5 x 5 convolutions of 20 and 50 channels, each followed by 2 x 2 max-pooling, then a hidden layer of
    500 ReLU units: 431,080 parameters for 28 x 28 grey images of ten classes.

    Parameters
    ----------
    in_shape : (C, H, W)
        The shape of an image, H and W 16 or more.
    n_classes : int
        The number of classes, 2 or more.

    Raises
    ------
    ValueError
        If the images are too small for two convolutions and two poolings.
    """

    MIN_SIZE = 16  # 16 - 4 = 12, pooled 6, 6 - 4 = 2, pooled 1

    # Every step is a module of its own that is used once, and none works in place: a hook on it sees exactly
    # the output of that step, also after the next one has run.

    def __init__(self, in_shape: tuple[int, int, int], n_classes: int) -> None:
        super().__init__()
        n_channels, height, width = in_shape
        if min(height, width) < self.MIN_SIZE:
            raise ValueError(
                f"in_shape must be at least {self.MIN_SIZE} x {self.MIN_SIZE} pixels for LeNet, not {height} x {width}."
            )
        n_positions = (((height - 4) // 2 - 4) // 2) * (((width - 4) // 2 - 4) // 2)
        self.conv1 = nn.Conv2d(n_channels, 20, kernel_size=5)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(20, 50, kernel_size=5)
        self.pool2 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(50 * n_positions, 500)
        self.relu = nn.ReLU()
        self.output = nn.Linear(500, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (N, C, H, W) to logits (N, K)."""
        maps = self.pool2(self.conv2(self.pool1(self.conv1(images))))
        return self.output(self.relu(self.hidden(self.flatten(maps))))


ARCHITECTURES: dict[str, Callable[[tuple[int, int, int], int], nn.Module]] = {"lenet": LeNet}
"""The known architectures: a name, and what makes the network from in_shape (C, H, W) and n_classes."""


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
        self.module = module.to(device).eval()
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
        if architecture not in ARCHITECTURES:
            raise ValueError(f"architecture must be one of {', '.join(sorted(ARCHITECTURES))}, not {architecture!r}.")
        shape = tuple(int(n) for n in in_shape)
        if len(shape) != 3 or min(shape) < 1:
            raise ValueError(f"in_shape must be three positive numbers (C, H, W), not {shape}.")
        if n_classes < 2:
            raise ValueError(f"n_classes must be 2 or more, not {n_classes}.")
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
            module = ARCHITECTURES[architecture](shape, n_classes)
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
            weights = safetensors.torch.load(data)
            stored = json.loads(_metadata(data)[METADATA_KEY])
            settings = {name: stored[name] for name in SETTINGS}
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
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
        weights = {name: tensor.cpu().contiguous() for name, tensor in self.module.state_dict().items()}
        settings = {name: getattr(self, name) for name in SETTINGS}
        # One entry, as safetensors writes several in no fixed order.
        return safetensors.torch.save(weights, {METADATA_KEY: json.dumps(settings, sort_keys=True)})

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

    def predict(self, images: np.ndarray, batch_size: int = 512, callback: Callback = silent) -> Predictions:
        """Classify images.

        Parameters
        ----------
        images : array (N, C, H, W)
            uint8 pixels 0 to 255, or floats 0 to 1.
        batch_size : int
            How many images at a time. It bounds the memory, and does not change the result beyond rounding.
        callback : Callback
            Called after each batch.

        Returns
        -------
        Predictions
            Logits (N, K) and features (N, F), the input of the last linear layer.

        Raises
        ------
        ValueError
            If the images have another shape than the teacher's, or are not pixels; if batch_size is below 1.
        Cancelled
            If the callback raises it.
        """
        self._check_images(images)
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, not {batch_size}.")
        last_linear = self._last_linear()
        logits = np.empty((len(images), self.n_classes), dtype=np.float32)
        features = np.empty((len(images), last_linear.in_features), dtype=np.float32)

        self.module.eval()
        for start in range(0, len(images), batch_size):
            batch = slice(start, start + batch_size)

            def keep_features(_layer, inputs, _output, batch=batch) -> None:
                features[batch] = inputs[0].cpu().numpy()

            with torch.no_grad(), last_linear.register_forward_hook(keep_features):
                logits[batch] = self.logits(to_pixels(torch.tensor(images[batch], device=self.device))).cpu().numpy()
            done = min(start + batch_size, len(images))
            callback(done / len(images), f"predicted {done:,} of {len(images):,} images")
        return Predictions(logits, features)

    def layers(self) -> list[dict]:
        """Trace the layers with one black image.

        Returns
        -------
        list of dict
            In the order in which they run: ``name``, ``type`` (the class of the module), ``output_shape``
            (without the batch's axis) and ``n_parameters``.
        """
        traced = []
        self.module.eval()
        with ExitStack() as hooks, torch.no_grad():
            for name, layer in self.module.named_modules():
                if any(True for _ in layer.children()):
                    continue  # a container; its parts are the layers

                def note(layer: nn.Module, _inputs, output: Tensor, name: str = name) -> None:
                    traced.append(
                        {
                            "name": name,
                            "type": type(layer).__name__,
                            "output_shape": tuple(output.shape[1:]),
                            "n_parameters": sum(parameter.numel() for parameter in layer.parameters()),
                        }
                    )

                hooks.enter_context(layer.register_forward_hook(note))
            self.logits(torch.zeros(1, *self.in_shape, device=self.device))
        return traced

    def _last_linear(self) -> nn.Linear:
        return [layer for layer in self.module.modules() if isinstance(layer, nn.Linear)][-1]

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


def pick_device(wanted: str | torch.device = "auto") -> torch.device:
    """Choose where to compute.

    Parameters
    ----------
    wanted : str or torch.device
        "auto" takes CUDA if there is one, else MPS, else the CPU; "cuda", "cuda:1", "mps" and "cpu" take just
        that.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If `wanted` is none of these, or is not in this machine.
    """
    n_cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    has_mps = torch.backends.mps.is_available()
    if str(wanted) == "auto":
        return torch.device("cuda" if n_cuda else "mps" if has_mps else "cpu")

    try:
        device = torch.device(wanted)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cuda", "mps", "cpu"):
        raise ValueError(f"device must be auto, cuda, cuda:1, mps or cpu, not {str(wanted)!r}.")
    if device.type == "cuda" and (device.index or 0) >= n_cuda:
        raise ValueError(f"device {str(wanted)!r} is not in this machine, which has {n_cuda} CUDA devices; try auto.")
    if device.type == "mps" and not has_mps:
        raise ValueError("device 'mps' is not in this machine, or not in this build of torch; try auto.")
    return device


def _metadata(data: bytes) -> dict[str, str]:
    """The metadata of a safetensors file: eight bytes tell the length of a JSON header, which has it.

    safetensors itself reads metadata from files on disk only.
    """
    n_header = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + n_header])["__metadata__"]
