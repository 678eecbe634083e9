"""Where something new lies on a map, about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.embedding import approximate
from models.embedding.approximate import approximate_places

RANDOM = np.random.default_rng(0)
VECTORS = RANDOM.normal(size=(200, 5)).astype(np.float32)
PLACES = RANDOM.normal(size=(200, 2)).astype(np.float32)


@given(st.integers(0, 199))
def test_a_known_vector_lies_where_it_lies(number):
    assert approximate_places(VECTORS, PLACES, VECTORS[number : number + 1])[0] == pytest.approx(
        PLACES[number], abs=1e-4
    )


def test_others_lie_at_the_weighted_mean_of_the_nearest():
    query = RANDOM.normal(size=5)
    squares = ((VECTORS - query) ** 2).sum(axis=1)
    chosen = np.argsort(squares)[:4]
    wanted = np.average(PLACES[chosen], axis=0, weights=1 / squares[chosen])
    assert approximate_places(VECTORS, PLACES, query[np.newaxis], nearest=4)[0] == pytest.approx(wanted, rel=1e-4)


def test_many_lie_where_each_lies(monkeypatch):
    queries = RANDOM.normal(size=(9, 5)).astype(np.float32)
    one_by_one = [approximate_places(VECTORS, PLACES, query[np.newaxis])[0] for query in queries]
    assert approximate_places(VECTORS, PLACES, queries) == pytest.approx(np.array(one_by_one), abs=1e-5)
    monkeypatch.setattr(approximate, "TOGETHER", 2 * len(VECTORS))  # two at once
    assert approximate_places(VECTORS, PLACES, queries) == pytest.approx(np.array(one_by_one), abs=1e-5)


def test_a_plane_is_continued():
    """Where a map is a straight projection, the place lies among those of the neighbours."""
    grid = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    place = approximate_places(grid, 3 * grid, np.array([[4.5, 4.5]]), nearest=4)[0]
    assert place == pytest.approx([13.5, 13.5])


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_than_are_looked_at_will_do(count):
    place = approximate_places(VECTORS[:count], PLACES[:count], np.zeros((1, 5)))[0]
    assert PLACES[:count].min() <= place.min() <= place.max() <= PLACES[:count].max()


def test_lengths_must_fit():
    with pytest.raises(ValueError, match="queries must have the length of the vectors"):
        approximate_places(VECTORS, PLACES, np.zeros((1, 4)))
    with pytest.raises(ValueError, match="there are 3 places of 200 vectors"):
        approximate_places(VECTORS, PLACES[:3], np.zeros((1, 5)))
