"""Which networks there are, by name.

All of Darkroom's keep two rules, which a test holds: every step is a module of its own that runs once in a forward
pass, and none works in place. So a hook on a module sees exactly the output of that step, also after the next
one has run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from torch import nn

from models.architectures.example_cnn import ExampleCNN
from models.architectures.lenet import LeNet
from models.architectures.resnet import ResNet
from models.architectures.vgg import VGG16
from models.architectures.wide_resnet import WideResNet

Build = Callable[[tuple[int, int, int], int], nn.Module]


@dataclass(frozen=True)
class Architecture:
    """A network that can be made for images of any shape.

    Attributes
    ----------
    title : str
        Its name for people.
    min_size : int
        The least height and width of an image, in pixels.
    build : callable
        Makes it, with random weights, from in_shape (C, H, W) and n_classes. `make_network` checks these first.
    channels_last : bool
        Whether it runs with the channels of its maps last in memory too.
    """

    title: str
    min_size: int
    build: Build
    channels_last: bool = True


ARCHITECTURES: dict[str, Architecture] = {
    "lenet": Architecture("LeNet", LeNet.MIN_SIZE, LeNet),
    "example-cnn": Architecture("PyTorch's example CNN", ExampleCNN.MIN_SIZE, ExampleCNN),
    "resnet-20": Architecture("ResNet-20", ResNet.MIN_SIZE, partial(ResNet, depth=20)),
    "resnet-32": Architecture("ResNet-32", ResNet.MIN_SIZE, partial(ResNet, depth=32)),
    "resnet-44": Architecture("ResNet-44", ResNet.MIN_SIZE, partial(ResNet, depth=44)),
    "resnet-56": Architecture("ResNet-56", ResNet.MIN_SIZE, partial(ResNet, depth=56)),
    "vgg16-bn": Architecture("VGG16 with batch normalisation", VGG16.MIN_SIZE, VGG16),
    "wide-resnet-16-4": Architecture("WRN-16-4", WideResNet.MIN_SIZE, partial(WideResNet, depth=16, width=4)),
    "wide-resnet-28-10": Architecture("WRN-28-10", WideResNet.MIN_SIZE, partial(WideResNet, depth=28, width=10)),
}
"""The known architectures by name; `models.architecture_files` adds those of a user's own."""


def make_network(architecture: str, in_shape: Sequence[int], n_classes: int) -> nn.Module:
    """Make a network with random weights, from torch's global generator.

    Parameters
    ----------
    architecture : str
        A name in `ARCHITECTURES`.
    in_shape : (C, H, W)
        The shape of an image.
    n_classes : int
        The number of classes, 2 or more.

    Returns
    -------
    nn.Module
        Normalised images (N, C, H, W) to logits (N, n_classes). In training mode.

    Raises
    ------
    ValueError
        If there is no such architecture, the images are too small for it, or the numbers make no sense.
    """
    shape = check_network(architecture, in_shape, n_classes)
    return ARCHITECTURES[architecture].build(shape, n_classes)


def check_network(architecture: str, in_shape: Sequence[int], n_classes: int) -> tuple[int, int, int]:
    """Check that a network could be made, without making it.

    Parameters
    ----------
    architecture, in_shape, n_classes
        See `make_network`.

    Returns
    -------
    tuple of three ints
        in_shape.

    Raises
    ------
    ValueError
        See `make_network`.
    """
    if architecture not in ARCHITECTURES and "@" in architecture:
        raise ValueError(
            f"the architecture {architecture} is not known here: start with the file that it comes from, as it was, among "
            "--models."
        )
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture must be one of {', '.join(sorted(ARCHITECTURES))}, not {architecture!r}.")
    shape = tuple(int(n) for n in in_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"in_shape must be three positive numbers (C, H, W), not {shape}.")
    if n_classes < 2:
        raise ValueError(f"n_classes must be 2 or more, not {n_classes}.")
    known = ARCHITECTURES[architecture]
    n_channels, height, width = shape
    if min(height, width) < known.min_size:
        raise ValueError(
            f"in_shape must be at least {known.min_size} x {known.min_size} pixels for {known.title}, "
            f"not {height} x {width}."
        )
    return n_channels, height, width
