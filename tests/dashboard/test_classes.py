"""The tree of classes, asked over HTTP as the browser does: asked for, drawn, selected from."""

import csv
import io

import numpy as np
import pytest

from dashboard.links import study_data
from dashboard.measures import unpack_bits
from dashboard.server import build
from dashboard.teacher.class_tree import class_tree, decision_path
from dashboard.teacher.classes import MOST_LEVELS, path_words
from tests.dashboard.asking import Page
from tests.dashboard.test_class_tree import CLASSES, LINKAGE
from workers.kinds import KINDS

LABELS = np.array([0, 0, 1, 1, 2, 2, 0])
SAID = np.array(
    [[0.9, 0.1, 0, 0], [0.4, 0.6, 0, 0], [0.2, 0.8, 0, 0], [0.4, 0.5, 0.1, 0], [0, 0.2, 0.8, 0], [0.1, 0, 0.9, 0],
     [0.35, 0.2, 0.45, 0]]
)  # fmt: skip
NAMES = ["cat", "dog", "eel", "fox"]


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture(params=["labels"])
def study(request, own, own_page, tmp_path):
    """Predictions of a file, with labels or without, and no tree yet."""
    labels = {"labels": LABELS} if request.param == "labels" else {}
    np.savez(tmp_path / "told.npz", probs=SAID, class_names=np.array(NAMES), **labels)
    return own.give_study(tmp_path / "told.npz")


def ask(page, study, ready=None, seen=True):
    """What the page asks for; the study as its store then holds it, or None."""
    looked_at = "classes-panel" if seen else "training-panel"
    told = page.ask(
        "study.data",
        "deck.value",
        deck__value=looked_at,
        ready__data=ready or list(study.keys),
        study__data=study_data(study),
    )
    return told.get("study", {}).get("data")


def source(page, study, ready):
    told = page.ask(
        "classes-source.data",
        "ready.data",
        ready__data=ready,
        deck__value="classes-panel",
        study__data=study_data(study),
    )
    return told["classes-source"]["data"]


@pytest.fixture
def grown(own, own_page, study):
    """The study with its tree."""
    ask(own_page, study)
    study = own.engine.studies.get(study.id)
    own._run(own.engine.jobs.spec(study.keys["hierarchy"]))
    return study


def shown(page, study, what="sunburst", split="test", levels=MOST_LEVELS, zoom=None, selection=None, focus=None):
    return page.ask(
        "classes-levels-text.children", "classes-source.data",
        classes_source__data=source(page, study, list(study.keys)), classes_what__value=what, matrix_split__value=split,
        classes_levels__value=levels, classes_zoom__data=zoom, selection__data=selection, focus__data=focus,
        study__data=study_data(study),
    )  # fmt: skip


def test_the_tree_is_asked_for_once_it_is_looked_at(own_page, own, study):
    assert ask(own_page, study, seen=None) is None
    assert ask(own_page, study, ready=["images"]) is None
    assert source(own_page, study, ["images"])["words"] == "The tree of classes appears when the predictions are there."
    before = list(study.keys)
    assert source(own_page, study, before) == {"key": None, "words": "The tree of classes is asked for."}
    grown = ask(own_page, study)
    assert list(grown["keys"]) == [*before, "hierarchy"]
    key = grown["keys"]["hierarchy"]
    assert (own.engine.jobs.get(key).kind, own.engine.jobs.get(key).state) == ("hierarchy", "queued")
    study = own.engine.studies.get(study.id)
    assert ask(own_page, study, ready=before) is None
    assert source(own_page, study, before)["words"] == "Tree of classes: waits for a worker"
    own.engine.jobs.cancel(key)
    assert source(own_page, study, before)["words"] == "Tree of classes: stopped on request"
    told = own_page.ask(
        "classes-levels-text.children", "classes-source.data", classes_levels__value=1, study__data=study_data(study),
        classes_source__data=source(own_page, study, before),
    )  # fmt: skip
    assert told["classes-words"] == {"children": "Tree of classes: stopped on request", "style": {}}
    assert told["classes"]["style"] == {"display": "none"}
    assert told["classes-levels-text"]["children"] == "1 level"


