"""The VAE view, asked over HTTP as the browser does: what it looks at, what it asks for, what it says of a VAE."""

import csv
import io

import numpy as np
import pytest

from dashboard.links import study_data
from dashboard.server import build
from dashboard.vae.asked import FEWEST, MOST, specs_of, usual_epochs
from dashboard.vae.axes import code_table
from dashboard.vae.source import IN_THE_MAKING, NO_IMAGE, NO_STUDY, NO_VAE, obstacle, source_of
from dashboard.vae.training import NONE_YET, NOT_YET, figure_of, shown_now
from tests.dashboard.asking import Page
from workers.kinds import job
from workers.vae_params import VaeParams

READY = ["images", "teacher", "predictions", "embedding", "vae", "codes"]
NUMBER = 1500


@pytest.fixture(scope="module")
def made(own, digits):
    """The digits with a VAE that has hardly learned and its codes, in the module's own store."""
    study = own.copy_study(digits)
    for role, spec in specs_of(own.engine, study.keys, VaeParams(latent_size=3, epochs=1)).items():
        study = own.engine.studies.add(study.id, role, spec)
        own._run(spec)
    return study


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


# ---- what is looked at ----


def test_what_stands_in_the_way_is_said(own, digits, made):
    engine, study = own.engine, study_data(made)
    assert obstacle(engine, [], None, None) == NO_STUDY
    assert obstacle(engine, ["images"], study, NUMBER) == NO_STUDY
    assert obstacle(digits.engine, READY[:4], study_data(digits.study), NUMBER) == NO_VAE
    assert obstacle(engine, READY[:5], study, NUMBER) == IN_THE_MAKING
    assert obstacle(engine, READY, study, None) == NO_IMAGE
    assert obstacle(engine, READY, study, 1797) == "Image 1,797 does not exist; there are 0 to 1,796."
    assert obstacle(engine, READY, study, NUMBER) == ""


def test_predictions_alone_can_have_no_vae(own, tmp_path):
    np.savez(tmp_path / "given.npz", logits=np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32))
    study = study_data(own.give_study(tmp_path / "given.npz"))
    assert obstacle(own.engine, READY, study, 3).startswith(
        "There can be no VAE here, as the study is predictions alone"
    )
    assert shown_now(own.engine, READY, "error", study)["words"].startswith(
        "There is no VAE, as the study is predictions"
    )


def test_the_source_is_the_image_and_its_code(own, made):
    source = source_of(own.engine, made.keys, NUMBER)
    assert source["code"] == own.engine.results.array(made.keys["codes"], "codes")[NUMBER].tolist()
    assert (source["number"], source["split"], source["epoch"]) == (NUMBER, "test", 3)
    assert source["true"] == own.engine.results.array(made.keys["images"], "labels")[NUMBER]
    assert [source[role] for role in ("images", "teacher", "vae", "codes", "predictions")] == [
        made.keys[role] for role in ("images", "teacher", "vae", "codes", "predictions")
    ]
    assert source["id"] != source_of(own.engine, made.keys, NUMBER + 1)["id"]


def test_the_axes_get_it(own_page, made):
    given = {"study__data": study_data(made), "ready__data": READY, "focus__data": NUMBER}
    told = own_page.ask("vae-source.data", "focus.data", **given)
    assert told["vae-source"]["data"]["number"] == NUMBER
    assert told["latent-words"]["style"] == {"display": "none"}
    told = own_page.ask("vae-source.data", "focus.data", **given | {"focus__data": -3})
    assert told["vae-source"]["data"] is None
    assert told["latent-words"]["children"].startswith("Image -3 does not exist")


def test_code_and_band_are_taken_along(own_page, own, made):
    source = source_of(own.engine, made.keys, NUMBER)
    line = {"of": source["id"], "values": [0.5, -1.0, 2.0]}
    band = {"of": source["id"], "below": [0.1, 0.2, 0.3], "above": [0.4, 0.5, 0.6]}
    rows = list(csv.DictReader(io.StringIO(code_table(source, line, band))))
    assert [float(row["own"]) for row in rows] == source["code"]
    assert [float(row["moved_to"]) for row in rows] == [0.5, -1.0, 2.0]
    assert [float(row["band_above"]) for row in rows] == [0.4, 0.5, 0.6]
    other = list(csv.DictReader(io.StringIO(code_table(source, line | {"of": "another"}, None))))
    assert [float(row["moved_to"]) for row in other] == source["code"]
    told = own_page.ask("vae-download.data", "take-code.n_clicks", take_code__n_clicks=1, vae_source__data=source)
    assert told["vae-download"]["data"]["filename"] == f"code-{NUMBER}.csv"
    assert "There is nothing to export" in str(
        own_page.ask("vae-download.data", "take-code.n_clicks", take_code__n_clicks=1)
    )


# ---- the VAE itself ----


@pytest.mark.parametrize(
    ("n_train", "epochs"), [(100, MOST), (1_438, MOST), (50_000, 12), (60_000, 10), (10**6, FEWEST)]
)
def test_few_images_are_seen_more_often(n_train, epochs):
    assert usual_epochs(n_train) == epochs


def typed(**changed):
    values = VaeParams().model_dump() | changed
    return {f"vae_set_{name}__value": value for name, value in values.items()}


