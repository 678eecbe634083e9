"""The callbacks of the tab Explain, a module for each panel."""

import dash
from dash import Input, Output

from dashboard.explain import ids
from dashboard.explain.curves import register_curves
from dashboard.explain.panel import register_panel
from dashboard.explain.ranking import register_ranking
from dashboard.explain.relabels import register_relabels
from dashboard.first_answers import FirstAnswers
from dashboard.student import ids as student_ids
from workers.engine import Engine


def register_explain(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The callbacks."""
    register_panel(app, engine, first)
    register_curves(app, engine, first)
    register_ranking(app, engine, first)
    register_relabels(app, engine, first)

    @app.callback(
        Output(student_ids.DECK, "value"),
        Output(student_ids.SIDE_DECK, "value"),
        Input(student_ids.MAIN_DECK, "value"),
        prevent_initial_call=True,
    )
    def follow(looked_at: str):
        """Beside the student stands what it is worth; beside explanations, what those are."""
        if looked_at == ids.PANEL:
            return ids.CURVES_PANEL, ids.RANKING_PANEL
        return student_ids.FIDELITY_PANEL, student_ids.PAIR_PANEL
