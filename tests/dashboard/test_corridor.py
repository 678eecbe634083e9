"""Which points lie along what was drawn and in which order, against the same asked point by point."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dashboard.darksight.corridor import SLACK, corridor, middle_of_box, principal_axis, walk
from dashboard.planes import Plane

# Few distinct numbers, so that lines and points meet; and some of any kind.
NUMBERS = st.integers(-4, 4).map(float) | st.floats(-5, 5, width=32)
PLACES = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=40)
LINES = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=6)
WIDTHS = st.floats(0.1, 6)


def next_place(point, line):
    """(distance to the line, how far along it), of the segment that is nearest, the first of equals; None beyond its ends."""
    best, before = None, 0.0
    for number, (start, end) in enumerate(pairwise(line)):
        length = math.dist(start, end)
        dot = sum((p - s) * (e - s) for p, s, e in zip(point, start, end, strict=True)) / length
        slack = SLACK * length
        outside = (number == 0 and dot < -slack) or (number == len(line) - 2 and dot > length + slack)
        at = min(max(dot, 0.0), length)
        place = [s + (e - s) * at / length for s, e in zip(start, end, strict=True)]
        distance = math.dist(point, place)
        if not outside and (best is None or distance < best[0]):
            best = (distance, before + at)
        before += length
    return best


@given(PLACES, LINES, WIDTHS)
@example([(0.0, -4.0)], [(4.0, 1.25), (0.0, -4.0)], 1.0)  # at an end, but for rounding
def test_the_points_of_a_corridor_are_those_next_to_its_line(places, line, width):
    bends = [line[0], *(b for a, b in pairwise(line) if a != b)]
    assume(all(math.dist(a, b) > 1e-3 for a, b in pairwise(bends)) and len(bends) > 1)
    found = dict(
        zip(*(part.tolist() for part in corridor(Plane(np.array(places)), np.array(line), width)), strict=True)
    )
    for number, place in enumerate(places):
        near = next_place(place, bends)
        if near is None or abs(near[0] - width / 2) < 1e-9:  # on the edge rounding decides
            continue
        assert (number in found) == (near[0] <= width / 2), (place, near)
    lengths = np.hypot(*np.diff(np.array(bends), axis=0).T)
    assert all(0 <= along <= lengths.sum() + 1e-9 for along in found.values())


def test_places_along_a_line_go_on_from_bend_to_bend():
    """Right, then up: with a corner, and with a point that is drawn twice."""
    line = np.array([[0, 0], [2, 0], [2, 0], [2, 3]], float)
    places = np.array([[1, 0.1], [2.1, 2], [0, 0.2], [-0.1, 0], [2, 3.1], [2.2, -0.1]])
    images, along = corridor(Plane(places), line, 0.5)
    told = dict(zip(images.tolist(), along.tolist(), strict=True))
    assert told == {0: pytest.approx(1), 1: pytest.approx(4), 2: pytest.approx(0), 5: pytest.approx(2)}


@given(PLACES, st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_a_box_is_walked_along_its_longer_side(places, corners):
    (left, right), (bottom, top) = sorted(corners[:2]), sorted(corners[2:])
    assume(max(right - left, top - bottom) > 1e-3)
    array = np.array(places)
    xs, ys = np.array([left, right, right, left]), np.array([bottom, bottom, top, top])
    told = walk(array, Plane(array), "box", xs, ys, 0.0, np.ones(len(places), bool))
    inside = [n for n, (x, y) in enumerate(places) if left <= x <= right and bottom <= y <= top]
    axis, start = (0, left) if right - left >= top - bottom else (1, bottom)
    assert told.images.tolist() == sorted(inside, key=lambda n: (places[n][axis], n))
    assert told.along == pytest.approx([places[n][axis] - start for n in told.images])
    assert told.length == pytest.approx(max(right - left, top - bottom))


@pytest.mark.parametrize("angle", np.linspace(-1.5, 1.5, 7))
def test_the_axis_of_a_long_outline_is_that_way_however_it_was_drawn(angle):
    """A slanting stadium, one half of it drawn with many corners, the other with few."""
    along, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    upper = [x * along + aside for x in np.linspace(-6, 6, 200)]
    lower = [x * along - aside for x in np.linspace(6, -6, 3)]
    way = principal_axis(np.array(upper + lower) + np.array([10, -3]))
    assert way[0] == pytest.approx(np.array([10, -3]) - 6 * along, abs=1e-6)
    assert way[1] == pytest.approx(np.array([10, -3]) + 6 * along, abs=1e-6)


def test_the_middle_and_the_spread_of_an_outline_are_those_of_its_length():
    """Against many points laid along it at equal distances."""
    corners = np.array([[0, 0], [5, 1], [4, 3], [1, 1.5]], float)
    ends = np.roll(corners, -1, axis=0)
    steps = [np.linspace(a, b, int(2000 * math.dist(a, b)), endpoint=False) for a, b in zip(corners, ends, strict=True)]
    laid = np.concatenate(steps)
    direction = np.linalg.eigh(np.cov(laid.T))[1][:, 1]
    way = principal_axis(corners)
    found = (way[1] - way[0]) / np.hypot(*(way[1] - way[0]))
    assert abs(found @ direction) == pytest.approx(1, abs=1e-6)


def test_only_what_is_among_those_shown_is_met_and_equals_come_by_number():
    places = np.array([[1, 0], [1, 0], [0.5, 0], [np.nan, np.nan], [1, 0], [3, 0]])
    among = np.array([True, True, True, True, False, True])
    told = walk(places, Plane(places), "line", np.array([0, 2]), np.zeros(2), 1.0, among)
    assert told.images.tolist() == [2, 0, 1]
    assert told.along.tolist() == [0.5, 1, 1]


def test_a_lasso_takes_what_is_inside_along_its_length():
    places = np.array([[2.5, 2.4], [0.5, 0.6], [1.5, 1.5], [3, 0]])
    xs, ys = np.array([0, 0.5, 3.2, 2.7]), np.array([0.5, 0, 2.7, 3.2])
    told = walk(places, Plane(places), "lasso", xs, ys, 0.0, np.ones(4, bool))
    assert told.images.tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("tool", "xs", "ys", "width", "says"),
    [
        ("line", [1, 1], [2, 2], 1, "two points or more at different places"),
        ("line", [0, 1], [0, 1], 0, "above 0, not 0"),
        ("line", [0, np.inf], [0, 1], 1, "finite"),
        ("lasso", [1, 1, 1], [1, 1, 1], 1, "three corners or more at different places"),
        ("lasso", [0, 1], [0, 1], 1, "three corners or more"),
        ("box", [1, 1, 1, 1], [2, 2, 2, 2], 1, "needs an extent"),
        ("pen", [0, 1], [0, 1], 1, "a line, a box or a lasso, not with a pen"),
    ],
)
def test_what_is_no_way_is_refused_in_a_sentence(tool, xs, ys, width, says):
    places = np.zeros((1, 2))
    with pytest.raises(ValueError, match=says):
        walk(places, Plane(places), tool, np.array(xs, float), np.array(ys, float), width, np.ones(1, bool))


def test_an_upright_box_leads_upwards():
    assert middle_of_box(0, 1, 0, 4).tolist() == [[0.5, 0], [0.5, 4]]
