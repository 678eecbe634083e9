"""The Bridge panel, asked over HTTP as the browser does: what is drawn, selected, taken along; what a gesture weighs."""

import base64
import csv
import gzip
import io
import json

import numpy as np
import pytest

from dashboard.darksight.bridge import Bridge, source_of
from dashboard.darksight.columns import MEANS, most_points
from dashboard.darksight.corridor import Walk
from dashboard.links import study_data
from dashboard.measures import unpack_bits
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.mapped import add_map, anchors

MOST_BYTES = 50_000  # that a gesture may weigh on its way


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture(scope="module")
def mapped(own, digits):
    """The digits with a map."""
    return add_map(own.engine, own.copy_study(digits))


def outline(fit, tool="box", x=(-6, 6, 6, -6), y=(-6, -6, 6, 6)):
    return {"map": fit["key"], "tool": tool, "x": list(x), "y": list(y), "at": 1}


def from_0_to_1():
    """The ends of a line between the first two classes."""
    return {"tool": "line", "x": anchors(10)[:2, 0].tolist(), "y": anchors(10)[:2, 1].tolist()}


def given_of(study, fit, drawn, width=10, split="test", looked_at="bridge-panel", unshown=None):
    return {
        "darksight_unshown__data": unshown,
        "darksight_outline__data": drawn, "bridge_width__value": width, "darksight_split__value": split,
        "darksight_fit__data": fit, "darksight_points_deck__value": looked_at, "study__data": study_data(study),
    }  # fmt: skip


def shown(page, *asked, **how):
    return page.ask("bridge-source.data", "darksight-outline.data", **given_of(*asked, **how))


def read(text, dtype):
    """Numbers, whose lowest bytes come first, then the next."""
    size = np.dtype(dtype).itemsize
    return np.frombuffer(base64.b64decode(text), "u1").reshape(size, -1).T.copy().view(dtype)[:, 0]


def arrays(own, study):
    results, keys = own.engine.results, study.keys
    labels = results.array(keys["images"], "labels")
    return labels, results.array(keys["predictions"], "predicted"), results.array(keys["predictions"], "probabilities")


def test_before_anything_is_drawn_it_says_how_to(own_page, mapped):
    study, fit = mapped
    told = shown(own_page, study, None, None)
    assert told["bridge-words"]["children"] == "A bridge can be drawn when the map is there."
    for drawn in (None, {**outline(fit), "map": "another"}):
        told = shown(own_page, study, fit, drawn)
        assert told["bridge-source"]["data"] is None
        assert told["bridge-words"]["children"].startswith("Draw a line on the map along a bridge")
        assert told["bridge-select"]["disabled"]
    assert shown(own_page, study, fit, outline(fit), looked_at="refuse-panel") == {}


@pytest.mark.parametrize("split", ["test", "train"])
def test_a_line_gathers_the_points_of_the_split_beside_it_in_order(own, own_page, mapped, split):
    study, fit = mapped
    told = shown(own_page, study, fit, outline(fit, **from_0_to_1()), split=split)
    source = told["bridge-source"]["data"]
    images, steps = read(source["ids"], "<u4"), read(source["along"], "<u2").cumsum()
    labels, predicted, said = arrays(own, study)
    places = own.engine.results.array(fit["key"], "places").astype(float)
    start, end = anchors(10)[:2]
    step = (end - start) / np.hypot(*(end - start))
    along, aside = (places - start) @ step, (places - start) @ np.array([-step[1], step[0]])
    width = 0.1 * np.ptp(places, axis=0).max()
    n_train = own.engine.results.meta(study.keys["images"])["n_train"]
    inside = (np.abs(aside) <= width / 2) & (along >= 0) & (along <= np.hypot(*(end - start)))
    inside &= (np.arange(len(places)) < n_train) == (split == "train")
    expected = np.flatnonzero(inside)
    assert images.tolist() == expected[np.argsort(along[expected], kind="stable")].tolist()
    assert source["count"] == source["columns"] == len(images) > 10
    assert steps * source["length"] / 65535 == pytest.approx(along[images], abs=source["length"] / 65535)
    shares = read(source["shares"], "<u1").reshape(len(source["named"]), -1)
    assert shares / 255 == pytest.approx(said[images][:, source["named"]].T, abs=0.5001 / 255)
    assert read(source["likeliest"], "<u2").tolist() == said[images].argmax(axis=1).tolist()
    assert read(source["wrong"], "<u2").tolist() == (labels[images] != predicted[images]).astype(int).tolist()
    assert told["bridge-panel-subtitle"]["children"] == f"{len(images)} {split} images from 0 to 1"
    assert told["bridge-width-text"]["children"] == f"{width:.2g} wide"
    assert told["bridge-width-box"]["style"] == {}
    way = told["bridge-way"]["data"]
    assert (way["map"], way["at"], way["width"]) == (fit["key"], 1, pytest.approx(width))
    assert np.allclose(way["way"], anchors(10)[:2])


