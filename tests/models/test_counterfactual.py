"""Counterfactuals: that the teacher's answer flips, that the step is short, and what is said where it cannot be done."""

import numpy as np
import pytest
import torch

from models.counterfactual import CERTAIN, Scale, find_counterfactual
from models.latent import ImageFunction
from models.progress import Cancelled
from models.teacher import Teacher, softmax

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def codes(digit_set, digit_vae):
    return digit_vae.encode(digit_set.images).means


@pytest.fixture(scope="module")
def scale(codes):
    return Scale(codes.std(axis=0), codes.min(axis=0), codes.max(axis=0))


@pytest.fixture(params=[True, False], ids=["residual", "plain"])
def function(request, digit_set, digit_vae):
    return ImageFunction.of(digit_vae, digit_set.images[1600], request.param)


def top(teacher, images):
    return int(teacher.classify(images)[0].argmax())


def others(function, teacher):
    """Two classes that are not the teacher's answer: the second and the fifth."""
    return teacher.classify(function(function.code[np.newaxis]))[0].argsort()[[-2, -5]].tolist()


def test_the_teacher_changes_its_mind_and_the_step_is_what_is_said(function, trained, scale):
    for target in others(function, trained.teacher):
        found = find_counterfactual(function, trained.teacher, target, scale, max_steps=150)
        assert found.reached
        assert top(trained.teacher, function(found.code[np.newaxis])) == target
        assert top(trained.teacher, np.rint(255 * found.image[np.newaxis]).astype(np.uint8)) == target
        assert top(trained.teacher, found.before[np.newaxis]) != target
        assert found.image == pytest.approx(function(found.code[np.newaxis])[0])
        assert found.before == pytest.approx(function(function.code[np.newaxis])[0])
        assert found.probabilities == pytest.approx(
            softmax(trained.teacher.classify(np.stack([found.before, found.image]))), abs=1e-5
        )
        assert found.moved == pytest.approx((found.code - function.code) / scale.deviations, abs=1e-5)
        assert found.distance == pytest.approx(np.linalg.norm(found.moved))
        assert (found.code >= scale.lower - 1e-4).all()
        assert (found.code <= scale.upper + 1e-4).all()


def test_a_shorter_step_the_same_way_does_not_do(function, trained, scale):
    target = others(function, trained.teacher)[0]
    found = find_counterfactual(function, trained.teacher, target, scale, max_steps=100)
    shorter = function.code + np.linspace(0, 0.99, 60, dtype=np.float32)[:, np.newaxis] * (found.code - function.code)
    images = function(shorter)
    leads = []
    for shown in (images, np.rint(255 * images) / 255):  # also as bytes
        scores = trained.teacher.classify(shown)
        leads.append(scores[:, target] - np.delete(scores, target, axis=1).max(axis=1))
    assert (np.minimum(*leads) <= CERTAIN + 1e-3).all()


def test_no_random_step_of_the_length_is_better(function, trained, scale):
    target = others(function, trained.teacher)[0]
    found = find_counterfactual(function, trained.teacher, target, scale, max_steps=150)
    ways = np.random.default_rng(0).normal(0, 1, (2000, 6))
    ways *= 0.9 * found.distance / np.linalg.norm(ways, axis=1, keepdims=True)
    tried = (function.code + ways * scale.deviations).astype(np.float32)
    assert target not in trained.teacher.classify(function(tried)).argmax(axis=1)


def test_known_images_of_the_class_are_a_way_to_it(function, trained, scale, codes, digit_vae):
    """One step of the descent reaches nothing, but half of the digits are known to be of the class."""
    target = others(function, trained.teacher)[1]
    known = codes[trained.teacher.classify(function(codes)).argmax(axis=1) == target]
    alone = find_counterfactual(function, trained.teacher, target, scale, max_steps=1)
    helped = find_counterfactual(function, trained.teacher, target, scale, known, max_steps=1)
    assert not alone.reached
    assert helped.reached
    nearest = np.linalg.norm((known - function.code) / scale.deviations, axis=1).min()
    assert helped.distance <= nearest + 1e-4
    assert top(trained.teacher, function(helped.code[np.newaxis])) == target


def test_the_seed_decides(function, trained, scale):
    """Before the starts have come to the same border."""
    near, far = others(function, trained.teacher)
    first, again = (find_counterfactual(function, trained.teacher, near, scale, max_steps=30, seed=3) for _ in range(2))
    assert np.array_equal(first.code, again.code)
    one, other = (find_counterfactual(function, trained.teacher, far, scale, max_steps=1, seed=seed) for seed in (3, 4))
    assert not np.array_equal(one.code, other.code)


@pytest.fixture(scope="module")
def stubborn(trained):
    """A teacher that never answers 7."""
    teacher = Teacher.from_bytes(trained.teacher.to_bytes(), "cpu")
    with torch.no_grad():
        last = list(teacher.module.parameters())[-1]
        last[7] -= 1000
    return teacher


def test_a_class_that_is_out_of_reach_is_told(function, stubborn, scale, codes):
    reports = []

    def note(fraction, message="", **metrics):
        reports.append((fraction, message, metrics))

    found = find_counterfactual(function, stubborn, 7, scale, codes[:5], max_steps=20, callback=note)
    assert not found.reached
    assert found.n_steps == len(reports) == 20
    assert top(stubborn, found.image[np.newaxis]) != 7
    assert reports[-1][2]["probability"] == pytest.approx(found.probabilities[1, 7], abs=1e-6)
    assert reports[-1][:2] == (1.0, "step 20 of at most 20, not reached yet")


def test_the_best_that_was_seen_is_told_where_it_is_not_reached(function, trained, scale):
    target = others(function, trained.teacher)[1]
    reports = []
    found = find_counterfactual(
        function, trained.teacher, target, scale, max_steps=2, callback=lambda *_, **metrics: reports.append(metrics)
    )
    assert not found.reached
    assert found.probabilities[1, target] == pytest.approx(reports[-1]["probability"], abs=1e-5)
    assert found.probabilities[1, target] > found.probabilities[0, target]


def test_it_can_be_stopped(function, trained, scale):
    def stop(fraction, message="", **_):
        raise Cancelled

    with pytest.raises(Cancelled):
        find_counterfactual(function, trained.teacher, others(function, trained.teacher)[0], scale, callback=stop)


def test_what_does_not_fit_is_named(function, trained, scale):
    mine = top(trained.teacher, function(function.code[np.newaxis]))
    for target, named in ((mine, f"class {mine} already; choose another"), (10, "0 to 9, not 10"), (-1, "0 to 9")):
        with pytest.raises(ValueError, match=named):
            find_counterfactual(function, trained.teacher, target, scale)
    target = others(function, trained.teacher)[0]
    with pytest.raises(ValueError, match="max_steps"):
        find_counterfactual(function, trained.teacher, target, scale, max_steps=0)
    with pytest.raises(ValueError, match="of 6 latent values, not of 5"):
        find_counterfactual(function, trained.teacher, target, Scale(*(values[:5] for values in scale)))
    small = Teacher.create("lenet", (1, 20, 20), 10, [0.5], [0.5], device="cpu")
    with pytest.raises(ValueError, match="the teacher classifies"):
        find_counterfactual(function, small, target, scale)
