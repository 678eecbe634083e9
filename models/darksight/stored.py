"""A fitted map as bytes: its settings, what was learned, and its places, as safetensors."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, as_tensor

from models.tensors import pack, unpack

Fitted = TypeVar("Fitted", bound=BaseEstimator)
Layout = Mapping[str, tuple[str, str]]  # of each array its type and its axes, those of one length by one letter

OF_THE_RUN = {"callback", "device", "darksight"}  # settings that are not kept; a map within a map is bytes of its own


def as_bytes(
    fitted: BaseEstimator, key: str, layout: Layout, figures: Sequence[str], more: Mapping[str, Tensor] | None = None
) -> bytes:
    """Write an estimator.

    Parameters
    ----------
    fitted : estimator
    key : str
        Says what it is.
    layout : mapping
        Attributes that are arrays.
    figures : sequence of str
        Attributes that are numbers.
    more : mapping
        Other tensors.

    Returns
    -------
    bytes
        The same for the same estimator.
    """
    check_is_fitted(fitted)
    settings = {name: _plain(value) for name, value in fitted.get_params(deep=False).items() if name not in OF_THE_RUN}
    notes = {"settings": settings, "figures": {name: _plain(getattr(fitted, name)) for name in figures}}
    arrays = {name: as_tensor(np.ascontiguousarray(getattr(fitted, name))) for name in layout}
    return pack(arrays | dict(more or {}), key, notes)


def from_bytes(
    kind: type[Fitted], data: bytes, key: str, layout: Layout, figures: Sequence[str]
) -> tuple[Fitted, dict[str, Tensor]]:
    """Read an estimator.

    Returns
    -------
    fitted : estimator
    more : dict of str to tensor
        What else was written.

    Raises
    ------
    ValueError
        If `data` is not what `as_bytes` wrote of such an estimator.
    """
    try:
        tensors, notes = unpack(data, key)
        _check_layout(tensors, layout)
        fitted = kind(**notes["settings"])
        for name in figures:
            setattr(fitted, name, notes["figures"][name])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"data must be a {kind.__name__} in the safetensors format, as its to_bytes writes it."
        ) from error
    for name in layout:
        setattr(fitted, name, tensors.pop(name).numpy())
    return fitted, tensors


def _plain(value: Any) -> Any:
    """As JSON has it. A generator of random numbers has no such form: it is used up, too."""
    if isinstance(value, np.random.RandomState):
        return None
    if isinstance(value, np.generic):
        return value.item()
    return [_plain(one) for one in value] if isinstance(value, (list, tuple, range, np.ndarray)) else value


def _check_layout(tensors: Mapping[str, Tensor], layout: Layout) -> None:
    lengths = {"2": 2}
    for name, (kind, axes) in layout.items():
        tensor = tensors[name]
        alike = [lengths.setdefault(axis, length) == length for axis, length in zip(axes, tensor.shape, strict=True)]
        if str(tensor.dtype) != f"torch.{kind}" or not all(alike):
            raise ValueError(f"{name} must be {kind} of the axes {axes}.")
