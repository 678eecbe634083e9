"""The tab Explain, asked over HTTP as the browser does: what it shows, what it asks for, what it lets one take along."""

import csv
import io

import numpy as np
import pytest

from dashboard.asking import ask_for
from dashboard.explain import ids
from dashboard.explain.asked import explanations_of, map_layers, usable
from dashboard.explain.curves import curves_figure, curves_table
from dashboard.explain.form import FIELDS, NAMES, PLACES, read_form
from dashboard.explain.panel import NO_IMAGE, NO_STUDY, NOT_YET, maps_table, shown_now
from dashboard.explain.ranking import NOT_RANKED, image_csv, selection_csv
from dashboard.explain.ranking import shown_now as ranking_now
from dashboard.explain.relabels import relabels_figure, relabels_table
from dashboard.links import make_selection, study_data
from dashboard.server import build
from dashboard.vae.asked import specs_of
from tests.dashboard.asking import Page
from workers import names
from workers.explain_params import METHODS, ExplainParams, RankParams
from workers.vae_params import VaeParams

READY = ["images", "teacher", "predictions", "embedding", "vae", "codes"]
NUMBER = 1500
QUICK = {"methods": ("relabel", "rise", "integrated-gradients"), "n_samples": 60}


@pytest.fixture(scope="module")
def made(own, digits):
    """The digits with a VAE that has hardly learned, explanations of one image and of two, in the module's own store."""
    study = own.copy_study(digits)
    for role, spec in specs_of(own.engine, study.keys, VaeParams(latent_size=3, epochs=1)).items():
        study = own.engine.studies.add(study.id, role, spec)
        own._run(spec)
    for kind, asked in (
        ("explain", ExplainParams(number=NUMBER, **QUICK)),
        ("rank", RankParams(numbers=(NUMBER, NUMBER + 1), **QUICK)),
    ):
        study, key = ask_for(own.engine, study_data(study), kind, asked)
        own._run(own.engine.jobs.spec(key))
    return study


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def shown(own, made):
    return shown_now(own.engine, READY, study_data(made), NUMBER, None)["shown"]


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def only(made, start):
    (key,) = [key for role, key in made.keys.items() if role.startswith(start)]
    return key


def typed(**changed):
    """What the fields of the form hold, as a callback's states."""
    values = {"methods": list(METHODS), "layer": None} | {name: field.shown_default for name, field in FIELDS.items()}
    told = dict(zip(NAMES, PLACES, strict=True))
    return {f"{place.replace('-', '_')}__{prop}": (values | changed)[name] for name, (place, prop) in told.items()}


# ---- the maps ----


def test_the_newest_explanations_of_the_image_are_shown(own, made):
    told = shown_now(own.engine, READY, study_data(made), NUMBER, None)
    assert told["shown"]["key"] == only(made, "explain-")
    assert [method["name"] for method in told["shown"]["methods"]] == [
        "relabel", "integrated-gradients", "rise", "edges", "chance"
    ]  # fmt: skip
    assert told["subtitle"].startswith("Image 1,500, which the teacher takes for ")
    assert not told["cannot"]
    assert shown_now(own.engine, READY, study_data(made), NUMBER + 1, None)["shown"] is None


def test_what_is_next_is_said(own, made, digits):
    study = study_data(made)
    assert shown_now(own.engine, [], study, NUMBER, None)["words"] == NO_STUDY
    assert shown_now(own.engine, READY, study, None, None)["words"] == NO_IMAGE
    assert "1,797" in shown_now(own.engine, READY, study, 1797, None)["words"]
    assert shown_now(own.engine, READY, study, NUMBER + 1, None)["words"] == NOT_YET
    assert (
        ranking_now(own.engine, READY, study, None, None, "selection", "deletion", "signed", None, "x")["drawn"] == {}
    )
    bare = study_data(digits.study)
    told = ranking_now(digits.engine, READY, bare, None, None, "selection", "deletion", "signed", None, None)
    assert told["words"] == NOT_RANKED


def test_explain_asks_for_explanations_and_shows_how_far_they_are(own, made, own_page):
    told = own_page.ask(
        "explain-chosen.data", "explain-make.n_clicks", explain_make__n_clicks=1, study__data=study_data(made),
        ready__data=READY, focus__data=NUMBER + 1, **typed(methods=["rise"], seed=5),
    )  # fmt: skip
    key = told["explain-chosen"]["data"]
    job = own.engine.jobs.get(key)
    assert (job.params["number"], job.params["methods"], job.params["seed"]) == (NUMBER + 1, ["rise"], 5)
    assert job.inputs.keys() == {"images", "teacher", "vae", "codes"}
    study = told["study"]["data"]
    now = shown_now(own.engine, READY, study, NUMBER + 1, key)
    assert (now["not_run"], now["cancel"], now["shown"]) == (False, "block", None)
    assert "Explanations: waits for a worker" in str(now["told"])
    own_page.ask("pulse.n_intervals", "explain-cancel.n_clicks", explain_cancel__n_clicks=1, explain_chosen__data=key)
    assert own.engine.jobs.get(key).state == "cancelled"
    now = shown_now(own.engine, READY, study, NUMBER + 1, key)
    assert (now["cancel"], now["retry"]) == ("none", "block")


