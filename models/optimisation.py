"""Optimisers, and schedules of the learning rate."""

import math
from collections.abc import Callable, Iterable
from typing import Literal

import torch
from torch import nn

Optimizer = Literal["adam", "adamw", "rmsprop", "sgd"]
Schedule = Literal["constant", "cosine", "one-cycle", "step"]

WARM_UP = 0.3  # the share of all steps in which one-cycle's learning rate rises
DROPS = (0.5, 0.75)  # after which shares of all steps the step schedule divides the rate by ten


def make_optimizer(
    parameters: Iterable[nn.Parameter],
    optimizer: Optimizer,
    learning_rate: float,
    weight_decay: float,
    momentum: float,
    nesterov: bool,
) -> torch.optim.Optimizer:
    """Make an optimiser.

    Parameters
    ----------
    parameters : parameters
        What it changes.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
        RMSprop averages squares with 0.9, as its author gives it (torch's own default is 0.99).
    learning_rate : float
        The first rate.
    weight_decay : float
        The L2 penalty on all parameters; for "adamw" the decoupled decay of Loshchilov and Hutter, 2019.
    momentum : float
        Of "sgd" and "rmsprop", 0 or more and below 1; the Adams have their own and ignore it.
    nesterov : bool
        Whether the momentum of "sgd" is Nesterov's. Without any momentum it makes no difference.

    Returns
    -------
    torch.optim.Optimizer
    """
    if optimizer == "adam":
        return torch.optim.Adam(parameters, learning_rate, weight_decay=weight_decay)
    if optimizer == "adamw":
        return torch.optim.AdamW(parameters, learning_rate, weight_decay=weight_decay)
    if optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, learning_rate, alpha=0.9, weight_decay=weight_decay, momentum=momentum)
    return torch.optim.SGD(
        parameters, learning_rate, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov and momentum > 0
    )


def one_cycle(step: int, n_steps: int) -> float:
    """The share of the highest learning rate that a step takes, after L. N. Smith.

    It rises in a straight line over the first 30 % of the steps, then falls along half a cosine, almost to 0.
    See "A disciplined approach to neural network hyper-parameters", 2018.

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


def cosine(step: int, n_steps: int) -> float:
    """The share falls along half a cosine from 1 almost to 0. Otherwise as `one_cycle`."""
    return (1 + math.cos(math.pi * step / n_steps)) / 2


def steps(step: int, n_steps: int) -> float:
    """The share is 1, a tenth after half of the steps, a hundredth after three quarters. Otherwise as `one_cycle`.

    So He et al. trained their residual networks for CIFAR.
    """
    return 0.1 ** sum(step >= drop * n_steps for drop in DROPS)


def constant(_step: int, _n_steps: int) -> float:
    """The share is always 1. Otherwise as `one_cycle`."""
    return 1.0


SCHEDULES: dict[Schedule, Callable[[int, int], float]] = {
    "constant": constant,
    "cosine": cosine,
    "one-cycle": one_cycle,
    "step": steps,
}
"""The known schedules: a name, and what gives a step's share of the learning rate."""
