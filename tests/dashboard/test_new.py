"""The form's callbacks, asked over HTTP as the browser does."""

import json

import pytest

from dashboard import ids as shared
from dashboard.links import study_data
from dashboard.new import ids
from dashboard.new.draft import MODELS
from dashboard.new.fields import fields_of
from dashboard.server import build
from tests.dashboard.asking import Page
from workers import names
from workers.kinds import job
from workers.presence import publish_choices
from workers.studies import FIRST_STUDY, digits_study

CHOICES = {
    "image_sets": {"digits": "Handwritten digits", "npz": "An .npz file"},
    "architectures": {
        "lenet": {"title": "LeNet", "min_size": 16},
        "my-net@0123456789ab": {
            "title": "Mine",
            "min_size": 8,
            "n_weights": 9,
            "faults": ["It works in <b>place</b>."],
        },
        "of-another-version": {"title": "Odd", "min_size": 8},
    },
}
PETS = {
    "manifest": "a" * 64,
    "name": "pets",
    "notes": ["2 pictures were made smaller."],
    "count": 40,
    "n_train": 32,
    "class_names": ["<script>alert(1)</script>", *(f"pet {number}" for number in range(29))],
    "shape": [1, 28, 28],
}
TOLD = {
    "manifest": "c" * 64,
    "name": "net",
    "notes": [],
    "count": 300,
    "n_train": 0,
    "n_classes": 3,
    "class_names": ["cat", "dog", "<b>owl</b>"],
    "has_labels": False,
    "has_images": False,
    "has_logits": True,
    "shape": None,
    "outputs": {"kind": "logits", "reason": "It was said so."},
}


@pytest.fixture
def engine(own):
    own.empty()
    publish_choices(own.engine.client, CHOICES)
    return own.engine


@pytest.fixture
def page(engine, own):
    return Page(build(engine, own.settings, alone=False).server.test_client())


def form(**changed):
    """All that the browser would send: the form as it stands at first, but for what is changed."""
    given = {
        f"{ids.MADE_OF}.value": "teacher",
        f"{ids.KIND}.value": "digits",
        f"{ids.START_FROM}.value": "random",
        f"{ids.WINDOW}.opened": True,
    }
    for part, model in MODELS.items():
        for field in fields_of(model):
            given[f"{ids.field(part, field.name)}.{field.prop}"] = field.shown_default
    changed = {name.replace("__", ".").replace("_", "-"): value for name, value in changed.items()}
    return given | changed


def checked(page, **changed):
    return page.ask(f"{ids.MISSING}.children", f"{ids.KIND}.value", **form(**changed))


def started(page, **changed):
    return page.ask(f"{ids.TITLE}.value", f"{ids.START}.n_clicks", **form(**changed) | {f"{ids.START}.n_clicks": 1})


def looked(page, what="folder", changed=None, **given):
    return page.ask(f"{ids.found(what)}.data", changed or f"{ids.look(what)}.n_clicks", **form(**given))


def test_the_window_opens_with_what_the_workers_offer(page):
    first = page.ask(f"{ids.WINDOW}.opened", f"{ids.BUTTON}.n_clicks")[ids.WINDOW]
    assert first["opened"] is True
    assert ids.TITLE in json.dumps(first["children"])
    again = page.ask(f"{ids.WINDOW}.opened", f"{ids.BUTTON}.n_clicks", new_window__opened=False)[ids.WINDOW]
    assert again == {"opened": True}  # what was typed stays
    told = page.ask(f"{ids.KIND}.data", f"{ids.WINDOW}.opened", new_window__opened=True)
    assert {"value": "npz", "label": "An .npz file"} in told[ids.KIND]["data"]
    assert {"value": "mnist", "label": "mnist"} in told[ids.KIND]["data"]  # a worker that is older than the page
    architectures = told["new-teacher-architecture"]["data"]
    assert architectures[0] == {"value": "lenet", "label": "LeNet"}
    assert architectures[-1] == {"value": "my-net@0123456789ab", "label": "Mine"}


