"""The layers of a network: what they are, in the order in which they run, and whether hooks on them can be trusted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from models.architectures import make_network

N_NAMED = 3  # layers that a sentence names before it only counts


def leaves(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The modules without parts of their own, by name: the layers. Containers are none."""
    for name, layer in network.named_modules():
        if not any(True for _ in layer.children()):
            yield name, layer


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Have a network in evaluation mode for a while; then its parts are in training again as they were."""
    was_training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        yield
    finally:
        for module in was_training:
            module.training = True


def trace_layers(network: nn.Module, images: Tensor) -> list[dict]:
    """Which layers run on some images.

    Parameters
    ----------
    network : nn.Module
        Left in the mode, training or evaluation, in which it was.
    images : float32 tensor (N, C, H, W)
        What it takes; the values do not matter.

    Returns
    -------
    list of dict
        In the order in which they run: ``name``, ``type`` (the class of the module), ``output_shape`` (without
        the batch's axis) and ``n_parameters``. A layer that runs twice is there twice.
    """
    traced = []

    def note(name: str, layer: nn.Module, _inputs: tuple, output: Tensor) -> None:
        traced.append(
            {
                "name": name,
                "type": type(layer).__name__,
                "output_shape": tuple(output.shape[1:]),
                "n_parameters": sum(parameter.numel() for parameter in layer.parameters()),
            }
        )

    with ExitStack() as hooks:
        for name, layer in leaves(network):
            hooks.enter_context(layer.register_forward_hook(partial(note, name)))
        _look(network, images)
    return traced


def output_layer(layers: Sequence[dict], n_classes: int) -> str:
    """Which layer makes the logits.

    Parameters
    ----------
    layers : list of dict
        From `trace_layers`.
    n_classes : int
        K.

    Returns
    -------
    str
        The name of the last layer.

    Raises
    ------
    ValueError
        If that is no linear layer with K outputs.
    """
    if not layers:
        raise ValueError(f"The network's last layer must be linear with {n_classes} outputs, but it has no layers.")
    last = layers[-1]
    if last["type"] != "Linear" or last["output_shape"] != (n_classes,):
        raise ValueError(
            f"The network's last layer must be linear with {n_classes} outputs, so that what goes into it are the "
            f"features, but it is {last['name']!r}, a {last['type']} with the output shape {last['output_shape']}."
        )
    return last["name"]


def layers_of(architecture: str, in_shape: Sequence[int], n_classes: int) -> list[dict]:
    """The layers of an architecture, without a single weight being drawn, which takes longer than all else.

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
    list of dict
        See `trace_layers`.

    Raises
    ------
    ValueError
        See `make_network`.
    """
    with _Undrawn():
        network = make_network(architecture, in_shape, n_classes)
    return trace_layers(network, torch.zeros(1, *in_shape))


def hook_faults(network: nn.Module, images: Tensor) -> list[str]:
    """What makes hooks on a network's layers see something else than what those layers compute.

    Such a network can classify as well as any, but what is captured of its layers would be wrong without a word.

    Parameters
    ----------
    network : nn.Module
        Somebody's network. Left in the mode, training or evaluation, in which it was.
    images : float32 tensor (N, C, H, W)
        What it takes; the values do not matter.

    Returns
    -------
    list of str
        A sentence for each kind of fault: layers that run more than once in a forward pass, layers that work in
        place, outputs that other code changes in place. Empty if there is none.
    """
    runs: Counter[str] = Counter()
    in_place: dict[str, None] = {}  # dicts for their order
    changed: dict[str, None] = {}
    kept: list[_Kept] = []

    def before(name: str, layer: nn.Module, _inputs: tuple) -> None:
        runs[name] += 1
        if getattr(layer, "inplace", False):
            in_place[name] = None
        changed.update((earlier.name, None) for earlier in kept if earlier.is_changed())
        kept[:] = [earlier.seen_now() for earlier in kept]

    def after(name: str, _layer: nn.Module, _inputs: tuple, output: object) -> None:
        # What has changed since `before` was changed by this layer, which is thereby at fault itself.
        if any(earlier.is_changed() for earlier in kept):
            in_place[name] = None
        kept[:] = [earlier.seen_now() for earlier in kept]
        if isinstance(output, Tensor):
            kept.append(_Kept(name, output, _writes(output)))

    with ExitStack() as hooks:
        for name, layer in leaves(network):
            hooks.enter_context(layer.register_forward_pre_hook(partial(before, name)))
            hooks.enter_context(layer.register_forward_hook(partial(after, name)))
        _look(network, images)
    changed.update((earlier.name, None) for earlier in kept if earlier.is_changed())

    faults = []
    if reused := [name for name, count in runs.items() if count > 1]:
        faults.append(
            f"A hook cannot tell apart the uses of layers that run more than once in a forward pass ({_named(reused)}): "
            "give each use a module of its own."
        )
    if in_place:
        faults.append(
            f"Layers that work in place overwrite what the layer before has computed ({_named(in_place)}): "
            "make them with inplace=False."
        )
    if changed:
        faults.append(
            f"Code that changes outputs in place, such as += or relu_, overwrites what layers have computed "
            f"({_named(changed)}): write out = out + other instead."
        )
    return faults


class _Undrawn(TorchFunctionMode):
    """Leaves weights as memory was found. (torch's own "meta" device would, on its first use, import for seconds.)"""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        settings = kwargs or {}
        if getattr(func, "__module__", None) == nn.init.__name__:
            return settings["tensor"] if "tensor" in settings else args[0]
        if func in (Tensor.normal_, Tensor.uniform_):
            return args[0]
        return func(*args, **settings)


@dataclass(frozen=True)
class _Kept:
    """A layer's output, and how often it had been written to when it was seen last."""

    name: str
    output: Tensor
    version: int

    def is_changed(self) -> bool:
        return _writes(self.output) != self.version

    def seen_now(self) -> "_Kept":
        return _Kept(self.name, self.output, _writes(self.output))


def _writes(tensor: Tensor) -> int:
    """How often a tensor has been written to, as torch counts it for its gradients."""
    return tensor._version


def _named(names: Sequence[str] | dict[str, None]) -> str:
    shown = ", ".join(list(names)[:N_NAMED])
    rest = len(names) - N_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown


def _look(network: nn.Module, images: Tensor) -> None:
    """One forward pass that leaves no trace."""
    with evaluating(network), torch.no_grad():
        network(images)
