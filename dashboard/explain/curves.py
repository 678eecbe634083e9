"""Deletion and insertion of the focused image by each method, and the image at a step; drawn with `assets/explain_scrub.js`."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import numpy as np
import plotly.graph_objects as go
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture, segmented
from dashboard.components.tables import to_csv
from dashboard.explain import ids
from dashboard.first_answers import FirstAnswers
from dashboard.student import ids as student_ids
from dashboard.theme import ACCENT_COLOUR, PLAIN, blank_figure
from workers.engine import Engine

LINE = "The class as pixels go, or come, in the order of a map"
NOT_YET = "The curves appear when an image is explained."
DIRECTIONS = [("deletion", "Deletion"), ("insertion", "Insertion")]


def curves_panel() -> html.Section:
    return panel(
        ids.CURVES_PANEL,
        "Deletion and insertion",
        LINE,
        [
            html.Div(
                [graph(ids.CURVES_GRAPH, style=SHOWN), html.Div(id=ids.SCRUB, className="explain-scrub")],
                id=ids.CURVES_BODY,
                className="explain-curves",
                style=HIDDEN,
            ),
            empty(ids.CURVES_WORDS, NOT_YET),
            dcc.Store(id=ids.SCRUBBED),
        ],
        controls=[segmented(ids.CURVES_WHAT, DIRECTIONS, "deletion", "Direction")],
        exports=[("Curves, CSV", {"id": ids.TABLE_CURVES}), picture(ids.CURVES_GRAPH)],
        help_text=[
            "As RISE defines them (Petsiuk, Das and Saenko 2018): pixels go, all channels together, from the one that a map "
            "says counts most. Deletion puts the mean pixel of each channel in their place: a good map makes the probability "
            "fall at once. Insertion starts from the image under a Gaussian of 11 × 11 pixels and deviation 5 and puts them "
            "back: a good map makes it rise at once.",
            "A step is a row's worth of pixels. AUC is the area under the curve over the whole width, by trapezia. The class "
            "is the teacher's answer for the whole image.",
            "Thick: the method that is looked at; grey dots: the controls. Drag the slider to see the image at a step.",
        ],
    )


def register_curves(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "drawn": Output(ids.CURVES_BODY, "style"),
            "figure": Output(ids.CURVES_GRAPH, "figure"),
            "wordless": Output(ids.CURVES_WORDS, "style"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "what": Input(ids.CURVES_WHAT, "value"),
            "way": Input(ids.WAY, "value"),
            "picked": Input(ids.PICKED, "data"),
            "looked_at": Input(student_ids.DECK, "value"),
        },
    )
    def fill(shown: dict | None, what: str, way: str, picked: str | None, looked_at: str):
        """The curves of the maps that are shown."""
        if looked_at != ids.CURVES_PANEL:
            raise dash.exceptions.PreventUpdate
        if shown is None:
            return {"drawn": HIDDEN, "figure": dash.no_update, "wordless": SHOWN}
        scores = engine.results.array(shown["key"], what)[way_row(way)]
        figure = curves_figure(scores, shown["methods"], picked, shown["names"][shown["label"]])
        return {"drawn": SHOWN, "figure": figure, "wordless": HIDDEN}

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawScrub"),
        Output(ids.SCRUBBED, "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.PICKED, "data"),
        Input(ids.WAY, "value"),
        Input(ids.CURVES_WHAT, "value"),
        Input(student_ids.DECK, "value"),
    )

    @app.callback(
        Output(student_ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_CURVES, "n_clicks"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None):
        """A row a step and method, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None:
            tell("There is nothing to export before an image is explained.")
            return dash.no_update
        return dcc.send_string(curves_table(engine, shown), f"curves-{shown['number']}.csv")


def way_row(way: str) -> int:
    """Which of the results' two rows a way is."""
    return 0 if way == "signed" else 1


def curves_figure(scores: np.ndarray, methods: Sequence[Mapping[str, Any]], picked: str | None, name: str) -> go.Figure:
    """The probability of the class against the share of pixels that have gone, or come: `scores` (M, n + 1)."""
    figure = blank_figure(hovermode="closest")
    share = np.linspace(0, 100, scores.shape[1]).astype(np.float32)
    order = sorted(range(len(methods)), key=lambda row: methods[row]["name"] == picked)  # the one looked at on top
    for row in order:
        method, is_picked = methods[row], methods[row]["name"] == picked
        line = {"color": ACCENT_COLOUR if is_picked else PLAIN, "width": 3 if is_picked else 1.2}
        if method["is_control"]:
            line["dash"] = "dot"
        figure.add_scatter(
            x=share,
            y=scores[row].astype(np.float32),
            name=method["title"],
            mode="lines",
            line=line,
            opacity=1 if is_picked else 0.7,
            customdata=[method["name"]] * len(share),
            hovertemplate=f"{method['title']}: %{{y:.3f}} at %{{x:.0f}} % of the pixels<extra></extra>",
        )
    figure.update_xaxes(title_text="pixels, %", range=[0, 100])
    figure.update_yaxes(title_text=f"probability of {name}", range=[0, 1.02])
    return figure


def curves_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a method and step: the probability after it, of deletion and insertion, signed and absolute."""
    arrays = [engine.results.array(shown["key"], what) for what, _ in DIRECTIONS]
    rows = (
        [method["name"], step, *[float(array[way, row, step]) for array in arrays for way in (0, 1)]]
        for row, method in enumerate(shown["methods"])
        for step in range(arrays[0].shape[2])
    )
    header = ["method", "step", *[f"{what}_{way}" for what, _ in DIRECTIONS for way in ("signed", "absolute")]]
    return to_csv(header, rows)
