"""Predictions, as a simple student can mimic them."""

import dash
from dash import html

from dashboard.components.panel import empty, panel
from dashboard.darksight import ids
from dashboard.first_answers import FirstAnswers
from workers.engine import Engine


def plane_panel() -> html.Section:
    return panel(
        ids.MAP_PANEL,
        "DarkSight map",
        "Predictions, as a simple student can mimic them",
        [empty(f"{ids.MAP_PANEL}-words", "")],
        help_text=[],
    )


def register_plane(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
