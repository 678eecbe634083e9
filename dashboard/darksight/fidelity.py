"""How alike the predictions of neighbours on a map are."""

import dash
from dash import html

from dashboard.components.panel import empty, panel
from dashboard.darksight import ids
from dashboard.first_answers import FirstAnswers
from workers.engine import Engine


def fidelity_panel() -> html.Section:
    return panel(
        ids.FIDELITY_PANEL,
        "Fidelity",
        "How alike the predictions of neighbours on a map are",
        [empty(f"{ids.FIDELITY_PANEL}-words", "")],
        help_text=[],
    )


def register_fidelity(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
