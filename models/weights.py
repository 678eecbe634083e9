"""Weights that somebody has trained elsewhere, read from a file into a known architecture."""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from models.teacher import Teacher

NESTS = ("state_dict", "model_state_dict", "model", "net", "network", "ema")
"""Under these names checkpoints keep the weights, the first of them that is there."""

WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "network.")
"""What DataParallel, torch.compile and the modules round a network put before each name."""

N_NAMED = 3  # weights that a sentence names before it only counts

PICKLE_BEGINS = b"\x80"  # and then the number of its protocol
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of ImageNet's red, green and blue, the custom of torchvision and many others."""


def load_teacher(
    path: str | Path,
    architecture: str,
    in_shape: Sequence[int],
    n_classes: int,
    mean: Sequence[float] | np.ndarray,
    std: Sequence[float] | np.ndarray,
    device: str | torch.device = "auto",
) -> Teacher:
    """Make a teacher of the weights in a file.

    Parameters
    ----------
    path : str or Path
        See `read_weights`.
    architecture, in_shape, n_classes, device
        See `Teacher.create`.
    mean, std : C floats
        The normalisation with which the network was trained: see `normalisation`.

    Returns
    -------
    Teacher

    Raises
    ------
    ValueError
        If the file cannot be read, its weights do not fit, or an argument is out of its range.
    """
    teacher = Teacher.create(architecture, in_shape, n_classes, mean, std, device=device)
    what = f"{architecture} for images {teacher.in_shape} and {n_classes} classes"
    fit_weights(teacher.module, read_weights(path), f"{Path(path).name} must hold the weights of {what}")
    return teacher


def normalisation(
    name: str, from_images: tuple[Sequence[float] | np.ndarray, Sequence[float] | np.ndarray]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and standard deviation of each channel that a name stands for.

    Parameters
    ----------
    name : {"images", "imagenet", "none"}
        "images" takes the images' own, "imagenet" those of ImageNet's colours, and "none" leaves pixels 0 to 1 as
        they are.
    from_images : pair of C floats
        Mean and standard deviation of the training images: `models.data.statistics` has them.

    Returns
    -------
    mean, std : tuples of C floats
        In units of pixels 0 to 1.

    Raises
    ------
    ValueError
        If there is no such name, or ImageNet's is asked for images that are not in colour.
    """
    mean, std = (tuple(float(value) for value in values) for values in from_images)
    if name == "images":
        return mean, std
    if name == "none":
        return (0.0,) * len(mean), (1.0,) * len(std)
    if name == "imagenet":
        if len(mean) != 3:
            raise ValueError(
                f"normalisation 'imagenet' is for images of 3 channels, not of {len(mean)}: take 'images'."
            )
        return IMAGENET
    raise ValueError(f"normalisation must be one of images, imagenet, none, not {name!r}.")


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """Read the weights in a file. Nothing in the file is run.

    Parameters
    ----------
    path : str or Path
        A safetensors file, or what ``torch.save`` wrote of a state dict. That may lie in a checkpoint under
        "state_dict", "model" or the like, and its names may begin with "module." or the like; both are taken off.

    Returns
    -------
    dict of str to tensor
        On the CPU.

    Raises
    ------
    ValueError
        If there is no such file, it is of another kind, holds code, or holds no weights.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"path must be a file with weights, but there is no file {path}.")
    with path.open("rb") as file:
        start = file.read(9)
    content = _read_safetensors(path) if start[8:] == b"{" else _read_checkpoint(path)
    weights = _unnested(content)
    if not weights:
        found = f"a {type(content).__name__}"
        if isinstance(content, Mapping):
            found = _named([str(name) for name in content]) or "nothing"
        raise ValueError(
            f"{path.name} must hold weights by name, at the top or under {', '.join(NESTS[:4])}, but holds {found}."
        )
    return _unwrapped(weights)


def fit_weights(network: nn.Module, weights: Mapping[str, Tensor], wanted: str) -> None:
    """Put weights into a network, all of them or none.

    Parameters
    ----------
    network : nn.Module
        Changed in place.
    weights : mapping of str to tensor
        By the names of the network's parameters and buffers. The counts of batches that batch normalisation keeps
        may be missing, as in files from before torch 0.4.1; nothing is computed from them.
    wanted : str
        How a sentence of complaint begins, such as "net.pt must hold the weights of lenet".

    Raises
    ------
    ValueError
        If names are missing or unknown, shapes differ, or values are not finite. They are listed.
    """
    own = network.state_dict()
    missing = [name for name in own if name not in weights and not name.endswith("num_batches_tracked")]
    unknown = [name for name in weights if name not in own]
    misshapen = [
        f"{name} {tuple(weights[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in own.items()
        if name in weights and weights[name].shape != tensor.shape
    ]
    broken = [
        name for name, tensor in weights.items() if tensor.is_floating_point() and not bool(tensor.isfinite().all())
    ]
    complaints = [
        f"{len(names)} {what} ({_named(names)})"
        for what, names in (
            ("missing", missing),
            ("unexpected", unknown),
            ("of another shape", misshapen),
            ("with values that are not finite", broken),
        )
        if names
    ]
    if complaints:
        raise ValueError(f"{wanted}, but of its weights are {', '.join(complaints)}.")
    network.load_state_dict(own | dict(weights))


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name} begins as a safetensors file, but is damaged or cut off: {error}.") from error


def _read_checkpoint(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch thinks of the kind of file; we say it in our own words
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes fail in many ways
        if found := _code_in(path, str(error)):
            raise ValueError(
                f"{path.name} holds {found} beside weights, which could run code and is never loaded: save the weights "
                "alone, with torch.save(model.state_dict(), path) or safetensors.torch.save_model(model, path)."
            ) from error
        raise ValueError(
            f"{path.name} must be a safetensors file or a checkpoint of torch.save, but is damaged or neither."
        ) from error


def _code_in(path: Path, complaint: str) -> str | None:
    """What torch refused to load as it could run code, if that is what it complains of."""
    if unsupported := re.search(r"Unsupported global: GLOBAL (\S+)", complaint):
        return f"objects such as {unsupported[1]}"
    if "TorchScript" in complaint:
        return "a TorchScript program"
    with path.open("rb") as file:
        start = file.read(2)
    # torch itself writes protocol 2, of which it reads the harmless part.
    return "a pickle of Python's own" if start[:1] == PICKLE_BEGINS and start[1:] > b"\x02" else None


def _unnested(content: object) -> dict[str, Tensor]:
    """The weights at the top, or one or two nests down; empty if there are none."""
    for _ in range(3):
        if not isinstance(content, Mapping):
            return {}
        if content and all(isinstance(value, Tensor) for value in content.values()):
            return {str(name): value for name, value in content.items()}
        content = next((content[nest] for nest in NESTS if nest in content), None)
    return {}


def _unwrapped(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights without the wrappers' names, where all of them have one."""
    while wrapper := next((w for w in WRAPPERS if all(name.startswith(w) for name in weights)), None):
        weights = {name.removeprefix(wrapper): tensor for name, tensor in weights.items()}
    return weights


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:N_NAMED])
    return f"{shown} and {len(names) - N_NAMED} more" if len(names) > N_NAMED else shown
