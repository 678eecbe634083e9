"""The linear student, held against closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from models.fidelity import fidelity, says_little
from models.progress import Cancelled
from models.student import StudentSettings, distil
from models.teacher import softmax

pytestmark = pytest.mark.usefixtures("one_thread")

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((200, 1, 4, 5)).astype(np.float32)
ROWS = IMAGES.reshape(200, -1).astype(np.float64)
WEIGHTS, BIAS = RANDOM.normal(0, 2, (3, 20)), RANDOM.normal(size=3)
LOGITS = ROWS @ WEIGHTS.T + BIAS  # of a teacher that is a linear soft-max itself
CONVEX = StudentSettings(optimizer="lbfgs", learning_rate=1.0, epochs=60, temperature=1.0)
FROM_ZERO = StudentSettings(optimizer="gradient-descent", centred=False, epochs=1, batch_size=500)  # one step


def centred(rows):
    """Less the mean over the classes, which a soft-max does not see."""
    return rows - rows.mean(axis=0)


def gradient(student, targets, temperature, l2=0.0):
    """Of the loss by the weights, from its closed form: the mean of (softmax(z / T) − p) xᵀ / T, and the penalty's."""
    q = softmax(student.logits(IMAGES) / temperature)
    flat = student.weights.reshape(3, -1).astype(np.float64)
    return (q - targets).T @ ROWS / len(ROWS) / temperature + 2 * l2 * flat


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_a_linear_teacher_is_found_again(temperature):
    student = distil(IMAGES, LOGITS, replace(CONVEX, temperature=temperature, epochs=150))
    assert centred(student.weights.reshape(3, -1)) == pytest.approx(centred(WEIGHTS), abs=0.05)
    assert student.bias - student.bias.mean() == pytest.approx(BIAS - BIAS.mean(), abs=0.05)


def test_of_images_that_span_little_the_weights_match_within_their_span():
    few = RANDOM.normal(size=(3, 20)) * 0.1
    rows = np.clip(0.5 + RANDOM.normal(size=(200, 3)) @ few, 0, 1).astype(np.float32)
    logits = rows @ WEIGHTS.T + BIAS
    student = distil(rows.reshape(200, 1, 4, 5), logits, replace(CONVEX, epochs=150))
    axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:3]
    apart = (centred(student.weights.reshape(3, -1)) - centred(WEIGHTS)) @ axes.T
    assert np.abs(apart).max() < 0.1


def test_the_convex_optimum_is_reached():
    settings = replace(CONVEX, temperature=2.0, l2=1e-3)
    student = distil(IMAGES, LOGITS, settings)
    slope = gradient(student, softmax(LOGITS / 2), 2.0, l2=1e-3)
    assert np.linalg.norm(slope) < 3e-5  # rounding
    assert (np.diff(student.losses) <= 1e-7).all()
    for other in ("adam", "gradient-descent", "momentum"):
        descended = distil(IMAGES, LOGITS, replace(settings, optimizer=other, learning_rate=0.05, epochs=5))
        assert descended.losses[-1] > student.losses[-1]


@pytest.mark.parametrize("temperature", [0.5, 10.0])
def test_the_first_step_of_gradient_descent_from_zero_is_the_closed_form(temperature):
    student = distil(IMAGES, LOGITS, replace(FROM_ZERO, temperature=temperature, learning_rate=0.3))
    p = softmax(LOGITS / temperature)
    wanted = 0.3 / temperature * (p - 1 / 3).T @ ROWS / len(ROWS)
    assert student.weights.reshape(3, -1) == pytest.approx(wanted, abs=1e-6)
    assert student.bias == pytest.approx(0.3 / temperature * (p - 1 / 3).mean(axis=0), abs=1e-6)
    assert student.losses[0] == pytest.approx(np.log(3), rel=1e-6)


def test_centred_it_begins_with_the_mean_answer_and_its_first_step_is_of_what_differs():
    temperature = 4.0
    student = distil(IMAGES, LOGITS, replace(FROM_ZERO, centred=True, temperature=temperature, learning_rate=0.3))
    mean = (LOGITS - LOGITS.mean(axis=1, keepdims=True)).mean(axis=0)
    p, q = softmax(LOGITS / temperature), softmax(mean[np.newaxis] / temperature)
    assert student.losses[0] == pytest.approx(-(p * np.log(q)).sum(axis=1).mean(), rel=1e-5)
    apart = ROWS - ROWS.mean(axis=0)
    assert student.weights.reshape(3, -1) == pytest.approx(0.3 / temperature * (p - q).T @ apart / len(ROWS), abs=1e-6)
    bias = mean + 0.3 / temperature * (p - q).mean(axis=0)  # of the mean image
    assert student.logits(IMAGES.mean(axis=0, keepdims=True))[0] == pytest.approx(bias, abs=1e-5)


