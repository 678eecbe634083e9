"""What of an image is left in one feature map, which is carried back to it (Zeiler and Fergus 2014; CNNSlicer, 5.4)."""

import warnings
from contextlib import ExitStack
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from captum.attr import Deconvolution
from torch import Tensor, nn
from torch.autograd import Function
from torch.overrides import TorchFunctionMode

from models.hypercube import recordable
from models.layers import evaluating, leaves
from models.saliency import unseen_relus
from models.teacher import Teacher, to_pixels

Method = Literal["deconvnet", "deconvolution", "guided backpropagation"]

# Layers that can be walked back through one by one; all but ReLU by the transpose of what they do to small changes.
WALKED = (
    nn.Conv2d, nn.Linear, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.BatchNorm2d, nn.ReLU, nn.Dropout, nn.Dropout2d,
    nn.Flatten, nn.Identity,
)  # fmt: skip


class Projected(NamedTuple):
    """Feature maps, carried back.

    Attributes
    ----------
    images : float32 array (N, C, H, W)
        In the teacher's normalised space, without its mean: 0 where nothing came from.
    maps : float32 array (N, H', W')
        The feature maps themselves.
    method : "deconvnet", "deconvolution" (Captum's) or "guided backpropagation"
        What could be done with this teacher.
    """

    images: np.ndarray
    maps: np.ndarray
    method: Method


def deconvolve(teacher: Teacher, images: np.ndarray, layer: str, channel: int) -> Projected:
    """Carry one channel of a layer back to the images.

    Where all layers up to it follow one another, as a deconvnet: max-pooling is undone by its switches, each ReLU rectifies
    what comes back, each convolution is transposed. Elsewhere, as in residual nets, by Captum's Deconvolution, which is the
    same rule at ReLU layers. That passes over ReLUs which are calls of functions, and cannot bear those that work in place:
    with such, by guided backpropagation, which rectifies and lets pass only what went forward.

    Parameters
    ----------
    teacher : Teacher
    images : array (N, C, H, W)
        uint8 pixels 0 to 255, or floats 0 to 1.
    layer : str
        See `models.hypercube.layers`; not the input.
    channel : int
        0 to the layer's number of channels less 1.

    Returns
    -------
    Projected

    Raises
    ------
    ValueError
        If the teacher has no such layer with feature maps, or that has no such channel.
    """
    modules = recordable(teacher.module)
    if layer not in modules:
        raise ValueError(f"There is no layer {layer!r} to come back from; there are {', '.join(modules)}.")
    pixels = to_pixels(torch.tensor(images, device=teacher.device))
    with evaluating(teacher.module):
        unseen = unseen_relus(teacher)
        chain = None if unseen else _chain(teacher, pixels, layer)
        maps = _maps(teacher, pixels, modules[layer])
        if maps.ndim != 4:
            raise ValueError(f"{layer!r} has no feature maps to come back from: what it gives has the shape (F,).")
        if not 0 <= channel < maps.shape[1]:
            raise ValueError(f"There is no channel {channel} in {layer!r}; it has {maps.shape[1]}, counted from 0.")
        kept = torch.zeros_like(maps)
        kept[:, channel] = maps[:, channel]
        if chain is not None:
            back, method = _walk(chain, kept), "deconvnet"
        elif unseen or _in_place(teacher.module):
            with _Guided():
                back, method = _gradient(teacher, pixels, modules[layer], channel), "guided backpropagation"
        else:
            network = _Squares(teacher, modules[layer], channel)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that it hooks the ReLUs, each time
                back = Deconvolution(network).attribute(_normalised(teacher, pixels).requires_grad_())
            method = "deconvolution"
    return Projected(
        back.detach().cpu().numpy().astype(np.float32), maps[:, channel].detach().cpu().numpy().copy(), method
    )


class _Step(NamedTuple):
    """A layer on the way, and what went into it."""

    module: nn.Module
    given: Tensor


