"""Does more data, more diverse, train faster? Teachers like the study's, each trained on so many images a class."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK, ask_for, chosen_of, jobs_of
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, label, panel, picture, settings_button
from dashboard.components.run_row import job_told, run_row
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import study_data
from dashboard.new.fields import component, fields_of, read
from dashboard.slicer import ids
from dashboard.slicer.asked import SUBSETS_ROLE
from dashboard.slicer.figures import subset_bars, subset_lines
from dashboard.slicer.query import WRONG, obstacle
from workers.engine import Engine
from workers.jobs import Job
from workers.slicer_params import SUBSETS, SubsetsParams

LINE = "Teachers trained on so many images a class: how diverse these are, and how fast they teach"
NOT_YET = (
    "Press Train subsets: a teacher like the study's is trained on each, which takes about as long as the study's did."
)
WHAT = {
    "bits": "Entropy, bits",
    "normalized": "Entropy, normalised",
    "train_loss": "Train loss",
    "test_loss": "Test loss",
    "train_accuracy": "Train accuracy",
    "test_accuracy": "Test accuracy",
}
FIELDS = {field.name: field for field in fields_of(SubsetsParams) if field.name != "per_class"}
PLACES = [(ids.subsets_setting(name), field.prop) for name, field in FIELDS.items()]
SIZES = ids.subsets_setting("per_class")


def subsets_panel() -> html.Section:
    return panel(
        ids.SUBSETS_PANEL,
        "Subsets",
        LINE,
        [
            graph(ids.SUBSETS_GRAPH),
            empty(ids.SUBSETS_WORDS, NOT_YET),
            run_row(ids.SUBSETS_RUN, ids.SUBSETS_TOLD, ids.SUBSETS_CANCEL),
            dcc.Store(id=ids.SUBSETS_SEEN),
        ],
        controls=[
            dmc.Select(
                id=ids.SUBSETS_WHAT, data=[{"value": name, "label": words} for name, words in WHAT.items()], value="bits",
                size="xs", w=150, allowDeselect=False, comboboxProps={"withinPortal": True}, **label("Shown of the subsets"),
            ),
            settings(),
            dmc.Button("Train subsets", id=ids.SUBSETS_MAKE, size="compact-xs", variant="light", disabled=True),
        ],
        exports=[("Subsets, CSV", {"id": ids.TABLE_SUBSETS}), picture(ids.SUBSETS_GRAPH)],
        help_text=[
            "Train images are drawn by a seed, as many of each class; each smaller subset is part of the larger ones. Bars: "
            "inter-sample entropy of the images themselves with one k for all (CNNSlicer, Fig. 5). Most of what it grows by "
            "is log N: the normalised value is in parts of the most that so many images allow.",
            "Lines: teachers of the study's architecture, with usual settings, from random weights, each trained on one "
            "subset for as many epochs; tested on all test images.",
        ],
    )  # fmt: skip


def settings() -> dmc.Popover:
    """How large subsets are, and how their teachers are trained."""
    return settings_button(
        [
            dmc.TextInput(
                id=SIZES, label="Images a class", size="xs", value=", ".join(map(str, SUBSETS)),
                description="Whole numbers with commas between them: a teacher each.",
            ),
            html.Div([component(ids.subsets_setting(name), field) for name, field in FIELDS.items()], className="new-fit"),
        ],
        420,
    )  # fmt: skip


def register_subsets(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "figure": Output(ids.SUBSETS_GRAPH, "figure"),
            "drawn": Output(ids.SUBSETS_GRAPH, "style"),
            "words": Output(ids.SUBSETS_WORDS, "children"),
            "wordless": Output(ids.SUBSETS_WORDS, "style"),
            "told": Output(ids.SUBSETS_TOLD, "children"),
            "not_run": Output(ids.SUBSETS_RUN, "hidden"),
            "cancel": Output(ids.SUBSETS_CANCEL, "display"),
            "cannot": Output(ids.SUBSETS_MAKE, "disabled"),
            "subtitle": Output(f"{ids.SUBSETS_PANEL}-subtitle", "children"),
            "seen": Output(ids.SUBSETS_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "what": Input(ids.SUBSETS_WHAT, "value"),
            "chosen": Input(ids.SUBSETS_CHOSEN, "data"),
            "steps": Input(job_ids.STEPS, "children"),
            "looked_at": Input(ids.LEFT_DECK, "value"),
            "seen": State(ids.SUBSETS_SEEN, "data"),
        },
    )
    def fill(ready, study, what, chosen, steps, looked_at, seen):
        """What subsets are like, or how far their training is."""
        if looked_at != ids.SUBSETS_PANEL:
            raise dash.exceptions.PreventUpdate
        return Unseen(seen).answer(shown_now(engine, ready or [], study, what, chosen))

    @app.callback(
        Output(SIZES, "error"),
        *[Output(name, "error") for name, _ in PLACES],
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.SUBSETS_CHOSEN, "data"),
        Input(ids.SUBSETS_MAKE, "n_clicks"),
        State(shared.STUDY, "data"),
        State(SIZES, "value"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def make(clicks: int | None, study: dict | None, sizes: str | None, *values: Any):
        """Has the teachers trained, or says what is wrong."""
        if not clicks or study is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        typed = dict(zip(FIELDS, values, strict=True))
        words = [word.strip() for word in (sizes or "").split(",") if word.strip()]
        wrong = [word for word in words if not word.isascii() or not word.isdigit()]
        if wrong or not words:
            tell(WRONG)
            said = f"{wrong[0]} is no whole number" if wrong else "name a number or more"
            return said, *[None] * len(PLACES), dash.no_update, dash.no_update
        asked, errors = read(SubsetsParams, typed, {"per_class": [int(word) for word in words]})
        if asked is None:
            tell(WRONG)
            return errors.get("per_class"), *[errors.get(name) for name in FIELDS], dash.no_update, dash.no_update
        try:
            added, key = ask_for(engine, study, "subsets", asked, SUBSETS_ROLE)
        except CANNOT_ASK as error:
            tell(f"Nothing can be trained: {error}.")
            return [dash.no_update] * (len(PLACES) + 3)
        return None, *[None] * len(PLACES), study_data(added), key

    @app.callback(
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.SUBSETS_CANCEL, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.SUBSETS_CHOSEN, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def cancel(clicks: int | None, study: dict | None, chosen: str | None, beats: int | None):
        """Stops it; the pulse after it shows that."""
        made = newest(engine, study, chosen) if study else None
        if not clicks or made is None:  # the view was laid out
            return dash.no_update
        engine.jobs.cancel(made.key)
        return (beats or 0) + 1

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_SUBSETS, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.SUBSETS_CHOSEN, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, study: dict | None, chosen: str | None):
        """A row a subset and epoch, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        made = newest(engine, study, chosen) if study else None
        if made is None or not engine.results.which([made.key]):
            tell("There is nothing to export before subsets are trained.")
            return dash.no_update
        return dcc.send_string(subsets_table(engine, made.key), "subsets.csv")


