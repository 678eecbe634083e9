"""The chord diagram's geometry, in closed form."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard.teacher.chord import GAPS, MAX_RIBBONS, chord_of

MATRICES = st.integers(1, 8).flatmap(lambda n: arrays.arrays(int, (n, n), elements=st.integers(0, 9)))
CONFUSION = np.array([[30, 4, 0], [2, 40, 1], [0, 0, 0]])


def order_of(confusion):
    return np.arange(len(confusion))


def test_arcs_are_split_into_what_goes_out_what_comes_in_and_hits():
    chord = chord_of(CONFUSION, order_of(CONFUSION), diagonal=True)
    assert chord.classes.tolist() == [0, 1, 2]
    per_image = (2 * np.pi - 3 * 2 * np.pi * GAPS / 3) / (2 * 7 + 70)
    assert np.diff(chord.arcs) == pytest.approx(per_image * np.array([[4, 2, 30], [3, 4, 40], [0, 1, 0]]))
    assert chord.pairs.tolist() == [[0, 1], [1, 0], [1, 2], [0, 0], [1, 1]]
    assert chord.counts.tolist() == [4, 2, 1, 30, 40]


@given(MATRICES, st.booleans())
def test_arcs_and_gaps_are_the_whole_circle(confusion, diagonal):
    chord = chord_of(confusion, order_of(confusion), diagonal)
    n_arcs = len(chord.arcs)
    if not n_arcs:
        assert not confusion.sum() - (0 if diagonal else np.trace(confusion))
        return
    gaps = np.append(chord.arcs[1:, 0], 2 * np.pi) - chord.arcs[:, 3]
    assert gaps == pytest.approx(gaps[0])
    assert gaps[0] > 0
    assert (chord.arcs[:, 3] - chord.arcs[:, 0]).sum() == pytest.approx(2 * np.pi - n_arcs * gaps[0])


@given(MATRICES, st.booleans(), st.integers(0, 2**32 - 1))
def test_ends_are_as_wide_as_their_counts_and_fill_the_arcs_without_overlap(confusion, diagonal, seed):
    order = np.random.default_rng(seed).permutation(len(confusion))
    chord = chord_of(confusion, order, diagonal)
    starts, ends = chord.ends[:, [0, 2]], chord.ends[:, [1, 3]]
    if len(chord.pairs):
        per_image = (ends - starts) / chord.counts[:, None]
        assert per_image == pytest.approx(np.full_like(per_image, per_image[0, 0]))
    found = {pair: [] for pair in ("out", "in", "hits")}
    for (true, taken), (a, b, c, d) in zip(chord.pairs.tolist(), chord.ends.tolist(), strict=True):
        if true == taken:
            found["hits"].append((true, a, b))
        else:
            found["out"].append((true, a, b))
            found["in"].append((taken, c, d))
    for part, name in enumerate(("out", "in", "hits")):
        for number, arc in zip(chord.classes.tolist(), chord.arcs, strict=True):
            intervals = sorted((a, b) for owner, a, b in found[name] if owner == number)
            edges = [arc[part], *(b for _, b in intervals)]
            assert [a for a, _ in intervals] == pytest.approx(edges[:-1])  # each begins where the one before ends
            assert edges[-1] == pytest.approx(arc[part + 1])


def test_the_arcs_follow_the_order():
    order = np.array([2, 0, 1])
    chord = chord_of(CONFUSION, order)
    assert chord.classes.tolist() == [2, 0, 1]
    assert chord.arcs[0, 0] == 0
    assert (np.diff(chord.arcs[:, 0]) > 0).all()


def test_neighbours_are_joined_at_their_near_ends():
    """Of four classes each confused with both its neighbours, no two ribbons between neighbours cross."""
    counts = np.roll(np.eye(4, dtype=int), 1, axis=1)
    chord = chord_of(counts + counts.T, np.arange(4))
    ends = {tuple(pair): place for pair, place in zip(chord.pairs.tolist(), chord.ends, strict=True)}
    assert ends[1, 0][0] < ends[1, 2][0]  # what leaves to the one before comes first
    assert ends[0, 1][2] < ends[2, 1][2]


def test_a_net_without_a_mistake_has_no_diagram_but_of_its_hits():
    perfect = np.diag([5, 0, 7])
    empty = chord_of(perfect, np.arange(3))
    assert (len(empty.classes), len(empty.pairs), empty.left_out) == (0, 0, 0)
    assert json.loads(json.dumps(empty.data()))["arcs"] == []
    assert chord_of(perfect, np.arange(3), diagonal=True).classes.tolist() == [0, 2]


def test_of_a_hundred_classes_the_small_ribbons_are_left_out_and_counted():
    rng = np.random.default_rng(0)
    confusion = rng.poisson(0.3, (100, 100)) + np.diag(np.full(100, 70))
    confusion[3, 5] = 40
    chord = chord_of(confusion, np.arange(100))
    wrong = confusion - np.diag(np.diagonal(confusion))
    assert 0 < len(chord.counts) <= MAX_RIBBONS
    assert (wrong >= chord.least).sum() == len(chord.counts) < (wrong >= chord.least - 1).sum()
    assert chord.counts.sum() + chord.left_out == wrong.sum()
    assert chord.left_out > 0
    assert len(json.dumps(chord.data())) < 25_000
