"""Bitsets and splits."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard.measures import in_split, pack_bits, unpack_bits

MASKS = arrays.arrays(bool, st.integers(0, 300))


@given(MASKS)
def test_what_was_packed_comes_out_again(mask):
    assert (unpack_bits(pack_bits(mask), len(mask)) == mask).all()


@given(MASKS)
def test_the_first_image_is_the_lowest_bit_of_the_first_byte(mask):
    """The browser reads the same bits (assets/links.js)."""
    data = base64.b64decode(pack_bits(mask))
    ids = [8 * index + bit for index, byte in enumerate(data) for bit in range(8) if byte & (1 << bit)]
    assert ids == np.flatnonzero(mask).tolist()


def test_ten_thousand_points_take_less_than_two_kilobytes():
    assert len(pack_bits(np.ones(10_000, bool))) < 2000


@given(MASKS, st.integers(0, 400))
def test_a_bitset_of_another_length_is_refused(mask, count):
    if -(-count // 8) == -(-len(mask) // 8):
        return
    with pytest.raises(ValueError, match=f"{count} images need {-(-count // 8)}"):
        unpack_bits(pack_bits(mask), count)


@pytest.mark.parametrize("bits", ["#", "AAA", "é"])
def test_what_is_no_base64_is_refused(bits):
    with pytest.raises(ValueError):  # noqa: PT011 (base64 words it)
        unpack_bits(bits, 8)


@given(st.integers(0, 50), st.data())
def test_train_comes_before_test(count, data):
    n_train = data.draw(st.integers(0, count))
    train, test = in_split(count, n_train, "train"), in_split(count, n_train, "test")
    assert np.flatnonzero(train).tolist() == list(range(n_train))
    assert np.flatnonzero(test).tolist() == list(range(n_train, count))
