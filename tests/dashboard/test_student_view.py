"""The Student view, asked over HTTP as the browser does: what it shows, what it asks for, what it lets one take along."""

import csv
import io
import json

import numpy as np
import pytest

from dashboard.asking import ask_for
from dashboard.links import make_selection, study_data
from dashboard.server import build
from dashboard.student import ids
from dashboard.student.asked import students_of
from dashboard.student.history import history_csv
from dashboard.student.panel import NOT_YET, classes_table, shown_now, weights_table
from dashboard.student.selection import members, students_csv
from dashboard.student.selection import shown_now as selection_now
from dashboard.student.settings import FIELDS
from dashboard.vae.asked import specs_of
from dashboard.vae.source import source_of
from tests.dashboard.asking import Page
from workers import names
from workers.student_params import StudentParams, StudentsParams
from workers.vae_params import VaeParams

READY = ["images", "teacher", "predictions", "embedding", "vae", "codes"]
NUMBER = 1500
QUICK = {"neighbours": 40, "held_out": 16, "epochs": 2, "width": 60.0}


@pytest.fixture(scope="module")
def made(own, digits):
    """The digits with a VAE that has hardly learned, its codes, a student and two of a selection, in the module's own store."""
    study = own.copy_study(digits)
    for role, spec in specs_of(own.engine, study.keys, VaeParams(latent_size=3, epochs=1)).items():
        study = own.engine.studies.add(study.id, role, spec)
        own._run(spec)
    for kind, asked in (
        ("student", StudentParams(number=NUMBER, **QUICK)),
        ("students", StudentsParams(numbers=(NUMBER, NUMBER + 1), **QUICK)),
    ):
        study, key = ask_for(own.engine, study_data(study), kind, asked)
        own._run(own.engine.jobs.spec(key))
    return study


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


def shown(own, made, focus=NUMBER, **more):
    asked = {"chosen": None, "compared": None, "line": None, "band": None} | more
    return shown_now(own.engine, READY, study_data(made), focus, **asked)


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def only(made, start):
    (key,) = [key for role, key in made.keys.items() if role.startswith(start)]
    return key


def test_the_newest_student_of_the_image_is_shown(own, made):
    told = shown(own, made)
    assert told["shown"]["key"] == only(made, "student-")
    assert told["shown"]["true"] == own.engine.results.array(made.keys["images"], "labels")[NUMBER]
    assert told["subtitle"] == "Image 1,500 · band 60 %, 40 neighbours, 16 held out, 2 epochs"
    assert told["cannot"] is False


def test_no_student_of_another_image_is_shown(own, made):
    told = shown(own, made, NUMBER + 1, chosen=only(made, "student-"))
    assert (told["shown"], told["words"]) == (None, NOT_YET)
    assert shown(own, made, None)["words"].endswith(": then press Generate.")
    assert shown(own, made, 1797)["words"] == "Image 1,797 does not exist; there are 0 to 1,796."


def test_what_is_next_is_said(own, made):
    source = source_of(own.engine, made.keys, NUMBER)
    lower, upper = (own.engine.results.array(made.keys["codes"], name) for name in ("lower", "upper"))
    half = (0.1 * (upper - lower)).tolist()
    told = shown(own, made, band={"of": source["id"], "below": half, "above": half})
    assert told["subtitle"].endswith(" · the next one in the axes' band of 20 %")


def values(**changed):
    settings = StudentParams(number=0, **QUICK).model_dump() | changed
    return {f"{ids.setting(name).replace('-', '_')}__{field.prop}": settings[name] for name, field in FIELDS.items()}


def test_generate_asks_for_a_student_and_shows_it(own, made, own_page):
    source = source_of(own.engine, made.keys, NUMBER)
    given = {"study__data": study_data(made), "student_source__data": source, "student_generate__n_clicks": 1}
    told = own_page.ask("student-chosen.data", "student-generate.n_clicks", **given, **values(seed=3))
    key = told["student-chosen"]["data"]
    assert told["study"]["data"]["keys"][f"student-{key[:8]}"] == key
    assert own.engine.jobs.get(key).params["seed"] == 3
    study = own.engine.studies.get(made.id)
    (newest, *_) = students_of(own.engine, study.keys, NUMBER)
    assert (newest.key, newest.meta) == (key, None)
    running = shown_now(own.engine, READY, study_data(study), NUMBER, key, None, None, None)
    assert (running["shown"], running["not_run"], running["cancel"]) == (None, False, "block")
    own.engine.jobs.cancel(key)
    stopped = shown_now(own.engine, READY, study_data(study), NUMBER, key, None, None, None)
    assert (stopped["cancel"], stopped["retry"]) == ("none", "block")


