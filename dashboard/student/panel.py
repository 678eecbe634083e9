"""The student of the focused image: asked for, waited for, shown; drawn by `assets/student_maps.js`."""

import time
from collections.abc import Mapping
from typing import Any

import dash
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import Need, lacking
from dashboard.asking import CANNOT_ASK, record_of
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, panel, segmented
from dashboard.components.run_row import NO_RUN, run_row, run_told
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import study_data
from dashboard.measures import softmax
from dashboard.student import ids
from dashboard.student.asked import Known, ask_again, asked_of, band_words, students_of
from dashboard.student.form import PLACES, generate_button, read_form, register_form, settings_button
from dashboard.vae.source import IN_THE_MAKING, NO_IMAGE, NO_STUDY, NO_VAE, obstacle, source_of
from workers.engine import Engine
from workers.student_params import DistilParams

LINE = "What decides, read from a linear model of the image's neighbours"
NOT_YET = (
    "Press Generate & train: neighbours of the image are drawn, and a student learns what the teacher says of them."
)
WAITS_FOR = {  # what the VAE view says in its own words
    NO_STUDY: "A student can be trained when the study has a teacher and a VAE.",
    NO_VAE: "Train a VAE in the VAE view: a student learns from neighbours that it decodes.",
    IN_THE_MAKING: "A student can be trained when the VAE is there and has encoded the images.",
    NO_IMAGE: "Click an image in the Teacher view or a point of a map, or press / and type its number: then press Generate.",
}
WAIT_SECONDS = 3.0  # that an answer is held back while a student is made: a pulse would show it half a second late
LOOK_SECONDS = 0.02
ORDERS = [("share", "Likeliest first"), ("class", "By class")]
SCALES = [("common", "One scale"), ("own", "A scale each")]
WRONG = "Some settings cannot be used: open Settings, where it says which."


def student_panel() -> html.Section:
    return panel(
        ids.PANEL,
        "Student",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.MAPS, className="student-maps student-of"),
                    html.Div(
                        [
                            segmented(ids.ORDER, ORDERS, "share", "Order of the classes"),
                            segmented(ids.SCALE, SCALES, "common", "Scale of the colours"),
                        ],
                        className="student-foot",
                    ),
                ],
                id=ids.BODY,
                className="student-body",
                style=HIDDEN,
            ),
            empty(ids.WORDS, NOT_YET),
            run_row(ids.RUN, ids.TOLD, ids.CANCEL, ids.RETRY),
            *[dcc.Store(id=store) for store in (ids.SEEN, ids.PAINTED, ids.FOLLOWED)],
        ],
        controls=[
            settings_button(),
            generate_button(),
        ],
        exports=[("Classes, CSV", {"id": ids.TABLE}), ("Weights, CSV", {"id": ids.TABLE_WEIGHTS})],
        help_text=[
            "A student is a linear soft-max on pixels that learns to answer as the teacher does, on neighbours of this image "
            "alone (DeepVID, Wang, Gou, Zhang and Shen 2019; distillation after Hinton, Vinyals and Dean 2015). What it is "
            "worth stands beside: read its weights only where it agrees with the teacher more often than the commonest label.",
            "Per class its weights, and weight × image: what each pixel adds to the class's logit. Blue speaks for the class, "
            "orange against it, nothing at 0. Of colour images the channels are summed, with their signs.",
            "Bars: the probabilities that teacher (full) and student (outlined) give, at temperature 1. ✓ marks the true "
            "class.",
            "Neighbours are drawn in the band of the latent axes, where one is shown for this image, else in one of the "
            "settings' width about the image's own code. If the line was moved, the student is one of the moved image.",
            "It learns softmax(z / T) of the teacher: a high T lets the classes that lose count too. The original's gradient "
            "descent hardly gets beyond the commonest label; hence Adam. Every setting is in the address of the page.",
        ],
    )  # fmt: skip


