"""What is right of the rest, when the least sure are refused."""

import dash
from dash import html

from dashboard.components.panel import empty, panel
from dashboard.darksight import ids
from dashboard.first_answers import FirstAnswers
from workers.engine import Engine


def refuse_panel() -> html.Section:
    return panel(
        ids.REFUSE_PANEL,
        "Refusal",
        "What is right of the rest, when the least sure are refused",
        [empty(f"{ids.REFUSE_PANEL}-words", "")],
        help_text=[],
    )


def register_refuse(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
