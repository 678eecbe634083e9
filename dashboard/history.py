"""Undo and redo of what a tab has shown. The browser alone remembers it (`assets/history.js`): a reload begins anew."""

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output

from dashboard import ids
from dashboard.components.panel import icon, label
from dashboard.links import SHOWN, set_shown


def buttons() -> list[dmc.ActionIcon]:
    """Undo and redo, for the header; each can be pressed while there is something to go to."""
    return [
        dmc.ActionIcon(icon(name), id=name, variant="default", size="md", disabled=True, **label(says))
        for name, says in ((ids.UNDO, "Undo"), (ids.REDO, "Redo"))
    ]


def register(app: dash.Dash) -> None:
    """The callbacks between buttons and stores."""
    app.clientside_callback(
        ClientsideFunction("darkroom", "remember"),
        Output(ids.UNDO, "disabled"),
        Output(ids.REDO, "disabled"),
        [Input(store, "data") for store in SHOWN],
        Input(ids.WORKSPACE, "data"),
        Input(ids.STUDY_PICKER, "data"),  # a study that is no longer listed is not brought back
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "step"),
        *set_shown(),
        Output(ids.WORKSPACE, "data", allow_duplicate=True),
        Input(ids.UNDO, "n_clicks"),
        Input(ids.REDO, "n_clicks"),
        prevent_initial_call=True,
    )
