"""Saliency: how much each pixel of an image counts for the teacher's answer, by the methods of the field.

Excitation backprop, extremal perturbations and FGVis, which the paper of re-label distillation compares with too, are left out:
no library that is kept up has them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from captum.attr import (
    GuidedGradCam,
    IntegratedGradients,
    KernelShap,
    LayerAttribution,
    LayerGradCam,
    Lime,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from scipy.ndimage import sobel
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from models.latent import ImageFunction
from models.layers import evaluating
from models.neighbours import checked_band, make_neighbours, sample_codes, widths_of
from models.progress import Callback, silent
from models.randomness import seeded
from models.relabel import Relabelled, relabel_distillation
from models.student import distil
from models.teacher import Teacher, to_pixels
from models.vae import VAE

PATCH = 4  # px a side of what LIME and KernelSHAP take out together
WINDOW, STRIDE = 5, 2  # px, of what occlusion covers
QUERIES = 512  # of LIME and KernelSHAP
PATH = 32  # steps of integrated gradients
NOISY, NOISE = 32, 0.15  # images of SmoothGrad, and the deviation of their noise, of the range of the pixels
MASKS, MASK_SIDE, MASK_CHANCE = 1000, 7, 0.5  # of RISE
AT_ONCE = 64  # images
BAND = 15.0  # % of each axis' range, of a student's neighbours
NEIGHBOURS = 512
SMALLEST_MAP = 2  # px a side of a layer that Grad-CAM can be taken of


@dataclass
class Question:
    """What a method is asked about.

    Attributes
    ----------
    teacher : Teacher
    image : float32 array (C, H, W)
        Pixels 0 to 1.
    label : int
        The class that is to be explained.
    layer : str
        For class activation maps.
    vae : VAE or None
    spans : (lower, upper) or None
        Arrays (d,), the range of the VAE's codes; for students.
    seed : int
    relabel : mapping
        Settings of `relabel_distillation`.
    callback : Callback
    relabelled : Relabelled or None
        What re-label distillation found, kept for whoever asks for it twice.
    """

    teacher: Teacher
    image: np.ndarray
    label: int
    layer: str = ""
    vae: VAE | None = None
    spans: tuple[np.ndarray, np.ndarray] | None = None
    seed: int = 0
    relabel: Mapping[str, Any] = field(default_factory=dict)
    callback: Callback = silent
    relabelled: Relabelled | None = None

    def tensor(self) -> Tensor:
        """The image as a batch of one, on the teacher's device."""
        return torch.tensor(self.image[np.newaxis], device=self.teacher.device)

    def empty(self) -> Tensor:
        """What a pixel that is taken out is replaced by: 0 in normalised space, the mean pixel."""
        mean = torch.tensor(self.teacher.mean, dtype=torch.float32, device=self.teacher.device)
        return mean.view(1, -1, 1, 1).expand(1, *self.teacher.in_shape)


@dataclass(frozen=True)
class Method:
    """A way to explain an answer.

    Attributes
    ----------
    title : what it is called.
    source : who came up with it.
    explain : question -> attribution, float array (C, H, W), or (1, H, W) of all channels together; higher where a pixel counts
        more for the class.
    is_signed : whether below 0 means against the class.
    needs_maps : whether the teacher must have a layer of feature maps.
    needs_vae : whether there must be a VAE.
    is_control : whether it knows nothing of the teacher, and is there to be beaten.
    """

    title: str
    source: str
    explain: Callable[[Question], np.ndarray]
    is_signed: bool = True
    needs_maps: bool = False
    needs_vae: bool = False
    is_control: bool = False


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


# ---- through Captum --------------------------------------------------------------------------------------------------


class _Pixels(nn.Module):
    """The teacher as a module that takes pixels 0 to 1."""

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        self.network = teacher.module
        self._logits = teacher.logits

    def forward(self, pixels: Tensor) -> Tensor:
        return self._logits(pixels)


def _numpy(attribution: Tensor) -> np.ndarray:
    return attribution[0].detach().cpu().numpy()


def grad_cam(asked: Question) -> np.ndarray:
    network = _Pixels(asked.teacher)
    layer = asked.teacher.module.get_submodule(asked.layer)
    found = LayerGradCam(network, layer).attribute(asked.tensor(), target=asked.label, relu_attributions=True)
    assert isinstance(found, Tensor)
    return _numpy(LayerAttribution.interpolate(found, asked.image.shape[1:], "bilinear"))


