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
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The view's callbacks, and its route."""
    add_tops_route(app.server, engine)  # pyright: ignore[reportArgumentType] (a Flask is what it is)
    for register_panel in (
        register_plane,
        register_other,
        register_fidelity,
        register_compare,
        register_parts,
        register_refuse,
        register_bridge,
        register_usual,
    ):
        register_panel(app, engine, first)
