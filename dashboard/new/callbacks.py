"""The callbacks of the form: looks at files, what is wrong as one types, and Start."""

import time
from typing import Any

import dash
from dash import Input, Output, State, ctx

from dashboard import ids as shared
from dashboard import links
from dashboard.new import ids
from dashboard.new.draft import ARCHITECTURES, MODELS, PLACES, PUBLISHED, Draft, Said, make_draft
from dashboard.new.fields import fields_of, read
from dashboard.new.layout import fault_words, look_failed, look_found, look_progress, size_words
from dashboard.new.presets import FINE_TUNE, MEASURE, PRESETS, usual_rate
from workers.engine import Engine
from workers.jobs import UnknownJob
from workers.kinds import job
from workers.studies import id_of

EVERY_FIELD = [(part, field) for part, model in MODELS.items() for field in fields_of(model)]
SECTIONS = ("digits", "folder", "npz")


def register(app: dash.Dash, engine: Engine) -> None:
    """The callbacks of the form."""
    register_window(app, engine)
    register_presets(app)
    register_check(app, engine)
    for what in PLACES:
        register_look(app, engine, what)


def register_window(app: dash.Dash, engine: Engine) -> None:
    """Opening it, and what the workers offer."""

    @app.callback(Output(ids.WINDOW, "opened"), Input(ids.BUTTON, "n_clicks"), prevent_initial_call=True)
    def open_window(_: int) -> bool:
        return True

    @app.callback(
        Output(ids.KIND, "data"),
        Output(ids.field("teacher", "architecture"), "data"),
        Input(ids.WINDOW, "opened"),
        Input(shared.NOTICES, "children"),  # they change when a store that was away is back
        prevent_initial_call=True,
    )
    def offer(opened: bool | None, _notices: list):
        """The titles of what there is; names while no worker has told any."""
        if not opened:
            raise dash.exceptions.PreventUpdate
        choices = engine.choices()
        kinds, architectures = choices.get("image_sets", {}), choices.get("architectures", {})
        return (
            [{"value": kind, "label": kinds.get(kind, kind)} for kind in ("digits", *PUBLISHED, "folder", "npz")],
            [
                {"value": name, "label": architectures.get(name, {}).get("title", name)}
                for name in (*ARCHITECTURES, *(own for own in architectures if "@" in own))
            ],
        )

    @app.callback(
        Output(ids.FAULTS, "children"),
        Input(ids.field("teacher", "architecture"), "value"),
        prevent_initial_call=True,
    )
    def tell_faults(architecture: str) -> list:
        """What is wrong with an architecture of the user's own."""
        return fault_words(engine.choices().get("architectures", {}).get(architecture, {}).get("faults", ()))

    @app.callback(
        output={
            "sections": {kind: Output(ids.section(kind), "hidden") for kind in SECTIONS},
            "no_fields": Output(ids.NO_FIELDS, "display"),
        },
        inputs=[Input(ids.KIND, "value")],
    )
    def show_source(kind: str):
        """The settings of the chosen source; those of the others keep what was typed."""
        return {
            "sections": {shown: shown != kind for shown in SECTIONS},
            "no_fields": "block" if kind in PUBLISHED else "none",
        }

    @app.callback(Output(ids.WEIGHTS, "hidden"), Input(ids.START_FROM, "value"))
    def show_weights(start: str) -> bool:
        return start != "file"


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
        Input(ids.field("teacher", "optimizer"), "value"),
        State(ids.field("teacher", "learning_rate"), "value"),
        prevent_initial_call=True,
    )
    def suit_rate(optimizer: str, rate: Any):
        """The learning rate that suits the optimiser, unless somebody has typed one."""
        suited = usual_rate(optimizer, rate)
        return dash.no_update if suited is None else suited


def whole_form(kind: type[Input] | type[State]) -> dict[str, Any]:
    """All that stands in the form, as inputs or states of a callback; `said` makes sense of it."""
    values: dict[str, dict] = {part: {} for part in MODELS}
    for part, field in EVERY_FIELD:
        values[part][field.name] = kind(ids.field(part, field.name), field.prop)
    return {
        "kind": kind(ids.KIND, "value"),
        "start": kind(ids.START_FROM, "value"),
        "values": values,
        "paths": {what: kind(ids.path(what), "value") for what in PLACES},
        "found": {what: kind(ids.found(what), "data") for what in PLACES},
    }


