"""The Teacher view's callbacks, a module for each panel."""

import dash
from flask_caching import Cache

from dashboard.teacher.focus import register_focus
from dashboard.teacher.grid import register_grid
from dashboard.teacher.matrix import register_matrix
from dashboard.teacher.scatter import register_scatter
from dashboard.teacher.table import register_table
from dashboard.teacher.training import register_training
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, cache: Cache) -> None:
    """The view's callbacks."""
    register_scatter(app, engine)
    register_matrix(app, engine, cache)
    register_training(app, engine)
    register_grid(app, engine)
    register_table(app, engine)
    register_focus(app, engine)
