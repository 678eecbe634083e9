"""The confusion matrix: true class by predicted class; a cell selects its images."""

import json
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, Patch, State, ctx, dcc, html
from flask_caching import Cache

from dashboard import ids as shared
from dashboard.abilities import has_labels
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture, segmented
from dashboard.links import fitting, make_selection
from dashboard.measures import in_split
from dashboard.teacher import ids
from dashboard.teacher.figures import cell_mark, confusion_figure
from dashboard.teacher.tables import matrix_table
from dashboard.teacher.words import NO_LABELS
from workers.engine import Engine

ORIGIN = "matrix"
NO_MATRIX_YET = "The matrix appears when the predictions are there."


def matrix_panel() -> html.Section:
    return panel(
        ids.MATRIX_PANEL,
        "Confusion matrix",
        "True class by predicted class",
        [graph(ids.MATRIX), empty(ids.MATRIX_WORDS, NO_MATRIX_YET)],
        controls=[
            dmc.Button("Wrong only", id=ids.WRONG_BUTTON, size="compact-xs", variant="light", color="red"),
            segmented(ids.SHADE, [("log", "Log"), ("linear", "Linear")], "log", "Shade by"),
            segmented(ids.SPLIT, [("test", "Test"), ("train", "Train")], "test", "Images counted"),
        ],
        exports=[("Counts, CSV", {"id": ids.TABLE_MATRIX}), picture(ids.MATRIX)],
        help_text=[
            "Each row is a true class, each column a predicted one; a cell counts images. Hits on the diagonal are blue, "
            "errors red, both shaded by count on one scale.",
            "Click a cell to select its images: they appear in the grid. A net that has seen the train images gets them "
            "right more often; errors worth asking about are in test.",
        ],
    )


def register_matrix(app: dash.Dash, engine: Engine, cache: Cache) -> None:
    @cache.memoize()
    def matrix_json(predictions: str, images: str, split: str, shade: str) -> dict[str, Any]:
        confusion = engine.results.array(predictions, f"confusion_{split}")
        return as_json(confusion_figure(confusion, engine.results.meta(images)["class_names"], shade))

    @app.callback(
        Output(ids.MATRIX, "figure"),
        Output(ids.MATRIX, "style"),
        Output(ids.MATRIX_WORDS, "style"),
        Output(ids.MATRIX_WORDS, "children"),
        Output(f"{ids.MATRIX_PANEL}-subtitle", "children"),
        Input(shared.READY, "data"),
        Input(ids.SPLIT, "value"),
        Input(ids.SHADE, "value"),
        State(shared.STUDY, "data"),
        State(shared.SELECTION, "data"),
    )
    def draw(ready: list[str], split: str, shade: str, study: dict | None, selection: dict | None):
        subtitle = "True class by predicted class"
        if study is None or "predictions" not in ready:
            return dash.no_update, HIDDEN, SHOWN, NO_MATRIX_YET, subtitle
        keys = study["keys"]
        if not has_labels(engine, keys):
            return dash.no_update, HIDDEN, SHOWN, NO_LABELS, subtitle
        figure = matrix_json(keys["predictions"], keys["images"], split, shade)
        cell = marked_cell(fitting(selection, study), split)
        if cell:
            figure = figure | {"layout": figure["layout"] | {"shapes": [cell_mark(*cell)]}}
        confusion = engine.results.array(keys["predictions"], f"confusion_{split}")
        right, total = int(np.trace(confusion)), int(confusion.sum())
        if not total:
            return dash.no_update, HIDDEN, SHOWN, f"There are no {split} images in this set.", subtitle
        words = f"{total:,} {split} images: {right / total:.1%} right, {total - right:,} wrong"
        return figure, SHOWN, HIDDEN, dash.no_update, words

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Output(ids.MATRIX, "clickData"),
        Input(ids.MATRIX, "clickData"),
        Input(ids.WRONG_BUTTON, "n_clicks"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def select(click: dict | None, _wrong: int | None, split: str, study: dict | None, ready: list[str]):
        """A cell, or all errors, of the split that is shown. The click is cleared, so that the same cell can be next."""
        if not ctx.triggered[0]["value"]:  # the view has only just been laid out, or this is the cleared click
            raise dash.exceptions.PreventUpdate
        if study is None or "predictions" not in ready:
            return dash.no_update, dash.no_update
        images, predictions = study["keys"]["images"], study["keys"]["predictions"]
        if not has_labels(engine, study["keys"]):
            tell(f"Nothing is known to be wrong. {NO_LABELS}")
            return dash.no_update, None
        meta = engine.results.meta(images)
        labels, predicted = engine.results.array(images, "labels"), engine.results.array(predictions, "predicted")
        mask = in_split(meta["count"], meta["n_train"], split)
        if ctx.triggered_id == ids.WRONG_BUTTON:
            mask &= labels != predicted
            label = f"Wrong in {split}"
            return make_selection(engine, images, mask, label, ORIGIN, by_outcome=True, split=split), None
        true, taken = click["points"][0]["y"], click["points"][0]["x"]  # pyright: ignore[reportOptionalSubscript]
        mask &= (labels == true) & (predicted == taken)
        names = meta["class_names"]
        if not mask.any():
            tell(f"No {split} image of class {names[true]} was taken for {names[taken]}.")
            return dash.no_update, None
        label = f"{names[true]} taken for {names[taken]}" if true != taken else f"{names[true]}, rightly recognised"
        cell = [true, taken]
        return make_selection(engine, images, mask, label, ORIGIN, by_outcome=True, split=split, cell=cell), None

    @app.callback(
        Output(ids.MATRIX, "figure", allow_duplicate=True),
        Input(shared.SELECTION, "data"),
        State(ids.SPLIT, "value"),
        State(ids.MATRIX, "style"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def mark(selection: dict | None, split: str, style: dict, study: dict | None):
        """Frames the selected cell of the figure that is shown."""
        if style.get("display") == "none":  # the graph adds its height
            return dash.no_update
        patch = Patch()
        cell = marked_cell(fitting(selection, study), split)
        patch["layout"]["shapes"] = [cell_mark(*cell)] if cell else []
        return patch

    @app.callback(
        Output(ids.SPLIT, "value"),
        Input(shared.SELECTION, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def follow(selection: dict | None, split: str, study: dict | None):
        """The split that a selection was made in, when it comes from an address or another view."""
        wanted = (fitting(selection, study) or {}).get("split", split)
        return dash.no_update if wanted == split else wanted

    @app.callback(
        Output(shared.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_MATRIX, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.SPLIT, "value"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, study: dict | None, split: str, ready: list[str]):
        """The counts, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        if study is None or "predictions" not in ready:
            tell("There is nothing to export before the predictions are there.")
            return dash.no_update
        if not has_labels(engine, study["keys"]):
            tell(NO_LABELS)
            return dash.no_update
        return dcc.send_string(matrix_table(engine, study["keys"], split), f"confusion-{split}.csv")


def marked_cell(selection: dict | None, split: str) -> tuple[int, int] | None:
    """The matrix cell that is selected, if the selection came from one in this split."""
    if not selection or selection.get("split") != split or "cell" not in selection:
        return None
    true, predicted = selection["cell"]
    return true, predicted


def as_json(figure) -> dict[str, Any]:
    """A figure as plain JSON, its arrays in base64, so that any cache can keep it."""
    return json.loads(figure.to_json())
