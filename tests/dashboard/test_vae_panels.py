"""Neighbours, morph and counterfactual, asked over HTTP as the browser does: what is taken along, what is searched for and
shown; and the pictures of a counterfactual."""

import base64
import csv
import io

import numpy as np
import pytest
from PIL import Image

from dashboard.asking import key_of, spec_of
from dashboard.links import study_data
from dashboard.server import build
from dashboard.vae import neighbours
from dashboard.vae.counterfactual import ROLE, said_of
from dashboard.vae.counterfactual_figures import LESS, MORE, MOST_BARS, difference, inline, moved_figure
from dashboard.vae.morph import morph_table
from dashboard.vae.neighbours import neighbours_table
from tests.dashboard.asking import Page
from tests.dashboard.mapped import finish
from workers.calls import CallFailed
from workers.kinds import job
from workers.latent_params import CounterfactualParams

NAMES = list("0123456789")
NUMBER = 1500


# ---- pictures ----


def test_the_difference_is_blue_where_brighter_and_orange_where_darker():
    before = np.full((1, 2, 2), 100, np.uint8)
    after = np.array([[[100, 200], [50, 100]]], np.uint8)
    drawn = difference(before, after)
    assert drawn.shape == (4, 2, 2)
    assert drawn[3].tolist() == [[0, 255], [128, 0]]
    assert tuple(drawn[:3, 0, 1]) == MORE
    assert tuple(drawn[:3, 1, 0]) == LESS
    assert difference(before, before)[3].max() == 0


def test_channels_are_averaged():
    before, after = np.zeros((3, 1, 2), np.uint8), np.zeros((3, 1, 2), np.uint8)
    after[0, 0, 0], after[:, 0, 1] = 90, 60
    assert difference(before, after)[3].tolist() == [[128, 255]]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_image_stands_in_its_address(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (channels, 3, 5), dtype=np.uint8)
    kind, data = inline(pixels).split(",")
    assert kind == "data:image/png;base64"
    read = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert np.array_equal(read.reshape(3, 5, channels).transpose(2, 0, 1), pixels)


def test_bars_are_those_of_the_values_that_moved_farthest():
    moved = np.zeros(40)
    moved[[3, 17]] = [-2.0, 1.5]
    figure = moved_figure(moved)
    (bars,) = figure.data
    assert bars.y[:2].tolist() == [-2.0, 1.5]
    assert list(figure.layout.xaxis.ticktext)[:2] == ["z3", "z17"]
    assert len(bars.y) == MOST_BARS
    assert figure.layout.xaxis.title.text == f"latent values, {MOST_BARS} of 40"
    assert moved_figure(moved[:5]).layout.xaxis.title.text == "latent values"


# ---- tables ----


def text(numbers, kind):
    return base64.b64encode(np.array(numbers, kind).tobytes()).decode()


def test_a_row_of_the_table_is_a_neighbour():
    told = {
        "top": text([4, 9], np.int16), "shares": text([0.75, 0.5], np.float32), "own": text([0.75, 0.25], np.float32),
        "distances": text([0.5, 1], np.float32), "original": 4,
    }  # fmt: skip
    rows = list(csv.reader(io.StringIO(neighbours_table(told, text([[1, 2], [3, 4]], np.float32), NAMES))))
    assert rows == [
        ["neighbour", "label", "probability", "probability of 4", "distance", "latent value 0", "latent value 1"],
        ["0", "4", "0.75", "0.75", "0.5", "1.0", "2.0"],
        ["1", "9", "0.5", "0.25", "1.0", "3.0", "4.0"],
    ]


def test_a_row_of_the_table_is_a_frame():
    told = {"at": [0.0, 1.0], "top": [1, 0], "probabilities": [[0.25, 0.75], [0.5, 0.5]], "codes": [[1.5], [2.5]]}
    assert list(csv.reader(io.StringIO(morph_table(told, ["a", "b"])))) == [
        ["at", "label", "probability of a", "probability of b", "latent value 0"],
        ["0.0", "b", "0.25", "0.75", "1.5"],
        ["1.0", "a", "0.5", "0.5", "2.5"],
    ]