def test_the_form_begins_with_what_suits_the_images_or_with_the_vae_that_is_there(own_page, page, digits, made):
    given = {"vae_form__opened": True, "ready__data": READY}
    told = page.ask("vae-set-epochs.value", "vae-form.opened", **given, study__data=study_data(digits.study))
    assert (told["vae-set-epochs"]["value"], told["vae-set-latent-size"]["value"]) == (MOST, 10)
    told = own_page.ask("vae-set-epochs.value", "vae-form.opened", **given, study__data=study_data(made))
    assert (told["vae-set-epochs"]["value"], told["vae-set-latent-size"]["value"]) == (1, 3)


def test_a_mistake_is_said_at_its_field_and_nothing_is_asked_for(own_page, own, made):
    told = own_page.ask(
        "vae-form.opened", "vae-make.n_clicks", vae_make__n_clicks=1, study__data=study_data(made), ready__data=READY,
        **typed(latent_size=1, learning_rate=0),
    )  # fmt: skip
    assert told["vae-set-latent-size"]["error"] == "must be at least 2"
    assert told["vae-set-learning-rate"]["error"] == "must be greater than 0"
    assert not {"study", "vae-form"} & told.keys()
    assert own.engine.studies.get(made.id).keys == made.keys


def test_a_vae_is_asked_for_with_its_codes_in_place_of_the_last(own_page, own, made):
    told = own_page.ask(
        "vae-form.opened", "vae-make.n_clicks", vae_make__n_clicks=1, study__data=study_data(made), ready__data=READY,
        **typed(latent_size=5, epochs=2),
    )  # fmt: skip
    keys = told["study"]["data"]["keys"]
    assert told["vae-form"]["opened"] is False
    assert own.engine.jobs.get(keys["vae"]).params["latent_size"] == 5
    assert own.engine.jobs.get(keys["codes"]).inputs["vae"] == keys["vae"]
    study = told["study"]["data"]
    shown = shown_now(own.engine, READY[:4], "error", study)
    assert (shown["not_run"], shown["cancel"]) == (False, "block")
    assert "VAE: waits for a worker" in str(shown["told"])
    own.engine.jobs.preview(keys["vae"], np.zeros((10, 1, 8, 8)), kl_per_dim=np.array([0.5, 2, 0, 1, 0]))
    told = figure_of(own.engine, keys["vae"], [{"epoch": 0, "kl": 3.5}], "values")
    assert told.data[0].y.tolist() == [2, 1, 0.5, 0, 0]
    own.engine.jobs.end_preview(keys["vae"])
    assert figure_of(own.engine, keys["vae"], [{"epoch": 0, "kl": 3.5}], "values").data[0].y.tolist() == [3.5]
    own_page.ask(
        "pulse.n_intervals", "vae-cancel.n_clicks", vae_cancel__n_clicks=1, study__data=study, pulse__n_intervals=4
    )
    assert own.engine.jobs.get(keys["vae"]).state == "cancelled"
    shown = shown_now(own.engine, READY[:4], "error", study)
    assert (shown["cancel"], shown["retry"]) == ("none", "block")
    for role in ("vae", "codes"):  # as it was
        own.engine.studies.add(made.id, role, own.engine.jobs.spec(made.keys[role]))


def test_a_finished_vae_says_how_good_it_is(own, made):
    shown = shown_now(own.engine, READY, "error", study_data(made))
    meta = own.engine.results.meta(made.keys["vae"])
    assert f"{meta['test_mse']:.4f}" in str(shown["figures"])
    assert f"The teacher takes only {meta['agreement']:.0%}" in shown["warning"]
    assert shown["shown"] == {
        "images": made.keys["images"], "numbers": list(range(1438, 1448)), "key": made.keys["vae"], "epoch": 1
    }  # fmt: skip
    assert len(shown["figure"].data[1].y) == 2
    values = shown_now(own.engine, READY, "values", study_data(made))["figure"]
    told = sorted(own.engine.results.array(made.keys["vae"], "kl_per_dim")[1].tolist(), reverse=True)
    assert values.data[0].y.tolist() == pytest.approx(told)


def test_what_can_be_done_is_said_where_there_is_none(digits):
    study = study_data(digits.study)
    assert shown_now(digits.engine, [], "error", study)["words"] == NOT_YET
    assert shown_now(digits.engine, READY[:4], "error", study)["words"] == NONE_YET


def test_the_record_is_taken_along(own_page, page, digits, made):
    given = {"take_vae__n_clicks": 1}
    told = own_page.ask("vae-download.data", "take-vae.n_clicks", **given, study__data=study_data(made))
    rows = list(csv.DictReader(io.StringIO(told["vae-download"]["data"]["content"])))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert sum(float(rows[1][f"kl_{number}"]) for number in range(3)) == pytest.approx(float(rows[1]["kl"]))
    told = page.ask("vae-download.data", "take-vae.n_clicks", **given, study__data=study_data(digits.study))
    assert "There is nothing to export before a VAE is trained." in str(told)


def test_a_vae_of_another_study_is_another_job(own, made):
    images = job("images", {"source": {"kind": "digits", "seed": 9}})
    other = job("vae", {"latent_size": 3, "epochs": 1}, images=images, teacher=job("teacher", images=images))
    assert other.key != made.keys["vae"]