def test_centred_or_not_the_optimum_is_the_same():
    one, other = (
        distil(IMAGES, LOGITS, replace(CONVEX, l2=1e-3, epochs=150, centred=centred)) for centred in (True, False)
    )
    assert one.losses[-1] == pytest.approx(other.losses[-1], rel=1e-5)
    assert one.weights == pytest.approx(other.weights, abs=1e-3)


def test_centred_it_learns_from_images_that_hardly_differ():
    """3,072 pixels, as CIFAR has: as they are, a step of Adam's sways all logits by more than they differ."""
    random = np.random.default_rng(0)
    images = np.clip(random.random((3, 32, 32)) + random.normal(0, 0.02, (512, 3, 32, 32)), 0, 1).astype(np.float32)
    logits = 10 * (images.reshape(512, -1) - images.reshape(512, -1).mean(axis=0)) @ random.normal(0, 0.3, (3072, 4))
    logits += [4, 3, 0, 0]
    usual, original = (
        fidelity(distil(images[:256], logits[:256], settings).logits(images[256:]), logits[256:])
        for settings in (StudentSettings(), StudentSettings(centred=False))
    )
    assert usual.agreement > usual.majority
    assert usual.kl < 0.5 * original.kl


def test_a_high_temperature_matches_logits():
    """T² times the gradient tends to that of half the mean squared difference of the centred logits, over K classes."""
    temperature = 1e3
    student = distil(IMAGES, LOGITS, replace(FROM_ZERO, temperature=temperature, learning_rate=1.0))
    matched = (LOGITS - LOGITS.mean(axis=1, keepdims=True)).T @ ROWS / len(ROWS) / 3
    assert temperature**2 * student.weights.reshape(3, -1) == pytest.approx(matched, abs=0.02)


def test_a_low_temperature_gives_hard_labels():
    student = distil(IMAGES, LOGITS, replace(FROM_ZERO, temperature=1e-3, learning_rate=1e-3))
    labels = np.eye(3)[LOGITS.argmax(axis=1)]
    assert student.weights.reshape(3, -1) == pytest.approx((labels - 1 / 3).T @ ROWS / len(ROWS), abs=0.01)


def test_hard_labels_are_mixed_in_with_t_squared():
    student = distil(IMAGES, LOGITS, replace(FROM_ZERO, temperature=5.0, learning_rate=0.1, hard_weight=0.25))
    soft, hard = softmax(LOGITS / 5), np.eye(3)[LOGITS.argmax(axis=1)]
    slope = 0.75 * 25 / 5 * (1 / 3 - soft) + 0.25 * (1 / 3 - hard)
    assert student.weights.reshape(3, -1) == pytest.approx(-0.1 * slope.T @ ROWS / len(ROWS), abs=1e-5)


def test_penalties_make_weights_small():
    plain, l1, l2 = (
        distil(IMAGES, LOGITS, replace(StudentSettings(temperature=1.0, epochs=60), **penalty))
        for penalty in ({}, {"l1": 0.01}, {"l2": 0.01})
    )
    assert (l2.weights**2).sum() < 0.5 * (plain.weights**2).sum()
    assert np.median(np.abs(l1.weights)) < 0.2 * np.median(np.abs(plain.weights))


def test_the_seed_decides():
    settings = StudentSettings(init="random", batch_size=16)
    first, again, other = (distil(IMAGES, LOGITS, replace(settings, seed=seed)) for seed in (0, 0, 1))
    assert np.array_equal(first.weights, again.weights)
    assert not np.array_equal(first.weights, other.weights)


def test_contributions_add_up_to_the_logits():
    student = distil(IMAGES, LOGITS)
    parts = student.contributions(IMAGES[7])
    assert parts.shape == (3, 1, 4, 5)
    assert parts.sum(axis=(1, 2, 3)) + student.bias == pytest.approx(student.logits(IMAGES[7:8])[0], abs=1e-5)
    assert student.predict_proba(IMAGES).sum(axis=1) == pytest.approx(np.ones(200))


