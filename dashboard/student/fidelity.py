"""What a student is worth: how often it agrees with its teacher on neighbours that it has not seen."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import numpy as np
import plotly.graph_objects as go
from dash import Input, Output, State, dcc, html

from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture, segmented
from dashboard.components.tables import to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.measures import wilson_interval
from dashboard.student import ids
from dashboard.theme import ACCENT_COLOUR, PLAIN, blank_figure, short_names
from workers.engine import Engine

LINE = "How far the student can be trusted"
NOT_YET = "How well a student mimics the teacher is told when there is one."
MOST_LABELS = 20
CHARTS = [("loss", "Loss"), ("logits", "Logits"), ("labels", "Labels")]


def fidelity_panel() -> html.Section:
    return panel(
        ids.FIDELITY_PANEL,
        "Fidelity",
        LINE,
        [
            html.Div(
                [
                    html.Dl(id=ids.FIDELITY_FIGURES, className="vae-figures"),
                    html.Div(id=ids.FIDELITY_WARNING, className="vae-warning", role="status"),
                    graph(ids.FIDELITY_GRAPH, style=SHOWN),
                ],
                id=ids.FIDELITY_BODY,
                className="vae-body student-of",
                style=HIDDEN,
            ),
            empty(ids.FIDELITY_WORDS, NOT_YET),
        ],
        controls=[segmented(ids.FIDELITY_WHAT, CHARTS, "loss", "Chart")],
        exports=[("Answers on held-out neighbours, CSV", {"id": ids.TABLE_FIDELITY}), picture(ids.FIDELITY_GRAPH)],
        help_text=[
            "All of it is measured on neighbours that are drawn as the others are, and that the student has not seen.",
            "Agreement: how often it gives the teacher's answer, with its 95 % interval, beside the share that the commonest "
            "label alone would get. Where both are the same the student has learned nothing of what decides between classes.",
            "R² is that of the logit of the teacher's commonest class, less the mean over the classes: 1 at best, 0 or less "
            "where it says no more than a constant. KL: how far its probabilities are from the teacher's, in nats.",
            "Loss: of all neighbours that it learns from, before training and after each epoch. Logits: each held-out "
            "neighbour, the teacher's logit across, the student's up. Labels: what the teacher takes the neighbours for.",
        ],
    )


def register_fidelity(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "of": Output(ids.FIDELITY_BODY, "data-of"),
            "drawn": Output(ids.FIDELITY_BODY, "style"),
            "figures": Output(ids.FIDELITY_FIGURES, "children"),
            "warning": Output(ids.FIDELITY_WARNING, "children"),
            "figure": Output(ids.FIDELITY_GRAPH, "figure"),
            "wordless": Output(ids.FIDELITY_WORDS, "style"),
            "subtitle": Output(f"{ids.FIDELITY_PANEL}-subtitle", "children"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "what": Input(ids.FIDELITY_WHAT, "value"),
            "looked_at": Input(ids.DECK, "value"),
        },
    )
    def fill(shown: dict | None, what: str, looked_at: str):
        """The figures of the student that is shown, and of the one beside it."""
        if looked_at != ids.FIDELITY_PANEL:
            raise dash.exceptions.PreventUpdate
        if shown is None:
            return {
                "of": "", "drawn": HIDDEN, "figures": [], "warning": "", "figure": dash.no_update, "wordless": SHOWN,
                "subtitle": LINE,
            }  # fmt: skip
        meta = engine.results.meta(shown["key"])
        other = engine.results.meta(shown["other"]) if "other" in shown else None
        found = meta["fidelity"]
        return {
            "of": shown["key"],
            "drawn": SHOWN,
            "figures": [
                html.Div([html.Dt(title), html.Dd(value)], title=means)
                for title, value, means in figures_of(meta, other)
            ],
            "warning": meta["says_little"],
            "figure": chart(engine, shown, what),
            "wordless": HIDDEN,
            "subtitle": f"Agrees on {found['agreement']:.1%}; the commonest label alone {found['majority']:.1%}",
        }

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_FIDELITY, "n_clicks"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None):
        """What both say of the neighbours that were held out, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None:
            tell("There is nothing to export before a student is there.")
            return dash.no_update
        theirs, ours = (engine.results.array(shown["key"], f"held_out_{who}") for who in ("teacher", "student"))
        header = ["neighbour", *(f"{who} logit of {name}" for who in ("teacher", "student") for name in shown["names"])]
        rows = ([number, *row.tolist()] for number, row in enumerate(np.hstack([theirs, ours])))
        return dcc.send_string(to_csv(header, rows), f"held-out-{shown['number']}.csv")


