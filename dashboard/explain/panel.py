"""The maps of the focused image, a method each; drawn by `assets/explain_maps.js`."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import Need, lacking
from dashboard.asking import CANNOT_ASK, record_of
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, icon, label, panel, segmented
from dashboard.components.run_row import NO_RUN, run_row, run_told
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.explain import ids
from dashboard.explain.asked import explanations_of, usable
from dashboard.explain.form import PLACES, read_form, register_form, settings_button
from dashboard.first_answers import FirstAnswers
from dashboard.image_ids import no_image
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import study_data
from dashboard.student import ids as student_ids
from dashboard.student.asked import ask_again
from dashboard.student.panel import LOOK_SECONDS, WAIT_SECONDS, WRONG
from dashboard.theme import class_colours
from workers.engine import Engine
from workers.explain_params import ExplainingParams, ExplainParams

LINE = "Which pixels hold the decision, by several methods"
NO_STUDY = "Answers can be explained when the study has a teacher."
NO_IMAGE = "Click an image in the Teacher view or a point of a map, or press / and type its number: then press Explain."
NOT_YET = "Press Explain: each method marks the pixels that count for the teacher's answer, and is put to the test."
WAYS = [("signed", "Signed"), ("absolute", "Absolute")]


def explain_panel() -> html.Section:
    return panel(
        ids.PANEL,
        "Explanations",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.MAPS, className="explain-maps"),
                    html.Div(id=ids.MISSING, className="explain-missing", role="status"),
                ],
                id=ids.BODY,
                className="explain-body",
                style=HIDDEN,
            ),
            empty(ids.WORDS, NOT_YET),
            run_row(ids.RUN, ids.TOLD, ids.CANCEL, ids.RETRY),
            *[dcc.Store(id=store) for store in (ids.SEEN, ids.PAINTED)],
        ],
        controls=[
            segmented(ids.WAY, WAYS, "signed", "How channels become one number"),
            settings_button(),
            dmc.Button(
                "Explain", id=ids.MAKE, size="compact-xs", leftSection=icon("again"), disabled=True,
                **label("Explain the teacher's answer for the focused image"),
            ),
        ],
        exports=[("Maps, CSV", {"id": ids.TABLE})],
        help_text=[
            "Each method says how much every pixel counts for the class that the teacher answers. Each map is divided by its "
            "own largest value, as their units have nothing in common. Blue speaks for the class, orange against it.",
            "Signed: channels summed. Absolute: the channel of largest magnitude, whichever way it speaks.",
            "Re-label distillation (2021): synthetic images from the VAE are labelled by whether the teacher keeps its answer, "
            "and a linear student of two classes learns them; its weights are the map. Times the image: what is lost when a "
            "pixel becomes the mean pixel, as the student sees it.",
            "Grad-CAM, guided Grad-CAM, integrated gradients, SmoothGrad, occlusion, LIME and KernelSHAP are Captum's; "
            "Score-CAM and RISE are Darkroom's own. Excitation backprop, extremal perturbations and FGVis are left out: no "
            "library that is kept up has them.",
            "Edges and chance know nothing of the teacher. A method that does no better than they do explains nothing.",
        ],
    )  # fmt: skip


def register_panel(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_form(app, engine)
    register_shown(app, engine, first)
    register_run(app, engine)
    register_taken(app, engine)


def register_shown(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "shown": Output(ids.SHOWN, "data"),
            "drawn": Output(ids.BODY, "style"),
            "missing": Output(ids.MISSING, "children"),
            "words": Output(ids.WORDS, "children"),
            "wordless": Output(ids.WORDS, "style"),
            "told": Output(ids.TOLD, "children"),
            "not_run": Output(ids.RUN, "hidden"),
            "cancel": Output(ids.CANCEL, "display"),
            "retry": Output(ids.RETRY, "display"),
            "cannot": Output(ids.MAKE, "disabled"),
            "subtitle": Output(f"{ids.PANEL}-subtitle", "children"),
            "seen": Output(ids.SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "focus": Input(shared.FOCUS, "data"),
            "chosen": Input(ids.CHOSEN, "data"),
            "landed": Input(ids.LANDED, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "seen": State(ids.SEEN, "data"),
        },
    )
    def fill(ready, study, focus, chosen, landed, steps, seen):
        """The explanations that were asked for, else the newest ones of the image; how far they are; or what can be done."""
        return Unseen(seen).answer(shown_now(engine, ready, study, focus, chosen))

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawExplained"),
        Output(ids.PAINTED, "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.WAY, "value"),
        Input(student_ids.MAIN_DECK, "value"),
    )


def obstacle(engine: Engine, ready: Sequence[str], study: Mapping[str, Any] | None, focus: int | None) -> str:
    """Why nothing can be explained, in a sentence; empty when it can."""
    if study is None or "images" not in ready:
        return NO_STUDY
    keys = study["keys"]
    why = lacking(engine, keys).get(Need.MODEL)
    if why:
        return f"Nothing can be explained here, as {why}."
    if "teacher" not in ready:
        return NO_STUDY
    if focus is None:
        return NO_IMAGE
    count = engine.results.meta(keys["images"])["count"]
    return "" if 0 <= focus < count else f"{no_image(focus, count).capitalize()}."


def shown_now(
    engine: Engine, ready: Sequence[str], study: Mapping[str, Any] | None, focus: int | None, chosen: str | None
) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {
        "shown": None, "drawn": HIDDEN, "missing": [], "words": "", "wordless": SHOWN, **NO_RUN, "cannot": True,
        "subtitle": LINE,
    }  # fmt: skip
    words = obstacle(engine, ready, study, focus)
    if words or study is None or focus is None:
        return told | {"words": words}
    told |= {"cannot": False, "words": NOT_YET}
    known = explanations_of(engine, study["keys"], focus)
    there = engine.results.which([job.key for job in known])
    wanted = next((job for job in known if job.key == chosen), None)
    if wanted is not None and wanted.key not in there:
        words = told_of(wanted, engine.jobs.now()) or "They have made room for other results."
        told |= {
            **run_told(wanted, f"Explanations: {words}"),
            "words": "" if wanted.is_open else NOT_YET,
            "wordless": HIDDEN if wanted.is_open else SHOWN,
        }
        return told
    key = wanted.key if wanted is not None else next((job.key for job in known if job.key in there), None)
    if key is None:
        return told
    meta = engine.results.meta(key)
    names = engine.results.meta(study["keys"]["images"])["class_names"]
    return told | {
        "shown": shown_of(key, meta, names),
        "drawn": SHOWN,
        "missing": [html.Div(sentence) for sentence in dict.fromkeys(meta["missing"].values())],
        "words": "",
        "wordless": HIDDEN,
        "subtitle": f"Image {focus:,}, which the teacher takes for {names[meta['label']]}",
    }


def shown_of(key: str, meta: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What the browser needs of explanations."""
    wanted = ("name", "title", "source", "is_signed", "is_control", "deletion", "insertion")
    return {
        "key": key,
        "number": meta["number"],
        "label": meta["label"],
        "names": list(names),
        "colours": class_colours(len(names)),
        "layer": meta["layer"],
        "methods": [{name: method[name] for name in wanted} for method in meta["methods"]],
    }