# ---- asked over HTTP ----


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def source(own, own_page, digits):
    """What the view's store has of an image, in a study with a VAE as if a worker had trained it."""
    study = own.copy_study(digits)
    specs = {role: own.engine.jobs.spec(study.keys[role]) for role in ("images", "teacher")}
    specs["vae"] = job("vae", {"latent_size": 2}, **specs)
    specs["codes"] = job("codes", **specs)
    for role in ("vae", "codes"):
        study = own.engine.studies.add(study.id, role, specs[role])
    predicted = own.engine.results.array(study.keys["predictions"], "predicted").copy()
    predicted[NUMBER] = (predicted[NUMBER] + 1) % 10  # its reconstruction is taken for something else
    finish(own.engine, study.keys["vae"], {"state": np.zeros(1)}, latent_size=2)
    finish(own.engine, study.keys["codes"], {"predicted": predicted}, latent_size=2)
    keys = {role: study.keys[role] for role in ("images", "teacher", "vae", "codes", "predictions")}
    return keys | {"id": "an image", "number": NUMBER, "epoch": 3, "names": NAMES, "study": study_data(study)}


def shares(own, source):
    return own.engine.results.array(source["predictions"], "probabilities")[NUMBER]


def asked(own, source, page, target, residual=True):
    given = {
        "vae_source__data": source, "vae_residual__checked": residual, "counterfactual_class__value": str(target),
        "study__data": source["study"],
    }  # fmt: skip
    return page.ask("counterfactual-words.children", "counterfactual-class.value", **given)


def test_the_classes_begin_with_the_likeliest_that_it_is_not(own, own_page, source):
    order = np.argsort(-shares(own, source))
    given = {"vae_source__data": source, "vae_residual__checked": True}
    told = own_page.ask("counterfactual-class.data", "vae-source.data", **given)["counterfactual-class"]
    assert told["value"] == str(order[1])
    assert [each["value"] for each in told["data"] if each["disabled"]] == [str(order[0])]
    given["vae_residual__checked"] = False
    told = own_page.ask("counterfactual-class.data", "vae-residual.checked", **given)["counterfactual-class"]
    taken = (order[0] + 1) % 10
    assert [each["value"] for each in told["data"] if each["disabled"]] == [str(taken)]
    assert told["value"] == str(order[0])


def test_a_search_is_offered_asked_for_watched_and_cancelled(own, own_page, source):
    target = int(np.argsort(-shares(own, source))[2])
    told = asked(own, source, own_page, target)
    assert told["counterfactual-words"]["children"] == (
        f"Search for the smallest step after which the teacher takes image 1,500 for {target}."
    )
    assert told["counterfactual-search"]["disabled"] is False
    given = {
        "vae_source__data": source, "vae_residual__checked": True, "counterfactual_class__value": str(target),
        "study__data": source["study"], "counterfactual_search__n_clicks": 1,
    }  # fmt: skip
    study = own_page.ask("study.data", "counterfactual-search.n_clicks", **given)["study"]["data"]
    key = study["keys"][ROLE]
    assert own.engine.jobs.get(key).params == CounterfactualParams(number=NUMBER, target=target).model_dump()
    told = asked(own, source, own_page, target)
    assert told["counterfactual-run"]["hidden"] is False
    assert told["counterfactual-cancel"]["display"] == "block"
    assert told["counterfactual-search"]["disabled"] is True
    own_page.ask("pulse.n_intervals", "counterfactual-cancel.n_clicks", counterfactual_cancel__n_clicks=1, **given)
    assert own.engine.jobs.get(key).state == "cancelled"
    told = asked(own, source, own_page, target)
    assert told["counterfactual-search"]["disabled"] is False
    assert f"{target}: stopped on request" in str(told["counterfactual-told"]["children"])


def test_the_class_that_it_is_taken_for_is_not_searched_for(own, own_page, source):
    taken = int(shares(own, source).argmax())
    told = asked(own, source, own_page, taken)
    assert told["counterfactual-words"]["children"] == (
        f"The teacher takes the image for {taken} already; choose another class."
    )
    assert told["counterfactual-search"]["disabled"] is True


def found(own, source, target, reached=True):
    """Has a search be over."""
    params = CounterfactualParams(number=NUMBER, target=target)
    own.engine.studies.add(source["study"]["id"], ROLE, spec_of(own.engine, "counterfactual", source, params))
    probabilities = np.full((2, 10), 0.02, np.float32)
    probabilities[0, 4], probabilities[1, target] = 0.82, 0.82
    key = key_of("counterfactual", source, params)
    contents = {
        "code": np.array([0.5, -1.0], np.float32), "start": np.array([0.25, 1.0], np.float32),
        "before": np.zeros((1, 28, 28), np.uint8), "image": np.ones((1, 28, 28), np.uint8), "probabilities": probabilities,
    }  # fmt: skip
    meta = {
        "reached": reached,
        "words": "" if reached else "It came nearest at 2.0%.",
        "distance": 2.5,
        "moved": [0.5, -2.45],
    }
    finish(own.engine, key, contents, original=4, target=target, **meta)
    return key


