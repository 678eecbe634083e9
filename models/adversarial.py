"""Images that are changed a little, so that a teacher errs: projected gradient descent, in the space of pixels (Madry 2018)."""

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import nn

from models.layers import evaluating
from models.progress import Callback, silent
from models.teacher import Teacher, to_pixels

AT_ONCE = 64
Norm = Literal["linf", "l2"]


class Attacked(NamedTuple):
    """What became of N images.

    Attributes
    ----------
    images : float32 array (N, C, H, W)
        Pixels 0 to 1, no farther from the original than was allowed.
    answers, original : int64 arrays (N,)
        The teacher's answers of them, and of the originals.
    warning : str
        Why the attack is weaker than it seems, in a sentence; empty where it is not.
    """

    images: np.ndarray
    answers: np.ndarray
    original: np.ndarray
    warning: str

    @property
    def success(self) -> float:
        """The share of images of which the teacher answers something else now."""
        return float((self.answers != self.original).mean())


def attack(
    teacher: Teacher,
    images: np.ndarray,
    epsilon: float,
    norm: Norm = "linf",
    steps: int = 40,
    step_size: float = 0.01,
    random_start: bool = True,
    random_state: int = 0,
    callback: Callback = silent,
) -> Attacked:
    """Change images so that the teacher leaves its own answer.

    Steps up the cross-entropy of the teacher's answer for the original, in pixel space, inside the teacher's normalisation:
    after each step the image is brought back into the ball about the original and into [0, 1]. FGSM is one step of ε from
    the image itself: ``steps=1, step_size=epsilon, random_start=False``.

    Parameters
    ----------
    teacher : Teacher
    images : array (N, C, H, W)
        uint8 pixels 0 to 255, or floats 0 to 1.
    epsilon : float
        ε, 0 or more: the largest change of a pixel ("linf"), or the length of the change ("l2").
    norm : {"linf", "l2"}
    steps : int
        1 or more.
    step_size : float
        Above 0, in the norm.
    random_start : bool
        Whether to begin anywhere in the ball.
    random_state : int
    callback : Callback

    Returns
    -------
    Attacked

    Raises
    ------
    ValueError
        If a setting is out of its range.
    Cancelled
        If the callback raises it.
    """
    if not epsilon >= 0 or not step_size > 0 or steps < 1:
        raise ValueError("epsilon must be 0 or more, step_size above 0, and steps 1 or more.")
    if norm not in ("linf", "l2"):
        raise ValueError(f'norm must be "linf" or "l2", not {norm!r}.')
    torch_random = torch.Generator().manual_seed(random_state)
    original = teacher.classify(images).argmax(axis=1)
    made = np.empty(images.shape, np.float32)
    with evaluating(teacher.module):
        for start in range(0, len(images), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            clean = to_pixels(torch.tensor(images[rows], device=teacher.device))
            labels = torch.tensor(original[rows], device=teacher.device)
            moved = clean.clone()
            if random_start and epsilon:
                noise = torch.rand(clean.shape, generator=torch_random).to(clean.device) * 2 - 1
                moved = _back(clean + epsilon * noise, clean, epsilon, norm)
            for _ in range(steps):
                moved = moved.detach().requires_grad_()
                (way,) = torch.autograd.grad(
                    nn.functional.cross_entropy(teacher.logits(moved), labels, reduction="sum"), moved
                )
                moved = _back(moved.detach() + step_size * _unit(way, norm), clean, epsilon, norm)
            made[rows] = moved.detach().cpu().numpy()
            callback(min(rows.stop, len(images)) / len(images), f"{min(rows.stop, len(images)):,} images attacked")
    warning = ""
    if steps * step_size < epsilon:
        warning = (
            f"{steps} steps of {step_size:g} go {steps * step_size:g} at most, and never reach the edge, {epsilon:g}: "
            "the attack is weaker than its ε says."
        )
    return Attacked(made, teacher.classify(made).argmax(axis=1), original, warning)


def clipped_only(teacher: Teacher, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The control: what the published code does beside the attack, which is to clip *normalised* inputs to [0, 1].

    Returns
    -------
    (images, answers)
        float32 (N, C, H, W), pixels 0 to 1, and int64 (N,), the teacher's answers of them, without any attack.
    """
    mean, std = (np.array(each, np.float32).reshape(1, -1, 1, 1) for each in (teacher.mean, teacher.std))
    pixels = to_pixels(torch.tensor(images)).numpy()
    made = (((pixels - mean) / std).clip(0, 1) * std + mean).clip(0, 1).astype(np.float32)
    return made, teacher.classify(made).argmax(axis=1)


def _unit(way: torch.Tensor, norm: Norm) -> torch.Tensor:
    """The direction of the steepest rise of length 1 in the norm."""
    if norm == "linf":
        return way.sign()
    return way / way.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)


def _back(moved: torch.Tensor, clean: torch.Tensor, epsilon: float, norm: Norm) -> torch.Tensor:
    """The nearest image in the ball, then in [0, 1]."""
    change = moved - clean
    if norm == "linf":
        change = change.clamp(-epsilon, epsilon)
    else:
        length = change.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)
        change = change * (epsilon / length).clamp_max(1)
    return (clean + change).clamp(0, 1)
