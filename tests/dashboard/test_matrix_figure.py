"""The confusion matrix as a figure, as data."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.teacher.matrix import facts
from dashboard.teacher.matrix_figure import LEVELS, MAX_NUMBERED, confusion_figure, frames
from dashboard.theme import ACCENT_COLOUR

CONFUSION = np.array([[30, 0, 2], [1, 40, 0], [0, 0, 0]])
NAMES = ["cat", "dog", "eel"]


def matrix_of(confusion, *ways, **options):
    return confusion_figure(confusion, NAMES, *ways, **options).data[0]


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


@pytest.mark.parametrize(("cells", "sums"), [("true", [[32], [41], [1]]), ("predicted", [[31, 40, 2]])])
@pytest.mark.parametrize("shade", ["log", "linear"])
def test_cells_say_and_are_shaded_by_their_share(cells, sums, shade):
    share = CONFUSION / np.array(sums)
    trace = matrix_of(CONFUSION, shade, cells)
    texts = np.where(CONFUSION > 0, np.char.mod("%.0f", 100 * share), "")
    assert trace.text.tolist() == texts.tolist()
    strength = np.log1p(1000 * share) if shade == "log" else share
    assert np.abs(trace.z).tolist() == np.rint(LEVELS * strength / strength.max()).tolist()
    assert (trace.customdata == CONFUSION).all()


def test_a_share_below_one_percent_is_not_none():
    assert matrix_of(np.array([[999, 1], [0, 5]]), "log", "true").text.tolist() == [["100", "<1"], ["", "100"]]


def test_the_order_moves_rows_and_columns_and_keeps_the_classes_names():
    order = np.array([2, 0, 1])
    figure = confusion_figure(CONFUSION, NAMES, order=order)
    cells = figure.data[0]
    assert list(cells.x) == list(cells.y) == [2, 0, 1]
    assert (cells.customdata == CONFUSION[np.ix_(order, order)]).all()
    assert figure.layout.xaxis.labelalias == {"0": "cat", "1": "dog", "2": "eel"}
    assert figure.data[1].text[:, 1].tolist() == ["0", "32", "41"]
    assert figure.data[2].text[1].tolist() == ["2", "31", "40"]


def test_totals_stand_beside_and_below():
    _, rows, columns = confusion_figure(CONFUSION, NAMES).data
    assert (rows.z[:, 1] == [32, 41, 0]).all()
    assert (columns.z[1] == [31, 40, 2]).all()
    assert (rows.xaxis, columns.yaxis) == ("x2", "y2")
    assert rows.yaxis is None  # they move with the rows when one looks closer


def test_hover_is_given_the_count():
    assert (matrix_of(CONFUSION).customdata == CONFUSION).all()
    many = np.array([[70_000, 3], [0, 300]])
    assert (matrix_of(many).customdata == many).all()


def test_the_matrix_of_a_hundred_classes_is_small_enough_to_be_sent_at_a_gesture():
    counts = np.random.default_rng(0).integers(0, 500, (100, 100))
    names = [f"class number {n}" for n in range(100)]
    text = confusion_figure(counts, names).to_json()
    assert "NaN" not in text
    assert len(gzip.compress((text + json.dumps(facts(counts, names, "test"))).encode(), 1)) < 40_000


@pytest.mark.parametrize(("n_classes", "numbered"), [(MAX_NUMBERED, True), (MAX_NUMBERED + 1, False), (100, False)])
def test_many_classes_have_no_numbers_but_can_be_zoomed(n_classes, numbered):
    counts = np.random.default_rng(0).integers(0, 5, (n_classes, n_classes))
    figure = confusion_figure(counts, [str(number) for number in range(n_classes)])
    assert [trace.text is not None for trace in figure.data] == [numbered] * 3
    assert figure.layout.xaxis.fixedrange is numbered


def test_a_matrix_without_any_image_can_be_drawn():
    figure = confusion_figure(np.zeros((3, 3), int), NAMES)
    assert not figure.data[0].z.any()


def test_true_goes_down_and_predicted_right():
    layout = confusion_figure(CONFUSION, NAMES).layout
    assert layout.yaxis.autorange == "reversed"
    assert layout.annotations[0].text == "true ↓ predicted →"
    assert "of the true class" in confusion_figure(CONFUSION, NAMES, "log", "true").layout.annotations[0].text


def test_long_names_have_room_and_what_looks_like_html_is_shown_as_it_stands():
    names = ["frog", "automobile", "<b>truck</b>"]
    layout = confusion_figure(np.eye(3, dtype=int), names).layout
    assert layout.yaxis.labelalias == {"0": "frog", "1": "automobi…", "2": "&lt;b&gt;truck…"}
    assert layout.margin.l > confusion_figure(np.eye(3, dtype=int), ["0", "1", "2"]).layout.margin.l
    assert layout.xaxis.tickangle == -45


@given(st.integers(1, 8), st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.5, 0.9]))
def test_frames_are_round_the_selected_cells_and_no_others(n_classes, seed, share):
    rng = np.random.default_rng(seed)
    cells, order = rng.random((n_classes, n_classes)) < share, rng.permutation(n_classes)
    framed = np.zeros((n_classes, n_classes), int)
    for shape in frames(cells, order):
        left, right, top, bottom = (int(shape[edge] + 0.5) for edge in ("x0", "x1", "y0", "y1"))
        framed[top:bottom, left:right] += 1
    assert (framed == cells[np.ix_(order, order)]).all()


def test_rows_columns_and_single_cells_have_one_frame_each():
    order = np.arange(9)
    for wanted, where in (((3, 4, 0, 9), np.s_[3]), ((0, 9, 5, 6), np.s_[:, 5]), ((2, 3, 7, 8), np.s_[2, 7])):
        cells = np.zeros((9, 9), bool)
        cells[where] = True
        (frame,) = frames(cells, order)
        assert tuple(frame[edge] + 0.5 for edge in ("y0", "y1", "x0", "x1")) == wanted
        assert frame["line"]["color"] == ACCENT_COLOUR
