"""The Teacher view's callbacks, a module for each panel and each menu of its header."""

import dash
from flask_caching import Cache

from dashboard.first_answers import FirstAnswers
from dashboard.map_points import Planes
from dashboard.teacher.cam import register_cam
from dashboard.teacher.classes import register_classes
from dashboard.teacher.exchange import register_exchange
from dashboard.teacher.focus import register_focus
from dashboard.teacher.grid import register_grid
from dashboard.teacher.header import register_header
from dashboard.teacher.matrix import register_matrix
from dashboard.teacher.saved import register_saved
from dashboard.teacher.scatter import register_scatter
from dashboard.teacher.table import register_table
from dashboard.teacher.training import register_training
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, cache: Cache, first: FirstAnswers, planes: Planes) -> None:
    """The view's callbacks."""
    register_header(app, engine, first)
    register_saved(app, engine)
    register_exchange(app, engine)
    register_scatter(app, engine, first, planes)
    register_matrix(app, engine, cache, first)
    register_training(app, engine, first)
    register_classes(app, engine, first)
    register_grid(app, engine, first)
    register_table(app, engine)
    register_focus(app, engine, first)
    register_cam(app, engine)
