"""Bars of one distribution, or of two."""

import numpy as np
import pytest

from dashboard.teacher.bars import digits, likeliest, lowest_decade, probability_figure
from dashboard.theme import class_colours

NAMES = ["cat", "dog", "eel"]
SAID = np.array([0.2, 0.7995, 0.0005], np.float32)


def test_bars_tick_the_true_class_and_frame_the_predicted_one():
    figure = probability_figure([SAID], NAMES, class_colours(3), [2])
    (bars,) = figure.data
    assert bars.x.tolist() == pytest.approx(SAID.tolist())
    assert list(bars.text) == ["0.2000", "0.7995", "0.0005000"]
    assert list(bars.marker.color) == class_colours(3)
    assert list(bars.marker.line.width) == [0, 2, 0]
    assert list(figure.layout.yaxis.ticktext) == ["cat", "dog", "eel ✓"]
    assert (figure.layout.xaxis.range, figure.layout.xaxis.type) == ((0, 1), None)


def test_the_pinned_image_has_bars_of_its_own_on_the_same_scale():
    other = np.array([0.0, 0.25, 0.75], np.float32)
    figure = probability_figure([SAID, other], NAMES, class_colours(3), [2, 2])
    ours, pinned = figure.data
    assert (ours.x.tolist(), pinned.x.tolist()) == (SAID.tolist(), other.tolist())
    assert list(pinned.text) == ["0", "0.2500", "0.7500"]
    assert (ours.marker.pattern.shape, pinned.marker.pattern.shape) == ("", "/")
    assert [list(bars.marker.line.width) for bars in (ours, pinned)] == [[0, 2, 0], [0, 0, 2]]
    assert list(figure.layout.yaxis.ticktext) == ["cat", "dog", "eel ✓ (✓)"]
    apart = probability_figure([SAID, other], NAMES, class_colours(3), [None, 0])
    assert list(apart.layout.yaxis.ticktext) == ["cat (✓)", "dog", "eel"]


def test_a_log_axis_has_room_for_the_least_likely():
    figure = probability_figure([np.array([1 - 3e-5, 3e-5, 0])], NAMES, class_colours(3), [0], "log")
    (bars,) = figure.data
    assert (figure.layout.xaxis.type, figure.layout.xaxis.range) == ("log", (-5, 0))
    assert bars.x.tolist() == pytest.approx([1, 3e-5, 1e-5], rel=1e-4)  # none at all has a bar of no length
    assert list(bars.text) == ["1.000", "3.000e-05", "0"]


@pytest.mark.parametrize(("values", "decade"), [
    ([0.5, 0.5], -1), ([1.0, 0.0], -1), ([0.95, 0.05], -2), ([1.0, 1e-40], -12),
])  # fmt: skip
def test_where_a_log_axis_begins(values, decade):
    assert lowest_decade(np.array(values)) == decade


@pytest.mark.parametrize(("value", "told"), [
    (1.0, "1.000"), (0.99996, "1.000"), (0.12345, "0.1235"), (1.23456e-7, "1.235e-07"), (0.0, "0"),
])  # fmt: skip
def test_numbers_have_four_significant_digits(value, told):
    assert digits(value) == told


def test_what_looks_like_html_is_shown_as_it_stands():
    names = ["automobile", "a very long name indeed", "<script>alert(1)</script>"]
    figure = probability_figure([np.array([0.2, 0.3, 0.5])], names, ["#000000"] * 3, [0])
    assert list(figure.layout.yaxis.ticktext) == ["automobile ✓", "a very long…", "&lt;script&gt;ale…"]


@pytest.mark.parametrize(("true", "last"), [(3, 81), (50, 50), (None, 81)])
def test_of_many_classes_the_likeliest_have_bars_and_the_true_one(true, last):
    probabilities = np.linspace(1, 2, 101)[:100] / 150
    probabilities[3] = 0.3
    names = [f"class {number}" for number in range(100)]
    figure = probability_figure([probabilities], names, class_colours(100), [true])
    drawn = [3, *range(99, 81, -1), last]
    marked = [f"class {number}" + (" ✓" if number == true else "") for number in drawn]
    assert list(figure.layout.yaxis.ticktext) == marked
    (bars,) = figure.data
    assert bars.x.tolist() == pytest.approx(probabilities[drawn].tolist())
    assert list(bars.marker.color) == [class_colours(100)[number] for number in drawn]
    assert list(bars.marker.line.width) == [2] + [0] * 19
    assert figure.layout.xaxis.title.text == "20 of 100 classes, likeliest first"


def test_of_two_images_half_as_many_classes_have_room():
    one, two = np.zeros(100), np.zeros(100)
    one[:10], two[90:] = np.arange(10, 0, -1) / 55, np.arange(10, 0, -1) / 60
    assert likeliest([one, two], [0, 90]) == [0, 90, 1, 91, 2, 92, 3, 93, 4, 94]
    assert likeliest([one, two], [40, 50]) == [0, 90, 1, 91, 2, 92, 3, 93, 40, 50]
    assert likeliest([one[:10], two[:10]], [0, 1]) == list(range(10))
