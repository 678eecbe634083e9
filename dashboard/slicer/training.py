"""Training, as a channel from label to answer: the confusion matrix after each epoch, and what it leaves open."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
import numpy as np
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.components.curves import training_figure
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture
from dashboard.components.tables import register_table, to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.links import make_selection
from dashboard.measures import conditional_entropies, in_split
from dashboard.slicer import ids
from dashboard.slicer.course import Course
from dashboard.slicer.figures import class_lines
from dashboard.teacher.matrix_figure import MAX_UPRIGHT, confusion_figure
from dashboard.teacher.training import stored_points
from workers.engine import Engine

LINE = "Test images after each epoch: what answers leave open of labels, and labels of answers"
NOT_YET = "The course of training is drawn when the teacher is trained."
NOT_TRAINED = "There is no course of training, as nothing was trained here."
ORIGIN = "slicer"


def training_panel() -> html.Section:
    return panel(
        ids.TRAINING_PANEL,
        "Training performance",
        LINE,
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H3("Confusion matrix"),
                            graph(ids.MATRIX, style=SHOWN),
                            html.H3("Loss"),
                            graph(ids.CURVE, style=SHOWN, className="graph slicer-loss"),
                        ]
                    ),
                    html.Div(
                        [
                            html.H3("H(label | predicted as)"),
                            graph(ids.GIVEN_PREDICTED, style=SHOWN),
                            html.H3("H(predicted | label)"),
                            graph(ids.GIVEN_LABEL, style=SHOWN),
                            html.Div(id=ids.CLASSES, className="slicer-legend"),
                        ]
                    ),
                ],
                id=ids.TRAINING_BODY,
                className="slicer-training",
                style=HIDDEN,
            ),
            empty(ids.TRAINING_WORDS, NOT_YET),
        ],
        exports=[
            ("Entropies, CSV", {"id": ids.TABLE_TRAINING}),
            picture(ids.GIVEN_PREDICTED),
            picture(ids.GIVEN_LABEL),
        ],
        help_text=[
            "H(label | predicted i): how unsure the true class still is when the net has said i; 0 where everything that is "
            "called i is of one class, which need not be i. H(predicted | label i): how unsure the answer is for images of "
            "class i. In bits, of the test images, a line a class.",
            "Where nothing is predicted i, there is nothing to be unsure about: a gap, not 0.",
            "Click a line to select the test images of that class. The dotted line is the epoch of the slider above.",
        ],
    )


def register_training(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "drawn": Output(ids.TRAINING_BODY, "style"),
            "words": Output(ids.TRAINING_WORDS, "children"),
            "wordless": Output(ids.TRAINING_WORDS, "style"),
            "classes": Output(ids.CLASSES, "children"),
            "label": Output(ids.GIVEN_PREDICTED, "figure"),
            "predicted": Output(ids.GIVEN_LABEL, "figure"),
            "curve": Output(ids.CURVE, "figure"),
            "matrix": Output(ids.MATRIX, "figure"),
        },
        inputs={
            "source": Input(ids.SOURCE, "data"),
            "looked_at": Input(ids.LEFT_DECK, "value"),
            "epoch": State(ids.EPOCH, "value"),
        },
    )
    def fill(source: dict | None, looked_at: str | None, epoch: int | None):
        """The matrix, and charts over the epochs; the browser follows the epoch in all of them."""
        if looked_at not in (None, ids.TRAINING_PANEL):
            raise dash.exceptions.PreventUpdate
        keep = dash.no_update
        blank = {"classes": keep, "label": keep, "predicted": keep, "curve": keep, "matrix": keep}
        if source is None or not source["last"]:
            return blank | {"drawn": HIDDEN, "words": NOT_YET if source is None else NOT_TRAINED, "wordless": SHOWN}
        of_label, of_answer = conditional_entropies(engine.results.array(source["teacher"], "test_confusion"))
        names, colours = source["names"], source["colours"]
        curve = training_figure(stored_points(engine, source["teacher"]), "loss", source["last"])
        curve.update_yaxes(title_text="nats")
        layout: Any = curve.layout
        if layout.yaxis.dtick:  # a number a decade: the chart is too low for many
            curve.update_yaxes(dtick=None, nticks=4)
        return {
            "drawn": SHOWN,
            "words": "",
            "wordless": HIDDEN,
            "classes": [class_mark(name, colour) for name, colour in zip(names, colours, strict=True)],
            "label": class_lines(of_label, names, colours, "bits"),
            "predicted": class_lines(of_answer, names, colours, "bits"),
            "curve": curve,
            "matrix": matrix_course(engine, source["teacher"], source["images"]).first(epoch)["figure"],
        }

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.GIVEN_PREDICTED, "clickData"),
        Input(ids.GIVEN_LABEL, "clickData"),
        Input(ids.CLASS_PICKED, "data"),
        State(shared.STUDY, "data"),
        State(ids.SOURCE, "data"),
        prevent_initial_call=True,
    )
    def select(
        _predicted: dict | None, _label: dict | None, _picked: dict | None, study: dict | None, source: dict | None
    ):
        """The test images of the class whose line was clicked: by what they were predicted as, or by what they are."""
        clicked: Any = dash.ctx.triggered[0]["value"]
        if not clicked or study is None or source is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        by_answer = dash.ctx.triggered_id == ids.GIVEN_PREDICTED
        number = clicked["class"] if "class" in clicked else clicked["points"][0].get("customdata")
        if not isinstance(number, int) or (by_answer and "predictions" not in study["keys"]):
            raise dash.exceptions.PreventUpdate
        key, array = (study["keys"]["predictions"], "predicted") if by_answer else (source["images"], "labels")
        if not engine.results.which([key]):
            raise dash.exceptions.PreventUpdate
        mask = (engine.results.array(key, array) == number) & in_split(source["count"], source["n_train"], "test")
        name = source["names"][number]
        words = f"taken for {name}" if by_answer else f"true {name}"
        return make_selection(engine, source["images"], mask, words, ORIGIN, by_outcome=by_answer)

    register_table(
        app,
        ids.TABLE_TRAINING,
        ids.SOURCE,
        ids.DOWNLOAD,
        "a teacher is trained",
        "conditional-entropies.csv",
        partial(training_table, engine),
    )


def matrix_course(engine: Engine, teacher: str, images: str) -> Course:
    """The confusion matrix of the test images after each epoch."""
    confusion, names = (
        engine.results.array(teacher, "test_confusion"),
        engine.results.meta(images)["class_names"],
    )

    def draw(at: int) -> dict[str, Any]:
        figure = confusion_figure(confusion[at], names)
        # There is no room for numbers in the cells, and they take the browser longer than all else of a step.
        figure.update_traces(text=None, texttemplate=None)
        if len(names) > MAX_UPRIGHT:  # columns have the order of rows, and their names would take half of the height
            figure.update_layout(xaxis_showticklabels=False, margin_b=12)
        cells: Any = figure.data[0]
        cells.update(hoverinfo=None, hovertemplate="true %{y}, predicted %{x}: %{customdata}<extra></extra>")
        return {"figure": figure}

    return Course("matrix", {"teacher": teacher, "images": images}, range(len(confusion)), confusion[0].size, draw)


def class_mark(name: str, colour: str) -> html.Span:
    """Which colour a class has."""
    return html.Span([html.I(style={"background": colour}), name], className="slicer-class")


def number_of(value: float) -> float | str:
    """A figure as a table has it; nothing where it is not defined."""
    return float(value) if np.isfinite(value) else ""


def training_table(engine: Engine, source: Mapping[str, Any]) -> str | None:
    """A row an epoch and class: what answers leave open of labels, and labels of answers; None where nothing was trained."""
    if not source["last"]:
        return None
    of_label, of_answer = conditional_entropies(engine.results.array(source["teacher"], "test_confusion"))
    rows = (
        [epoch, name, number_of(of_label[epoch, number]), number_of(of_answer[epoch, number])]
        for epoch in range(len(of_label))
        for number, name in enumerate(source["names"])
    )
    return to_csv(["epoch", "class", "label_given_predicted_bits", "predicted_given_label_bits"], rows)
