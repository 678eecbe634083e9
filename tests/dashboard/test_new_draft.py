"""What the form asks for, and what it says is missing."""

from dataclasses import replace

import pytest

from dashboard.new.draft import ARCHITECTURES, MODELS, PUBLISHED, SIDES, Said, make_draft
from dashboard.new.fields import fields_of
from dashboard.new.presets import FINE_TUNE, MEASURE, PRESETS, usual_rate
from workers.kinds import N_WEIGHTS, STORED_EPOCHS, TRAIN_AND_TEST
from workers.params import FolderSource, TeacherParams, WeightsFile
from workers.studies import FIRST_STUDY, digits_study, id_of

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
    "notes": [],
}
WEIGHTS = {"path": "/data/net.th", "manifest": "b" * 64, "tensors": 3, "numbers": 100}
NOTHING = {"folder": None, "npz": None, "weights": None}


def said(kind="digits", start="random", paths=None, found=None, **teacher):
    values = {part: {field.name: field.shown_default for field in fields_of(model)} for part, model in MODELS.items()}
    values["teacher"] |= teacher
    return Said(kind, start, values, NOTHING | (paths or {}), NOTHING | (found or {}))


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
    assert set(PUBLISHED) | {"digits"} == set(TRAIN_AND_TEST) == set(SIDES)
    assert "lenet" in ARCHITECTURES


@pytest.mark.parametrize(
    ("optimizer", "rate", "becomes"),
    [("sgd", 0.002, 0.05), ("rmsprop", "", 0.0005), ("adam", 0.05, 0.002), ("sgd", 0.003, None)],
)
def test_a_typed_learning_rate_stays(optimizer, rate, becomes):
    assert usual_rate(optimizer, rate) == becomes
