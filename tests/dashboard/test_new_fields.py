"""Forms from the kinds' parameters: every field shown, every mistake told at its field."""

import dash_mantine_components as dmc
import pytest

from dashboard.new import ids
from dashboard.new.fields import BY_LOOK, component, fields_of, read
from workers.params import DigitsSource, FolderSource, NpzSource, PublishedSource, TeacherParams, WeightsFile

FOUND = {"manifest": "0" * 64, "count": 40}
MODELS = {
    "digits": (DigitsSource, {}),
    "folder": (FolderSource, FOUND),
    "npz": (NpzSource, FOUND),
    "weights": (WeightsFile, {"manifest": "0" * 64}),
    "teacher": (TeacherParams, {}),
}


def shown(model):
    return {field.name: field.shown_default for field in fields_of(model)}


@pytest.mark.parametrize("part", MODELS)
def test_every_field_has_a_component_with_its_default_its_title_and_its_meaning(part):
    model, _ = MODELS[part]
    fields = {field.name: field for field in fields_of(model)}
    assert set(fields) == set(model.model_fields) - {*BY_LOOK, "weights"}
    for name, field in fields.items():
        info, made = model.model_fields[name], component(ids.field(part, name), field)
        assert made.id == ids.field(part, name)
        assert made.label == info.title
        assert made.description == info.description
        assert getattr(made, field.prop) == ("" if info.default is None else info.default)


@pytest.mark.parametrize("part", MODELS)
def test_what_is_shown_at_first_reads_as_the_defaults(part):
    model, found = MODELS[part]
    assert read(model, shown(model), found) == (model(**found), {})


def test_published_sets_have_nothing_to_set():
    assert fields_of(PublishedSource) == []


def test_the_shape_of_a_field_follows_its_type():
    made = {field.name: component(field.name, field) for field in fields_of(TeacherParams)}
    assert isinstance(made["optimizer"], dmc.Select)
    assert made["optimizer"].data == ["adam", "adamw", "rmsprop", "sgd"]
    assert isinstance(made["architecture"], dmc.Select)
    assert isinstance(made["flip"], dmc.Switch)
    assert isinstance(made["epochs"], dmc.NumberInput)
    assert (made["epochs"].min, made["epochs"].max, made["epochs"].allowDecimal) == (0, 1000, False)
    assert (made["momentum"].min, made["momentum"].max, made["momentum"].allowDecimal) == (0, 1, True)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("learning_rate", 0, "must be greater than 0"),
        ("learning_rate", "", "needs a value"),
        ("learning_rate", "-", "must be a number"),
        ("epochs", 1001, "must be at most 1000"),
        ("epochs", -1, "must be at least 0"),
        ("epochs", None, "needs a value"),
        ("batch_size", 1.5, "must be a whole number"),
        ("batch_size", "a few", "must be a whole number"),
        ("momentum", 1, "must be less than 1"),
        ("architecture", "<script>", "must be one of those offered"),
        ("optimizer", "<script>", "must be 'adam', 'adamw', 'rmsprop' or 'sgd'"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(name, value, error):
    assert read(TeacherParams, shown(TeacherParams) | {name: value}) == (None, {name: error})


def test_every_mistake_is_told_at_once():
    _, errors = read(TeacherParams, shown(TeacherParams) | {"epochs": -1, "crop": 0, "batch_size": ""})
    assert errors == {"epochs": "must be at least 0", "crop": "must be greater than 0", "batch_size": "needs a value"}


def test_numbers_may_come_as_text_and_optional_ones_be_empty():
    params, errors = read(TeacherParams, shown(TeacherParams) | {"epochs": "3", "dropout": "", "patience": None})
    assert (params, errors) == (TeacherParams(epochs=3), {})


def test_before_a_look_fields_are_checked_already():
    assert read(FolderSource, shown(FolderSource)) == (None, {})
    assert read(FolderSource, shown(FolderSource) | {"size": 2000}) == (None, {"size": "must be at most 1024"})
