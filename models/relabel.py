"""Re-label distillation: which pixels keep the teacher at its answer, by a two-class linear student (2021)."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.latent import ImageFunction
from models.progress import Callback, part_of, silent
from models.teacher import Teacher, softmax
from models.vae import VAE

FEWEST_FLIPS, MOST_FLIPS = (
    0.2,
    0.8,
)  # share of the synthetic images that get another label, between which there is a boundary
LARGEST_SCALE = 128.0
PROBED = 200  # synthetic images by which a scale is judged
HALVINGS = 3  # of the gap between a scale with too few flips and one with too many
HELD_OUT = 0.25  # synthetic images beside those learned from, to judge the student by
SYNTHESIS = 0.75  # of the work; the student is the rest
CORNERS = 0.3, 0.1, 0.03, 0.01  # of probability, by which the loss is rounded, in turn
STEPS = 25  # of L-BFGS with each, with all images at once
L2 = 3e-3


class Relabelled(NamedTuple):
    """What re-label distillation finds of an image x that the teacher takes for class c. N synthetic images.

    Attributes
    ----------
    signed : float32 array (H, W)
        w_kept − w_lost, channels summed: above 0 where brighter pixels keep the answer.
    absolute : float32 array (H, W)
        The same, the channel of largest magnitude.
    weights : float32 array (C, H, W)
        w_kept − w_lost, of each channel.
    bias : float
        b_kept − b_lost, for pixels 0 to 1.
    images : float32 array (N, C, H, W)
        Synthetic images, those held out last.
    codes : float32 array (N, d)
    kept : bool array (N,)
        Their re-labels (Eq. 6): whether the teacher still answers c.
    teacher, student : float64 arrays (N,)
        The teacher's probability of c, and the student's of "kept".
    n_learned : int
        How many the student has learned from.
    label : int
        c.
    scale : float
        Of the posterior's deviations.
    flipped : float
        Share of all synthetic images that get another label.
    agreement, majority : float
        Share of those held out that student and teacher label alike, and that the commoner label alone would.
    losses : float64 array (E + 1,)
        Before training and after each step.
    """

    signed: np.ndarray
    absolute: np.ndarray
    weights: np.ndarray
    bias: float
    images: np.ndarray
    codes: np.ndarray
    kept: np.ndarray
    teacher: np.ndarray
    student: np.ndarray
    n_learned: int
    label: int
    scale: float
    flipped: float
    agreement: float
    majority: float
    losses: np.ndarray

    @property
    def warning(self) -> str:
        """Why the saliency says little, in a sentence; empty where it does not."""
        if self.flipped in (0.0, 1.0):
            kind = "None" if self.flipped == 0 else "All"
            return (
                f"{kind} of the synthetic images get another label, up to {self.scale:g} times the posterior's deviations: "
                "there is no boundary to learn, and the map says nothing."
            )
        if not FEWEST_FLIPS <= self.flipped <= MOST_FLIPS:
            return (
                f"{self.flipped:.0%} of the synthetic images get another label at {self.scale:g} times the posterior's "
                "deviations, so the student sees one side of the boundary mostly: read the map with care."
            )
        if self.agreement <= self.majority:
            return (
                f"The student labels {self.agreement:.0%} of the images held out as the teacher does, no more than the "
                f"commoner label alone ({self.majority:.0%}): its weights say little."
            )
        return ""

    @property
    def margins(self) -> np.ndarray:
        """How far each synthetic image lies from the student's boundary, in logits: float64 (N,), above 0 where kept."""
        return self.images.reshape(len(self.images), -1).astype(np.float64) @ self.weights.ravel() + self.bias


def relabel_distillation(
    teacher: Teacher,
    vae: VAE,
    image: np.ndarray,
    n_samples: int = 1000,
    scale: float | None = None,
    soft_weight: float = 0.7,
    hard_weight: float = 0.3,
    l2: float = L2,
    random_state: int = 0,
    residual: bool = True,
    callback: Callback = silent,
) -> Relabelled:
    """Explain the teacher's answer for an image by re-label distillation.

    Synthetic images are decoded from z = μ + ε · σ · scale, ε normal (Eq. 3 and 4), μ and σ of the image's own posterior. Each
    is re-labelled kept or lost by whether the teacher still answers as it does of the image (Eq. 6). A linear two-class student
    learns them by (Eq. 7)

        soft_weight · mean ‖P_S − P_T‖₂ + hard_weight · mean |P_S(kept) − y| + l2 · ‖w_kept − w_lost‖²,

    with P_T = (p_c, 1 − p_c): the paper leaves open how the K probabilities of the teacher become two. Its own loss has no
    penalty (``l2=0``); with fewer images than pixels that has no single best answer, and deletion finds its maps worse. A
    soft-max of two classes knows the difference of its weights only, and that is what is learned, on pixels less their mean
    (see `models.student`).

    Parameters
    ----------
    teacher : Teacher
    vae : VAE
        Of images of the same shape.
    image : array (C, H, W)
        uint8 pixels 0 to 255, or floats 0 to 1.
    n_samples : int
        Synthetic images to learn from, 10 or more; a quarter as many are held out beside.
    scale : float, optional
        Of the posterior's deviations, above 0. If left out, it doubles from 1, at most to 128, until 20 to 80 % of the images
        flip, and is halved in where it has gone too far: at the posterior's own most images keep all their labels.
    soft_weight, hard_weight : float
        λ₁ and λ₂, 0 or more and not both 0.
    l2 : float
        0 or more.
    random_state : int
        Of ε.
    residual : bool
        Whether what the VAE loses of the image is added back to each synthetic image.
    callback : Callback
        Called after each batch, and with the metric ``loss`` while the student learns.

    Returns
    -------
    Relabelled

    Raises
    ------
    ValueError
        If a setting is out of its range, or image, teacher and VAE do not fit each other.
    Cancelled
        If the callback raises it.
    """
    _check(teacher, vae, image, n_samples, scale, soft_weight, hard_weight, l2)
    function = ImageFunction.of(vae, image, residual)
    deviations = vae.encode(image[np.newaxis]).deviations[0]
    label = int(teacher.classify(image[np.newaxis])[0].argmax())
    total = n_samples + math.ceil(HELD_OUT * n_samples)
    noise = np.random.default_rng(random_state).normal(size=(total, len(deviations))).astype(np.float32)
    steps = noise * deviations
    chosen = _scale(function, teacher, steps[:PROBED], label) if scale is None else float(scale)
    codes = function.code + chosen * steps
    images = function(codes)
    logits = teacher.classify(images, callback=part_of(callback, 0, SYNTHESIS))
    kept, share = logits.argmax(axis=1) == label, softmax(logits)[:, label]
    learned = slice(n_samples)
    weights, bias, losses = _distil(
        images[learned], share[learned], kept[learned], (soft_weight, hard_weight, l2), part_of(callback, SYNTHESIS, 1)
    )
    margins = images.reshape(total, -1).astype(np.float64) @ weights.ravel() + bias
    unseen = kept[n_samples:]
    return Relabelled(
        signed=weights.sum(axis=0),
        absolute=np.abs(weights).max(axis=0),
        weights=weights,
        bias=bias,
        images=images,
        codes=codes,
        kept=kept,
        teacher=share,
        student=1 / (1 + np.exp(-margins)),
        n_learned=n_samples,
        label=label,
        scale=chosen,
        flipped=float(1 - kept.mean()),
        agreement=float(((margins[n_samples:] > 0) == unseen).mean()),
        majority=float(max(unseen.mean(), 1 - unseen.mean())),
        losses=losses,
    )