def test_settings_that_cannot_be_are_told_at_their_fields(own, made, own_page):
    source = source_of(own.engine, made.keys, NUMBER)
    given = {"study__data": study_data(made), "student_source__data": source, "student_generate__n_clicks": 1}
    told = own_page.ask(
        "student-chosen.data", "student-generate.n_clicks", **given, **values(temperature=0, neighbours=1)
    )
    assert told["student-set-temperature"]["error"] == "must be greater than 0"
    assert told["student-set-neighbours"]["error"] == "must be at least 2"
    assert "student-chosen" not in told


def test_a_preset_is_kept_filled_in_and_forgotten(own_page):
    kept = own_page.ask(
        "student-own-presets.data", "student-preset-save.n_clicks", student_preset_save__n_clicks=1,
        student_preset_name__value=" Mine ", **values(temperature=3),
    )  # fmt: skip
    own = kept["student-own-presets"]["data"]
    assert own["Mine"]["temperature"] == 3
    filled = own_page.ask(
        "student-set-temperature.value", "student-preset.value", student_preset__value="Mine",
        student_own_presets__data=own, **values(seed=9),
    )  # fmt: skip
    assert filled["student-set-temperature"]["value"] == 3
    assert filled["student-set-seed"]["value"] == 9
    refused = own_page.ask(
        "student-own-presets.data", "student-preset-save.n_clicks", student_preset_save__n_clicks=1,
        student_preset_name__value="Usual", **values(),
    )  # fmt: skip
    assert refused["student-preset-name"]["error"] == "must be a name of your own"
    gone = own_page.ask(
        "student-own-presets.data", "student-preset-delete.n_clicks", student_preset_delete__n_clicks=1,
        student_preset__value="Mine", student_own_presets__data=own, **values(),
    )  # fmt: skip
    assert gone["student-own-presets"]["data"] == {}


def test_settings_and_student_stand_in_the_address(own, made, own_page):
    told = own_page.ask(
        "student-written.data", "student-set-temperature.value", student_shown__data=shown(own, made)["shown"],
        **values(temperature=4.5),
    )  # fmt: skip
    key = only(made, "student-")[:8]
    assert told["student-written"]["data"] == (f"width:60,neighbours:40,held_out:16,temperature:4.5,epochs:2,key:{key}")


# ---- what is taken along ----


def test_a_row_of_the_classes_is_what_both_say(own, made):
    table = rows(classes_table(own.engine, shown(own, made)["shown"]))
    array = lambda name: own.engine.results.array(only(made, "student-"), name)  # noqa: E731
    assert len(table) == 11
    assert [float(row[3]) for row in table[1:]] == pytest.approx(array("student_logits").tolist())
    assert sum(float(row[2]) for row in table[1:]) == pytest.approx(1)
    assert sum(float(row[4]) for row in table[1:]) == pytest.approx(1)


def test_weights_with_the_pixels_are_the_logits(own, made):
    table = rows(weights_table(own.engine, shown(own, made)["shown"]))
    numbers = np.array(table[1:], float)
    assert numbers.shape == (784, 14)
    key = only(made, "student-")
    logits = numbers[:, 3] / 255 @ numbers[:, 4:] + own.engine.results.array(key, "bias")
    assert logits == pytest.approx(own.engine.results.array(key, "student_logits"), abs=1e-3)


def test_pixels_of_two_classes_are_the_difference_of_the_logits(own, made, own_page):
    told = own_page.ask(
        "student-download.data", "take-student-pair.n_clicks", take_student_pair__n_clicks=1,
        student_shown__data=shown(own, made)["shown"], student_pair_first__value="4", student_pair_second__value="9",
    )  # fmt: skip
    taken = told["student-download"]["data"]
    assert taken["filename"] == f"student-4-against-9-{NUMBER}.csv"
    table = rows(taken["content"])
    logits = own.engine.results.array(only(made, "student-"), "student_logits")
    assert (len(table), table[-1][0]) == (1 + 784 + 1, "bias")
    assert sum(float(row[-1]) for row in table[1:]) == pytest.approx(float(logits[4] - logits[9]), abs=1e-3)


