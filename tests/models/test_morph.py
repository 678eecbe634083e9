"""Ways between two codes, and where the class changes on them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.latent import ImageFunction
from models.morph import HALVINGS, between, morph, refine
from models.teacher import Teacher, softmax
from models.vae import VAE

pytestmark = pytest.mark.usefixtures("one_thread")

CODES = arrays(np.float32, 4, elements=st.floats(-5, 5, width=32))
WAYS = pytest.mark.parametrize("way", ["linear", "spherical"])


# ---- ways ----


@given(CODES, CODES)
def test_both_ways_end_at_the_codes(first, second):
    for way in ("linear", "spherical"):
        ends = between(first, second, np.array([0, 1]), way)
        assert ends == pytest.approx(np.stack([first, second]), abs=1e-5)


@given(CODES, CODES, st.floats(0, 1))
def test_the_spherical_way_changes_length_evenly_and_turns_evenly(first, second, at):
    a, b = first.astype(float), second.astype(float)
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) < 0.1:
        return
    angle = np.arccos(np.clip(a @ b / lengths[0] / lengths[1], -1, 1))
    if not 0.01 < angle < 3.13:
        return
    (middle,) = between(first, second, np.array([at]), "spherical").astype(float)
    length = np.linalg.norm(middle)
    assert length == pytest.approx((1 - at) * lengths[0] + at * lengths[1], abs=1e-3)
    assert np.arccos(np.clip(middle @ a / length / lengths[0], -1, 1)) == pytest.approx(at * angle, abs=2e-3)


def test_half_a_right_angle_is_known():
    assert between(np.array([2, 0]), np.array([0, 2]), np.array([0.5]), "spherical") == pytest.approx(
        np.array([[2**0.5, 2**0.5]])
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0, 0, 0], [1, 2, 3]),
        ([1, 2, 3], [0, 0, 0]),
        ([1, 2, 3], [2, 4, 6]),
        ([1, 2, 3], [-2, -4, -6]),
        ([1, 1, 1], [1, 1, 1]),
    ],
)
def test_where_there_is_no_angle_the_way_is_straight(first, second):
    at = np.linspace(0, 1, 7)
    straight = between(np.array(first), np.array(second), at, "linear")
    assert between(np.array(first), np.array(second), at, "spherical") == pytest.approx(straight, abs=1e-5)


# ---- where the class changes ----


@given(st.lists(st.floats(0.001, 0.999), max_size=5), st.integers(2, 30))
def test_a_change_is_found_to_a_small_part_of_a_step(changes, count):
    """Of classes that change at known places, each time to a new one."""
    changes = sorted(changes)

    def ask(at):
        return np.searchsorted(changes, at, side="right")

    places = np.linspace(0, 1, count)
    found = refine(places, ask(places), ask)
    part = 1 / (count - 1) / 2**HALVINGS
    for at, before, after in found:
        assert before == ask(np.array([at - part]))[0]
        assert after == ask(np.array([at]))[0]
    assert [before for _, before, _ in found] == [0, *(after for *_, after in found)][: len(found)]
    assert (found[-1][2] if found else 0) == len(changes)


def test_where_nothing_changes_nothing_is_asked():
    def ask(at):
        raise AssertionError("asked")

    assert refine(np.linspace(0, 1, 5), np.zeros(5, int), ask) == []


# ---- morphs ----


def functions(digit_set, digit_vae, residual):
    return [ImageFunction.of(digit_vae, digit_set.images[i], residual) for i in (1500, 1600)]


@WAYS
def test_with_residuals_it_begins_and_ends_at_the_images(way, digit_set, digit_vae, trained):
    made = morph(*functions(digit_set, digit_vae, True), trained.teacher, 5, way)
    assert np.array_equal(np.rint(255 * made.images[[0, -1]]), digit_set.images[[1500, 1600]])


@WAYS
def test_plain_it_begins_and_ends_at_the_reconstructions(way, digit_set, digit_vae, trained):
    made = morph(*functions(digit_set, digit_vae, False), trained.teacher, 5, way)
    wanted = digit_vae.decode(digit_vae.encode(digit_set.images[[1500, 1600]]).means)
    assert made.images[[0, -1]] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("residual", [True, False])
@WAYS
def test_the_frames_are_what_they_say(way, residual, digit_set, digit_vae, trained):
    first, second = functions(digit_set, digit_vae, residual)
    made = morph(first, second, trained.teacher, 7, way)
    assert made.at == pytest.approx(np.arange(7) / 6)
    assert np.array_equal(made.codes, between(first.code, second.code, made.at, way))
    wanted = digit_vae.decode(made.codes)
    if residual:
        for i, at in enumerate(made.at):
            wanted[i] = np.clip(wanted[i] + (1 - at) * first.residual + at * second.residual, 0, 1)
    assert made.images == pytest.approx(wanted, abs=1e-5)
    assert made.probabilities == pytest.approx(softmax(trained.teacher.classify(made.images)), abs=1e-5)
    assert made.images.min() >= 0
    assert made.images.max() <= 1


@WAYS
def test_the_teacher_changes_its_mind_where_it_is_said(way, digit_set, digit_vae, trained):
    first, second = functions(digit_set, digit_vae, False)
    made = morph(first, second, trained.teacher, 4, way)
    tops = made.probabilities.argmax(axis=1)
    assert tops[0] != tops[-1]
    assert [flip.before for flip in made.flips] == [tops[0], *(flip.after for flip in made.flips[:-1])]
    assert made.flips[-1].after == tops[-1]
    assert np.all(np.diff([flip.at for flip in made.flips]) >= 0)
    for flip in made.flips:
        just_before, there = between(first.code, second.code, np.array([flip.at - 1e-4, flip.at + 1e-5]), way)
        said = trained.teacher.classify(digit_vae.decode(np.stack([just_before, there, flip.code]))).argmax(axis=1)
        assert said.tolist()[:2] == [flip.before, flip.after]
        assert flip.code == pytest.approx(there, abs=1e-3)


def test_a_way_to_itself_stands_still(digit_set, digit_vae, trained):
    one = ImageFunction.of(digit_vae, digit_set.images[1500])
    made = morph(one, one, trained.teacher, 3, "spherical")
    assert made.flips == []
    assert np.ptp(made.images, axis=0).max() < 1e-6


def test_what_does_not_fit_is_named(digit_set, digit_vae, trained):
    first, second = functions(digit_set, digit_vae, True)
    for wrong in (1, 201, 2.5, True):
        with pytest.raises(ValueError, match="2 to 200 frames"):
            morph(first, second, trained.teacher, wrong)
    with pytest.raises(ValueError, match='"linear" or "spherical"'):
        morph(first, second, trained.teacher, 5, "straight")
    other = ImageFunction.of(VAE.create((1, 28, 28), 6, device="cpu"), digit_set.images[0])
    with pytest.raises(ValueError, match="by the same VAE"):
        morph(first, other, trained.teacher)
    small = Teacher.create("lenet", (1, 20, 20), 10, [0.5], [0.5], device="cpu")
    with pytest.raises(ValueError, match="the teacher classifies"):
        morph(first, second, small)
