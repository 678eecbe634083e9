"""The menus of saved selections and of image ids, asked over HTTP as the browser does."""

import base64
import json

import numpy as np
import pytest

from dashboard.links import fitting, study_data
from dashboard.measures import unpack_bits
from dashboard.server import build
from dashboard.teacher.sets import select
from tests.dashboard.asking import Page

N = 1797
READY = ["images", "teacher", "predictions", "embedding"]


@pytest.fixture
def study(own, digits):
    own.empty()
    return own.copy_study(digits)


@pytest.fixture(scope="module")
def page(own):
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def some(own, study):
    """Selects images by number."""

    def make(*ids, label="mine", **more):
        return select(own.engine, study.keys["images"], np.isin(np.arange(N), ids), label, **more)

    return make


def ids_of(selection):
    return np.flatnonzero(unpack_bits(selection["bits"], N)).tolist()


def message(told):
    return told["toasts"]["sendNotifications"][0]["message"]


def listed(told):
    """Name and count of each row that can be used; what else stands in a row."""
    found = []
    for row in told["saved-list"]["children"]:
        first, second, *_ = row["props"]["children"]
        name = first["props"].get("children") or type(first).__name__
        found.append((name, second["props"].get("children")))
    return found


@pytest.fixture
def save(page, study):
    def ask(name, selection):
        return page.ask(
            "saved-name.value",
            "save-button.n_clicks",
            save_button__n_clicks=1,
            saved_name__value=name,
            selection__data=selection,
            study__data=study_data(study),
        )

    return ask


@pytest.fixture
def press(page, study):
    def ask(action, name, selection=None):
        return page.ask(
            "saved-renaming.data",
            "saved-pressed.data",
            saved_pressed__data={"action": action, "key": name, "at": 1},
            selection__data=selection,
            study__data=study_data(study),
        )

    return ask


def opened(page, study):
    return page.ask("saved-list.children", "saved-button.n_clicks", saved_button__n_clicks=1, study__data=study)


def test_a_selection_is_saved_and_another_tab_sees_it_when_it_looks(page, study, save, some):
    told = save("odd <b>", some(3, 5))
    assert told["saved-name"] == {"value": "", "error": None}
    assert listed(told) == [("odd <b>", "2")]
    assert listed(opened(page, study_data(study))) == [("odd <b>", "2")]


@pytest.mark.parametrize(("name", "told"), [
    ("odd", "a selection named odd is saved already; choose another name, or delete that one"),
    ("", "a name has 1 to 80 characters, this one has 0"),
    (None, "a name has 1 to 80 characters, this one has 0"),
    ("x" * 81, "a name has 1 to 80 characters, this one has 81"),
])  # fmt: skip
def test_a_name_that_cannot_be_is_told_at_the_field(save, some, name, told):
    save("odd", some(3))
    assert save(name, some(5)) == {"saved-name": {"error": told}}


def test_nothing_selected_is_nothing_to_save(save, some):
    for nothing in (None, some(3) | {"images": "another"}):
        assert save("odd", nothing) == {"saved-name": {"error": "nothing is selected that could be saved"}}


def test_a_saved_one_is_selected_under_its_name_and_as_it_was(own, study, save, press, some):
    made = some(1500, 1501, by_outcome=True) | {"cell": [4, 9]}
    save("odd", made)
    told = press("apply", "odd")["selection"]["data"]
    assert {name: told[name] for name in ("label", "cell", "split", "by_outcome", "count")} == {
        "label": "odd", "cell": [4, 9], "split": "test", "by_outcome": True, "count": 2,
    }  # fmt: skip
    assert fitting(told, study_data(study)) == told
    assert own.engine.selections.get(told["id"]) | {"id": told["id"]} == told  # the address finds it


@pytest.mark.parametrize(("action", "ids", "label"), [
    ("union", [3, 5, 7], "mine or odd"),
    ("intersection", [5], "mine and odd"),
    ("difference", [3], "mine without odd"),
])  # fmt: skip
def test_a_saved_one_is_combined_with_what_is_selected(save, press, some, action, ids, label):
    save("odd", some(5, 7))
    told = press(action, "odd", some(3, 5))["selection"]["data"]
    assert (ids_of(told), told["label"]) == (ids, label)


def test_what_cannot_be_combined_is_told(save, press, some):
    save("odd", some(5))
    told = press("union", "odd")
    assert message(told) == "Nothing is selected that odd could be combined with; click its name to select it."
    told = press("difference", "odd", some(5))
    assert message(told) == "No image is in mine without odd; the selection stays as it was."
    assert "selection" not in told


