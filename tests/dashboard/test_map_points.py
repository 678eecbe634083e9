"""Pictures of maps by their address, and what is picked on a map by its outline, against the same asked point by point."""

import io

import numpy as np
import pytest
from PIL import Image

from dashboard.links import make_selection
from dashboard.map_points import Planes, Shown
from dashboard.theme import RIGHT, WRONG, class_colours
from tests.dashboard.test_routes import sentence
from workers import previews

N, N_TRAIN = 1797, 1438
TEST = np.arange(N) >= N_TRAIN


@pytest.fixture(scope="module")
def keys(digits):
    return digits.study.keys


@pytest.fixture(scope="module")
def said(digits, keys):
    """Places, labels and predicted classes."""
    array = digits.engine.results.array
    return array(keys["embedding"], "places"), array(keys["images"], "labels"), array(keys["predictions"], "predicted")


@pytest.fixture
def ask(client, keys, said):
    """Asks for the picture of the whole map; `asked` is what else stands in the address."""
    low, high = said[0].min(axis=0) - 1, said[0].max(axis=0) + 1

    def ask(**asked):
        told = {"images": keys["images"], "predictions": keys["predictions"], "size": "300,200", "split": "test"}
        told["window"] = ",".join(str(number) for number in (low[0], high[0], low[1], high[1]))
        return client.get(f"/density/{keys['embedding']}.png", query_string=told | asked)

    return ask


def drawn(response):
    assert (response.status_code, response.mimetype) == (200, "image/png"), response.text
    return np.asarray(Image.open(io.BytesIO(response.data))).astype(int)


def colours_in(picture):
    """Those of the pixels that have one, as "#rrggbb"."""
    return {"#{:02x}{:02x}{:02x}".format(*pixel[:3]) for pixel in picture.reshape(-1, 4) if pixel[3]}


def test_hidden_classes_are_not_in_the_picture(ask):
    whole, one = drawn(ask(by="true")), drawn(ask(by="true", grouping="true", hidden="0,1,2,4,5,6,7,8,9"))
    assert whole.shape == (200, 300, 4)
    assert colours_in(one) == {class_colours(10)[3]}
    assert 0 < (one[..., 3] > 0).sum() < (whole[..., 3] > 0).sum()
    assert not ((one[..., 3] > 0) & (whole[..., 3] == 0)).any()


def test_a_picture_is_of_its_split_and_coloured_by_what_is_asked_for(ask):
    train = (drawn(ask(split="train"))[..., 3] > 0).sum()
    assert train > (drawn(ask())[..., 3] > 0).sum()
    assert {RIGHT, WRONG} & colours_in(drawn(ask(by="right")))
    for measure in ("confidence", "entropy", "margin"):
        assert (drawn(ask(by=measure))[..., 3] == drawn(ask())[..., 3]).all()


def test_what_is_not_selected_is_faded_and_the_browser_keeps_the_picture(ask, digits, keys):
    mask = TEST & (np.arange(N) % 2 == 0)
    made = make_selection(digits.engine, keys["images"], mask, "every other", "test")
    response = ask(selection=made["id"])
    faded, whole = drawn(response)[..., 3], drawn(ask())[..., 3]
    assert ((faded > 0) == (whole > 0)).all()
    assert faded.sum() < whole.sum()
    assert response.cache_control.immutable
    assert ask(selection=made["id"]).headers["ETag"] == response.headers["ETag"] != ask().headers["ETag"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"window": "0,1,2"}, "Window must be left,right,bottom,top and size width,height."),
        ({"window": "0,1,x,2"}, "Window must be left,right,bottom,top and size width,height."),
        ({"window": "1,0,0,1"}, "left below right"),
        ({"window": "0,nan,0,1"}, "four finite numbers"),
        ({"size": "0,5"}, "1 or more"),
        ({"size": "99999,99999"}, "pixels at most"),
        ({"size": "5.5,5"}, "Size must be whole numbers"),
        ({"size": ""}, "A picture of a map needs size in its address."),
        ({"split": "all"}, "Split must be one of train, test."),
        ({"by": "size"}, "By must be one of true, predicted, right, confidence, entropy, margin, none, measure."),
        ({"hidden": "-1"}, "Hidden must be whole numbers"),
    ],
)  # fmt: skip
def test_a_picture_that_cannot_be_is_refused_in_a_sentence(ask, asked, told):
    response = ask(**asked)
    assert response.status_code == 400
    assert told in sentence(response)


def test_what_is_gone_is_said_to_be(ask, client):
    for response in (ask(selection="0" * 16), ask(images="0" * 64), client.get("/selection/0.bits")):
        assert response.status_code == 404
        sentence(response)
    over = ask(preview="1")
    assert (over.status_code, over.headers["Cache-Control"]) == (204, "no-store")


def test_a_preview_is_drawn_and_not_kept(ask, digits, keys, said):
    key = keys["embedding"]
    previews.keep(digits.engine.client, key, -said[0])
    response = ask(preview="1", window="-999,999,-999,999")
    previews.drop(digits.engine.client, key)
    assert drawn(response).any()
    assert response.headers["Cache-Control"] == "no-store"


def picked(digits, keys, what, how="only", before=None, hidden=()):
    shown = Shown(keys["images"], keys["predictions"], "test", "true", hidden)
    told = {"map": keys["embedding"], "how": how} | what
    return Planes(digits.engine).picked(told, shown, before)


def test_an_outline_or_a_box_encloses_what_is_shown_in_it(digits, keys, said):
    (x, y), labels = said[0].T, said[1]
    corners = {"x": [0, 100, 100, 0], "y": [0, 0, 100, 100]}
    inside = TEST & (x > 0) & (y > 0)
    assert inside.any()
    assert (picked(digits, keys, {"outline": corners}) == inside).all()
    assert (picked(digits, keys, {"box": {"x": [0, 100], "y": [0, 100]}}, hidden=(3,)) == inside & (labels != 3)).all()
    before = TEST & (x < 0)
    assert (picked(digits, keys, {"outline": corners}, "add", before) == before | inside).all()
    assert (picked(digits, keys, {"outline": corners}, "remove", TEST) == TEST & ~inside).all()
    assert not picked(digits, keys, {"outline": corners}, "remove").any()


def test_a_class_is_added_and_where_it_is_selected_taken_away(digits, keys, said):
    labels = said[1]
    four = picked(digits, keys, {"group": 4})
    assert (four == TEST & (labels == 4)).all()
    both = picked(digits, keys, {"group": 7}, before=four)
    assert (both == TEST & np.isin(labels, (4, 7))).all()
    assert (picked(digits, keys, {"group": 4}, before=both) == TEST & (labels == 7)).all()
