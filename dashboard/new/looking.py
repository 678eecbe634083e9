"""Looks at files from the form: asked for, followed, and given up when the window is closed."""

import time
from typing import Any

import dash
from dash import Input, Output, State, ctx

from dashboard.new import ids
from dashboard.new.draft import MODELS, PLACES
from dashboard.new.fields import fields_of, read
from dashboard.new.layout import look_failed, look_found, look_progress
from workers.engine import Engine
from workers.jobs import UnknownJob
from workers.kinds import job


def register_look(app: dash.Dash, engine: Engine, what: str) -> None:
    """A look at one of the places. What is found in a file of predictions depends on what they are stated to be."""
    stated = Input if what == "predictions" else State

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
            "stated": stated(ids.field("predictions", "outputs"), "value"),
            "asked": State(ids.asked(what), "data"),
            "found": State(ids.found(what), "data"),
        },
        prevent_initial_call=True,
    )
    def look(
        _clicks,
        _enters,
        _ticks,
        opened: bool | None,
        path: str | None,
        size: Any,
        stated: str,
        asked: dict | None,
        found: dict | None,
    ):
        if ctx.triggered_id == ids.WINDOW:
            return given_up(engine, opened, asked)
        if ctx.triggered_id == ids.clock(what):
            return followed(engine, asked)
        place = (path or "").strip()
        if ctx.triggered_id == ids.field("predictions", "outputs") and not looked_otherwise(found, place, stated):
            raise dash.exceptions.PreventUpdate
        if not place:
            return answer(None, look_failed(f"Name {PLACES[what]} first."))
        if asked:
            engine.jobs.cancel(asked["key"])
        params = {"what": what, "path": place, "asked": time.time()}
        if what == "folder" and size != "":
            if "size" in read(MODELS["folder"], {"size": size})[1]:
                return answer(None, look_failed("Correct the size first."))
            params["size"] = size
        if what == "predictions":
            params["outputs"] = stated
        key = engine.jobs.submit(job("look", params))
        return answer(
            {"key": key, "path": place, "stated": stated}, look_progress(engine.jobs.get(key), engine.jobs.now())
        )


def looked_otherwise(found: dict | None, place: str, stated: str) -> bool:
    """Whether this place has been looked at with the predictions stated to be something else."""
    return found is not None and found["path"] == place and found["stated"] != stated


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
    usual = next((field.default for field in fields_of(MODELS["folder"]) if field.name == "test_fraction"), None)
    found = {
        **engine.results.meta(known.key),
        "path": asked["path"],
        "stated": asked["stated"],
        "test_fraction": usual,  # with which a look splits image sets
    }
    return answer(None, look_found(found), found)
