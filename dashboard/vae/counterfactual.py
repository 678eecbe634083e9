"""The smallest step through the latent space after which the teacher takes the focused image for a chosen class."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK, key_of, record_of, spec_of
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, label, panel, picture
from dashboard.components.run_row import job_told, run_row
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import study_data
from dashboard.vae import ids
from dashboard.vae.counterfactual_figures import difference, inline, moved_figure
from workers.engine import Engine
from workers.latent_params import CounterfactualParams

LINE = "The smallest step to another class"
NOTHING_YET = "A class can be searched for when the image's code is there."
ROLE = "counterfactual-latest"  # of a study; those before it are found by what was asked


def counterfactual_panel() -> html.Section:
    return panel(
        ids.COUNTER_PANEL,
        "Counterfactual",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.COUNTER_PICTURES, className="counterfactual-pictures"),
                    html.Div(
                        [
                            html.Div(id=ids.COUNTER_SAID, className="counterfactual-said", role="status"),
                            html.Button("Move the line there", id=ids.COUNTER_MOVE, className="latent-there"),
                        ],
                        className="counterfactual-words",
                    ),
                    graph(ids.COUNTER_BARS),
                ],
                id=ids.COUNTER_BODY,
                className="counterfactual",
                style=HIDDEN,
            ),
            empty(ids.COUNTER_WORDS, NOTHING_YET),
            run_row(ids.COUNTER_RUN, ids.COUNTER_TOLD, ids.COUNTER_CANCEL),
            dcc.Store(id=ids.COUNTER_SEEN),
        ],
        controls=[
            dmc.Select(
                id=ids.COUNTER_CLASS, data=[], value=None, size="xs", w=130, allowDeselect=False, searchable=True,
                placeholder="class", **label("Class that the image is to be taken for"),
            ),
            dmc.Button("Search", id=ids.COUNTER_SEARCH, size="compact-xs", variant="light", disabled=True),
        ],
        exports=[("Code and step, CSV", {"id": ids.TABLE_COUNTER}), picture(ids.COUNTER_BARS)],
        help_text=[
            "From the image's own code and places about it, and from half-way to the nearest images that are decoded as the "
            "class, the code is moved downhill: so that the class gains on all others, and the step stays short, measured in "
            "standard deviations of the images' codes (after Wachter, Mittelstadt and Russell 2017). No value leaves the range "
            "of the images' codes.",
            "The shortest step is then shortened until the class only just is the likeliest: what you see lies at the border, "
            "and is the least change found, not the clearest example.",
            "Difference: blue where the image became brighter, orange where darker, channels summed. Bars: how far each latent "
            "value moved, in standard deviations, the farthest first.",
            "Where no code is found at which the teacher gives that class, it is said how near it came. A search that is over "
            "is kept: choose the class again and it is there.",
        ],
    )  # fmt: skip


def register_counterfactual(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_shown(app, engine, first)
    register_search(app, engine)
    register_taken(app, engine)


def register_shown(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output=[Output(ids.COUNTER_CLASS, "data"), Output(ids.COUNTER_CLASS, "value")],
        inputs={
            "source": Input(ids.SOURCE, "data"),
            "residual": Input(ids.RESIDUAL, "checked"),
            "chosen": State(ids.COUNTER_CLASS, "value"),
        },
    )
    def offer(source: dict | None, residual: bool, chosen: str | None):
        """The classes but the one that the image is taken for; to begin with, the next likeliest."""
        if source is None:
            return [], None
        shares = engine.results.array(source["predictions"], "probabilities")[source["number"]]
        taken = taken_for(engine, source, residual)
        data = [
            {"value": str(number), "label": name, "disabled": number == taken}
            for number, name in enumerate(source["names"])
        ]
        others = [number for number in np.argsort(-shares, kind="stable").tolist() if number != taken]
        return data, str(others[0])

    @first.callback(
        output={
            "body": Output(ids.COUNTER_BODY, "style"),
            "pictures": Output(ids.COUNTER_PICTURES, "children"),
            "said": Output(ids.COUNTER_SAID, "children"),
            "unmoved": Output(ids.COUNTER_MOVE, "hidden"),
            "figure": Output(ids.COUNTER_BARS, "figure"),
            "drawn": Output(ids.COUNTER_BARS, "style"),
            "words": Output(ids.COUNTER_WORDS, "children"),
            "wordless": Output(ids.COUNTER_WORDS, "style"),
            "told": Output(ids.COUNTER_TOLD, "children"),
            "not_run": Output(ids.COUNTER_RUN, "hidden"),
            "cancel": Output(ids.COUNTER_CANCEL, "display"),
            "no_search": Output(ids.COUNTER_SEARCH, "disabled"),
            "subtitle": Output(f"{ids.COUNTER_PANEL}-subtitle", "children"),
            "seen": Output(ids.COUNTER_SEEN, "data"),
        },
        inputs={
            "source": Input(ids.SOURCE, "data"),
            "residual": Input(ids.RESIDUAL, "checked"),
            "target": Input(ids.COUNTER_CLASS, "value"),
            "study": Input(shared.STUDY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "seen": State(ids.COUNTER_SEEN, "data"),
        },
    )
    def fill(
        source: dict | None,
        residual: bool,
        target: str | None,
        study: dict | None,
        steps: list | None,
        seen: dict | None,
    ):
        """What was found, or how far the search is, or what can be searched for."""
        return Unseen(seen).answer(shown_now(engine, source, residual, target))


def taken_for(engine: Engine, source: Mapping[str, Any], residual: bool) -> int:
    """What the teacher takes the image for, where it is decoded with its residual: for the image; else its reconstruction."""
    predicted = engine.results.array(source["predictions" if residual else "codes"], "predicted")
    return int(predicted[source["number"]])


def asked_of(source: Mapping[str, Any], residual: bool, target: str) -> CounterfactualParams:
    """What is searched for."""
    return CounterfactualParams(number=source["number"], target=int(target), residual=bool(residual))


def shown_now(engine: Engine, source: Mapping[str, Any] | None, residual: bool, target: str | None) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {
        "body": HIDDEN, "pictures": [], "said": "", "unmoved": True, "figure": dash.no_update, "drawn": HIDDEN,
        "words": NOTHING_YET, "wordless": SHOWN, "told": [], "not_run": True, "cancel": "none", "no_search": True,
        "subtitle": LINE,
    }  # fmt: skip
    if source is None or target is None:
        return told
    name = source["names"][int(target)]
    if int(target) == taken_for(engine, source, residual):
        return told | {"words": f"The teacher takes the image for {name} already; choose another class."}
    key = key_of("counterfactual", source, asked_of(source, residual, target))
    if engine.results.which([key]):
        return told | found(engine, key, source)
    record = record_of(engine, key)
    if record is None or record.state == "done":
        words = f"Search for the smallest step after which the teacher takes image {source['number']:,} for {name}."
        return told | {"words": words, "no_search": False}
    words = f"{name}: {told_of(record, engine.jobs.now())}"
    run = {"told": job_told(record, words), "not_run": False, "wordless": HIDDEN, "words": ""}
    return told | run | {"cancel": "block" if record.is_open else "none", "no_search": record.is_open}


def found(engine: Engine, key: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """What a search has found."""
    meta = engine.results.meta(key)
    before, image = (engine.results.array(key, name) for name in ("before", "image"))
    return {
        "body": SHOWN,
        "wordless": HIDDEN,
        "words": "",
        "pictures": [
            html.Figure([html.Img(src=inline(pixels), alt=caption), html.Figcaption(caption)])
            for pixels, caption in (
                (before, "before"),
                (image, "after" if meta["reached"] else "nearest"),
                (difference(before, image), "difference"),
            )
        ],
        "said": said_of(meta, engine.results.array(key, "probabilities"), source["names"]),
        "unmoved": False,
        "figure": moved_figure(np.array(meta["moved"])),
        "drawn": SHOWN,
        "subtitle": f"Image {source['number']:,}: {source['names'][meta['original']]} → {source['names'][meta['target']]}",
    }


def said_of(meta: Mapping[str, Any], probabilities: np.ndarray, names: Sequence[str]) -> list[html.Div]:
    """What came of a search, in words: whether the class was reached, how far away, and how sure the teacher is of both."""
    far = f"{meta['distance']:.2f} standard deviations away"
    lines = [html.Div(html.B(f"Taken for {names[meta['target']]}, {far}." if meta["reached"] else meta["words"]))]
    for row, when in zip(probabilities, ("before", "after" if meta["reached"] else "there"), strict=True):
        shares = ", ".join(f"{names[number]} {row[number]:.1%}" for number in (meta["original"], meta["target"]))
        lines.append(html.Div(f"{when}: {shares}"))
    return lines


def register_search(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(ids.COUNTER_SEARCH, "n_clicks"),
        State(ids.SOURCE, "data"),
        State(ids.RESIDUAL, "checked"),
        State(ids.COUNTER_CLASS, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def search(clicks: int | None, source: dict | None, residual: bool, target: str | None, study: dict | None):
        """Has the class searched for."""
        if not clicks or source is None or target is None or study is None:  # the view was laid out
            return dash.no_update
        try:
            spec = spec_of(engine, "counterfactual", source, asked_of(source, residual, target))
        except CANNOT_ASK as error:
            tell(f"This cannot be searched for: {error}.")
            return dash.no_update
        return study_data(engine.studies.add(study["id"], ROLE, spec))

    @app.callback(
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.COUNTER_CANCEL, "n_clicks"),
        State(ids.SOURCE, "data"),
        State(ids.RESIDUAL, "checked"),
        State(ids.COUNTER_CLASS, "value"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def cancel(clicks: int | None, source: dict | None, residual: bool, target: str | None, beats: int | None):
        """Stops the search; the pulse after it shows that."""
        if not clicks or source is None or target is None:  # the view was laid out
            return dash.no_update
        engine.jobs.cancel(key_of("counterfactual", source, asked_of(source, residual, target)))
        return (beats or 0) + 1

    @app.callback(
        Output(shared.LINE, "data", allow_duplicate=True),
        Input(ids.COUNTER_MOVE, "n_clicks"),
        State(ids.SOURCE, "data"),
        State(ids.RESIDUAL, "checked"),
        State(ids.COUNTER_CLASS, "value"),
        prevent_initial_call=True,
    )
    def move(clicks: int | None, source: dict | None, residual: bool, target: str | None):
        """The line goes to what was found."""
        key = shown_key(engine, clicks, source, residual, target)
        if key is None or source is None:
            return dash.no_update
        return {"of": source["id"], "values": engine.results.array(key, "code").tolist()}


def register_taken(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_COUNTER, "n_clicks"),
        State(ids.SOURCE, "data"),
        State(ids.RESIDUAL, "checked"),
        State(ids.COUNTER_CLASS, "value"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, source: dict | None, residual: bool, target: str | None):
        """What was found, as CSV: a row a latent value."""
        if not clicks:  # the view was laid out
            return dash.no_update
        key = shown_key(engine, clicks, source, residual, target)
        if key is None or source is None or target is None:
            tell("There is nothing to export before a class has been searched for.")
            return dash.no_update
        start, code = (engine.results.array(key, name).tolist() for name in ("start", "code"))
        moved = engine.results.meta(key)["moved"]
        rows = zip(range(len(code)), start, code, moved, strict=True)
        table = to_csv(("latent_value", "own", "moved_to", "standard_deviations"), rows)
        return dcc.send_string(table, f"counterfactual-{source['number']}-{target}.csv")


def shown_key(
    engine: Engine, clicks: int | None, source: Mapping[str, Any] | None, residual: bool, target: str | None
) -> str | None:
    """The key of the search that is shown; None where none is."""
    if not clicks or source is None or target is None:
        return None
    key = key_of("counterfactual", source, asked_of(source, residual, target))
    return key if engine.results.which([key]) else None
