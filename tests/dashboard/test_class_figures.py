"""Sunburst and dendrogram, as data."""

import numpy as np
import pytest

from dashboard.teacher.class_figures import Share, dendrogram_figure, frames, hover, sunburst_figure
from dashboard.teacher.class_tree import class_tree
from dashboard.theme import ACCENT_COLOUR, RIGHT, WRONG
from tests.dashboard.test_class_tree import CLASSES, LINKAGE, random_tree

NAMES = ["0", "<b>1</b>", "2", "3", "4", "5", "6"]
SHARE = Share(np.array([10, 20, 5, 30, 40, 0, 0]), np.array([9, 10, 5, 30, 38, 0, 0]), "accuracy")
TREE = class_tree(LINKAGE, CLASSES)
NODES = list(TREE.values())
MARKS = frames(NODES, [], None, [])


def test_sectors_are_as_wide_as_their_classes_have_images():
    (trace,) = sunburst_figure(TREE, 8, SHARE, NAMES, MARKS).data
    values = dict(zip(trace.ids, trace.values.tolist(), strict=True))
    assert [values[str(node.number)] for node in NODES] == [SHARE.counts[list(node.classes)].sum() for node in NODES]
    for node, parent in zip(NODES, trace.parents, strict=True):
        assert parent == ("" if node.parent is None else str(node.parent))
    assert (trace.branchvalues, trace.level, trace.sort) == ("total", "8", False)


def test_colours_are_accuracies_from_the_least_of_a_class_to_the_largest():
    (trace,) = sunburst_figure(TREE, 8, SHARE, NAMES, MARKS).data
    colours = dict(zip(trace.ids, trace.marker.colors.tolist(), strict=True))
    assert colours["5"] == pytest.approx(19 / 30)
    assert colours["3"] == pytest.approx(38 / 40)
    assert (trace.marker.cmin, trace.marker.cmax) == (0.5, 1)
    sure = Share(SHARE.counts, SHARE.counts, "accuracy")
    assert sunburst_figure(TREE, 8, sure, NAMES, MARKS).data[0].marker.cmin == pytest.approx(0.98)


def test_forks_stand_at_their_distances_in_the_middle_of_their_children():
    lines, marks = dendrogram_figure(TREE, 8, SHARE, NAMES, MARKS).data
    x = dict(zip(marks.ids, marks.x, strict=True))
    y = dict(zip(marks.ids, marks.y, strict=True))
    assert [x[number] for number in "5678"] == [0.3, 0.32, 0.8, 0.9]
    assert [y[number] for number in "01234"] == [0, 1, 2, 3, 4]
    assert [y[number] for number in "5678"] == [0.5, 2.5, 1.5, 2.75]
    assert len(lines.x) == 3 * (4 + 8)  # a line down each fork, one to each child


def test_the_axis_of_distances_holds_all_and_begins_where_there_is_something_to_see():
    figure = dendrogram_figure(TREE, 6, SHARE, NAMES, frames(NODES[:3], [], None, []))
    assert set(figure.data[1].ids) == {"6", "2", "3"}
    far = class_tree(LINKAGE * [1, 1, 0.05, 1] + [0, 0, 0.9, 0], CLASSES)
    axis = dendrogram_figure(far, 8, SHARE, NAMES, MARKS)
    low, high = axis.layout.xaxis.range
    assert 0.85 < low < 0.915 < 0.945 < high
    assert all(low <= x <= high for x in axis.data[1].x)


def test_what_is_selected_is_framed_and_the_way_is_red_from_where_it_leaves_the_true_class():
    way = [TREE[7], TREE[5], TREE[0]]
    marks = frames(NODES, way, 1, [3, 4])
    colours = dict(zip((node.number for node in NODES), marks["color"], strict=True))
    assert {number for number, colour in colours.items() if colour == ACCENT_COLOUR} == {6, 2, 3}
    assert {number for number, colour in colours.items() if colour == RIGHT} == {7, 5}
    assert {number for number, colour in colours.items() if colour == WRONG} == {0}
    assert WRONG not in frames(NODES, way, None, [])["color"]


def test_hover_says_what_there_is_and_names_are_text():
    assert hover(TREE[5], 30, 19 / 30, "accuracy", NAMES) == (
        "classes 0, &lt;b&gt;1&lt;/b&gt;<br>30 images, accuracy 63.3%<br>distance 0.300"
    )
    assert hover(TREE[4], *SHARE.of(TREE[4]), "accuracy", NAMES) == "class 6<br>0 images"
    (trace,) = sunburst_figure(TREE, 8, SHARE, NAMES, MARKS).data
    assert not any("<" in label for label in trace.labels)


@pytest.mark.parametrize("draw", [sunburst_figure, dendrogram_figure])
def test_a_hundred_classes_are_small_enough_to_be_sent_at_a_gesture(draw):
    tree = random_tree(100, 0)
    share = Share(np.full(100, 100), np.full(100, 93), "accuracy")
    marks = frames(list(tree.values()), [], None, [])
    text = draw(tree, next(iter(tree)), share, [f"class number {n}" for n in range(100)], marks).to_json()
    assert len(text) < 50_000
    assert "NaN" not in text
