"""The order of the classes in which the confused ones are neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.seriation import similar_together


def of_blocks(sizes, rng):
    """A matrix with confusions of 10 to 20 inside its blocks and of 0 to 3 between them; the block of each class."""
    block = np.repeat(np.arange(len(sizes)), sizes)
    inside = block[:, None] == block
    counts = np.where(inside, rng.integers(10, 21, inside.shape), rng.integers(0, 4, inside.shape))
    return counts + np.diag(rng.integers(0, 1000, len(block))), block


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_the_blocks_of_a_shuffled_matrix_come_back_together(sizes, seed):
    rng = np.random.default_rng(seed)
    counts, block = of_blocks(sizes, rng)
    shuffled = rng.permutation(len(block))
    order = similar_together(counts[np.ix_(shuffled, shuffled)])
    assert sorted(order) == list(range(len(block)))
    seen = block[shuffled][order]
    assert np.count_nonzero(np.diff(seen)) == len(sizes) - 1  # each block begins once


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_a_chain_is_found_whatever_order_it_comes_in(n_classes, seed):
    """Each class is taken for the next one only, and the nearer to the start the more often."""
    counts = np.diag(np.arange(n_classes, 1, -1), 1)
    shuffled = np.random.default_rng(seed).permutation(n_classes)
    order = shuffled[similar_together(counts[np.ix_(shuffled, shuffled)])]
    assert order.tolist() in (list(range(n_classes)), list(range(n_classes))[::-1])


def test_hits_and_the_direction_of_a_confusion_make_no_difference():
    counts = np.random.default_rng(0).integers(0, 50, (8, 8))
    order = similar_together(counts).tolist()
    assert similar_together(counts.T).tolist() == order
    assert similar_together(counts + np.diag(np.arange(8) * 1000)).tolist() == order


@pytest.mark.parametrize("n_classes", [0, 1, 2, 5])
def test_classes_that_are_not_confused_keep_their_order(n_classes):
    assert similar_together(100 * np.eye(n_classes, dtype=int)).tolist() == list(range(n_classes))


def test_what_is_confused_with_nothing_keeps_its_order():
    counts = np.zeros((5, 5), int)
    counts[1, 4] = 3
    assert similar_together(counts).tolist() == [0, 1, 4, 2, 3]
