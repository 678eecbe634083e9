"""The confusion matrix, true class by predicted class; the same as a chord diagram; and the list of confusions. Whatever is
clicked in them selects its images."""

import json
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Input, Output, Patch, State, dcc, html
from flask_caching import Cache

from dashboard import ids as shared
from dashboard.abilities import has_labels
from dashboard.components.notices import tell
from dashboard.components.panel import (
    HIDDEN,
    OPENS_SETTINGS,
    SHOWN,
    empty,
    graph,
    icon,
    label,
    panel,
    picture,
    segmented,
)
from dashboard.first_answers import FirstAnswers
from dashboard.links import fitting, make_selection
from dashboard.measures import in_split
from dashboard.seriation import similar_together
from dashboard.teacher import ids
from dashboard.teacher.chord import chord_of
from dashboard.teacher.confusions import ORIGIN, confusions_of, marked_cells, select_cells
from dashboard.teacher.matrix_figure import confusion_figure, frames
from dashboard.teacher.tables import confusions_table, matrix_table
from dashboard.teacher.words import NO_LABELS
from dashboard.theme import ACCENT_COLOUR, GRAPH_CONFIG, class_colours
from workers.engine import Engine

SUBTITLE = "True class by predicted class"
NO_MATRIX_YET = "The matrix appears when the predictions are there."
MOST_LISTED = 20  # confusions
CLOSER = {"scrollZoom": True, "showAxisRangeEntryBoxes": False}  # of many classes one looks at some closely


def matrix_panel() -> html.Section:
    matrix = graph(ids.MATRIX, config=GRAPH_CONFIG | CLOSER, clear_on_unhover=True)
    return panel(
        ids.MATRIX_PANEL,
        "Confusion matrix",
        SUBTITLE,
        [
            html.Div(
                [
                    html.Div([matrix, html.Div(id=ids.CHORD, className="chord")], className="confusion-picture"),
                    html.Div(id=ids.CONFUSION_LIST, className="confusion-list"),
                ],
                id=ids.MATRIX_BODY,
                className="confusions",
                style=HIDDEN,
            ),
            empty(ids.MATRIX_WORDS, NO_MATRIX_YET),
            dcc.Store(id=ids.CONFUSIONS),
            dcc.Store(id=ids.CONFUSIONS_PAINTED),
            dcc.Store(id=ids.CONFUSIONS_PICKED),
        ],
        controls=[
            segmented(ids.DIAGRAM, [("matrix", "Matrix"), ("chord", "Chord")], "matrix", "Confusions as"),
            dmc.Button("Wrong only", id=ids.WRONG_BUTTON, size="compact-xs", variant="light", color="red"),
            segmented(ids.SPLIT, [("test", "Test"), ("train", "Train")], "test", "Images counted"),
            settings(),
        ],
        exports=[
            ("Counts, CSV", {"id": ids.TABLE_MATRIX}),
            ("Confusions, CSV", {"id": ids.TABLE_CONFUSIONS}),
            picture(ids.MATRIX),
            picture(ids.CHORD),
        ],
        help_text=[
            "Each row is a true class, each column a predicted one; a cell counts images. Hits on the diagonal are blue, "
            "errors red, both shaded by count on one scale. The grey strips are the totals.",
            "Click a cell, the name or the total of a row or a column, or a line of the list to select its images: they appear "
            "in the grid. Shift adds to what is selected, Alt takes away.",
            "Of many classes, scroll or drag to look closer; a double click shows all of them again.",
            "The chord diagram has an arc for each class: solid where its images are taken for others (false negatives), "
            "pale where others are taken for it (false positives). A ribbon has the colour of the true class, and is as wide "
            "as there are images. Click an arc for all confusions of the class; the arrow keys walk round the circle.",
            "A net that has seen the train images gets them right more often; errors worth asking about are in test.",
        ],
    )


