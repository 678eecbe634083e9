"""Outlines and cells, against the same asked point by point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.planes import Plane, cells_of

# Few distinct numbers, so that corners and points meet.
NUMBERS = st.integers(-4, 4).map(float) | st.floats(-5, 5, width=32)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=40)
OUTLINES = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=12)


def crosses(x, y, outline):
    """The rule of `assets/scatter_2d.js`, word for word."""
    inside = False
    for (x1, y1), (x0, y0) in zip(outline, [outline[-1], *outline[:-1]], strict=True):
        if (y1 > y) != (y0 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            inside = not inside
    return inside


@given(POINTS, OUTLINES)
def test_a_point_is_inside_when_a_line_to_the_right_crosses_an_odd_number_of_edges(points, outline):
    mask = Plane(np.array(points)).inside(*np.array(outline).T)
    assert mask.tolist() == [crosses(x, y, outline) for x, y in points]


def test_a_star_has_a_hole_where_its_lines_cross():
    angles = np.pi / 2 + np.arange(5) * 4 * np.pi / 5
    plane = Plane(np.array([[0, 0], [0, 0.9], [0.9, 0.9]]))
    assert plane.inside(np.cos(angles), np.sin(angles)).tolist() == [False, True, False]


@pytest.mark.parametrize("outline", [([0, 1], [0, 1]), ([0, 1, 2], [0, 1]), ([0, 1, np.nan], [0, 1, 0])])
def test_what_is_no_outline_is_refused(outline):
    with pytest.raises(ValueError, match="three corners or more"):
        Plane(np.zeros((1, 2))).inside(*outline)


@given(POINTS, st.integers(1, 4), st.integers(1, 5))
def test_every_point_of_the_window_is_in_one_cell(points, rows, columns):
    places = np.array(points, np.float32)
    cells = cells_of(places, (-3, 4, -2, 3), (rows, columns))
    x, y = places.T
    assert (cells >= 0).tolist() == Plane(places).in_box(-3, 4, -2, 3).tolist()
    assert (cells >= 0).tolist() == ((x >= -3) & (x <= 4) & (y >= -2) & (y <= 3)).tolist()
    assert cells.max() < rows * columns


def test_cells_are_counted_from_the_bottom_left():
    places = np.array([[0, 0], [1.5, 0], [2, 2], [0.5, 1.5], [9, 9]])
    assert cells_of(places, (0, 2, 0, 2), (2, 2)).tolist() == [0, 1, 3, 2, -1]
