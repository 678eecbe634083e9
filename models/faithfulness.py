"""How faithful a saliency map is: deletion and insertion as RISE defines them (Petsiuk, Das and Saenko 2018)."""

import copy
from typing import Literal, NamedTuple

import numpy as np
import torch
from captum.metrics import infidelity as captum_infidelity
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr
from torch import nn

from models.teacher import Teacher, softmax, to_pixels

Direction = Literal["deletion", "insertion"]

BLUR_SIDE, BLUR_DEVIATION = 11, 5.0  # px: of the blurred image that insertion starts from, as in RISE's published code
NOISE = 0.2  # deviation, pixels 0 to 1, of the perturbations of infidelity
PERTURBATIONS = 64
AT_ONCE = 33  # images, about: the steps of one image of 32 rows, whose feature maps a cache still holds


class Curves(NamedTuple):
    """Deletion and insertion of one image, by each of M saliency maps.

    Attributes
    ----------
    deletion, insertion : float64 arrays (M, n + 1)
        The probability of the class after each step, that of no step first.
    label : int
        The class.
    """

    deletion: np.ndarray
    insertion: np.ndarray
    label: int


def curves(
    teacher: Teacher, image: np.ndarray, saliencies: np.ndarray, label: int | None = None, step: int | None = None
) -> Curves:
    """Delete the pixels of an image, and insert them into a blurred one, in the order of falling saliency.

    All channels of a pixel go together. What is deleted becomes 0 in normalised space, the mean pixel of each channel.
    Insertion starts from the image under a Gaussian of 11 × 11 px and deviation 5 px, the frame filled with the mean pixel.
    Equal saliencies go in the order of the pixels. All steps of all maps are classified in one go.

    Parameters
    ----------
    teacher : Teacher
    image : array (C, H, W)
        uint8 pixels 0 to 255, or floats 0 to 1.
    saliencies : array (M, H, W)
        Higher where a pixel counts more for the class. Finite.
    label : int, optional
        The class; if left out, the teacher's answer for the whole image.
    step : int, optional
        Pixels a step, 1 or more; W if left out, so that there are H steps.

    Returns
    -------
    Curves

    Raises
    ------
    ValueError
        If the maps do not fit the image, or are not finite.
    """
    pixels, orders = _checked(teacher, image, saliencies)
    gone = baselines(teacher, pixels)
    steps = masks(orders, pixels.shape[1:], step or pixels.shape[2])  # (M, n + 1, H, W): what has been dealt with
    many = steps[:, :, np.newaxis]
    made = np.concatenate(
        [np.where(many, gone["deletion"], pixels), np.where(many, pixels, gone["insertion"])]
    )  # (2 M, n + 1, C, H, W)
    flat = made.reshape(-1, *pixels.shape).astype(np.float32)
    # In batches of one size: a last one of two images would take a good part of the time of a whole one.
    batches = -(-len(flat) // AT_ONCE)
    probabilities = softmax(teacher.classify(flat, -(-len(flat) // batches)))
    label = int(probabilities[0].argmax()) if label is None else label  # the first is the whole image
    deletion, insertion = probabilities[:, label].reshape(2, *steps.shape[:2])
    return Curves(deletion, insertion, label)


def baselines(teacher: Teacher, image: np.ndarray) -> dict[Direction, np.ndarray]:
    """What deletion fills in, and what insertion starts from: float32 (C, H, W), pixels 0 to 1.

    Parameters
    ----------
    image : float array (C, H, W)
        Pixels 0 to 1.
    """
    mean = np.array(teacher.mean, np.float32).reshape(-1, 1, 1)
    point = np.zeros((BLUR_SIDE, BLUR_SIDE), np.float32)
    point[BLUR_SIDE // 2, BLUR_SIDE // 2] = 1
    kernel, channels = torch.tensor(gaussian_filter(point, BLUR_DEVIATION)), len(image)  # as RISE's code makes it
    weights = kernel.expand(channels, 1, BLUR_SIDE, BLUR_SIDE)
    # Less the mean, as the frame is 0 in normalised space.
    apart = torch.tensor(image - mean)[None]
    blurred = nn.functional.conv2d(apart, weights, padding=BLUR_SIDE // 2, groups=channels)[0].numpy() + mean
    filled = np.broadcast_to(mean, image.shape).astype(np.float32).clip(0, 1)
    return {"deletion": filled, "insertion": blurred.astype(np.float32).clip(0, 1)}


def masks(orders: np.ndarray, shape: tuple[int, ...], step: int) -> np.ndarray:
    """Which pixels have been dealt with after each step.

    Parameters
    ----------
    orders : int array (M, H W)
        The pixels, first to last.
    shape : (H, W)
    step : int
        Pixels a step, 1 or more.

    Returns
    -------
    bool array (M, n + 1, H, W)
        None before the first step, all after the last.
    """
    count = orders.shape[1]
    ranks = np.empty_like(orders)
    np.put_along_axis(ranks, orders, np.arange(count)[np.newaxis], axis=1)
    ends = np.minimum(np.arange(0, count + step, step), count)
    return (ranks[:, np.newaxis] < ends[:, np.newaxis]).reshape(len(orders), len(ends), *shape)


def falling(saliencies: np.ndarray) -> np.ndarray:
    """The pixels of each map from the highest to the lowest, equal ones as they come: int64 (M, H W) of (M, H, W)."""
    return np.argsort(-saliencies.reshape(len(saliencies), -1), axis=1, kind="stable")


def auc(scores: np.ndarray) -> np.ndarray:
    """The area under curves (..., n + 1), the whole width taken as 1: (Σ − first / 2 − last / 2) / n. float64 (...)."""
    values = np.asarray(scores, np.float64)
    return (values.sum(axis=-1) - values[..., 0] / 2 - values[..., -1] / 2) / (values.shape[-1] - 1)


def infidelity(
    teacher: Teacher, image: np.ndarray, attribution: np.ndarray, label: int, random_state: int = 0
) -> float:
    """How badly an attribution foretells what noise does to the logit of a class (Yeh et al. 2019, by Captum).

    The attribution's scale is chosen best, as maps have none in common; 0 is best.

    Parameters
    ----------
    teacher : Teacher
    image : array (C, H, W)
        uint8 pixels 0 to 255, or floats 0 to 1.
    attribution : array (C, H, W), or (H, W) for all channels alike
    label : int
    random_state : int
        Of the noise, normal with deviation 0.2.

    Returns
    -------
    float
        The expected square of the error, over that of the logit's own changes: 1 for a map of zeros.
    """
    pixels = torch.tensor(image / np.float32(255) if image.dtype == np.uint8 else image.astype(np.float32))[None]
    pixels = pixels.to(teacher.device)
    spread = np.broadcast_to(attribution, pixels.shape[1:]).astype(np.float32).copy()
    given = torch.tensor(spread, device=teacher.device)[None]
    torch_random = torch.Generator(teacher.device).manual_seed(random_state)
    moved: list[torch.Tensor] = []

    def perturb(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        noise = NOISE * torch.randn(inputs.shape, generator=torch_random, device=inputs.device)
        moved.append(noise)
        return noise, inputs - noise

    def answer(inputs: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return teacher.logits(inputs)[:, label]

    error = captum_infidelity(
        answer, perturb, pixels, given, n_perturb_samples=PERTURBATIONS, max_examples_per_batch=PERTURBATIONS,
        normalize=bool(spread.any()),
    )  # fmt: skip
    changes = answer(pixels) - answer(pixels - torch.cat(moved))
    return float(error.mean() / (changes**2).mean().clamp_min(1e-12))


def shuffled(teacher: Teacher, random_state: int = 0) -> Teacher:
    """The teacher with the numbers of each of its tensors of weights in another order (Adebayo et al. 2018).

    What explains a trained net must say something else of this one.
    """
    torch_random = torch.Generator().manual_seed(random_state)
    module = copy.deepcopy(teacher.module)
    with torch.no_grad():
        for weights in module.parameters():
            order = torch.randperm(weights.numel(), generator=torch_random).to(weights.device)
            weights.copy_(weights.reshape(-1)[order].reshape(weights.shape))
    return Teacher(
        module, teacher.architecture, teacher.in_shape, teacher.n_classes, teacher.mean, teacher.std, teacher.device
    )


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Rank correlation of two maps (H, W), −1 to 1; 0 where one of them is the same everywhere."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one.ravel(), other.ravel()).statistic)  # pyright: ignore[reportAttributeAccessIssue]


def _checked(teacher: Teacher, image: np.ndarray, saliencies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The image as float32, 0 to 1, and the pixels of each map in falling order."""
    if image.shape != tuple(teacher.in_shape):
        raise ValueError(f"image must have the shape {teacher.in_shape} for this teacher, not {image.shape}.")
    if saliencies.ndim != 3 or saliencies.shape[1:] != image.shape[1:]:
        raise ValueError(
            f"saliencies must have the shape (M, {image.shape[1]}, {image.shape[2]}), not {saliencies.shape}."
        )
    if not np.isfinite(saliencies).all():
        raise ValueError("saliencies must be finite numbers.")
    pixels = to_pixels(torch.tensor(image)).numpy()
    return pixels, falling(saliencies)
