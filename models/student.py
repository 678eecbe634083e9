"""The student: a linear soft-max on pixels, distilled from a teacher's answers about the neighbours of one image."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from models.optimisation import make_optimizer
from models.progress import Callback, silent
from models.teacher import softmax

StudentOptimizer = Literal["adam", "gradient-descent", "momentum", "lbfgs"]
Init = Literal["zero", "random"]

MOMENTUM = 0.9
RANDOM_DEVIATION = 0.01  # of random first weights
LBFGS_TOLERANCE = 1e-9  # of the gradient: the optimum is to be reached, and not merely approached


@dataclass(frozen=True)
class StudentSettings:
    """How a student learns.

    Parameters
    ----------
    temperature : float
        T, above 0: the student mimics softmax(z / T), in which the classes that lose are told apart too.
    epochs : int
        Passes over the images; of "lbfgs" the most steps, each with all images.
    batch_size : int
        Images a step; "lbfgs" takes all.
    optimizer : {"adam", "gradient-descent", "momentum", "lbfgs"}
    learning_rate : float
        Above 0. "lbfgs" searches along its line from there.
    centred : bool
        Whether the student learns from pixels less those of the mean image, and its bias begins with the mean of the teacher's
        logits: as the best that knows no pixel. It can say the same either way, and the weights are of the pixels as they are;
        but neighbours differ little, and on pixels as they are every step sways all answers at once. Of CIFAR's images Adam
        then ends worse than it began. False: as DeepVID does it.
    init : {"zero", "random"}
        The first weights.
    l1, l2 : float
        Weights of Σ|W| and of Σ W²; the bias goes free.
    hard_weight : float
        The share of the loss that is the cross-entropy with the teacher's answers as labels, 0 to 1. Where it is above 0, the
        soft part counts T² times, so that the gradients of both keep their proportion (Hinton, Vinyals and Dean 2015).
    seed : int
        Of the order of the images, and of random first weights.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    temperature: float = 10.0
    epochs: int = 10
    batch_size: int = 128
    optimizer: StudentOptimizer = "adam"
    learning_rate: float = 0.05
    centred: bool = True
    init: Init = "zero"
    l1: float = 0.0
    l2: float = 0.0
    hard_weight: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("temperature", "learning_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a finite number above 0, not {getattr(self, name)!r}.")
        for name, least in (("epochs", 1), ("batch_size", 1), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"{name} must be a whole number, {least} or more, not {value!r}.")
        for name, choices in (("optimizer", get_args(StudentOptimizer)), ("init", get_args(Init))):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}.")
        for name in ("l1", "l2"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a finite number, 0 or more, not {getattr(self, name)!r}.")
        if not 0 <= self.hard_weight <= 1:
            raise ValueError(f"hard_weight must lie in 0 to 1, not {self.hard_weight!r}.")


@dataclass(frozen=True, eq=False)
class Student:
    """A linear soft-max on pixels: z = W x + b.

    Attributes
    ----------
    weights : float32 array (K, C, H, W)
    bias : float32 array (K,)
    losses : float64 array (E + 1,)
        The mean loss over all images before training and after each epoch, penalties included, in nats.
    """

    weights: np.ndarray
    bias: np.ndarray
    losses: np.ndarray

    def logits(self, images: np.ndarray) -> np.ndarray:
        """What it answers of images (N, C, H, W), pixels 0 to 1: float32 (N, K).

        Raises
        ------
        ValueError
            If the images have another shape than those it learned from.
        """
        if images.shape[1:] != self.weights.shape[1:]:
            raise ValueError(
                f"images must have the shape (N, {', '.join(map(str, self.weights.shape[1:]))}) for this student, "
                f"not {images.shape}."
            )
        return images.reshape(len(images), -1) @ self.weights.reshape(len(self.weights), -1).T + self.bias

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Class probabilities at temperature 1, float64 (N, K)."""
        return softmax(self.logits(images))

    def contributions(self, image: np.ndarray) -> np.ndarray:
        """How much each pixel of an image (C, H, W) adds to each logit: weight × pixel, (K, C, H, W).

        Summed over the pixels, with the bias, they are the logits.
        """
        return self.weights * image


def distil(
    images: np.ndarray,
    teacher_logits: np.ndarray,
    settings: StudentSettings | None = None,
    callback: Callback = silent,
) -> Student:
    """Train a student to answer as a teacher does (Hinton, Vinyals and Dean 2015; DeepVID's last step).

    The loss is the mean cross-entropy of softmax(z_T / T) with softmax(z_S / T). The same seed gives the same student on the
    same machine.

    Parameters
    ----------
    images : array (N, C, H, W)
        Pixels 0 to 1: neighbours of an image.
    teacher_logits : array (N, K)
        What the teacher says of them.
    settings : StudentSettings, optional
    callback : Callback
        Called after each epoch with the metric ``loss``.

    Returns
    -------
    Student

    Raises
    ------
    ValueError
        If there are fewer than two images, or not as many answers of finite numbers, of two classes or more.
    FloatingPointError
        If the loss overflows.
    Cancelled
        If the callback raises it.
    """
    chosen = settings or StudentSettings()
    _check(images, teacher_logits)
    return _Distillation(images, teacher_logits, chosen).run(callback)


class _Distillation:
    """A student in the making. It is so small that a CPU is the fastest place for it."""

    def __init__(self, images: np.ndarray, teacher_logits: np.ndarray, settings: StudentSettings) -> None:
        self.settings = settings
        self.shape = images.shape[1:]
        self.pixels = torch.tensor(images.reshape(len(images), -1), dtype=torch.float32)
        scores = torch.tensor(np.asarray(teacher_logits, np.float64))
        self.soft = (scores / settings.temperature).softmax(dim=1).float()
        self.hard = scores.argmax(dim=1)
        self.generator = torch.Generator().manual_seed(settings.seed)
        n_classes = scores.shape[1]
        first = torch.zeros(n_classes, self.pixels.shape[1])
        if settings.init == "random":
            first.normal_(0.0, RANDOM_DEVIATION, generator=self.generator)
        bias, self.mean = torch.zeros(n_classes), torch.zeros(self.pixels.shape[1])
        if settings.centred:
            self.mean = self.pixels.mean(dim=0)
            self.pixels = self.pixels - self.mean
            bias = (scores - scores.mean(dim=1, keepdim=True)).mean(dim=0).float()
        self.weights = nn.Parameter(first)
        self.bias = nn.Parameter(bias)

    def run(self, callback: Callback) -> Student:
        steps = self._descend if self.settings.optimizer != "lbfgs" else self._descend_together
        losses = [self._whole_loss()]
        for epoch in steps():
            losses.append(self._whole_loss())
            if not math.isfinite(losses[-1]):
                raise FloatingPointError(
                    f"The student's loss is no longer a finite number in epoch {epoch}: lower learning_rate, which is "
                    f"{self.settings.learning_rate:g}."
                )
            callback(epoch / self.settings.epochs, f"epoch {epoch} of {self.settings.epochs}", loss=losses[-1])
        weights, bias = self.weights.detach(), self.bias.detach()
        of_pixels = bias.double() - weights.double() @ self.mean.double()  # of the pixels as they are
        return Student(weights.numpy().reshape(-1, *self.shape).copy(), of_pixels.float().numpy(), np.array(losses))

    def _descend(self) -> Iterator[int]:
        """Epochs of steps on shuffled batches; yields the number of each that is over."""
        settings = self.settings
        momentum = MOMENTUM if settings.optimizer == "momentum" else 0.0
        kind = "adam" if settings.optimizer == "adam" else "sgd"
        optimizer = make_optimizer([self.weights, self.bias], kind, settings.learning_rate, 0.0, momentum, False)
        for epoch in range(1, settings.epochs + 1):
            order = torch.randperm(len(self.pixels), generator=self.generator)
            for rows in order.split(settings.batch_size):
                optimizer.zero_grad()
                self._loss(rows).backward()
                optimizer.step()
            yield epoch

    def _descend_together(self) -> Iterator[int]:
        """Steps of L-BFGS (Liu and Nocedal 1989), each on all images."""
        everything = torch.arange(len(self.pixels))
        optimizer = torch.optim.LBFGS(
            [self.weights, self.bias],
            lr=self.settings.learning_rate,
            max_iter=20,
            tolerance_grad=LBFGS_TOLERANCE,
            tolerance_change=0.0,
            line_search_fn="strong_wolfe",
        )

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = self._loss(everything)
            loss.backward()
            return loss

        for epoch in range(1, self.settings.epochs + 1):
            optimizer.step(closure)  # pyright: ignore[reportArgumentType] (a tensor is what it wants)
            yield epoch

    def _loss(self, rows: Tensor) -> Tensor:
        settings = self.settings
        scores = self.pixels[rows] @ self.weights.T + self.bias
        loss = nn.functional.cross_entropy(scores / settings.temperature, self.soft[rows])
        if settings.hard_weight:
            hard = nn.functional.cross_entropy(scores, self.hard[rows])
            loss = (1 - settings.hard_weight) * settings.temperature**2 * loss + settings.hard_weight * hard
        if settings.l1:
            loss = loss + settings.l1 * self.weights.abs().sum()
        if settings.l2:
            loss = loss + settings.l2 * (self.weights**2).sum()
        return loss

    def _whole_loss(self) -> float:
        with torch.no_grad():
            return float(self._loss(torch.arange(len(self.pixels))))


def _check(images: np.ndarray, teacher_logits: np.ndarray) -> None:
    if images.ndim != 4 or len(images) < 2:
        raise ValueError(f"images must have the shape (N, C, H, W), two images or more, not {images.shape}.")
    if teacher_logits.ndim != 2 or len(teacher_logits) != len(images) or teacher_logits.shape[1] < 2:
        raise ValueError(
            f"teacher_logits must have the shape ({len(images)}, K), a row an image and two classes or more, not "
            f"{teacher_logits.shape}."
        )
    if not np.isfinite(teacher_logits).all():
        raise ValueError("teacher_logits must be finite numbers.")
    # written so that NaN fails it too
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(f"images must lie in 0 to 1, but go from {images.min():g} to {images.max():g}.")
