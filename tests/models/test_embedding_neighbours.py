import numpy as np
import pytest

from models.embedding import vectors
from models.embedding.vectors import neighbours
from models.progress import Cancelled, silent

pytestmark = pytest.mark.usefixtures("one_thread")


def points_of(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("at_once", [1, 500, 10**9])  # a row, some rows, all of them
def test_they_are_those_of_the_distance_matrix(monkeypatch, at_once):
    monkeypatch.setattr(vectors, "PAIRS_AT_ONCE", at_once)
    points, told = points_of(40, 7), []
    indices, distances = neighbours(points, 9, 0, lambda fraction, message="", **_: told.append(fraction))
    matrix = np.linalg.norm(points[:, np.newaxis] - points[np.newaxis], axis=-1)
    np.fill_diagonal(matrix, np.inf)
    assert np.array_equal(indices, np.argsort(matrix, axis=1)[:, :9])
    assert distances == pytest.approx(np.sort(matrix, axis=1)[:, :9])
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)


def test_of_many_in_one_place_none_is_its_own_neighbour():
    points = np.repeat(points_of(3, 2), 20, axis=0)
    indices, distances = neighbours(points, 5, 0, silent)
    assert not (indices == np.arange(60)[:, np.newaxis]).any()
    assert not distances.any()
    assert all(len(set(row)) == 5 for row in indices)


def test_all_others_can_be_asked_for():
    indices, _ = neighbours(points_of(6, 2), 5, 0, silent)
    assert [sorted(row) for row in indices.tolist()] == [[n for n in range(6) if n != row] for row in range(6)]


def test_of_very_many_points_nearly_all_are_found_by_trees(monkeypatch):
    points = points_of(600, 5)
    exact, _ = neighbours(points, 10, 0, silent)
    monkeypatch.setattr(vectors, "EXACT_TO", 500)
    found, distances = neighbours(points, 10, 0, silent)
    assert found.shape == distances.shape == (600, 10)
    assert not (found == np.arange(600)[:, np.newaxis]).any()
    shared = sum(len(set(one) & set(other)) for one, other in zip(exact, found, strict=True))
    assert shared / exact.size > 0.9


def test_the_search_can_be_stopped():
    def stop(*_, **__):
        raise Cancelled

    with pytest.raises(Cancelled):
        neighbours(points_of(20, 2), 3, 0, stop)
