"""The DarkSight map's panel, asked over HTTP as the browser does: which map is shown, how far it is, what is taken along."""

import base64
import csv
import io
import re

import numpy as np
import pytest

from dashboard.darksight.fits import ask_for, title_of
from dashboard.links import study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.mapped import add_map
from workers.darksight_params import DarkSightParams
from workers.engine import Engine


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def study(own, own_page, digits):
    return own.copy_study(digits)


def given(study, chosen=None, **more):
    return {
        "study__data": study_data(study), "ready__data": list(study.keys), "darksight_fits__value": chosen,
        "darksight_fits__data": [],
    } | more  # fmt: skip


def shown(page, study, chosen=None, **more):
    told = page.ask("darksight-source.data", "ready.data", **given(study, chosen, **more))
    return {f"{name}.{prop}": value for name, props in told.items() for prop, value in props.items()}


def test_a_map_is_asked_for_once_when_somebody_looks(own_page, own, study):
    def ask(study, **more):
        return own_page.ask("study.data", "darksight-fits.data", **given(study, **more))

    assert ask(study, darksight_fits__data=None) == {}  # the view is not there
    assert ask(study, ready__data=["images"]) == {}
    assert "asked for" in shown(own_page, study)["darksight-words.children"]
    grown = ask(study)["study"]["data"]
    (role,) = set(grown["keys"]) - set(study.keys)
    assert role == f"darksight-{grown['keys'][role][:8]}"
    record = own.engine.jobs.get(grown["keys"][role])
    assert (record.kind, record.state, record.params["effort"]) == ("darksight", "queued", "usual")
    assert ask(own.engine.studies.get(study.id)) == {}


def test_before_there_are_predictions_it_says_what_it_waits_for(own_page, study):
    told = shown(own_page, study, ready__data=["images", "teacher"])
    assert told["darksight-source.data"] is None
    assert told["darksight-words.children"] == "The map appears when the predictions are there."


def test_a_finished_map_is_shown_with_its_figures_and_colours(own_page, own, study):
    study, fit = add_map(own.engine, study)
    told = shown(own_page, study)
    assert told["darksight-fit.data"] == fit
    assert told["darksight-fits.data"] == [{"value": fit["key"], "label": "seed 0"}]
    source = told["darksight-source.data"]
    assert (source["map"], source["dims"]) == (fit["key"], 2)
    assert source["words"] == "KL 0.0100 nats, agreement 99.00%"
    assert source["measures"] == {
        "density": {"key": fit["key"], "array": "log_density", "title": "Density P(y), log", "unit": "nats"}
    }
    colours = [entry["value"] for entry in told["darksight-colour.data"] if not entry.get("disabled")]
    assert colours == ["true", "predicted", "right", "confidence", "entropy", "margin", "density", "none"]


def test_hidden_points_are_counted(own_page, own, study):
    places = np.zeros((1797, 2))
    places[1500:1600] = np.nan
    study, _ = add_map(own.engine, study, places)
    assert shown(own_page, study)["darksight-source.data"]["words"].endswith("100 hidden")


def test_a_map_in_the_making_shows_how_far_it_is_and_what_it_has(own_page, own, study):
    made, key = ask_for(own.engine, study_data(study), DarkSightParams(seed=3))
    told = shown(own_page, made, key)
    assert told["darksight-told.children"][0].startswith("DarkSight map: waits for a worker")
    assert (told["darksight-cancel.display"], told["darksight-retry.display"]) == ("block", "none")
    attempt = own.engine.jobs.claim(key, "worker").attempt
    own.engine.jobs.report(key, attempt, {"message": "step 5 of at most 60", "fraction": 0.1, "previews": 2})
    own.engine.jobs.preview(key, np.zeros((1797, 2)))
    told = shown(own_page, made, key)
    source = told["darksight-source.data"]
    assert (source["map"], source["preview"]) == (key, 2)
    assert source["words"] == "DarkSight, preview: step 5 of at most 60"
    assert told["darksight-fit.data"] is None
    assert told["darksight-run.className"] == "scatter-run scatter-run-over"

    def press(button):
        return own_page.ask(
            "pulse.n_intervals", f"darksight-{button}.n_clicks", **given(made, key), **{f"darksight_{button}__n_clicks": 1}
        )  # fmt: skip

    assert press("cancel")["pulse"]["n_intervals"] == 1
    assert own.engine.jobs.get(key).state == "cancelled"
    told = shown(own_page, made, key)
    assert "stopped on request" in told["darksight-told.children"][0]
    assert (told["darksight-cancel.display"], told["darksight-retry.display"]) == ("none", "block")
    press("retry")
    assert own.engine.jobs.get(key).state == "queued"


