from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from models.optimisation import SCHEDULES, Optimizer, Schedule, make_optimizer, one_cycle


def test_every_schedule_has_a_function():
    assert set(SCHEDULES) == set(get_args(Schedule))


@given(st.sampled_from(sorted(SCHEDULES)), st.integers(1, 10**6), st.data())
def test_shares_are_above_zero_and_at_most_one(schedule, n_steps, data):
    step = data.draw(st.integers(0, n_steps - 1))
    assert 0 < SCHEDULES[schedule](step, n_steps) <= 1


@given(st.sampled_from(["cosine", "step", "constant"]), st.integers(2, 1000))
def test_the_others_start_at_one_and_never_rise(schedule, n_steps):
    shares = [SCHEDULES[schedule](step, n_steps) for step in range(n_steps)]
    assert shares[0] == 1
    assert (np.diff(shares) <= 0).all()


@pytest.mark.parametrize("n_steps", [1, 2, 3, 10, 1000])
def test_one_cycle_rises_to_one_and_falls_almost_to_zero(n_steps):
    shares = [one_cycle(step, n_steps) for step in range(n_steps)]
    peak = int(np.argmax(shares))
    assert shares[peak] == 1
    assert peak == max(1, round(0.3 * n_steps)) - 1
    assert (np.diff(shares[: peak + 1]) > 0).all()
    assert (np.diff(shares[peak:]) < 0).all()
    assert min(shares) > 0
    assert n_steps < 1000 or shares[-1] < 1e-4


def test_steps_are_those_of_he_et_al():
    """64,000 iterations, a tenth of the rate after 32,000, a hundredth after 48,000."""
    shares = [SCHEDULES["step"](step, 64_000) for step in (0, 31_999, 32_000, 47_999, 48_000, 63_999)]
    assert shares == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_cosine_is_at_a_half_in_the_middle():
    assert SCHEDULES["cosine"](50, 100) == pytest.approx(0.5)
    assert SCHEDULES["cosine"](99, 100) < 1e-3


def after_steps(optimizer: Optimizer, gradients: list[float], **settings) -> float:
    """Where a parameter that starts at 1 is after steps along these gradients at the rate 0.1."""
    parameter = nn.Parameter(torch.ones(1))
    given = {"weight_decay": 0.0, "momentum": 0.9, "nesterov": True} | settings
    made = make_optimizer([parameter], optimizer, 0.1, **given)
    for gradient in gradients:
        parameter.grad = torch.tensor([gradient])
        made.step()
    return parameter.item()


@pytest.mark.parametrize(
    ("optimizer", "gradients", "settings", "expected"),
    [
        ("sgd", [1.0], {"momentum": 0.0}, 1 - 0.1),
        ("sgd", [1.0, 1.0], {"nesterov": False}, 1 - 0.1 * (1 + 1.9)),
        ("sgd", [1.0, 1.0], {}, 1 - 0.1 * ((1 + 0.9) + (1 + 0.9 * 1.9))),
        ("sgd", [1.0], {"momentum": 0.0, "weight_decay": 0.5}, 1 - 0.1 * 1.5),
        ("adam", [3.0], {}, 1 - 0.1),  # a first step is as long as the rate
        ("adam", [0.0], {"weight_decay": 0.5}, 1 - 0.1),  # the penalty is a gradient like any other
        ("adamw", [0.0], {"weight_decay": 0.5}, 1 - 0.1 * 0.5),  # the decay is not
        ("rmsprop", [2.0], {"momentum": 0.0}, 1 - 0.1 * 2 / np.sqrt(0.1 * 4)),
        ("rmsprop", [2.0, 0.0], {}, 1 - 0.1 * 2 / np.sqrt(0.1 * 4) * 1.9),
    ],
)
def test_optimisers_take_the_steps_of_their_papers(optimizer, gradients, settings, expected):
    assert after_steps(optimizer, gradients, **settings) == pytest.approx(expected, rel=1e-5)
