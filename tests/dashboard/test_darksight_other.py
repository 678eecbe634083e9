"""Another map beside that of DarkSight: which is shown, what is asked for and when, and what is said of it."""

import csv
import io

import numpy as np
import pytest

from dashboard import maps
from dashboard.darksight import ids
from dashboard.darksight.known_maps import name_of, planar_maps
from dashboard.darksight.worths import ask_worth, worth_key
from dashboard.links import study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.mapped import add_map, finish_other, finish_worth
from workers.params import EmbeddingParams

N = 1797
PLACES = np.random.default_rng(0).normal(size=(N, 2))
FINE = EmbeddingParams(method="tsne", of="probabilities", perplexity=5)


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def study(own, own_page, digits):
    return own.copy_study(digits)


@pytest.fixture
def mapped(own, study):
    """A second map in the plane: the study with it, and its key."""
    grown = maps.ask_for(own.engine, study_data(study), FINE)
    key = maps.key_of(study.keys, FINE)
    finish_other(own.engine, key, PLACES)
    return grown, key


def shown(page, study, chosen=None, *, ready=None, changed="other-map-chosen.value", **given):
    told = {"study__data": study_data(study), "ready__data": list(study.keys) if ready is None else ready}
    told |= {"other_map_chosen__value": chosen, "other_map_of__value": "probabilities"}
    answer = page.ask("other-map-source.data", changed, **told | given)
    return {f"{name}.{prop}": value for name, props in answer.items() for prop, value in props.items()}


def asked(page, study, output, settings, *, of="logits", method="umap", ready=None):
    told = {"study__data": study_data(study), "ready__data": list(study.keys) if ready is None else ready}
    told |= {"other_map_asked__data": settings, "other_map_of__value": of, "other_map_method__value": method}
    return page.ask(output, "other-map-asked.data", **told)


def test_it_opens_with_the_map_that_the_study_has_and_asks_for_none(own_page, own, study):
    before = own.engine.jobs.open_keys()
    told = shown(own_page, study)
    key = study.keys["embedding"]
    assert told["other-map-chosen.data"] == [{"value": key, "label": "PCA of features"}]
    assert told["other-map-chosen.value"] == key
    assert told[f"{ids.OTHER}.data"] == {"key": key}
    source = told["other-map-source.data"]
    assert (source["map"], source["dims"], source["images"]) == (key, 2, study.keys["images"])
    assert "measures" not in source
    assert own.engine.jobs.open_keys() == before
    assert own.engine.studies.get(study.id).keys == study.keys


def test_the_last_that_was_made_is_shown_until_one_is_chosen(own_page, study, mapped):
    grown, key = mapped
    assert shown(own_page, grown)["other-map-chosen.value"] == key
    told = shown(own_page, grown, grown.keys["embedding"])
    assert "other-map-chosen.value" not in told  # as it was chosen
    assert told["other-map-source.data"]["map"] == grown.keys["embedding"]
    assert [option["label"] for option in told["other-map-chosen.data"]] == [
        "PCA of features", "t-SNE of probabilities, perplexity 5",
    ]  # fmt: skip
    # Of the study before, or gone: as if none were chosen.
    assert shown(own_page, grown, "a" * 64)["other-map-chosen.value"] == key


def test_maps_in_space_are_not_among_them(own, own_page, study):
    spatial = EmbeddingParams(method="pca", of="logits", n_components=3)
    grown = maps.ask_for(own.engine, study_data(study), spatial)
    assert list(planar_maps(own.engine, grown.keys)) == [study.keys["embedding"]]


def test_a_map_is_asked_for_by_the_button_and_shown_at_once(own_page, own, study):
    umap = EmbeddingParams(method="umap", of="logits", n_neighbors=30)
    key = maps.key_of(study.keys, umap)
    settings = {"n_neighbors": 30}
    told = asked(own_page, study, "other-map-wanted.data", settings)
    wanted = {"key": key, "title": "UMAP of logits, 30 neighbours, least distance 0.1", "study": study.id}
    assert told == {"other-map-chosen": {"value": key}, "other-map-wanted": {"data": wanted}}
    # The browser may ask what is shown before the study has it.
    seen = shown(own_page, study, key, other_map_wanted__data=wanted)
    assert seen["other-map-words.children"] == f"{wanted['title']} is asked for."
    assert seen["other-map-chosen.data"][-1] == {"value": key, "label": wanted["title"]}
    grown = asked(own_page, study, "study.data", settings)["study"]["data"]
    assert grown["keys"][f"embedding-{key[:8]}"] == key
    grown = own.engine.studies.get(study.id)
    assert asked(own_page, grown, "study.data", settings) == {}  # once
    seen = shown(own_page, grown, key, ready=list(study.keys))
    assert seen["other-map-told.children"][0] == "UMAP of logits: waits for a worker"
    assert (seen["other-map-cancel.display"], seen["other-map-source.data"]) == ("block", None)
    assert seen[f"{ids.OTHER}.data"] is None


