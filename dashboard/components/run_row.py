"""How far a job is, in a panel: what is told of it, and buttons to stop it or to have it made after all."""

from collections.abc import Callable
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.components.panel import icon, label
from workers.engine import Engine
from workers.jobs import Job

NO_RUN = {"told": [], "not_run": True, "cancel": "none", "retry": "none"}  # what the parts of the row are without a job


def run_row(row: str, told: str, cancel: str, retry: str | None = None, class_name: str = "scatter-run") -> html.Div:
    """The row; its parts are filled, shown and hidden by their ids."""
    buttons = [
        dmc.Button(
            "Cancel",
            id=cancel,
            color="red",
            variant="light",
            size="compact-xs",
            leftSection=icon("stop"),
            display="none",
        )
    ]
    if retry is not None:
        buttons.append(
            dmc.Button(
                "Try again", id=retry, variant="light", size="compact-xs", leftSection=icon("again"), display="none"
            )
        )
    return html.Div(
        [html.Div(id=told, className="scatter-told", role="status"), *buttons],
        id=row,
        className=class_name,
        hidden=True,
    )


def job_told(made: Job, words: str) -> list:
    """How far a job is: `words`, and a bar while it is open."""
    if not made.is_open:
        return [words]
    moving = made.state == "running" and made.fraction is None
    value = 100 if moving else 100 * (made.fraction or 0)
    return [words, dmc.Progress(value=value, size="sm", striped=moving, animated=moving, **label("How far it is"))]


def run_told(made: Job, words: str) -> dict[str, Any]:
    """What the parts of the row are while a job is not done, by the names of the outputs that fill them; see `job_told`."""
    return {
        "told": job_told(made, words),
        "not_run": False,
        "cancel": "block" if made.is_open else "none",
        "retry": "none" if made.is_open else "block",
    }


def register_run_buttons(
    app: dash.Dash, engine: Engine, cancel: str, retry: str, key_of: Callable[..., str | None], *chosen: State
) -> None:
    """The callback of the buttons that stop a job, or have it done after all.

    Parameters
    ----------
    cancel, retry : ids of the buttons.
    key_of : from the keys of the study by role, and `chosen`, the key of the job's result; None for no job.
    """

    @app.callback(
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(cancel, "n_clicks"),
        Input(retry, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.PULSE, "n_intervals"),
        *chosen,
        prevent_initial_call=True,
    )
    def press(_cancel: int | None, _retry: int | None, study: dict | None, beats: int | None, *chosen: Any):
        """The pulse after it shows what came of it."""
        if study is None or not dash.ctx.triggered[0]["value"]:  # the view was laid out
            return dash.no_update
        key = key_of(study["keys"], *chosen)
        if key is None:
            return dash.no_update
        (engine.jobs.cancel if dash.ctx.triggered_id == cancel else engine.jobs.retry)(key)
        return (beats or 0) + 1