def test_a_tree_that_cannot_be_asked_for_says_why(own_page, own, study):
    key = study.keys["predictions"]
    own.engine.client.hset(f"darkroom:job:{key}", "version", KINDS["given"].version + 1)
    assert ask(own_page, study) is None
    assert source(own_page, study, list(study.keys))["words"].startswith(
        f"There is no tree of classes: the predictions of a file job {key[:12]} was asked for by another version of Darkroom"
    )


def test_the_tree_is_drawn_with_what_is_left_out_of_it(own_page, grown):
    told = shown(own_page, grown)
    (trace,) = told["classes"]["figure"]["data"]
    assert (trace["type"], sorted(trace["labels"])) == ("sunburst", ["all", "cat", "dog", "eel", "{cat,dog}"])
    assert told["classes-panel-subtitle"]["children"] == "Accuracy 71.4% of 7 test images, 3 classes"
    assert "no test images: class fox" in str(told["classes-crumbs"]["children"])
    assert "no train images" in shown(own_page, grown, split="train")["classes-words"]["children"]
    (merged,) = shown(own_page, grown, levels=1)["classes"]["figure"]["data"]
    assert sorted(merged["labels"]) == ["all", "cat", "dog", "eel"]
    assert len(shown(own_page, grown, "dendrogram")["classes"]["figure"]["data"]) == 2


def test_a_zoom_has_its_way_back_and_means_nothing_in_another_tree(own_page, grown):
    told = shown(own_page, grown, zoom={"key": grown.keys["hierarchy"], "node": 3})
    assert told["classes"]["figure"]["data"][0]["level"] == told["classes"]["figure"]["layout"]["meta"]["level"] == "3"
    back, arrow, here, _ = told["classes-crumbs"]["children"]
    assert (back["props"]["children"], arrow, here) == ("all classes", " › ", "{cat,dog}")
    assert back["props"]["data-node"] == 4
    assert shown(own_page, grown, zoom={"key": "other", "node": 3})["classes"]["figure"]["data"][0]["level"] == "4"


@pytest.mark.parametrize("study", ["none"], indirect=True)
def test_without_labels_it_is_of_what_is_predicted_and_coloured_by_confidence(own_page, grown):
    told = shown(own_page, grown)
    assert told["classes-panel-subtitle"]["children"] == "Mean confidence 70.7% of 7 test images, 3 classes"
    assert np.flatnonzero(pick(own_page, grown, 0)[1]).tolist() == [0]


def pick(page, study, node, add=False, selection=None, key=None):
    """The selection that a click makes, and its images as a mask."""
    told = page.ask(
        "selection.data", "classes-picked.data",
        classes_picked__data={"key": key or study.keys["hierarchy"], "node": node, "add": add},
        classes_source__data={"key": study.keys["hierarchy"], "words": ""}, matrix_split__value="test",
        selection__data=selection, study__data=study_data(study),
    )  # fmt: skip
    made = told.get("selection", {}).get("data")
    return made, None if made is None else unpack_bits(made["bits"], len(LABELS))


def test_a_sector_selects_the_images_of_its_classes_and_shift_adds(own_page, grown):
    made, mask = pick(own_page, grown, 3)
    assert mask.tolist() == np.isin(LABELS, [0, 1]).tolist()
    assert (made["label"], made["origin"], made["split"]) == ("classes cat, dog", "classes", "test")
    assert sorted(made["classes"]) == [0, 1]
    first, _ = pick(own_page, grown, 2)
    both, mask = pick(own_page, grown, 0, add=True, selection=first)
    assert (both["label"], both["classes"]) == ("classes eel, cat", [2, 0])
    assert mask.tolist() == np.isin(LABELS, [0, 2]).tolist()
    alone, mask = pick(own_page, grown, 0, selection=first)
    assert (alone["label"], mask.sum()) == ("class cat", 3)
    elsewhere = {name: value for name, value in first.items() if name != "classes"} | {"origin": "scatter"}
    mixed, mask = pick(own_page, grown, 0, add=True, selection=elsewhere | {"label": "Lasso of 2 images"})
    assert (mixed["label"], mask.sum()) == ("Lasso of 2 images or class cat", 5)
    assert ("classes" in mixed, mixed["by_outcome"]) == (False, False)
    errors = elsewhere | {"label": "Wrong in test", "by_outcome": True}
    assert pick(own_page, grown, 0, add=True, selection=errors)[0]["by_outcome"]
    assert pick(own_page, grown, 0, key="another tree") == (None, None)


