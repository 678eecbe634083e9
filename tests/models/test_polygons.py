import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.polygons import inside

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])


def test_in_and_out():
    places = np.array([[0.5, 0.5], [1.5, 0.5], [-0.5, 0.5], [0.5, 1.5], [0.5, -0.5]])
    assert inside(places, SQUARE).tolist() == [True, False, False, False, False]
    assert inside(places, SQUARE[::-1]).tolist() == [True, False, False, False, False]
    assert inside(places[:0], SQUARE).tolist() == []


def test_what_an_outline_surrounds_twice_is_outside():
    angles = np.arange(5) * 4 * np.pi / 5
    star = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    assert inside(0.8 * star, star).all()
    assert not inside(np.vstack([0.8 * -star, 0.2 * star, [[0, 0]]]), star).any()


def test_edges_belong_to_one_of_the_two_whom_they_part():
    """Squares that tile a plane: each point, on an edge or a corner too, is in exactly one."""
    steps = np.arange(0, 3, 0.25)
    places = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    held = sum(inside(places, SQUARE + np.array([x, y])).astype(int) for x in range(3) for y in range(3))
    assert (held == 1).all()


@given(st.integers(0, 10**6), st.integers(3, 12))
def test_a_cut_outline_holds_in_its_two_parts_what_it_held(seed, corners):
    """Of a fan of triangles the masks, one after the other by exclusive or, are that of the outline; also on the cuts."""
    generator = np.random.default_rng(seed)
    outline = generator.normal(size=(corners, 2))
    along = generator.random((30, 1))
    places = np.vstack([generator.normal(size=(100, 2)), outline[0] + along * (outline[corners // 2] - outline[0])])
    held = np.zeros(len(places), bool)
    for corner in range(1, corners - 1):
        held ^= inside(places, outline[[0, corner, corner + 1]])
    assert np.array_equal(inside(places, outline), held)


@pytest.mark.parametrize("turned", [0, 1, 2, 3])
def test_it_does_not_matter_where_an_outline_begins(turned):
    generator = np.random.default_rng(2)
    outline, places = generator.normal(size=(9, 2)), generator.normal(size=(500, 2))
    assert np.array_equal(inside(places, np.roll(outline, turned, axis=0)), inside(places, outline))
    assert inside(places, outline).any()