@pytest.mark.parametrize("grouping", ["true", "predicted"])
def test_classes_that_the_legend_hides_do_not_count(own, own_page, mapped, grouping):
    study, fit = mapped
    drawn, unshown = outline(fit, **from_0_to_1()), {"grouping": grouping, "hidden": [1]}
    everything = read(shown(own_page, study, fit, drawn)["bridge-source"]["data"]["ids"], "<u4")
    told = shown(own_page, study, fit, drawn, unshown=unshown)
    labels, predicted, _ = arrays(own, study)
    groups = labels if grouping == "true" else predicted
    expected = everything[groups[everything] != 1]
    assert 0 < len(expected) < len(everything)
    assert read(told["bridge-source"]["data"]["ids"], "<u4").tolist() == expected.tolist()
    assert told["bridge-panel-subtitle"]["children"].endswith("; hidden classes left out")
    made = own_page.ask(
        "selection.data", "bridge-select.n_clicks", bridge_select__n_clicks=1,
        **given_of(study, fit, drawn, unshown=unshown),
    )["selection"]["data"]  # fmt: skip
    assert made["count"] == len(expected)
    # Where nothing is left, the bridge still stands.
    everyone = {"grouping": grouping, "hidden": list(range(10))}
    told = shown(own_page, study, fit, drawn, unshown=everyone)
    assert told["bridge-words"]["children"].startswith("There is no test image of the classes that are not hidden in")
    assert told["bridge-way"]["data"]["at"] == 1


def test_a_wider_corridor_takes_in_more(own_page, mapped):
    study, fit = mapped
    drawn = outline(fit, **from_0_to_1())
    counts = [
        shown(own_page, study, fit, drawn, width=width)["bridge-source"]["data"]["count"] for width in (4, 10, 20)
    ]
    assert counts == sorted(set(counts))


def test_of_a_box_there_is_no_width_to_choose_and_an_empty_one_says_so(own_page, mapped):
    study, fit = mapped
    assert shown(own_page, study, fit, outline(fit))["bridge-width-box"]["style"] == {"display": "none"}
    told = shown(own_page, study, fit, outline(fit, x=(50, 60, 60, 50)))
    assert told["bridge-words"]["children"] == "There is no test image in what is drawn. Draw it elsewhere."
    told = shown(own_page, study, fit, outline(fit, "line", (0, 0), (1, 1)))
    assert told["bridge-words"]["children"].startswith("A line needs two points or more at different places. Draw")


def test_the_images_can_be_selected_and_taken_along(own, own_page, mapped):
    study, fit = mapped
    drawn = outline(fit, **from_0_to_1())
    images = read(shown(own_page, study, fit, drawn)["bridge-source"]["data"]["ids"], "<u4")
    given = given_of(study, fit, drawn)
    made = own_page.ask("selection.data", "bridge-select.n_clicks", bridge_select__n_clicks=1, **given)["selection"][
        "data"
    ]
    assert made["label"] == f"bridge of {len(images)} images between 0 and 1"
    assert (made["origin"], made["split"], made["by_outcome"]) == ("bridge", "test", False)
    assert np.flatnonzero(unpack_bits(made["bits"], 1797)).tolist() == sorted(images.tolist())

    file = own_page.ask("darksight-download.data", "table-bridge.n_clicks", table_bridge__n_clicks=1, **given)[
        "darksight-download"
    ]["data"]
    assert file["filename"] == f"bridge-{len(images)}-images-between-0-and-1.csv"
    header, *rows = csv.reader(io.StringIO(file["content"]))
    labels, predicted, said = arrays(own, study)
    assert header == ["image", "along", "true", "predicted", *(f"p({number})" for number in range(10))]
    assert [int(row[0]) for row in rows] == images.tolist()
    assert [row[2:4] for row in rows] == [[str(labels[image]), str(predicted[image])] for image in images]
    assert np.array([row[4:] for row in rows], float) == pytest.approx(said[images])
    assert np.diff([float(row[1]) for row in rows]).min() >= 0


