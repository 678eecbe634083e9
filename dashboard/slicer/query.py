"""What is cut out of the hypercube: the net as a strip of layers, dCNN as a drawing, both drawn by `assets/slicer_query.js`."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, html

from dashboard import ids as shared
from dashboard.abilities import Need, lacking
from dashboard.asking import CANNOT_ASK, ask_for, chosen_of, jobs_of
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, icon, label, panel, settings_button
from dashboard.components.run_row import NO_RUN, register_run_buttons, run_row, run_told
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import fitting, study_data
from dashboard.new.fields import component, fields_of, read
from dashboard.slicer import ids
from dashboard.slicer.asked import ROLE, input_choices, inputs_of, shown_of, source_of
from workers.engine import Engine
from workers.slicer_params import FEWEST_INPUTS, MOST_INPUTS, SliceParams

LINE = "What is cut out of dCNN(input, layer, channel, epoch)"
NO_STUDY = "The net is drawn when the study has a trained teacher."
USUAL_INPUTS = 1000
WRONG = "Settings cannot be used as they are: what is marked in red says why."
FIELDS = {
    field.name: field
    for field in fields_of(SliceParams)
    if field.name in ("bins", "n_neighbors", "per_map", "n_distances", "seed")
}
PLACES = [(ids.setting(name), field.prop) for name, field in FIELDS.items()]


def query_panel() -> html.Section:
    return panel(
        ids.QUERY_PANEL,
        "Query",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.NET, className="slicer-net"),
                    html.Div(
                        [
                            html.Div(id=ids.CUBE, className="slicer-cube"),
                            html.Div(
                                [
                                    dmc.Select(
                                        id=ids.INPUTS, label="Inputs", size="xs", value="test", allowDeselect=False,
                                        data=input_choices([], 0), comboboxProps={"withinPortal": True},
                                    ),
                                    dmc.NumberInput(
                                        id=ids.MOST, label="At most", size="xs", value=USUAL_INPUTS, min=FEWEST_INPUTS,
                                        max=MOST_INPUTS, step=100,
                                    ),
                                    dmc.MultiSelect(
                                        id=ids.PAIRS, label="Capacity between", size="xs", value=[], data=[], clearable=True,
                                        placeholder="layers that follow one another", searchable=True, maxValues=12,
                                        className="slicer-pairs",
                                    ),
                                    html.Div(id=ids.ESTIMATE, className="slicer-estimate", role="status"),
                                ],
                                className="slicer-choices",
                            ),
                        ],
                        className="slicer-cut",
                    ),
                ],
                id=ids.QUERY_BODY,
                className="slicer-query",
                style=HIDDEN,
            ),
            empty(ids.QUERY_WORDS, NO_STUDY),
            run_row(ids.RUN, ids.TOLD, ids.CANCEL, ids.RETRY),
            dash.dcc.Store(id=ids.SEEN),
            dash.dcc.Store(id=ids.QUERY_PAINTED),
        ],
        controls=[
            settings(),
            dmc.Button(
                "Query", id=ids.ASK, size="compact-xs", leftSection=icon("again"), disabled=True,
                **label("Have the slice measured"),
            ),
        ],
        help_text=[
            "CNNSlicer (Shen and Shen 2020) sees a trained net as a hypercube of four axes: inputs X, layers L, channels C "
            "and epochs T. A query cuts a slice out of it, of which entropies are measured.",
            "Click layers in the strip, or drag along it. In the drawing: drag along the bottom for layers, over the face for "
            "layers and a part of their channels, along the slanting edge for epochs, along the strip at the left for classes. "
            "A double click takes all again.",
            "Inputs beyond the number at the right are drawn by a seed that is always the same.",
            "Drawn are the layers that the net has as modules, in the order in which they run, residual blocks among them. "
            "What a function does between them is not seen.",
        ],
    )  # fmt: skip


def settings() -> dmc.Popover:
    """How a slice is measured."""
    return settings_button(
        html.Div([component(ids.setting(name), field) for name, field in FIELDS.items()], className="new-fit")
    )


def obstacle(engine: Engine, ready: Sequence[str], study: Mapping[str, Any] | None) -> str:
    """Why there is no net to look into, in a sentence; empty when there is one."""
    if study is None or "images" not in ready:
        return NO_STUDY
    why = lacking(engine, study["keys"]).get(Need.MODEL)
    if why:
        return f"There is no net to look into, as {why}."
    return "" if "teacher" in ready else NO_STUDY


def register_query(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_net(app, engine, first)
    register_shown(engine, first)
    register_run(app, engine)


def register_net(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "source": Output(ids.SOURCE, "data"),
            "drawn": Output(ids.QUERY_BODY, "style"),
            "words": Output(ids.QUERY_WORDS, "children"),
            "wordless": Output(ids.QUERY_WORDS, "style"),
            "cannot": Output(ids.ASK, "disabled"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "held": State(ids.SOURCE, "data"),
        },
    )
    def fill(ready: list[str], study: dict | None, held: dict | None):
        """The net of the study."""
        words = obstacle(engine, ready or [], study)
        if words or study is None:
            return {"source": None, "drawn": HIDDEN, "words": words, "wordless": SHOWN, "cannot": True}
        source = source_of(engine, study["keys"])
        return {
            "source": dash.no_update if source == held else source,
            "drawn": SHOWN,
            "words": "",
            "wordless": HIDDEN,
            "cannot": False,
        }

    @first.callback(
        output={"choices": Output(ids.INPUTS, "data"), "chosen": Output(ids.INPUTS, "value")},
        inputs={
            "source": Input(ids.SOURCE, "data"),
            "selection": Input(shared.SELECTION, "data"),
            "study": State(shared.STUDY, "data"),
            "chosen": State(ids.INPUTS, "value"),
        },
    )
    def offer(source: dict | None, selection: dict | None, study: dict | None, chosen: str):
        """Which inputs there are; a selection that is gone, or another study's class, is no choice any more."""
        here = fitting(selection, study)
        choices = input_choices(source["names"] if source else [], here["count"] if here else 0, chosen or "")
        known = [choice["value"] for choice in choices if not choice.get("disabled")]
        return {"choices": choices, "chosen": chosen if chosen in known else "test"}

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawSlicer"),
        Output(ids.QUERY_PAINTED, "data"),
        Input(ids.SOURCE, "data"),
        Input(ids.QUERY, "data"),
        Input(ids.INPUTS, "value"),
        Input(ids.INPUTS, "data"),
        Input(ids.MOST, "value"),
        Input(ids.PAIRS, "value"),
        State(shared.SELECTION, "data"),
        State(shared.TAB, "data"),
    )