def register_run(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        *[Output(name, "error") for name, _ in PLACES],
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.CHOSEN, "data"),
        Input(ids.MAKE, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        State(shared.FOCUS, "data"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def make(clicks: int | None, study: dict | None, ready: list[str], focus: int | None, *values: Any):
        """Has the focused image explained, or says what is wrong with the settings."""
        if not clicks or study is None or focus is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        asked, errors = read_form(values, {"number": focus})
        if asked is None:
            tell(WRONG.replace("Settings", "Methods"))
            return *errors, dash.no_update, dash.no_update
        return *errors, *asked_now(engine, usable(study, ready), asked)

    @app.callback(Output(ids.LANDED, "data"), Input(ids.CHOSEN, "data"), prevent_initial_call=True)
    def wait(chosen: str | None):
        """Holds the answer back until the maps are there, or take long."""
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


def asked_now(engine: Engine, study: Mapping[str, Any], asked: ExplainingParams) -> tuple[Any, Any]:
    """The study with explanations that are asked for, of an image or of a selection, and their key. What stands in the way is
    told."""
    kind = "explain" if isinstance(asked, ExplainParams) else "rank"
    try:
        added, key = ask_again(engine, study, kind, asked)
    except CANNOT_ASK as error:
        tell(f"Nothing can be explained: {error}.")
        return dash.no_update, dash.no_update
    return study_data(added), key


def register_taken(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(student_ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE, "n_clicks"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None):
        """A row a pixel, a column a method and way, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None:
            tell("There is nothing to export before an image is explained.")
            return dash.no_update
        return dcc.send_string(maps_table(engine, shown), f"explained-{shown['number']}.csv")


def maps_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a pixel: what each method says of it, signed and absolute."""
    maps = [engine.results.array(shown["key"], way) for way, _ in WAYS]
    height, width = maps[0].shape[1:]
    header = ["row", "column", *[f"{each['name']}_{way}" for way, _ in WAYS for each in shown["methods"]]]
    rows = (
        [row, column, *[value for each in maps for value in each[:, row, column].tolist()]]
        for row in range(height)
        for column in range(width)
    )
    return to_csv(header, rows)