def test_what_is_wrong_with_an_architecture_is_told_when_it_is_chosen(page):
    def told(chosen):
        changed = "new-teacher-architecture.value"
        return page.ask(f"{ids.FAULTS}.children", changed, new_teacher_architecture__value=chosen)[ids.FAULTS][
            "children"
        ]

    assert told("lenet") == told("example-cnn") == []
    lines = [text["props"]["children"] for text in told("my-net@0123456789ab")]
    assert lines[1:] == ["It works in <b>place</b>."]  # text, not markup
    assert "what is seen of its layers would be wrong" in lines[0]


def test_a_closed_window_asks_for_nothing(page):
    assert (
        page.post(f"{ids.MISSING}.children", f"{ids.KIND}.value", **form(new_window__opened=False)).status_code == 204
    )


def test_a_form_that_has_only_just_been_laid_out_starts_nothing(page, engine):
    assert page.post(f"{ids.TITLE}.value", f"{ids.START}.n_clicks", **form()).status_code == 204
    assert engine.studies.all() == []


def test_a_right_form_can_start(page):
    told = checked(page)
    assert told[ids.START] == {"children": "Start", "disabled": False}
    assert told[ids.TITLE]["placeholder"] == "Digits, LeNet"
    assert told[ids.SIZE]["children"].endswith(" of the store's 256.0 MiB.")
    assert told[ids.MISSING]["children"] == ""


def test_what_the_store_has_no_room_for_is_said_once(page):
    told = checked(page, new_kind__value="cifar-10", new_teacher_architecture__value="wide-resnet-28-10")
    assert told[ids.MISSING]["children"].startswith("It would take ")
    assert told[ids.SIZE]["children"] == ""


def test_when_the_store_is_back_the_open_form_is_checked_again(page):
    notices = f"{shared.NOTICES}.children"
    assert page.ask(f"{ids.MISSING}.children", notices, **form())[ids.START]["disabled"] is False
    assert page.ask(f"{ids.KIND}.data", notices, **form())[ids.KIND]["data"]


def test_a_mistake_is_told_at_its_field_and_below(page):
    told = checked(page, new_teacher_momentum__value=1)
    assert told["new-teacher-momentum"]["error"] == "must be less than 1"
    assert told["new-teacher-epochs"]["error"] is None
    assert told[ids.MISSING]["children"] == "Momentum must be less than 1."
    assert told[ids.START]["disabled"] is True


def test_start_makes_the_study_and_shows_it(page, engine):
    told = started(page, new_title__value="  Mine ", new_teacher_epochs__value=3)
    (study,) = engine.studies.all()
    assert study.title == "Mine"
    assert list(study.keys) == ["images", "teacher", "predictions", "embedding"]
    assert engine.jobs.get(study.keys["teacher"]).params["epochs"] == 3
    assert told[shared.STUDY]["data"] == study_data(study)
    assert (told[shared.SELECTION]["data"], told[shared.FOCUS]["data"]) == (None, None)
    assert told[ids.WINDOW]["opened"] is False


def test_an_equal_study_is_named_and_opened(page, engine):
    first = engine.studies.create(*FIRST_STUDY)
    told = checked(page)
    assert told[ids.MISSING]["children"] == "This study is there already: Digits."
    assert told[ids.START] == {"children": "Open", "disabled": False}
    assert started(page, new_title__value="Again")[shared.STUDY]["data"] == study_data(first)
    assert [study.title for study in engine.studies.all()] == ["Digits"]


def test_start_refuses_what_is_wrong(page, engine):
    told = started(page, new_teacher_epochs__value=-1)
    assert told[shared.TOASTS]["sendNotifications"][0]["message"] == "Epochs must be at least 0."
    assert engine.studies.all() == []


