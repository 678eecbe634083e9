"""The Teacher view's figures, as data."""

import json

import pytest

from dashboard.components.curves import training_figure

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