def test_a_student_of_settings_that_are_known_no_more_hides_no_other(own, made):
    key, alien, client = only(made, "student-"), "f" * 64, own.engine.client
    client.copy(names.job(key), names.job(alien))
    client.hset(names.job(alien), "params", json.dumps({"number": NUMBER, "of_another_version": 1}))
    assert [each.key for each in students_of(own.engine, {**made.keys, "student-alien": alien}, NUMBER)] == [key]
    client.delete(names.job(alien))


def test_a_row_of_the_history_is_a_student(own, made):
    known = students_of(own.engine, made.keys, NUMBER)
    (header, row) = rows(history_csv(known))
    told = dict(zip(header, row, strict=True))
    assert (told["key"], told["width"], told["own_band"]) == (known[0].key, "60.0", "0")
    assert float(told["agreement"]) == pytest.approx(known[0].meta["fidelity"]["agreement"])


def test_nothing_to_take_is_told(own_page):
    for output, button in (
        ("student-download.data", "take-student.n_clicks"),
        ("student-download.data", "take-student-fidelity.n_clicks"),
        ("student-download.data", "take-student-tree.n_clicks"),
        ("student-download.data", "take-student-pair.n_clicks"),
        ("student-download.data", "take-students.n_clicks"),
    ):
        told = own_page.ask(output, button, **{button.replace("-", "_").replace(".", "__"): 1})
        assert "There is nothing to export before" in str(told["toasts"])


# ---- of a selection ----


def test_what_is_selected_can_be_distilled(own, made):
    images = made.keys["images"]
    mask = np.zeros(1797, bool)
    mask[[NUMBER, NUMBER + 1, 3]] = True
    picked = make_selection(own.engine, images, mask, "three", "here")
    told = selection_now(own.engine, READY, study_data(made), picked, None)
    assert (told["words"], told["cannot"]) == ("Distil all 3", False)
    assert told["shown"]["key"] == only(made, "students-")
    assert told["subtitle"] == "2 images, a student each"
    assert selection_now(own.engine, READY, study_data(made), None, None)["cannot"] is True
    assert selection_now(own.engine, READY[:4], study_data(made), picked, None)["cannot"] is True


def test_the_images_of_a_pair_are_selected(own, made, own_page):
    told = selection_now(own.engine, READY, study_data(made), None, None)["shown"]
    labels = own.engine.results.array(made.keys["images"], "labels")
    pairs = own.engine.results.array(told["key"], "pairs").tolist()
    found = sorted(number for true, taken in pairs for number in members(own.engine, told, true, taken).tolist())
    assert found == [NUMBER, NUMBER + 1]
    true, taken = pairs[0]
    answer = own_page.ask(
        "selection.data", "students-picked.data", students_picked__data={"true": true, "predicted": taken, "at": 1},
        students_shown__data=told, study__data=study_data(made),
    )  # fmt: skip
    selection = answer["selection"]["data"]
    assert selection["count"] == len(members(own.engine, told, true, taken))
    assert selection["by_outcome"] is True
    header, *table = rows(students_csv(own.engine, told))
    assert header[:3] == ["image", "true", "predicted"]
    assert [(int(row[0]), row[1]) for row in table] == [(n, str(labels[n])) for n in (NUMBER, NUMBER + 1)]


def test_distil_all_asks_for_the_selected_images(own, made, own_page):
    mask = np.zeros(1797, bool)
    mask[[5, 9]] = True
    picked = make_selection(own.engine, made.keys["images"], mask, "two", "here")
    told = own_page.ask(
        "students-chosen.data", "students-make.n_clicks", students_make__n_clicks=1, study__data=study_data(made),
        selection__data=picked, **values(),
    )  # fmt: skip
    key = told["students-chosen"]["data"]
    assert own.engine.jobs.get(key).params["numbers"] == [5, 9]
    own.engine.jobs.cancel(key)