def guided_grad_cam(asked: Question) -> np.ndarray:
    unseen = unseen_relus(asked.teacher)
    if unseen:
        raise ValueError(
            f"Guided Grad-CAM changes how ReLU layers pass gradients back, and this teacher has {unseen} that are calls and "
            "no layers, which it would pass over without a word: make them nn.ReLU."
        )
    network = _Pixels(asked.teacher)
    layer = asked.teacher.module.get_submodule(asked.layer)
    method = GuidedGradCam(network, layer)
    return _numpy(method.attribute(asked.tensor().requires_grad_(), target=asked.label, interpolate_mode="bilinear"))


def integrated_gradients(asked: Question) -> np.ndarray:
    method = IntegratedGradients(_Pixels(asked.teacher))
    found = method.attribute(
        asked.tensor(), asked.empty(), target=asked.label, n_steps=PATH, internal_batch_size=AT_ONCE
    )
    return _numpy(found)


def smooth_grad(asked: Question) -> np.ndarray:
    method = NoiseTunnel(Saliency(_Pixels(asked.teacher)))
    found = method.attribute(
        asked.tensor(), nt_type="smoothgrad", nt_samples=NOISY, stdevs=NOISE, target=asked.label, abs=False
    )
    return _numpy(found)


def occlusion(asked: Question) -> np.ndarray:
    channels, *sides = asked.image.shape
    window = tuple(min(WINDOW, side) for side in sides)
    with torch.no_grad():
        found = Occlusion(_Pixels(asked.teacher)).attribute(
            asked.tensor(),
            sliding_window_shapes=(channels, *window),
            strides=(channels, *(min(STRIDE, side) for side in window)),
            baselines=asked.empty(),
            target=asked.label,
            perturbations_per_eval=AT_ONCE,
        )
    return _numpy(found)[:1]  # all channels went together


def patches(height: int, width: int) -> np.ndarray:
    """The number of the patch of 4 × 4 px that each pixel belongs to: int64 (H, W)."""
    rows, columns = np.arange(height) // PATCH, np.arange(width) // PATCH
    return rows[:, np.newaxis] * (columns.max() + 1) + columns


def _by_patches(asked: Question, method: Lime | KernelShap) -> np.ndarray:
    taken = torch.tensor(patches(*asked.image.shape[1:]), device=asked.teacher.device)[None, None]
    with torch.no_grad():
        found = method.attribute(
            asked.tensor(),
            baselines=asked.empty(),
            target=asked.label,
            feature_mask=taken.expand(1, *asked.image.shape),
            n_samples=QUERIES,
            perturbations_per_eval=AT_ONCE,
        )
    return _numpy(found)[:1]


def lime(asked: Question) -> np.ndarray:
    return _by_patches(asked, Lime(_Pixels(asked.teacher)))


def kernel_shap(asked: Question) -> np.ndarray:
    return _by_patches(asked, KernelShap(_Pixels(asked.teacher)))


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


# ---- of our own ------------------------------------------------------------------------------------------------------


def score_cam(asked: Question) -> np.ndarray:
    """Each feature map, stretched to 0 to 1 over the image, weighs by how probable the class is where it alone is seen."""
    seen: list[Tensor] = []
    layer = asked.teacher.module.get_submodule(asked.layer)
    with torch.no_grad():
        with layer.register_forward_hook(lambda _layer, _inputs, output: seen.append(output)):
            asked.teacher.logits(asked.tensor())
        maps = LayerAttribution.interpolate(seen[0], asked.image.shape[1:], "bilinear")[0]
        low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
        masks = (maps - low) / (high - low).clamp_min(1e-12)
        said = _of_masked(asked, masks[:, None])
        weights = said.softmax(dim=0)
        return (weights[:, None, None] * maps).sum(dim=0).relu()[None].cpu().numpy()


