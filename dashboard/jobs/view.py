"""The callbacks of the Jobs view."""

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, dcc

from dashboard import ids as shared
from dashboard.components.curves import metric_figure, metrics_in
from dashboard.components.notices import tell
from dashboard.components.unseen import Unseen
from dashboard.jobs import ids
from dashboard.jobs.details import facts, job_line, metrics_table, record_text, short
from dashboard.jobs.holdings import read_holdings
from dashboard.jobs.pulse import curve_state
from dashboard.jobs.store import store_words, study_rows, worker_rows
from dashboard.jobs.table import EMPTY, count_words, news, picked, row
from dashboard.links import UNCHANGED, asked_for, set_shown
from workers.engine import Engine
from workers.jobs import UnknownJob


def register(app: dash.Dash, engine: Engine) -> None:
    """The callbacks of the Jobs view."""
    register_fill(app, engine)
    register_buttons(app, engine)
    register_job(app, engine)
    register_take(app, engine)


def register_fill(app: dash.Dash, engine: Engine) -> None:
    """What the view shows of the whole store, at each beat while it is shown."""

    @app.callback(
        Output(ids.LIST, "data"),
        Output(f"{ids.JOBS_PANEL}-subtitle", "children"),
        Output(ids.NO_ROWS, "children"),
        Output(ids.WORKERS, "children"),
        Output(ids.STORE, "children"),
        Output(ids.STUDIES, "children"),
        Output(ids.VIEW_SEEN, "data"),
        Input(shared.PULSE, "n_intervals"),
        Input(ids.FILTER, "value"),
        Input(ids.ONLY, "checked"),
        Input(ids.RENAMING, "data"),
        Input(shared.STUDY, "data"),
        State(ids.SHOWN, "data"),
        State(ids.VIEW_SEEN, "data"),
    )
    def fill(
        _: int,
        states: str,
        only: bool | None,
        renamed: str | None,
        study: dict | None,
        shown: dict | None,
        seen: dict | None,
    ):
        """What has changed since the last beat."""
        health = engine.health()
        if not health.reachable:
            raise dash.exceptions.PreventUpdate  # what is shown stays; the notice says why it stands still
        unseen = Unseen(seen)
        now, jobs, holdings = engine.jobs.now(), engine.jobs.recent(), read_holdings(engine)
        shown_study = study["id"] if study else None
        mine = holdings.held.get(shown_study or "", ()) if only else None
        rows = [row(job, holdings, now) for job in picked(jobs, states, mine)]
        told = news(rows, shown)
        return (
            dash.no_update if told is None else told,
            unseen("count", count_words(len(rows), jobs)),
            unseen("empty", "" if rows else EMPTY[states]),
            unseen("workers", worker_rows(health, {job.key: job for job in jobs}, holdings, now)),
            unseen("store", store_words(health)),
            study_rows(unseen, holdings, shown_study, renamed),
            unseen.marks,
        )

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawJobs"),
        Output(ids.SHOWN, "data"),
        Input(ids.LIST, "data"),
        Input(ids.CHOSEN, "data"),
    )