def test_without_a_vae_it_is_asked_without_one(own, made, own_page):
    ready = [role for role in READY if role != "codes"]
    assert {"vae", "codes"} & usable(study_data(made), ready)["keys"].keys() == set()
    told = own_page.ask(
        "explain-chosen.data", "explain-make.n_clicks", explain_make__n_clicks=1, study__data=study_data(made),
        ready__data=ready, focus__data=NUMBER, **typed(),
    )  # fmt: skip
    key = told["explain-chosen"]["data"]
    assert own.engine.jobs.get(key).inputs.keys() == {"images", "teacher"}
    own.engine.jobs.cancel(key)


def test_settings_that_cannot_be_are_told_at_their_fields(made, own_page):
    given = {"explain_make__n_clicks": 1, "study__data": study_data(made), "ready__data": READY, "focus__data": NUMBER}
    told = own_page.ask("explain-chosen.data", "explain-make.n_clicks", **given, **typed(n_samples=3))
    assert told["explain-set-n-samples"]["error"] == "must be at least 10"
    assert "open Methods, where it says which" in str(told["toasts"])
    told = own_page.ask("explain-chosen.data", "explain-make.n_clicks", **given, **typed(methods=[]))
    assert told[ids.METHODS]["error"] == "choose a method or more"


def test_what_is_read_of_the_form_is_for_one_image_or_several():
    values = tuple(
        {"methods": ["rise"], "layer": "pool1"}.get(name, FIELDS[name].shown_default if name in FIELDS else None)
        for name in NAMES
    )
    one, errors = read_form(values, {"number": 3})
    assert (one.number, one.layer, one.methods) == (3, "pool1", ("rise",))
    assert not any(errors)
    assert read_form(values, {"numbers": [4, 3]})[0].numbers == (3, 4)


def test_layers_with_maps_are_offered_the_usual_one_first(own, made, own_page):
    layers = map_layers(own.engine, made.keys)
    assert layers[0] == {"value": "pool2", "label": "pool2 · 50 × 4 × 4"}
    told = own_page.ask(
        f"{ids.LAYER}.data", "ready.data", ready__data=READY, study__data=study_data(made), explain_layer__value="gone"
    )
    assert told[ids.LAYER] == {"data": layers, "value": None}


def test_explanations_of_settings_that_are_known_no_more_hide_no_other(own, made):
    key, alien, client = only(made, "explain-"), "e" * 64, own.engine.client
    client.copy(names.job(key), names.job(alien))
    client.hset(names.job(alien), "params", '{"number": 1500, "of_another_version": 1}')
    found = explanations_of(own.engine, {**made.keys, "explain-alien": alien}, NUMBER)
    assert [job.key for job in found] == [key]
    client.delete(names.job(alien))


# ---- curves and ranking ----


def test_the_curve_that_is_looked_at_is_thick(own, shown):
    scores = own.engine.results.array(shown["key"], "deletion")[0]
    figure = curves_figure(scores, shown["methods"], "rise", "7")
    assert [trace.line.width for trace in figure.data] == [1.2, 1.2, 1.2, 1.2, 3]
    assert figure.data[-1].name == "RISE"
    assert {trace.name for trace in figure.data if trace.line.dash == "dot"} == {"Edges", "Chance"}
    assert figure.data[-1].y.tolist() == pytest.approx(scores[2].tolist())


@pytest.mark.parametrize(("by", "sign"), [("deletion", 1), ("insertion", -1), ("infidelity", 1)])
def test_methods_are_ranked_by_what_is_chosen(own, made, shown, by, sign):
    told = ranking_now(own.engine, READY, study_data(made), None, shown, "image", by, "absolute", "rise", None)
    order = [row.to_plotly_json()["props"]["data-method"] for row in told["table"].children[1].children]
    methods = {method["name"]: method for method in own.engine.results.meta(shown["key"])["methods"]}
    values = [methods[name][by] if by == "infidelity" else methods[name][by]["absolute"] for name in order]
    assert values == sorted(values, key=lambda value: sign * value)
    classes = {
        row.to_plotly_json()["props"]["data-method"]: row.className for row in told["table"].children[1].children
    }
    assert (classes["rise"], classes["chance"]) == ("explain-picked", "explain-control")


