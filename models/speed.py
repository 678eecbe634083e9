"""How fast a teacher would learn and answer, measured before anybody makes it."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from models.architectures import ARCHITECTURES, check_network
from models.optimisation import Optimizer, make_optimizer
from models.teacher import Teacher
from models.training import train_step

ENOUGH = 0.5  # seconds of steps from which their time is told
FEW = 2  # images of the first step
MOST_PREDICTED = 2048  # images
LARGEST_SIDE = 48  # pixels; of larger images the work grows with their area


class Speed(NamedTuple):
    """What a teacher's work takes here.

    Attributes
    ----------
    step : float
        Seconds of a training step of a whole batch.
    forward : float
        Seconds to classify an image, among many.
    """

    step: float
    forward: float


def measure_speed(
    architecture: str,
    in_shape: Sequence[int],
    n_classes: int,
    batch_size: int,
    optimizer: Optimizer = "adam",
    device: str | torch.device = "auto",
) -> Speed:
    """Train and ask a teacher of random weights on random images, for about a second.

    Batches begin small and are doubled until one takes half a second, and large images are measured smaller: the time
    of what is larger is told in proportion.

    Parameters
    ----------
    architecture, in_shape, n_classes, device
        See `Teacher.create`.
    batch_size : int
        Images a step, 1 or more.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
        See `make_optimizer`.

    Returns
    -------
    Speed

    Raises
    ------
    ValueError
        If there is no such architecture, or it does not take such images.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be 1 or more, not {batch_size}.")
    channels, height, width = check_network(architecture, in_shape, n_classes)
    side = max(LARGEST_SIDE, ARCHITECTURES[architecture].min_size)
    shape = (channels, min(height, side), min(width, side))
    teacher = Teacher.create(architecture, shape, n_classes, [0.5] * channels, [0.25] * channels, device=device)
    taken = make_optimizer(teacher.module.parameters(), optimizer, 1e-5, 0.0, 0.9, True)

    def step(n_images: int) -> None:
        pixels = torch.rand(n_images, *shape).to(teacher.device)
        labels = torch.zeros(n_images, dtype=torch.int64, device=teacher.device)
        train_step(teacher, taken, pixels, labels).item()  # which waits for the device

    teacher.module.train()
    n_images = min(FEW, batch_size)
    step(n_images)  # what is done once only is not counted
    seconds = _seconds(partial(step, n_images))
    while n_images < batch_size and seconds < ENOUGH:
        n_images = min(2 * n_images, batch_size)
        seconds = _seconds(partial(step, n_images))
    if seconds < ENOUGH:
        seconds = _mean_seconds(partial(step, n_images), ENOUGH)

    # Backwards takes about twice as long as forwards; so many images are asked as take half the time of the steps.
    n_asked = int(np.clip(1.5 * ENOUGH * n_images / seconds, FEW, MOST_PREDICTED))
    images = np.zeros((n_asked, *shape), dtype=np.uint8)
    teacher.classify(images[:FEW])
    asked_seconds = _seconds(lambda: teacher.classify(images))
    larger = height * width / (shape[1] * shape[2])
    return Speed(larger * seconds * batch_size / n_images, larger * asked_seconds / n_asked)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _mean_seconds(work: Callable[[], object], least: float) -> float:
    """Do it until so many seconds are over."""
    started, times = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < least or not times:
        work()
        times += 1
    return passed / times
