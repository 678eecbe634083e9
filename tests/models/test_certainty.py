"""Entropy and margin against their closed forms; the classes that come first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.certainty import entropy, margin, top

K = 6
rows = arrays(np.float64, (5, K), elements=st.floats(0, 1)).filter(lambda drawn: (drawn.sum(axis=1) > 0.01).all())


def test_closed_forms():
    told = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4, [0.5, 0.25, 0.125, 0.125]], np.float32)
    assert entropy(told).tolist() == [0, 1, 2, 1.75]
    assert margin(told).tolist() == [1, 0, 0, 0.25]
    assert not np.signbit(entropy(told)).any()


@given(rows)
def test_bounds_and_the_order_of_classes(drawn):
    told = drawn / drawn.sum(axis=1, keepdims=True)
    assert (entropy(told) <= np.log2(K) + 1e-9).all()
    assert (margin(told) >= 0).all()
    assert entropy(told[:, ::-1]) == pytest.approx(entropy(told))
    ordered = np.sort(told, axis=1)
    assert np.array_equal(margin(told), ordered[:, -1] - ordered[:, -2])


def test_the_most_probable_classes():
    told = np.array([[0.1, 0.6, 0.3], [0.25, 0.5, 0.25], [np.nan] * 3])
    classes, shares = top(told, 2)
    assert classes[:2].tolist() == [[1, 2], [1, 0]]
    assert shares[:2].tolist() == [[0.6, 0.3], [0.5, 0.25]]
    assert np.isnan(shares[2]).all()
    assert top(told, 3)[0][0].tolist() == [1, 2, 0]
    for k in (0, 4):
        with pytest.raises(ValueError, match=f"k must be 1 to 3, as there are so many classes, not {k}"):
            top(told, k)
