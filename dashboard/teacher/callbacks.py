"""The Teacher view's callbacks: ids to results to figures."""

import json
from typing import Any

import dash
import numpy as np
from dash import ClientsideFunction, Input, Output, Patch, State, ctx, dcc
from flask_caching import Cache

from dashboard import ids as shared
from dashboard.abilities import has_labels
from dashboard.components.curves import training_figure
from dashboard.components.notices import tell
from dashboard.jobs import ids as job_ids
from dashboard.links import fitting, make_selection
from dashboard.measures import in_split
from dashboard.teacher import ids
from dashboard.teacher.figures import cell_mark, confusion_figure
from dashboard.teacher.focus import register_focus
from dashboard.teacher.layout import HIDDEN, NO_CURVE_YET, NO_MATRIX_YET, SHOWN
from dashboard.teacher.scatter import register_scatter
from dashboard.teacher.tables import matrix_table, selection_table, training_table
from dashboard.teacher.words import training_words
from dashboard.theme import class_colours
from workers.engine import Engine
from workers.jobs import Job, UnknownJob

NO_TEACHER = "these are predictions alone, without the model that made them"
NO_LABELS = "There is no matrix, as the file of predictions holds no labels."
ORIGIN = "matrix"


def register(app: dash.Dash, engine: Engine, cache: Cache) -> None:
    """The view's callbacks."""
    register_scatter(app, engine)
    register_matrix(app, engine, cache)
    register_training(app, engine)
    register_grid(app, engine)
    register_focus(app, engine)


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
        Input(ids.CLEAR_BUTTON, "n_clicks"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def select(click: dict | None, _wrong: int, _clear: int, split: str, study: dict | None, ready: list[str]):
        """A cell, or all errors, of the split that is shown. The click is cleared, so that the same cell can be next."""
        if not ctx.triggered[0]["value"]:  # the view has only just been laid out, or this is the cleared click
            raise dash.exceptions.PreventUpdate
        if ctx.triggered_id == ids.CLEAR_BUTTON:
            return None, None
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
            return make_selection(engine, images, mask, f"Wrong in {split}", ORIGIN, split=split), None
        true, taken = click["points"][0]["y"], click["points"][0]["x"]  # pyright: ignore[reportOptionalSubscript]
        mask &= (labels == true) & (predicted == taken)
        names = meta["class_names"]
        if not mask.any():
            tell(f"No {split} image of class {names[true]} was taken for {names[taken]}.")
            return dash.no_update, None
        label = f"{names[true]} taken for {names[taken]}" if true != taken else f"{names[true]}, rightly recognised"
        return make_selection(engine, images, mask, label, ORIGIN, split=split, cell=[true, taken]), None

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
        Output(shared.DOWNLOAD, "data"),
        Input(ids.TABLE_MATRIX, "n_clicks"),
        Input(ids.TABLE_TRAINING, "n_clicks"),
        Input(ids.TABLE_SELECTION, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.SELECTION, "data"),
        State(ids.SPLIT, "value"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(_m: int, _t: int, _s: int, study: dict | None, selection: dict | None, split: str, ready: list[str]):
        """Numbers to take along, as CSV."""
        if not ctx.triggered[0]["value"]:  # the view has only just been laid out
            raise dash.exceptions.PreventUpdate
        needed = "teacher" if ctx.triggered_id == ids.TABLE_TRAINING else "predictions"
        if study is None or needed not in ready:
            there = study is None or needed in study["keys"]
            tell(
                f"There is nothing to export{f' before the {needed} result is there' if there else f': {NO_TEACHER}'}."
            )
            return dash.no_update
        keys = study["keys"]
        if ctx.triggered_id == ids.TABLE_TRAINING:
            return dcc.send_string(training_table(engine, keys), "training.csv")
        if ctx.triggered_id == ids.TABLE_MATRIX:
            if not has_labels(engine, keys):
                tell(NO_LABELS)
                return dash.no_update
            return dcc.send_string(matrix_table(engine, keys, split), f"confusion-{split}.csv")
        selection = fitting(selection, study)
        name = (selection or {}).get("label", f"all {split}").replace(" ", "-").replace(",", "")
        return dcc.send_string(selection_table(engine, keys, selection, split), f"images-{name}.csv")


def register_training(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.TRAINING, "figure"),
        Output(ids.TRAINING, "style"),
        Output(ids.TRAINING_WORDS, "style"),
        Output(ids.TRAINING_WORDS, "children"),
        Output(f"{ids.TRAINING_PANEL}-subtitle", "children"),
        Input(job_ids.PROGRESS, "data"),
        Input(shared.READY, "data"),
        Input(ids.TRAINING_WHAT, "value"),
        State(shared.STUDY, "data"),
    )
    def draw(_: list | None, ready: list[str], what: str, study: dict | None):
        """The stored record once training is done, the points that were reported before."""
        if study and "teacher" not in study["keys"]:
            return dash.no_update, HIDDEN, SHOWN, f"There is no curve: {NO_TEACHER}.", "Per epoch"
        teacher = study["keys"]["teacher"] if study else None
        if teacher and "teacher" in ready:
            points = stored_points(engine, teacher)
            meta = engine.results.meta(teacher)
            words = training_words(meta, float(engine.results.array(teacher, "seconds").sum()))
            if not meta["epochs"]:
                return dash.no_update, HIDDEN, SHOWN, "There is no curve, as nothing was trained here.", words
            return training_figure(points, what, meta["epochs"]), SHOWN, HIDDEN, dash.no_update, words
        points, job = live_points(engine, teacher) if teacher else ([], None)
        if job is None or not points:
            return dash.no_update, HIDDEN, SHOWN, NO_CURVE_YET, "Per epoch, on train and test images"
        words = "Live" if job.is_open else "As far as it was reported"
        return training_figure(points, what, job.params.get("epochs")), SHOWN, HIDDEN, dash.no_update, words


def register_grid(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.GRID_SOURCE, "data"),
        Output(ids.GRID_WORDS, "style"),
        Input(shared.READY, "data"),
        State(shared.STUDY, "data"),
    )
    def source(ready: list[str], study: dict | None):
        """Where the browser finds the images and what there is to say of each."""
        if study is None or "images" not in ready:
            return None, SHOWN
        meta = engine.results.meta(study["keys"]["images"])
        return {
            "images": study["keys"]["images"],
            "predictions": study["keys"]["predictions"] if "predictions" in ready else None,
            "count": meta["count"],
            "n_train": meta["n_train"],
            "class_names": meta["class_names"],
            "labels": has_labels(engine, study["keys"]),
            "atlas": meta["atlas"],
            "colours": None if meta["atlas"] else class_colours(meta["n_classes"]),
        }, HIDDEN

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawGrid"),
        Output(ids.GRID_PAINTED, "data"),
        Output(f"{ids.GRID_PANEL}-subtitle", "children"),
        Output(ids.CLEAR_BUTTON, "display"),
        Input(ids.GRID_SOURCE, "data"),
        Input(shared.SELECTION, "data"),
        Input(ids.SPLIT, "value"),
        Input(ids.GRID_SORT, "value"),
        Input(ids.GRID_SIZE, "value"),
        Input(shared.FOCUS, "data"),
        Input(ids.GRID_AGAIN, "data"),
    )


def marked_cell(selection: dict | None, split: str) -> tuple[int, int] | None:
    """The matrix cell that is selected, if the selection came from one in this split."""
    if not selection or selection.get("split") != split or "cell" not in selection:
        return None
    true, predicted = selection["cell"]
    return true, predicted


def stored_points(engine: Engine, teacher: str) -> list[dict[str, Any]]:
    """The record of a finished training as metric points, epoch 0 first."""
    names = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    columns = {name: engine.results.array(teacher, name).tolist() for name in names}
    return [
        {"epoch": epoch} | {name: columns[name][epoch] for name in names} for epoch in range(len(columns["train_loss"]))
    ]


def live_points(engine: Engine, teacher: str) -> tuple[list[dict[str, float]], Job | None]:
    """The metric points that a training has reported, and its job; None when that is gone."""
    try:
        return engine.jobs.metrics(teacher), engine.jobs.get(teacher)
    except UnknownJob:
        return [], None


def as_json(figure) -> dict[str, Any]:
    """A figure as plain JSON, its arrays in base64, so that any cache can keep it."""
    return json.loads(figure.to_json())
