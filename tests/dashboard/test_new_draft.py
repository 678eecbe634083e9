"""What the form asks for, and what it says is missing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.new.draft import ARCHITECTURES, MODELS, PLACES, PUBLISHED, SHAPES, Said, make_draft
from dashboard.new.effort import Work
from dashboard.new.fields import fields_of
from dashboard.new.prefill import said_of
from dashboard.new.presets import FINE_TUNE, MEASURE, PRESETS, usual_rate
from workers.jobs import Job
from workers.kinds import KINDS
from workers.params import FolderSource, TeacherParams, WeightsFile
from workers.sizes import N_WEIGHTS, STORED_EPOCHS, TRAIN_AND_TEST
from workers.studies import FIRST_STUDY, digits_study, given_study, id_of

CHOICES = {
    "image_sets": {"digits": "Handwritten digits", "mnist": "MNIST", "cifar-10": "CIFAR-10"},
    "architectures": {
        "lenet": {"title": "LeNet", "min_size": 16},
        "vgg16-bn": {"title": "VGG16", "min_size": 32},
        "resnet-20": {"title": "ResNet-20", "min_size": 8},
    },
}
PETS = {
    "path": "/data/pets",
    "manifest": "a" * 64,
    "count": 40,
    "class_names": ["cat", "dog"],
    "shape": [3, 24, 28],
    "n_train": 31,
    "notes": [],
    "name": "pets",
    "test_fraction": 0.2,
}
WEIGHTS = {"path": "/data/net.th", "manifest": "b" * 64, "tensors": 3, "numbers": 100}
TOLD = {
    "path": "/data/net.csv",
    "stated": "auto",
    "manifest": "c" * 64,
    "count": 10_000,
    "n_classes": 10,
    "has_labels": True,
    "has_images": False,
    "has_logits": True,
    "class_names": list("0123456789"),
    "shape": None,
    "outputs": {"kind": "logits", "reason": "Some are negative."},
    "notes": [],
    "name": "net",
}
NOTHING = dict.fromkeys(PLACES)


def said(kind="digits", start="random", paths=None, found=None, made_of="teacher", **teacher):
    values = {part: {field.name: field.shown_default for field in fields_of(model)} for part, model in MODELS.items()}
    values["teacher"] |= teacher
    return Said(made_of, kind, start, values, NOTHING | (paths or {}), NOTHING | (found or {}))


def draft(form, budget=2**30):
    return make_draft(form, CHOICES, budget)


def test_an_untouched_form_is_the_first_study():
    made = draft(said())
    assert made.specs == FIRST_STUDY[1]
    assert (made.errors, made.missing, made.title) == ({}, [], "Digits, LeNet")
    assert 5e6 < made.size < 50e6


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_presets_are_complete(preset):
    made = draft(said(preset.kind, **preset.teacher), budget=2**32)
    assert made.missing == []
    assert made.specs["images"].params.source.kind == preset.kind


def test_a_folder_that_was_looked_at():
    made = draft(said("folder", paths={"folder": " /data/pets "}, found={"folder": PETS}))
    images = made.specs["images"]
    assert images.params.source == FolderSource(manifest="a" * 64, count=40)
    assert images.place == "/data/pets"
    assert made.specs["teacher"].place == ""
    assert made.title == "pets, LeNet"


@pytest.mark.parametrize("path", [None, "", "/data/cats"])
def test_a_place_that_nobody_has_looked_at(path):
    made = draft(said("folder", paths={"folder": path}, found={"folder": PETS}))
    assert made.specs is None
    assert made.missing == ["Name the folder and press Look."]


def test_weights_of_a_file():
    form = said(start="file", paths={"weights": "/data/net.th"}, found={"weights": WEIGHTS}, **FINE_TUNE)
    made = draft(form)
    teacher = made.specs["teacher"]
    assert teacher.params == TeacherParams(weights=WeightsFile(manifest="b" * 64), **FINE_TUNE)
    assert (teacher.place, made.specs["images"].place) == ("/data/net.th", "")
    measured = draft(replace(form, values=form.values | {"teacher": form.values["teacher"] | MEASURE}))
    assert measured.specs["teacher"].params.epochs == 0
    assert measured.title == "Digits, LeNet as it is"
    assert draft(replace(form, found=NOTHING)).missing == ["Name the file of weights and press Look."]


def predictions_alone(path="/data/net.csv", stated="auto", found_as="auto"):
    form = said(made_of="predictions", paths={"predictions": path}, found={"predictions": TOLD | {"stated": found_as}})
    form.values["predictions"]["outputs"] = stated
    return form


def test_predictions_alone():
    made = draft(predictions_alone())
    facts = {name: TOLD[name] for name in ("manifest", "count", "n_classes", "has_labels", "has_images", "has_logits")}
    assert made.specs == given_study(facts, "/data/net.csv")
    assert (made.errors, made.missing, made.title, made.work) == ({}, [], "net", None)
    map_size = 8 * TOLD["count"]
    assert (
        made.size == KINDS["given"].size(made.specs["images"].params, {}) + map_size
    )  # once, though it plays two roles


@pytest.mark.parametrize("form", [predictions_alone("/data/other.csv"), predictions_alone(stated="logits")])
def test_predictions_that_nobody_has_looked_at_as_they_are_stated(form):
    made = draft(form)
    assert (made.specs, made.missing) == (None, ["Name the file of predictions and press Look."])


def test_what_is_wrong_with_a_teacher_is_no_matter_to_predictions_alone():
    form = predictions_alone()
    form.values["teacher"]["epochs"] = -1
    assert draft(form).missing == []


def test_what_is_to_be_computed():
    assert draft(said()).work == Work(
        {"architecture": "lenet", "batch_size": 64, "optimizer": "adam", "shape": [1, 28, 28], "n_classes": 10},
        epochs=12,
        n_train=1438,
        count=1797,
        may_stop=False,
    )
    work = draft(said("cifar-100", patience=3), budget=1).work  # also of what the store has no room for
    assert (work.question["shape"], work.question["n_classes"]) == ([3, 32, 32], 100)
    assert (work.n_train, work.count, work.may_stop) == (50_000, 60_000, True)
    pets = said("folder", paths={"folder": PETS["path"]}, found={"folder": PETS})
    assert draft(pets).work.n_train == 31
    pets.values["folder"] |= {"size": 32, "colour": "grey", "test_fraction": 0.5}
    assert draft(pets).work.question["shape"] == [1, 32, 32]
    assert draft(pets).work.n_train == 20


@pytest.mark.parametrize(
    "form",
    [said("folder"), said(batch_size=""), said(architecture="vgg16-bn")],
    ids=["not looked at", "wrong setting", "too small"],
)
def test_what_cannot_be_computed_is_not_measured(form):
    assert draft(form).work is None


@st.composite
def forms(draw):
    """A form that is right, of any kind."""
    changed = {
        "epochs": draw(st.integers(0, 20)),
        "optimizer": draw(st.sampled_from(["adam", "sgd"])),
        "learning_rate": draw(st.sampled_from([0.002, 0.05, 0.3])),
        "dropout": draw(st.sampled_from(["", 0.25])),
        "flip": draw(st.booleans()),
    }
    kind = draw(st.sampled_from(["predictions", "digits", *PUBLISHED, "folder", "npz"]))
    if kind == "predictions":
        stated = draw(st.sampled_from(["auto", "logits"]))
        return predictions_alone(stated=stated, found_as=stated)
    start = draw(st.sampled_from(["random", "file"]))
    paths = {"folder": PETS["path"], "npz": PETS["path"], "weights": WEIGHTS["path"]}
    form = said(kind, start, paths, {"folder": PETS, "npz": PETS, "weights": WEIGHTS}, **changed)
    form.values["weights"]["normalisation"] = draw(st.sampled_from(["images", "imagenet"]))
    for part in ("digits", "folder", "npz"):
        form.values[part] |= {"test_fraction": draw(st.sampled_from([0.2, 0.5])), "seed": draw(st.integers(0, 9))}
    form.values["folder"] |= {"size": draw(st.sampled_from(["", 32])), "fit": draw(st.sampled_from(["crop", "pad"]))}
    return form


def records(specs):
    """What the store keeps of these jobs."""
    return {
        role: Job(spec.key, spec.kind, "done", spec.params.model_dump(mode="json"), spec.input_keys, spec.place)
        for role, spec in specs.items()
    }


@given(forms())
def test_a_study_fills_the_form_in_with_what_it_was_asked_for(form):
    made = draft(form, budget=None)
    assert made.missing == []
    again = said_of(records(made.specs), TOLD if form.made_of == "predictions" else PETS)
    filled = draft(again, budget=None)
    assert filled.missing == []
    assert filled.specs == made.specs  # with their places
    assert (filled.title, filled.size) == (made.title, made.size)


def test_without_the_image_set_files_are_to_be_looked_at_again():
    made = draft(said("folder", paths={"folder": PETS["path"]}, found={"folder": PETS}))
    again = said_of(records(made.specs), None)
    assert again.paths["folder"] == PETS["path"]
    assert draft(again).missing == ["Name the folder and press Look."]
    assert draft(said_of(records(draft(said()).specs), None)).specs == FIRST_STUDY[1]


def test_a_study_of_another_kind_fills_nothing_in():
    with pytest.raises(ValueError, match="of a kind that the form does not make"):
        said_of({"images": Job("key", "probe-array", "done", {}, {})}, None)


def test_what_is_wrong_stands_at_its_field_and_is_named_once_more():
    made = draft(said(learning_rate=0, epochs=""))
    assert made.specs is None
    assert made.errors == {
        ("teacher", "learning_rate"): "must be greater than 0",
        ("teacher", "epochs"): "needs a value",
    }
    assert sorted(made.missing) == ["Epochs needs a value.", "Learning rate must be greater than 0."]


def test_what_is_wrong_in_a_part_that_is_not_asked_for_is_no_matter():
    form = said()
    form.values["npz"]["test_fraction"] = 7
    assert draft(form).specs is not None


def test_images_that_are_too_small_for_the_architecture():
    wrong = {("teacher", "architecture"): "needs images of at least 32 x 32 pixels, and these have 28; choose another"}
    assert draft(said(architecture="vgg16-bn")).errors == wrong
    assert draft(said("cifar-10", architecture="vgg16-bn"), 2**32).errors == {}
    pets = said("folder", paths={"folder": PETS["path"]}, found={"folder": PETS}, architecture="vgg16-bn")
    assert "these have 24" in draft(pets).errors["teacher", "architecture"]
    pets.values["folder"]["size"] = 32
    assert draft(pets, 2**32).errors == {}


def test_an_architecture_of_the_users_own():
    mine = {"title": "Mine", "min_size": 8, "n_weights": 1_000_000, "faults": []}
    choices = CHOICES | {"architectures": {"my-net@0123456789ab": mine}}
    asked = said(architecture="my-net@0123456789ab")
    made = make_draft(asked, choices, None)
    assert (made.errors, made.title) == ({}, "Digits, Mine")
    assert made.specs["teacher"].params.architecture == "my-net@0123456789ab"
    others = draft(said()).size - 4 * N_WEIGHTS["lenet"] * STORED_EPOCHS
    assert made.size == others + 4 * 1_000_000 * STORED_EPOCHS
    # Its file was changed, and the workers started anew.
    wrong = {("teacher", "architecture"): "is not offered by the workers now; choose another"}
    assert draft(asked).errors == wrong


def test_what_exceeds_the_budget_is_refused_with_both_figures():
    made = draft(said("mnist"), budget=100 * 2**20)
    assert made.specs is None
    assert made.missing == [
        f"It would take {made.size / 2**20:.1f} MiB, but the store's budget is 100.0 MiB; start with a larger --memory."
    ]
    assert made.size > 100 * 2**20


def test_two_drafts_of_one_question_are_one_study():
    assert id_of(draft(said(epochs="3")).specs) == id_of(digits_study(teacher={"epochs": 3}))


def test_without_any_worker_names_stand_for_titles():
    assert make_draft(said("mnist"), {}, None).title == "mnist, lenet"


def test_every_kind_is_known():
    assert set(PUBLISHED) | {"digits"} == set(TRAIN_AND_TEST) == set(SHAPES)
    assert "lenet" in ARCHITECTURES


@pytest.mark.parametrize(
    ("optimizer", "rate", "becomes"),
    [("sgd", 0.002, 0.05), ("rmsprop", "", 0.0005), ("adam", 0.05, 0.002), ("sgd", 0.003, None)],
)
def test_a_typed_learning_rate_stays(optimizer, rate, becomes):
    assert usual_rate(optimizer, rate) == becomes
