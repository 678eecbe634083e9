"""How a file of somebody else's says which networks it makes."""

import re
from collections.abc import Callable
from typing import TypeVar

from models.architectures.registry import Architecture, Build

OWN_NAME = r"[a-z0-9][a-z0-9-]*"

AnyBuild = TypeVar("AnyBuild", bound=Build)

_declared: dict[str, Architecture] = {}


def architecture(name: str, *, title: str, min_size: int) -> Callable[[AnyBuild], AnyBuild]:
    """Declare an architecture: a decorator of what makes it.

    That is a function, or a class of modules, that takes in_shape (C, H, W) and n_classes, and makes a network with
    random weights: normalised images (N, C, H, W) to logits (N, n_classes), by a linear layer at its end.

    Parameters
    ----------
    name : str
        Small letters, digits and hyphens.
    title : str
        Its name for people.
    min_size : int
        The least height and width of an image, in pixels.

    Returns
    -------
    callable
        Returns what it is given.

    Raises
    ------
    ValueError
        If one of them is not as described above, or the name is declared already.
    """
    if not re.fullmatch(OWN_NAME, name):
        raise ValueError(f"name must be small letters, digits and hyphens, such as 'my-net', not {name!r}.")
    if not title.strip():
        raise ValueError(f"title must say what people call {name}, and is empty.")
    if min_size < 1:
        raise ValueError(f"min_size must be 1 pixel or more for {name}, not {min_size}.")
    if name in _declared:
        raise ValueError(f"the architecture {name} is declared twice.")

    def declare(build: AnyBuild) -> AnyBuild:
        # Somebody's network may `view` its maps as rows, which it cannot where the channels come last.
        _declared[name] = Architecture(title, min_size, build, channels_last=False)
        return build

    return declare


def take_declared() -> dict[str, Architecture]:
    """Hand over, by name, what was declared since this was last asked."""
    taken = dict(_declared)
    _declared.clear()
    return taken
