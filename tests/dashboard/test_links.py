"""Study, selection and focus: from the URL and back."""

import json
import re

import numpy as np
import pytest

from dashboard.links import fitting, make_selection, mask_of, pick_study, recall_selection, study_data, whole
from dashboard.measures import pack_bits, unpack_bits
from dashboard.server import build
from tests.dashboard.asking import Page
from workers.kinds import job
from workers.studies import digits_study

MASK = np.arange(1797) % 7 == 3
IMAGES = digits_study()["images"].key


@pytest.fixture
def engine(own):
    own.empty()
    return own.engine


@pytest.fixture
def study(engine, own, digits):
    return own.copy_study(digits)


@pytest.fixture
def restore(engine, own):
    page = Page(build(engine, own.settings).server.test_client())

    def ask(search, study=None, selection=None, focus=None, pinned=None):
        return page.ask(
            "focus.data",
            "url.search",
            url__search=search,
            study__data=study,
            selection__data=selection,
            focus__data=focus,
            pinned__data=pinned,
        )

    return ask


def toast(found):
    """Takes the message in the corner out of what was sent."""
    (message,) = found.pop("toasts")["sendNotifications"]
    return message["message"]


def test_a_selection_is_remembered_by_its_content(engine):
    first = make_selection(engine, IMAGES, MASK, "4 taken for 9", "matrix", cells="AAE=")
    again = make_selection(engine, IMAGES, MASK, "4 taken for 9", "matrix", cells="AAE=")
    other = make_selection(engine, IMAGES, ~MASK, "4 taken for 9", "matrix", cells="AAE=")
    assert first == again
    assert first["id"] != other["id"]
    assert re.fullmatch("[0-9a-f]{16}", first["id"])
    assert first["count"] == MASK.sum()
    assert first["by_outcome"] is False
    assert make_selection(engine, IMAGES, MASK, "4 taken for 9", "matrix", by_outcome=True)["by_outcome"] is True
    assert (unpack_bits(first["bits"], len(MASK)) == MASK).all()


def test_a_selection_is_recalled_as_its_store_held_it(engine):
    made = make_selection(engine, IMAGES, MASK, "4 taken for 9", "matrix", cells="AAE=")
    assert recall_selection(engine, made["id"]) == made
    assert json.loads(json.dumps(made)) == made


def test_a_large_selection_leaves_its_bits_with_the_engine(engine, own, monkeypatch):
    mask = np.arange(30_000) % 3 == 0
    monkeypatch.setattr(engine.results, "meta", lambda key: {"count": len(mask)})
    client = build(engine, own.settings).server.test_client()
    made = make_selection(engine, IMAGES, mask, "every third", "test")
    assert "bits" not in made
    assert recall_selection(engine, made["id"]) == made
    assert (mask_of(engine, made) == mask).all()
    assert whole(engine, made)["bits"] == client.get(f"/selection/{made['id']}.bits").text == pack_bits(mask)
    with pytest.raises(ValueError, match="every third is not known any more; select its images again"):
        mask_of(engine, made | {"id": "0" * 16})


@pytest.mark.parametrize("unknown", [None, "", "0" * 16, "../x", "*"])
def test_an_unknown_selection_is_none(engine, unknown):
    assert recall_selection(engine, unknown) is None


def test_the_study_asked_for_is_picked_else_the_newest(engine):
    assert pick_study(engine, None) is None
    first = engine.studies.create("One", {"images": job("images", {"source": {"kind": "digits", "seed": 1}})})
    second = engine.studies.create("Two", {"images": job("images", {"source": {"kind": "digits", "seed": 2}})})
    assert pick_study(engine, first.id) == first
    assert pick_study(engine, None) == second
    assert pick_study(engine, "nonsense") == second


def test_a_study_travels_as_json(engine):
    data = study_data(engine.studies.create("Digits", digits_study()))
    assert json.loads(json.dumps(data)) == data
    assert list(data["keys"]) == ["images", "teacher", "predictions", "embedding"]


def test_the_url_brings_everything_back(engine, study, restore):
    made = make_selection(engine, IMAGES, MASK, "Wrong in test", "matrix")
    found = restore(f"?study={study.id}&selection={made['id']}&focus=1500&pin=0")
    assert found["study"]["data"] == study_data(study)
    assert found["selection"]["data"] == made
    assert (found["focus"]["data"], found["pinned"]["data"]) == (1500, 0)


