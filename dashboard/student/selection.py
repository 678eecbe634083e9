"""Students of all images of a selection: what the net looks at, on the whole, when it takes one class for another; drawn by
`assets/students.js`."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK, record_of
from dashboard.components.notices import tell
from dashboard.components.panel import empty, panel
from dashboard.components.run_row import job_told, run_row
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import fitting, make_selection, mask_of, study_data
from dashboard.student import ids
from dashboard.student.asked import SELECTION_ROLE, ask_again
from dashboard.student.form import PLACES, read_form
from dashboard.student.panel import WRONG
from dashboard.theme import class_colours
from dashboard.vae.source import obstacle
from workers.engine import Engine
from workers.student_params import MOST_STUDENTS, DistilParams, StudentsParams

ORIGIN = "students"
LINE = "Mean maps of what is selected, by true and predicted class"
NONE_YET = (
    "Select images, such as a cell of the confusion matrix, and press Distil all: a student of each is trained, and the maps "
    "of those with the same true and predicted class are averaged."
)


def selection_panel() -> html.Section:
    return panel(
        ids.SELECTION_PANEL,
        "Selection",
        LINE,
        [
            html.Div(id=ids.SELECTION, className="students", hidden=True),
            empty(ids.SELECTION_WORDS, NONE_YET),
            run_row(ids.SELECTION_RUN, ids.SELECTION_TOLD, ids.SELECTION_CANCEL),
            *[
                dcc.Store(id=store)
                for store in (ids.SELECTION_SHOWN, ids.SELECTION_PICKED, ids.SELECTION_PAINTED, ids.SELECTION_SEEN)
            ],
        ],
        controls=[dmc.Button("Distil all", id=ids.SELECTION_MAKE, size="compact-xs", variant="light", disabled=True)],
        exports=[("Students, CSV", {"id": ids.TABLE_SELECTION})],
        help_text=[
            "A student of each selected image, with the settings of the Student panel, each in a band about the image's own "
            "code. Then, for each pair of true and predicted class, the mean of its images, of weights, and of weight × image.",
            "Of errors it is the predicted class's weights less the true one's: what speaks for the error. Of images that are "
            "right, the predicted class's less the mean of all. Blue speaks for the predicted class, orange against it.",
            "Each pair says how many images it has, and how often their students agree with the teacher, beside the commonest "
            "label's share: where the two are the same, the maps say little. Click a pair to select its images.",
        ],
    )  # fmt: skip


def register_selection(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "shown": Output(ids.SELECTION_SHOWN, "data"),
            "told": Output(ids.SELECTION_TOLD, "children"),
            "not_run": Output(ids.SELECTION_RUN, "hidden"),
            "cancel": Output(ids.SELECTION_CANCEL, "display"),
            "cannot": Output(ids.SELECTION_MAKE, "disabled"),
            "words": Output(ids.SELECTION_MAKE, "children"),
            "subtitle": Output(f"{ids.SELECTION_PANEL}-subtitle", "children"),
            "seen": Output(ids.SELECTION_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "selection": Input(shared.SELECTION, "data"),
            "chosen": Input(ids.SELECTION_CHOSEN, "data"),
            "steps": Input(job_ids.STEPS, "children"),
            "looked_at": Input(ids.SIDE_DECK, "value"),
            "seen": State(ids.SELECTION_SEEN, "data"),
        },
    )
    def fill(ready, study, selection, chosen, steps, looked_at, seen):
        """What was distilled last, or how far it is, and what can be."""
        if looked_at != ids.SELECTION_PANEL:
            raise dash.exceptions.PreventUpdate
        return Unseen(seen).answer(shown_now(engine, ready, study, selection, chosen))

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawStudents"),
        Output(ids.SELECTION_PAINTED, "data"),
        Input(ids.SELECTION_SHOWN, "data"),
        State(ids.SIDE_DECK, "value"),
    )
    register_made(app, engine)
    register_picked(app, engine)


def shown_now(
    engine: Engine, ready: list[str], study: dict | None, selection: dict | None, chosen: str | None
) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {
        "shown": None, "told": [], "not_run": True, "cancel": "none", "cannot": True, "words": "Distil all",
        "subtitle": LINE,
    }  # fmt: skip
    if study is None or obstacle(engine, ready, study, 0):
        return told
    here = fitting(selection, study)
    if here is not None:
        told |= {"cannot": here["count"] > MOST_STUDENTS, "words": f"Distil all {here['count']:,}"}
        if here["count"] > MOST_STUDENTS:
            told["subtitle"] = f"At most {MOST_STUDENTS:,} images at once; {here['count']:,} are selected"
    key = key_shown(study, chosen)
    made = record_of(engine, key)
    if key is None or made is None:
        return told
    if engine.results.which([key]):
        images = engine.results.meta(study["keys"]["images"])
        names, count = images["class_names"], engine.results.meta(key)["count"]
        shown = {"key": key, "names": names, "colours": class_colours(len(names)), "images": study["keys"]["images"]}
        return told | {"shown": shown, "subtitle": f"{count:,} images, a student each"}
    words = told_of(made, engine.jobs.now()) or "They have made room for other results."
    return told | {
        "told": job_told(made, f"Students: {words}"),
        "not_run": False,
        "cancel": "block" if made.is_open else "none",
    }


def key_shown(study: Mapping[str, Any], chosen: str | None) -> str | None:
    """The students that were asked for last in this study, or None."""
    keys = [key for role, key in study["keys"].items() if role.startswith(f"{SELECTION_ROLE}-")]
    return chosen if chosen in keys else keys[-1] if keys else None


def register_made(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.SELECTION_CHOSEN, "data"),
        Input(ids.SELECTION_MAKE, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.SELECTION, "data"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def make(clicks: int | None, study: dict | None, selection: dict | None, *values: Any):
        """Has the students of the selected images trained."""
        here = fitting(selection, study)
        if not clicks or study is None or here is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        settings, _ = read_form(values)
        if settings is None:
            tell(WRONG)
            raise dash.exceptions.PreventUpdate
        return asked_now(engine, study, np.flatnonzero(mask_of(engine, here)), settings)

    @app.callback(
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.SELECTION_CANCEL, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.SELECTION_CHOSEN, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def cancel(clicks: int | None, study: dict | None, chosen: str | None, beats: int | None):
        """Stops it; the pulse after it shows that."""
        key = key_shown(study, chosen) if study else None
        if not clicks or key is None:  # the view was laid out
            return dash.no_update
        engine.jobs.cancel(key)
        return (beats or 0) + 1


def asked_now(engine: Engine, study: Mapping[str, Any], numbers: np.ndarray, settings: DistilParams) -> tuple[Any, Any]:
    """The study with the students of these images, and their key. What stands in the way is told."""
    asked = StudentsParams.model_validate(settings.model_dump() | {"numbers": numbers.tolist()})
    try:
        added, key = ask_again(engine, study, "students", asked)
    except CANNOT_ASK as error:
        tell(f"No students can be trained: {error}.")
        return dash.no_update, dash.no_update
    return study_data(added), key


def register_picked(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.SELECTION_PICKED, "data"),
        State(ids.SELECTION_SHOWN, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def pick(picked: dict | None, shown: dict | None, study: dict | None):
        """The images of a pair are selected."""
        if picked is None or shown is None or study is None or shown["images"] != study["keys"].get("images"):
            raise dash.exceptions.PreventUpdate
        count = engine.results.meta(shown["images"])["count"]
        mask = np.zeros(count, bool)
        mask[members(engine, shown, picked["true"], picked["predicted"])] = True
        true, taken = (shown["names"][picked[which]] for which in ("true", "predicted"))
        label = f"{true} taken for {taken}" if true != taken else f"{true} taken right"
        return make_selection(engine, shown["images"], mask, label, ORIGIN, by_outcome=True)

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_SELECTION, "n_clicks"),
        State(ids.SELECTION_SHOWN, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None):
        """A row an image: its classes, and what its student is worth, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None:
            tell("There is nothing to export before students are there.")
            return dash.no_update
        return dcc.send_string(students_csv(engine, shown), "students.csv")


def members(engine: Engine, shown: Mapping[str, Any], true: int, predicted: int) -> np.ndarray:
    """The numbers of the images of a pair."""
    numbers, taken = (engine.results.array(shown["key"], name) for name in ("numbers", "predicted"))
    labels = engine.results.array(shown["images"], "labels")[numbers]
    return numbers[(labels == true) & (taken == predicted)]


def students_csv(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row an image."""
    figures = ("agreement", "majority", "n_labels", "r2")
    numbers = engine.results.array(shown["key"], "numbers")
    labels = engine.results.array(shown["images"], "labels")[numbers].tolist()
    predicted = engine.results.array(shown["key"], "predicted").tolist()
    columns = [engine.results.array(shown["key"], name).tolist() for name in figures]
    names = shown["names"]
    rows = (
        (number, names[true], names[taken], *("" if value != value else value for value in told))  # noqa: PLR0124 (NaN)
        for number, true, taken, *told in zip(numbers.tolist(), labels, predicted, *columns, strict=True)
    )
    return to_csv(("image", "true", "predicted", *figures), rows)
