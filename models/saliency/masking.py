"""Saliency from taking pixels out: occlusion, LIME and KernelSHAP through Captum, Score-CAM and RISE of our own: the libraries
that have those are no longer kept up, or bring a graphics stack along."""

import numpy as np
import torch
from captum.attr import KernelShap, LayerAttribution, Lime, Occlusion
from torch import Tensor, nn

from models.saliency.question import AT_ONCE, PixelNetwork, Question, first

PATCH = 4  # px a side of what LIME and KernelSHAP take out together
WINDOW, STRIDE = 5, 2  # px, of what occlusion covers
QUERIES = 512  # of LIME and KernelSHAP
MASKS, MASK_SIDE, MASK_CHANCE = 1000, 7, 0.5  # of RISE


def occlusion(asked: Question) -> np.ndarray:
    """What the logit loses where a window is covered, the mean over the windows of a pixel, (1, H, W)."""
    channels, *sides = asked.image.shape
    window = tuple(min(WINDOW, side) for side in sides)
    with torch.no_grad():
        found = Occlusion(PixelNetwork(asked.teacher)).attribute(
            asked.tensor(),
            sliding_window_shapes=(channels, *window),
            strides=(channels, *(min(STRIDE, side) for side in window)),
            baselines=asked.empty(),
            target=asked.label,
            perturbations_per_eval=AT_ONCE,
        )
    return first(found)[:1]  # all channels went together


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
    return first(found)[:1]


def lime(asked: Question) -> np.ndarray:
    """Weights of a sparse linear model of which patches are there, (1, H, W)."""
    return _by_patches(asked, Lime(PixelNetwork(asked.teacher)))


def kernel_shap(asked: Question) -> np.ndarray:
    """Shapley values of the patches, estimated by a weighted linear model, (1, H, W)."""
    return _by_patches(asked, KernelShap(PixelNetwork(asked.teacher)))


def score_cam(asked: Question) -> np.ndarray:
    """Each feature map, stretched to 0 to 1 over the image, weighs by how probable the class is where it alone is seen."""
    seen: list[Tensor] = []
    layer = asked.teacher.module.get_submodule(asked.layer)
    with torch.no_grad():
        with layer.register_forward_hook(lambda *told: seen.append(told[2])):
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
