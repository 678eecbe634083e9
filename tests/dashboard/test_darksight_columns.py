"""The columns of a bridge: a point each, or means of equal numbers of neighbours; which classes are named."""

import numpy as np
import pytest

from dashboard.darksight.columns import (
    MEANS,
    MOST_NAMED,
    bridge_words,
    columns_of,
    ends_of,
    most_points,
    named_classes,
)

N_NAMED = 3  # of `said`


def said(count, n_classes=5, seed=0):
    """Predictions from the first to the second class, and a little of the third."""
    rng = np.random.default_rng(seed)
    rise = np.linspace(0, 1, count)
    told = np.zeros((count, n_classes))
    told[:, 0], told[:, 1], told[:, 2] = 1 - rise, rise, 0.1
    told += rng.uniform(0, 1e-3, told.shape)
    return (told / told.sum(axis=1, keepdims=True)).astype(np.float32)


def test_few_points_have_a_column_each():
    told = said(7)
    columns = columns_of(np.arange(10, 17), np.arange(7.0), told, told.argmax(axis=1) != 0)
    assert columns.images.tolist() == list(range(10, 17))
    assert columns.named.tolist() == [0, 2, 1]  # as they come along the bridge
    assert columns.shares == pytest.approx(told[:, [0, 2, 1]])
    assert columns.wrong.tolist() == (told.argmax(axis=1) != 0).astype(int).tolist()
    assert columns.likeliest.tolist() == told.argmax(axis=1).tolist()
    assert [columns.column_of(place) for place in range(7)] == list(range(7))


@pytest.mark.parametrize("count", [most_points(N_NAMED), most_points(N_NAMED) + 1, 12_345])
def test_many_points_are_means_of_equal_numbers_of_neighbours(count):
    told, along = said(count), np.sort(np.random.default_rng(1).uniform(0, 9, count))
    wrong = np.arange(count) % 3 == 0
    columns = columns_of(np.arange(count), along, told, wrong)
    assert len(columns.images) == (count if count <= most_points(N_NAMED) else MEANS)
    sizes = np.diff(columns.starts)
    assert sizes.sum() == count
    assert sizes.max() - sizes.min() <= 1
    for column in (0, len(sizes) // 2, len(sizes) - 1):
        part = slice(columns.starts[column], columns.starts[column + 1])
        assert columns.shares[column] == pytest.approx(told[part][:, columns.named].mean(axis=0), rel=1e-5)
        assert columns.along[column] == pytest.approx(along[part].mean())
        assert columns.wrong[column] == wrong[part].sum()
        assert columns.images[column] in np.arange(count)[part]
        assert columns.likeliest[column] == told[part].mean(axis=0).argmax()
        assert columns.column_of(int(columns.starts[column + 1]) - 1) == column


def test_of_unknown_true_classes_nothing_is_wrong_or_right():
    assert columns_of(np.arange(3), np.arange(3.0), said(3), None).wrong is None


def test_classes_are_named_from_two_percent_on():
    told = np.tile([0.5, 0.4595, 0.0201, 0.0199, 0.0005], (4, 1)).astype(np.float32)
    assert named_classes(told).tolist() == [0, 1, 2]


def test_no_more_are_named_than_can_be_told_apart():
    told = np.full((3, 40), 1 / 40)
    told[:, 30] += 0.01
    named = named_classes(told / told.sum(axis=1, keepdims=True))
    assert len(named) == MOST_NAMED
    assert 30 in named


def test_a_bridge_is_called_by_where_it_begins_and_ends():
    assert ends_of(said(40)) == (0, 1)
    assert ends_of(said(1)) == (0, 0)
    assert bridge_words(43, ["4", "9"]) == "bridge of 43 images between 4 and 9"
    assert bridge_words(1, ["4", "4"]) == "bridge of 1 image within 4"
