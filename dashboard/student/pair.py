"""Two classes: which pixels decide between them, as the student sees it; drawn by `assets/student_pair.js`."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard.components.notices import tell
from dashboard.components.panel import empty, label, panel
from dashboard.components.tables import to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.student import ids
from workers.engine import Engine

LINE = "The pixels that decide between two classes"
NOT_YET = "The two classes appear with a student."


def pair_panel() -> html.Section:
    choice = {"data": [], "value": None, "size": "xs", "w": 110, "allowDeselect": False, "searchable": True}
    return panel(
        ids.PAIR_PANEL,
        "Two classes",
        LINE,
        [
            html.Div(id=ids.PAIR, className="student-pair student-of", hidden=True),
            empty(ids.PAIR_WORDS, NOT_YET),
            dcc.Store(id=ids.PAIR_PAINTED),
        ],
        controls=[
            dmc.Select(id=ids.PAIR_FIRST, **choice, **label("The class that blue speaks for")),
            html.Span("against", className="student-against"),
            dmc.Select(id=ids.PAIR_SECOND, **choice, **label("The class that orange speaks for")),
        ],
        exports=[("Pixels, CSV", {"id": ids.TABLE_PAIR})],
        help_text=[
            "The difference of the weights of two classes, and the same times the image: what each pixel adds to the one logit "
            "less the other. Blue speaks for the first class, orange for the second.",
            "All pixels together, with the difference of the biases, are the difference of the student's logits; the teacher's "
            "stands beside it. Where the two differ much, the pixels explain the student and not the teacher.",
        ],
    )


def register_pair(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output=[
            Output(ids.PAIR_FIRST, "data"),
            Output(ids.PAIR_SECOND, "data"),
            Output(ids.PAIR_FIRST, "value"),
            Output(ids.PAIR_SECOND, "value"),
        ],
        inputs={"shown": Input(ids.SHOWN, "data"), "looked_at": Input(ids.SIDE_DECK, "value")},
    )
    def offer(shown: dict | None, looked_at: str):
        """What the teacher takes the image for against what it is; where that is the same, against the next likeliest."""
        if looked_at != ids.PAIR_PANEL:
            raise dash.exceptions.PreventUpdate
        if shown is None:
            return [], [], None, None
        data = [{"value": str(number), "label": name} for number, name in enumerate(shown["names"])]
        order = np.argsort(-engine.results.array(shown["key"], "teacher_logits"), kind="stable").tolist()
        first_, second = order[0], shown["true"] if shown["true"] not in (None, order[0]) else order[1]
        return data, data, str(first_), str(second)

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawStudentPair"),
        Output(ids.PAIR_PAINTED, "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.PAIR_FIRST, "value"),
        Input(ids.PAIR_SECOND, "value"),
        State(ids.SIDE_DECK, "value"),
    )

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_PAIR, "n_clicks"),
        State(ids.SHOWN, "data"),
        State(ids.PAIR_FIRST, "value"),
        State(ids.PAIR_SECOND, "value"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None, one: str | None, other: str | None):
        """What every pixel adds to the one logit less the other, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None or one is None or other is None:
            tell("There is nothing to export before a student and two classes are there.")
            return dash.no_update
        named = f"student-{shown['names'][int(one)]}-against-{shown['names'][int(other)]}-{shown['number']}.csv"
        return dcc.send_string(pair_table(engine, shown, int(one), int(other)), named)


def pair_table(engine: Engine, shown: Mapping[str, Any], one: int, other: int) -> str:
    """A row a pixel and channel: its value, the difference of its weights, and what that adds to the difference of the logits;
    and a last row, the biases."""
    image, weights = (engine.results.array(shown["key"], name) for name in ("image", "weights"))
    less = weights[one].astype(np.float64) - weights[other]
    adds = less * image / 255
    bias = engine.results.array(shown["key"], "bias").astype(np.float64)
    rows: list[tuple] = [
        (*place, int(image[place]), float(less[place]), float(adds[place])) for place in np.ndindex(image.shape)
    ]
    rows.append(("bias", "", "", "", "", float(bias[one] - bias[other])))
    return to_csv(("channel", "row", "column", "pixel", "weight_difference", "adds"), rows)
