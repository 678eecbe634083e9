"""The callbacks of the form: what is shown, what is wrong as one types, what it takes, and Start."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import dash
from dash import Input, Output, State, ctx

from dashboard import ids as shared
from dashboard import links
from dashboard.abilities import asked_of, lacks
from dashboard.new import ids
from dashboard.new.draft import ARCHITECTURES, PLACES, PUBLISHED, Draft, Said, make_draft
from dashboard.new.effort import Work, time_words
from dashboard.new.filling import register_filling
from dashboard.new.form import EVERY_FIELD, whole_form
from dashboard.new.layout import fault_words, form, size_words, without_words
from dashboard.new.looking import register_look
from workers.calls import CallFailed, NoAnswer, Superseded
from workers.engine import Engine
from workers.kinds import CALLS, JobSpec
from workers.studies import id_of

SECTIONS = ("digits", "folder", "npz")
MEASURE_SECONDS = 20.0  # that an estimate may take on a busy machine; then one does without


def register(app: dash.Dash, engine: Engine) -> None:
    """The callbacks of the form."""
    register_window(app, engine)
    register_filling(app, engine)
    register_check(app, engine)
    register_time(app, engine)
    for what in PLACES:
        register_look(app, engine, what)


def register_window(app: dash.Dash, engine: Engine) -> None:
    """Opening it, and what the workers offer."""

    @app.callback(
        Output(ids.WINDOW, "children"),
        Output(ids.WINDOW, "opened"),
        Output(ids.FILL, "data"),
        Input(ids.BUTTON, "n_clicks"),
        Input(ids.DUPLICATE, "data"),
        State(ids.WINDOW, "opened"),
        prevent_initial_call=True,
    )
    def open_window(_: int | None, duplicate: dict | None, opened: bool | None):
        """Lays the form out when it is first wanted. One that is to be filled in opens when that is done."""
        laid_out = dash.no_update if opened is not None else form()
        return (laid_out, dash.no_update, duplicate) if ctx.triggered_id == ids.DUPLICATE else (laid_out, True, None)

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
        Output(ids.IMAGE_SET, "hidden"),
        Output(ids.TEACHER, "hidden"),
        Output(ids.PREDICTIONS, "hidden"),
        Input(ids.MADE_OF, "value"),
    )
    def show_parts(made_of: str):
        alone = made_of == "predictions"
        return alone, alone, not alone

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
            "work": Output(ids.WORK, "data"),
            "question": Output(ids.QUESTION, "data"),
            "without": Output(ids.WITHOUT, "children"),
            "missing": Output(ids.MISSING, "children"),
            "start": Output(ids.START, "children"),
            "disabled": Output(ids.START, "disabled"),
            "uses": Output(ids.WEIGHTS_USES, "hidden"),
        },
        inputs={
            "opened": Input(ids.WINDOW, "opened"),
            "_notices": Input(shared.NOTICES, "children"),  # as above
            "form": whole_form(Input),
            "asked": State(ids.QUESTION, "data"),
        },
        prevent_initial_call=True,
    )
    def check(opened: bool | None, _notices: list, form: dict[str, Any], asked: dict | None):
        """Everything that follows from what stands in the form."""
        if not opened:
            raise dash.exceptions.PreventUpdate
        draft, budget = draft_of(form)
        known = existing(engine, draft)
        work = asdict(draft.work) if draft.work else None
        return {
            "errors": [draft.errors.get((part, field.name)) for part, field in EVERY_FIELD],
            "title": draft.title,
            "size": size_words(draft, budget),
            "work": work,
            "question": dash.no_update if work is None or work["question"] == asked else work["question"],
            "without": without(engine, draft.specs),
            "missing": f"This study is there already: {known.title}." if known else " ".join(draft.missing),
            "start": "Open" if known else "Start",
            "disabled": draft.specs is None,
            "uses": Said(**form).seen("weights") is None,
        }

    @app.callback(
        output=[
            *links.set_shown(),
            Output(ids.WINDOW, "opened", allow_duplicate=True),
            Output(ids.TITLE, "value"),
        ],
        inputs={
            "clicks": Input(ids.START, "n_clicks"),
            "title": State(ids.TITLE, "value"),
            "form": whole_form(State),
        },
        prevent_initial_call=True,
    )
    def start(clicks: int | None, title: str | None, form: dict[str, Any]):
        """Creates the study, or finds the equal one, and shows it."""
        if not clicks:  # the form has only just been laid out
            raise dash.exceptions.PreventUpdate
        draft, _budget = draft_of(form)
        if draft.specs is None:
            raise ValueError(" ".join(draft.missing))
        study = existing(engine, draft) or engine.studies.create((title or "").strip() or draft.title, draft.specs)
        return links.study_data(study), None, None, None, False, ""


def without(engine: Engine, specs: Mapping[str, JobSpec] | None) -> str:
    """What the views will not be able to do with a study of these jobs."""
    if specs is None:
        return ""
    return without_words(lacks(asked_of(specs), engine.choices()))


def register_time(app: dash.Dash, engine: Engine) -> None:
    """How long it takes, as a worker measures it: asked only when something else is to be measured."""

    @app.callback(
        Output(ids.SPEED, "data"),
        Input(ids.QUESTION, "data"),
        Input(shared.NOTICES, "children"),  # they change when a worker has come
        State(ids.SPEED, "data"),
        State(shared.TAB, "data"),
        prevent_initial_call=True,
    )
    def measure(question: dict | None, _notices: list, speed: dict | None, tab: str | None):
        if question is None or (speed and speed["question"] == question and "error" not in speed):
            raise dash.exceptions.PreventUpdate
        return {"question": question} | measured(engine, question, tab)

    @app.callback(
        Output(ids.TIME, "children"),
        Input(ids.WORK, "data"),
        Input(ids.SPEED, "data"),
        prevent_initial_call=True,
    )
    def tell_time(work: dict | None, speed: dict | None):
        return time_words(Work(**work) if work else None, speed)


def measured(engine: Engine, question: Mapping[str, Any], tab: str | None) -> dict[str, Any]:
    """What a worker says of the work, or the "error" for which it does not."""
    if CALLS in engine.health().deaf_queues:
        return {"error": "no worker answers"}
    try:
        return engine.calls.ask("estimate", question, tab or "page", MEASURE_SECONDS)
    except Superseded:
        raise dash.exceptions.PreventUpdate from None
    except NoAnswer:
        return {"error": "no worker answers in time"}
    except CallFailed as error:
        return {"error": f"the worker says: {str(error).rstrip('.')}"}


def existing(engine: Engine, draft: Draft):
    """The study that asks for the same, if there is one."""
    if draft.specs is None:
        return None
    wanted = id_of(draft.specs)
    return next((study for study in engine.studies.all() if study.id == wanted), None)