def test_without_a_url_there_is_the_newest_study_and_no_more(study, restore):
    assert restore("") == {"study": {"data": study_data(study)}}


def test_what_the_stores_say_already_is_left_alone(engine, study, restore):
    made = make_selection(engine, IMAGES, MASK, "Wrong in test", "matrix")
    address = f"?study={study.id}&selection={made['id']}&focus=3&pin=4"
    assert restore(address, study_data(study), made, 3, 4) == {}


def test_a_url_that_asks_for_less_clears_the_rest(engine, study, restore):
    made = make_selection(engine, IMAGES, MASK, "Wrong in test", "matrix")
    found = restore(f"?study={study.id}", study_data(study), made, 3, 4)
    assert found == {"selection": {"data": None}, "focus": {"data": None}, "pinned": {"data": None}}


@pytest.mark.parametrize("name", ["focus", "pin"])
@pytest.mark.parametrize(("number", "told"), [
    ("-1", "In this address, -1 is no image number."),
    ("x", "In this address, x is no image number."),
    ("1.5", "In this address, 1.5 is no image number."),
    ("²", "In this address, ² is no image number."),
    ("1" * 5000, "In this address, 1111111111111111111… is no image number."),
    ("1797", "In this address, image 1,797 does not exist; there are 0 to 1,796."),
])  # fmt: skip
def test_what_is_no_image_is_told_of_and_left_out(study, restore, name, number, told):
    found = restore(f"?study={study.id}&{name}={number}")
    assert toast(found) == told
    assert found == {"study": {"data": study_data(study)}}


def test_all_that_an_address_asks_for_in_vain_is_told_at_once(study, restore):
    found = restore(f"?study={study.id}&selection=gone&focus=9999&pin=3")
    assert toast(found) == (
        "The selection in this address is gone; all images are shown. "
        "In this address, image 9,999 does not exist; there are 0 to 1,796."
    )
    assert found == {"study": {"data": study_data(study)}, "pinned": {"data": 3}}


def test_while_the_images_are_computed_any_number_may_be_one(engine, restore):
    study = engine.studies.create("Digits", digits_study())
    assert restore(f"?study={study.id}&focus=9999")["focus"]["data"] == 9999
    assert restore(f"?study={study.id}&focus=") == {"study": {"data": study_data(study)}}


def test_a_study_that_is_gone_is_told_of_and_the_newest_shown(engine, study, restore):
    made = make_selection(engine, IMAGES, MASK, "Wrong in test", "matrix")
    found = restore(f"?study=gone&selection={made['id']}&focus=3")
    assert toast(found) == "The study in this address is gone; the newest is shown."
    assert found == {"study": {"data": study_data(study)}}


def test_a_selection_that_is_gone_is_told_of_and_left_out(study, restore):
    found = restore(f"?study={study.id}&selection={'0' * 16}&focus=3")
    assert toast(found).startswith("The selection in this address is gone")
    assert found == {"study": {"data": study_data(study)}, "focus": {"data": 3}}


def test_a_selection_of_another_image_set_is_told_of_and_left_out(engine, study, restore):
    """It would be images that nobody has selected, under a label that is wrong."""
    made = make_selection(
        engine, job("images", {"source": {"kind": "digits", "seed": 1}}).key, MASK, "4 taken for 9", "matrix"
    )
    found = restore(f"?study={study.id}&selection={made['id']}&focus=3")
    assert toast(found) == (
        "The selection in this address, 4 taken for 9, was made in another image set; all images are shown."
    )
    assert found == {"study": {"data": study_data(study)}, "focus": {"data": 3}}


def test_a_selection_fits_its_own_image_set_only(engine, study):
    made = make_selection(engine, IMAGES, MASK, "4 taken for 9", "matrix")
    assert fitting(made, study_data(study)) == made
    assert fitting(made | {"images": "another"}, study_data(study)) is None
    assert fitting(made, None) is None
    assert fitting(None, study_data(study)) is None


def test_in_an_empty_store_there_is_nothing(engine, restore):
    """The stores of a fresh page are empty already: nothing is sent but the message."""
    found = restore("?study=gone&selection=gone&focus=3")
    assert toast(found) == "The study in this address is gone."
    assert found == {}
    assert restore("?focus=3") == {}
