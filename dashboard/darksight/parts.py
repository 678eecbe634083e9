"""The map of some classes at a time."""

import dash
from dash import html

from dashboard.components.panel import empty, panel
from dashboard.darksight import ids
from dashboard.first_answers import FirstAnswers
from workers.engine import Engine


def parts_panel() -> html.Section:
    return panel(
        ids.PARTS_PANEL,
        "Parts",
        "The map of some classes at a time",
        [empty(f"{ids.PARTS_PANEL}-words", "")],
        help_text=[],
    )


def register_parts(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
