"""Tensors and what belongs to them, as bytes: safetensors with one entry of JSON in its metadata."""

import json
from collections.abc import Mapping
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor


def pack(tensors: Mapping[str, Tensor], key: str, notes: Mapping[str, Any]) -> bytes:
    """Write tensors and notes.

    Parameters
    ----------
    tensors : mapping of str to tensor
        On any device; none a view of another.
    key : str
        Says what this is, and is asked for on reading.
    notes : mapping
        Whatever JSON can say; floats come back exactly.

    Returns
    -------
    bytes
        The same for the same contents.
    """
    # One entry, as safetensors writes several in no fixed order.
    metadata = {key: json.dumps(notes, sort_keys=True, allow_nan=False)}
    return safetensors.torch.save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, metadata)


def unpack(data: bytes, key: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `pack` wrote.

    Parameters
    ----------
    data : bytes
        From `pack`, or anything else.
    key : str
        As given to `pack`.

    Returns
    -------
    tensors : dict of str to tensor
        On the CPU.
    notes : dict
        The notes.

    Raises
    ------
    ValueError
        If `data` is no safetensors file, or none with such an entry.
    """
    try:
        tensors = safetensors.torch.load(data)
        notes = json.loads(_metadata(data)[key])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"data must be safetensors with the entry {key!r} in its metadata, and is not.") from error
    if not isinstance(notes, dict):
        raise ValueError(f"The entry {key!r} in the metadata of data must be a JSON object, and is not.")
    return tensors, notes


def is_packed(data: bytes, key: str) -> bool:
    """Whether `data` says that `pack` wrote it with this key."""
    try:
        return key in _metadata(data)
    except (KeyError, TypeError, ValueError):
        return False


def _metadata(data: bytes) -> dict[str, str]:
    """The metadata of a safetensors file: eight bytes tell the length of a JSON header, which has it.

    safetensors itself reads metadata from files on disk only.
    """
    n_header = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + n_header])["__metadata__"]