def test_a_map_that_was_evicted_can_be_had_again(own_page, own, study):
    study, fit = add_map(own.engine, study)
    own.engine.client.delete(f"darkroom:result:{fit['key']}")
    own.engine.results._cache.clear()
    told = shown(own_page, study)
    assert told["darksight-source.data"] is None
    assert "made room for other results" in told["darksight-told.children"][0]
    assert told["darksight-retry.display"] == "block"


def test_its_coordinates_are_taken_along(own_page, own, study):
    study, fit = add_map(own.engine, study)
    told = own_page.ask(
        "darksight-download.data", "take-darksight.n_clicks", take_darksight__n_clicks=1, darksight_fit__data=fit,
        darksight_split__value="test", study__data=study_data(study),
    )["darksight-download"]["data"]  # fmt: skip
    assert told["filename"] == "darksight-test.csv"
    rows = list(csv.reader(io.StringIO(told["content"])))[1:]
    places = own.engine.results.array(fit["key"], "places")[1438:]
    assert np.array_equal(np.array([row[1:3] for row in rows], float).astype(np.float32), places)
    nothing = own_page.ask(
        "darksight-download.data", "take-darksight.n_clicks", take_darksight__n_clicks=1, study__data=study_data(study)
    )  # fmt: skip
    assert "darksight-download" not in nothing
    assert re.search("nothing to export before", str(nothing))


def test_the_fitted_map_is_taken_along(own_page, own, study):
    def take(fit):
        told = {"take_darksight_fitted__n_clicks": 1, "darksight_fit__data": fit}
        return own_page.ask("darksight-download.data", "take-darksight-fitted.n_clicks", **told)

    _, fit = add_map(own.engine, study)
    told = take(fit)["darksight-download"]["data"]
    assert told["filename"] == f"DarkSight-{fit['key'][:8]}.safetensors"
    assert base64.b64decode(told["content"]) == b"the fitted map"
    assert "nothing to export before" in str(take(None))


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ({}, "seed 0"),
        ({"seed": 2, "temperature": 4}, "seed 2 · temperature 4"),
        ({"classes": (1, 0), "effort": "fine"}, "seed 0 · cat, dog · fine"),
        ({"classes": (0, 1, 2, 3)}, "seed 0 · cat, dog … fox (4 classes)"),
        ({"classes": (1, 2, 3)}, "seed 0 · dog, emu, fox"),
        ({"parametric": True, "split": "train"}, "seed 0 · network · of train images"),
        (
            {"conditional": "gaussian", "optimizer": "coordinate", "df": 3},
            "seed 0 · normal student · 3 degrees of freedom · by turns",
        ),
    ],
)  # fmt: skip
def test_a_map_is_told_from_others_by_what_it_was_asked_for(asked, title):
    assert title_of(DarkSightParams.model_validate(asked), ["cat", "dog", "emu", "fox"]) == title


def test_where_all_images_are_test_there_is_no_switch(own_page, own, study, tmp_path):
    assert shown(own_page, study)["darksight-split.style"] == {}
    np.savez(tmp_path / "told.npz", probs=np.random.default_rng(0).dirichlet([1, 1, 1], 40))
    told = shown(own_page, own.give_study(tmp_path / "told.npz"))
    assert (told["darksight-split.style"], told["darksight-split.value"]) == ({"display": "none"}, "test")


def test_without_its_record_a_map_is_still_offered(own_page, own, study):
    study, fit = add_map(own.engine, study)
    assert isinstance(own.engine, Engine)
    own.engine.client.delete(f"darkroom:job:{fit['key']}")
    assert shown(own_page, study)["darksight-fits.data"] == [{"value": fit["key"], "label": f"map {fit['key'][:8]}"}]