def newest(engine: Engine, study: Mapping[str, Any], chosen: str | None) -> Job | None:
    """The job that was chosen, or the last one of the study, or None."""
    return chosen_of(jobs_of(engine, study["keys"], SUBSETS_ROLE), chosen)


def shown_now(
    engine: Engine, ready: Sequence[str], study: Mapping[str, Any] | None, what: str, chosen: str | None
) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {
        "figure": dash.no_update, "drawn": HIDDEN, "words": NOT_YET, "wordless": SHOWN, "told": [], "not_run": True,
        "cancel": "none", "cannot": True, "subtitle": LINE,
    }  # fmt: skip
    words = obstacle(engine, ready, study)
    if words or study is None:
        return told | {"words": words}
    made = newest(engine, study, chosen)
    told |= {"cannot": False}
    if made is None:
        return told
    if not engine.results.which([made.key]):
        words = told_of(made, engine.jobs.now()) or "They have made room for other results."
        return told | {
            "told": job_told(made, f"Subsets: {words}"),
            "not_run": False,
            "cancel": "block" if made.is_open else "none",
            "words": "" if made.is_open else NOT_YET,
            "wordless": HIDDEN if made.is_open else SHOWN,
        }
    meta = engine.results.meta(made.key)
    left_out = meta["left_out"]
    subtitle = f"The rarest class has {meta['rarest']:,} train images; {meta['epochs']} epochs each"
    if left_out:
        subtitle += f"; left out: {', '.join(f'{size:,}' for size in left_out)} a class, as it has fewer"
    return told | {
        "figure": figure_of(engine, made.key, meta["per_class"], what),
        "drawn": SHOWN,
        "words": "",
        "wordless": HIDDEN,
        "subtitle": subtitle,
    }


def figure_of(engine: Engine, key: str, sizes: Sequence[int], what: str) -> Any:
    """The chart of what is looked at."""
    if what in ("bits", "normalized"):
        return subset_bars(engine.results.array(key, "entropies"), sizes, what == "normalized")
    title = "cross-entropy, nats" if what.endswith("loss") else "accuracy"
    return subset_lines(engine.results.array(key, what), sizes, title, what.endswith("accuracy"))


def subsets_table(engine: Engine, key: str) -> str:
    """A row a subset and epoch: its entropies, losses and accuracies."""
    meta, entropies = engine.results.meta(key), engine.results.array(key, "entropies")
    names = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    arrays = [engine.results.array(key, name) for name in names]
    rows = (
        [size, epoch, *[float(value) for value in entropies[row]], *[float(array[row, epoch]) for array in arrays]]
        for row, size in enumerate(meta["per_class"])
        for epoch in range(arrays[0].shape[1])
    )
    return to_csv(["images_a_class", "epoch", "inter_sample_bits", "normalized", "k", *names], rows)
