"""The callbacks of pulse, study bar and Jobs view.

The pulse is the one callback that asks the engine what has changed. The transport behind it (today one `dcc.Interval`)
can be replaced without the views noticing.
"""

import time
from collections.abc import Mapping

import dash
from dash import ALL, Input, Output, State, ctx

from dashboard import ids as shared
from dashboard.components.unseen import Unseen
from dashboard.jobs import ids
from dashboard.jobs.layout import VIEW, job_row, store_words, study_row, worker_rows
from dashboard.jobs.pulse import take, tell_page
from dashboard.links import asked_for
from workers.engine import Engine
from workers.studies import FIRST_STUDY, Study

STARTING_SECONDS = 40.0  # after the page's own start, in which workers may still be importing torch


def register(app: dash.Dash, engine: Engine, starts_workers: bool) -> None:
    """The callbacks of pulse, study bar and Jobs view."""
    born = time.monotonic()

    @app.callback(
        Output(shared.NOTICES, "children"),
        Output(ids.STEPS, "children"),
        Output(ids.CANCEL, "display"),
        Output(ids.RETRY, "display"),
        Output(ids.START, "display"),
        Output(ids.PROGRESS, "data"),
        Output(shared.READY, "data"),
        Output(shared.ENGINE_TEXT, "children"),
        Output(shared.ENGINE_LIGHT, "className"),
        Output(shared.PULSE, "interval"),
        Output(shared.STUDY_PICKER, "data"),
        Output(shared.nav_badge(VIEW.name), "children"),
        Output(ids.SEEN, "data"),
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Output(shared.FOCUS, "data", allow_duplicate=True),
        Input(shared.PULSE, "n_intervals"),
        Input(shared.STUDY, "data"),
        State(ids.SEEN, "data"),
        State(shared.URL, "search"),
        # One beat at a time: Dash drops the answer to a request when it is asked again meanwhile, so a slow store
        # would leave the page without any.
        running=[(Output(shared.PULSE, "disabled"), True, False)],
        prevent_initial_call="initial_duplicate",
    )
    def pulse(_: int, study: dict | None, seen: dict | None, search: str | None):
        """Everything that moves by itself, in one request; what the page shows already is not sent again."""
        starting = starts_workers and time.monotonic() - born < STARTING_SECONDS
        beat = take(engine, study, search, starting)
        unseen = Unseen(seen)
        told = tell_page(beat, unseen)
        return *told, unseen.marks, *beat.found

    @app.callback(
        Output(shared.PULSE, "n_intervals"),
        Input(ids.CANCEL, "n_clicks"),
        Input(ids.RETRY, "n_clicks"),
        Input(ids.START, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def press(_cancel: int, _retry: int, _start: int, study: dict | None, beats: int | None):
        """The buttons of the study bar; the pulse after them shows what came of it."""
        if ctx.triggered_id == ids.START:
            engine.studies.create(*FIRST_STUDY)
        elif study is not None:
            known = engine.studies.get(study["id"])
            (engine.studies.cancel if ctx.triggered_id == ids.CANCEL else engine.studies.retry)(known)
        return (beats or 0) + 1

    @app.callback(
        Output(ids.JOBS, "children"),
        Output(ids.STUDIES, "children"),
        Output(ids.STORE, "children"),
        Output(ids.WORKERS, "children"),
        Output(ids.VIEW_SEEN, "data"),
        Input(shared.PULSE, "n_intervals"),
        State(ids.VIEW_SEEN, "data"),
    )
    def fill(_: int, seen: dict | None):
        """The view's content while it is shown."""
        unseen = Unseen(seen)
        jobs = engine.jobs.recent()
        now = engine.jobs.now()
        logs = {job.key: engine.jobs.log(job.key) for job in jobs if job.state != "done"}
        sizes = engine.results.sizes()
        studies = engine.studies.all()
        health = engine.health()
        return (
            unseen("jobs", [job_row(job, logs.get(job.key, ()), now) for job in jobs] or "None yet."),
            unseen("studies", [study_row(known, size_of(known, sizes)) for known in studies] or "None."),
            unseen("store", store_words(health)),
            unseen("workers", worker_rows(health, engine.choices())),
            unseen.marks,
        )

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Output(shared.FOCUS, "data", allow_duplicate=True),
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.job_button(ALL, ALL), "n_clicks"),  # pyright: ignore[reportArgumentType]
        State(shared.STUDY, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def press_in_view(_clicks: list, study: dict | None, beats: int | None):
        """The button that was pressed in the view; the pulse after it shows what came of it."""
        pressed = ctx.triggered_id
        if not isinstance(pressed, dict) or not ctx.triggered[0]["value"]:
            raise dash.exceptions.PreventUpdate
        act(engine, pressed["action"], pressed["key"])
        found = (dash.no_update, dash.no_update, dash.no_update)
        if pressed["action"] == "delete" and study and pressed["key"] == study["id"]:
            found = asked_for(engine, None)
        return *found, (beats or 0) + 1


def size_of(study: Study, sizes: Mapping[str, int]) -> int:
    """Bytes that the results of a study take."""
    return sum(sizes.get(key, 0) for key in study.keys.values())


def act(engine: Engine, action: str, key: str) -> None:
    """Carries out a button of the view."""
    if action == "cancel":
        engine.jobs.cancel(key)
    elif action == "retry":
        engine.jobs.retry(key)
    elif action in ("pin", "unpin"):
        engine.studies.pin(key, action == "pin")
    elif action == "delete":
        engine.studies.delete(key)