def test_a_look_is_followed_to_what_it_finds(page, engine):
    told = looked(page, new_folder_path__value=" /data/pets ", new_folder_size__value=28)
    asked = told[ids.asked("folder")]["data"]
    assert asked["path"] == "/data/pets"
    assert told[ids.clock("folder")]["disabled"] is False
    params = engine.jobs.get(asked["key"]).params
    assert (params["what"], params["path"], params["size"]) == ("folder", "/data/pets", 28)

    tick = f"{ids.clock('folder')}.n_intervals"
    claimed = engine.jobs.claim(asked["key"], "worker")
    engine.jobs.report(claimed.key, claimed.attempt, {"fraction": 0.5, "message": "hashing"})
    told = looked(page, changed=tick, new_folder_asked__data=asked)
    assert "hashing · 50%" in str(told[ids.told("folder")])
    assert ids.found("folder") not in told

    engine.jobs.commit(claimed.key, claimed.attempt, 0, PETS | {"arrays": {}})
    told = looked(page, changed=tick, new_folder_asked__data=asked)
    found = told[ids.found("folder")]["data"]
    assert (found["path"], found["count"]) == ("/data/pets", 40)
    assert told[ids.clock("folder")]["disabled"] is True
    lines = [text["props"]["children"] for text in told[ids.told("folder")]["children"]]
    assert lines[0] == "40 images: with 20% kept for testing, 32 train, 8 test."
    assert lines[1].startswith("30 classes: <script>alert(1)</script>, pet 0, ")  # text, that nobody runs
    assert lines[1].endswith(" and 18 more.")
    assert lines[2:] == ["28 x 28 pixels, grey.", "2 pictures were made smaller."]

    ready = {"new_folder_found__data": found, "new_folder_path__value": "/data/pets", "new_kind__value": "folder"}
    assert checked(page, **ready)[ids.START]["disabled"] is False
    started(page, **ready)
    (study,) = engine.studies.all()
    assert engine.jobs.get(study.keys["images"]).place == "/data/pets"


def test_predictions_alone_are_looked_at_as_they_are_stated_to_be(page, engine):
    stated = {"new_predictions_path__value": "/data/net.csv", "new_predictions_outputs__value": "logits"}
    asked = looked(page, "predictions", **stated)[ids.asked("predictions")]["data"]
    params = engine.jobs.get(asked["key"]).params
    assert (params["what"], params["path"], params["outputs"]) == ("predictions", "/data/net.csv", "logits")

    claimed = engine.jobs.claim(asked["key"], "worker")
    engine.jobs.commit(claimed.key, claimed.attempt, 0, TOLD | {"arrays": {}})
    tick = f"{ids.clock('predictions')}.n_intervals"
    told = looked(page, "predictions", tick, new_predictions_asked__data=asked, **stated)
    lines = [text["props"]["children"] for text in told[ids.told("predictions")]["children"]]
    assert lines == [
        "300 predictions, as logits. It was said so.",
        "3 classes: cat, dog, <b>owl</b>.",
        "It holds no labels: nothing can be called wrong.",
        "It holds no images.",
    ]
    found = told[ids.found("predictions")]["data"]

    outputs = f"{ids.field('predictions', 'outputs')}.value"
    ready = {"new_made_of__value": "predictions", "new_predictions_found__data": found, **stated}
    told = checked(page, **ready)
    assert (told[ids.START]["disabled"], told[ids.TITLE]["placeholder"]) == (False, "net")
    assert told[ids.WITHOUT]["children"] == (
        "Without images: cards in place of pictures, no VAE view, no Student view, no Slicer view, no "
        "Library view. "
        "Without labels: no confusion matrix, no accuracy of the rest. "
        "Without a model: no training, no earlier epochs, no heat-map of an image."
    )
    assert told[ids.WORK]["data"] is None
    assert page.post(f"{ids.found('predictions')}.data", outputs, **form(**ready)).status_code == 204
    again = looked(page, "predictions", outputs, **ready | {"new_predictions_outputs__value": "auto"})
    assert engine.jobs.get(again[ids.asked("predictions")]["data"]["key"]).params["outputs"] == "auto"

    started(page, **ready)
    (study,) = engine.studies.all()
    assert study.keys["images"] == study.keys["predictions"]
    record = engine.jobs.get(study.keys["images"])
    assert (record.kind, record.place, record.params["outputs"]) == ("given", "/data/net.csv", "logits")


