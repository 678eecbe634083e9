from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from models.data import ImageSet, digits, statistics, stratified_split


@pytest.fixture
def tiny() -> ImageSet:
    """Seven colour images of three classes, the last of which is not in train."""
    return ImageSet(
        name="tiny",
        images=np.random.default_rng(0).integers(0, 256, (7, 3, 4, 5), dtype=np.uint8),
        labels=np.array([0, 1, 0, 1, 0, 2, 1]),
        class_names=("a", "b", "c"),
        n_train=5,
    )


def test_ids_are_positions_train_first(tiny):
    assert (len(tiny), tiny.n_train, tiny.n_test, tiny.n_classes) == (7, 5, 2, 3)
    assert np.array_equal(np.concatenate([tiny.train_ids, tiny.test_ids]), np.arange(7))


def test_floats_are_pixels_0_to_1(tiny):
    floats = tiny.floats()
    assert floats.dtype == np.float32
    assert np.array_equal(np.rint(floats * 255), tiny.images)
    assert np.array_equal(tiny.floats([6, 0, 0]), floats[[6, 0, 0]])
    assert tiny.floats([]).shape == (0, 3, 4, 5)
    extremes = replace(tiny, images=np.where(tiny.images > 127, 255, 0).astype(np.uint8)).floats()
    assert set(np.unique(extremes)) == {0.0, 1.0}


@pytest.mark.parametrize("ids", [[7], [-1], [0.5], [[0]]])
def test_floats_refuses_what_is_no_id(tiny, ids):
    with pytest.raises(ValueError, match=r"^ids must .*\.$"):
        tiny.floats(ids)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", r"name must be a non-empty text, not ''\."),
        (
            "images",
            np.zeros((7, 3, 4, 5)),
            r"images must be a NumPy array of uint8, not an array of float64\.",
        ),
        ("images", [[1]], r"images must be a NumPy array of uint8, not a list\."),
        ("images", np.zeros((7, 2, 4, 5), np.uint8), r"images must have the shape .* not \(7, 2, 4, 5\)\."),
        ("images", np.zeros((7, 4, 5), np.uint8), r"images must have the shape .* not \(7, 4, 5\)\."),
        ("labels", np.zeros(7, np.int32), r"labels must be a NumPy array of int64, not an array of int32\."),
        ("labels", np.zeros(6, np.int64), r"labels must have the shape \(7,\), .* not \(6,\)\."),
        ("labels", np.full(7, 3), r"labels must lie in 0 to 2, .* from 3 to 3\."),
        ("labels", np.full(7, -1), r"labels must lie in 0 to 2, .* from -1 to -1\."),
        ("class_names", ["a", "b", "c"], r"class_names must be a tuple .*\."),
        ("class_names", ("a", "b", "a"), r"class_names must be at least two different names, .*\."),
        ("notes", ["resized"], r"notes must be a tuple of texts, not \['resized'\]\."),
        ("n_train", 0, r"n_train must be a whole number .*, 1 to 6, not 0\."),
        ("n_train", 7, r"n_train must be a whole number .*, 1 to 6, not 7\."),
        ("n_train", 5.0, r"n_train must be a whole number .*, not 5\.0\."),
    ],
)
def test_each_field_is_checked_with_one_sentence(tiny, field, value, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        replace(tiny, **{field: value})


@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    test_fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_split_takes_the_same_share_of_each_class(counts, test_fraction, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    train, test = stratified_split(labels, test_fraction, seed)
    assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(len(labels)))
    for label, count in enumerate(counts):
        n_test = int((labels[test] == label).sum())
        assert abs(n_test - test_fraction * count) < 1
        if count > 1:
            assert 1 <= n_test < count
        else:
            assert n_test == 0


@pytest.mark.parametrize("test_fraction", [0, 1, -0.2, float("nan")])
def test_a_split_needs_a_share(test_fraction):
    with pytest.raises(ValueError, match=r"^test_fraction must lie between 0 and 1, .*\.$"):
        stratified_split(np.zeros(4, np.int64), test_fraction, seed=0)


@pytest.mark.parametrize("seed", range(5))
def test_digits_are_all_there_and_stratified(seed):
    image_set = digits(seed=seed)
    assert image_set.images.shape == (1797, 1, 28, 28)
    assert image_set.class_names == tuple("0123456789")
    _, classes = load_digits(return_X_y=True)
    counts = np.bincount(np.asarray(classes))
    assert np.array_equal(np.bincount(image_set.labels), counts)
    test_counts = np.bincount(image_set.labels[image_set.test_ids])
    assert np.abs(test_counts - 0.2 * counts).max() <= 0.5


def test_the_seed_alone_chooses_the_split(digit_set):
    again, other = digits(), digits(seed=1)
    assert np.array_equal(again.images, digit_set.images)
    assert np.array_equal(again.labels, digit_set.labels)
    assert not np.array_equal(other.labels, digit_set.labels)


def test_digits_show_what_their_labels_say(digit_set):
    """The mean of each digit, shrunk back to 8 x 8, is closest to the mean of that digit in the source."""
    source, classes = map(np.asarray, load_digits(return_X_y=True))
    source = source.reshape(-1, 8, 8) * 255 / 16
    source_means = np.stack([source[classes == k].mean(axis=0) for k in range(10)])
    # inside the margin of 4, a pixel of the source is 2.5 pixels wide: repeat by 2, average over 5
    means = np.stack([digit_set.images[digit_set.labels == k, 0].mean(axis=0) for k in range(10)])
    cells = means[:, 4:24, 4:24].repeat(2, axis=1).repeat(2, axis=2).reshape(10, 8, 5, 8, 5).mean(axis=(2, 4))
    distances = ((cells[:, np.newaxis] - source_means) ** 2).sum(axis=(2, 3))
    assert np.array_equal(distances.argmin(axis=1), np.arange(10))
    margin = digit_set.images.copy()
    margin[:, :, 4:24, 4:24] = 0
    assert not margin.any()


def test_statistics_equal_the_plain_formulas(tiny):
    result = statistics(tiny)
    train = tiny.images[:5] / 255
    np.testing.assert_allclose(result["mean"], train.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(result["std"], train.std(axis=(0, 2, 3)), rtol=1e-12)
    assert np.array_equal(result["class_counts"], [[3, 2, 0], [0, 1, 1]])
    assert np.array_equal(result["mean_images"][0], np.rint(tiny.images[[0, 2, 4]].mean(axis=0)))
    assert not result["mean_images"][2].any()  # no image of class c in train
    dtypes = {name: array.dtype for name, array in result.items()}
    assert dtypes == {"mean": "f8", "std": "f8", "class_counts": "i8", "mean_images": "u1"}
