"""What is picked on matrix, chord diagram and list, and the selection that it makes; asked over HTTP as the browser does."""

import csv
import io
import json

import numpy as np
import pytest

from dashboard.links import fitting, make_selection, recall_selection, study_data
from dashboard.measures import unpack_bits
from dashboard.server import build
from dashboard.teacher.confusions import cells_of, confusions_of, marked_cells, select_cells
from dashboard.teacher.tables import confusions_table
from tests.dashboard.asking import Page

N, K = 60, 3
NAMES = ["cat", "dog", "eel"]


@pytest.fixture(scope="module")
def labels():
    return np.arange(N) % K


@pytest.fixture(scope="module")
def predicted(labels):
    """Every fourth image is taken for the next class; no eel is taken for a dog, nor a dog for a cat."""
    return np.where(np.arange(N) % 4 == 0, (labels + 1) % K, labels)


@pytest.fixture(scope="module")
def study(own, labels, predicted, tmp_path_factory):
    path = tmp_path_factory.mktemp("given") / "told.npz"
    np.savez(path, probs=np.eye(K)[predicted] * 0.7 + 0.1, labels=labels, class_names=NAMES)
    return own.give_study(path)


@pytest.fixture
def pick(own, study):
    def pick(what, *at, how="only", held=None):
        picked = {"what": what, "at": list(at), "how": how}
        return select_cells(own.engine, study.keys, "test", picked, held)

    return pick


def ids(selection):
    return np.flatnonzero(unpack_bits(selection["bits"], N)).tolist()


def cells(selection):
    marked = marked_cells(selection, "test", K)
    return None if marked is None else np.argwhere(marked).tolist()


@pytest.mark.parametrize(
    ("what", "at", "label", "wanted", "by_outcome"),
    [
        ("cell", (0, 1), "cat taken for dog", lambda t, p: (t == 0) & (p == 1), True),
        ("cell", (1, 1), "dog, rightly recognised", lambda t, p: (t == 1) & (p == 1), True),
        ("row", (2,), "class eel", lambda t, _: t == 2, False),
        ("column", (1,), "taken for dog", lambda _, p: p == 1, True),
        ("class", (0,), "confused with cat", lambda t, p: (t != p) & ((t == 0) | (p == 0)), True),
    ],
)
def test_what_is_clicked_is_selected(pick, own, labels, predicted, what, at, label, wanted, by_outcome):
    made = pick(what, *at)
    assert ids(made) == np.flatnonzero(wanted(labels, predicted)).tolist()
    assert (made["label"], made["by_outcome"], made["split"]) == (label, by_outcome, "test")
    assert cells(made) == np.argwhere(cells_of(what, at, K)).tolist()
    assert recall_selection(own.engine, made["id"]) == made == json.loads(json.dumps(made))


def test_shift_adds_and_alt_takes_away(pick):
    first = pick("cell", 0, 1)
    both = pick("cell", 1, 2, how="add", held=first)
    assert sorted(ids(both)) == sorted(ids(first) + ids(pick("cell", 1, 2)))
    assert (both["label"], cells(both)) == ("cat taken for dog and dog taken for eel", [[0, 1], [1, 2]])
    back = pick("cell", 0, 1, how="remove", held=both)
    assert back == pick("cell", 1, 2)
    assert pick("cell", 1, 2, how="remove", held=back) is None  # nothing is left
    assert len(pick("class", 0, how="add", held=both)["label"]) <= 60


def test_true_classes_together_are_not_chosen_by_outcome_but_a_part_of_one_is(pick):
    rows = pick("row", 1, how="add", held=pick("row", 0))
    assert not rows["by_outcome"]
    assert pick("cell", 0, 1, how="remove", held=rows)["by_outcome"]


def test_cells_are_added_to_what_was_selected_elsewhere_and_then_none_is_framed(pick, own, study):
    mask = np.zeros(N, bool)
    mask[:5] = True
    lasso = make_selection(own.engine, study.keys["images"], mask, "Lasso of 5 images", "scatter", split="test")
    more = pick("cell", 0, 1, how="add", held=lasso)
    assert ids(more) == sorted({*range(5), *ids(pick("cell", 0, 1))})
    assert (more["label"], cells(more), more["by_outcome"]) == ("Lasso of 5 images and cat taken for dog", None, True)
    assert ids(pick("row", 0, how="remove", held=lasso)) == [1, 2, 4]


def test_what_cannot_be_is_said(pick):
    held = pick("cell", 0, 1)
    assert pick("cell", 2, 1) == "No test image of class eel was taken for dog."
    assert pick("cell", 0, 1, how="remove") == "Nothing is selected that these images could be taken away from."
    assert pick("cell", 0, 1, how="add", held=held) == "They are selected already."
    assert pick("cell", 1, 2, how="remove", held=held) == "None of them is selected."