def register_buttons(app: dash.Dash, engine: Engine) -> None:
    """What the buttons of the rows do."""

    @app.callback(
        *set_shown(),
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.PRESSED, "data"),
        State(shared.STUDY, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def press(pressed: dict | None, study: dict | None, beats: int | None):
        """The button that was pressed; the pulse after it shows what came of it."""
        if not pressed:
            raise dash.exceptions.PreventUpdate
        act(engine, pressed["action"], pressed["key"])
        found = UNCHANGED
        if pressed["action"] == "delete" and study and pressed["key"] == study["id"]:
            found = asked_for(engine, None)
        return *found, (beats or 0) + 1

    @app.callback(
        Output(ids.RENAMING, "data"),
        Output(ids.TITLE, "error"),
        Input(ids.TITLE, "n_submit"),
        Input(ids.TITLE, "n_blur"),
        State(ids.TITLE, "value"),
        State(ids.RENAMING, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def rename(_enters: int, _leaves: int, title: str, study: str | None, beats: int | None):
        """Enter gives a study its new title, or says what is wrong with it; whoever leaves the field leaves the title."""
        if study is None or not ctx.triggered[0]["value"]:  # the field has only just been laid out
            raise dash.exceptions.PreventUpdate
        if ctx.triggered[0]["prop_id"].endswith("n_blur"):
            return None, dash.no_update
        try:
            engine.studies.rename(study, title)
        except ValueError as error:
            words = str(error)
            return dash.no_update, f"{words[:1].upper()}{words[1:]}."
        dash.set_props(shared.PULSE, {"n_intervals": (beats or 0) + 1})  # the rest of the page follows
        return None, None


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


def register_job(app: dash.Dash, engine: Engine) -> None:
    """The job that is looked at."""

    @app.callback(
        Output(ids.JOB_PLACE, "hidden"),
        Output(f"{ids.JOB_PANEL}-subtitle", "children"),
        Output(ids.JOB_FACTS, "children"),
        Output(ids.JOB_LOG, "children"),
        Output(ids.JOB_WHAT, "data"),
        Output(ids.JOB_WHAT, "value"),
        Output(ids.JOB_WHAT, "display"),
        Output(ids.JOB_CURVE, "figure"),
        Output(ids.JOB_CURVE_PLACE, "hidden"),
        Output(ids.JOB_SEEN, "data"),
        Input(ids.CHOSEN, "data"),
        Input(shared.PULSE, "n_intervals"),
        Input(ids.JOB_WHAT, "value"),
        State(ids.JOB_SEEN, "data"),
    )
    def look(key: str | None, _: int, what: str | None, seen: dict | None):
        """Everything about one job, live while it runs."""
        unseen = Unseen(seen)
        if key is None:
            return unseen("hidden", True), *[dash.no_update] * 8, unseen.marks
        try:
            job = engine.jobs.get(key)
        except UnknownJob as error:
            nothing = [unseen("facts", []), unseen("log", ""), *[dash.no_update] * 2, unseen("display", "none")]
            curve = [dash.no_update, unseen("no curve", True)]
            return unseen("hidden", False), unseen("line", str(error)), *nothing, *curve, unseen.marks
        holdings, now = read_holdings(engine), engine.jobs.now()
        points = engine.jobs.metrics(key)
        names = metrics_in(points)
        drawn = what if what in names else next(iter(names), None)
        figure = dash.no_update
        if drawn is not None and unseen("curve", True, [curve_state(engine, job), drawn]) is True:
            figure = metric_figure(points, drawn, job.params.get("epochs"))
        return (
            unseen("hidden", False),
            unseen("line", job_line(job, holdings, now)),
            unseen("facts", facts(job, holdings)),
            unseen("log", "\n".join(engine.jobs.log(key)) or "Nothing has been logged."),
            unseen("names", [{"value": name, "label": name.replace("_", " ")} for name in names]),
            unseen("drawn", drawn),
            unseen("display", "block" if len(names) > 1 else "none"),
            figure,
            unseen("no curve", drawn is None),
            unseen.marks,
        )


def register_take(app: dash.Dash, engine: Engine) -> None:
    """What can be taken along of a job."""

    @app.callback(
        Output(shared.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TAKE_LOG, "n_clicks"),
        Input(ids.TAKE_METRICS, "n_clicks"),
        Input(ids.TAKE_RECORD, "n_clicks"),
        State(ids.CHOSEN, "data"),
        prevent_initial_call=True,
    )
    def take(_log: int, _metrics: int, _record: int, key: str | None):
        """Log, metrics or record of the job, as a file."""
        if key is None or not ctx.triggered[0]["value"]:  # the view has only just been laid out
            raise dash.exceptions.PreventUpdate
        job = engine.jobs.get(key)
        name = f"{job.kind}-{short(key)}"
        if ctx.triggered_id == ids.TAKE_LOG:
            return dcc.send_string("\n".join([*engine.jobs.log(key), ""]), f"{name}-log.txt")
        if ctx.triggered_id == ids.TAKE_RECORD:
            return dcc.send_string(record_text(job), f"{name}.json")
        points = engine.jobs.metrics(key)
        if not points:
            tell("this job has reported no metrics, so there is nothing to export.")
            return dash.no_update
        return dcc.send_string(metrics_table(points), f"{name}-metrics.csv")
