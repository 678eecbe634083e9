"""Settings that go well together, one click each; what a preset does not name is at its default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

USUAL_RATES = {"adam": 0.002, "adamw": 0.002, "rmsprop": 0.0005, "sgd": 0.05}


@dataclass(frozen=True)
class Preset:
    """An image set, and what of a teacher's settings differs from the defaults."""

    title: str
    kind: str
    teacher: Mapping[str, Any] = field(default_factory=dict)


PRESETS = (
    Preset("Digits, LeNet", "digits"),
    Preset("MNIST, LeNet", "mnist", {"epochs": 4}),
    Preset("MNIST, example CNN", "mnist", {"architecture": "example-cnn", "epochs": 4}),
    Preset(
        "CIFAR-10, ResNet-20",
        "cifar-10",
        {
            "architecture": "resnet-20",
            "epochs": 30,
            "batch_size": 128,
            "optimizer": "sgd",
            "learning_rate": USUAL_RATES["sgd"],
            "weight_decay": 1e-4,
            "shift": 4,
            "flip": True,
        },
    ),
)

# What is done with weights that were trained elsewhere; the architecture stays as it is chosen.
MEASURE = {"epochs": 0}
FINE_TUNE = {
    "epochs": 2,
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "momentum": 0.9,
    "weight_decay": 1e-4,
    "schedule": "cosine",
    "shift": 4,
    "flip": True,
}


def usual_rate(optimizer: str, rate: Any) -> float | None:
    """The learning rate that suits an optimiser; None when somebody has typed another than the usual ones."""
    return USUAL_RATES.get(optimizer) if rate in ("", None, *USUAL_RATES.values()) else None
