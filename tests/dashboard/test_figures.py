"""The Teacher view's figures, as data."""

import json

import numpy as np
import pytest

from dashboard.components.curves import training_figure
from dashboard.teacher.figures import LEVELS, MAX_NUMBERED, cell_mark, confusion_figure
from dashboard.theme import ACCENT_COLOUR

CONFUSION = np.array([[30, 0, 2], [1, 40, 0], [0, 0, 0]])
NAMES = ["cat", "dog", "eel"]


def confusion_of(n_classes):
    return np.random.default_rng(0).integers(0, 5, (n_classes, n_classes))


def matrix_of(confusion, *shade):
    (trace,) = confusion_figure(confusion, NAMES, *shade).data
    return trace


def test_counts_stand_in_the_cells_and_empty_ones_stay_empty():
    assert matrix_of(CONFUSION).text.tolist() == [["30", "", "2"], ["1", "40", ""], ["", "", ""]]


def test_right_and_wrong_lie_on_either_side_of_an_empty_cell():
    trace = matrix_of(CONFUSION)
    assert (np.sign(trace.z) == [[1, 0, -1], [-1, 1, 0], [0, 0, 0]]).all()
    assert (trace.zmin, trace.zmax) == (-LEVELS, LEVELS)
    positions, colours = zip(*trace.colorscale, strict=True)
    assert list(positions) == sorted(positions)
    assert [colour.endswith(",0)") for colour in colours] == [False, False, True, True, False, False]
    assert colours[1][:-5] == colours[0][:-5] != colours[4][:-5] == colours[5][:-5]


@pytest.mark.parametrize("shade", ["log", "linear"])
def test_the_fullest_cell_is_the_strongest(shade):
    z = matrix_of(CONFUSION, shade).z
    assert z[1, 1] == LEVELS
    assert z[0, 2] == -round(LEVELS * (np.log1p(2) / np.log1p(40) if shade == "log" else 2 / 40))


def test_one_image_is_seen_beside_a_million():
    z = matrix_of(np.array([[1_000_000, 1], [0, 1]]), "linear").z
    assert z.tolist() == [[LEVELS, -1], [0, 1]]


def test_hover_tells_the_count():
    assert (matrix_of(CONFUSION).customdata == CONFUSION).all()
    many = np.array([[70_000, 3], [0, 300]])
    assert (matrix_of(many).customdata == many).all()


def test_the_matrix_of_a_hundred_classes_is_small_enough_to_be_sent_at_a_gesture():
    counts = np.random.default_rng(0).integers(0, 500, (100, 100))
    assert len(confusion_figure(counts, [f"class number {n}" for n in range(100)]).to_json()) < 45_000


@pytest.mark.parametrize(("n_classes", "numbered"), [(MAX_NUMBERED, True), (MAX_NUMBERED + 1, False), (100, False)])
def test_many_classes_have_no_numbers_but_can_be_zoomed(n_classes, numbered):
    figure = confusion_figure(confusion_of(n_classes), [str(number) for number in range(n_classes)])
    assert (figure.data[0].text is not None) is numbered
    assert figure.layout.xaxis.fixedrange is numbered


def test_a_matrix_without_any_image_can_be_drawn():
    figure = confusion_figure(np.zeros((3, 3), int), NAMES)
    assert not figure.data[0].z.any()


def test_true_goes_down_and_predicted_right():
    layout = confusion_figure(CONFUSION, NAMES).layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("predicted", "true")
    assert layout.yaxis.autorange == "reversed"
    assert list(layout.xaxis.ticktext) == list(layout.yaxis.ticktext) == NAMES


def test_the_selected_cell_is_framed():
    figure = confusion_figure(CONFUSION, NAMES)
    assert not figure.layout.shapes
    (frame,) = figure.add_shape(**cell_mark(0, 2)).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (1.5, 2.5, -0.5, 0.5)
    assert frame.line.color == ACCENT_COLOUR


def test_figures_travel_as_json_with_their_arrays_as_bytes():
    for figure in (confusion_figure(CONFUSION, NAMES), training_figure(POINTS, "loss")):
        assert '"bdata"' in figure.to_json()
        assert "NaN" not in figure.to_json()
        json.loads(figure.to_json())


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


def test_long_names_have_room_and_what_looks_like_html_is_shown_as_it_stands():
    names = ["automobile", "a very long name indeed", "<script>alert(1)</script>"]
    figure = confusion_figure(np.eye(3, dtype=int), names)
    assert list(figure.layout.yaxis.ticktext) == ["automobile", "a very long…", "&lt;script&gt;ale…"]
    assert figure.layout.margin.l > confusion_figure(np.eye(3, dtype=int), ["0", "1", "2"]).layout.margin.l
    assert figure.layout.xaxis.tickangle == -45


def test_a_hundred_classes_are_named_in_steps():
    ticks = confusion_figure(np.eye(100, dtype=int), [f"class {n}" for n in range(100)]).layout.xaxis
    assert list(ticks.tickvals) == list(range(0, 100, 4))
    assert ticks.ticktext[1] == "class 4"