def _scale(function: ImageFunction, teacher: Teacher, steps: np.ndarray, label: int) -> float:
    """The scale at which 20 to 80 % of the images flip, or the nearest that was tried."""

    def flips(scale: float) -> float:
        return float((teacher.classify(function(function.code + scale * steps)).argmax(axis=1) != label).mean())

    low, high = 0.0, 1.0
    while (share := flips(high)) < FEWEST_FLIPS:
        if high >= LARGEST_SCALE:
            return high
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        if share <= MOST_FLIPS:
            break
        middle = (low + high) / 2
        below = flips(middle)
        if below < FEWEST_FLIPS:
            low = middle
        else:
            high, share = middle, below
    return high


def _distil(
    images: np.ndarray,
    share: np.ndarray,
    kept: np.ndarray,
    factors: tuple[float, float, float],
    callback: Callback,
) -> tuple[np.ndarray, float, np.ndarray]:
    """Weights (C, H, W) and bias of the difference of both classes, and the losses."""
    soft, hard, l2 = factors
    pixels = torch.tensor(images.reshape(len(images), -1))
    mean = pixels.mean(dim=0)
    apart = pixels - mean
    wanted, labels = torch.tensor(share, dtype=torch.float32), torch.tensor(kept, dtype=torch.float32)
    odds = float(wanted.mean().clamp(1e-3, 1 - 1e-3))
    weights = torch.zeros(apart.shape[1], requires_grad=True)
    bias = torch.tensor(math.log(odds / (1 - odds)), requires_grad=True)

    def loss(corner: float) -> Tensor:
        said = torch.sigmoid(apart @ weights + bias)
        to_teacher, to_label = ((((said - aim) ** 2 + corner**2).sqrt()).mean() for aim in (wanted, labels))
        return soft * math.sqrt(2) * to_teacher + hard * to_label + l2 * (weights**2).sum()

    losses = [loss(0.0).item()]
    # L-BFGS needs derivatives where the loss has corners: they are rounded, less and less.
    for step, corner in enumerate(CORNERS, 1):
        optimizer = torch.optim.LBFGS([weights, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

        def closure(optimizer: torch.optim.Optimizer = optimizer, corner: float = corner) -> Tensor:
            optimizer.zero_grad()
            now = loss(corner)
            now.backward()
            return now

        optimizer.step(closure)  # pyright: ignore[reportArgumentType] (a tensor is what it wants)
        losses.append(loss(0.0).item())
        callback(step / len(CORNERS), f"step {step} of {len(CORNERS)}", loss=losses[-1])
    found = weights.detach()
    of_pixels = float(bias.detach().double() - found.double() @ mean.double())
    return found.numpy().reshape(images.shape[1:]).copy(), of_pixels, np.array(losses)


def _check(
    teacher: Teacher,
    vae: VAE,
    image: np.ndarray,
    n_samples: int,
    scale: float | None,
    soft_weight: float,
    hard_weight: float,
    l2: float,
) -> None:
    for name, shape in (("teacher", teacher.in_shape), ("vae", vae.in_shape)):
        if tuple(shape) != image.shape:
            raise ValueError(
                f"{name} must take images of the shape {image.shape}, as this one has, not {tuple(shape)}."
            )
    if isinstance(n_samples, bool) or not isinstance(n_samples, int) or n_samples < 10:
        raise ValueError(f"n_samples must be a whole number, 10 or more, not {n_samples!r}.")
    if scale is not None and not 0 < scale < math.inf:
        raise ValueError(f"scale must be a finite number above 0, not {scale!r}.")
    for name, value in (("soft_weight", soft_weight), ("hard_weight", hard_weight), ("l2", l2)):
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be a finite number, 0 or more, not {value!r}.")
    if soft_weight == hard_weight == 0:
        raise ValueError("soft_weight and hard_weight must not both be 0: nothing would be learned.")
