"""The synthetic images of re-label distillation, as the paper's Fig. 3 has them, and the student's boundary between them."""

from collections.abc import Mapping
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

LINE = "Synthetic images, by whether the teacher keeps its answer"
NOT_YET = "They appear when an image is explained by re-label distillation, which needs a VAE."
PLANES = [("places", "Likeness"), ("margins", "Boundary")]
LOST = "#d9480f"


def relabels_panel() -> html.Section:
    return panel(
        ids.RELABELS_PANEL,
        "Re-labels",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.RELABELS_SAID, className="student-said", role="status"),
                    html.Div(
                        [
                            graph(ids.RELABELS_GRAPH, style=SHOWN),
                            html.Div(id=ids.RELABELS_TILE, className="explain-tile", hidden=True),
                        ],
                        className="explain-relabels",
                    ),
                ],
                id=ids.RELABELS_BODY,
                className="vae-body",
                style=HIDDEN,
            ),
            empty(ids.RELABELS_WORDS, NOT_YET),
            dcc.Store(id=ids.RELABELS_HOVERED),
        ],
        controls=[segmented(ids.RELABELS_PLANE, PLANES, "places", "Plane")],
        exports=[("Synthetic images, CSV", {"id": ids.TABLE_RELABELS}), picture(ids.RELABELS_GRAPH)],
        help_text=[
            "Each point is an image decoded from the image's own code and noise. Filled: the teacher keeps its answer; hollow: "
            "it answers something else.",
            "Likeness: the two directions in which they vary most, or t-SNE (as in the paper's Fig. 3), as chosen under "
            "Methods. Boundary: how far the student takes each for kept, in logits, against the direction at right angles in "
            "which they vary most. Its boundary is the line at 0: filled points on the left of it, and hollow ones on the "
            "right, are its errors.",
            "The noise is scaled until 20 to 80 % of the labels flip, as there is nothing to learn where none does. The "
            "farther it has to go, the less local is what is learned.",
        ],
    )


def register_relabels(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "drawn": Output(ids.RELABELS_BODY, "style"),
            "said": Output(ids.RELABELS_SAID, "children"),
            "figure": Output(ids.RELABELS_GRAPH, "figure"),
            "wordless": Output(ids.RELABELS_WORDS, "style"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "plane": Input(ids.RELABELS_PLANE, "value"),
            "looked_at": Input(student_ids.SIDE_DECK, "value"),
        },
    )
    def fill(shown: dict | None, plane: str, looked_at: str):
        """The synthetic images of what is shown."""
        if looked_at != ids.RELABELS_PANEL:
            raise dash.exceptions.PreventUpdate
        told = engine.results.meta(shown["key"])["relabel"] if shown is not None else None
        if shown is None or told is None:
            return {"drawn": HIDDEN, "said": [], "figure": dash.no_update, "wordless": SHOWN}
        return {
            "drawn": SHOWN,
            "said": said_of(told),
            "figure": relabels_figure(
                engine.results.array(shown["key"], f"synthetic_{plane}"),
                engine.results.array(shown["key"], "synthetic_kept").astype(bool),
                engine.results.array(shown["key"], "synthetic_teacher"),
                plane == "margins",
            ),
            "wordless": HIDDEN,
        }

    app.clientside_callback(
        ClientsideFunction("darkroom", "showSynthetic"),
        Output(ids.RELABELS_HOVERED, "data"),
        Input(ids.RELABELS_GRAPH, "hoverData"),
        State(ids.SHOWN, "data"),
    )

    @app.callback(
        Output(student_ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_RELABELS, "n_clicks"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None):
        """A row a synthetic image, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None or engine.results.meta(shown["key"])["relabel"] is None:
            tell("There is nothing to export before an image is explained by re-label distillation.")
            return dash.no_update
        return dcc.send_string(relabels_table(engine, shown), f"re-labels-{shown['number']}.csv")


def said_of(told: Mapping[str, Any]) -> list[Any]:
    """How far the noise went, how many labels flipped, and what the student is worth."""
    words = (
        f"{told['flipped']:.0%} of the labels flip at {told['scale']:g} × the posterior's deviations. The student labels "
        f"{told['agreement']:.1%} of those held out as the teacher does; the commoner label alone {told['majority']:.1%}."
    )
    return [html.Div(words), *([html.Div(told["warning"], className="explain-warning")] if told["warning"] else [])]


def relabels_figure(places: np.ndarray, kept: np.ndarray, share: np.ndarray, is_margin: bool) -> go.Figure:
    """Synthetic images (N, 2) on a plane: kept ones filled, the others hollow; `share` is the teacher's probability."""
    figure = blank_figure(hovermode="closest")
    for mask, title, marker in (
        (~kept, "lost", {"symbol": "circle-open", "color": LOST, "size": 6, "line": {"width": 1.4}}),
        (kept, "kept", {"symbol": "circle", "color": ACCENT_COLOUR, "size": 6, "opacity": 0.65}),
    ):
        rows = np.flatnonzero(mask)
        figure.add_scatter(
            x=places[rows, 0],
            y=places[rows, 1],
            mode="markers",
            name=f"{title} ({len(rows):,})",
            marker=marker,
            customdata=np.stack([rows, share[rows]], axis=1),
            hovertemplate=f"{title}; teacher's probability %{{customdata[1]:.2f}}<extra></extra>",
        )
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
        margin={"l": 44, "r": 12, "t": 24, "b": 36},
    )  # fmt: skip
    if is_margin:
        figure.add_vline(0, line={"color": PLAIN, "width": 1.5, "dash": "dash"})
    figure.update_xaxes(title_text="student's margin, logits" if is_margin else "")
    figure.update_yaxes(title_text="first component at right angles" if is_margin else "")
    return figure


def relabels_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a synthetic image: its places, its label, and what teacher and student say of it."""
    names = ("places", "margins", "kept", "teacher", "student")
    arrays = {name: engine.results.array(shown["key"], f"synthetic_{name}") for name in names}
    learned = engine.results.meta(shown["key"])["relabel"]["n_learned"]
    rows = (
        [
            row,
            int(row >= learned),
            int(arrays["kept"][row]),
            *[float(value) for value in (arrays["teacher"][row], arrays["student"][row])],
            *arrays["places"][row].tolist(),
            *arrays["margins"][row].tolist(),
        ]
        for row in range(len(arrays["kept"]))
    )
    header = ("synthetic", "held_out", "kept", "teacher", "student", "x", "y", "margin", "beside")
    return to_csv(header, rows)
