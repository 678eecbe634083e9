"""The callbacks of pulse and study bar.

The pulse is the one callback that asks the engine what has changed. The transport behind it (today one `dcc.Interval`)
can be replaced without the views noticing.
"""

from collections.abc import Callable

import dash
from dash import Input, Output, State, ctx

from dashboard import ids as shared
from dashboard.components.unseen import Unseen
from dashboard.jobs import ids, view
from dashboard.jobs.pulse import TOLD, take, tell_page
from dashboard.links import set_shown
from workers.engine import Engine
from workers.studies import FIRST_STUDY


def register(app: dash.Dash, engine: Engine, starting: Callable[[], bool]) -> None:
    """The callbacks of pulse, study bar and Jobs view; `starting`: workers were started a moment ago."""
    view.register(app, engine)

    @app.callback(
        *[Output(component, prop) for component, prop in TOLD],
        Output(ids.SEEN, "data"),
        *set_shown(),
        Input(shared.PULSE, "n_intervals"),
        Input(shared.STUDY, "data"),
        State(ids.SEEN, "data"),
        State(shared.URL, "search"),
        # One beat at a time: Dash drops the answer to a request when it is asked again meanwhile, so a slow store
        # would leave the page without any.
        running=[(Output(shared.PULSE, "disabled"), True, False)],
        prevent_initial_call=True,  # the first beat is laid out with the page
    )
    def pulse(_: int, study: dict | None, seen: dict | None, search: str | None):
        """Everything that moves by itself, in one request; what the page shows already is not sent again."""
        beat = take(engine, study, search, starting())
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