def test_what_was_found_is_shown_and_the_line_goes_there(own, own_page, source):
    target = int(np.argsort(-shares(own, source))[2])
    found(own, source, target)
    told = asked(own, source, own_page, target)
    assert told["counterfactual-panel-subtitle"]["children"] == f"Image 1,500: 4 → {target}"
    assert str(told["counterfactual-pictures"]).count("data:image/png") == 3
    assert told["counterfactual-bars"]["figure"]["data"][0]["type"] == "bar"
    assert f"Taken for {target}, 2.50 standard deviations away." in str(told["counterfactual-said"])
    given = {
        "vae_source__data": source, "vae_residual__checked": True, "counterfactual_class__value": str(target),
        "counterfactual_move__n_clicks": 1, "take_counterfactual__n_clicks": 1,
    }  # fmt: skip
    line = own_page.ask("vae-line.data", "counterfactual-move.n_clicks", **given)["vae-line"]["data"]
    assert line == {"of": "an image", "values": [0.5, -1.0]}
    taken = own_page.ask("vae-download.data", "take-counterfactual.n_clicks", **given)["vae-download"]["data"]
    assert taken["filename"] == f"counterfactual-1500-{target}.csv"
    assert list(csv.reader(io.StringIO(taken["content"]))) == [
        ["latent_value", "own", "moved_to", "standard_deviations"],
        ["0", "0.25", "0.5", "0.5"],
        ["1", "1.0", "-1.0", "-2.45"],
    ]


def test_a_class_that_was_not_reached_says_so():
    meta = {"reached": False, "words": "It came nearest at 2.0%.", "distance": 3.0, "original": 1, "target": 0}
    told = said_of(meta, np.array([[0.1, 0.9], [0.02, 0.98]]), ["a", "b"])
    assert [str(line.children) for line in told][1:] == ["before: b 90.0%, a 10.0%", "there: b 98.0%, a 2.0%"]
    assert told[0].children.children == "It came nearest at 2.0%."


def test_neighbours_are_drawn_again_to_be_taken_along(own, own_page, source, monkeypatch):
    question = {name: source[name] for name in ("images", "teacher", "epoch", "vae", "codes", "number")}
    question |= {
        "centre": None, "widths": [[1, 1], [1, 1]], "count": 1, "distribution": "uniform", "seed": 3, "residual": True,
    }  # fmt: skip
    heard = {}

    def ask(call, params, tab, timeout=5.0):
        heard[call] = params
        if call == "neighbour-codes":
            return {"codes": text([[1, 2]], np.float32)}
        told = {"top": text([4], np.int16), "original": 4}
        return told | {name: text([0.5], np.float32) for name in ("shares", "own", "distances")}

    monkeypatch.setattr(own.engine.calls, "ask", ask)
    given = {"neighbours_asked__data": question, "vae_source__data": source, "take_neighbours__n_clicks": 1}
    taken = own_page.ask("vae-download.data", "take-neighbours.n_clicks", **given)["vae-download"]["data"]
    assert taken["filename"] == "neighbours-1500.csv"
    assert taken["content"].splitlines()[1] == "0,4,0.5,0.5,0.5,1.0,2.0"
    assert heard["neighbours"] == question
    assert heard["neighbour-codes"] == {name: question[name] for name in neighbours.DRAWN_BY}


def test_what_cannot_be_taken_along_is_told(own, own_page, source, monkeypatch):
    def refuse(call, params, tab, timeout=5.0):
        raise CallFailed("the band is gone")

    for name, words in (("neighbours", "neighbours are shown"), ("morph", "a way is shown")):
        given = {"vae_source__data": source, f"take_{name}__n_clicks": 1}
        told = own_page.ask("vae-download.data", f"take-{name}.n_clicks", **given)
        assert f"There is nothing to export before {words}." in str(told["toasts"])
    monkeypatch.setattr(own.engine.calls, "ask", refuse)
    given = {"vae_source__data": source, "take_morph__n_clicks": 1, "morph_asked__data": {"first": NUMBER, "second": 3}}
    told = own_page.ask("vae-download.data", "take-morph.n_clicks", **given)
    assert "The way could not be asked for: the band is gone." in str(told["toasts"])


def test_the_second_image_of_a_morph_is_pinned_by_its_number(own_page, source):
    told = own_page.ask("morph-second.error", "morph-second.value", vae_source__data=source, morph_second__value=7)
    assert told["pinned"]["data"] == 7
    assert told["morph-second"] == {"error": None, "value": ""}
    told = own_page.ask("morph-second.error", "morph-second.value", vae_source__data=source, morph_second__value=1797)
    assert told["morph-second"] == {"error": "0 to 1796"}
    assert "pinned" not in told
