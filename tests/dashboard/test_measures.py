"""Bitsets, splits, intervals, and what is said of one distribution."""

import base64
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard.measures import (
    NORMAL_95,
    entropy,
    in_split,
    margin,
    pack_bits,
    rank,
    unpack_bits,
    wilson_interval,
)

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


@pytest.mark.parametrize(("hits", "count", "low", "high"), [
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
])  # fmt: skip
def test_the_interval_is_wilsons(hits, count, low, high):
    assert wilson_interval(hits, count) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**6), st.data())
def test_the_ends_of_the_interval_solve_its_equation(count, data):
    """They are the shares from which what was seen lies exactly 1.96 standard errors away, by the normal's scale."""
    hits = data.draw(st.integers(0, count))
    low, high = wilson_interval(hits, count)
    assert 0 <= low <= hits / count <= high <= 1
    for end in {low, high} - {0.0, 1.0}:
        assert abs(hits / count - end) == pytest.approx(NORMAL_95 * math.sqrt(end * (1 - end) / count), rel=1e-6)
    mirrored = wilson_interval(count - hits, count)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_entropy_margin_and_rank_of_what_is_known():
    assert entropy(np.full(8, 1 / 8)) == pytest.approx(3)
    assert entropy(np.array([0.5, 0.25, 0.25, 0.0], np.float32)) == pytest.approx(1.5)
    assert str(entropy(np.array([0.0, 1.0]))) == "0.0"
    told = np.array([0.1, 0.5, 0.1, 0.3], np.float32)
    assert margin(told) == pytest.approx(0.2)
    assert margin(np.array([0.5, 0.5])) == 0
    assert [rank(told, number) for number in range(4)] == [3, 1, 4, 2]