def test_only_what_a_study_is_made_of_is_shown(page):
    for made_of, hidden in (("teacher", [False, False, True]), ("predictions", [True, True, False])):
        told = page.ask(f"{ids.PREDICTIONS}.hidden", f"{ids.MADE_OF}.value", new_made_of__value=made_of)
        assert [told[part]["hidden"] for part in (ids.IMAGE_SET, ids.TEACHER, ids.PREDICTIONS)] == hidden


def test_what_a_teacher_that_is_not_trained_leaves_out_is_said(page):
    assert checked(page)[ids.WITHOUT]["children"] == ""
    told = checked(page, new_teacher_epochs__value=0)[ids.WITHOUT]["children"]
    assert told == "Without stored epochs: no training, no earlier epochs, no training performance."


def duplicated(page, study_id):
    asked = {"study": study_id, "at": 1.0}
    told = page.ask(f"{ids.WINDOW}.opened", f"{ids.DUPLICATE}.data", new_duplicate__data=asked)
    assert (told[ids.FILL]["data"], "opened" in told[ids.WINDOW]) == (asked, False)
    return page.ask(f"{ids.TITLE}.value", f"{ids.FILL}.data", new_fill__data=asked)


def test_a_duplicate_opens_with_the_settings_of_its_study(page, engine):
    study = engine.studies.create("Mine", digits_study(teacher={"optimizer": "sgd", "learning_rate": 0.002}))
    told = duplicated(page, study.id)
    assert told[ids.WINDOW]["opened"] is True
    assert told[ids.TITLE]["value"] == "Mine, copy"
    assert told[ids.field("teacher", "optimizer")]["value"] == "sgd"
    # A rate that is the usual one of another optimiser stays; only who chooses an optimiser gets its own.
    rate, optimizer = ids.field("teacher", "learning_rate"), f"{ids.field('teacher', 'optimizer')}.value"
    values = {f"{name}.{prop}": value for name, props in told.items() for prop, value in props.items()}
    assert values[f"{rate}.value"] == 0.002
    kept = page.ask(f"{rate}.value", optimizer, **form(**values))
    assert (rate in kept, kept[ids.FILLED]["data"]) == (False, None)
    values[f"{ids.FILLED}.data"] = None
    assert page.ask(f"{rate}.value", optimizer, **form(**values))[rate]["value"] == 0.05
    assert checked(page, **values)[ids.MISSING]["children"] == "This study is there already: Mine."


@pytest.mark.parametrize(
    ("lost", "sentence"),
    [
        ("study", "This study is gone, so that it cannot be duplicated."),
        ("record", "Digits cannot be duplicated: the store has no record any more of how it was made."),
    ],
)
def test_what_cannot_be_duplicated_is_told(page, engine, lost, sentence):
    study = engine.studies.create(*FIRST_STUDY)
    engine.client.delete(names.STUDIES if lost == "study" else names.job(study.keys["teacher"]))
    told = duplicated(page, study.id)
    assert told[shared.TOASTS]["sendNotifications"][0]["message"] == sentence
    assert ids.WINDOW not in told


def test_only_what_changes_the_time_is_measured_anew(page):
    told = checked(page)
    question = told[ids.QUESTION]["data"]
    assert (question["architecture"], question["batch_size"]) == ("lenet", 64)
    told = checked(page, new_question__data=question, new_teacher_epochs__value=99)
    assert ids.QUESTION not in told
    assert told[ids.WORK]["data"]["epochs"] == 99
    told = checked(page, new_question__data=question, new_teacher_batch_size__value=32)
    assert told[ids.QUESTION]["data"]["batch_size"] == 32


