"""The settings of a training, checked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from models.augmentation import Augmentation
from models.optimisation import Optimizer, Schedule

MAX_STORED_EPOCHS = 10


@dataclass(frozen=True)
class TrainingSettings:
    """What `train` was asked for; what each setting means stands there.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    optimizer: Optimizer
    momentum: float
    nesterov: bool
    schedule: Schedule
    weight_decay: float
    dropout: float | None
    label_smoothing: float
    shift: int
    flip: bool
    crop: float
    patience: int | None
    seed: int
    stored_epochs: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_whole("epochs", self.epochs, least=0)
        _check_whole("batch_size", self.batch_size, least=1)
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be a finite number above 0, not {self.learning_rate!r}.")
        _check_choice("optimizer", self.optimizer, get_args(Optimizer))
        _check_share("momentum", self.momentum)
        _check_choice("schedule", self.schedule, get_args(Schedule))
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay must be a finite number, 0 or more, not {self.weight_decay!r}.")
        if self.dropout is not None:
            _check_share("dropout", self.dropout)
        _check_share("label_smoothing", self.label_smoothing)
        if self.patience is not None:
            _check_whole("patience", self.patience, least=1)
        _check_whole("seed", self.seed, least=0)
        _check_stored_epochs(self.stored_epochs, self.epochs)
        _ = self.augmentation  # checks its own

    @property
    def augmentation(self) -> Augmentation:
        return Augmentation(self.shift, self.flip, self.crop)


def default_stored_epochs(epochs: int) -> tuple[int, ...]:
    """At most ten epochs, evenly spread, with 0 (untrained) and the last among them.

    Parameters
    ----------
    epochs : int
        The number of epochs, 0 or more.

    Returns
    -------
    tuple of int
        In rising order.

    Raises
    ------
    ValueError
        If epochs is not such a number.
    """
    _check_whole("epochs", epochs, least=0)
    n_gaps = min(MAX_STORED_EPOCHS - 1, epochs)
    if n_gaps == 0:
        return (0,)
    return tuple(i * epochs // n_gaps for i in range(n_gaps + 1))


def _check_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more, not {value!r}.")


def _check_share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be a number, 0 or more and below 1, not {value!r}.")


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")


def _check_stored_epochs(stored_epochs: Sequence[int], epochs: int) -> None:
    whole = all(isinstance(epoch, int) and not isinstance(epoch, bool) for epoch in stored_epochs)
    if not whole or any(not 0 <= epoch <= epochs for epoch in stored_epochs):
        raise ValueError(
            f"stored_epochs must be whole numbers in 0 (untrained) to {epochs} (the last epoch), "
            f"not {list(stored_epochs)}."
        )