def register_check(app: dash.Dash, engine: Engine) -> None:
    """What is wrong, as one types; and Start."""

    def draft_of(form: dict[str, Any]) -> tuple[Draft, int | None]:
        budget = engine.results.budget()
        return make_draft(Said(**form), engine.choices(), budget), budget

    @app.callback(
        output={
            "errors": [Output(ids.field(part, field.name), "error") for part, field in EVERY_FIELD],
            "title": Output(ids.TITLE, "placeholder"),
            "size": Output(ids.SIZE, "children"),
            "missing": Output(ids.MISSING, "children"),
            "start": Output(ids.START, "children"),
            "disabled": Output(ids.START, "disabled"),
            "uses": Output(ids.WEIGHTS_USES, "hidden"),
        },
        inputs={
            "opened": Input(ids.WINDOW, "opened"),
            "_notices": Input(shared.NOTICES, "children"),  # as above
            "form": whole_form(Input),
        },
        prevent_initial_call=True,
    )
    def check(opened: bool | None, _notices: list, form: dict[str, Any]):
        """Everything that follows from what stands in the form."""
        if not opened:
            raise dash.exceptions.PreventUpdate
        draft, budget = draft_of(form)
        known = existing(engine, draft)
        return {
            "errors": [draft.errors.get((part, field.name)) for part, field in EVERY_FIELD],
            "title": draft.title,
            "size": size_words(draft, budget),
            "missing": f"This study is there already: {known.title}." if known else " ".join(draft.missing),
            "start": "Open" if known else "Start",
            "disabled": draft.specs is None,
            "uses": Said(**form).seen("weights") is None,
        }

    @app.callback(
        output=[
            Output(shared.STUDY, "data", allow_duplicate=True),
            Output(shared.SELECTION, "data", allow_duplicate=True),
            Output(shared.FOCUS, "data", allow_duplicate=True),
            Output(ids.WINDOW, "opened", allow_duplicate=True),
            Output(ids.TITLE, "value"),
        ],
        inputs={
            "_": Input(ids.START, "n_clicks"),
            "title": State(ids.TITLE, "value"),
            "form": whole_form(State),
        },
        prevent_initial_call=True,
    )
    def start(_: int, title: str | None, form: dict[str, Any]):
        """Creates the study, or finds the equal one, and shows it."""
        draft, _budget = draft_of(form)
        if draft.specs is None:
            raise ValueError(" ".join(draft.missing))
        study = existing(engine, draft) or engine.studies.create((title or "").strip() or draft.title, draft.specs)
        return links.study_data(study), None, None, False, ""


def existing(engine: Engine, draft: Draft):
    """The study that asks for the same, if there is one."""
    if draft.specs is None:
        return None
    wanted = id_of(draft.specs)
    return next((study for study in engine.studies.all() if study.id == wanted), None)


def register_look(app: dash.Dash, engine: Engine, what: str) -> None:
    """A look at a place: asked for, followed, and given up when the window is closed."""

    @app.callback(
        output={
            "asked": Output(ids.asked(what), "data"),
            "disabled": Output(ids.clock(what), "disabled"),
            "told": Output(ids.told(what), "children"),
            "found": Output(ids.found(what), "data"),
        },
        inputs={
            "_clicks": Input(ids.look(what), "n_clicks"),
            "_enters": Input(ids.path(what), "n_submit"),
            "_ticks": Input(ids.clock(what), "n_intervals"),
            "opened": Input(ids.WINDOW, "opened"),
            "path": State(ids.path(what), "value"),
            "size": State(ids.field("folder", "size"), "value"),
            "asked": State(ids.asked(what), "data"),
        },
        prevent_initial_call=True,
    )
    def look(_clicks, _enters, _ticks, opened: bool | None, path: str | None, size: Any, asked: dict | None):
        if ctx.triggered_id == ids.WINDOW:
            return given_up(engine, opened, asked)
        if ctx.triggered_id == ids.clock(what):
            return followed(engine, asked)
        place = (path or "").strip()
        if not place:
            return answer(None, look_failed(f"Name {PLACES[what]} first."))
        if asked:
            engine.jobs.cancel(asked["key"])
        params = {"what": what, "path": place, "asked": time.time()}
        if what == "folder" and size != "":
            if "size" in read(MODELS["folder"], {"size": size})[1]:
                return answer(None, look_failed("Correct the size first."))
            params["size"] = size
        key = engine.jobs.submit(job("look", params))
        return answer({"key": key, "path": place}, look_progress(engine.jobs.get(key), engine.jobs.now()))


def answer(asked: dict | None, told: Any, found: dict | None = None) -> dict[str, Any]:
    """Where a look stands."""
    return {"asked": asked, "disabled": asked is None, "told": told, "found": found}


def given_up(engine: Engine, opened: bool | None, asked: dict | None) -> dict[str, Any]:
    """Closing the window ends a look that is under way; what was found before it stays."""
    if opened or not asked:
        raise dash.exceptions.PreventUpdate
    engine.jobs.cancel(asked["key"])
    return answer(None, None)


def followed(engine: Engine, asked: dict | None) -> dict[str, Any]:
    """A tick of the clock: how far the look is, or what came of it."""
    if not asked:
        raise dash.exceptions.PreventUpdate
    try:
        known = engine.jobs.get(asked["key"])
    except UnknownJob as error:  # the store was emptied meanwhile
        return answer(None, look_failed(str(error)))
    if known.is_open:
        return {**answer(asked, look_progress(known, engine.jobs.now())), "found": dash.no_update}
    if known.state != "done":
        return answer(None, look_failed(known.error or "The look was stopped on request."))
    found = {**engine.results.meta(known.key), "path": asked["path"]}
    return answer(None, look_found(found), found)
