"""The training record: losses and accuracies per epoch, live while the teacher trains."""

from typing import Any

import dash
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.curves import training_figure
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture, segmented
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.teacher import ids
from dashboard.teacher.tables import training_table
from dashboard.teacher.words import NO_TEACHER, training_words
from workers.engine import Engine
from workers.jobs import Job, UnknownJob

NO_CURVE_YET = "The curve begins with the first steps of training."


def training_panel() -> html.Section:
    return panel(
        ids.TRAINING_PANEL,
        "Training",
        "Per epoch, on train and test images",
        [graph(ids.TRAINING), empty(ids.TRAINING_WORDS, NO_CURVE_YET)],
        controls=[segmented(ids.TRAINING_WHAT, [("loss", "Loss"), ("accuracy", "Accuracy")], "loss", "Shown")],
        exports=[("Record, CSV", {"id": ids.TABLE_TRAINING}), picture(ids.TRAINING)],
        help_text=[
            "Cross-entropy (nats, log scale) or accuracy at the end of each epoch, over all images of the split; epoch 0 is "
            "the untrained net. While training runs, the train line is the mean over the epoch's steps so far.",
            "Test loss that rises while train loss falls means that the net learns the train images by heart.",
        ],
    )


def register_training(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output=[
            Output(ids.TRAINING, "figure"),
            Output(ids.TRAINING, "style"),
            Output(ids.TRAINING_WORDS, "style"),
            Output(ids.TRAINING_WORDS, "children"),
            Output(f"{ids.TRAINING_PANEL}-subtitle", "children"),
        ],
        inputs={
            "progress": Input(job_ids.PROGRESS, "data"),
            "ready": Input(shared.READY, "data"),
            "what": Input(ids.TRAINING_WHAT, "value"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def draw(progress: list | None, ready: list[str], what: str, study: dict | None):
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

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_TRAINING, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, study: dict | None, ready: list[str]):
        """The record, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        if study is None or "teacher" not in ready:
            gone = study is not None and "teacher" not in study["keys"]
            tell(f"There is nothing to export{f': {NO_TEACHER}' if gone else ' before the teacher is there'}.")
            return dash.no_update
        return dcc.send_string(training_table(engine, study["keys"]), "training.csv")


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
