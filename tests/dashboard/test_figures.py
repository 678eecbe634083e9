"""The Teacher view's figures, as data."""

import json

import numpy as np
import pytest

from dashboard.components.curves import training_figure
from dashboard.teacher.figures import probability_figure
from dashboard.theme import class_colours

NAMES = ["cat", "dog", "eel"]


def test_figures_travel_as_json_with_their_arrays_as_bytes():
    told = training_figure(POINTS, "loss").to_json()
    assert '"bdata"' in told
    assert "NaN" not in told
    json.loads(told)


POINTS = [
    {"epoch": 0, "train_loss": 2.3, "test_loss": 2.2, "train_accuracy": 0.1, "test_accuracy": 0.1},
    {"epoch": 0.5, "train_loss": 1.5},
    {"epoch": 1, "train_loss": 1.0, "test_loss": 1.2, "train_accuracy": 0.7, "test_accuracy": 0.6},
]


def test_the_curve_shows_what_each_split_has():
    train, test = training_figure(POINTS, "loss").data
    assert (train.name, test.name) == ("train", "test")
    assert train.x.tolist() == [0, 0.5, 1]
    assert test.x.tolist() == [0, 1]
    assert test.y.tolist() == pytest.approx([2.2, 1.2])


def test_loss_is_on_a_log_axis_and_accuracy_in_percent():
    assert training_figure(POINTS, "loss").layout.yaxis.type == "log"
    accuracy = training_figure(POINTS, "accuracy")
    assert accuracy.layout.yaxis.type is None
    assert accuracy.layout.yaxis.tickformat == ".0%"
    assert accuracy.data[0].x.tolist() == [0, 1]


def test_the_loss_axis_has_numbers_from_the_first_steps_on():
    assert {0.5, 1, 2} < set(training_figure(POINTS, "loss").layout.yaxis.tickvals)
    decades = [{"epoch": epoch, "train_loss": 10.0**-epoch} for epoch in range(5)]
    assert training_figure(decades, "loss").layout.yaxis.dtick == 1
    assert training_figure([{"epoch": 0, "train_loss": 0.0}], "loss").layout.yaxis.dtick == 1


def test_the_axis_ends_where_training_will():
    low, high = training_figure(POINTS, "loss", 40).layout.xaxis.range
    assert low < 0
    assert 40 < high < 42
    assert training_figure(POINTS, "loss").layout.xaxis.range is None


def test_long_curves_have_no_markers():
    many = [{"epoch": number, "train_loss": 1.0} for number in range(100)]
    assert training_figure(many, "loss").data[0].mode == "lines"
    assert len(training_figure(many, "loss").data) == 1


def test_no_points_are_an_empty_figure():
    assert not training_figure([], "loss").data


def test_bars_tick_the_true_class_and_frame_the_predicted_one():
    probabilities = np.array([0.2, 0.7995, 0.0005])
    figure = probability_figure(probabilities, NAMES, class_colours(3), true=2, predicted=1)
    (bars,) = figure.data
    assert bars.x.tolist() == pytest.approx(probabilities.tolist())
    assert list(bars.text) == ["20.0%", "80.0%", "5e-04"]
    assert list(bars.marker.color) == class_colours(3)
    assert list(bars.marker.line.width) == [0, 2, 0]
    assert list(figure.layout.yaxis.ticktext) == ["cat", "dog", "eel ✓"]
    assert figure.layout.xaxis.range == (0, 1)


def test_what_looks_like_html_is_shown_as_it_stands():
    names = ["automobile", "a very long name indeed", "<script>alert(1)</script>"]
    bars = probability_figure(np.array([0.2, 0.3, 0.5]), names, ["#000000"] * 3, 0, 2)
    assert list(bars.layout.yaxis.ticktext) == ["automobile ✓", "a very long…", "&lt;script&gt;ale…"]


@pytest.mark.parametrize(("true", "last"), [(3, 81), (50, 50), (None, 81)])
def test_of_many_classes_the_likeliest_have_bars_and_the_true_one(true, last):
    probabilities = np.linspace(1, 2, 101)[:100] / 150
    probabilities[3] = 0.3
    names = [f"class {number}" for number in range(100)]
    figure = probability_figure(probabilities, names, class_colours(100), true=true, predicted=3)
    drawn = [3, *range(99, 81, -1), last]
    marked = [f"class {number}" + (" ✓" if number == true else "") for number in drawn]
    assert list(figure.layout.yaxis.ticktext) == marked
    (bars,) = figure.data
    assert bars.x.tolist() == pytest.approx(probabilities[drawn].tolist())
    assert list(bars.marker.color) == [class_colours(100)[number] for number in drawn]
    assert list(bars.marker.line.width) == [2] + [0] * 19
    assert figure.layout.xaxis.title.text == "20 of 100 classes, likeliest first"
