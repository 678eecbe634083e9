"""Predictions along what is drawn on the map."""

import dash
from dash import html

from dashboard.components.panel import empty, panel
from dashboard.darksight import ids
from dashboard.first_answers import FirstAnswers
from workers.engine import Engine


def bridge_panel() -> html.Section:
    return panel(
        ids.BRIDGE_PANEL,
        "Bridge",
        "Predictions along what is drawn on the map",
        [empty(f"{ids.BRIDGE_PANEL}-words", "")],
        help_text=[],
    )


def register_bridge(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
