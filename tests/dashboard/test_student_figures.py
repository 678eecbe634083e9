"""What is drawn of students: the tree, what it says, and the charts of fidelity."""

import numpy as np

from dashboard.student.fidelity import figures_of, labels_figure, logits_figure, loss_figure
from dashboard.student.tree_figure import Tree, places, rules, tree_figure

NAMES, COLOURS = ["four", "nine", "one"], ["#111111", "#222222", "#333333"]
TREE = Tree(  # a root, a leaf to its left, and two leaves to the right of that
    np.array([3, -1, 0, -1, -1]),
    np.array([0.5, np.nan, -1.25, np.nan, np.nan]),
    np.array([1, -1, 3, -1, -1]),
    np.array([2, -1, 4, -1, -1]),
    np.array([[60, 40, 0], [50, 0, 0], [10, 40, 0], [10, 0, 0], [0, 40, 0]]),
)


def test_leaves_stand_beside_each_other_and_questions_between_them():
    x, depth = places(TREE.left, TREE.right)
    assert x.tolist() == [0.75, 0.0, 1.5, 1.0, 2.0]
    assert depth.tolist() == [0, 1, 1, 2, 2]


def test_the_way_of_the_image_is_thick():
    figure = tree_figure(TREE, [0, 2, 4], NAMES, COLOURS)
    thin, thick = [trace for trace in figure.data if trace.type == "scatter"]
    assert (thin.line.width, thick.line.width) == (1.5, 4)
    assert [value for value in thick.x if value is not None] == [0.75, 1.5, 1.5, 2.0]
    words = [note.text for note in figure.layout.annotations]
    assert words == ["<b>z3 ≤ 0.50</b>", "four", "<b>z0 ≤ -1.25</b>", "four", "<b>nine</b>"]


def test_bars_are_the_shares_of_labels_at_a_node():
    figure = tree_figure(TREE, [0], NAMES, COLOURS)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.name for bar in bars] == ["four", "nine"]  # nothing is taken for one
    assert np.allclose(bars[0].width, 0.8 * np.array([0.6, 1, 0.2, 1, 0]))
    assert np.allclose(bars[0].width + bars[1].width, 0.8)
    assert bars[0].customdata[0] == "100 neighbours: four 60%, nine 40%<br>left where latent value 3 ≤ 0.5"


def test_one_leaf_alone_is_drawn():
    single = Tree(np.array([-1]), np.array([np.nan]), np.array([-1]), np.array([-1]), np.array([[0, 7, 0]]))
    figure = tree_figure(single, [0], NAMES, COLOURS)
    assert [note.text for note in figure.layout.annotations] == ["<b>nine</b>"]
    assert rules(single, NAMES) == [["always", "nine", 7, 0, 7, 0]]


def test_rules_are_the_conditions_of_the_leaves():
    assert rules(TREE, NAMES) == [
        ["z3 <= 0.5", "four", 50, 50, 0, 0],
        ["z3 > 0.5 and z0 <= -1.25", "four", 10, 10, 0, 0],
        ["z3 > 0.5 and z0 > -1.25", "nine", 40, 0, 40, 0],
    ]


FOUND = {"agreement": 0.9, "majority": 0.6, "top_class": 0, "r2": 0.5, "kl": 0.1, "n_labels": 2, "n_images": 200}


def test_agreement_stands_beside_the_commonest_label_with_its_interval():
    told = {title: (value, means) for title, value, means in figures_of({"fidelity": FOUND}, None)}
    assert told["agreement"] == ("90.0%", "95 % interval 85.1% to 93.4%")
    assert told["commonest label"][0] == "60.0%"
    both = {
        title: value
        for title, value, _ in figures_of({"fidelity": FOUND}, {"fidelity": FOUND | {"agreement": 0.8, "r2": None}})
    }
    assert both["agreement"] == "90.0% | 80.0%"
    assert both["R² of its logit"] == "0.50 | –"


def test_charts_draw_what_they_are_given():
    lines = loss_figure({"usual": np.array([2.0, 1.0]), "T = 4": np.array([2.0, 1.5, 1.2])}).data
    assert [line.y.tolist() for line in lines] == [[2.0, 1.0], [2.0, 1.5, np.float32(1.2)]]
    theirs = np.array([[3.0, 0, 0], [0, 3.0, 0]])
    _, four, nine = logits_figure(theirs, theirs / 2, 0, NAMES, COLOURS).data
    assert (four.x.tolist(), four.y.tolist(), nine.x.tolist()) == ([2.0], [1.0], [-1.0])
    (bars,) = labels_figure(np.array([5, 30, 0]), NAMES, COLOURS).data
    assert (list(bars.y), bars.x.tolist()) == (["four", "nine"], [5, 30])
