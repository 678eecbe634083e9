"""The picture of many points, read back pixel by pixel."""

import io

import numpy as np
import pytest
from PIL import Image

from dashboard.density import FADED, FAINTEST, by_group, by_number, picture

RED, BLUE = "#ff0000", "#0000ff"
WINDOW = (0.0, 2.0, 0.0, 2.0)


def pixels(places, groups, colours, *arguments, **more):
    drawn = picture(places, by_group(groups, colours), *arguments, **more)
    return np.asarray(Image.open(io.BytesIO(drawn))).astype(int)


def test_a_pixel_has_the_colour_of_the_mean_number():
    places, values = np.array([[0.5, 0.5], [0.5, 0.5], [1.5, 0.5]]), np.array([0.0, 3.0, 4.0])
    colouring = by_number(values, 0.0, 4.0, ["#000000", "#640000", "#6400c8"])
    drawn = np.asarray(Image.open(io.BytesIO(picture(places, colouring, (0, 2, 0, 1), (2, 1))))).astype(int)
    assert drawn[0, :, :3].tolist() == [[75, 0, 0], [100, 0, 200]]


def test_a_pixel_has_the_mean_colour_of_its_points_and_the_top_is_up():
    places = np.array([[0.5, 0.5], [0.5, 0.5], [1.5, 1.5], [1.5, 1.5], [1.5, 1.5], [1.5, 1.5]])
    drawn = pixels(places, np.array([0, 0, 0, 1, 1, 1]), [RED, BLUE], WINDOW, (2, 2))
    bottom = FAINTEST + (1 - FAINTEST) * np.log(3) / np.log(5)
    assert drawn[1, 0].tolist() == [255, 0, 0, round(255 * bottom)]
    assert drawn[0, 1].tolist() == [64, 0, 191, 255]
    assert drawn[0, 0, 3] == drawn[1, 1, 3] == 0


def test_what_is_not_selected_is_faded():
    places, groups = np.array([[0.5, 0.5], [1.5, 0.5], [1.5, 0.5]]), np.array([0, 0, 1])
    drawn = pixels(places, groups, [RED, BLUE], (0, 2, 0, 1), (2, 1), np.array([False, False, True]))
    assert drawn[0, 1].tolist() == [0, 0, 255, 255]  # of the selected point alone
    faint = FADED * (FAINTEST + (1 - FAINTEST) * np.log(2) / np.log(3))
    assert drawn[0, 0].tolist() == [255, 0, 0, round(255 * faint)]


def test_an_empty_window_is_clear():
    assert pixels(np.array([[5.0, 5.0]]), np.array([0]), [RED], WINDOW, (3, 4)).shape == (4, 3, 4)
    assert not pixels(np.array([[5.0, 5.0]]), np.array([0]), [RED], WINDOW, (3, 4)).any()


@pytest.mark.parametrize(
    ("window", "size", "sentence"),
    [
        ((1, 1, 0, 1), (2, 2), "left below right"),
        ((0, np.nan, 0, 1), (2, 2), "four finite numbers"),
        (WINDOW, (0, 2), "1 or more"),
        (WINDOW, (4000, 4000), "4,000,000 pixels at most"),
    ],
)
def test_what_cannot_be_drawn_is_refused(window, size, sentence):
    with pytest.raises(ValueError, match=sentence):
        picture(np.zeros((1, 2)), by_group(np.zeros(1, int), [RED]), window, size)
