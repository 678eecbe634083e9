"""Channel capacity: against numpy.histogram2d, against closed forms, and where nothing is in common."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from models.information import binned, capacity, channel_capacity, distances, permuted
from models.information.capacity import entropy, joint_counts


def mutual_information(a, b, bins):
    """Of two rows of distances, in bits, as the definition has it."""
    counts, _, _ = np.histogram2d(a, b, bins)
    share = counts / counts.sum()
    one, other = share.sum(axis=1, keepdims=True), share.sum(axis=0, keepdims=True)
    there = share > 0
    return float((share[there] * np.log2(share[there] / (one @ other)[there])).sum())


def maps_of(random, count, channels, side):
    return random.normal(size=(count, channels, side, side)).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), pairs=st.integers(3, 200), bins=st.integers(2, 64), exact=st.booleans(),
    few=st.booleans(),
)  # fmt: skip
def test_of_the_same_distances_it_is_numpys_histogram(seed, pairs, bins, exact, few):
    random = np.random.default_rng(seed)
    a, b = random.random((3, pairs)), random.random((2, pairs))
    if few:  # many on edges of bins
        a, b = np.round(a * bins) / bins, np.round(b * 4)
    if not exact:
        a, b = a.astype(np.float32), b.astype(np.float32)
    found = capacity(binned(a, bins), binned(b, bins), bins)
    wanted = [[mutual_information(one, other, bins) for other in b] for one in a]
    np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_of_maps_it_is_that_of_their_distances():
    random = np.random.default_rng(0)
    a, b = maps_of(random, 60, 3, 5) + 10, maps_of(random, 60, 4, 2)
    b[:, 0] = a[:, 1, :2, :2]
    found = channel_capacity(a, b, 16)
    flat = [
        [pdist(maps[:, channel].reshape(60, -1).astype(np.float64)) for channel in range(maps.shape[1])]
        for maps in (a, b)
    ]
    np.testing.assert_allclose(distances(a), flat[0], rtol=1e-4)
    wanted = [[mutual_information(one, other, 16) for other in flat[1]] for one in flat[0]]
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    assert found.argmax() == np.ravel_multi_index((1, 0), found.shape)


def test_of_a_layer_with_itself_it_is_its_entropy():
    maps = maps_of(np.random.default_rng(1), 50, 5, 4)
    found = channel_capacity(maps, maps)
    np.testing.assert_allclose(np.diag(found), binned(distances(maps)).entropies, atol=1e-9)
    np.testing.assert_allclose(found, found.T, atol=1e-9)
    assert (found.max(axis=1) == np.diag(found)).all()


def test_what_has_nothing_in_common_is_near_the_permuted_null():
    random = np.random.default_rng(2)
    a, b = maps_of(random, 300, 2, 3), maps_of(random, 300, 3, 3)
    free, null = channel_capacity(a, b), channel_capacity(a, permuted(b, 1))
    np.testing.assert_allclose(free, null, atol=0.01)
    tied = channel_capacity(a, 2 * a[:, ::-1])
    assert tied[0, 1] > 10 * null.max()


def test_the_order_of_the_inputs_does_not_matter():
    random = np.random.default_rng(3)
    a, b = maps_of(random, 40, 2, 3), maps_of(random, 40, 2, 3)
    order = random.permutation(40)
    np.testing.assert_allclose(channel_capacity(a[order], b[order]), channel_capacity(a, b), atol=1e-6)


def test_a_chain_of_bins_obeys_data_processing():
    """X → Y → Z, each a noisy function of the one before: Z knows no more of X than Y does."""
    random = np.random.default_rng(4)
    x = random.integers(0, 8, 20_000)
    y = np.where(random.random(20_000) < 0.7, x, random.integers(0, 8, 20_000))
    z = np.where(random.random(20_000) < 0.7, y, random.integers(0, 8, 20_000))
    x, y, z = (binned(values[np.newaxis].astype(np.float64), 8) for values in (x, y, z))
    assert capacity(x, z, 8)[0, 0] < capacity(x, y, 8)[0, 0] < x.entropies[0]
    assert capacity(x, z, 8)[0, 0] < capacity(y, z, 8)[0, 0]


def test_products_count_as_well():
    """What a GPU does, on this processor; more pairs than it takes at once."""
    random = np.random.default_rng(5)
    a, b = random.integers(0, 6, (3, 9001)).astype(np.uint8), random.integers(0, 6, (2, 9001)).astype(np.uint8)
    counts = joint_counts(a, b, 6, "cpu")
    assert counts.sum() == 6 * 9001
    wanted, _, _ = np.histogram2d(a[2], b[1], bins=6, range=[[0, 6], [0, 6]])
    np.testing.assert_array_equal(counts[2, 1], wanted)


def test_a_channel_that_says_the_same_of_all_has_nothing_to_tell():
    maps = maps_of(np.random.default_rng(6), 20, 2, 3)
    maps[:, 1] = 7
    found = channel_capacity(maps, maps)
    assert (found[1] == 0).all()
    assert (found[:, 1] == 0).all()


def test_vectors_have_units_for_channels():
    random = np.random.default_rng(7)
    assert channel_capacity(random.random((10, 4)), random.random((10, 3, 2, 2))).shape == (4, 3)


def test_entropy_of_counts():
    np.testing.assert_allclose(entropy(np.array([[1, 1, 1, 1], [4, 0, 0, 0], [2, 1, 1, 0]])), [2, 0, 1.5])
    assert np.isnan(entropy(np.zeros(3)))


@pytest.mark.parametrize(
    ("a", "b", "bins", "words"),
    [
        (np.zeros((2, 1, 2, 2)), np.zeros((2, 1, 2, 2)), 32, "3 inputs or more to have distances between, not 2"),
        (np.zeros((4, 1, 2, 2)), np.zeros((5, 1, 2, 2)), 32, "a has 4 and b 5"),
        (np.zeros(4), np.zeros((4, 1)), 32, r"must have channels, \(N, C, H, W\)"),
        (np.zeros((4, 1)), np.zeros((4, 1)), 1, "bins must be a whole number, 2 to 256, not 1"),
        (np.zeros((4, 1)), np.zeros((4, 1)), 257, "bins must be a whole number, 2 to 256, not 257"),
    ],
)
def test_what_cannot_be_is_one_sentence(a, b, bins, words):
    with pytest.raises(ValueError, match=words):
        channel_capacity(a, b, bins)