def _normalised(teacher: Teacher, pixels: Tensor) -> Tensor:
    """What the network itself is given: the images as the teacher's own `logits` makes them."""
    seen: list[Tensor] = []
    with teacher.module.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0])), torch.no_grad():
        teacher.logits(pixels)
    return seen[0].detach().clone()


def _maps(teacher: Teacher, pixels: Tensor, module: nn.Module) -> Tensor:
    """What a layer gives."""
    seen: list[Tensor] = []
    with module.register_forward_hook(lambda _module, _inputs, output: seen.append(output.clone())), torch.no_grad():
        teacher.logits(pixels)
    return seen[-1]


def _chain(teacher: Teacher, pixels: Tensor, layer: str) -> list[_Step] | None:
    """The layers up to one, where each is given just what the one before gave and can be walked back through; else None."""
    ran: list[tuple[str, nn.Module, Tensor, Tensor, Tensor]] = []

    def note(name: str):
        def hear(module: nn.Module, inputs: tuple, output: Tensor) -> None:
            ran.append((name, module, inputs[0], kept.pop(), output))

        return hear

    kept: list[Tensor] = []
    with ExitStack() as hooks, torch.no_grad():
        for name, module in leaves(teacher.module):
            hooks.enter_context(
                module.register_forward_pre_hook(lambda _module, inputs: kept.append(inputs[0].clone()))
            )
            hooks.enter_context(module.register_forward_hook(note(name)))
        teacher.logits(pixels)
    names = [name for name, *_ in ran]
    if layer not in names:  # a block
        return None
    way = ran[: names.index(layer) + 1]
    follows = all(after[2] is before[4] for before, after in pairwise(way))
    if not follows or not all(isinstance(module, WALKED) for _, module, *_ in way):
        return None
    return [_Step(module, given) for _, module, _, given, _ in way]


def _walk(chain: list[_Step], signal: Tensor) -> Tensor:
    """A signal from the last layer's output back to the first one's input."""
    for module, given in reversed(chain):
        if isinstance(module, nn.ReLU):
            signal = signal.clamp_min(0)
            continue
        with torch.enable_grad():
            start = given.detach().requires_grad_()
            (signal,) = torch.autograd.grad(module(start), start, signal)
    return signal


class _Squares(nn.Module):
    """Half the sum of the squares of one channel, whose gradient by the channel is the channel itself."""

    def __init__(self, teacher: Teacher, layer: nn.Module, channel: int) -> None:
        super().__init__()
        self.network, self._layer, self._channel = teacher.module, [layer], channel  # in a list: it is in the network

    def forward(self, given: Tensor) -> Tensor:
        seen: list[Any] = []
        with self._layer[0].register_forward_hook(lambda _module, _inputs, output: seen.append(output)):
            self.network(given)
        return (seen[-1][:, self._channel] ** 2).flatten(1).sum(dim=1) / 2


def _gradient(teacher: Teacher, pixels: Tensor, module: nn.Module, channel: int) -> Tensor:
    """The gradient of that by the network's input."""
    with torch.enable_grad():
        given = _normalised(teacher, pixels).requires_grad_()
        (found,) = torch.autograd.grad(_Squares(teacher, module, channel)(given).sum(), given)
    return found


def _in_place(network: nn.Module) -> bool:
    """Whether a ReLU layer writes over its input."""
    return any(isinstance(module, nn.ReLU) and module.inplace for module in network.modules())


class _GuidedRelu(Function):
    @staticmethod
    def forward(ctx, given: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.save_for_backward(given)
        return given.clamp_min(0)

    @staticmethod
    def backward(ctx, back: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        (given,) = ctx.saved_tensors
        return back.clamp_min(0) * (given > 0)


class _Guided(TorchFunctionMode):
    """Every ReLU passes back only what is above 0, and only where something went forward."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in ("relu", "relu_"):
            return _GuidedRelu.apply(args[0])
        return func(*args, **(kwargs or {}))
