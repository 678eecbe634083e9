"""The Student view's callbacks, a module for each panel."""

import dash

from dashboard.explain.callbacks import register_explain
from dashboard.first_answers import FirstAnswers
from dashboard.student.fidelity import register_fidelity
from dashboard.student.history import register_history
from dashboard.student.pair import register_pair
from dashboard.student.panel import register_panel
from dashboard.student.selection import register_selection
from dashboard.student.tree import register_tree
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The view's callbacks."""
    register_panel(app, engine, first)
    register_fidelity(app, engine, first)
    register_tree(app, engine, first)
    register_history(app, engine, first)
    register_pair(app, engine, first)
    register_selection(app, engine, first)
    register_explain(app, engine, first)
