"""The libraries themselves: how large they are, and how often they answer as the net does, by threshold and layer."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK, ask_for, chosen_of, jobs_of
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, icon, label, panel, picture, settings_button
from dashboard.components.run_row import NO_RUN, register_run_buttons, run_row, run_told
from dashboard.components.tables import register_table, to_csv
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.library import ids
from dashboard.library.asked import ROLE, obstacle, set_at, shown_of
from dashboard.library.figures import libraries_figure
from dashboard.links import study_data
from dashboard.new.fields import component, fields_of, read
from workers.engine import Engine
from workers.library_params import LibraryParams

LINE = "What each layer stores as an example, and how often that is enough to know the net's answer"
NOT_YET = (
    "Press Make libraries: examples that each layer tells apart are stored, with what the net answers for their like."
)
WRONG = "Settings cannot be used as they are: what is marked in red says why."
NOT_NUMBERS = "must be numbers above 0 and at most 1, one a layer, a line a set"
FIELDS = {
    field.name: field
    for field in fields_of(LibraryParams)
    if field.name in ("n_images", "n_tested", "top", "kernel", "projection", "seed")
}
PLACES = [(ids.setting(name), field.prop) for name, field in FIELDS.items()]


def libraries_panel() -> html.Section:
    return panel(
        ids.LIBRARIES_PANEL,
        "Libraries",
        LINE,
        [
            graph(ids.LIBRARIES_GRAPH),
            empty(ids.LIBRARIES_WORDS, NOT_YET),
            run_row(ids.RUN, ids.TOLD, ids.CANCEL, ids.RETRY),
            dcc.Store(id=ids.SEEN),
        ],
        controls=[
            settings(),
            dmc.Button(
                "Make libraries", id=ids.MAKE, size="compact-xs", leftSection=icon("again"), disabled=True,
                **label("Have the libraries of the layers made"),
            ),
        ],
        exports=[("Libraries, CSV", {"id": ids.TABLE_LIBRARIES}), picture(ids.LIBRARIES_GRAPH)],
        help_text=[
            "A library network (Lee 2019) stores a training image as an example when no example so far is like it: when the "
            "cosine of the layer's activations with those of each is below θ. The examples are tied to the net's answers by "
            "a Hebbian rule (Eq. 2); the few that are most like a new image then say what the layer alone would answer "
            "(Eq. 3).",
            "A column a layer. Above: how many examples it stores at a threshold; few are enough where activations are "
            "alike. Below: for which share of the test images it answers as the net does, with its best answer (full line) or "
            "one of its best three (dotted). The filled point is the set of thresholds that the slider above is at; click "
            "another to go there.",
            "Thresholds are found by bisection, such that a library holds 0.5, 1, 2, 4 or 8 % of the images, at least as many "
            "as there are classes; or they are your own, under Settings. Activations are taken before what follows a "
            "convolution or a linear layer, and after a residual block.",
        ],
    )  # fmt: skip


def settings() -> dmc.Popover:
    """Which layers have libraries, at which thresholds, and of what."""
    return settings_button(
        [
            dmc.MultiSelect(
                id=ids.LAYERS, label="Layers", size="xs", data=[], value=[], searchable=True, clearable=True,
                placeholder="the usual ones", comboboxProps={"withinPortal": True},
                description="If empty: convolutions and linear layers, or the residual blocks; eight at most.",
            ),
            dmc.Textarea(
                id=ids.THRESHOLDS, label="Thresholds", size="xs", autosize=True, minRows=1, maxRows=6, value="",
                placeholder="by size", description="Of your own: a line a set, a number a named layer, as 0.55 0.75.",
            ),
            html.Div([component(ids.setting(name), field) for name, field in FIELDS.items()], className="new-fit"),
        ]
    )  # fmt: skip


def register_libraries(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks, and those of what all panels share."""
    register_shown(app, engine, first)
    register_set(app, first)
    register_drawn(app, engine, first)
    register_run(app, engine)


