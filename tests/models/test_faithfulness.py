"""Deletion, insertion and their like, against a worked example and a loop."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import gaussian_filter

from models.faithfulness import auc, baselines, curves, falling, infidelity, likeness, masks, shuffled
from models.teacher import Teacher, softmax
from tests.models.looking import linear_teacher

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_worked_example():
    """Of 3 × 3 pixels the teacher's logit is ln 3 · (a + 2 b), a in the corner and b in the middle; the mean pixel is 0."""
    weights = np.zeros((1, 3, 3))
    weights[0, 0, 0], weights[0, 1, 1] = np.log(3), 2 * np.log(3)
    image = np.ones((1, 3, 3), np.float32)
    good = np.zeros((3, 3))
    good[1, 1], good[0, 0] = 2, 1
    found = curves(linear_teacher(weights), image, np.stack([good, -good]))
    assert found.label == 1
    # 27 / 28 with both pixels, 3 / 4 with the corner alone, 9 / 10 with the middle alone, 1 / 2 with neither. The good map
    # takes out middle, corner and one more first; the bad one takes those two out last.
    assert found.deletion[0] == pytest.approx([27 / 28, 1 / 2, 1 / 2, 1 / 2])
    assert found.deletion[1] == pytest.approx([27 / 28, 27 / 28, 27 / 28, 1 / 2])
    one = curves(linear_teacher(weights), image, good[np.newaxis], step=1)
    assert one.deletion[0] == pytest.approx([27 / 28, 3 / 4] + 8 * [1 / 2])
    assert auc(found.deletion) == pytest.approx(
        [(27 / 28 / 2 + 1 / 2 + 1 / 2 + 1 / 4) / 3, (2.5 * 27 / 28 + 1 / 4) / 3]
    )
    assert found.insertion[:, -1] == pytest.approx([27 / 28] * 2)


@pytest.mark.parametrize("step", [None, 7, 200])
def test_steps_in_one_go_are_those_of_a_loop(step):
    random = np.random.default_rng(0)
    teacher = Teacher.create("resnet-20", (3, 16, 12), 4, [0.4, 0.5, 0.6], [0.2, 0.3, 0.2], device="cpu", seed=3)
    image = random.integers(0, 256, (3, 16, 12), np.uint8)
    maps = random.normal(size=(2, 16, 12))
    found = curves(teacher, image, maps, step=step)
    pixels, size = image / np.float32(255), step or 12
    filled = baselines(teacher, pixels)
    for saliency, *told in zip(maps, found.deletion, found.insertion, strict=True):
        order = sorted(range(192), key=lambda at: -saliency.ravel()[at])
        for start, end, scores in (
            (pixels, filled["deletion"], told[0]),
            (filled["insertion"], pixels, told[1]),
        ):
            now, wanted = start.copy(), []
            for begin in range(0, 192 + size, size):
                wanted.append(softmax(teacher.classify(now[np.newaxis]))[0, found.label])
                for at in order[begin : begin + size]:
                    now[:, at // 12, at % 12] = end[:, at // 12, at % 12]
            assert scores == pytest.approx(wanted, abs=1e-5)


def test_insertion_starts_from_rises_blur():
    teacher = Teacher.create("lenet", (1, 28, 28), 3, [0.2], [0.3], device="cpu")
    image = np.random.default_rng(0).random((1, 28, 28), np.float32)
    point = np.zeros((11, 11))
    point[5, 5] = 1
    kernel = gaussian_filter(point, 5)
    framed = np.pad(image[0] - 0.2, 5)
    wanted = [[(framed[y : y + 11, x : x + 11] * kernel).sum() + 0.2 for x in range(28)] for y in range(28)]
    found = baselines(teacher, image)
    assert found["insertion"][0] == pytest.approx(np.array(wanted), abs=1e-5)
    assert found["deletion"] == pytest.approx(np.full((1, 28, 28), 0.2))


@given(hnp.arrays(np.float32, (2, 4, 5), elements=st.integers(-3, 3)), st.integers(1, 25))
def test_every_step_takes_the_next_pixels_and_ties_go_as_they_come(saliencies, step):
    orders = falling(saliencies)
    steps = masks(orders, (4, 5), step)
    assert not steps[:, 0].any()
    assert steps[:, -1].all()
    taken = steps.reshape(2, steps.shape[1], 20).sum(axis=2)
    assert (np.diff(taken, axis=1)[:, :-1] == step).all()
    for saliency, order in zip(saliencies.reshape(2, 20), orders, strict=True):
        assert order.tolist() == sorted(range(20), key=lambda at: (-saliency[at], at))


@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 9)), elements=st.floats(0, 1)))
def test_the_area_is_that_of_trapezia(scores):
    assert auc(scores) == pytest.approx(np.trapezoid(scores) / (len(scores) - 1))


