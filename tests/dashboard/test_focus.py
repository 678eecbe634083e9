"""The focused image and the pinned one, asked over HTTP as the browser does."""

import csv
import io

import numpy as np
import pytest

from dashboard.links import study_data
from dashboard.measures import entropy, margin
from dashboard.teacher.bars import digits as written

IMAGE, OTHER = 1500, 7


@pytest.fixture
def study(digits):
    return study_data(digits.study)


@pytest.fixture
def look(page, study):
    def ask(focus, pinned=None, epoch=3, scale="linear", ready=("images", "teacher", "predictions")):
        return page.ask(
            "focus-facts.children",
            "focus.data",
            focus__data=focus,
            pinned__data=pinned,
            ready__data=list(ready),
            focus_epoch__value=epoch,
            focus_scale__value=scale,
            study__data=study,
            tab__data="tab",
        )

    return ask


@pytest.fixture
def said(digits):
    """What the teacher says of an image."""
    return digits.engine.results.array(digits.study.keys["predictions"], "probabilities")


def sent(component):
    """The texts in a component as JSON."""
    if isinstance(component, dict):
        return sent(component.get("props", {}).get("children"))
    return [text for part in component for text in sent(part)] if isinstance(component, list) else [component]


def test_one_image_is_told_of_by_itself(look, said, digits):
    told = look(IMAGE)
    assert told["focus-panel-subtitle"]["children"].startswith("Image 1,500 (test), class ")
    assert told["focus-epoch-text"]["children"] == "after epoch 3 of 3"
    (figure,) = told["focus-images"]["children"]
    assert f"/image/{digits.study.keys['images']}/1500.png" in str(figure)
    assert "Figcaption" not in str(figure)
    assert len(told["focus-bars"]["figure"]["data"]) == 1
    row = sent(told["focus-numbers"]["children"])[4:]
    assert row[:3] == ["image", written(entropy(said[IMAGE])), written(margin(said[IMAGE]))]
    assert row[3].endswith(" of 10")


def test_a_pinned_image_stands_beside_it(look, said):
    told = look(IMAGE, OTHER, scale="log")
    captions = sent(told["focus-images"]["children"])
    assert captions[1].startswith("image 1,500, class ")
    assert captions[3].startswith("pinned 7, class ")
    assert sent(told["focus-facts"]["children"])[1].startswith("pinned: ")
    figure = told["focus-bars"]["figure"]
    assert len(figure["data"]) == 2
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert [trace["text"][0] for trace in figure["data"]] == [written(float(said[each][0])) for each in (IMAGE, OTHER)]
    assert sent(told["focus-numbers"]["children"])[8] == "pinned"


@pytest.mark.parametrize("pinned", [IMAGE, 1797, -1])
def test_what_cannot_stand_beside_it_does_not(look, pinned):
    assert len(look(IMAGE, pinned)["focus-bars"]["figure"]["data"]) == 1


def test_both_are_asked_of_an_earlier_teacher(look, digits):
    told = look(IMAGE, OTHER, epoch=0)
    assert told["focus-epoch-text"]["children"] == "after epoch 0 of 3 (untrained)"
    keys = digits.study.keys
    question = {"images": keys["images"], "teacher": keys["teacher"], "epoch": 0, "numbers": [IMAGE, OTHER]}
    answer = digits.engine.calls.ask("predict", question, "test", timeout=30)["probabilities"]
    shown = [float(trace["text"][3]) for trace in told["focus-bars"]["figure"]["data"]]
    assert shown == pytest.approx([each[3] for each in answer], rel=1e-3)


def test_an_image_that_does_not_exist_is_told_of(look):
    told = look(1797)
    assert told["focus-words"] == {"children": "Image 1,797 does not exist; there are 0 to 1,796.", "style": {}}
    assert told["focus-bars"] == {"style": {"display": "none"}}
    assert look(None)["focus-words"]["children"].startswith("Click an image in the grid")
    assert look(IMAGE, ready=["images"])["focus-words"]["style"] == {}


def test_pin_unpin_and_swap(page):
    pin = lambda **given: page.ask("pinned.data", "focus-pin.n_clicks", **given)  # noqa: E731
    assert pin(focus_pin__n_clicks=1, focus__data=5) == {"pinned": {"data": 5}}
    assert pin(focus_pin__n_clicks=2, focus__data=6, pinned__data=5) == {"pinned": {"data": None}}
    assert pin(focus__data=6) == {}  # laid out, not pressed
    given = {"focus__data": 6, "pinned__data": 5}
    swapped = page.ask("pinned.data", "focus-swap.n_clicks", focus_swap__n_clicks=1, **given)
    assert swapped == {"focus": {"data": 5}, "pinned": {"data": 6}}
    assert page.ask("pinned.data", "focus-swap.n_clicks", focus_swap__n_clicks=1, focus__data=6) == {}


@pytest.mark.parametrize(("focus", "pinned", "says", "cannot", "swaps"), [
    (None, None, "Pin this image beside the next", True, False),
    (5, None, "Pin this image beside the next", False, False),
    (5, 5, "Unpin", False, False),
    (5, 6, "Unpin", False, True),
    (None, 6, "Unpin", False, False),
])  # fmt: skip
def test_what_can_be_pinned_and_swapped(page, focus, pinned, says, cannot, swaps):
    told = page.ask("focus-swap.disabled", "focus.data", focus__data=focus, pinned__data=pinned)
    assert (told["focus-pin"]["aria-label"], told["focus-pin"]["disabled"]) == (says, cannot)
    assert told["focus-swap"]["disabled"] is not swaps


def test_the_probabilities_can_be_taken_along(page, study, said):
    def take(**given):
        return page.ask(
            "teacher-download.data",
            "take-focus.n_clicks",
            take_focus__n_clicks=1,
            ready__data=["images", "teacher", "predictions"],
            study__data=study,
            focus_epoch__value=3,
            **given,
        )

    file = take(focus__data=IMAGE, pinned__data=OTHER)["teacher-download"]["data"]
    assert file["filename"] == "probabilities-1500-7-after-epoch-3-of-3.csv"
    header, *rows = csv.reader(io.StringIO(file["content"]))
    assert header == ["class", "probability of image 1500", "probability of image 7"]
    assert [row[0] for row in rows] == [str(number) for number in range(10)]
    assert np.array([row[1:] for row in rows], np.float32) == pytest.approx(said[[IMAGE, OTHER]].T)
    assert len(next(csv.reader(io.StringIO(take(focus__data=IMAGE)["teacher-download"]["data"]["content"])))) == 2
    assert "nothing to export" in str(take()["toasts"])