def register_shown(engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "shown": Output(ids.SHOWN, "data"),
            "told": Output(ids.TOLD, "children"),
            "not_run": Output(ids.RUN, "hidden"),
            "cancel": Output(ids.CANCEL, "display"),
            "retry": Output(ids.RETRY, "display"),
            "subtitle": Output(f"{ids.QUERY_PANEL}-subtitle", "children"),
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
        """The slice that was asked for last, or how far it is."""
        return Unseen(seen).answer(slice_now(engine, ready or [], study, chosen))


def slice_now(
    engine: Engine, ready: Sequence[str], study: Mapping[str, Any] | None, chosen: str | None
) -> dict[str, Any]:
    """What is shown, by the names of the outputs of `fill`."""
    told = {"shown": None, **NO_RUN, "subtitle": LINE}
    if study is None or obstacle(engine, ready, study):
        return told
    known = jobs_of(engine, study["keys"], ROLE)
    there = engine.results.which([job.key for job in known])
    wanted = chosen_of(known, chosen)
    if wanted is not None and wanted.key not in there:
        words = told_of(wanted, engine.jobs.now()) or "It has made room for other results."
        told |= {
            **run_told(wanted, f"Slice: {words}"),
        }
    # While a new one is measured, the last one stays.
    stored = chosen_of([job for job in known if job.key in there], chosen)
    if stored is None:
        return told
    shown = shown_of(engine, stored.key, study)
    counts = ((len(shown["layers"]), "layer"), (len(shown["epochs"]), "epoch"))
    words = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts]
    subtitle = f"Shown: {shown['count']:,} inputs, {', '.join(words)}"
    return told | {"shown": shown, "subtitle": subtitle}


def register_run(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        *[Output(name, "error") for name, _ in PLACES],
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.CHOSEN, "data"),
        Input(ids.ASK, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.SELECTION, "data"),
        State(ids.QUERY, "data"),
        State(ids.INPUTS, "value"),
        State(ids.MOST, "value"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def ask(
        clicks: int | None,
        study: dict | None,
        selection: dict | None,
        query: dict | None,
        inputs: str,
        most: Any,
        *values: Any,
    ):
        """Has the slice measured, or says what is wrong."""
        if not clicks or study is None or query is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        kept = [dash.no_update] * (len(PLACES) + 2)
        if not isinstance(most, int) or not FEWEST_INPUTS <= most <= MOST_INPUTS:
            tell(f"Inputs at most must be a whole number, {FEWEST_INPUTS} to {MOST_INPUTS:,}.")
            return kept
        numbers, _ = inputs_of(engine, study, inputs, selection, most)
        if len(numbers) < FEWEST_INPUTS:
            tell(f"A slice needs {FEWEST_INPUTS} inputs or more, and these are {len(numbers)}: choose others.")
            return kept
        typed = dict(zip(FIELDS, values, strict=True))
        cut = {name: query[name] for name in ("layers", "epochs", "pairs", "channels")}
        asked, errors = read(SliceParams, typed, {"numbers": numbers, **cut})
        if asked is None:
            tell(WRONG if any(name in FIELDS for name in errors) else next(iter(errors.values())) or WRONG)
            return *[errors.get(name) for name in FIELDS], dash.no_update, dash.no_update
        try:
            added, key = ask_for(engine, study, "slice", asked, ROLE)
        except CANNOT_ASK as error:
            tell(f"Nothing can be measured: {error}.")
            return kept
        return *[None] * len(FIELDS), study_data(added), key

    def key_of(keys: Mapping[str, str], chosen: str | None) -> str | None:
        wanted = chosen_of(jobs_of(engine, keys, ROLE), chosen)
        return wanted and wanted.key

    register_run_buttons(app, engine, ids.CANCEL, ids.RETRY, key_of, State(ids.CHOSEN, "data"))
