"""dCNN(X, L, C, T): what the layers of a teacher give for inputs, at epochs of its training (CNNSlicer, 4.2 and 4.3)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules import activation, batchnorm, conv, instancenorm, normalization, pooling

from models.layers import evaluating
from models.progress import Callback, silent
from models.teacher import Teacher, to_pixels

INPUT = "input"  # the layer before all others: the image itself
BUDGET = 512 * 2**20  # bytes of maps at once
AT_ONCE = 64  # inputs
FLOAT = 4  # bytes
DEAD = 1e-6  # variance of a channel's values, below which it says nothing
HOMES = {  # of torch's own layers, by where they are written -> what kind they are
    activation.__name__: "activation",
    pooling.__name__: "pooling",
    batchnorm.__name__: "normalisation",
    instancenorm.__name__: "normalisation",
    normalization.__name__: "normalisation",
}
SATURATED = 0.5  # share of a channel's values that are its largest, from which on it is cut off


@dataclass(frozen=True)
class Layer:
    """A layer that can be recorded.

    Attributes
    ----------
    name : as the network has it; "input" is the image.
    kind : "input", "convolution", "activation", "pooling", "normalisation", "block" or "linear".
    type : the class of the module.
    shape : of its output, without the batch's axis: (C, H, W), or (F,).
    n_parameters : of its own and of its parts.
    """

    name: str
    kind: str
    type: str
    shape: tuple[int, ...]
    n_parameters: int

    @property
    def has_maps(self) -> bool:
        """Whether it has channels of feature maps."""
        return len(self.shape) == 3

    @property
    def nbytes(self) -> int:
        """Of what it gives for one input."""
        return FLOAT * int(np.prod(self.shape))


class TooLarge(ValueError):
    """A slice does not fit into the budget of memory; `fits` is how many inputs would."""

    def __init__(self, layers: str, nbytes: int, count: int, budget: int) -> None:
        self.fits = budget // nbytes
        super().__init__(
            f"{layers} of {count:,} inputs takes {count * nbytes / 2**20:,.0f} MiB, and the budget is "
            f"{budget / 2**20:,.0f} MiB: {self.fits:,} inputs would fit."
        )


class ChannelStatistics(NamedTuple):
    """What the values of each channel of a layer are like, over inputs and pixels; arrays (C,).

    Attributes
    ----------
    low, high, mean, variance : float64
    at_most : share of the values that are the largest of all.
    """

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    at_most: np.ndarray

    @property
    def is_dead(self) -> np.ndarray:
        """Whether the channel says the same of everything."""
        return self.variance < DEAD

    @property
    def is_saturated(self) -> np.ndarray:
        """Whether most of what the channel says is cut off at its largest value."""
        return ~self.is_dead & (self.at_most > SATURATED)


def kind_of(module: nn.Module) -> str:
    """What a module is, as a kind of layer; empty where it is none that is recorded."""
    if isinstance(module, conv._ConvNd):
        return "convolution"
    if isinstance(module, nn.Linear):
        return "linear"
    if kind := HOMES.get(type(module).__module__):
        return kind
    is_container = isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)
    return "block" if any(True for _ in module.children()) and not is_container else ""


def recordable(network: nn.Module) -> dict[str, nn.Module]:
    """The modules whose outputs are recorded, by name; residual blocks among them, other containers not."""
    return {name: module for name, module in network.named_modules() if name and kind_of(module)}


def layers(teacher: Teacher) -> list[Layer]:
    """The layers that can be recorded, the input first, the others in the order in which they are done.

    Traced with one black image. A layer that runs twice is there once, as it was last.
    """
    found: dict[str, Layer] = {}

    def note(name: str, module: nn.Module, _inputs: tuple, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim in (2, 4):
            parameters = sum(weights.numel() for weights in module.parameters())
            found[name] = Layer(name, kind_of(module), type(module).__name__, tuple(output.shape[1:]), parameters)

    _forward(teacher, torch.zeros(1, *teacher.in_shape), recordable(teacher.module), note)
    return [Layer(INPUT, INPUT, "", tuple(teacher.in_shape), 0), *found.values()]


class Hypercube:
    """dCNN of a teacher: what its layers give for inputs, at epochs. Nothing is kept; a slice is computed when it is asked for.

    Parameters
    ----------
    teacher_at : epoch -> Teacher
        Of a stored epoch.
    read : numbers -> uint8 array (N, C, H, W)
        Images.
    budget : int
        Bytes of maps that may be in memory at once.
    """

    def __init__(
        self,
        teacher_at: Callable[[int], Teacher],
        read: Callable[[Sequence[int]], np.ndarray],
        budget: int = BUDGET,
    ) -> None:
        self._teacher_at, self._read, self.budget = teacher_at, read, budget
        self._layers: dict[str, Layer] = {}

    def layers(self, epoch: int) -> dict[str, Layer]:
        """By name, the same at every epoch; see `layers`. Traced once."""
        if not self._layers:
            self._layers = {layer.name: layer for layer in layers(self._teacher_at(epoch))}
        return self._layers

    def batches(
        self,
        numbers: Sequence[int],
        names: Sequence[str],
        epoch: int,
        channels: Mapping[str, Sequence[int]] | None = None,
    ) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """What layers give, some inputs at a time, as few as the budget asks for.

        Parameters
        ----------
        numbers : N of them
            Of the inputs.
        names : of the layers.
        epoch : int
        channels : layer -> channels, optional
            Which ones; all of those layers that it does not name.

        Yields
        ------
        (slice, dict)
            Which of the inputs, and by layer their maps, float32 (n, C, H, W) or (n, F).

        Raises
        ------
        ValueError
            If there is no such layer, or channel; `TooLarge` if one input alone does not fit.
        """
        teacher, known = self._teacher_at(epoch), self.layers(epoch)
        chosen = _checked(known, names, channels or {})
        modules = {name: module for name, module in recordable(teacher.module).items() if name in chosen}
        a_row = sum(known[name].nbytes for name in chosen)
        if chosen and a_row > self.budget:
            raise TooLarge(" and ".join(chosen), a_row, 1, self.budget)
        at_once = min(AT_ONCE, self.budget // max(a_row, 1))
        for start in range(0, len(numbers), at_once):
            rows = slice(start, min(start + at_once, len(numbers)))
            pixels = to_pixels(torch.tensor(self._read(list(numbers[rows])), device=teacher.device))
            given: dict[str, np.ndarray] = {}
            if INPUT in chosen:
                given[INPUT] = pixels.cpu().numpy()

            def note(name: str, _module: nn.Module, _inputs: tuple, output: Tensor, given: dict = given) -> None:
                given[name] = output.cpu().numpy().copy()  # at once: what comes next may write over it

            if modules:
                _forward(teacher, pixels, modules, note)
            yield (
                rows,
                {name: given[name] if wanted is None else given[name][:, wanted] for name, wanted in chosen.items()},
            )

    def slice(
        self,
        numbers: Sequence[int],
        names: Sequence[str],
        epoch: int,
        channels: Mapping[str, Sequence[int]] | None = None,
        callback: Callback = silent,
    ) -> dict[str, np.ndarray]:
        """What layers give for all of the inputs; see `batches`.

        Returns
        -------
        dict
            By layer, float32 (N, C, H, W) or (N, F).

        Raises
        ------
        TooLarge
            If that does not fit into the budget; it says how many inputs would.
        """
        known = self.layers(epoch)
        chosen = _checked(known, names, channels or {})
        a_row = int(sum(_sizes(known, chosen).values()))
        if len(numbers) * a_row > self.budget:
            raise TooLarge(" and ".join(chosen), a_row, len(numbers), self.budget)
        whole: dict[str, np.ndarray] = {}
        for rows, given in self.batches(numbers, names, epoch, channels):
            for name, values in given.items():
                if name not in whole:
                    whole[name] = np.empty((len(numbers), *values.shape[1:]), np.float32)
                whole[name][rows] = values
            callback(rows.stop / len(numbers), f"{rows.stop:,} of {len(numbers):,} inputs")
        return whole

    def fitting(
        self, names: Sequence[str], count: int, epoch: int, channels: Mapping[str, Sequence[int]] | None = None
    ) -> list[list[str]]:
        """The layers in groups of which each fits into the budget with so many inputs; see `batches`.

        Raises
        ------
        TooLarge
            If a layer does not fit alone.
        """
        known, groups, room = self.layers(epoch), [], 0
        sizes = _sizes(known, _checked(known, names, channels or {}))
        for name in names:
            size = int(sizes[name] * count)
            if size > self.budget:
                raise TooLarge(name, int(sizes[name]), count, self.budget)
            if not groups or size > room:
                groups.append([])
                room = self.budget
            groups[-1].append(name)
            room -= size
        return groups

    def statistics(
        self,
        numbers: Sequence[int],
        names: Sequence[str],
        epoch: int,
        channels: Mapping[str, Sequence[int]] | None = None,
    ) -> dict[str, ChannelStatistics]:
        """What the values of each channel are like, in one pass over the inputs; of linear layers, of each unit. See
        `batches`."""
        sums: dict[str, _Sums] = {}
        for _, given in self.batches(numbers, names, epoch, channels):
            for name, values in given.items():
                sums.setdefault(name, _Sums(values.shape[1])).add(values)
        return {name: found.statistics() for name, found in sums.items()}


class _Sums:
    """Of the values of C channels: what their statistics are made of."""

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.low, self.high = np.full(channels, np.inf), np.full(channels, -np.inf)
        self.mean, self.squares = np.zeros(channels), np.zeros(channels)  # as Chan, Golub and LeVeque update them
        self.at_most = np.zeros(channels)

    def add(self, values: np.ndarray) -> None:
        flat = values.reshape(*values.shape[:2], -1)
        axes, count = (0, 2), flat.shape[0] * flat.shape[2]
        mean, variance = flat.mean(axis=axes, dtype=np.float64), flat.var(axis=axes, dtype=np.float64)
        apart, total = mean - self.mean, self.count + count
        self.squares += variance * count + apart**2 * self.count * count / total
        self.mean += apart * count / total
        self.count = total
        high = flat.max(axis=axes)
        times = (flat == high[:, np.newaxis]).sum(axis=axes)
        self.at_most = np.where(high > self.high, times, self.at_most + np.where(high == self.high, times, 0))
        self.low, self.high = np.minimum(self.low, flat.min(axis=axes)), np.maximum(self.high, high)

    def statistics(self) -> ChannelStatistics:
        return ChannelStatistics(self.low, self.high, self.mean, self.squares / self.count, self.at_most / self.count)


def _checked(
    known: Mapping[str, Layer], names: Sequence[str], channels: Mapping[str, Sequence[int]]
) -> dict[str, list[int] | None]:
    """By layer the channels that are wanted, None for all."""
    for name in [*names, *channels]:
        if name not in known:
            raise ValueError(f"There is no layer {name!r}; there are {', '.join(known)}.")
    for name, wanted in channels.items():
        count = known[name].shape[0]
        for channel in wanted:
            if not 0 <= channel < count:
                raise ValueError(f"There is no channel {channel} in {name!r}; it has {count}, counted from 0.")
    return {name: list(channels[name]) if name in channels else None for name in names}


def _sizes(known: Mapping[str, Layer], chosen: Mapping[str, list[int] | None]) -> dict[str, float]:
    """By layer the bytes of what is kept of it for one input."""
    return {
        name: known[name].nbytes * (1 if wanted is None else len(wanted) / known[name].shape[0])
        for name, wanted in chosen.items()
    }


def _forward(teacher: Teacher, pixels: Tensor, modules: Mapping[str, nn.Module], note: Callable[..., None]) -> None:
    """One forward pass, in which `note` hears what each module gives."""
    with ExitStack() as hooks, evaluating(teacher.module), torch.no_grad():
        for name, module in modules.items():
            hooks.enter_context(module.register_forward_hook(partial(note, name)))
        teacher.logits(pixels.to(teacher.device))