def test_what_is_selected_and_the_way_of_the_focused_image_are_framed(own_page, grown):
    made, _ = pick(own_page, grown, 2)
    told = own_page.ask(
        "classes.figure", "focus.data", classes_source__data=source(own_page, grown, list(grown.keys)),
        matrix_split__value="test", classes_what__value="sunburst", classes_levels__value=MOST_LEVELS,
        classes__style={}, selection__data=made, focus__data=1, study__data=study_data(grown),
    )  # fmt: skip
    (patch,) = told["classes"]["figure"]["operations"]
    assert patch["location"] == ["data", 0, "marker", "line"]
    line = shown(own_page, grown, selection=made, focus=1)["classes"]["figure"]["data"][0]["marker"]["line"]
    assert patch["params"]["value"] == line
    assert sorted(line["color"]).count("#e5484d") == 1  # taken for a dog, which it is not


def test_the_way_is_told_in_words():
    tree = class_tree(LINKAGE, CLASSES)

    def words(probabilities, true):
        probabilities = np.array(probabilities)
        way = decision_path(tree, probabilities)
        parts = path_words(way, true, int(probabilities.argmax()), [*"0123456"])
        return "".join(part if isinstance(part, str) else part.children for part in parts)

    assert words([0.88, 0.03, 0, 0.05, 0.01, 0, 0.03], 0) == "root → {0,1,3,4} 0.97 → {0,1} 0.91 → 0 0.88"
    assert words([0.88, 0.03, 0, 0.05, 0.01, 0, 0.03], 3) == "root → {0,1,3,4} 0.97 ✗ leaves 3 → {0,1} 0.91 → 0 0.88"
    assert words([0.2, 0.1, 0, 0.2, 0.1, 0, 0.4], None).endswith(" → 0 0.20 (likeliest alone: 6)")


def test_the_way_is_that_of_the_image_in_focus(own_page, grown):
    def words(focus):
        told = own_page.ask(
            "classes-path.children", "focus.data", classes_source__data=source(own_page, grown, list(grown.keys)),
            classes_levels__value=MOST_LEVELS, focus__data=focus, study__data=study_data(grown),
        )  # fmt: skip
        return told["classes-path"]["children"]

    assert words(None) == words(99) == "Focus an image to see its way through the tree."
    assert "likeliest alone: eel" in str(words(6))


def test_the_tree_can_be_taken_along(own_page, grown):
    told = own_page.ask(
        "teacher-download.data", "take-classes.n_clicks", take_classes__n_clicks=1, matrix_split__value="test",
        classes_source__data=source(own_page, grown, list(grown.keys)), study__data=study_data(grown),
    )["teacher-download"]["data"]  # fmt: skip
    assert told["filename"] == "classes-test.csv"
    header, root, *rows = csv.reader(io.StringIO(told["content"]))
    assert header == ["node", "parent", "classes", "distance", "images", "accuracy"]
    assert (root[0], root[1], root[4], float(root[5])) == ("4", "", "7", pytest.approx(5 / 7))
    assert {row[2]: (row[1], row[4]) for row in rows if not row[3]} == {
        "cat": ("3", "3"), "dog": ("3", "2"), "eel": ("4", "2"),
    }  # fmt: skip
    told = own_page.ask("teacher-download.data", "take-classes.n_clicks", take_classes__n_clicks=1)
    assert "before the tree of classes is there" in str(told)
