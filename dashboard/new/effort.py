"""How long a study takes: what there is to compute, times what a worker measured of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.jobs.words import duration


@dataclass(frozen=True)
class Work:
    """What a study of a teacher computes.

    Attributes
    ----------
    question : what a worker is asked to measure: architecture, shape, n_classes, batch_size, optimizer.
    epochs : of training.
    n_train, count : images that are trained on, and all.
    may_stop : training ends early when it gets no better.
    """

    question: Mapping[str, Any]
    epochs: int
    n_train: int
    count: int
    may_stop: bool

    def seconds(self, step: float, forward: float) -> float:
        """How long it takes, about, with so many seconds a step and so many an image that is only asked about."""
        training = self.epochs * self.n_train / self.question["batch_size"] * step
        asking = self.count * forward  # before training, after each epoch, and for the predictions
        return training + (self.epochs + 2) * asking


def time_words(work: Work | None, speed: Mapping[str, Any] | None) -> str:
    """How long it takes, or why that is not known.

    Parameters
    ----------
    speed : what a worker measured last ("question", "step", "forward", "device"), or "question" and "error".
    """
    if work is None:
        return ""
    if speed is None or speed["question"] != work.question:
        return "Measuring how long it takes …"
    if "error" in speed:
        return f"No estimate of the time, as {speed['error']}."
    about = "At most about" if work.may_stop and work.epochs else "About"
    takes = duration(work.seconds(speed["step"], speed["forward"]))
    step = f" ({step_duration(speed['step'])} a step, measured)" if work.epochs else ""
    return f"{about} {takes} on {speed['device']}{step}."


def step_duration(seconds: float) -> str:
    """A short time with two digits: "8.3 ms", "0.41 s", "12 s"."""
    if seconds < 0.1:
        return f"{1000 * seconds:.2g} ms"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