def settings() -> dmc.Popover:
    """What is seldom changed, behind an icon."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                dmc.ActionIcon(
                    icon("gear"), variant="subtle", color="gray", size="sm", **label("Settings: Confusion matrix")
                )
            ),
            dmc.PopoverDropdown(
                [
                    setting(
                        "Cells say",
                        segmented(
                            ids.CELLS,
                            [("counts", "Counts"), ("true", "% of true"), ("predicted", "% of predicted")],
                            "counts",
                            "Cells say",
                        ),
                    ),
                    setting("Shade", segmented(ids.SHADE, [("log", "Log"), ("linear", "Linear")], "log", "Shade by")),
                    setting(
                        "Classes",
                        segmented(
                            ids.ORDER,
                            [("class", "As numbered"), ("similar", "Confused together")],
                            "class",
                            "Order of classes",
                        ),
                    ),
                    dmc.Switch(id=ids.HITS, label="Hits in the chord diagram", size="xs", mt=10, checked=False),
                ]
            ),
        ],
        **OPENS_SETTINGS,
    )


def setting(title: str, control) -> html.Div:
    return html.Div([dmc.Text(title, size="xs", c="dimmed"), control], className="setting")


def register_matrix(app: dash.Dash, engine: Engine, cache: Cache, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @cache.memoize()
    def matrix_json(predictions: str, images: str, split: str, shade: str, cells: str, order: str) -> dict[str, Any]:
        confusion = engine.results.array(predictions, f"confusion_{split}")
        names = engine.results.meta(images)["class_names"]
        figure = confusion_figure(confusion, names, shade, cells, np.array(order_of(predictions, split, order), int))
        figure.update_layout(uirevision=f"{predictions} {order}")  # a look closer is one at the same classes
        return as_json(figure)

    @cache.memoize()
    def chord_json(predictions: str, split: str, order: str, hits: bool) -> dict[str, Any]:
        confusion = engine.results.array(predictions, f"confusion_{split}")
        return chord_of(confusion, np.array(order_of(predictions, split, order), int), hits).data()

    @cache.memoize()
    def order_of(predictions: str, split: str, order: str) -> list[int]:
        confusion = engine.results.array(predictions, f"confusion_{split}")
        return similar_together(confusion).tolist() if order == "similar" else list(range(len(confusion)))

    @first.callback(
        output=[
            Output(ids.MATRIX, "figure"),
            Output(ids.MATRIX, "style"),
            Output(ids.CHORD, "style"),
            Output(ids.CONFUSIONS, "data"),
            Output(ids.MATRIX_BODY, "style"),
            Output(ids.MATRIX_WORDS, "style"),
            Output(ids.MATRIX_WORDS, "children"),
            Output(f"{ids.MATRIX_PANEL}-subtitle", "children"),
        ],
        inputs={
            "ready": Input(shared.READY, "data"),
            "diagram": Input(ids.DIAGRAM, "value"),
            "split": Input(ids.SPLIT, "value"),
            "shade": Input(ids.SHADE, "value"),
            "cells": Input(ids.CELLS, "value"),
            "order": Input(ids.ORDER, "value"),
            "hits": Input(ids.HITS, "checked"),
            "study": State(shared.STUDY, "data"),
            "selection": State(shared.SELECTION, "data"),
        },
    )
    def draw(
        ready: list[str],
        diagram: str,
        split: str,
        shade: str,
        cells: str,
        order: str,
        hits: bool,
        study: dict | None,
        selection: dict | None,
    ):
        keep = dash.no_update

        def instead(words: str, subtitle: str = SUBTITLE):
            return keep, HIDDEN, HIDDEN, None, HIDDEN, SHOWN, words, subtitle

        if study is None or "predictions" not in ready:
            return instead(NO_MATRIX_YET)
        keys = study["keys"]
        if not has_labels(engine, keys):
            return instead(NO_LABELS)
        confusion = engine.results.array(keys["predictions"], f"confusion_{split}")
        right, total = int(np.trace(confusion)), int(confusion.sum())
        if not total:
            return instead(f"There are no {split} images in this set.")
        subtitle = f"{total:,} {split} images: {right / total:.1%} right, {total - right:,} wrong"
        if diagram == "chord" and right == total and not hits:
            return instead(
                f"No {split} image is taken for another class: there is nothing that a ribbon could show.", subtitle
            )
        told = facts(confusion, engine.results.meta(keys["images"])["class_names"], split)
        told["order"] = order_of(keys["predictions"], split, order)
        if diagram == "chord":
            told["chord"] = chord_json(keys["predictions"], split, order, hits)
            return keep, HIDDEN, SHOWN, told, SHOWN, HIDDEN, keep, subtitle
        figure = matrix_json(keys["predictions"], keys["images"], split, shade, cells, order)
        marked = marked_cells(fitting(selection, study), split, len(confusion))
        if marked is not None:
            figure = figure | {"layout": figure["layout"] | {"shapes": frames(marked, np.array(told["order"], int))}}
        return figure, SHOWN, HIDDEN, told, SHOWN, HIDDEN, keep, subtitle

    @first.callback(
        output=[
            Output(ids.SPLIT, "style"),
            Output(ids.WRONG_BUTTON, "style"),
            Output(f"picture-{ids.MATRIX}", "style"),
            Output(f"picture-{ids.CHORD}", "style"),
        ],
        inputs={
            "ready": Input(shared.READY, "data"),
            "diagram": Input(ids.DIAGRAM, "value"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def offer(ready: list[str], diagram: str, study: dict | None):
        """Only what makes sense: no splits where there are only test images, nothing wrong where no true class is known."""
        pictures = (SHOWN, HIDDEN) if diagram == "matrix" else (HIDDEN, SHOWN)
        if study is None or "images" not in ready:
            return SHOWN, SHOWN, *pictures
        n_train = engine.results.meta(study["keys"]["images"])["n_train"]
        return SHOWN if n_train else HIDDEN, SHOWN if has_labels(engine, study["keys"]) else HIDDEN, *pictures

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawConfusions"),
        Output(ids.CONFUSIONS_PAINTED, "data"),
        Input(ids.CONFUSIONS, "data"),
        Input(shared.SELECTION, "data"),
        State(shared.STUDY, "data"),
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "pickCell"),
        Output(ids.CONFUSIONS_PICKED, "data"),
        Output(ids.MATRIX, "clickData"),
        Input(ids.MATRIX, "clickData"),
        prevent_initial_call=True,
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "tellCell"),
        Output(ids.MATRIX, "hoverData"),
        Input(ids.MATRIX, "hoverData"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.CONFUSIONS_PICKED, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        State(shared.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def select(picked: dict | None, split: str, study: dict | None, ready: list[str], selection: dict | None):
        """The images of the cells that are picked, of the split that is shown."""
        if not picked or study is None or "predictions" not in ready:
            return dash.no_update
        made = select_cells(engine, study["keys"], split, picked, fitting(selection, study))
        if isinstance(made, str):
            tell(made)
            return dash.no_update
        return made

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.WRONG_BUTTON, "n_clicks"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def select_wrong(clicks: int | None, split: str, study: dict | None, ready: list[str]):
        """All errors of the split that is shown."""
        if not clicks or study is None or "predictions" not in ready:  # or the view has only just been laid out
            return dash.no_update
        images, predictions = study["keys"]["images"], study["keys"]["predictions"]
        meta = engine.results.meta(images)
        labels, predicted = engine.results.array(images, "labels"), engine.results.array(predictions, "predicted")
        mask = in_split(meta["count"], meta["n_train"], split) & (labels != predicted)
        if not mask.any():
            tell(f"No {split} image is taken for another class.")
            return dash.no_update
        return make_selection(engine, images, mask, f"Wrong in {split}", ORIGIN, by_outcome=True, split=split)

    @app.callback(
        Output(ids.MATRIX, "figure", allow_duplicate=True),
        Input(shared.SELECTION, "data"),
        State(ids.SPLIT, "value"),
        State(ids.ORDER, "value"),
        State(ids.MATRIX, "style"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def mark(selection: dict | None, split: str, order: str, style: dict, study: dict | None):
        """Frames the selected cells of the figure that is shown."""
        if study is None or style.get("display") == "none":  # the graph adds its height
            return dash.no_update
        in_order = np.array(order_of(study["keys"]["predictions"], split, order), int)
        marked = marked_cells(fitting(selection, study), split, len(in_order))
        patch = Patch()
        patch["layout"]["shapes"] = [] if marked is None else frames(marked, in_order)
        return patch

    @first.once(
        output=Output(ids.SPLIT, "value"),
        inputs={"selection": State(shared.SELECTION, "data"), "study": State(shared.STUDY, "data")},
    )
    def split_of(selection: dict | None, study: dict | None):
        """The split that what is selected was made in."""
        return (fitting(selection, study) or {}).get("split") or dash.no_update

    # The same when something is selected in another view. The split is no output: all that is drawn of a split would wait
    # for the answer, which is mostly that it stays.
    app.clientside_callback(
        ClientsideFunction("darkroom", "followSplit"),
        Input(shared.SELECTION, "data"),
        State(ids.SPLIT, "value", allow_optional=True),  # not there while another view is shown alone
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_MATRIX, "n_clicks"),
        Input(ids.TABLE_CONFUSIONS, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.SPLIT, "value"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(_matrix: int | None, _pairs: int | None, study: dict | None, split: str, ready: list[str]):
        """The counts, or the confusions one by one, as CSV."""
        if not dash.ctx.triggered[0]["value"]:  # the view has only just been laid out
            return dash.no_update
        if study is None or "predictions" not in ready:
            tell("There is nothing to export before the predictions are there.")
            return dash.no_update
        if not has_labels(engine, study["keys"]):
            tell(NO_LABELS)
            return dash.no_update
        if dash.ctx.triggered_id == ids.TABLE_MATRIX:
            return dcc.send_string(matrix_table(engine, study["keys"], split), f"confusion-{split}.csv")
        return dcc.send_string(confusions_table(engine, study["keys"], split), f"confusions-{split}.csv")


def facts(confusion: np.ndarray, names: list[str], split: str) -> dict[str, Any]:
    """What the browser tells of cells and classes, and lists."""
    found = confusions_of(confusion)
    return {
        "split": split,
        "class_names": names,
        "colours": class_colours(len(names)),
        "accent": ACCENT_COLOUR,
        "rows": confusion.sum(axis=1).tolist(),
        "columns": confusion.sum(axis=0).tolist(),
        "hits": np.diagonal(confusion).tolist(),
        "top": found[:MOST_LISTED].tolist(),
        "n_confusions": len(found),
    }


def as_json(figure) -> dict[str, Any]:
    """A figure as plain JSON, its arrays in base64, so that any cache can keep it."""
    return json.loads(figure.to_json())
