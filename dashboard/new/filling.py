"""What fills the form in: presets, what is done with weights of a file, and the study that is duplicated."""

from typing import Any

import dash
from dash import Input, Output, State, ctx

from dashboard.new import ids
from dashboard.new.draft import MODELS, PLACES, Said
from dashboard.new.fields import fields_of
from dashboard.new.form import whole_form
from dashboard.new.layout import look_found
from dashboard.new.prefill import said_of
from dashboard.new.presets import FINE_TUNE, MEASURE, PRESETS, usual_rate
from workers.engine import Engine
from workers.jobs import UnknownJob
from workers.results import MissingResult
from workers.studies import LONGEST_TITLE, Study


def register_filling(app: dash.Dash, engine: Engine) -> None:
    """The callbacks that set several settings at once."""
    register_presets(app)
    register_duplicate(app, engine)


def register_presets(app: dash.Dash) -> None:
    """What fills in several settings at once."""
    teacher = fields_of(MODELS["teacher"])
    outputs = {field.name: Output(ids.field("teacher", field.name), field.prop) for field in teacher}
    defaults = {field.name: field.shown_default for field in teacher}

    @app.callback(
        output={
            "teacher": outputs,
            "digits": {
                field.name: Output(ids.field("digits", field.name), field.prop) for field in fields_of(MODELS["digits"])
            },
            "kind": Output(ids.KIND, "value"),
            "start": Output(ids.START_FROM, "value"),
            "title": Output(ids.TITLE, "value", allow_duplicate=True),
        },
        inputs=[[Input(ids.preset(number), "n_clicks") for number in range(len(PRESETS))]],
        prevent_initial_call=True,
    )
    def choose(_: list):
        """A preset, from the menu."""
        chosen = next(preset for number, preset in enumerate(PRESETS) if ids.preset(number) == ctx.triggered_id)
        return {
            "teacher": {**defaults, **chosen.teacher},
            "digits": {field.name: field.shown_default for field in fields_of(MODELS["digits"])},
            "kind": chosen.kind,
            "start": "random",
            "title": "",  # of something else
        }

    @app.callback(
        output={
            name: Output(ids.field("teacher", name), output.component_property, allow_duplicate=True)
            for name, output in outputs.items()
            if name != "architecture"
        },
        inputs=[Input(ids.MEASURE, "n_clicks"), Input(ids.FINE_TUNE, "n_clicks")],
        prevent_initial_call=True,
    )
    def use_weights(_measure: int, _fine_tune: int):
        """What to do with weights of a file."""
        settings = {**defaults, **(MEASURE if ctx.triggered_id == ids.MEASURE else FINE_TUNE)}
        return {name: value for name, value in settings.items() if name != "architecture"}

    @app.callback(
        Output(ids.field("teacher", "learning_rate"), "value", allow_duplicate=True),
        Output(ids.FILLED, "data"),
        Input(ids.field("teacher", "optimizer"), "value"),
        State(ids.field("teacher", "learning_rate"), "value"),
        State(ids.FILLED, "data"),
        prevent_initial_call=True,
    )
    def suit_rate(optimizer: str, rate: Any, filled: list | None):
        """The learning rate that suits the optimiser, unless somebody has typed one, or it is that of a duplicate."""
        suited = usual_rate(optimizer, rate)
        if suited is None or filled == [optimizer, rate]:
            return dash.no_update, None
        return suited, None


def register_duplicate(app: dash.Dash, engine: Engine) -> None:
    """The form as it stood when a study was asked for."""
    form = whole_form(Output)

    @app.callback(
        output={
            "opened": Output(ids.WINDOW, "opened", allow_duplicate=True),
            "title": Output(ids.TITLE, "value", allow_duplicate=True),
            "filled": Output(ids.FILLED, "data", allow_duplicate=True),
            "form": {
                "made_of": form["made_of"],
                "kind": again(form["kind"]),
                "start": again(form["start"]),
                "values": {
                    part: {name: again(output) for name, output in fields.items()}
                    for part, fields in form["values"].items()
                },
                "paths": form["paths"],
                "found": {what: again(output) for what, output in form["found"].items()},
            },
            "told": {what: Output(ids.told(what), "children", allow_duplicate=True) for what in PLACES},
        },
        inputs=[Input(ids.FILL, "data")],
        prevent_initial_call=True,
    )
    def fill(asked: dict | None):
        """Everything but what is to be changed."""
        if asked is None:
            raise dash.exceptions.PreventUpdate
        title, said = duplicated(engine, asked["study"])
        teacher = said.values["teacher"]
        return {
            "opened": True,
            "title": f"{title}, copy"[:LONGEST_TITLE],
            "filled": [teacher["optimizer"], teacher["learning_rate"]],
            "form": {name: getattr(said, name) for name in form},
            "told": {what: found and look_found(found) for what, found in said.found.items()},
        }


def again(output: Output) -> Output:
    """The same output, of a further callback."""
    return Output(output.component_id, output.component_property, allow_duplicate=True)


def duplicated(engine: Engine, study_id: str) -> tuple[str, Said]:
    """Title and settings of a study.

    Raises
    ------
    ValueError
        They are not known any more, or the form makes no such studies.
    """
    try:
        study = engine.studies.get(study_id)
    except KeyError:
        raise ValueError("This study is gone, so that it cannot be duplicated.") from None
    try:
        return study.title, said_of(engine.jobs.by_role(study.keys), images_of(engine, study))
    except UnknownJob:
        reason = "the store has no record any more of how it was made"
    except ValueError as error:
        reason = str(error)
    raise ValueError(f"{study.title} cannot be duplicated: {reason}.")


def images_of(engine: Engine, study: Study) -> dict[str, Any] | None:
    """The metadata of a study's image set, while its result is there."""
    try:
        return engine.results.meta(study.keys["images"])
    except (KeyError, MissingResult):
        return None
