"""Which classes each layer takes for each other: matrices of the confusion index, and the images behind a cell."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, label, panel, picture
from dashboard.components.tables import register_table, to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.library import ids
from dashboard.library.asked import ORIGIN, mask_of_rows, set_at
from dashboard.library.figures import confusions_figure
from dashboard.links import fitting, make_selection
from workers.engine import Engine
from workers.library_params import CONFUSIONS

LINE = "Which classes each layer's library takes for each other"
NOT_YET = "Make libraries: what each layer confuses is drawn here."
FORMS = {"softmax": "Soft-max", "literal": "As printed", "published": "As published"}
MOST_SHOWN = 0.995  # quantile of the cells, at which the scale ends: one cell would leave all others pale


def confusion_panel() -> html.Section:
    return panel(
        ids.CONFUSION_PANEL,
        "Confusion index",
        LINE,
        [graph(ids.CONFUSION_GRAPH), empty(ids.CONFUSION_WORDS, NOT_YET)],
        controls=[
            dmc.Select(
                id=ids.CONFUSION_FORM, data=[{"value": form, "label": FORMS[form]} for form in CONFUSIONS], value="softmax",
                size="xs", w=124, allowDeselect=False, comboboxProps={"withinPortal": True}, **label("Form of the index"),
            )
        ],
        exports=[("Confusion indices, CSV", {"id": ids.TABLE_CONFUSION}), picture(ids.CONFUSION_GRAPH)],
        help_text=[
            "A matrix a layer, with the size of its library. Of the images of which net and library both say the class of a "
            "row: how loudly the library speaks for the class of a column beside it, Σ s₁s₂ / Σ s₁². A ratio, not a "
            "probability; 1 on the diagonal, which is left blank. Grey rows: net and library never agree on the class.",
            "Soft-max: s is the soft-max of the scores. As printed: the paper's Eq. 4, whose sums of scores are below 0 and "
            "whose exponentials overflow, so that cells may be missing or negative. As published: the scores of an image "
            "divided by their largest magnitude, as the authors' code does.",
            "Click a cell to select the tested images of which the net says the row's class and this layer's library the "
            "column's; a cell of the diagonal, those of which both say it.",
        ],
    )  # fmt: skip


def register_confusion(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "figure": Output(ids.CONFUSION_GRAPH, "figure"),
            "drawn": Output(ids.CONFUSION_GRAPH, "style"),
            "wordless": Output(ids.CONFUSION_WORDS, "style"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "value": Input(ids.SET, "value"),
            "form": Input(ids.CONFUSION_FORM, "value"),
            "looked_at": Input(ids.LEFT_DECK, "value"),
        },
    )
    def fill(shown: dict | None, value: int | None, form: str, looked_at: str | None):
        """The matrices of the set of thresholds."""
        if looked_at not in (None, ids.CONFUSION_PANEL):
            raise dash.exceptions.PreventUpdate
        if shown is None:
            return {"figure": dash.no_update, "drawn": HIDDEN, "wordless": SHOWN}
        at = set_at(shown, value)
        matrices = [
            engine.results.array(shown["key"], f"confusion-{layer}")[at, CONFUSIONS.index(form)]
            for layer in range(len(shown["layers"]))
        ]
        titles = [f"{layer['name']}, {size:,}" for layer, size in zip(shown["layers"], shown["sizes"][at], strict=True)]
        return {
            "figure": confusions_figure(matrices, titles, shown["names"], scale_of(matrices)),
            "drawn": SHOWN,
            "wordless": HIDDEN,
        }

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.CONFUSION_GRAPH, "clickData"),
        State(ids.SHOWN, "data"),
        State(ids.SET, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def select(clicked: dict | None, shown: dict | None, value: int | None, study: dict | None):
        """The images behind a cell."""
        if not clicked or fitting(shown, study) is None or shown is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        point = clicked["points"][0]
        layer, says, net = int(point["customdata"]), int(point["x"]), int(point["y"])
        answers = engine.results.array(shown["key"], "answers")[set_at(shown, value), layer]
        tested = engine.results.array(shown["key"], "tested")
        told = engine.results.array(shown["predictions"], "predicted")[tested]
        rows = np.flatnonzero((answers == says) & (told == net))
        names, name = shown["names"], shown["layers"][layer]["name"]
        if not len(rows):
            tell(f"There is no image of which the net says {names[net]} and the library of {name} says {names[says]}.")
            return dash.no_update
        words = f"{name} says {names[says]}, the net {names[net]}"
        mask = mask_of_rows(engine, shown, rows)
        return make_selection(engine, shown["images"], mask, words, ORIGIN, by_outcome=True)

    register_table(
        app,
        ids.TABLE_CONFUSION,
        ids.SHOWN,
        ids.DOWNLOAD,
        "libraries are made",
        "confusion-index.csv",
        partial(confusion_table, engine),
    )


def scale_of(matrices: list[np.ndarray]) -> float:
    """Where the scale ends, for all matrices."""
    others = np.concatenate([each[~np.eye(len(each), dtype=bool)] for each in matrices])
    there = others[np.isfinite(others)]
    return max(float(np.quantile(there, MOST_SHOWN)), 1e-3) if len(there) else 1.0


def confusion_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a cell, set, layer and form."""
    names = shown["names"]

    def rows():
        for number, layer in enumerate(shown["layers"]):
            index = engine.results.array(shown["key"], f"confusion-{number}")
            counts = engine.results.array(shown["key"], f"counts-{number}")
            for at, form, net, says in np.ndindex(*index.shape):
                value = float(index[at, form, net, says])
                told = value if np.isfinite(value) else ""
                yield [at + 1, layer["name"], CONFUSIONS[form], names[net], names[says], told, int(counts[at, net])]

    return to_csv(["set", "layer", "form", "net_says", "beside", "confusion_index", "images"], rows())
