"""Where a training stands after an epoch, as bytes, so that it can go on after a kill."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.tensors import pack, unpack

KEY = "darkroom.training"

Row = dict[str, Any]
"""An epoch's measurements: floats, and arrays of numbers, such as ``test_confusion`` of teachers."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that a training needs to go on as if nothing had happened.

    Attributes
    ----------
    request : dict
        What was asked for: settings, teacher and numbers of images. Nothing else may go on from here.
    rows : list of dicts
        A `Row` for each epoch so far, the untrained among them.
    network : dict of str to tensor
        The network's parameters and buffers.
    optimizer : dict of int to dict of str to tensor
        What the optimiser remembers of each parameter.
    generator : uint8 tensor
        The state of the generator that shuffles and augments.
    weights : dict of int to bytes
        The stored teachers so far.
    """

    request: dict[str, Any]
    rows: list[Row]
    network: Mapping[str, Tensor]
    optimizer: Mapping[int, Mapping[str, Tensor]]
    generator: Tensor
    weights: Mapping[int, bytes]

    def to_bytes(self) -> bytes:
        """Write it as safetensors, the rest as JSON in its metadata. `from_bytes` reads it, exactly.

        The stored teachers are in it: it takes their size, and about two to three times the network's.
        """
        tensors = {f"network.{name}": tensor for name, tensor in self.network.items()}
        for index, remembered in self.optimizer.items():
            tensors |= {f"optimizer.{index}.{name}": tensor for name, tensor in remembered.items()}
        for epoch, teacher in self.weights.items():
            tensors[f"weights.{epoch}"] = torch.frombuffer(bytearray(teacher), dtype=torch.uint8)
        tensors["generator"] = self.generator
        arrays = {name for name, value in self.rows[0].items() if isinstance(value, np.ndarray)}
        tensors |= {name: torch.tensor(np.stack([row[name] for row in self.rows])) for name in arrays}
        numbers = [{name: value for name, value in row.items() if name not in arrays} for row in self.rows]
        return pack(tensors, KEY, {"request": self.request, "rows": numbers})

    @classmethod
    def from_bytes(cls, data: bytes, request: dict[str, Any]) -> "Checkpoint":
        """Read what `to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            From `to_bytes`.
        request : dict
            What is asked for now.

        Returns
        -------
        Checkpoint

        Raises
        ------
        ValueError
            If `data` is no checkpoint, or one of another training.
        """
        try:
            tensors, notes = unpack(data, KEY)
            then, numbers = notes["request"], notes["rows"]
            generator = tensors.pop("generator")
            arrays = {name: tensor.numpy() for name, tensor in tensors.items() if "." not in name}
        except (KeyError, ValueError) as error:
            raise ValueError("resume must be a checkpoint of a training, as Darkroom writes it, and is not.") from error
        now = json.loads(json.dumps(request))  # so that lists compare with lists
        for name in sorted(then.keys() | now.keys()):
            if then.get(name) != now.get(name):
                raise ValueError(
                    f"resume must be a checkpoint of the same training, but there {name} is {then.get(name)!r}, "
                    f"and here {now.get(name)!r}."
                )
        optimizer: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under("optimizer", tensors).items():
            index, remembered = name.split(".", 1)
            optimizer.setdefault(int(index), {})[remembered] = tensor
        weights = _under("weights", tensors)  # in no order: safetensors keeps none
        return cls(
            request=request,
            rows=[row | {name: array[epoch] for name, array in arrays.items()} for epoch, row in enumerate(numbers)],
            network=_under("network", tensors),
            optimizer=optimizer,
            generator=generator,
            weights={epoch: weights[str(epoch)].numpy().tobytes() for epoch in sorted(map(int, weights))},
        )


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix and a dot, without them."""
    return {
        name.removeprefix(f"{prefix}."): tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")
    }
