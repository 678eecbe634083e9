"""Curves of what jobs report: whichever metrics they are."""

import numpy as np

from dashboard.components.curves import metric_figure, metrics_in

TRAINING = [{"epoch": 0.5, "train_loss": 2.0}, {"epoch": 1, "train_loss": 1.0, "test_loss": 1.5, "test_accuracy": 0.5}]


def test_a_metric_of_train_and_test_images_counts_once():
    assert metrics_in(TRAINING) == ["loss", "accuracy"]
    assert metrics_in([{"epoch": 1, "kl": 0.5}, {"kl": 0.4, "loss": 1.0}]) == ["kl", "loss"]
    assert metrics_in([]) == []


def test_a_trainings_curves_are_those_of_the_teacher_view():
    figure = metric_figure(TRAINING, "loss", 12)
    assert [line.name for line in figure.data] == ["train", "test"]
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.xaxis.range[1] == 1.02 * 12


def test_any_other_metric_is_drawn_by_epoch_where_there_are_epochs():
    figure = metric_figure([{"epoch": 2, "kl": 0.5}, {"epoch": 4, "kl": 0.25}], "kl")
    (line,) = figure.data
    assert (line.x.tolist(), line.y.tolist()) == ([2, 4], [0.5, 0.25])
    assert (figure.layout.xaxis.title.text, figure.layout.showlegend) == ("epoch", False)


def test_a_metric_without_epochs_is_drawn_by_report():
    points = [{"error": 3.0}, {"other": 1.0}, {"error": 1.0}]
    figure = metric_figure(points, "error")
    np.testing.assert_array_equal(figure.data[0].x, [0, 2])
    assert figure.layout.xaxis.title.text == "report"


def test_a_metric_of_two_splits_has_a_line_each():
    points = [{"epoch": 1, "train_kl": 0.5, "test_kl": 0.6}]
    figure = metric_figure(points, "kl")
    assert [line.name for line in figure.data] == ["train_kl", "test_kl"]
    assert figure.layout.showlegend


def test_a_plain_loss_is_no_training_of_two_splits():
    assert [line.name for line in metric_figure([{"loss": 1.0}], "loss").data] == ["loss"]


def test_a_metrics_name_is_no_markup():
    figure = metric_figure([{"<b>x": 1.0}], "<b>x")
    assert figure.layout.yaxis.title.text == "&lt;b&gt;x"
