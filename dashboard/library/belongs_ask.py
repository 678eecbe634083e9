"""What is shown to the libraries beside clean test images: an attack, or images that the net was not trained for."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK, ask_for, chosen_of, jobs_of, record_of
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, icon, label, settings_button
from dashboard.components.run_row import NO_RUN, register_run_buttons, run_told
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.library import ids
from dashboard.library.asked import OUTSIDE_ROLE, obstacle
from dashboard.links import study_data
from dashboard.new.fields import component, fields_of, read
from workers.engine import Engine
from workers.jobs import Job
from workers.library_params import OutsideParams

NOT_YET = "Press Make libraries first: how far they agree on an image tells whether it belongs."
WRONG = "Settings cannot be used as they are: what is marked in red says why."
NO_EPSILONS = "Name one to eight numbers above 0 for ε, with commas between them, as 0.1, 0.2 or 8/255."
NO_SET = "Choose the image set to show: that of any other study will do."
SOURCES = {
    "pgd": "PGD attack",
    "fgsm": "FGSM attack",
    "letters": "Letters",
    "noise": "Noise",
    "images": "Another image set",
}
ATTACKS = ("pgd", "fgsm")
NORMS = {"linf": "L∞", "l2": "L2"}
STEPPING = ("steps", "step_size")  # of PGD alone
CHANNELS = (1, 3)  # between which images can be turned into each other
FIELDS = {field.name: field for field in fields_of(OutsideParams) if field.name not in ("source", "epsilons")}
SETTINGS = [(ids.outside_setting(name), field.prop) for name, field in FIELDS.items()]
USUAL = OutsideParams()
MOST_EPSILONS = 8


def ask_row() -> html.Div:
    """What is to be shown, and the button that has it shown."""
    return html.Div(
        [
            dmc.Select(
                id=ids.BELONGS_SOURCE, data=[{"value": name, "label": words} for name, words in SOURCES.items()], value="pgd",
                size="xs", w=142, allowDeselect=False, comboboxProps={"withinPortal": True}, **label("What is shown"),
            ),
            dmc.TextInput(
                id=ids.BELONGS_EPSILONS, size="xs", w=176, leftSection="ε", leftSectionWidth=22, **label("ε, one or several"),
                value=", ".join(f"{each:g}" for each in USUAL.epsilons),
            ),
            dmc.Select(
                id=ids.BELONGS_FOREIGN, data=[], size="xs", w=160, placeholder="of which study", style=HIDDEN,
                nothingFoundMessage="No other study has images.", comboboxProps={"withinPortal": True}, **label("Image set"),
            ),
            settings(),
            dmc.Button(
                "Show them to the libraries", id=ids.BELONGS_MAKE, size="compact-xs", leftSection=icon("again"), disabled=True,
            ),
        ],
        className="library-row",
    )  # fmt: skip


def settings() -> dmc.Popover:
    """How images are attacked, and how many are shown."""
    fields = {name: component(ids.outside_setting(name), field) for name, field in FIELDS.items()}
    fields["norm"].data = [{"value": name, "label": words} for name, words in NORMS.items()]
    return settings_button(html.Div(list(fields.values()), className="new-fit"))


def register_ask(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The callbacks."""
    register_form(first)
    register_known(app, engine, first)
    register_run(app, engine)


def register_form(first: FirstAnswers) -> None:
    @first.callback(
        output={
            "epsilons": Output(ids.BELONGS_EPSILONS, "style"),
            "foreign": Output(ids.BELONGS_FOREIGN, "style"),
            "warning": Output(ids.BELONGS_WARNING, "children"),
            "unused": {name: Output(ids.outside_setting(name), "disabled") for name in FIELDS},
        },
        inputs={
            "source": Input(ids.BELONGS_SOURCE, "value"),
            "epsilons": Input(ids.BELONGS_EPSILONS, "value"),
            "steps": Input(ids.outside_setting("steps"), "value"),
            "step_size": Input(ids.outside_setting("step_size"), "value"),
        },
    )
    def offer(source: str, epsilons: str | None, steps: Any, step_size: Any):
        """The fields that this source has, and what is to be known before it is asked for."""
        return {
            "epsilons": SHOWN if source in ATTACKS else HIDDEN,
            "foreign": SHOWN if source == "images" else HIDDEN,
            "warning": too_short(source, epsilons_in(epsilons), steps, step_size),
            "unused": {name: name not in used_by(source) for name in FIELDS},
        }


