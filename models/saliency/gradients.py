"""Saliency from gradients, through Captum."""

import warnings

import numpy as np
import torch
from captum.attr import GuidedGradCam, IntegratedGradients, LayerAttribution, LayerGradCam, NoiseTunnel, Saliency
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from models.layers import evaluating
from models.saliency.question import AT_ONCE, PixelNetwork, Question, first
from models.teacher import Teacher

PATH = 32  # steps of integrated gradients
NOISY, NOISE = 32, 0.15  # images of SmoothGrad, and the deviation of their noise, of the range of the pixels


def grad_cam(asked: Question) -> np.ndarray:
    """The feature maps of a layer, each weighed by the mean gradient of the class by it; 0 or more, (1, H, W)."""
    network = PixelNetwork(asked.teacher)
    layer = asked.teacher.module.get_submodule(asked.layer)
    found = LayerGradCam(network, layer).attribute(asked.tensor(), target=asked.label, relu_attributions=True)
    assert isinstance(found, Tensor)
    return first(LayerAttribution.interpolate(found, asked.image.shape[1:], "bilinear"))


def guided_grad_cam(asked: Question) -> np.ndarray:
    """Grad-CAM times guided backpropagation, (C, H, W); fails for a teacher with ReLUs that no hook sees."""
    unseen = unseen_relus(asked.teacher)
    if unseen:
        raise ValueError(
            f"Guided Grad-CAM changes how ReLU layers pass gradients back, and this teacher has {unseen} that are calls and "
            "no layers, which it would pass over without a word: make them nn.ReLU."
        )
    network = PixelNetwork(asked.teacher)
    layer = asked.teacher.module.get_submodule(asked.layer)
    method = GuidedGradCam(network, layer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it hooks the ReLUs, each time
        return first(method.attribute(asked.tensor().requires_grad_(), target=asked.label, interpolate_mode="bilinear"))


def integrated_gradients(asked: Question) -> np.ndarray:
    """The gradient along the way from the mean pixel to the image, times how far that is, (C, H, W)."""
    method = IntegratedGradients(PixelNetwork(asked.teacher))
    found = method.attribute(
        asked.tensor(), asked.empty(), target=asked.label, n_steps=PATH, internal_batch_size=AT_ONCE
    )
    return first(found)


def smooth_grad(asked: Question) -> np.ndarray:
    """The mean gradient of the class over noisy copies of the image, (C, H, W)."""
    method = NoiseTunnel(Saliency(PixelNetwork(asked.teacher)))
    found = method.attribute(
        asked.tensor(), nt_type="smoothgrad", nt_samples=NOISY, stdevs=NOISE, target=asked.label, abs=False
    )
    return first(found)


def unseen_relus(teacher: Teacher) -> int:
    """How many ReLUs of a teacher are calls of functions, which no hook on a layer sees."""
    layers = [layer for layer in teacher.module.modules() if isinstance(layer, nn.ReLU)]
    runs = 0

    def note(*_: object) -> None:
        nonlocal runs
        runs += 1

    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        with evaluating(teacher.module), torch.no_grad(), _CountRelus() as calls:
            teacher.module(torch.zeros(1, *teacher.in_shape, device=teacher.device))
    finally:
        for hook in hooks:
            hook.remove()
    return calls.count - runs


class _CountRelus(TorchFunctionMode):
    count = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.count += getattr(func, "__name__", "") in ("relu", "relu_")
        return func(*args, **(kwargs or {}))
