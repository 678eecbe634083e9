"""Attacks: they stay in the ball and in [0, 1], make the teacher err, and say when they are too weak."""

import numpy as np
import pytest

from models.adversarial import attack, clipped_only
from tests.models.looking import linear_teacher


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_an_attack_stays_in_the_ball_and_in_the_range(trained, digit_set, norm):
    images = digit_set.images[-40:]
    epsilon = 0.3 if norm == "linf" else 2.0
    found = attack(trained.teacher, images, epsilon, norm, steps=20, step_size=epsilon / 8)
    change = found.images - images / np.float32(255)
    size = np.abs(change).max(axis=(1, 2, 3)) if norm == "linf" else np.sqrt((change**2).sum(axis=(1, 2, 3)))
    assert size.max() <= epsilon + 1e-5
    assert found.images.min() >= 0
    assert found.images.max() <= 1
    assert found.success > 0.8
    assert not found.warning


def test_one_step_is_fgsm():
    weights = np.array([[[1.0, -2.0], [0.0, 3.0]]])
    teacher = linear_teacher(weights, -0.5)  # of grey it says the second class
    image = np.full((1, 1, 2, 2), 0.5, np.float32)
    found = attack(teacher, image, 0.1, steps=1, step_size=0.1, random_start=False)
    assert (found.original[0], found.answers[0]) == (1, 0)
    np.testing.assert_allclose(found.images[0], 0.5 - 0.1 * np.sign(weights), atol=1e-6)


def test_no_room_changes_nothing(trained, digit_set):
    images = digit_set.images[-10:]
    found = attack(trained.teacher, images, 0.0, steps=3)
    np.testing.assert_allclose(found.images, images / 255, atol=1e-6)
    assert found.success == 0


def test_steps_that_never_reach_the_edge_are_told(trained, digit_set):
    found = attack(trained.teacher, digit_set.images[-3:], 0.5, steps=4, step_size=0.01)
    assert "4 steps of 0.01 go 0.04 at most" in found.warning


def test_the_control_clips_what_is_normalised(trained, digit_set):
    images = digit_set.images[-20:]
    made, answers = clipped_only(trained.teacher, images)
    mean, std = trained.teacher.mean[0], trained.teacher.std[0]
    np.testing.assert_allclose(made, ((images / 255 - mean) / std).clip(0, 1) * std + mean, atol=1e-5)
    assert answers.shape == (20,)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"epsilon": -1}, "epsilon must be 0 or more"), ({"steps": 0}, "steps 1 or more"), ({"norm": "l1"}, "not 'l1'")],
)
def test_what_cannot_be_is_one_sentence(trained, digit_set, settings, words):
    with pytest.raises(ValueError, match=words):
        attack(trained.teacher, digit_set.images[:1], **{"epsilon": 0.1} | settings)
