"""An image as a function of its code: what it is at its own code, and its slopes and steps held against plain loops."""

import numpy as np
import pytest

from models.latent import ImageFunction, jacobian, step_effects
from models.teacher import Teacher, softmax
from models.vae import VAE

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(params=[True, False], ids=["residual", "plain"])
def function(request, digit_set, digit_vae):
    """Of an image of which the teacher is not quite sure."""
    return ImageFunction.of(digit_vae, digit_set.images[1600], request.param)


def answer(function, teacher, code):
    return softmax(teacher.classify(function(code[np.newaxis])))[0]


def test_at_its_own_code_it_is_the_image_with_the_residual(digit_set, digit_vae):
    image = digit_set.images[1500]
    function = ImageFunction.of(digit_vae, image)
    assert np.array_equal(np.rint(255 * function(function.code[np.newaxis])[0]), image)
    assert np.array_equal(function.code, digit_vae.encode(image[np.newaxis]).means[0])


def test_it_is_the_same_of_bytes_and_of_floats(digit_set, digit_vae):
    image = digit_set.images[1500]
    codes = np.random.default_rng(0).normal(0, 1, (5, 6)).astype(np.float32)
    of_floats = ImageFunction.of(digit_vae, image / np.float32(255))
    assert of_floats(codes) == pytest.approx(ImageFunction.of(digit_vae, image)(codes), abs=1e-6)


def test_plain_it_is_what_the_decoder_makes(digit_set, digit_vae):
    function = ImageFunction.of(digit_vae, digit_set.images[1500], residual=False)
    codes = np.random.default_rng(0).normal(0, 1, (5, 6)).astype(np.float32)
    assert np.array_equal(function(codes), digit_vae.decode(codes))


def test_the_residual_is_added_and_clipped(digit_set, digit_vae):
    image = digit_set.images[1500] / np.float32(255)
    function = ImageFunction.of(digit_vae, image)
    codes = np.random.default_rng(0).normal(0, 1, (5, 6)).astype(np.float32)
    lost = image - digit_vae.decode(function.code[np.newaxis])[0]
    assert np.array_equal(function(codes), np.clip(digit_vae.decode(codes) + lost, 0, 1))
    assert (digit_vae.decode(codes) + lost).min() < 0


def test_the_tensors_are_the_same_images(function):
    import torch

    codes = np.random.default_rng(0).normal(0, 1, (5, 6)).astype(np.float32)
    assert function.tensor(torch.tensor(codes)).detach().numpy() == pytest.approx(function(codes), abs=1e-6)


def test_the_jacobian_is_that_of_finite_differences(function, trained):
    """The teacher is piecewise linear and pixels are clipped, so that a step may lead over an edge: steps are short, and what
    is compared is the whole matrix. Of all codes near the image's it is the one of which the teacher is least sure."""
    step, near = 4e-3, function.code + np.random.default_rng(0).normal(0, 1, (50, 6)).astype(np.float32)
    code = near[softmax(trained.teacher.classify(function(near))).max(axis=1).argmin()]
    for of, told in (("probabilities", np.asarray), ("log-probabilities", np.log)):
        exact = jacobian(function, trained.teacher, code, of)
        moves = step * np.eye(6, dtype=np.float32)
        ahead, behind = ([told(answer(function, trained.teacher, code + sign * m)) for m in moves] for sign in (1, -1))
        differences = (np.array(ahead) - np.array(behind)).T / (2 * step)
        assert exact.shape == (10, 6)
        assert np.linalg.norm(differences) > 0.01
        assert np.linalg.norm(exact - differences) < 0.05 * np.linalg.norm(differences)


def test_the_jacobians_hang_together(function, trained):
    """d log p = dp / p, and probabilities sum to 1 wherever one goes."""
    shares = answer(function, trained.teacher, function.code)
    of_logs, of_shares = (
        jacobian(function, trained.teacher, function.code, of) for of in ("log-probabilities", "probabilities")
    )
    assert of_shares == pytest.approx(shares[:, np.newaxis] * of_logs, abs=1e-5)
    assert of_shares.sum(axis=0) == pytest.approx(0, abs=1e-5)


def test_effects_are_those_of_the_steps_one_by_one(function, trained):
    steps = np.array([0.5, 1.0, 0.0, 1.5, 2.0, 0.1], np.float32)
    told = step_effects(function, trained.teacher, function.code, steps)
    here = answer(function, trained.teacher, function.code)
    assert told.probabilities == pytest.approx(here, abs=1e-5)
    for axis, step in enumerate(steps):
        move = np.zeros(6, np.float32)
        move[axis] = step
        up, down = (answer(function, trained.teacher, function.code + sign * move) for sign in (1, -1))
        apart = [np.abs(there - here).sum() / 2 for there in (up, down)]
        assert told.changes[axis] == pytest.approx(np.mean(apart), abs=1e-5)
        if step:
            assert told.toward[axis] == (up - here).argmax()
    assert told.changes[2] == 0
    assert 0 < told.changes.max() <= 1


def test_what_does_not_fit_is_named(function, trained, digit_vae):
    code = function.code
    other = Teacher.create("lenet", (1, 20, 20), 10, [0.5], [0.5], device="cpu")
    with pytest.raises(ValueError, match=r"decodes images of the shape \(1, 28, 28\), but the teacher classifies"):
        step_effects(function, other, code, np.ones(6))
    with pytest.raises(ValueError, match="must be 6 finite numbers"):
        jacobian(function, trained.teacher, code[:5])
    with pytest.raises(ValueError, match="must be 6 finite numbers"):
        jacobian(function, trained.teacher, np.full(6, np.nan))
    with pytest.raises(ValueError, match="steps must be 6 finite numbers, 0 or more"):
        step_effects(function, trained.teacher, code, -np.ones(6))
    with pytest.raises(ValueError, match=r"residual must have the shape \(1, 28, 28\)"):
        ImageFunction(digit_vae, code, np.zeros((1, 8, 8)))
    with pytest.raises(ValueError, match=r"images must have the shape \(N, 1, 28, 28\) for this VAE"):
        ImageFunction.of(VAE.create((1, 28, 28), 6, device="cpu"), np.zeros((1, 8, 8), np.uint8))
