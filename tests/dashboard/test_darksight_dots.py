"""Small pictures of maps: what is drawn where."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from dashboard.darksight.dots import dots, window_of


def drawn(*args):
    data = dots(*args)
    assert data.startswith("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))))


def test_a_point_is_a_dot_of_its_colour_at_its_place():
    pixels = drawn(np.array([[0.25, 0.75]]), np.array([1]), ["#000000", "#ff8000"], (0, 1, 0, 1), (40, 20))
    rows, columns = np.nonzero(pixels[..., 3])
    assert (rows.mean(), columns.mean()) == pytest.approx((5, 10), abs=1)  # rows from above
    assert len(rows) == 21  # of radius 2
    assert {tuple(colour) for colour in pixels[rows, columns, :3]} == {(255, 128, 0)}


def test_of_many_points_each_is_a_pixel():
    places = np.zeros((40_000, 2))
    assert np.count_nonzero(drawn(places, np.zeros(40_000, int), ["#123456"], (-1, 1, -1, 1), (9, 9))[..., 3]) == 1


@pytest.mark.parametrize("aspect", [0.5, 1.0, 3.0])
def test_a_window_holds_all_with_room_at_its_edge(aspect):
    places = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    left, right, bottom, top = window_of(places, aspect)
    assert (right - left) / (top - bottom) == pytest.approx(aspect)
    assert left < places[:, 0].min()
    assert places[:, 0].max() < right
    assert bottom < places[:, 1].min()
    assert places[:, 1].max() < top