def register_shown(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "source": Output(ids.SOURCE, "data"),
            "shown": Output(ids.SHOWN, "data"),
            "words": Output(ids.LIBRARIES_WORDS, "children"),
            "told": Output(ids.TOLD, "children"),
            "not_run": Output(ids.RUN, "hidden"),
            "cancel": Output(ids.CANCEL, "display"),
            "retry": Output(ids.RETRY, "display"),
            "cannot": Output(ids.MAKE, "disabled"),
            "seen": Output(ids.SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "chosen": Input(ids.CHOSEN, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "seen": State(ids.SEEN, "data"),
        },
    )
    def fill(ready, study, chosen, steps, seen):
        """The libraries that were asked for last, or how far they are."""
        return Unseen(seen).answer(libraries_now(engine, ready or [], study, chosen))

    app.clientside_callback(
        ClientsideFunction("darkroom", "offerLayers"),
        Output(ids.LAYERS, "data"),
        Input(ids.SOURCE, "data"),
        State(shared.TAB, "data"),
    )


def libraries_now(
    engine: Engine, ready: Sequence[str], study: Mapping[str, Any] | None, chosen: str | None
) -> dict[str, Any]:
    """What is shown, by the names of the outputs of `fill`."""
    told = {
        "source": None,
        "shown": None,
        **NO_RUN,
        "cannot": True,
    }
    words = obstacle(engine, ready, study)
    if words or study is None:
        return told | {"words": words}
    keys = study["keys"]
    epoch = engine.results.meta(keys["teacher"])["stored_epochs"][-1]
    source = {"images": keys["images"], "teacher": keys["teacher"], "epoch": epoch}
    told |= {"source": source, "cannot": False, "words": NOT_YET}
    known = jobs_of(engine, keys, ROLE)
    there = engine.results.which([job.key for job in known])
    wanted = chosen_of(known, chosen)
    if wanted is not None and wanted.key not in there:
        words = told_of(wanted, engine.jobs.now()) or "They have made room for other results."
        told |= {
            **run_told(wanted, f"Libraries: {words}"),
            "words": "" if wanted.is_open else NOT_YET,
        }
    # While new ones are made, the last ones stay.
    stored = chosen_of([job for job in known if job.key in there], chosen)
    return told if stored is None else told | {"shown": shown_of(engine, stored.key, study)}


def register_set(app: dash.Dash, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "most": Output(ids.SET, "max"),
            "value": Output(ids.SET, "value"),
            "marks": Output(ids.SET, "marks"),
            "cannot": Output(ids.SET, "disabled"),
        },
        inputs={"shown": Input(ids.SHOWN, "data"), "value": State(ids.SET, "value")},
    )
    def span(shown: dict | None, value: int | None):
        """As many sets as there are; at first the usual one."""
        if shown is None:
            return {"most": 1, "value": value, "marks": [], "cannot": True}
        marks = [{"value": at} for at in range(shown["n_sets"])]
        most = max(shown["n_sets"] - 1, 1)
        return {"most": most, "value": set_at(shown, value), "marks": marks, "cannot": shown["n_sets"] == 1}

    @first.callback(
        output={"words": Output(ids.SET_SAID, "children")},
        inputs={"shown": Input(ids.SHOWN, "data"), "value": Input(ids.SET, "value")},
    )
    def say(shown: dict | None, value: int | None):
        """What the set is."""
        if shown is None:
            return {"words": ""}
        at = set_at(shown, value)
        if not shown["by_size"]:
            return {"words": f"set {at + 1} of {shown['n_sets']}"}
        most = max(shown["sizes"][at])
        return {"words": f"{most:,} examples a layer, {most / shown['n_images']:.1%} of the images"}

    @app.callback(
        Output(ids.SET, "value", allow_duplicate=True),
        Input(ids.LIBRARIES_GRAPH, "clickData"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def go(clicked: dict | None, shown: dict | None):
        """The set whose point was clicked."""
        at = clicked["points"][0].get("customdata") if clicked else None
        if not isinstance(at, int) or shown is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        return set_at(shown, at)


def register_drawn(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "figure": Output(ids.LIBRARIES_GRAPH, "figure"),
            "drawn": Output(ids.LIBRARIES_GRAPH, "style"),
            "wordless": Output(ids.LIBRARIES_WORDS, "style"),
            "subtitle": Output(f"{ids.LIBRARIES_PANEL}-subtitle", "children"),
        },
        inputs={"shown": Input(ids.SHOWN, "data"), "value": Input(ids.SET, "value")},
    )
    def draw(shown: dict | None, value: int | None):
        """Sizes and agreements."""
        if shown is None:
            return {"figure": dash.no_update, "drawn": HIDDEN, "wordless": SHOWN, "subtitle": LINE}
        agreement = engine.results.array(shown["key"], "agreement")
        subtitle = (
            f"{shown['n_images']:,} images offered to {len(shown['layers'])} layers, asked about {shown['n_tested']:,}"
        )
        return {
            "figure": libraries_figure(shown, agreement, set_at(shown, value)),
            "drawn": SHOWN,
            "wordless": HIDDEN,
            "subtitle": f"{subtitle}; the {shown['top']} most alike speak",
        }

    register_table(
        app,
        ids.TABLE_LIBRARIES,
        ids.SHOWN,
        ids.DOWNLOAD,
        "libraries are made",
        "libraries.csv",
        partial(libraries_table, engine),
    )


def register_run(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.THRESHOLDS, "error"),
        *[Output(name, "error") for name, _ in PLACES],
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.CHOSEN, "data"),
        Input(ids.MAKE, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.LAYERS, "value"),
        State(ids.THRESHOLDS, "value"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def make(clicks: int | None, study: dict | None, layers: list[str] | None, typed: str | None, *values: Any):
        """Has the libraries made, or says what is wrong."""
        if not clicks or study is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        thresholds = sets_in(typed or "")
        if thresholds is None:
            tell(WRONG)
            return NOT_NUMBERS, *[None] * len(FIELDS), dash.no_update, dash.no_update
        found = {"layers": layers or [], "thresholds": thresholds}
        asked, errors = read(LibraryParams, dict(zip(FIELDS, values, strict=True)), found)
        if asked is None:
            others = [text for name, text in errors.items() if name not in FIELDS]
            tell(others[0] if others else WRONG)
            return None, *[errors.get(name) for name in FIELDS], dash.no_update, dash.no_update
        try:
            added, key = ask_for(engine, study, "library", asked, ROLE)
        except CANNOT_ASK as error:
            tell(f"No libraries can be made: {error}.")
            return [dash.no_update] * (len(FIELDS) + 3)
        return None, *[None] * len(FIELDS), study_data(added), key

    def key_of(keys: Mapping[str, str], chosen: str | None) -> str | None:
        wanted = chosen_of(jobs_of(engine, keys, ROLE), chosen)
        return wanted and wanted.key

    register_run_buttons(app, engine, ids.CANCEL, ids.RETRY, key_of, State(ids.CHOSEN, "data"))


def sets_in(typed: str) -> list[list[float]] | None:
    """Sets of thresholds as they are typed, a line each; None where one is no number above 0 and at most 1."""
    try:
        sets = [[float(number) for number in line.replace(",", " ").split()] for line in typed.splitlines()]
    except ValueError:
        return None
    sets = [each for each in sets if each]
    return sets if all(0 < number <= 1 for each in sets for number in each) else None


def libraries_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a set and layer: its threshold, how many examples its library has, and how often it answers as the net does."""
    agreement = engine.results.array(shown["key"], "agreement")
    rows = (
        [
            at + 1,
            layer["name"],
            shown["thresholds"][at][column],
            shown["sizes"][at][column],
            *map(float, agreement[at, column]),
        ]
        for at in range(shown["n_sets"])
        for column, layer in enumerate(shown["layers"])
    )
    return to_csv(["set", "layer", "threshold", "examples", "agreement_best_1", "agreement_best_of_3"], rows)
