"""The flow chart of the net (Lee 2019, 4.1): how much of the answer each layer has, and which layer loses which class."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
import numpy as np
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture
from dashboard.components.tables import register_table, to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.library import ids
from dashboard.library.asked import ORIGIN, mask_of_rows, rows_of, set_at
from dashboard.library.figures import net_figure
from dashboard.links import fitting, make_selection
from dashboard.theme import short_names
from workers.engine import Engine

LINE = "How often each layer alone would answer as the net does, class by class"
NOT_YET = "Make libraries: the layers of the net are drawn here, with what each of them knows."
NO_IMAGES = "None of the selection's images are test images of these libraries."
LOST = 0.05  # of a class's images, that a layer answers less of than the one before it, and is said to lose the class


def net_panel() -> html.Section:
    return panel(
        ids.NET_PANEL,
        "Flow chart",
        LINE,
        [graph(ids.NET_GRAPH), empty(ids.NET_WORDS, NOT_YET)],
        exports=[("Agreement, CSV", {"id": ids.TABLE_NET}), picture(ids.NET_GRAPH)],
        help_text=[
            "From top to bottom the layers of the net, from left to right the classes that it answers. In a cell: for which "
            "share of the images that the net says are of the class, the layer's library says so too. Beside a layer's name: "
            "of all images.",
            "Where a share falls from one layer to the next, the class was clearer before: the panel's line names such. Few "
            "images make shares uncertain; the threshold set matters too, so look at more than one.",
            "Click a cell to select the images of the class that the layer's library answers otherwise.",
        ],
    )


def register_net(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "figure": Output(ids.NET_GRAPH, "figure"),
            "drawn": Output(ids.NET_GRAPH, "style"),
            "words": Output(ids.NET_WORDS, "children"),
            "wordless": Output(ids.NET_WORDS, "style"),
            "subtitle": Output(f"{ids.NET_PANEL}-subtitle", "children"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "value": Input(ids.SET, "value"),
            "scope": Input(ids.SCOPE, "value"),
            "selection": Input(shared.SELECTION, "data"),
            "study": State(shared.STUDY, "data"),
            "looked_at": Input(ids.LEFT_DECK, "value"),
        },
    )
    def fill(shown, value, scope, selection, study, looked_at):
        """The chart."""
        if looked_at != ids.NET_PANEL:
            raise dash.exceptions.PreventUpdate
        told = {"figure": dash.no_update, "drawn": HIDDEN, "words": NOT_YET, "wordless": SHOWN, "subtitle": LINE}
        if shown is None or fitting(shown, study) is None:
            return told
        rows = rows_of(engine, shown, study, scope, selection)
        if not len(rows):
            return told | {"words": NO_IMAGES}
        answers, net = answers_of(engine, shown, set_at(shown, value), rows)
        shares = agreed_by_class(answers, net, len(shown["names"]))
        layers = [layer["name"] for layer in shown["layers"]]
        return told | {
            "figure": net_figure(shares, layers, shown["names"], (answers == net).mean(axis=1)),
            "drawn": SHOWN,
            "words": "",
            "wordless": HIDDEN,
            "subtitle": f"{len(rows):,} images; {lost_words(shares, layers, shown['names'])}",
        }

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.NET_GRAPH, "clickData"),
        State(ids.SHOWN, "data"),
        State(ids.SET, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def select(clicked: dict | None, shown: dict | None, value: int | None, study: dict | None):
        """The images of a class that a layer's library answers otherwise."""
        if not clicked or shown is None or fitting(shown, study) is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        point = clicked["points"][0]
        layer, label = int(point["y"]), int(point["x"])
        rows = np.arange(shown["n_tested"])
        answers, net = answers_of(engine, shown, set_at(shown, value), rows)
        name, of_class = shown["layers"][layer]["name"], shown["names"][label]
        chosen = np.flatnonzero((net == label) & (answers[layer] != label))
        if not len(chosen):
            tell(f"The library of {name} answers as the net does for every image of {of_class}.")
            return dash.no_update
        mask, words = mask_of_rows(engine, shown, chosen), f"{of_class}, but not to {name}"
        return make_selection(engine, shown["images"], mask, words, ORIGIN, by_outcome=True)

    register_table(
        app,
        ids.TABLE_NET,
        ids.SHOWN,
        ids.DOWNLOAD,
        "libraries are made",
        "agreement-by-class.csv",
        partial(net_table, engine),
    )


def answers_of(engine: Engine, shown: Mapping[str, Any], at: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the layers' libraries answer (L, n) of tested images, and what the net does (n,)."""
    tested = engine.results.array(shown["key"], "tested")[rows]
    answers = engine.results.array(shown["key"], "answers")[at][:, rows]
    return answers, engine.results.array(shown["predictions"], "predicted")[tested]


def agreed_by_class(answers: np.ndarray, net: np.ndarray, n_classes: int) -> np.ndarray:
    """Of the images that the net says are of a class, the share of which a layer says so too: (L, K), NaN where none are."""
    counts = np.bincount(net, minlength=n_classes)
    hits = np.stack([np.bincount(net[row == net], minlength=n_classes) for row in answers])
    return np.where(counts, hits / np.maximum(counts, 1), np.nan)


def lost_words(shares: np.ndarray, layers: list[str], names: list[str]) -> str:
    """Which layers lose which classes, the largest losses first, in a few words."""
    lost = np.nan_to_num(shares[:-1] - shares[1:], nan=0.0)
    places = np.argsort(-lost, axis=None)[:3]
    told = [
        f"{layers[row + 1]} loses {short_names([names[label]])[0]} ({lost[row, label]:.0%})"
        for row, label in zip(*np.unravel_index(places, lost.shape), strict=True)
        if lost[row, label] >= LOST
    ]
    return ", ".join(told) or "no layer loses a class that the one before it knew"


def net_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a set, layer and class."""
    rows = np.arange(shown["n_tested"])

    def lines():
        for at in range(shown["n_sets"]):
            answers, net = answers_of(engine, shown, at, rows)
            shares, counts = (
                agreed_by_class(answers, net, len(shown["names"])),
                np.bincount(net, minlength=len(shown["names"])),
            )
            for layer, label in np.ndindex(*shares.shape):
                value = float(shares[layer, label])
                told = value if np.isfinite(value) else ""
                yield [at + 1, shown["layers"][layer]["name"], shown["names"][label], told, int(counts[label])]

    return to_csv(["set", "layer", "net_says", "agreement", "images"], lines())
