"""All that stands in the form, by the names that `draft.Said` has for it."""

from typing import Any

from dash import Input, Output, State

from dashboard.new import ids
from dashboard.new.draft import MODELS, PLACES
from dashboard.new.fields import fields_of

EVERY_FIELD = [(part, field) for part, model in MODELS.items() for field in fields_of(model)]


def whole_form(kind: type[Input] | type[State] | type[Output]) -> dict[str, Any]:
    """All that stands in the form, as inputs, states or outputs of a callback."""
    values: dict[str, dict] = {part: {} for part in MODELS}
    for part, field in EVERY_FIELD:
        values[part][field.name] = kind(ids.field(part, field.name), field.prop)
    return {
        "made_of": kind(ids.MADE_OF, "value"),
        "kind": kind(ids.KIND, "value"),
        "start": kind(ids.START_FROM, "value"),
        "values": values,
        "paths": {what: kind(ids.path(what), "value") for what in PLACES},
        "found": {what: kind(ids.found(what), "data") for what in PLACES},
    }