def test_cells_are_marked_in_the_split_they_were_picked_in(pick):
    made = pick("cell", 0, 1)
    assert marked_cells(made, "train", K) is None
    assert marked_cells(None, "test", K) is None


def test_confusions_are_listed_the_most_frequent_first():
    confusion = np.array([[9, 2, 0], [5, 9, 2], [0, 2, 9]])
    assert confusions_of(confusion).tolist() == [[1, 0, 5], [0, 1, 2], [1, 2, 2], [2, 1, 2]]
    assert confusions_of(np.diag([1, 2])).tolist() == []


def test_the_table_of_confusions(own, study, labels, predicted):
    rows = list(csv.reader(io.StringIO(confusions_table(own.engine, study.keys, "test"))))
    assert rows[0] == ["true", "predicted", "images", "of true", "of predicted"]
    for true, taken, images, of_true, of_predicted in rows[1:]:
        t, p = NAMES.index(true), NAMES.index(taken)
        count = int(((labels == t) & (predicted == p)).sum())
        assert (int(images), t != p) == (count, True)
        assert float(of_true) == count / (labels == t).sum()
        assert float(of_predicted) == count / (predicted == p).sum()
    assert sum(int(row[2]) for row in rows[1:]) == (labels != predicted).sum()


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


def drawn(page, study, **ways):
    given = {"matrix_diagram": "matrix", "matrix_split": "test", "matrix_shade": "log", "matrix_cells": "counts",
             "matrix_order": "class"}  # fmt: skip
    values = {f"{name}__value": value for name, value in (given | ways).items() if name != "hits"}
    return page.ask(
        "matrix.figure",
        "matrix-diagram.value",
        ready__data=list(study.keys),
        study__data=study_data(study),
        matrix_hits__checked=ways.get("hits", False),
        **values,
    )


def test_the_matrix_or_the_chord_diagram_is_sent(own_page, study, labels, predicted):
    told = drawn(own_page, study)
    assert told["matrix"]["style"] == {}
    assert told["chord"]["style"] == {"display": "none"}
    facts = told["confusions"]["data"]
    assert facts["top"] == confusions_of(np.histogram2d(labels, predicted, bins=K)[0]).tolist()
    assert facts["n_confusions"] == len(facts["top"])
    assert "chord" not in facts
    told = drawn(own_page, study, matrix_diagram="chord")
    assert "figure" not in told["matrix"]
    assert told["chord"]["style"] == {}
    assert told["confusions"]["data"]["chord"]["classes"] == [0, 1, 2]


def test_a_net_without_a_mistake_and_a_split_without_images_are_told_in_a_sentence(own, own_page, tmp_path):
    np.savez(tmp_path / "right.npz", probs=np.eye(K)[[0, 1, 2, 1]] * 0.7 + 0.1, labels=[0, 1, 2, 1])
    perfect = own.give_study(tmp_path / "right.npz")
    told = drawn(own_page, perfect, matrix_diagram="chord")
    assert told["matrix-words"]["children"].startswith("No test image is taken for another class")
    assert told["matrix-body"]["style"] == {"display": "none"}
    assert drawn(own_page, perfect, matrix_diagram="chord", hits=True)["matrix-body"]["style"] == {}
    assert (
        drawn(own_page, perfect, matrix_split="train")["matrix-words"]["children"]
        == "There are no train images in this set."
    )


def test_what_makes_no_sense_is_not_offered(own, own_page, study, tmp_path):
    np.savez(tmp_path / "bare.npz", probs=np.full((4, K), 1 / K))
    bare = own.give_study(tmp_path / "bare.npz")
    for given, labelled in ((study, {}), (bare, {"display": "none"})):
        told = own_page.ask(
            "wrong-button.style", "ready.data", ready__data=list(given.keys), study__data=study_data(given),
            matrix_diagram__value="matrix",
        )  # fmt: skip
        assert told["wrong-button"]["style"] == labelled
        assert told["matrix-split"]["style"] == {"display": "none"}  # there are no train images


def test_a_click_selects_or_says_why_not(own_page, own, study):
    def click(how, *at):
        picked = {"what": "cell", "at": list(at), "how": how}
        return own_page.ask(
            "selection.data", "confusions-picked.data", confusions_picked__data=picked, matrix_split__value="test",
            study__data=study_data(study), ready__data=list(study.keys), selection__data=None,
        )  # fmt: skip

    made = click("only", 0, 1)["selection"]["data"]
    assert made["label"] == "cat taken for dog"
    assert fitting(made, study_data(study)) == made
    told = click("only", 2, 1)
    assert "selection" not in told
    assert told["toasts"]["sendNotifications"][0]["message"] == "No test image of class eel was taken for dog."
