"""How well each map mimics the teacher."""

import dash
from dash import html

from dashboard.components.panel import empty, panel
from dashboard.darksight import ids
from dashboard.first_answers import FirstAnswers
from workers.engine import Engine


def compare_panel() -> html.Section:
    return panel(
        ids.FITS_PANEL,
        "Fits",
        "How well each map mimics the teacher",
        [empty(f"{ids.FITS_PANEL}-words", "")],
        help_text=[],
    )


def register_compare(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
