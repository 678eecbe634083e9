"""The header of the Teacher view, asked over HTTP as the browser does: numbers that are typed, and what is told."""

import numpy as np
import pytest

from dashboard.links import make_selection, study_data
from dashboard.measures import in_split, unpack_bits, wilson_interval
from dashboard.server import build
from dashboard.teacher.sets import combined, select
from tests.dashboard.asking import Page

N, N_TRAIN = 1797, 1438
READY = ["images", "teacher", "predictions", "embedding"]


@pytest.fixture(scope="module")
def study(own, digits):
    own.empty()
    return own.copy_study(digits)


@pytest.fixture(scope="module")
def own_page(own, study):
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def images(study):
    return study.keys["images"]


@pytest.fixture
def right(own, study):
    predicted = own.engine.results.array(study.keys["predictions"], "predicted")
    return own.engine.results.array(study.keys["images"], "labels") == predicted


def mask_of(*ids):
    return np.isin(np.arange(N), ids)


def ids_of(selection):
    return np.flatnonzero(unpack_bits(selection["bits"], N)).tolist()


@pytest.fixture
def told(own_page, study):
    def ask(selection=None, split="test", ready=READY, study=study):
        answer = own_page.ask(
            "strip-words.children",
            "selection.data",
            selection__data=selection,
            matrix_split__value=split,
            ready__data=ready,
            study__data=study_data(study),
        )
        return [sentence(span["props"]["children"]) for span in answer["strip-words"]["children"] or []]

    return ask


def sentence(children):
    parts = children if isinstance(children, list) else [children]
    return "".join(part["props"]["children"] if isinstance(part, dict) else part or "" for part in parts)


def share(what, hits, count):
    low, high = wilson_interval(hits, count)
    return f"{what} {hits / count:.1%} (95% interval {100 * low:.1f} to {100 * high:.1f}%)"


@pytest.mark.parametrize("split", ["test", "train"])
def test_the_accuracy_of_the_split_has_its_interval(told, right, split):
    inside = right[in_split(N, N_TRAIN, split)]
    assert told(split=split) == ["nothing selected", share(f"{split} accuracy", inside.sum(), len(inside))]


def test_the_accuracy_of_a_selection_has_its_interval(own, told, right, images):
    mask = np.arange(N) % 50 == 0
    selection = make_selection(own.engine, images, mask, "Lasso of 36 images", "scatter")
    assert told(selection)[::2] == ["selected 36", share("of the selection", right[mask].sum(), 36)]


def test_what_was_chosen_by_outcome_has_none_and_it_says_why(own_page, told, study, right):
    wrong = own_page.ask(
        "selection.data",
        "wrong-button.n_clicks",
        wrong_button__n_clicks=1,
        matrix_split__value="test",
        study__data=study_data(study),
        ready__data=READY,
    )["selection"]["data"]
    count = int((~right[N_TRAIN:]).sum())
    assert told(wrong)[::2] == [f"selected {count}", "of the selection 0.0% (no interval: chosen by outcome)"]
    cell = own_page.ask(
        "selection.data",
        "confusions-picked.data",
        confusions_picked__data={"what": "cell", "at": [3, 3], "how": "only"},
        matrix_split__value="test",
        study__data=study_data(study),
        ready__data=READY,
    )["selection"]["data"]
    assert told(cell)[2] == "of the selection 100.0% (no interval: chosen by outcome)"


def test_before_the_predictions_and_of_another_set_little_is_told(own, told, images):
    selection = make_selection(own.engine, images, mask_of(3, 4), "two", "header")
    assert told(selection, ready=["images"]) == ["selected 2"]
    assert told(selection, ready=[]) == []
    assert told(selection | {"images": "another"})[0] == "nothing selected"


def test_without_labels_there_is_no_accuracy(own, own_page, told, tmp_path):
    np.savez(tmp_path / "told.npz", probs=np.random.default_rng(0).dirichlet(np.ones(3), 30))
    given = own.give_study(tmp_path / "told.npz")
    assert told(study=given) == ["nothing selected", "accuracy not known, as there are no labels"]


def add(page, study, text, selection=None, ready=READY):
    told = page.ask(
        "add-ids.value",
        "add-button.n_clicks",
        add_button__n_clicks=1,
        add_ids__value=text,
        selection__data=selection,
        study__data=study_data(study),
        ready__data=ready,
    )
    return (told.get("selection") or {}).get("data"), told["add-ids"]


def test_typed_numbers_are_selected_and_then_added(own_page, study):
    first, field = add(own_page, study, "12, 40-42")
    assert (ids_of(first), first["label"], first["split"]) == ([12, 40, 41, 42], "images 12, 40-42", "train")
    assert (field, first["by_outcome"]) == ({"value": "", "error": None}, False)
    both, _ = add(own_page, study, "1500", first)
    assert (ids_of(both), both["label"]) == ([12, 40, 41, 42, 1500], "images 12, 40-42 or image 1500")
    assert "split" not in both  # of either
    other, _ = add(own_page, study, "1500", first | {"images": "another"})
    assert ids_of(other) == [1500]


@pytest.mark.parametrize(("text", "told"), [
    ("1797", "image 1,797 does not exist; there are 0 to 1,796"),
    ("twelve", "twelve is no image number; 12 is one, and 40-50 are several"),
    ("", "type a number such as 12, or several: 12, 40-50"),
    (None, "type a number such as 12, or several: 12, 40-50"),
])  # fmt: skip
def test_what_is_typed_wrong_is_told_at_the_field(own_page, study, text, told):
    assert add(own_page, study, text) == (None, {"error": told})


def test_before_the_images_are_there_none_can_be_added(own_page, study):
    assert add(own_page, study, "3", ready=[]) == (None, {"error": "the images are not there yet"})


@pytest.mark.parametrize(("way", "ids", "label"), [
    ("union", [1, 2, 3], "one or other"),
    ("intersection", [2], "one and other"),
    ("difference", [1], "one without other"),
])  # fmt: skip
def test_selections_are_combined_as_sets(own, study, images, way, ids, label):
    one, other = (select(own.engine, images, mask_of(*ids), name) for ids, name in (((1, 2), "one"), ((2, 3), "other")))
    made = combined(own.engine, way, one, other)
    assert (ids_of(made), made["label"], made["split"], made["by_outcome"]) == (ids, label, "train", False)
    chosen = select(own.engine, images, mask_of(2, 3), "other", by_outcome=True)
    assert combined(own.engine, way, one, chosen)["by_outcome"] is True
    assert combined(own.engine, way, chosen, one)["by_outcome"] is True


def test_nothing_in_common_is_no_selection_and_labels_do_not_grow_for_ever(own, study, images):
    one, other = (select(own.engine, images, mask_of(number), "x" * 60) for number in (1, 2))
    assert combined(own.engine, "intersection", one, other) is None
    assert combined(own.engine, "difference", one, one) is None
    assert combined(own.engine, "union", one, other)["label"] == "x" * 60 + " or " + "x" * 15 + "…"