def test_without_a_worker_there_is_no_estimate_and_it_is_asked_for_again(page):
    work = checked(page)[ids.WORK]["data"]
    speed = page.ask(f"{ids.SPEED}.data", f"{ids.QUESTION}.data", new_question__data=work["question"])
    told = page.ask(
        f"{ids.TIME}.children", f"{ids.SPEED}.data", new_work__data=work, new_speed__data=speed[ids.SPEED]["data"]
    )
    assert told[ids.TIME]["children"] == "No estimate of the time, as no worker answers."
    notices = f"{shared.NOTICES}.children"
    asked = {"new_question__data": work["question"], "new_speed__data": speed[ids.SPEED]["data"]}
    assert page.ask(f"{ids.SPEED}.data", notices, **asked) == speed
    asked["new_speed__data"] = {"question": work["question"], "step": 1.0, "forward": 1.0, "device": "cpu"}
    assert page.post(f"{ids.SPEED}.data", notices, **asked).status_code == 204


def test_a_look_that_fails_says_why(page, engine):
    key = engine.jobs.submit(job("look", {"what": "npz", "path": "/data/x.npz", "asked": 1.0}))
    claimed = engine.jobs.claim(key, "worker")
    engine.jobs.fail(key, claimed.attempt, "/data/x.npz holds no labels.")
    asked = {"key": key, "path": "/data/x.npz"}
    told = looked(page, "npz", f"{ids.clock('npz')}.n_intervals", new_npz_asked__data=asked)
    assert told[ids.told("npz")]["children"]["props"]["children"] == "/data/x.npz holds no labels."
    assert (told[ids.found("npz")]["data"], told[ids.asked("npz")]["data"]) == (None, None)


def test_closing_the_window_ends_a_look(page, engine):
    asked = looked(page, "weights", new_weights_path__value="/data/net.th")[ids.asked("weights")]["data"]
    closed = {"new_window__opened": False, "new_weights_asked__data": asked}
    told = looked(page, "weights", f"{ids.WINDOW}.opened", **closed)
    assert told[ids.clock("weights")]["disabled"] is True
    assert engine.jobs.get(asked["key"]).state == "cancelled"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"new_folder_path__value": "  "}, "Name the folder first."),
        ({"new_folder_path__value": "/data", "new_folder_size__value": 5000}, "Correct the size first."),
    ],
)
def test_a_look_that_cannot_be_asked_for(page, engine, given, sentence):
    told = looked(page, **given)
    assert told[ids.told("folder")]["children"]["props"]["children"] == sentence
    assert engine.jobs.recent() == []


def test_presets_and_uses_of_weights_fill_the_form_in(page):
    told = page.ask("new-kind.value", f"{ids.preset(3)}.n_clicks")
    assert (told[ids.KIND]["value"], told[ids.TITLE]["value"]) == ("cifar-10", "")
    assert told["new-teacher-architecture"]["value"] == "resnet-20"
    assert told["new-teacher-flip"]["checked"] is True
    assert told["new-teacher-dropout"]["value"] == ""
    told = page.ask("new-teacher-epochs.value", f"{ids.FINE_TUNE}.n_clicks")
    assert (told["new-teacher-epochs"]["value"], told["new-teacher-learning-rate"]["value"]) == (2, 0.01)
    assert "new-teacher-architecture" not in told
    told = page.ask("new-teacher-epochs.value", f"{ids.MEASURE}.n_clicks")
    assert told["new-teacher-epochs"]["value"] == 0


def test_only_the_chosen_sources_settings_are_shown(page):
    told = page.ask(f"{ids.NO_FIELDS}.display", f"{ids.KIND}.value", new_kind__value="npz")
    assert [told[ids.section(kind)]["hidden"] for kind in ("digits", "folder", "npz")] == [True, True, False]
    told = page.ask(f"{ids.NO_FIELDS}.display", f"{ids.KIND}.value", new_kind__value="mnist")
    assert told[ids.NO_FIELDS]["display"] == "block"


def test_while_the_store_is_away_nothing_is_said_twice(page, own, engine):
    own.store.kill()
    try:
        for output, changed in ((ids.TITLE + ".value", ids.START), (ids.found("npz") + ".data", ids.look("npz"))):
            response = page.post(output, f"{changed}.n_clicks", **form(new_npz_path__value="/data/x.npz"))
            assert response.status_code in (200, 204)
            assert "sendNotifications" not in response.get_data(as_text=True)
    finally:
        own.store.start()