def test_nothing_is_asked_for_when_the_view_is_laid_out(own_page, study):
    assert asked(own_page, study, "study.data", None) == {}
    assert asked(own_page, study, "other-map-wanted.data", None) == {}
    assert asked(own_page, study, "study.data", {}, ready=["images"]) == {}


def test_its_job_is_told_of_stopped_and_tried_again(own_page, own, study):
    grown = maps.ask_for(own.engine, study_data(study), FINE)
    key = maps.key_of(study.keys, FINE)

    def press(button):
        told = {"study__data": study_data(grown), "other_map_chosen__value": key, f"other_map_{button}__n_clicks": 1}
        return own_page.ask("pulse.n_intervals", f"other-map-{button}.n_clicks", **told)

    assert press("cancel")["pulse"]["n_intervals"] == 1
    seen = shown(own_page, grown, key, ready=list(study.keys))
    words = "t-SNE of probabilities: stopped on request. Change its settings, or try again."
    assert (seen["other-map-told.children"], seen["other-map-retry.display"]) == ([words], "block")
    press("retry")
    assert own.engine.jobs.get(key).state == "queued"


def test_beside_a_darksight_map_it_has_its_colours_and_says_what_both_are_worth(own_page, own, mapped):
    _, key = mapped
    engine = own.engine
    grown, fit = add_map(engine, engine.studies.get(mapped[0].id))
    source = shown(own_page, grown, key, darksight_fit__data=fit)["other-map-source.data"]
    assert source["measures"]["density"]["key"] == fit["key"]
    assert source["words"] == "t-SNE: perplexity 5, KL 0.50"
    for each, value in ((key, 0.4), (fit["key"], 0.25)):
        grown = ask_worth(engine, study_data(grown), each, "test")
        finish_worth(engine, worth_key(grown.keys, each, "test"), (0.1, 0.2, value))
    words = shown(own_page, grown, key, darksight_fit__data=fit)["other-map-source.data"]["words"]
    assert words == "M_100 0.400, DarkSight 0.250 · t-SNE: perplexity 5, KL 0.50"


def test_the_button_makes_maps_without_settings_too(own_page):
    def make(method):
        told = own_page.ask("other-map-make.display", "other-map-method.value", other_map_method__value=method)
        return told["other-map-make"]["display"], told["other-map-no-settings"]["display"]

    assert (make("pca"), make("tsne")) == (("block", "block"), ("block", "none"))


def test_settings_that_need_more_images_are_refused_at_their_field(own_page, study):
    told = {"study__data": study_data(study), "ready__data": list(study.keys), "other_map_method__value": "tsne"}
    told |= {"other_map_perplexity__value": 600, "other_map_seed__value": 0, "other_map_make__n_clicks": 1}
    answer = own_page.ask("other-map-asked.data", "other-map-make.n_clicks", **told)
    assert answer["other-map-perplexity"]["error"] == "must be at most 500"
    assert "other-map-asked" not in answer


def test_before_the_predictions_there_is_nothing(own_page, study):
    seen = shown(own_page, study, ready=["images"])
    assert seen["other-map-words.children"] == "The map appears when the predictions are there."
    assert seen["other-map-chosen.data"] == []


def test_the_places_can_be_taken_along(own_page, mapped):
    grown, key = mapped

    def take(other):
        told = {"study__data": study_data(grown), f"{ids.OTHER.replace('-', '_')}__data": other}
        told |= {"darksight_split__value": "test", "take_other_map__n_clicks": 1}
        return own_page.ask("darksight-download.data", "take-other-map.n_clicks", **told)

    words = "There is nothing to export before another map is there."
    assert take(None)["toasts"]["sendNotifications"][0]["message"] == words
    sent = take({"key": key})["darksight-download"]["data"]
    assert sent["filename"] == "tsne-of-probabilities-test.csv"
    first = next(csv.DictReader(io.StringIO(sent["content"])))
    assert (first["image"], float(first["x"])) == ("1438", pytest.approx(PLACES[1438, 0], rel=1e-5))


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"method": "pca", "of": "pixels"}, "PCA of pixels"),
        ({"method": "tsne", "of": "logits", "perplexity": 50}, "t-SNE of logits, perplexity 50"),
    ],
)
def test_what_a_map_is_called(settings, name):
    assert name_of(EmbeddingParams(**settings)) == name
