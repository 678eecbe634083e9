"""The callbacks of the Library view, a module for each panel."""

import dash

from dashboard.first_answers import FirstAnswers
from dashboard.library.belongs import register_belongs
from dashboard.library.confusion import register_confusion
from dashboard.library.flow import register_flow
from dashboard.library.libraries import register_libraries
from dashboard.library.net import register_net
from dashboard.library.path import register_path
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The callbacks."""
    register_libraries(app, engine, first)
    register_confusion(app, engine, first)
    register_net(app, engine, first)
    register_flow(app, engine, first)
    register_path(app)
    register_belongs(app, engine, first)
