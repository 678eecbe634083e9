"""The ways to explain an answer, by name, and how they are asked."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from models.layers import evaluating
from models.progress import Callback, silent
from models.randomness import seeded
from models.saliency import gradients, learned, masking
from models.saliency.question import Method, Question
from models.teacher import Teacher, to_pixels
from models.vae import VAE

SMALLEST_MAP = 2  # px a side of a layer that class activation maps can be made of


METHODS: dict[str, Method] = {
    "relabel": Method("Re-label", "Re-label distillation, 2021", learned.relabel, needs_vae=True),
    "relabel-contribution": Method(
        "Re-label × image", "Re-label distillation, times the pixel", learned.relabel_contribution, needs_vae=True
    ),
    "student": Method("Student × image", "DeepVID, Wang et al. 2019", learned.student, needs_vae=True),
    "grad-cam": Method("Grad-CAM", "Selvaraju et al. 2017", gradients.grad_cam, is_signed=False, needs_maps=True),
    "guided-grad-cam": Method("Guided Grad-CAM", "Selvaraju et al. 2017", gradients.guided_grad_cam, needs_maps=True),
    "score-cam": Method("Score-CAM", "Wang et al. 2020", masking.score_cam, is_signed=False, needs_maps=True),
    "integrated-gradients": Method("Integrated gradients", "Sundararajan et al. 2017", gradients.integrated_gradients),
    "smooth-grad": Method("SmoothGrad", "Smilkov et al. 2017", gradients.smooth_grad),
    "occlusion": Method("Occlusion", "Zeiler and Fergus 2014", masking.occlusion),
    "lime": Method("LIME", "Ribeiro et al. 2016", masking.lime),
    "kernel-shap": Method("KernelSHAP", "Lundberg and Lee 2017", masking.kernel_shap),
    "rise": Method("RISE", "Petsiuk et al. 2018", masking.rise, is_signed=False),
    "edges": Method("Edges", "Sobel's filter, a control", learned.edges, is_signed=False, is_control=True),
    "chance": Method("Chance", "random numbers, a control", learned.chance, is_signed=False, is_control=True),
}


def attribute(
    method: str,
    teacher: Teacher,
    image: np.ndarray,
    label: int | None = None,
    *,
    layer: str | None = None,
    vae: VAE | None = None,
    spans: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
    callback: Callback = silent,
    **relabel: Any,
) -> np.ndarray:
    """How much each pixel of an image counts for a class, by one of `METHODS`.

    Parameters
    ----------
    method : str
        A key of `METHODS`.
    teacher : Teacher
    image : array (C, H, W)
        uint8 pixels 0 to 255, or floats 0 to 1.
    label : int, optional
        The class; if left out, the teacher's answer.
    layer : str, optional
        For class activation maps; if left out, `default_layer`.
    vae : VAE, optional
        For the methods that move a code.
    spans : (lower, upper), optional
        Arrays (d,), the range of the VAE's codes over the data, in which the student's neighbours lie.
    seed : int
    callback : Callback
    **relabel
        Settings of `relabel_distillation`.

    Returns
    -------
    float32 array (C, H, W)
        Of methods that tell no channels apart, (1, H, W).

    Raises
    ------
    ValueError
        If there is no such method, or the teacher, or the VAE, is not what it needs.
    Cancelled
        If the callback raises it.
    """
    return ask(method, question(teacher, image, label, layer, vae, spans, seed, relabel, callback))


def question(
    teacher: Teacher,
    image: np.ndarray,
    label: int | None = None,
    layer: str | None = None,
    vae: VAE | None = None,
    spans: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
    relabel: Mapping[str, Any] | None = None,
    callback: Callback = silent,
) -> Question:
    """What `attribute` asks, once for several methods; see there."""
    if image.shape != tuple(teacher.in_shape):
        raise ValueError(f"image must have the shape {teacher.in_shape} for this teacher, not {image.shape}.")
    pixels = to_pixels(torch.tensor(image)).numpy()
    if label is None:
        label = int(teacher.classify(pixels[np.newaxis])[0].argmax())
    if not 0 <= label < teacher.n_classes:
        raise ValueError(f"label must be a class, 0 to {teacher.n_classes - 1}, not {label}.")
    return Question(teacher, pixels, label, layer or "", vae, spans, seed, relabel or {}, callback)


def ask(method: str, asked: Question) -> np.ndarray:
    """The attribution that a method answers; see `attribute`."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    kind = METHODS[method]
    if kind.needs_maps:
        names = [layer["name"] for layer in map_layers(asked.teacher)]
        if not names:
            raise ValueError(f"{kind.title} needs a layer of feature maps, and this teacher has none.")
        asked.layer = asked.layer or names[-1]
        if asked.layer not in names:
            raise ValueError(f"layer must be one with feature maps, such as {names[-1]!r}, not {asked.layer!r}.")
    if kind.needs_vae and asked.vae is None:
        raise ValueError(f"{kind.title} needs a VAE of these images: train one in the VAE view.")
    with evaluating(asked.teacher.module), seeded(asked.teacher.device, asked.seed):
        return np.asarray(kind.explain(asked), np.float32)


def signed(attribution: np.ndarray) -> np.ndarray:
    """One number a pixel, the channels summed: (H, W) of (C, H, W)."""
    return attribution.sum(axis=0)


def absolute(attribution: np.ndarray) -> np.ndarray:
    """One number a pixel, 0 or more, of the channel of largest magnitude: (H, W) of (C, H, W)."""
    return np.abs(attribution).max(axis=0)


def map_layers(teacher: Teacher) -> list[dict]:
    """The layers of feature maps, of which class activation maps can be made, as `Teacher.layers` tells them; the usual one,
    the last whose maps have more than one pixel, last."""
    return [
        layer
        for layer in teacher.layers()
        if len(layer["output_shape"]) == 3 and min(layer["output_shape"][1:]) >= SMALLEST_MAP
    ]
