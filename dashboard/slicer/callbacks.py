"""The callbacks of the Slicer view, a module for each panel."""

import hashlib
from collections.abc import Mapping

import dash
from dash import ClientsideFunction, Input, Output, State
from flask import Flask, Response, request

from dashboard.first_answers import FirstAnswers
from dashboard.routes import kept
from dashboard.slicer import ids
from dashboard.slicer.capacity import capacity_course, register_capacity
from dashboard.slicer.channels import register_channels
from dashboard.slicer.course import Course
from dashboard.slicer.layers import layers_course, register_layers
from dashboard.slicer.maps import register_maps
from dashboard.slicer.query import register_query
from dashboard.slicer.subsets import register_subsets
from dashboard.slicer.training import matrix_course, register_training
from workers.engine import Engine


def register(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The callbacks."""
    register_query(app, engine, first)
    register_epoch(app, first)
    add_course_route(app.server, engine)
    register_training(app, engine, first)
    register_subsets(app, engine, first)
    register_layers(app, engine, first)
    register_capacity(app, engine, first)
    register_channels(app, engine, first)
    register_maps(app, engine, first)


def register_epoch(app: dash.Dash, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "most": Output(ids.EPOCH, "max"),
            "value": Output(ids.EPOCH, "value"),
            "cannot": Output(ids.EPOCH, "disabled"),
        },
        inputs={"source": Input(ids.SOURCE, "data"), "value": State(ids.EPOCH, "value")},
    )
    def span(source: dict | None, value: int | None):
        """As many epochs as there are; at first the last."""
        last = source["last"] if source else 0
        value = value if isinstance(value, int) and value <= last and source else last
        return {"most": max(last, 1), "value": value, "cannot": not last}

    app.clientside_callback(
        ClientsideFunction("darkroom", "followEpoch"),
        Output(f"{ids.EPOCH}-said", "children"),
        Input(ids.EPOCH, "value"),
        Input(ids.SHOWN, "data"),
        Input(ids.SOURCE, "data"),
        *[Input(graph, "figure") for graph in (ids.MATRIX, ids.LAYERS_GRAPH, ids.CAPACITY_GRAPH)],
    )

    @app.callback(
        Output(ids.LOW_DECK, "value"),
        Input(ids.PICKED, "data"),
        State(ids.LOW_DECK, "value"),
        prevent_initial_call=True,
    )
    def show_maps(picked: dict | None, looked_at: str):
        """Filters that were clicked are looked at."""
        return ids.MAPS_PANEL if picked else looked_at


def add_course_route(server: Flask, engine: Engine) -> None:
    """Where figures at other epochs are (`dashboard/slicer/course.py`)."""

    @server.get("/course/<panel>.json")
    def course(panel: str) -> Response:
        try:
            asked, number = asked_course(engine, panel, request.args), int(request.args["block"])
            told = hashlib.sha256(request.full_path.encode()).hexdigest()[:16]
            return kept(f"course-{told}", "application/json", lambda: asked.block_json(number))
        except (KeyError, IndexError, ValueError):
            return Response("There are no figures at this address.\n", 404, mimetype="text/plain")


def asked_course(engine: Engine, panel: str, of: Mapping[str, str]) -> Course:
    """The course whose `panel` and `of` stand in an address."""
    if panel == "matrix":
        return matrix_course(engine, of["teacher"], of["images"])
    if panel == "layers":
        return layers_course(engine, of["key"], of["over"], of["unit"])
    if panel == "capacity":
        pairs = [int(pair) for pair in of["pairs"].split(",")]
        return capacity_course(engine, of["key"], pairs, of["order"], of["null"] == "1")
    raise KeyError(panel)
