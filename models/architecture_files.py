"""Architectures of a user's own, from a .py file: loaded, tried on a small image, and added to those that are known.

They are known by names that carry the content of their file, such as "my-net@3f786850e387": what was made with an older
version of the file is never taken for what the newer one makes.
"""

import hashlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn

from models.architectures import ARCHITECTURES, Architecture
from models.architectures.own import take_declared
from models.layers import evaluating, hook_faults, output_layer, trace_layers
from models.tensors import pack

logger = logging.getLogger("darkroom.architectures")

N_DIGITS = 12  # of the file's sha256, in hex
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
N_CHANNELS, N_CLASSES = 3, 10  # of what a network is tried on


@dataclass(frozen=True)
class Loaded:
    """An architecture that a file holds, as it was found when it was tried.

    Attributes
    ----------
    name : str
        Its name in `ARCHITECTURES`.
    faults : tuple of str
        What makes hooks on its layers lie: see `hook_faults`.
    n_weights : int
        How many numbers are trained, for the smallest colour images and ten classes.
    n_convolutions : int
        How many layers are convolutions.
    """

    name: str
    faults: tuple[str, ...]
    n_weights: int
    n_convolutions: int


def load_architectures(path: str | Path) -> list[Loaded]:
    """Run a .py file and add what it declares to `ARCHITECTURES`.

    Parameters
    ----------
    path : str or Path
        The file, which declares its networks with `models.architectures.architecture`. What it imports from elsewhere
        is no part of its content.

    Returns
    -------
    list of Loaded
        In the order in which the file declares them.

    Raises
    ------
    ValueError
        If there is no such file, it fails, declares nothing or a name that is known already, or if a network does not
        do what `architecture` says. What is wrong within the file is logged with its place.
    MemoryError, OSError
        If the file raises it: at the next start that may be over.
    """
    path = Path(path)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({(error.strerror or str(error)).lower()}).") from error
    digest = hashlib.sha256(source).hexdigest()[:N_DIGITS]
    declared = _run(path, source, f"architectures_{digest}")
    if not declared:
        raise ValueError(
            f"{path} declares no architecture; put @architecture(...) of models.architectures before what makes one."
        )
    loaded = []
    for name, known in declared.items():
        if name in {other.partition("@")[0] for other in ARCHITECTURES}:
            raise ValueError(f"{path} declares {name}, and there is an architecture of that name; choose another.")
        loaded.append(_add(f"{name}@{digest}", known))
    return loaded


def _run(path: Path, source: bytes, module_name: str) -> dict[str, Architecture]:
    """What the source declares. It is run as it was read, so that the names carry what was run."""
    module = ModuleType(module_name)
    module.__file__ = str(path)
    sys.modules[module_name] = module  # where dataclasses and others look for what stands round a class
    take_declared()
    with _failing_as(f"{path} fails when it is run"):
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - the user's own, named by the user
    return take_declared()


def _add(name: str, declared: Architecture) -> Loaded:
    def build(in_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
        asked = f"images {in_shape} and {n_classes} classes"
        with _failing_as(f"{name} cannot be made for {asked}"):
            network = declared.build(in_shape, n_classes)
        if not isinstance(network, nn.Module):
            raise ValueError(f"{name} must be a network, an nn.Module, but is a {type(network).__name__}.")
        with _failing_as(f"{name} does not run on {asked}"):
            _try(network, in_shape, n_classes)
        return network

    in_shape = (N_CHANNELS, declared.min_size, declared.min_size)
    with torch.random.fork_rng(devices=[]):
        network = build(in_shape, N_CLASSES)
    with _failing_as(f"the weights of {name} cannot be stored"):  # such as one tensor under two names
        pack(network.state_dict(), "tried", {})
    faults = hook_faults(network, torch.zeros(1, *in_shape))
    ARCHITECTURES[name] = replace(declared, build=build)
    n_weights = sum(parameter.numel() for parameter in network.parameters())
    return Loaded(name, tuple(faults), n_weights, n_convolutions(network))


def n_convolutions(network: nn.Module) -> int:
    """How many layers of a network are convolutions, of any dimension."""
    return sum(isinstance(layer, CONVOLUTIONS) for layer in network.modules())


def _try(network: nn.Module, in_shape: tuple[int, int, int], n_classes: int) -> None:
    """Runs a network on two black images, so that nobody trains for hours before hearing what could be said first."""
    images = torch.zeros(2, *in_shape)
    with evaluating(network), torch.no_grad():
        logits = network(images)
    found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    if found != (2, n_classes):
        raise ValueError(f"it must make logits (2, {n_classes}) of two images, and makes {found}.")
    output_layer(trace_layers(network, images), n_classes)


@contextmanager
def _failing_as(what: str) -> Iterator[None]:
    """Has a failure in somebody else's code said in a sentence; the log tells where it was."""
    try:
        yield
    except (MemoryError, OSError):
        raise
    except Exception as error:
        logger.exception("%s", what)
        first_line = str(error).strip().partition("\n")[0].rstrip(".")
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(f"{what}: {kind}{first_line}.") from error
