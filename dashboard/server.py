"""Builds the web application: page, callbacks, routes and guard, over an engine."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import dash
import dash_mantine_components as dmc
import redis
from dash import Input, Output, State
from flask import Flask
from flask_compress import Compress

from dashboard import history, ids, links, shell, study_menu, workspace
from dashboard.cache import make_cache
from dashboard.components import notices
from dashboard.darksight import callbacks as darksight
from dashboard.first_answers import FirstAnswers
from dashboard.guard import protect
from dashboard.jobs import callbacks as jobs
from dashboard.library import callbacks as library
from dashboard.map_points import Planes
from dashboard.new import callbacks as new
from dashboard.routes import add_routes
from dashboard.slicer import callbacks as slicer
from dashboard.student import callbacks as student
from dashboard.teacher import callbacks as teacher
from dashboard.theme import ACCENT_COLOUR
from dashboard.vae import callbacks as vae
from workers.engine import Engine
from workers.results import MissingResult
from workers.settings import Settings
from workers.store import FULL, UNAVAILABLE

logger = logging.getLogger("darkroom.page")

dmc.pre_render_color_scheme()  # for all applications of this process: its script may stand in a page once only

# The logo stands in the page itself: whenever the address changes, a browser asks again for an icon that lies elsewhere.
LOGO = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="{ACCENT_COLOUR}" fill-rule="evenodd" '
    'd="M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0Zm0 3a5 5 0 0 1 0 10V3Z"/></svg>'
)
ICON = f'<link rel="icon" href="data:image/svg+xml,{quote(LOGO)}">'

# The browser would ask for plotly.js, seconds of work on a slow machine, only once the first graph is laid out. It stands
# before all other scripts, so that it is read while the server lays out the page.
PLOTLY = '<script src="/_dash-component-suites/plotly/package_data/plotly.min.js"></script>'

# What the browser would ask for only once all scripts have run, it is told of first: what the page is to show.
AHEAD = (
    '<link rel="preload" as="fetch" crossorigin href="/_dash-layout">'
    '<link rel="preload" as="fetch" crossorigin href="/_dash-dependencies">'
)

STARTING_SECONDS = 40.0
YEAR = 365 * 24 * 3600
ASSETS = Path(__file__).resolve().parent.parent / "assets"


def build(engine: Engine, settings: Settings, alone: bool = True) -> dash.Dash:
    """The application; `.server` is its WSGI side.

    Parameters
    ----------
    alone : this process alone serves the page, and started the workers; otherwise nothing may be kept in it.
    """
    server = Flask("darkroom")
    protect(server, settings)
    # What lays out a view, or draws a matrix of many classes, shrinks to a fifth; pictures and arrays are left alone.
    server.config |= {"COMPRESS_MIMETYPES": ["application/json"], "COMPRESS_ALGORITHM": "gzip", "COMPRESS_LEVEL": 4}
    Compress(server)
    server.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR  # of our assets, whose addresses change with them
    app = dash.Dash(
        "darkroom",
        server=server,  # pyright: ignore[reportArgumentType] (a Flask is what it wants)
        assets_folder=str(ASSETS),
        title="Darkroom",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=True,  # views come and go
        on_error=report,
    )
    app.index_string = app.index_string.replace("{%favicon%}", ICON + AHEAD).replace(
        "{%scripts%}", PLOTLY + "{%scripts%}"
    )
    starting = just_started(alone and settings.worker)
    first = FirstAnswers(app)
    app.layout = lambda: shell.layout(engine, starting(), first)
    add_routes(server, engine)
    links.register(app, engine)
    workspace.register(app, first, report)
    history.register(app)
    jobs.register(app, engine, starting)
    planes = Planes(engine)  # one for all maps of the page: points are sorted, and kept, once
    teacher.register(app, engine, make_cache(server, engine, alone), first, planes)
    darksight.register(app, engine, first, planes)
    vae.register(app, engine, first)
    student.register(app, engine, first)
    slicer.register(app, engine, first)
    library.register(app, engine, first)
    new.register(app, engine)
    study_menu.register(app, engine)
    register_shell(app, engine)
    set_up(server, settings)
    return app


def just_started(starts_workers: bool) -> Callable[[], bool]:
    """Whether workers were started with this page a moment ago, and may still be importing torch."""
    born = time.monotonic()
    return lambda: starts_workers and time.monotonic() - born < STARTING_SECONDS


def set_up(server: Flask, settings: Settings) -> None:
    """Asks for the page once, before anybody else does. Dash sets itself up during its first request, and what other
    threads ask for meanwhile (the scripts of a page that another process has rendered) ends in an error."""
    password = settings.password.get_secret_value() if settings.password else ""
    server.test_client().get("/", headers={"Host": "localhost"}, auth=("darkroom", password))


def register_shell(app: dash.Dash, engine: Engine) -> None:
    """The header's own callbacks."""

    @app.callback(
        Output(ids.STUDY_PICKER, "value"),
        Input(ids.STUDY, "data"),
        prevent_initial_call=True,
    )
    def picked(study: dict | None):
        return (study or {}).get("id")

    @app.callback(
        links.set_shown(),
        Input(ids.STUDY_PICKER, "value"),
        State(ids.STUDY, "data"),
        prevent_initial_call=True,
    )
    def pick(study_id: str | None, study: dict | None):
        """Another study; a selection means nothing in it."""
        if not study_id or (study and study["id"] == study_id):
            return links.UNCHANGED
        return links.study_data(engine.studies.get(study_id)), None, None, None

    @app.callback(Output(ids.HELP, "opened"), Input(ids.HELP_BUTTON, "n_clicks"), prevent_initial_call=True)
    def show_help(_: int) -> bool:
        return True


def report(error: Exception) -> None:
    """What a callback could not do, as a sentence on the page; the log has the rest."""
    if isinstance(error, UNAVAILABLE):
        return  # the pulse's notice says so already, once
    if isinstance(error, FULL):
        text = "The store is full, so this could not be kept; delete a study in the Jobs view."
    elif isinstance(error, (MissingResult, KeyError, ValueError, redis.RedisError)):
        text = str(error.args[0] if error.args else error)
        logger.warning("callback: %s", error)
    else:
        text = "Something went wrong here; the page's log says what."
        logger.error("callback failed", exc_info=error)
    notices.tell(text)