def test_a_saved_one_is_renamed(page, study, save, press, some):
    save("odd", some(5))
    save("even", some(6))
    told = press("rename", "odd")
    assert told["saved-renaming"]["data"] == "odd"
    field = told["saved-list"]["children"][1]["props"]["children"][0]
    assert (field["props"]["id"], field["props"]["value"]) == ("saved-rename", "odd")

    def rename(name):
        return page.ask(
            "saved-rename.error",
            "saved-rename.n_submit",
            saved_rename__n_submit=1,
            saved_rename__value=name,
            saved_renaming__data="odd",
            study__data=study_data(study),
        )

    taken = "a selection named even is saved already; choose another name, or delete that one"
    assert rename("even") == {"saved-rename": {"error": taken}}
    assert listed(rename(" strange ")) == [("even", "1"), ("strange", "1")]
    assert message(rename("other")) == "No selection named odd is saved any more."


def test_deleting_asks_once_more(page, study, save, press, some):
    save("odd", some(5))
    asked = press("ask", "odd")
    assert listed(asked) == [("Delete odd for good?", "Delete")]
    assert listed(press("keep", "odd")) == [("odd", "1")]
    assert listed(press("delete", "odd")) == []
    gone = press("apply", "odd")
    assert (message(gone), listed(gone)) == ("No selection named odd is saved any more.", [])


def take(page, study, kind, selection, split="test"):
    return page.ask(
        "teacher-download.data",
        f"exchange-{kind}.n_clicks",
        **{f"exchange_{kind}__n_clicks": 1},
        matrix_split__value=split,
        selection__data=selection,
        study__data=study_data(study),
        ready__data=READY,
    )["teacher-download"]["data"]


def read_file(page, study, content, name="ids.csv"):
    return page.ask(
        "exchange-file.contents",
        "exchange-file.contents",
        exchange_file__contents="data:text/csv;base64," + base64.b64encode(content).decode(),
        exchange_file__filename=name,
        study__data=study_data(study),
        ready__data=READY,
    )


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_ids_that_are_taken_along_come_back(page, study, some, kind):
    made = some(3, 5, 1796, label="4 taken/for 9", by_outcome=True)
    file = take(page, study, kind, made)
    assert file["filename"] == f"ids-4-taken-for-9.{kind}"
    told = read_file(page, study, file["content"].encode(), file["filename"])
    back = told["selection"]["data"]
    assert (back["bits"], back["label"]) == (made["bits"], file["filename"])
    assert back["by_outcome"] is (kind == "json")  # a table has no place for it
    assert told["exchange-words"]["children"] == "3 images are selected."
    assert told["exchange-file"]["contents"] is None


def test_images_are_taken_along_under_such_a_name_too(page, study, some):
    made = some(3, 5, label="4 taken/for 9")
    told = page.ask(
        "teacher-download.data",
        "take-selection.n_clicks",
        take_selection__n_clicks=1,
        matrix_split__value="test",
        selection__data=made,
        study__data=study_data(study),
        ready__data=[*READY, "predictions"],
    )
    assert told["teacher-download"]["data"]["filename"] == "images-4-taken-for-9.csv"


def test_without_a_selection_all_of_the_split_is_taken_along(page, study):
    file = take(page, study, "json", None, "train")
    held = json.loads(file["content"])
    assert (file["filename"], held) == (
        "ids-all-train.json",
        {"images": study.keys["images"], "ids": list(range(1438))},
    )


@pytest.mark.parametrize(("content", "told"), [
    (b"image\n4\nfour", "Nothing is selected, as of ids.csv, line 3: four is no image number."),
    (b"\xff\xfe\x00", "ids.csv is no text file; nothing is selected."),
    (b'{"images": "another", "ids": [1]}', "Nothing is selected, as ids.csv is of another image set."),
    (b"[]", "Nothing is selected. There are no image numbers in ids.csv."),
    (b"5000", "Nothing is selected. 1 number is no image of this set, which has 0 to 1,796: 5,000."),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_of(page, study, content, told):
    assert read_file(page, study, content) == {
        "exchange-words": {"children": told},
        "exchange-file": {"contents": None},
    }


def test_unknown_ids_are_told_and_the_others_selected(page, study):
    told = page.ask(
        "exchange-words.children",
        "exchange-button.n_clicks",
        exchange_button__n_clicks=1,
        exchange_text__value="4, 4, 1795-1798",
        study__data=study_data(study),
        ready__data=READY,
    )
    assert (ids_of(told["selection"]["data"]), told["selection"]["data"]["label"]) == ([4, 1795, 1796], "pasted ids")
    assert told["exchange-words"]["children"] == (
        "3 images are selected. 2 numbers are no images of this set, which has 0 to 1,796: 1,797, 1,798."
    )
