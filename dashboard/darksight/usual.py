"""How usual the focused image's prediction is, and why."""

import dash
from dash import html

from dashboard.components.panel import empty, panel
from dashboard.darksight import ids
from dashboard.first_answers import FirstAnswers
from workers.engine import Engine


def usual_panel() -> html.Section:
    return panel(
        ids.USUAL_PANEL,
        "Image",
        "How usual the focused image's prediction is, and why",
        [empty(f"{ids.USUAL_PANEL}-words", "")],
        help_text=[],
    )


def register_usual(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
