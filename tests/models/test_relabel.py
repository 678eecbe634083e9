"""Re-label distillation, on a teacher that looks at four pixels and a generator that moves each by itself."""

import numpy as np
import pytest

from models.progress import Cancelled
from models.relabel import relabel_distillation
from models.teacher import Teacher, softmax
from models.vae import VAE
from tests.models.looking import FOUR, SIDE, PixelVAE, image_between, looking_teacher

pytestmark = pytest.mark.usefixtures("one_thread")

IMAGE = image_between()
L2 = 1e-4  # of a few pixels that move much


@pytest.fixture(scope="module")
def found():
    return relabel_distillation(looking_teacher(), PixelVAE(), IMAGE, l2=L2)


def test_the_map_lies_on_the_pixels_that_the_teacher_looks_at(found):
    assert set(np.argsort(-found.signed.ravel())[:4]) == set(np.flatnonzero(FOUR))
    assert found.absolute[FOUR].sum() > 3 * np.abs(found.absolute[~FOUR]).mean() * FOUR.size
    assert (found.signed[FOUR] > 0).all()
    assert found.label == 1


def test_it_holds_what_it_was_made_of(found):
    assert found.images.shape == (1250, 1, SIDE, SIDE)
    assert found.n_learned == 1000
    logits = looking_teacher().classify(found.images)
    assert np.array_equal(found.kept, logits.argmax(axis=1) == 1)
    assert found.teacher == pytest.approx(softmax(logits)[:, 1])
    assert found.flipped == pytest.approx(1 - found.kept.mean())
    assert found.student == pytest.approx(1 / (1 + np.exp(-found.margins)))
    unseen = slice(1000, None)
    assert found.agreement == ((found.margins[unseen] > 0) == found.kept[unseen]).mean() > found.majority
    deviations = (found.codes - PixelVAE().encode(IMAGE[np.newaxis]).means) / (0.2 * found.scale)
    assert deviations.std() == pytest.approx(1, abs=0.02)
    assert not found.warning


def test_the_loss_is_that_of_equation_7(found):
    """Before the first step the student says the mean share everywhere."""
    learned = slice(1000)
    share, kept = found.teacher[learned], found.kept[learned]
    said = share.mean()
    wanted = 0.7 * np.sqrt(2) * np.abs(said - share).mean() + 0.3 * np.abs(said - kept).mean()
    assert found.losses[0] == pytest.approx(wanted, rel=1e-4)
    u = found.weights.ravel().astype(np.float64)
    said = found.student[learned]
    wanted = 0.7 * np.sqrt(2) * np.abs(said - share).mean() + 0.3 * np.abs(said - kept).mean() + L2 * (u**2).sum()
    assert found.losses[-1] == pytest.approx(wanted, rel=1e-3)
    assert found.losses[-1] < 0.5 * found.losses[0]


def test_the_penalty_makes_weights_small(found):
    plain = relabel_distillation(looking_teacher(), PixelVAE(), IMAGE, l2=0.0)
    assert (found.weights**2).sum() < (plain.weights**2).sum()


@pytest.mark.parametrize(("deviation", "level"), [(0.01, 0.55), (0.05, 0.75), (2.0, 0.5001)])
def test_the_scale_is_one_at_which_some_labels_flip(deviation, level):
    found = relabel_distillation(looking_teacher(), PixelVAE(deviation=deviation), image_between(level), 200)
    assert 0.15 < found.flipped < 0.85
    assert (found.scale > 1) == (deviation < 0.2)


def test_where_nothing_flips_it_says_so():
    found = relabel_distillation(looking_teacher(), PixelVAE(deviation=1e-4), image_between(0.9), 100)
    assert (found.flipped, found.scale) == (0, 128)
    assert found.warning.startswith("None of the synthetic images get another label, up to 128 times")
    assert np.isfinite(found.signed).all()
    some = relabel_distillation(looking_teacher(), PixelVAE(), image_between(0.9), 100, scale=0.8)
    assert some.scale == 0.8
    assert some.flipped < 0.2
    assert "one side of the boundary" in some.warning or "no boundary" in some.warning


def test_names_of_classes_do_not_matter_and_the_seed_does(found):
    swapped = relabel_distillation(looking_teacher(swapped=True), PixelVAE(), IMAGE, l2=L2)
    assert swapped.label == 0
    assert swapped.signed == pytest.approx(found.signed, abs=1e-4)
    again, other = (
        relabel_distillation(looking_teacher(), PixelVAE(), IMAGE, l2=L2, random_state=seed) for seed in (0, 1)
    )
    assert np.array_equal(again.signed, found.signed)
    assert not np.array_equal(other.images, found.images)


def test_an_image_of_one_colour_has_a_map():
    teacher = Teacher.create("lenet", (1, 28, 28), 3, [0.1], [0.3], device="cpu", seed=1)
    vae = VAE.create((1, 28, 28), 4, seed=2, device="cpu")
    found = relabel_distillation(teacher, vae, np.full((1, 28, 28), 128, np.uint8), 60)
    assert found.signed.shape == found.absolute.shape == (28, 28)
    assert np.isfinite(found.signed).all()


def test_it_tells_how_far_it_is_and_hears_a_cancel():
    told = []
    relabel_distillation(
        looking_teacher(), PixelVAE(), IMAGE, 100, callback=lambda share, *_, **more: told.append(share)
    )
    assert told == sorted(told)
    assert told[-1] == 1

    def stop(*_, **more):
        raise Cancelled

    with pytest.raises(Cancelled):
        relabel_distillation(looking_teacher(), PixelVAE(), IMAGE, 100, callback=stop)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"n_samples": 9}, r"n_samples must be a whole number, 10 or more, not 9\."),
        ({"scale": 0.0}, r"scale must be a finite number above 0, not 0\.0\."),
        ({"l2": -1.0}, r"l2 must be a finite number, 0 or more, not -1\.0\."),
        ({"soft_weight": 0.0, "hard_weight": 0.0}, r"soft_weight and hard_weight must not both be 0"),
        ({"image": np.zeros((1, 5, 5), np.float32)}, r"teacher must take images of the shape \(1, 5, 5\)"),
        ({"vae": PixelVAE((1, 4, 4))}, r"vae must take images of the shape \(1, 8, 8\)"),
    ],
)
def test_what_does_not_fit_is_refused(asked, sentence):
    given = {"teacher": looking_teacher(), "vae": PixelVAE(), "image": IMAGE} | asked
    with pytest.raises(ValueError, match=sentence):
        relabel_distillation(**given)
