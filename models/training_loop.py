"""The loop that trainings have in common: epochs over shuffled images, progress, and where to go on after a kill."""

import math
import time
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import nn

from models.checkpoint import Checkpoint, Row
from models.optimisation import SCHEDULES, Schedule
from models.progress import Callback
from models.randomness import seeded

REPORTS_PER_EPOCH = 8
SECONDS_BETWEEN_REPORTS = 0.5  # at most, give or take a step: how soon a slow epoch hears of a cancel


class TrainingLoop(ABC):
    """A training under way: what it needs for its next epoch, and what it has noted of the last ones.

    Parameters
    ----------
    network : nn.Module
        What is trained; left in evaluation mode by `_measure`.
    device : torch.device
    optimizer : torch.optim.Optimizer
        Of the network's parameters.
    n_images : int
        Training images.
    epochs, batch_size, learning_rate, schedule, seed
        See `models.training.train`.
    loss : str
        What the mean loss of the steps is called among the metrics.
    callback : Callback
    """

    def __init__(
        self,
        network: nn.Module,
        device: torch.device,
        optimizer: torch.optim.Optimizer,
        n_images: int,
        *,
        epochs: int,
        batch_size: int,
        learning_rate: float,
        schedule: Schedule,
        seed: int,
        loss: str,
        callback: Callback,
    ) -> None:
        self.network = network
        self.device = device
        self.optimizer = optimizer
        self.n_images = n_images
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule: Schedule = schedule
        self.seed = seed
        self.loss = loss
        self.callback = callback
        self.generator = torch.Generator().manual_seed(seed)  # our own, and the CPU's: one order on every device
        self.n_batches = math.ceil(n_images / batch_size)
        self.rows: list[Row] = []
        self.weights: dict[int, bytes] = {}

    @abstractmethod
    def _loss(self, step: int, chosen: torch.Tensor) -> torch.Tensor:
        """Take a step on the chosen images, ids on the device, and return their mean loss before it."""

    @abstractmethod
    def _measure(self, callback: Callback) -> Row:
        """What is noted of the epoch that has just ended."""

    @abstractmethod
    def _report_epoch(self, epoch: int) -> None:
        """Tell the callback of an epoch's row."""

    @abstractmethod
    def _request(self) -> dict[str, Any]:
        """What makes this training differ from others."""

    @abstractmethod
    def _keep(self, epoch: int) -> None:
        """Do what else is to be done once an epoch's row is noted, before it is reported."""

    @property
    def epoch(self) -> int:
        """The last epoch that is done; 0 is the untrained network."""
        return len(self.rows) - 1

    @property
    def is_over(self) -> bool:
        return self.epoch == self.epochs

    def begin(self, resume: bytes | None) -> None:
        """Measure the untrained network, or go back to where an earlier training was."""
        if resume is None:
            self._close_epoch(time.perf_counter())
        else:
            self._restore(Checkpoint.from_bytes(resume, self._request()))
            for epoch in range(len(self.rows)):
                self._report_epoch(epoch)

    def run_epoch(self) -> None:
        """Train on each image once, and measure."""
        started = time.perf_counter()
        # cuDNN else picks some algorithms that add up in no fixed order.
        with (
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True),
            seeded(self.device, self.seed, self.epoch),
        ):
            self._train_epoch(self.epoch + 1)
        self._close_epoch(started)

    def checkpoint(self) -> Checkpoint:
        """Where it stands now."""
        remembered = self.optimizer.state_dict()["state"]
        return Checkpoint(
            request=self._request(),
            rows=self.rows,
            network=self.network.state_dict(),
            # Of plain gradient descent torch remembers that there is nothing to remember.
            optimizer={
                index: {name: tensor for name, tensor in state.items() if tensor is not None}
                for index, state in remembered.items()
            },
            generator=self.generator.get_state(),
            weights=self.weights,
        )

    def _train_epoch(self, epoch: int) -> None:
        self.network.train()
        order = torch.randperm(self.n_images, generator=self.generator).to(self.device)
        loss_sum = torch.zeros((), device=self.device)
        report_every = max(1, self.n_batches // REPORTS_PER_EPOCH)
        last_report = time.perf_counter()
        for batch in range(self.n_batches):
            step = (epoch - 1) * self.n_batches + batch
            share = SCHEDULES[self.schedule](step, self.epochs * self.n_batches)
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate * share
            loss_sum += self._loss(step, order[batch * self.batch_size : (batch + 1) * self.batch_size])

            now = time.perf_counter()
            if (batch + 1) % report_every == 0 or now - last_report > SECONDS_BETWEEN_REPORTS:
                # Reading the loss waits for the device, so it is done here and not at every step. A loss
                # that was once not finite leaves the sum so.
                last_report = now
                mean_loss = loss_sum.item() / (batch + 1)
                self._check_finite(mean_loss, epoch)
                done = epoch - 1 + (batch + 1) / self.n_batches
                self.callback(done / self.epochs, self._stage(epoch), epoch=done, **{self.loss: mean_loss})
            else:
                self.callback(None)  # nothing new; but it may have this wait, or stop

    def _close_epoch(self, started: float) -> None:
        epoch = len(self.rows)
        fraction = self._fraction(epoch)
        row = self._measure(lambda *_, **__: self.callback(fraction, self._stage(epoch)))
        self._check_finite(sum(value for name, value in row.items() if name.endswith(("_loss", "_mse"))), epoch)
        self.rows.append(row | {"seconds": time.perf_counter() - started})
        self._keep(epoch)
        self._report_epoch(epoch)

    def _fraction(self, epoch: int) -> float:
        return epoch / self.epochs if self.epochs else 1.0

    def _stage(self, epoch: int) -> str:
        return f"epoch {epoch} of {self.epochs}"

    def _check_finite(self, loss: float, epoch: int) -> None:
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"The loss is no longer a finite number in epoch {epoch}: lower learning_rate, which is "
                f"{self.learning_rate:g}."
            )

    def _restore(self, earlier: Checkpoint) -> None:
        self.network.load_state_dict(earlier.network)
        # The settings of the parameter groups are made from ours, which are the same.
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": earlier.optimizer, "param_groups": groups})
        self.generator.set_state(earlier.generator)
        self.rows = list(earlier.rows)
        self.weights = dict(earlier.weights)