def test_only_the_order_of_a_map_counts():
    teacher = Teacher.create("lenet", (1, 28, 28), 3, [0.2], [0.3], device="cpu", seed=1)
    image, saliency = np.random.default_rng(0).random((2, 1, 28, 28), np.float32)
    one, other = (curves(teacher, image, maps) for maps in (saliency, np.exp(5 * saliency) + 3))
    assert np.array_equal(one.deletion, other.deletion)
    named = curves(teacher, image, saliency, label=2)
    assert named.label == 2


def test_the_gradient_of_a_linear_teacher_has_no_infidelity():
    weights = np.random.default_rng(0).normal(size=(3, 6, 5))
    teacher = linear_teacher(weights, mean=(0.1, 0.2, 0.3))
    image = np.random.default_rng(1).random((3, 6, 5), np.float32)
    assert infidelity(teacher, image, 7 * weights, 1) == pytest.approx(0, abs=1e-6)
    assert infidelity(teacher, image, np.zeros((6, 5)), 1) == pytest.approx(1, abs=1e-5)
    assert 0 < infidelity(teacher, (255 * image).astype(np.uint8), np.ones((6, 5)), 1) <= 1
    assert infidelity(teacher, image, np.ones((6, 5)), 1) == infidelity(teacher, image, np.ones((6, 5)), 1)


def test_a_shuffled_teacher_has_the_same_numbers_elsewhere(trained, digit_set):
    teacher = trained.teacher
    other = shuffled(teacher, 1)
    for one, two in zip(teacher.module.parameters(), other.module.parameters(), strict=True):
        assert torch.equal(one.flatten().sort().values, two.flatten().sort().values)
    images = digit_set.images[digit_set.n_train :]
    right = [
        (each.classify(images).argmax(axis=1) == digit_set.labels[digit_set.n_train :]).mean()
        for each in (teacher, other)
    ]
    assert right[0] > 0.9 > 0.4 > right[1]
    again = shuffled(teacher, 1).classify(images)
    assert np.array_equal(again, other.classify(images))


def test_maps_are_alike_in_their_order():
    one = np.random.default_rng(0).random((5, 5))
    assert likeness(one, one**3) == pytest.approx(1)
    assert likeness(one, -one) == pytest.approx(-1)
    assert likeness(one, np.zeros((5, 5))) == 0


@pytest.mark.parametrize(
    ("image", "saliencies", "sentence"),
    [
        (np.zeros((1, 5, 5), np.uint8), np.zeros((1, 5, 5)), r"image must have the shape \(1, 28, 28\)"),
        (np.zeros((1, 28, 28), np.uint8), np.zeros((28, 28)), r"saliencies must have the shape \(M, 28, 28\)"),
        (np.zeros((1, 28, 28), np.uint8), np.full((1, 28, 28), np.nan), r"saliencies must be finite"),
    ],
)
def test_what_does_not_fit_is_refused(image, saliencies, sentence):
    teacher = Teacher.create("lenet", (1, 28, 28), 3, [0.2], [0.3], device="cpu")
    with pytest.raises(ValueError, match=sentence):
        curves(teacher, image, saliencies)