def register_panel(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_form(app, first)
    register_shown(app, engine, first)
    register_run(app, engine)
    register_taken(app, engine)


# ---- what is shown ----


def register_shown(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "source": Output(ids.SOURCE, "data"),
            "shown": Output(ids.SHOWN, "data"),
            "drawn": Output(ids.BODY, "style"),
            "words": Output(ids.WORDS, "children"),
            "wordless": Output(ids.WORDS, "style"),
            "told": Output(ids.TOLD, "children"),
            "not_run": Output(ids.RUN, "hidden"),
            "cancel": Output(ids.CANCEL, "display"),
            "retry": Output(ids.RETRY, "display"),
            "cannot": Output(ids.GENERATE, "disabled"),
            "subtitle": Output(f"{ids.PANEL}-subtitle", "children"),
            "seen": Output(ids.SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "focus": Input(shared.FOCUS, "data"),
            "chosen": Input(ids.CHOSEN, "data"),
            "compared": Input(ids.COMPARED, "data"),
            "landed": Input(ids.LANDED, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "line": Input(shared.LINE, "data"),
            "band": Input(shared.BAND, "data"),
            "seen": State(ids.SEEN, "data"),
        },
    )
    def fill(ready, study, focus, chosen, compared, landed, steps, line, band, seen):
        """The student that is chosen, else the newest one of the image; how far it is; or what can be done."""
        return Unseen(seen).answer(shown_now(engine, ready, study, focus, chosen, compared, line, band))

    # By itself, as what draws the student waits until there is one.
    app.clientside_callback(
        ClientsideFunction("darkroom", "followStudent"),
        Output(ids.FOLLOWED, "data"),
        Input(shared.FOCUS, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("darkroom", "drawStudent"),
        Output(ids.PAINTED, "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.ORDER, "value"),
        Input(ids.SCALE, "value"),
        Input(ids.MAIN_DECK, "value"),
    )


def shown_now(
    engine: Engine,
    ready: list[str],
    study: dict | None,
    focus: int | None,
    chosen: str | None,
    compared: str | None,
    line: dict | None,
    band: dict | None,
) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {
        "source": None, "shown": None, "drawn": HIDDEN, "words": "", "wordless": SHOWN, **NO_RUN, "cannot": True,
        "subtitle": LINE,
    }  # fmt: skip
    words = obstacle(engine, ready, study, focus)
    if words or study is None or focus is None:
        return told | {"words": WAITS_FOR.get(words, words)}
    source = source_of(engine, study["keys"], focus)
    known = students_of(engine, study["keys"], focus)
    told |= {"source": source, "cannot": False, "words": NOT_YET}
    wanted = next((each for each in known if each.key == chosen), None)
    if wanted is not None and wanted.meta is None:
        told |= running(engine, wanted)
    shown = wanted if wanted is not None and wanted.meta is not None else None
    if wanted is None:
        shown = next((each for each in known if each.meta is not None), None)
    other = next((each for each in known if each.key == compared and each.meta is not None), None)
    if shown is not None:
        told |= {
            "drawn": SHOWN,
            "words": "",
            "wordless": HIDDEN,
            "shown": shown_of(source, shown, other if other is not shown else None),
            "subtitle": f"Image {focus:,} · {shown.title}",
        }
    next_words = band_words(source, line, band, spans_of(engine, source))
    if next_words and shown is not None:
        told["subtitle"] += f" · the next one {next_words}"
    return told


def shown_of(source: Mapping[str, Any], shown: Known, other: Known | None) -> dict[str, Any]:
    """What the browser needs of the student that is shown, and of the one beside it."""
    beside = {} if other is None else {"other": other.key, "other_title": other.title}
    return {
        "key": shown.key,
        "title": shown.title,
        **{name: source[name] for name in ("number", "names", "colours", "true")},
        **beside,
    }


def running(engine: Engine, wanted: Known) -> dict[str, Any]:
    """How far a student is, or why there is none."""
    words = told_of(wanted.job, engine.jobs.now()) or "It has made room for other results."
    return {
        **run_told(wanted.job, f"Student: {words}"),
        "words": "" if wanted.job.is_open else NOT_YET,
        "wordless": HIDDEN if wanted.job.is_open else SHOWN,
    }


def spans_of(engine: Engine, source: Mapping[str, Any]) -> np.ndarray:
    """The range of each latent axis."""
    lower, upper = (engine.results.array(source["codes"], name) for name in ("lower", "upper"))
    return upper.astype(np.float64) - lower


# ---- how it is made ----


def register_run(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        *[Output(name, "error") for name, _ in PLACES],
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.CHOSEN, "data"),
        Input(ids.GENERATE, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.SOURCE, "data"),
        State(shared.LINE, "data"),
        State(shared.BAND, "data"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def generate(clicks, study, source, line, band, *values: Any):
        """Has neighbours drawn and a student trained, or says what is wrong with the settings."""
        if not clicks or study is None or source is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        settings, errors = read_form(values)
        if settings is None:
            tell(WRONG)
            return *errors, dash.no_update, dash.no_update
        return *errors, *asked_now(engine, study, source, line, band, settings)

    @app.callback(
        Output(ids.LANDED, "data"),
        Input(ids.CHOSEN, "data"),
        prevent_initial_call=True,
    )
    def wait(chosen: str | None):
        """Holds the answer back until the student is there, or takes long."""
        if chosen is None or engine.results.which([chosen]):
            return chosen
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end and (made := record_of(engine, chosen)) is not None and made.is_open:
            time.sleep(LOOK_SECONDS)
        return chosen

    @app.callback(
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.CANCEL, "n_clicks"),
        Input(ids.RETRY, "n_clicks"),
        State(ids.CHOSEN, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def press(_cancel: int | None, _retry: int | None, chosen: str | None, beats: int | None):
        """Stops it, or has it made after all; the pulse after it shows what came of it."""
        if chosen is None or not dash.ctx.triggered[0]["value"]:  # the view was laid out
            return dash.no_update
        (engine.jobs.cancel if dash.ctx.triggered_id == ids.CANCEL else engine.jobs.retry)(chosen)
        return (beats or 0) + 1


def asked_now(
    engine: Engine,
    study: Mapping[str, Any],
    source: Mapping[str, Any],
    line: Mapping[str, Any] | None,
    band: Mapping[str, Any] | None,
    settings: DistilParams,
) -> tuple[Any, Any]:
    """The study with a student that is asked for, and its key. What stands in the way is told."""
    why = lacking(engine, study["keys"]).get(Need.VAE)
    if why:
        tell(f"There can be no student here, as {why}.")
        return dash.no_update, dash.no_update
    try:
        asked = asked_of(source, line, band, settings, spans_of(engine, source))
        added, key = ask_again(engine, study, "student", asked)
    except CANNOT_ASK as error:
        tell(f"No student can be trained: {error}.")
        return dash.no_update, dash.no_update
    return study_data(added), key


# ---- what is taken along ----


def register_taken(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE, "n_clicks"),
        Input(ids.TABLE_WEIGHTS, "n_clicks"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def take(_classes: int | None, _weights: int | None, shown: dict | None):
        """What teacher and student say of the image, or all weights, as CSV."""
        if not dash.ctx.triggered[0]["value"]:  # the view was laid out
            return dash.no_update
        if shown is None:
            tell("There is nothing to export before a student is there.")
            return dash.no_update
        weights = dash.ctx.triggered_id == ids.TABLE_WEIGHTS
        made = weights_table(engine, shown) if weights else classes_table(engine, shown)
        return dcc.send_string(made, f"student-{'weights-' if weights else ''}{shown['number']}.csv")


def classes_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a class: what both say of the image."""
    logits = [engine.results.array(shown["key"], f"{who}_logits").astype(np.float64) for who in ("teacher", "student")]
    columns = [column.tolist() for each in logits for column in (each, softmax(each[np.newaxis])[0])]
    bias = engine.results.array(shown["key"], "bias").tolist()
    header = ("class", "teacher_logit", "teacher_probability", "student_logit", "student_probability", "student_bias")
    return to_csv(header, zip(shown["names"], *columns, bias, strict=True))


def weights_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a pixel and channel: its value, and its weight for each class."""
    weights, image = (engine.results.array(shown["key"], name) for name in ("weights", "image"))
    rows = ((*place, int(image[place]), *weights[(slice(None), *place)].tolist()) for place in np.ndindex(image.shape))
    return to_csv(("channel", "row", "column", "pixel", *shown["names"]), rows)