def test_means_over_a_selection_have_intervals(own, made):
    told = ranking_now(own.engine, READY, study_data(made), None, None, "selection", "insertion", "signed", None, None)
    assert told["subtitle"] == "Means over 2 images, ± half of the 95 % interval"
    assert "±" in str(told["table"])


def test_rank_asks_for_the_selected_images(own, made, own_page):
    count = own.engine.results.meta(made.keys["images"])["count"]
    mask = np.zeros(count, bool)
    mask[[NUMBER, NUMBER + 5]] = True
    selection = make_selection(own.engine, made.keys["images"], mask, "two", "test")
    study = study_data(made)
    now = ranking_now(own.engine, READY, study, selection, None, "image", "deletion", "signed", None, None)
    assert (now["cannot"], now["label"]) == (False, "Rank 2")
    told = own_page.ask(
        "explain-rank-chosen.data", "explain-rank.n_clicks", explain_rank__n_clicks=1, study__data=study,
        ready__data=READY, selection__data=selection, **typed(methods=["rise"]),
    )  # fmt: skip
    key = told["explain-rank-chosen"]["data"]
    assert own.engine.jobs.get(key).params["numbers"] == [NUMBER, NUMBER + 5]
    assert told["explain-ranking-of"]["value"] == "selection"
    study = told["study"]["data"]
    now = ranking_now(own.engine, READY, study, selection, None, "selection", "deletion", "signed", None, key)
    assert (now["not_run"], now["cancel"]) == (False, "block")
    own_page.ask(
        "pulse.n_intervals", "explain-rank-cancel.n_clicks", explain_rank_cancel__n_clicks=1, study__data=study,
        explain_rank_chosen__data=key,
    )  # fmt: skip
    assert own.engine.jobs.get(key).state == "cancelled"


# ---- synthetic images ----


def test_synthetic_images_are_drawn_by_their_label(own, shown):
    array = lambda name: own.engine.results.array(shown["key"], f"synthetic_{name}")  # noqa: E731
    kept = array("kept").astype(bool)
    figure = relabels_figure(array("margins"), kept, array("teacher"), is_margin=True)
    lost, stays = figure.data
    assert (len(lost.x), len(stays.x)) == (np.sum(~kept), np.sum(kept))
    assert stays.customdata[:, 0].tolist() == np.flatnonzero(kept).tolist()
    assert len(figure.layout.shapes) == 1
    assert not relabels_figure(array("places"), kept, array("teacher"), is_margin=False).layout.shapes


# ---- what is taken along ----


def test_everything_can_be_taken_along(own, made, shown):
    engine, key = own.engine, shown["key"]
    table = rows(maps_table(engine, shown))
    assert (len(table), len(table[0])) == (785, 2 + 2 * 5)
    assert float(table[1 + 28 * 3 + 7][2 + 1]) == pytest.approx(float(engine.results.array(key, "signed")[1, 3, 7]))
    table = rows(curves_table(engine, shown))
    assert len(table) == 1 + 5 * 29
    assert float(table[1][2]) == pytest.approx(float(engine.results.array(key, "deletion")[0, 0, 0]))
    assert [row[0] for row in rows(image_csv(engine, shown))[1:]] == [method["name"] for method in shown["methods"]]
    table = rows(selection_csv(engine, only(made, "rank-")))
    assert [row[0] for row in table[1:]] == ["1500"] * 5 + ["1501"] * 5
    table = rows(relabels_table(engine, shown))
    assert len(table) == 76
    assert sum(int(row[1]) for row in table[1:]) == 15


def test_nothing_to_take_is_told(own_page):
    for button in ("take-explain", "take-explain-curves", "take-explain-ranking", "take-explain-relabels"):
        told = own_page.ask(
            "student-download.data", f"{button}.n_clicks", **{f"{button.replace('-', '_')}__n_clicks": 1}
        )
        assert "There is nothing to export before" in str(told["toasts"])


# ---- the class activation map of the Teacher view ----


def test_the_map_is_offered_where_the_teacher_has_feature_maps(own, made, own_page):
    given = {"ready__data": READY, "study__data": study_data(made)}
    told = own_page.ask("focus-cam-of.data", "ready.data", **given)
    assert told["focus-cam-switch"]["disabled"] is False
    assert told["focus-cam-of"]["data"]["teacher"] == made.keys["teacher"]
    told = own_page.ask("focus-cam-of.data", "ready.data", ready__data=["images"], study__data=study_data(made))
    assert (told["focus-cam-switch"]["disabled"], told["focus-cam-of"]["data"]) == (True, None)
