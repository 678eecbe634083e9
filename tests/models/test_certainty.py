"""Entropy and margin against their closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.certainty import entropy, margin

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
