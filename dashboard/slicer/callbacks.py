"""The callbacks of the Slicer view, a module for each panel."""

import dash
from dash import ClientsideFunction, Input, Output, State

from dashboard.first_answers import FirstAnswers
from dashboard.slicer import ids
from dashboard.slicer.capacity import register_capacity
from dashboard.slicer.channels import register_channels
from dashboard.slicer.layers import register_layers
from dashboard.slicer.maps import register_maps
from dashboard.slicer.query import register_query
from dashboard.slicer.subsets import register_subsets
from dashboard.slicer.training import register_training
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The callbacks."""
    register_query(app, engine, first)
    register_epoch(app, first)
    register_training(app, engine, first)
    register_subsets(app, engine, first)
    register_layers(app, engine, first)
    register_capacity(app, engine, first)
    register_channels(app, engine, first)
    register_maps(app, engine, first)


def register_epoch(app: dash.Dash, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "most": Output(ids.EPOCH, "max"),
            "value": Output(ids.EPOCH, "value"),
            "cannot": Output(ids.EPOCH, "disabled"),
        },
        inputs={"source": Input(ids.SOURCE, "data"), "value": State(ids.EPOCH, "value")},
    )
    def span(source: dict | None, value: int | None):
        """As many epochs as there are; at first the last."""
        last = source["last"] if source else 0
        value = value if isinstance(value, int) and value <= last and source else last
        return {"most": max(last, 1), "value": value, "cannot": not last}

    app.clientside_callback(
        ClientsideFunction("darkroom", "sayEpoch"),
        Output(f"{ids.EPOCH}-said", "children"),
        Input(ids.EPOCH, "value"),
        Input(ids.SHOWN, "data"),
        Input(ids.SOURCE, "data"),
    )

    @app.callback(
        Output(ids.LOW_DECK, "value"),
        Input(ids.PICKED, "data"),
        State(ids.LOW_DECK, "value"),
        prevent_initial_call=True,
    )
    def show_maps(picked: dict | None, looked_at: str):
        """Filters that were clicked are looked at."""
        return ids.MAPS_PANEL if picked else looked_at