def used_by(source: str) -> list[str]:
    """The settings that mean something for a source; the others stay at their defaults, so that the same is asked once."""
    apart = {"pgd": (), "fgsm": STEPPING}.get(source, ("norm", *STEPPING))
    return [name for name in FIELDS if name not in apart]


def epsilons_in(typed: str | None) -> list[float] | None:
    """The numbers typed, decimals or fractions; None where they are none that can be used."""
    try:
        found = [float(Fraction(word)) for word in (typed or "").replace(",", " ").split()]
    except (ValueError, ZeroDivisionError):
        return None
    fits = 0 < len(found) <= MOST_EPSILONS and all(0 < each <= 1000 for each in found)
    return found if fits else None


def too_short(source: str, epsilons: Sequence[float] | None, steps: Any, step_size: Any) -> str:
    """Why an attack would be weaker than its ε says, in a sentence; empty where it is not."""
    if source != "pgd" or not epsilons or not all(isinstance(each, int | float) for each in (steps, step_size)):
        return ""
    reach, wanted = steps * step_size, max(epsilons)
    if reach >= wanted:
        return ""
    return f"{steps} steps of {step_size:g} go {reach:g} at most, short of ε {wanted:g}: Settings has their number and size."


def results_of(engine: Engine, keys: Mapping[str, str], library: str) -> list[Job]:
    """What was shown to these libraries, the last first."""
    return [job for job in jobs_of(engine, keys, OUTSIDE_ROLE) if job.inputs.get("library") == library]


def result_title(engine: Engine, made: Job) -> str:
    """What the result of a job is called: its source, and what of its settings is not the usual."""
    asked = OutsideParams.model_validate(made.params)
    count = asked.n_images
    if engine.results.which([made.key]):
        count = engine.results.meta(made.key)["count"]
    if asked.source in ATTACKS:
        words = [
            f"{asked.source.upper()} {NORMS[asked.norm]}",
            "ε " + " ".join(f"{each:.3g}" for each in asked.epsilons),
        ]
    elif asked.source == "images":
        words = [set_name(engine, made.inputs["foreign"])]
    else:
        words = [SOURCES[asked.source]]
    if (asked.steps, asked.step_size) != (USUAL.steps, USUAL.step_size):
        words.append(f"{asked.steps} steps of {asked.step_size:g}")
    words.append(f"{count:,} images")
    return ", ".join([*words, *([f"seed {asked.seed}"] if asked.seed else [])])


def set_name(engine: Engine, images: str) -> str:
    """What an image set is called, by the name of a study that has it."""
    return next((study.title for study in engine.studies.all() if study.keys.get("images") == images), "Other images")


def foreign_choices(engine: Engine, study: Mapping[str, Any]) -> list[dict[str, str]]:
    """Image sets of other studies that can be brought into the shape that this net takes."""
    own, found = study["keys"]["images"], {}
    for other in engine.studies.all():
        key = other.keys.get("images", own)
        made = record_of(engine, key)
        if key == own or key in found or made is None or made.kind != "images" or not engine.results.which([key]):
            continue
        if all(engine.results.meta(each)["shape"][0] in CHANNELS for each in (own, key)):
            found[key] = other.title
    return [{"value": key, "label": title} for key, title in found.items()]


