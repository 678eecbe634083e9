"""The DarkSight view's callbacks, a module for each panel."""

import dash

from dashboard.darksight.bridge import register_bridge
from dashboard.darksight.compare import register_compare
from dashboard.darksight.fidelity import register_fidelity
from dashboard.darksight.other import register_other
from dashboard.darksight.parts import register_parts
from dashboard.darksight.plane import register_plane
from dashboard.darksight.refuse import register_refuse
from dashboard.darksight.tops import add_tops_route
from dashboard.darksight.usual import register_usual
from dashboard.first_answers import FirstAnswers
from dashboard.map_points import Planes
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, first: FirstAnswers, planes: Planes) -> None:
    """The view's callbacks, and its route."""
    add_tops_route(app.server, engine)  # pyright: ignore[reportArgumentType] (a Flask is what it is)
    register_plane(app, engine, first, planes)
    register_other(app, engine, first, planes)
    register_fidelity(app, engine, first)
    register_compare(app, engine, first)
    register_parts(app, engine, first)
    register_refuse(app, engine, first, planes)
    register_bridge(app, engine, first, planes)
    register_usual(app, engine, first)
