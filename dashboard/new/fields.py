"""Forms from pydantic models: a component for each field, and what was typed back into parameters, or an error a field."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
import dash_mantine_components as dmc
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from workers.params import FOUND_IN_PREDICTIONS, Params

# Chosen otherwise, or found by a look at the files.
BY_LOOK = ("kind", *FOUND_IN_PREDICTIONS)

SENTENCES = {
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "unknown_architecture": "must be one of those offered",
}


@dataclass(frozen=True)
class Field:
    """A field of a model, as a form shows it.

    Attributes
    ----------
    shape : what is typed: one of `choices`, a switch, a whole number or any number.
    least, most : the range; whether its ends belong to it is the model's to say.
    optional : may be left empty.
    """

    name: str
    title: str
    description: str
    shape: Literal["choice", "switch", "whole", "number"]
    default: Any
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    optional: bool = False

    @property
    def prop(self) -> str:
        """The property of the component that holds the value."""
        return "checked" if self.shape == "switch" else "value"

    @property
    def shown_default(self) -> Any:
        """The default as its component holds it: an empty number is no null there."""
        return "" if self.default is None else self.default


def fields_of(model: type[Params]) -> list[Field]:
    """The fields that are typed or chosen; not those that a look finds, and no models within the model."""
    found = [_field(name, info) for name, info in model.model_fields.items() if name not in BY_LOOK]
    return [field for field in found if field is not None]


def component(component_id: str, field: Field, **more: Any) -> Any:
    """What the field is typed or chosen in; `more` is of each of these components."""
    common: dict[str, Any] = {
        "id": component_id,
        "label": field.title,
        "description": field.description,
        "size": "xs",
        **more,
    }
    if field.shape == "switch":
        return dmc.Switch(checked=field.default, **common)
    if field.shape == "choice":
        return dmc.Select(value=field.default, data=list(field.choices), allowDeselect=False, **common)
    return dmc.NumberInput(
        value=field.shown_default,
        min=field.least,
        max=field.most,
        clampBehavior="none",  # what is out of range is said, not changed in silence
        allowDecimal=field.shape == "number",
        step=step_of(field),
        **common,
    )


def step_of(field: Field) -> float:
    """How far one press of an arrow goes."""
    if field.shape == "whole" or (field.most or 0) > 1:
        return 1
    return 0.0005 if field.most is None else 0.05


def read(
    model: type[Params], values: Mapping[str, Any], found: Mapping[str, Any] | None = None
) -> tuple[Any, dict[str, str]]:
    """The parameters, or None; and by field a sentence about what is wrong with it, to stand at the field.

    Parameters
    ----------
    values : what the components of `fields_of(model)` hold.
    found : what is not typed. While it is None the fields are checked, and there are no parameters.
    """
    fields = {field.name: field for field in fields_of(model)}
    given = {name: _given(field, values.get(name)) for name, field in fields.items()}
    empty = {name: "needs a value" for name, value in given.items() if value is None and not fields[name].optional}
    try:
        return model.model_validate({**given, **(found or {})}), {}
    except ValidationError as error:
        wrong = {str(entry["loc"][0]): sentence(entry["type"], entry.get("ctx", {})) for entry in error.errors()}
        return None, {name: text for name, text in wrong.items() if name in fields} | empty


def sentence(kind: str, context: Mapping[str, Any]) -> str:
    """What pydantic found wrong, for people."""
    if kind in SENTENCES:
        return SENTENCES[kind].format(**context)
    return "must be a whole number" if kind.startswith("int_") else "must be a number"


def _given(field: Field, value: Any) -> Any:
    if field.shape == "switch":
        return bool(value)
    return None if value == "" else value


def _field(name: str, info: FieldInfo) -> Field | None:
    kind, optional = _without_none(info.annotation)
    limits = {type(limit): limit for limit in info.metadata}
    common: dict[str, Any] = {
        "name": name,
        "title": info.title or name,
        "description": info.description or "",
        "default": info.default,
        "optional": optional,
    }
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return None
    if get_origin(kind) is Literal:
        return Field(shape="choice", choices=get_args(kind), **common)
    if kind is str:  # a name of what the workers offer: the page fills the choices in
        return Field(shape="choice", **common)
    if kind is bool:
        return Field(shape="switch", **common)
    return Field(
        shape="whole" if kind is int else "number",
        least=_end(limits, (annotated_types.Ge, "ge"), (annotated_types.Gt, "gt")),
        most=_end(limits, (annotated_types.Le, "le"), (annotated_types.Lt, "lt")),
        **common,
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    (kind,) = [part for part in get_args(annotation) if part is not type(None)]
    return kind, True


def _end(limits: Mapping[type, Any], *kinds: tuple[type, str]) -> float | None:
    return next((getattr(limits[kind], name) for kind, name in kinds if kind in limits), None)
