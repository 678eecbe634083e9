"""The VAE view's callbacks, a module for each panel."""

import dash

from dashboard.first_answers import FirstAnswers
from dashboard.vae.ask import add_ask_route
from dashboard.vae.axes import register_axes
from dashboard.vae.counterfactual import register_counterfactual
from dashboard.vae.image import register_image
from dashboard.vae.morph import register_morph
from dashboard.vae.neighbours import register_neighbours
from dashboard.vae.training import register_training
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The view's callbacks, and its route."""
    add_ask_route(app.server, engine)  # pyright: ignore[reportArgumentType] (a Flask is what it is)
    register_axes(app, engine, first)
    register_image(app, engine)
    register_neighbours(app, engine)
    register_morph(app, engine)
    register_counterfactual(app, engine, first)
    register_training(app, engine, first)