def rise(asked: Question) -> np.ndarray:
    """The mean of random masks, each weighed by how probable the class is where it lets the image through."""
    _, height, width = asked.image.shape
    cell = -(-height // MASK_SIDE), -(-width // MASK_SIDE)
    coarse = (torch.rand(MASKS, 1, MASK_SIDE, MASK_SIDE) < MASK_CHANCE).float()
    sides = (MASK_SIDE + 1) * cell[0], (MASK_SIDE + 1) * cell[1]
    smooth = nn.functional.interpolate(coarse, size=sides, mode="bilinear", align_corners=False)
    moved = [torch.randint(0, side, (MASKS,)).tolist() for side in cell]
    masks = torch.stack([mask[:, y : y + height, x : x + width] for mask, y, x in zip(smooth, *moved, strict=True)]).to(
        asked.teacher.device
    )
    with torch.no_grad():
        shares = _of_masked(asked, masks)
    return ((shares[:, None, None] * masks[:, 0]).mean(dim=0) / MASK_CHANCE)[None].cpu().numpy()


def _of_masked(asked: Question, masks: Tensor) -> Tensor:
    """The probability of the class where masks (N, 1, H, W), 0 to 1, let the image through and are 0 in normalised space
    elsewhere: (N,)."""
    image, empty = asked.tensor(), asked.empty()
    parts = []
    for some in masks.split(AT_ONCE):
        parts.append(asked.teacher.logits(empty + some * (image - empty)).softmax(dim=1)[:, asked.label])
        asked.callback(None)
    return torch.cat(parts)


def student(asked: Question) -> np.ndarray:
    """Weight × image of DeepVID's student, less the mean over the classes, which a soft-max does not see."""
    assert asked.vae is not None
    if asked.spans is None:
        raise ValueError("spans must be given for a student: the range of the VAE's codes.")
    lower, upper = asked.spans
    function = ImageFunction.of(asked.vae, asked.image)
    band = checked_band(function.code.clip(lower, upper), widths_of(lower, upper, BAND), lower, upper)
    codes = sample_codes(band, NEIGHBOURS, "uniform", asked.seed)
    made = make_neighbours(function, asked.teacher, band, codes, asked.callback)
    weights = distil(made.images, made.logits).weights
    return (weights[asked.label] - weights.mean(axis=0)) * asked.image


def relabelled(asked: Question) -> Relabelled:
    """What re-label distillation finds, once for all who ask."""
    assert asked.vae is not None
    if asked.relabelled is None:
        asked.relabelled = relabel_distillation(
            asked.teacher, asked.vae, asked.image, random_state=asked.seed, callback=asked.callback, **asked.relabel
        )
    return asked.relabelled


def relabel(asked: Question) -> np.ndarray:
    return relabelled(asked).weights


def relabel_contribution(asked: Question) -> np.ndarray:
    """Weight × how far the pixel is from the mean pixel: what is lost when the pixel is taken out, as the student sees it."""
    return relabelled(asked).weights * (asked.image - asked.empty()[0].cpu().numpy())


def edges(asked: Question) -> np.ndarray:
    """The length of the brightness' gradient."""
    bright = asked.image.mean(axis=0)
    return np.hypot(sobel(bright, 0), sobel(bright, 1))[np.newaxis]


def chance(asked: Question) -> np.ndarray:
    return np.random.default_rng(asked.seed).random((1, *asked.image.shape[1:]))


METHODS: dict[str, Method] = {
    "relabel": Method("Re-label", "Re-label distillation, 2021", relabel, needs_vae=True),
    "relabel-contribution": Method(
        "Re-label × image", "Re-label distillation, times the pixel", relabel_contribution, needs_vae=True
    ),
    "student": Method("Student × image", "DeepVID, Wang et al. 2019", student, needs_vae=True),
    "grad-cam": Method("Grad-CAM", "Selvaraju et al. 2017", grad_cam, is_signed=False, needs_maps=True),
    "guided-grad-cam": Method("Guided Grad-CAM", "Selvaraju et al. 2017", guided_grad_cam, needs_maps=True),
    "score-cam": Method("Score-CAM", "Wang et al. 2020", score_cam, is_signed=False, needs_maps=True),
    "integrated-gradients": Method("Integrated gradients", "Sundararajan et al. 2017", integrated_gradients),
    "smooth-grad": Method("SmoothGrad", "Smilkov et al. 2017", smooth_grad),
    "occlusion": Method("Occlusion", "Zeiler and Fergus 2014", occlusion),
    "lime": Method("LIME", "Ribeiro et al. 2016", lime),
    "kernel-shap": Method("KernelSHAP", "Lundberg and Lee 2017", kernel_shap),
    "rise": Method("RISE", "Petsiuk et al. 2018", rise, is_signed=False),
    "edges": Method("Edges", "Sobel's filter, a control", edges, is_signed=False, is_control=True),
    "chance": Method("Chance", "random numbers, a control", chance, is_signed=False, is_control=True),
}