def figures_of(meta: Mapping[str, Any], other: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
    """Title, value and meaning of each figure; behind a stroke that of the student beside it."""
    found = meta["fidelity"]

    def both(name: str, form: str) -> str:
        values = [each["fidelity"][name] for each in (meta, other) if each is not None]
        return " | ".join("–" if value is None else format(value, form) for value in values)

    low, high = wilson_interval(round(found["agreement"] * found["n_images"]), found["n_images"])
    return [
        ("agreement", both("agreement", ".1%"), f"95 % interval {low:.1%} to {high:.1%}"),
        ("commonest label", both("majority", ".1%"), "What who always gives the teacher's commonest answer would get"),
        ("R² of its logit", both("r2", ".2f"), "Of the commonest class, less the mean over all; – where it never changes"),
        ("KL", both("kl", ".3f") + " nats", "Mean divergence of the student's probabilities from the teacher's, at T = 1"),
        ("labels", both("n_labels", "d"), "Classes that the teacher takes held-out neighbours for"),
        ("held out", f"{found['n_images']:,}", "Neighbours that the student has not seen"),
    ]  # fmt: skip


def chart(engine: Engine, shown: Mapping[str, Any], what: str) -> go.Figure:
    """The chart that is chosen."""
    key = shown["key"]
    if what == "labels":
        return labels_figure(engine.results.array(key, "label_counts"), shown["names"], shown["colours"])
    if what == "logits":
        theirs, ours = (engine.results.array(key, f"held_out_{who}") for who in ("teacher", "student"))
        top = engine.results.meta(key)["fidelity"]["top_class"]
        return logits_figure(theirs, ours, top, shown["names"], shown["colours"])
    lines = {shown["title"]: engine.results.array(key, "losses")}
    if "other" in shown:
        lines[shown["other_title"]] = engine.results.array(shown["other"], "losses")
    return loss_figure(lines)


def loss_figure(lines: Mapping[str, np.ndarray]) -> go.Figure:
    """The loss before training and after each epoch, of each student by its title."""
    figure = blank_figure(hovermode="x unified")
    for (title, losses), colour in zip(lines.items(), (ACCENT_COLOUR, PLAIN), strict=False):
        figure.add_scatter(
            y=losses.astype(np.float32),
            name=title,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 5},
            hovertemplate="%{y:.4g}",
        )
    figure.update_layout(
        showlegend=len(lines) > 1, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "top"}
    )
    figure.update_xaxes(title_text="epoch", rangemode="tozero")
    figure.update_yaxes(title_text="loss, nats", automargin=True)
    return figure


def logits_figure(
    theirs: np.ndarray, ours: np.ndarray, top: int, names: Sequence[str], colours: Sequence[str]
) -> go.Figure:
    """The logit of one class, less the mean over the classes: the teacher's across, the student's up; a point a neighbour in
    the colour of the teacher's answer."""
    across, up = (scores[:, top] - scores.mean(axis=1) for scores in (theirs, ours))
    answers = theirs.argmax(axis=1)
    figure = blank_figure()
    ends = [float(min(across.min(), up.min())), float(max(across.max(), up.max()))]
    figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": PLAIN, "width": 1, "dash": "dot"}, hoverinfo="skip")
    for label in np.unique(answers):
        mask = answers == label
        figure.add_scatter(
            x=across[mask].astype(np.float32),
            y=up[mask].astype(np.float32),
            mode="markers",
            marker={"color": colours[label], "size": 5, "opacity": 0.75},
            name=names[label],
            hovertemplate=f"{names[label]}<br>teacher %{{x:.2f}}, student %{{y:.2f}}<extra></extra>",
        )
    figure.update_xaxes(title_text=f"teacher's logit of {names[top]}")
    figure.update_yaxes(title_text="student's")
    return figure


def labels_figure(counts: np.ndarray, names: Sequence[str], colours: Sequence[str]) -> go.Figure:
    """How many neighbours the teacher takes for each of the commonest classes, the commonest above."""
    order = [int(label) for label in np.argsort(-counts, kind="stable") if counts[label]][:MOST_LABELS][::-1]
    figure = blank_figure()
    figure.add_bar(
        x=counts[order],
        y=short_names([names[label] for label in order]),
        orientation="h",
        marker={"color": [colours[label] for label in order]},
        hovertemplate="%{y}: %{x:,} neighbours<extra></extra>",
    )
    figure.update_xaxes(title_text="neighbours", rangemode="tozero")
    figure.update_yaxes(type="category")
    figure.update_layout(margin={"l": 90, "r": 12, "t": 8, "b": 36})
    return figure