def register_known(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "choices": Output(ids.BELONGS_SHOWN, "data"),
            "value": Output(ids.BELONGS_SHOWN, "value"),
            "foreign": Output(ids.BELONGS_FOREIGN, "data"),
            "told": Output(ids.BELONGS_TOLD, "children"),
            "not_run": Output(ids.BELONGS_RUN, "hidden"),
            "cancel": Output(ids.BELONGS_CANCEL, "display"),
            "retry": Output(ids.BELONGS_RETRY, "display"),
            "cannot": Output(ids.BELONGS_MAKE, "disabled"),
            "drawn": Output(ids.BELONGS_BODY, "style"),
            "words": Output(ids.BELONGS_WORDS, "children"),
            "wordless": Output(ids.BELONGS_WORDS, "style"),
            "result": Output(ids.BELONGS_RESULT, "data"),
            "seen": Output(ids.BELONGS_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "shown": Input(ids.SHOWN, "data"),
            "chosen": Input(ids.BELONGS_CHOSEN, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "looked_at": Input(ids.RIGHT_DECK, "value"),
            "seen": State(ids.BELONGS_SEEN, "data"),
        },
    )
    def fill(ready, study, shown, chosen, steps, looked_at, seen):
        """What these libraries were shown, and how far it is what they are shown now."""
        if looked_at != ids.BELONGS_PANEL:
            raise dash.exceptions.PreventUpdate
        return Unseen(seen).answer(known_now(engine, ready or [], study, shown, chosen))

    @app.callback(
        Output(ids.BELONGS_CHOSEN, "data", allow_duplicate=True),
        Input(ids.BELONGS_SHOWN, "value"),
        State(ids.BELONGS_RESULT, "data"),
        prevent_initial_call=True,
    )
    def choose(value: str | None, result: str | None):
        """Another of them; what is drawn already is no wish."""
        return dash.no_update if value in (None, result) else value


def known_now(
    engine: Engine,
    ready: Sequence[str],
    study: Mapping[str, Any] | None,
    shown: Mapping[str, Any] | None,
    chosen: str | None,
) -> dict[str, Any]:
    """What the panel knows of, by the names of the outputs of `fill`."""
    told = {
        "choices": [], "value": None, "foreign": [], **NO_RUN,
        "cannot": True, "drawn": HIDDEN, "words": NOT_YET, "wordless": SHOWN, "result": None,
    }  # fmt: skip
    words = obstacle(engine, ready, study)
    if words or study is None or shown is None:
        return told | {"words": words or NOT_YET}
    known = results_of(engine, study["keys"], shown["key"])
    there = engine.results.which([job.key for job in known])
    told |= {
        "foreign": foreign_choices(engine, study), "cannot": False, "drawn": SHOWN, "words": "", "wordless": HIDDEN,
        "choices": [{"value": job.key, "label": result_title(engine, job)} for job in known if job.key in there],
    }  # fmt: skip
    wanted = chosen_of(known, chosen)
    if wanted is not None and wanted.key not in there:
        words = told_of(wanted, engine.jobs.now()) or "it has made room for other results."
        told |= {
            **run_told(wanted, f"{result_title(engine, wanted)}: {words}"),
        }
    # While others are shown to the libraries, the last ones stay.
    stored = chosen_of([job for job in known if job.key in there], chosen)
    return told if stored is None else told | {"value": stored.key, "result": stored.key}


def register_run(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.BELONGS_EPSILONS, "error"),
        *[Output(name, "error") for name, _ in SETTINGS],
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.BELONGS_CHOSEN, "data"),
        Input(ids.BELONGS_MAKE, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.SHOWN, "data"),
        State(ids.BELONGS_SOURCE, "value"),
        State(ids.BELONGS_EPSILONS, "value"),
        State(ids.BELONGS_FOREIGN, "value"),
        *[State(name, prop) for name, prop in SETTINGS],
        prevent_initial_call=True,
    )
    def ask(
        clicks: int | None,
        study: dict | None,
        shown: dict | None,
        source: str,
        typed: str | None,
        foreign: str | None,
        *values: Any,
    ):
        """Has them shown to the libraries, or says what is wrong."""
        if not clicks or study is None or shown is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        none, kept = [None] * len(FIELDS), [dash.no_update] * 2
        epsilons = epsilons_in(typed) if source in ATTACKS else USUAL.epsilons
        if epsilons is None:
            tell(NO_EPSILONS)
            return True, *none, *kept
        if source == "images" and foreign is None:
            tell(NO_SET)
            return None, *none, *kept
        typed_in = {"source": source, "epsilons": epsilons, **USUAL.model_dump(include=set(FIELDS))}
        used = used_by(source)
        typed_in |= {name: value for name, value in zip(FIELDS, values, strict=True) if name in used}
        asked, errors = read(OutsideParams, typed_in, {"epsilons": epsilons})
        if asked is None:
            tell(WRONG)
            return None, *[errors.get(name) for name in FIELDS], *kept
        others = {"library": shown["key"]} | ({"foreign": foreign} if source == "images" and foreign else {})
        try:
            added, key = ask_for(engine, study, "outside", asked, OUTSIDE_ROLE, **others)
        except CANNOT_ASK as error:
            tell(f"Nothing can be shown to the libraries: {error}.")
            return None, *none, *kept
        return None, *none, study_data(added), key

    def key_of(keys: Mapping[str, str], shown: Mapping[str, Any] | None, chosen: str | None) -> str | None:
        wanted = chosen_of(results_of(engine, keys, shown["key"]), chosen) if shown else None
        return wanted and wanted.key

    pressed = (State(ids.SHOWN, "data"), State(ids.BELONGS_CHOSEN, "data"))
    register_run_buttons(app, engine, ids.BELONGS_CANCEL, ids.BELONGS_RETRY, key_of, *pressed)
