"""Inter-sample, intra-sample and conditional entropies: against closed forms and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from models.information import conditional_entropies, inter_sample, inter_sample_entropy, intra_sample_entropy


def by_definition(points, k):
    """Eq. 4 to 7, point by point."""
    count = len(points)
    apart = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    chances = np.zeros((count, count))
    for row in range(count):
        others = np.delete(np.arange(count), row)
        nearest = others[np.argsort(apart[row, others], kind="stable")[:k]]
        away = apart[row, nearest]
        rate = brentq(lambda rate, away=away: np.exp(-rate * away).sum() - np.log2(k), 0, 1e4 / away.max(), xtol=1e-13)
        chances[row, nearest] = np.exp(-rate * away)
    joint = (chances + chances.T) / (2 * count)
    joint = joint[joint > 0] / joint.sum()
    return -(joint * np.log2(joint)).sum()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(5, 40), k=st.integers(3, 30))
def test_it_is_what_the_equations_say(seed, count, k):
    points = np.random.default_rng(seed).normal(size=(count, 4))
    assert inter_sample_entropy(points, k) == pytest.approx(by_definition(points, min(k, count - 1)), abs=1e-4)


def test_corners_of_a_simplex_are_as_diverse_as_can_be():
    """All alike far from each other: each pair is as likely."""
    found = inter_sample(np.eye(30))
    assert found.bits == pytest.approx(np.log2(30 * 29), abs=1e-6)
    assert found.normalized == pytest.approx(1, abs=1e-6)
    assert (found.n_neighbors, found.collapsed) == (29, 0)


def test_size_does_not_matter_and_order_does_not():
    random = np.random.default_rng(0)
    points = random.normal(size=(200, 5))
    wanted = inter_sample_entropy(points, 50)
    assert inter_sample_entropy(1e-3 * points, 50) == pytest.approx(wanted, abs=1e-4)
    assert inter_sample_entropy(points[random.permutation(200)], 50) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("spread", [1e-2, 1e-5])
def test_two_clusters_are_as_two_halves_however_tight(spread):
    """Nobody's neighbours are in the other cluster: one bit more than each has."""
    random = np.random.default_rng(1)
    cluster = random.normal(size=(60, 3))
    apart = np.concatenate([spread * cluster, spread * cluster[::-1] + [1, 0, 0]])
    one = inter_sample_entropy(cluster, 20)
    assert inter_sample_entropy(apart, 20) == pytest.approx(one + 1, abs=2e-3)


def test_what_coincides_collapses():
    random = np.random.default_rng(2)
    points = random.normal(size=(40, 3))
    points[:20] = points[0]
    found = inter_sample(points, 10)
    assert found.collapsed == 20
    assert 0 < found.bits < np.log2(40 * 39)
    same = inter_sample(np.ones((10, 2)))
    assert (same.bits, same.normalized, same.collapsed) == (0, 0, 10)


@pytest.mark.slow  # pynndescent compiles for most of a minute
def test_neighbours_that_are_searched_are_nearly_those_that_are_nearest():
    points = np.random.default_rng(3).normal(size=(800, 8))
    exact, searched = inter_sample(points, 30), inter_sample(points, 30, approximate=True)
    assert searched.bits == pytest.approx(exact.bits, abs=0.01)
    assert searched.n_neighbors == 30


def test_images_are_flattened():
    images = np.random.default_rng(4).random((20, 1, 3, 3))
    assert inter_sample_entropy(images) == inter_sample_entropy(images.reshape(20, 9))


@pytest.mark.parametrize(
    ("points", "k", "words"),
    [
        (np.zeros((2, 3)), 5, "3 inputs or more to be diverse, not 2"),
        (np.full((4, 2), np.nan), 5, "X must be finite numbers"),
        (np.zeros((4, 2)), 1, "n_neighbors must be a whole number, 2 or more, not 1"),
    ],
)
def test_too_little_is_one_sentence(points, k, words):
    with pytest.raises(ValueError, match=words):
        inter_sample(points, k)


def test_uniform_values_have_all_bits_and_one_value_none():
    maps = np.stack([np.arange(64.0).reshape(8, 8), np.full((8, 8), 5.0)])[np.newaxis]
    np.testing.assert_allclose(intra_sample_entropy(maps, 32), [[5, 0]], atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), bins=st.integers(2, 40), per_map=st.booleans())
def test_it_is_the_histograms_entropy(seed, bins, per_map):
    maps = np.random.default_rng(seed).normal(size=(3, 2, 4, 5)).astype(np.float32)
    found = intra_sample_entropy(maps, bins, per_map=per_map)
    for row, channel in np.ndindex(3, 2):
        of = maps[row, channel] if per_map else maps[:, channel]
        counts, _ = np.histogram(maps[row, channel].astype(np.float64), bins, (float(of.min()), float(of.max())))
        share = counts[counts > 0] / counts.sum()
        # A value at an edge may fall on either side of it, in the precision that feature maps have.
        assert found[row, channel] == pytest.approx(-(share * np.log2(share)).sum(), abs=0.11)


def test_the_range_of_all_epochs_can_be_given():
    maps = np.random.default_rng(5).random((4, 1, 6, 6))
    own, wide = intra_sample_entropy(maps, 32), intra_sample_entropy(maps, 32, np.array([-9.0]), np.array([10.0]))
    assert (wide < own).all()
    noise = 1e-9 * maps
    assert (intra_sample_entropy(noise, 32, np.array([0.0]), np.array([1.0])) == 0).all()
    assert (intra_sample_entropy(noise, 32, per_map=True) > 3).all()  # of a dead channel, a range of its own makes much


def test_maps_of_one_pixel_have_none():
    assert np.isnan(intra_sample_entropy(np.random.default_rng(6).random((3, 2, 1, 1)))).all()


def test_layers_without_channels_have_none():
    with pytest.raises(ValueError, match="such a layer has none"):
        intra_sample_entropy(np.zeros((3, 4)))


def test_what_a_label_leaves_open():
    confusion = np.array([[2, 2, 0], [0, 4, 0], [1, 1, 0]])
    found = conditional_entropies(confusion)
    np.testing.assert_allclose(found.predicted, [1, 0, 1])
    share = np.array([2, 4, 1]) / 7
    np.testing.assert_allclose(
        found.label[:2], [-(2 / 3 * np.log2(2 / 3) + 1 / 3 * np.log2(1 / 3)), -(share * np.log2(share)).sum()]
    )
    assert np.isnan(found.label[2])  # nothing is called the third: not 0
    both = conditional_entropies(np.stack([confusion, np.eye(3)]))
    np.testing.assert_allclose(both.label[1], 0)
    assert both.label.shape == (2, 3)


def test_a_table_that_is_none_is_one_sentence():
    with pytest.raises(ValueError, match="must be square"):
        conditional_entropies(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="must be counts, 0 or more"):
        conditional_entropies(np.array([[1, -1], [0, 1]]))