def test_nothing_is_exported_before_there_is_something(own_page, mapped):
    study, fit = mapped
    told = own_page.ask(
        "darksight-download.data", "table-bridge.n_clicks", table_bridge__n_clicks=1, **given_of(study, fit, None)
    )
    assert "before a bridge is drawn" in told["toasts"]["sendNotifications"][0]["message"]


@pytest.fixture(scope="module")
def large(own, tmp_path_factory):
    """Predictions of a file without images and labels, as doubtful as a poor teacher's, of more points than have a column
    each."""
    logits = np.random.default_rng(0).normal(0, 6, (7_000, 10))
    said = np.exp(logits - logits.max(axis=1, keepdims=True))
    said = (said / said.sum(axis=1, keepdims=True)).astype(np.float32)
    path = tmp_path_factory.mktemp("large") / "told.npz"
    np.savez(path, probs=said)
    return add_map(own.engine, own.give_study(path))


def test_many_points_become_means_and_their_columns_are_found(own_page, large):
    study, fit = large
    source = shown(own_page, study, fit, outline(fit))["bridge-source"]["data"]
    assert (source["count"], source["columns"], source["wrong"]) == (7_000, MEANS, None)
    asked = {"image": int(read(source["ids"], "<u4")[123])}
    given = {name: value for name, value in given_of(study, fit, outline(fit)).items() if "deck" not in name}
    told = own_page.ask("bridge-focused.data", "bridge-asked.data", bridge_asked__data=asked, **given)
    assert told["bridge-focused"]["data"] == {**asked, "column": 123}
    elsewhere = given | {"darksight_outline__data": outline(fit, x=(50, 60, 60, 50))}
    told = own_page.ask("bridge-focused.data", "bridge-asked.data", bridge_asked__data=asked, **elsewhere)
    assert told["bridge-focused"]["data"] == {**asked, "column": None}


def weight_of(told):
    """As it is sent."""
    return len(gzip.compress(json.dumps(told).encode(), 1))


@pytest.mark.parametrize("share", [1, 0.5])
def test_a_gesture_weighs_little(own, own_page, large, share):
    """All points, which are means, and about as many as may have columns of their own."""
    study, fit = large
    places = own.engine.results.array(fit["key"], "places")
    most = most_points(10)
    top = 6 if share == 1 else float(np.sort(places[:, 1])[most - 1])
    told = shown(own_page, study, fit, outline(fit, y=(-6, -6, top, top)))["bridge-source"]["data"]
    assert told["columns"] == (MEANS if share == 1 else most)
    assert weight_of(told) <= MOST_BYTES


@pytest.mark.parametrize("n_classes", [2, 12, 40, 300])
def test_flat_predictions_over_any_number_of_classes_weigh_little(n_classes):
    """The worst there is: shares, numbers and places of which none is like another, and as many as may have columns."""
    random = np.random.default_rng(0)
    said = random.dirichlet(np.full(n_classes, 0.9), 5_000)
    said[:, :12] += 0.1
    said /= said.sum(axis=1, keepdims=True)
    count = most_points(min(n_classes, 12))
    way = Walk(random.permutation(2**24)[:count], np.sort(random.uniform(0, 9, count)), np.array([[0, 0], [9.0, 0]]))
    true = random.integers(0, n_classes, count)
    bridge = Bridge("line", 1.0, way, said[:count], true, said[:count].argmax(axis=1))
    told = source_of(bridge)
    assert told["columns"] == count == told["count"]
    assert len(told["named"]) == min(n_classes, 12)
    assert weight_of(told) <= MOST_BYTES


def test_the_likeliest_classes_of_an_image(own, own_page, mapped):
    _, fit = mapped
    response = own_page.client.get(f"/darksight-top/{fit['key']}/1500")
    told = response.get_json()
    for who in ("teacher", "student"):
        classes, shares = (
            own.engine.results.array(fit["key"], f"{who}_{what}")[1500] for what in ("classes", "shares")
        )
        assert told[who] == [[number, pytest.approx(share)] for number, share in zip(classes, shares, strict=True)]
    assert response.headers["ETag"]
    missing = own_page.client.get(f"/darksight-top/{fit['key']}/1797")
    assert (missing.status_code, missing.text) == (404, "There is no image 1797; the map has 1797, counted from 0.\n")
    assert own_page.client.get(f"/darksight-top/{'0' * 64}/0").status_code == 404
