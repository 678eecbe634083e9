"""The student of one image, on a VAE and a teacher that have learned nothing: what it is made of, and that it is repeated."""

import numpy as np
import pytest

from models.fidelity import fidelity
from models.latent import ImageFunction
from models.local_student import distil_locally
from models.neighbours import Band, make_neighbours, sample_codes
from models.progress import Cancelled
from models.student import StudentSettings, distil
from models.teacher import Teacher
from models.tree_student import grow_tree
from models.vae import VAE


@pytest.fixture(scope="module")
def made():
    teacher = Teacher.create("lenet", (1, 28, 28), 3, [0.1], [0.3], device="cpu", seed=1)
    vae = VAE.create((1, 28, 28), 4, seed=2, device="cpu")
    image = np.random.default_rng(0).random((1, 28, 28), np.float32)
    function = ImageFunction.of(vae, image, residual=False)
    return function, teacher, Band(function.code, np.full((4, 2), 3.0, np.float32), 0)


def test_both_students_learn_from_the_first_neighbours_and_are_judged_by_the_others(made):
    function, teacher, band = made
    settings = StudentSettings(seed=5, epochs=3)
    found = distil_locally(function, teacher, band, 60, 30, "normal", settings, 2)
    drawn = make_neighbours(function, teacher, band, sample_codes(band, 90, "normal", 5))
    assert np.array_equal(found.learned.codes, drawn.codes[:60])
    assert np.array_equal(found.held_out.codes, drawn.codes[60:])
    student = distil(drawn.images[:60], drawn.logits[:60], settings)
    assert np.array_equal(found.student.weights, student.weights)
    assert found.fidelity == fidelity(student.logits(drawn.images[60:]), drawn.logits[60:])
    answers = drawn.logits.argmax(axis=1)
    tree = grow_tree(drawn.codes[:60], answers[:60], 3, 2, 5)
    assert np.array_equal(found.tree.counts, tree.counts)
    assert found.tree_agreement == (tree.predict(drawn.codes[60:]) == answers[60:]).mean()


def test_how_many_are_held_out_changes_nothing_that_is_learned(made):
    one, other = (distil_locally(*made, 40, held_out).student.weights for held_out in (5, 50))
    assert np.array_equal(one, other)


def test_progress_is_told_from_both_halves_and_a_cancel_heard(made):
    told = []
    distil_locally(*made, 20, 10, callback=lambda share, message="", **metrics: told.append((share, metrics)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert [set(metrics) for _, metrics in told] == [set()] + [{"loss"}] * 10

    def stop(*_, **__):
        raise Cancelled

    with pytest.raises(Cancelled):
        distil_locally(*made, 20, 10, callback=stop)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [((1, 10), "count must be a whole number, 2 or more, not 1"), ((10, 0), "held_out must be a whole number, 1 or")],
)
def test_too_few_are_refused(made, counts, sentence):
    with pytest.raises(ValueError, match=sentence):
        distil_locally(*made, *counts)
