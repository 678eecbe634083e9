"""The training loop, and the record that it keeps of each epoch."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import nn

from models.data import ImageSet
from models.progress import Callback, silent
from models.teacher import Teacher, confusion_matrix, to_pixels

Optimizer = Literal["adam", "sgd"]

WARM_UP = 0.3  # the share of all steps in which the learning rate rises
MAX_STORED_EPOCHS = 10
REPORTS_PER_EPOCH = 8
SECONDS_BETWEEN_REPORTS = 0.5  # at most, give or take a step: how soon a slow epoch hears of a cancel


@dataclass(frozen=True, eq=False)
class TrainingRecord:
    """How training went. Row e of each array is epoch e, of E; row 0 is the untrained teacher.

    Attributes
    ----------
    train_loss, test_loss : float64 arrays (E + 1,)
        Mean cross-entropy in nats over all images of that part, measured at the end of the epoch.
    train_accuracy, test_accuracy : float64 arrays (E + 1,)
        The share of images, 0 to 1, that the teacher then gets right.
    seconds : float64 array (E + 1,)
        How long the epoch took, measuring included.
    test_confusion : int64 array (E + 1, K, K)
        ``test_confusion[e, t, p]`` test images of class t were taken for class p.
    weights : dict of int to bytes
        The teacher, as `Teacher.to_bytes` writes it, after each of the chosen epochs, in their order.
    """

    train_loss: np.ndarray
    train_accuracy: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray
    seconds: np.ndarray
    test_confusion: np.ndarray
    weights: dict[int, bytes]


def train(
    teacher: Teacher,
    image_set: ImageSet,
    *,
    epochs: int = 12,
    batch_size: int = 64,
    learning_rate: float = 0.002,
    optimizer: Optimizer = "adam",
    weight_decay: float = 0.0,
    seed: int = 0,
    stored_epochs: Sequence[int] | None = None,
    callback: Callback = silent,
) -> TrainingRecord:
    """Train a teacher in place, on the training images.

    The loss is cross-entropy. The learning rate follows `one_cycle`, after L. N. Smith, "A disciplined
    approach to neural network hyper-parameters", 2018. The same seed gives the same weights on the same
    machine with the same number of threads.

    Parameters
    ----------
    teacher : Teacher
        Changed in place; also where training is cancelled or fails half-way.
    image_set : ImageSet
        Images of the teacher's shape and number of classes.
    epochs : int
        How often each training image is seen.
    batch_size : int
        Images a step.
    learning_rate : float
        The highest rate, reached after 30 % of the steps. For "sgd" 0.05 is a good start.
    optimizer : {"adam", "sgd"}
        "sgd" has a momentum of 0.9, Nesterov's.
    weight_decay : float
        The optimiser's L2 penalty on all parameters, 0 or more.
    seed : int
        Chooses the order of the images. (The initial weights are `Teacher.create`'s.)
    stored_epochs : ints, optional
        After which epochs to keep the weights, 0 (untrained) to `epochs`. If left out, those of
        `default_stored_epochs`.
    callback : Callback
        Called at the end of each epoch with the metrics ``epoch``, ``train_loss``, ``test_loss`` and
        ``test_accuracy``. Within an epoch called at least eight times, if it has as many steps, with
        ``epoch`` (then a fraction) and ``train_loss`` (then the mean over this epoch's steps so far).

    Returns
    -------
    TrainingRecord

    Raises
    ------
    ValueError
        If a setting is out of its range, or the images do not fit the teacher.
    FloatingPointError
        If the loss overflows.
    Cancelled
        If the callback raises it.
    """
    _check_settings(epochs, batch_size, learning_rate, optimizer, weight_decay)
    _check_fit(teacher, image_set)
    to_store = _check_stored_epochs(default_stored_epochs(epochs) if stored_epochs is None else stored_epochs, epochs)

    n_train = image_set.n_train
    # Copies, as bytes: a set that was loaded from elsewhere may be read-only, which torch does not know.
    images = torch.tensor(image_set.images[:n_train], device=teacher.device)
    labels = torch.tensor(image_set.labels[:n_train], device=teacher.device)
    shuffling = torch.Generator().manual_seed(seed)  # our own, and the CPU's: one order on every device
    n_batches = math.ceil(n_train / batch_size)
    n_steps = epochs * n_batches
    report_every = max(1, n_batches // REPORTS_PER_EPOCH)

    optimiser = _make_optimizer(teacher.module.parameters(), optimizer, learning_rate, weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: one_cycle(step, n_steps))

    rows: list[dict] = []
    weights: dict[int, bytes] = {}

    def close_epoch(epoch: int, started: float) -> None:
        message = f"epoch {epoch} of {epochs}"
        fraction = epoch / epochs

        row = _measure(teacher, image_set, lambda *_, **__: callback(fraction, message))
        _check_finite(row["train_loss"] + row["test_loss"], epoch, learning_rate)
        rows.append(row | {"seconds": time.perf_counter() - started})
        if epoch in to_store:
            weights[epoch] = teacher.to_bytes()
        shown = {name: row[name] for name in ("train_loss", "test_loss", "test_accuracy")}
        callback(fraction, message, epoch=epoch, **shown)

    close_epoch(0, time.perf_counter())
    # cuDNN else picks some algorithms that add up in no fixed order.
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        for epoch in range(1, epochs + 1):
            started = last_report = time.perf_counter()
            teacher.module.train()
            order = torch.randperm(n_train, generator=shuffling).to(teacher.device)
            loss_sum = torch.zeros((), device=teacher.device)
            for batch in range(n_batches):
                chosen = order[batch * batch_size : (batch + 1) * batch_size]
                loss = nn.functional.cross_entropy(teacher.logits(to_pixels(images[chosen])), labels[chosen])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                loss_sum += loss.detach()

                now = time.perf_counter()
                if (batch + 1) % report_every == 0 or now - last_report > SECONDS_BETWEEN_REPORTS:
                    # Reading the loss waits for the device, so it is done here and not at every step. A loss
                    # that was once not finite leaves the sum so.
                    last_report = now
                    train_loss = loss_sum.item() / (batch + 1)
                    _check_finite(train_loss, epoch, learning_rate)
                    done = epoch - 1 + (batch + 1) / n_batches
                    callback(done / epochs, f"epoch {epoch} of {epochs}", epoch=done, train_loss=train_loss)
            close_epoch(epoch, started)

    return TrainingRecord(**{name: np.array([row[name] for row in rows]) for name in rows[0]}, weights=weights)


def one_cycle(step: int, n_steps: int) -> float:
    """The share of the highest learning rate that a step takes.

    It rises in a straight line over the first 30 % of the steps, then falls along half a cosine, almost to 0.

    Parameters
    ----------
    step : int
        0 to n_steps - 1.
    n_steps : int
        The number of steps in all.

    Returns
    -------
    float
        Above 0, at most 1.
    """
    n_rising = max(1, round(WARM_UP * n_steps))
    if step < n_rising:
        return (step + 1) / n_rising
    return (1 + math.cos(math.pi * (step + 1 - n_rising) / (n_steps + 1 - n_rising))) / 2


def default_stored_epochs(epochs: int) -> tuple[int, ...]:
    """At most ten epochs, evenly spread, with 0 (untrained) and the last among them.

    Parameters
    ----------
    epochs : int
        The number of epochs, 1 or more.

    Returns
    -------
    tuple of int
        In rising order.
    """
    n_gaps = min(MAX_STORED_EPOCHS - 1, epochs)
    return tuple(i * epochs // n_gaps for i in range(n_gaps + 1))


def _make_optimizer(
    parameters: Iterable[nn.Parameter], optimizer: Optimizer, learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    if optimizer == "adam":
        return torch.optim.Adam(parameters, lr=learning_rate, weight_decay=weight_decay)
    return torch.optim.SGD(parameters, lr=learning_rate, weight_decay=weight_decay, momentum=0.9, nesterov=True)


def _measure(teacher: Teacher, image_set: ImageSet, callback: Callback) -> dict:
    """Measure loss and accuracy on either part, and the test part's confusion, with the present weights."""
    logits = teacher.predict(image_set.images, callback=callback).logits
    losses = nn.functional.cross_entropy(
        torch.tensor(logits, dtype=torch.float64), torch.tensor(image_set.labels), reduction="none"
    ).numpy()
    predicted = logits.argmax(axis=1)
    correct = predicted == image_set.labels
    train, test = slice(0, image_set.n_train), slice(image_set.n_train, None)
    return {
        "train_loss": float(losses[train].mean()),
        "train_accuracy": float(correct[train].mean()),
        "test_loss": float(losses[test].mean()),
        "test_accuracy": float(correct[test].mean()),
        "test_confusion": confusion_matrix(image_set.labels[test], predicted[test], image_set.n_classes),
    }


def _check_finite(loss: float, epoch: int, learning_rate: float) -> None:
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"The loss is no longer a finite number in epoch {epoch}: lower learning_rate, which is {learning_rate:g}."
        )


def _check_settings(epochs: int, batch_size: int, learning_rate: float, optimizer: str, weight_decay: float) -> None:
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"epochs must be a whole number, 1 or more, not {epochs!r}.")
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size must be a whole number, 1 or more, not {batch_size!r}.")
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be a finite number above 0, not {learning_rate!r}.")
    if optimizer not in get_args(Optimizer):
        raise ValueError(f"optimizer must be one of {', '.join(get_args(Optimizer))}, not {optimizer!r}.")
    if not 0 <= weight_decay < math.inf:
        raise ValueError(f"weight_decay must be a finite number, 0 or more, not {weight_decay!r}.")


def _check_fit(teacher: Teacher, image_set: ImageSet) -> None:
    if image_set.images.shape[1:] != teacher.in_shape:
        raise ValueError(
            f"image_set must hold images of the teacher's shape {teacher.in_shape}, not {image_set.images.shape[1:]}."
        )
    if image_set.n_classes != teacher.n_classes:
        raise ValueError(
            f"image_set must have the teacher's {teacher.n_classes} classes, but has {image_set.n_classes}."
        )


def _check_stored_epochs(stored_epochs: Sequence[int], epochs: int) -> frozenset[int]:
    whole = all(isinstance(epoch, int) and not isinstance(epoch, bool) for epoch in stored_epochs)
    if not whole or any(not 0 <= epoch <= epochs for epoch in stored_epochs):
        raise ValueError(
            f"stored_epochs must be whole numbers in 0 (untrained) to {epochs} (the last epoch), "
            f"not {list(stored_epochs)}."
        )
    return frozenset(stored_epochs)
