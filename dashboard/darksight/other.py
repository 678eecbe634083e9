"""The same images, mapped by another method."""

import dash
from dash import html

from dashboard.components.panel import empty, panel
from dashboard.darksight import ids
from dashboard.first_answers import FirstAnswers
from workers.engine import Engine


def other_panel() -> html.Section:
    return panel(
        ids.OTHER_PANEL,
        "Another map",
        "The same images, mapped by another method",
        [empty(f"{ids.OTHER_PANEL}-words", "")],
        help_text=[],
    )


def register_other(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
