"""The tree of latent thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tree_student import grow_tree

CODES = np.random.default_rng(0).normal(size=(500, 4))
LABELS = np.where(CODES[:, 2] <= 0.3, 5, np.where(CODES[:, 0] <= -0.5, 1, 7))  # two questions say all
TREE = grow_tree(CODES, LABELS, 10)


def test_the_thresholds_are_found():
    assert TREE.feature[0] == 2
    assert TREE.threshold[0] == pytest.approx(0.3, abs=0.02)
    below = TREE.right[0]
    assert TREE.feature[below] == 0
    assert TREE.threshold[below] == pytest.approx(-0.5, abs=0.03)
    assert (TREE.predict(CODES) == LABELS).all()


def test_counts_are_those_of_the_neighbours():
    assert TREE.counts[0].tolist() == np.bincount(LABELS, minlength=10).tolist()
    inner = np.flatnonzero(TREE.feature >= 0)
    assert (TREE.counts[inner] == TREE.counts[TREE.left[inner]] + TREE.counts[TREE.right[inner]]).all()


@given(st.integers(0, 499))
def test_a_path_ends_where_the_answer_is(number):
    path = TREE.path(CODES[number])
    assert path[0] == 0
    assert TREE.feature[path[-1]] == -1
    assert TREE.counts[path[-1]].argmax() == TREE.predict(CODES[number : number + 1])[0]


def test_one_label_is_one_leaf():
    tree = grow_tree(CODES, np.full(500, 3), 10)
    assert (tree.feature.tolist(), tree.path(CODES[0]), tree.predict(CODES[:2]).tolist()) == ([-1], [0], [3, 3])


def test_it_is_as_deep_as_it_may_be():
    noisy = np.random.default_rng(1).integers(0, 10, 500)
    assert max(len(grow_tree(CODES, noisy, 10, max_depth=2).path(code)) for code in CODES[:50]) == 3


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: grow_tree(CODES[:1], LABELS[:1], 10), "codes must be two or more"),
        (lambda: grow_tree(CODES, LABELS[:4], 10), "with a label each"),
        (lambda: grow_tree(CODES, LABELS, 10, max_depth=0), "max_depth must be a whole number, 1 to 8, not 0"),
    ],
)
def test_what_no_tree_can_be_grown_from_is_refused(ask, sentence):
    with pytest.raises(ValueError, match=sentence):
        ask()
