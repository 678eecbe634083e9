"""One map laid onto another, and the neighbours that images keep: held against SciPy, and against counting by hand."""

import numpy as np
import pytest
from scipy.spatial import procrustes
from scipy.spatial.distance import cdist

from dashboard.darksight.alignment import aligned, moved_most, neighbours, shared_neighbours


@pytest.fixture
def one():
    return np.random.default_rng(0).normal(size=(200, 2)) * [3, 1]


@pytest.mark.parametrize("mirrored", [1, -1])
def test_a_map_that_was_turned_mirrored_scaled_and_moved_is_laid_back(one, mirrored):
    angle = 2.0
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * [1, mirrored]
    laid, residual = aligned(one, 0.3 * one @ turn + [7, -2])
    assert laid == pytest.approx(one, abs=1e-9)
    assert residual == pytest.approx(0, abs=1e-12)


def test_what_is_left_is_what_scipy_finds(one):
    other = one + np.random.default_rng(1).normal(size=one.shape)
    laid, residual = aligned(one, other)
    _, _, disparity = procrustes(one, other)
    assert residual == pytest.approx(disparity)
    assert residual == pytest.approx(((laid - one) ** 2).sum() / ((one - one.mean(axis=0)) ** 2).sum())


def test_a_single_place_cannot_be_laid_onto_anything(one):
    with pytest.raises(ValueError, match="two points apart on both"):
        aligned(one, np.zeros_like(one))


def test_neighbours_are_the_nearest_others(one):
    found = neighbours(one, np.array([3, 150]), 10)
    distances = cdist(one, one)
    np.fill_diagonal(distances, np.inf)
    for row, image in zip(found, (3, 150), strict=True):
        assert set(row) == set(np.argsort(distances[image])[:10])


def test_points_on_one_place_have_others_for_neighbours():
    found = neighbours(np.zeros((30, 2)), np.arange(30), 5)
    assert not (found == np.arange(30)[:, np.newaxis]).any()
    assert all(len(set(row)) == 5 for row in found)


def test_the_same_map_keeps_all_and_another_what_chance_leaves(one):
    assert shared_neighbours(one, 2 * one, 20).shares == pytest.approx(1)
    other = np.random.default_rng(5).permutation(one)
    kept = shared_neighbours(one, other, 20)
    assert kept.k == 20
    assert kept.shares.mean() == pytest.approx(20 / 199, abs=0.03)


def test_of_few_points_all_others_are_neighbours():
    few = np.array([[0.0, 0], [1, 0], [5, 0]])
    kept = shared_neighbours(few, few[::-1])
    assert (kept.k, kept.shares.tolist()) == (2, [1, 1, 1])


def test_of_many_images_some_are_asked_and_their_neighbours_are_those_among_all(one):
    other = one + np.random.default_rng(1).normal(size=one.shape)
    every, some = shared_neighbours(one, other, 20), shared_neighbours(one, other, 20, most=50)
    assert len(some.asked) == 50
    assert some.shares == pytest.approx(every.shares[some.asked])


def test_the_one_that_was_moved_away_is_found(one):
    other = one.copy()
    other[42] += 40
    assert moved_most(shared_neighbours(one, other, 10), 1).tolist() == [42]
