"""The training loop."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn

from models.checkpoint import Row
from models.data import ImageSet
from models.optimisation import Optimizer, Schedule, make_optimizer
from models.progress import Callback, silent
from models.teacher import Teacher, to_pixels
from models.training_loop import TrainingLoop
from models.training_record import TrainingRecord, measure
from models.training_settings import MAX_STORED_EPOCHS, TrainingSettings, default_stored_epochs

__all__ = [
    "MAX_STORED_EPOCHS",
    "Optimizer",
    "Schedule",
    "TrainingRecord",
    "default_stored_epochs",
    "train",
    "train_step",
]


def train(
    teacher: Teacher,
    image_set: ImageSet,
    *,
    epochs: int = 12,
    batch_size: int = 64,
    learning_rate: float = 0.002,
    optimizer: Optimizer = "adam",
    momentum: float = 0.9,
    nesterov: bool = True,
    schedule: Schedule = "one-cycle",
    weight_decay: float = 0.0,
    dropout: float | None = None,
    label_smoothing: float = 0.0,
    shift: int = 0,
    flip: bool = False,
    crop: float = 1.0,
    patience: int | None = None,
    seed: int = 0,
    stored_epochs: Sequence[int] | None = None,
    callback: Callback = silent,
    checkpoint: Callable[[int, bytes], None] | None = None,
    resume: bytes | None = None,
) -> TrainingRecord:
    """Train a teacher in place, on the training images.

    The loss is cross-entropy. The same seed gives the same weights on the same machine with the same number of
    threads; on a CPU also where training was interrupted and resumed.

    Parameters
    ----------
    teacher : Teacher
        Changed in place; also where training is cancelled or fails half-way.
    image_set : ImageSet
        Images of the teacher's shape and number of classes.
    epochs : int
        How often each training image is seen; 0 only measures the teacher as it is.
    batch_size : int
        Images a step.
    learning_rate : float
        The highest rate of the schedule. For "adam" and "adamw" 0.002 is a good start, for "rmsprop" 0.0005, for
        "sgd" 0.05.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
        See `make_optimizer`, also for the next two.
    momentum : float
        Of "sgd" and "rmsprop", 0 or more and below 1.
    nesterov : bool
        Whether the momentum of "sgd" is Nesterov's.
    schedule : {"constant", "cosine", "one-cycle", "step"}
        How the learning rate changes: see the functions in `SCHEDULES`.
    weight_decay : float
        The optimiser's L2 penalty on all parameters, 0 or more; decoupled for "adamw".
    dropout : float, optional
        The share of units that each dropout layer of the network drops, 0 or more and below 1. If left out, the
        architecture's own.
    label_smoothing : float
        The share of a label that is spread evenly over all classes, 0 or more and below 1 (Szegedy et al., 2016).
    shift, flip, crop
        How training images are changed each time they are seen: see `Augmentation`.
    patience : int, optional
        Stop early after so many epochs, 1 or more, in a row without a test loss below the best so far. The teacher
        stays as it is after the last of them. (The test images then have a say in the training.)
    seed : int
        Chooses the order of the images, what dropout drops, and augmentation, 0 or more. (The initial weights are
        `Teacher.create`'s.)
    stored_epochs : ints, optional
        After which epochs to keep the weights, 0 (untrained) to `epochs`. If left out, those of
        `default_stored_epochs`. Where the last epoch is among them and training stops early, the epoch in which it
        stops takes its place.
    callback : Callback
        Called at the end of each epoch with the metrics ``epoch``, ``train_loss``, ``test_loss`` and
        ``test_accuracy``. Within an epoch called at least eight times, if it has as many steps, with
        ``epoch`` (then a fraction) and ``train_loss`` (then the mean over this epoch's steps so far, as it is
        trained: with dropout, label smoothing and augmentation).
    checkpoint : callable, optional
        Called after each epoch but the untrained with its number and a `Checkpoint`, as bytes.
    resume : bytes, optional
        What `checkpoint` was given in an earlier call with the same settings, images and teacher: training goes on
        from there. The callback first hears of the earlier epochs again.

    Returns
    -------
    TrainingRecord
        Also of the epochs before it was resumed.

    Raises
    ------
    ValueError
        If a setting is out of its range, the images do not fit the teacher, or `resume` is of another training.
    FloatingPointError
        If the loss overflows.
    Cancelled
        If the callback raises it.
    """
    settings = TrainingSettings(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        optimizer=optimizer,
        momentum=momentum,
        nesterov=nesterov,
        schedule=schedule,
        weight_decay=weight_decay,
        dropout=dropout,
        label_smoothing=label_smoothing,
        shift=shift,
        flip=flip,
        crop=crop,
        patience=patience,
        seed=seed,
        stored_epochs=tuple(default_stored_epochs(epochs) if stored_epochs is None else stored_epochs),
    )
    _check_fit(teacher, image_set)
    with _dropping(teacher, dropout):
        training = _Training(teacher, image_set, settings, callback)
        training.begin(resume)
        while not training.is_over:
            training.run_epoch()
            if checkpoint:
                checkpoint(training.epoch, training.checkpoint().to_bytes())
    return training.record()


class _Training(TrainingLoop):
    """A teacher's training under way."""

    def __init__(self, teacher: Teacher, image_set: ImageSet, settings: TrainingSettings, callback: Callback) -> None:
        self.teacher = teacher
        self.image_set = image_set
        self.settings = settings
        n_train = image_set.n_train
        # Copies, as bytes: a set that was loaded from elsewhere may be read-only, which torch does not know.
        self.images = torch.tensor(image_set.images[:n_train], device=teacher.device)
        self.labels = torch.tensor(image_set.labels[:n_train], device=teacher.device)
        optimizer = make_optimizer(
            teacher.module.parameters(),
            settings.optimizer,
            settings.learning_rate,
            settings.weight_decay,
            settings.momentum,
            settings.nesterov,
        )
        super().__init__(
            teacher.module,
            teacher.device,
            optimizer,
            n_train,
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            schedule=settings.schedule,
            seed=settings.seed,
            loss="train_loss",
            callback=callback,
        )

    @property
    def best_epoch(self) -> int:
        """The epoch of the lowest test loss, the first one of equals."""
        return int(np.argmin([row["test_loss"] for row in self.rows]))

    @property
    def has_stalled(self) -> bool:
        """Whether the test loss has not been below its best for as long as the patience lasts."""
        if self.settings.patience is None:
            return False
        return self.epoch - self.best_epoch >= self.settings.patience

    @property
    def is_over(self) -> bool:
        return super().is_over or self.has_stalled

    def record(self) -> TrainingRecord:
        """What training has come to."""
        return TrainingRecord(
            **{name: np.array([row[name] for row in self.rows]) for name in self.rows[0]},
            weights=self.weights,
            stopped_after=self.epoch if self.epoch < self.settings.epochs else None,
        )

    def _loss(self, step: int, chosen: torch.Tensor) -> torch.Tensor:
        pixels = self.settings.augmentation(to_pixels(self.images[chosen]), self.generator)
        return train_step(self.teacher, self.optimizer, pixels, self.labels[chosen], self.settings.label_smoothing)

    def _measure(self, callback: Callback) -> Row:
        return measure(self.teacher, self.image_set, callback)

    def _keep(self, epoch: int) -> None:
        is_last = self.is_over and self.settings.epochs in self.settings.stored_epochs
        if is_last or epoch in self.settings.stored_epochs:
            self.weights[epoch] = self.teacher.to_bytes()

    def _report_epoch(self, epoch: int) -> None:
        shown = {name: self.rows[epoch][name] for name in ("train_loss", "test_loss", "test_accuracy")}
        stage, fraction = self._stage(epoch), self._fraction(epoch)
        if epoch == self.epoch < self.settings.epochs and self.has_stalled:
            stage = f"stopped after {stage}, as the test loss has not fallen since epoch {self.best_epoch}"
            fraction = 1.0
        self.callback(fraction, stage, epoch=epoch, **shown)

    def _request(self) -> dict[str, Any]:
        teacher = self.teacher
        return asdict(self.settings) | {
            "architecture": teacher.architecture,
            "in_shape": teacher.in_shape,
            "n_classes": teacher.n_classes,
            "mean": teacher.mean,
            "std": teacher.std,
            "n_train": self.image_set.n_train,
            "n_test": self.image_set.n_test,
        }


def train_step(
    teacher: Teacher,
    optimizer: torch.optim.Optimizer,
    pixels: torch.Tensor,
    labels: torch.Tensor,
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    """Take one step down the cross-entropy of a batch.

    Parameters
    ----------
    teacher : Teacher
        Changed in place; its module is in training mode.
    optimizer : torch.optim.Optimizer
        Of the teacher's parameters.
    pixels : float32 tensor (N, C, H, W)
        Pixels 0 to 1, on the teacher's device.
    labels : int64 tensor (N,)
        Their classes, on the same device.
    label_smoothing : float
        See `train`.

    Returns
    -------
    float32 tensor ()
        The mean loss before the step, on the same device.
    """
    loss = nn.functional.cross_entropy(teacher.logits(pixels), labels, label_smoothing=label_smoothing)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


@contextmanager
def _dropping(teacher: Teacher, share: float | None) -> Iterator[None]:
    """Let the network's dropout layers drop this share for a while; their own where it is None."""
    layers = [layer for layer in teacher.module.modules() if isinstance(layer, nn.Dropout)]
    if share is not None and not layers:
        raise ValueError(f"dropout must be left out for {teacher.architecture}, which has no dropout layer.")
    own = [layer.p for layer in layers]
    for layer in layers:
        layer.p = layer.p if share is None else share
    try:
        yield
    finally:
        for layer, p in zip(layers, own, strict=True):
            layer.p = p


def _check_fit(teacher: Teacher, image_set: ImageSet) -> None:
    if image_set.images.shape[1:] != teacher.in_shape:
        raise ValueError(
            f"image_set must hold images of the teacher's shape {teacher.in_shape}, not {image_set.images.shape[1:]}."
        )
    if image_set.n_classes != teacher.n_classes:
        raise ValueError(
            f"image_set must have the teacher's {teacher.n_classes} classes, but has {image_set.n_classes}."
        )