def test_progress_is_told_and_a_cancel_heard():
    told = []

    def note(fraction, message="", **metrics):
        told.append((fraction, message, metrics["loss"]))
        if fraction == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        distil(IMAGES, LOGITS, callback=note)
    assert [fraction for fraction, _, _ in told] == pytest.approx(np.arange(1, 11) / 10)
    assert told[0][1] == "epoch 1 of 10"
    assert told[-1][2] < told[0][2]


def test_fidelity_is_that_of_its_definitions():
    ours = LOGITS + RANDOM.normal(0, 0.5, LOGITS.shape)
    found = fidelity(ours, LOGITS)
    answers = LOGITS.argmax(axis=1)
    assert found.agreement == np.mean(ours.argmax(axis=1) == answers)
    top = np.bincount(answers).argmax()
    assert (found.top_class, found.majority) == (top, np.mean(answers == top))
    a, b = (scores[:, top] - scores.mean(axis=1) for scores in (LOGITS, ours))
    assert found.r2 == pytest.approx(1 - np.mean((a - b) ** 2) / a.var())
    p, q = softmax(LOGITS), softmax(ours)
    assert found.kl == pytest.approx((p * np.log(p / q)).sum(axis=1).mean())
    perfect = fidelity(LOGITS + 7, LOGITS)  # a constant means nothing
    assert (perfect.agreement, perfect.r2, perfect.kl) == (1, pytest.approx(1), pytest.approx(0, abs=1e-12))


def test_what_says_little_is_told():
    assert says_little(fidelity(LOGITS, LOGITS)) == ""
    one = LOGITS.copy()
    one[:, 1] += 100
    found = fidelity(one, one)
    assert (found.n_labels, found.majority) == (1, 1)
    assert "widen the band" in says_little(found)
    blind = np.zeros_like(LOGITS)
    blind[:, fidelity(LOGITS, LOGITS).top_class] = 1
    assert "no more than who always answers the commonest class" in says_little(fidelity(blind, LOGITS))
    half = np.where(np.arange(200)[:, np.newaxis] % 2, blind, LOGITS)
    assert "read its weights with care" in says_little(fidelity(half, LOGITS))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"temperature": 0}, "temperature must be a finite number above 0, not 0"),
        ({"temperature": -1.0}, "temperature must be a finite number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number above 0"),
        ({"epochs": 0}, "epochs must be a whole number, 1 or more"),
        ({"batch_size": 1.5}, "batch_size must be a whole number"),
        ({"optimizer": "newton"}, "optimizer must be one of adam, gradient-descent, momentum, lbfgs, not 'newton'"),
        ({"init": "ones"}, "init must be one of zero, random"),
        ({"l1": -1}, "l1 must be a finite number, 0 or more"),
        ({"hard_weight": 2}, "hard_weight must lie in 0 to 1"),
    ],
)
def test_wrong_settings_are_refused(setting, sentence):
    with pytest.raises(ValueError, match=sentence):
        StudentSettings(**setting)


@pytest.mark.parametrize(
    ("images", "logits", "sentence"),
    [
        (IMAGES[:1], LOGITS[:1], "two images or more"),
        (IMAGES, LOGITS[:5], r"teacher_logits must have the shape \(200, K\)"),
        (IMAGES, LOGITS[:, :1], "two classes or more"),
        (IMAGES, np.where(LOGITS > 2, np.nan, LOGITS), "teacher_logits must be finite numbers"),
        (255 * IMAGES, LOGITS, "images must lie in 0 to 1"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(images, logits, sentence):
    with pytest.raises(ValueError, match=sentence):
        distil(images, logits)


def test_an_overflow_is_told():
    with pytest.raises(FloatingPointError, match="lower learning_rate, which is 1e"):
        distil(IMAGES, LOGITS, StudentSettings(optimizer="gradient-descent", learning_rate=1e38, l2=1.0))


def test_other_images_are_refused():
    with pytest.raises(ValueError, match=r"images must have the shape \(N, 1, 4, 5\)"):
        distil(IMAGES, LOGITS).logits(np.zeros((2, 1, 5, 5), np.float32))
    with pytest.raises(ValueError, match="Both must have the shape"):
        fidelity(LOGITS, LOGITS[:4])
