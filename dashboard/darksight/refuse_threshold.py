"""A threshold on a measure of confidence: reject curves of all measures, the share that is kept or the score itself, what comes
of it, and what is refused selected."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, Patch, State, ctx, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, graph, label
from dashboard.components.tables import to_csv
from dashboard.darksight import ids
from dashboard.darksight.refuse_figure import colours_of, curves_figure, histogram, line_at, look, scores_figure
from dashboard.darksight.refuse_list import ends, entries, offered
from dashboard.darksight.refuse_measures import (
    DEFAULT_SHARE,
    NONE_YET,
    Measure,
    Threshold,
    correct_of,
    drawn_of,
    images_in,
    measures_of,
    threshold_at,
    verdict,
)
from dashboard.darksight.refuse_offers import offers_of
from dashboard.darksight.refuse_scores import Tally
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.ids import pressing
from dashboard.links import make_selection
from workers.engine import Engine

ORIGIN = "refusal"
LINE = "Accuracy without the least sure"


def threshold_body() -> html.Div:
    """The curves, the list of measures, and what sets the threshold."""
    fields = [
        dmc.Slider(
            id=ids.REFUSE_SLIDER, min=0.1, max=100, step=0.1, precision=1, value=DEFAULT_SHARE, size="sm",
            className="refuse-slider", thumbLabel="Share kept, percent",
        ),
        number(ids.REFUSE_SHARE, "Share kept", 80, suffix="%", min=0, max=100),
        number(ids.REFUSE_SCORE, "Least score that is answered", 96),
        dmc.Button("Select the refused", id=ids.REFUSE_SELECT, size="compact-xs", variant="light"),
        dmc.Button("Add to the rule", id=ids.REFUSE_ADD, size="compact-xs", variant="default"),
    ]  # fmt: skip
    return html.Div(
        [
            html.Div(id=ids.REFUSE_VERDICT, className="refuse-verdict"),
            html.Div(
                [graph(ids.REFUSE, style=SHOWN), html.Div(id=ids.REFUSE_LIST, className="refuse-list")],
                className="refuse-picture",
            ),
            html.Div(fields, className="refuse-bar"),
            html.Div(id=ids.REFUSE_TOLD, className="refuse-told", role="status"),
        ],
        id=ids.REFUSE_THRESHOLD,
        className="refuse-body",
        style=HIDDEN,
    )


def number(field: str, says: str, width: int, **more: Any) -> dmc.Tooltip:
    shown = dmc.NumberInput(
        id=field, size="xs", w=width, hideControls=True, debounce=True, value="", **label(says), **more
    )
    return dmc.Tooltip(shown, label=says)


def register_threshold(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks, and those that draw what the panel shows."""

    @app.callback(
        Output(ids.REFUSE_AT, "data"),
        Output(ids.REFUSE_SLIDER, "value"),
        Output(ids.REFUSE_SHARE, "value"),
        Output(ids.REFUSE_SCORE, "value"),
        Input(ids.REFUSE_SOURCE, "data"),
        Input(ids.REFUSE_PRESSED, "data"),
        Input(ids.REFUSE_SLIDER, "value"),
        Input(ids.REFUSE_SHARE, "value"),
        Input(ids.REFUSE_SCORE, "value"),
        State(ids.REFUSE_AT, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def set_at(
        source: dict | None,
        pressed: dict | None,
        slid: float,
        share: Any,
        score: Any,
        at: dict | None,
        study: dict | None,
    ):
        """The threshold that is asked for, by what was moved or typed; the others follow."""
        by = ctx.triggered_id
        wanted = dict(at or asked_first())
        if by == ids.REFUSE_PRESSED:
            if not pressed or pressed["action"] != "measure":
                raise dash.exceptions.PreventUpdate
            wanted |= {"measure": pressed["key"], "score": None}
        elif by == ids.REFUSE_SOURCE:
            wanted["score"] = None  # that of another map means nothing here
        elif by == ids.REFUSE_SLIDER:
            wanted |= {"share": slid, "score": None}
        elif by == ids.REFUSE_SHARE and isinstance(share, int | float):
            wanted |= {"share": max(share, 1e-6), "score": None}
        elif by == ids.REFUSE_SCORE and isinstance(score, int | float):
            wanted["score"] = score
        return placed(engine, study, source, wanted, at, slid)

    @first.once(
        output=[
            Output(ids.REFUSE_AT, "data"),
            Output(ids.REFUSE_SLIDER, "value"),
            Output(ids.REFUSE_SHARE, "value"),
            Output(ids.REFUSE_SCORE, "value"),
        ],
        inputs={
            "source": Input(ids.REFUSE_SOURCE, "data"),
            "at": State(ids.REFUSE_AT, "data"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def set_at_first(source: dict | None, at: dict | None, study: dict | None):
        return placed(engine, study, source, dict(at or asked_first()), None, None)

    @first.callback(
        output=[
            Output(ids.REFUSE, "figure"),
            Output(ids.REFUSE_THRESHOLD, "style"),
            Output(ids.REFUSE_RULE, "style"),
            Output(ids.REFUSE_WORDS, "children"),
            Output(ids.REFUSE_WORDS, "style"),
            Output(ids.REFUSE_VERDICT, "children"),
            Output(f"{ids.REFUSE_PANEL}-subtitle", "children"),
        ],
        inputs={
            "source": Input(ids.REFUSE_SOURCE, "data"),
            "what": Input(ids.REFUSE_WHAT, "value"),
            "at": State(ids.REFUSE_AT, "data"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def draw(source: dict | None, what: str, at: dict | None, study: dict | None):
        """The curves of all measures; without labels, how the scores of the chosen one are spread."""
        found = known(engine, study, source)
        if study is None or source is None or not found:
            return dash.no_update, HIDDEN, HIDDEN, empty_words(source), SHOWN, "", LINE
        threshold = chosen(engine, study, source, found, at)
        styles = [SHOWN, HIDDEN] if what == "threshold" else [HIDDEN, SHOWN]
        figure, best = figure_of(engine, source, found, threshold), verdict(engine, study, source, found)
        count = engine.results.meta(judged(source, found))["count"]
        line = f"of {count:,} {source['split']} images"
        line = f"Scores {line}" if found[0].mean is None else f"Accuracy {line} without the least sure"
        return (
            figure,
            *styles,
            dash.no_update,
            HIDDEN,
            best,
            line,
        )

    @app.callback(
        Output(ids.REFUSE, "figure", allow_duplicate=True),
        Input(ids.REFUSE_AT, "data"),
        State(ids.REFUSE_SOURCE, "data"),
        State(ids.REFUSE_THRESHOLD, "style"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def mark(at: dict | None, source: dict | None, style: dict, study: dict | None):
        """The threshold, and the measure that it is on, in the figure that is there."""
        found = known(engine, study, source)
        if at is None or study is None or source is None or not found or style.get("display") == "none":
            return dash.no_update
        threshold = chosen(engine, study, source, found, at)
        if found[0].mean is None or len(drawn_of(found, "")) < len(found):  # then others may be drawn
            return figure_of(engine, source, found, threshold)
        patch = Patch()
        for place, measure in enumerate(found):
            drawn = look(measure.name, threshold.measure.name)
            patch["data"][place]["line"]["width"] = drawn["line"]["width"]
            patch["data"][place]["opacity"] = drawn["opacity"]
            patch["data"][place]["zorder"] = drawn["zorder"]
        patch["layout"]["shapes"] = [line_at(threshold.kept)]
        return patch

    @first.callback(
        output=Output(ids.REFUSE_LIST, "children"),
        inputs={
            "source": Input(ids.REFUSE_SOURCE, "data"),
            "at": Input(ids.REFUSE_AT, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "study": Input(shared.STUDY, "data"),
        },
    )
    def enlist(source: dict | None, at: dict | None, steps: list | None, study: dict | None):
        """The measures, the best first, and what else could be known."""
        found = known(engine, study, source)
        if study is None or source is None or not found:
            return []
        name = chosen(engine, study, source, found, at).measure.name
        meta = engine.results.meta(judged(source, found))
        return [*entries(found, name), *ends(meta), *offered(offers_of(engine, study, source))]

    @first.callback(
        output=[Output(ids.REFUSE_TOLD, "children"), Output(ids.REFUSE_SELECT, "children")],
        inputs={
            "at": Input(ids.REFUSE_AT, "data"),
            "source": Input(ids.REFUSE_SOURCE, "data"),
            "split": Input(ids.SPLIT, "value"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def say(at: dict | None, source: dict | None, split: str | None, study: dict | None):
        """What comes of the threshold, in words."""
        found = known(engine, study, source)
        if study is None or source is None or not found:
            return "", "Select the refused"
        threshold = chosen(engine, study, source, found, at)
        split = split or source["split"]
        many = int((threshold.refused & images_in(engine, study, split)).sum())
        words = f"Select the {many:,} refused" + ("" if split == source["split"] else f" of {split}")
        return told_of(engine, study, source["split"], threshold), words

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.REFUSE_SELECT, "n_clicks"),
        State(ids.REFUSE_AT, "data"),
        State(ids.REFUSE_SOURCE, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def select(clicks: int | None, at: dict | None, source: dict | None, split: str | None, study: dict | None):
        """What is refused of the images that are shown."""
        found = known(engine, study, source)
        if not clicks or study is None or source is None or not found:  # the view has only just been laid out
            return dash.no_update
        threshold, split = chosen(engine, study, source, found, at), split or source["split"]
        mask = threshold.refused & images_in(engine, study, split)
        if not mask.any():
            tell(f"this threshold refuses none of the {split} images; keep a smaller share to select some.")
            return dash.no_update
        words = f"{int(mask.sum()):,} least sure by {threshold.measure.in_words}"
        return make_selection(engine, study["keys"]["images"], mask, words, ORIGIN, split=split)

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_REFUSE, "n_clicks"),
        State(ids.REFUSE_AT, "data"),
        State(ids.REFUSE_SOURCE, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, at: dict | None, source: dict | None, study: dict | None):
        """What is drawn, as CSV."""
        found = known(engine, study, source)
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        if study is None or source is None or not found:
            tell("There is nothing to export before the measures of confidence are there.")
            return dash.no_update
        if found[0].mean is not None:
            return dcc.send_string(curves_table(engine, source, found), f"refusal-{source['split']}.csv")
        threshold = chosen(engine, study, source, found, at)
        return dcc.send_string(scores_table(engine, threshold), f"scores-{source['split']}.csv")


def asked_first() -> dict[str, Any]:
    """The threshold before anybody has set one."""
    return {"measure": None, "share": DEFAULT_SHARE, "score": None}


def known(engine: Engine, study: Mapping[str, Any] | None, source: Mapping[str, Any] | None) -> list[Measure]:
    """The measures that the page knows of; none while it knows of no study."""
    return [] if study is None or source is None else measures_of(engine, study, source)


def chosen(
    engine: Engine,
    study: Mapping[str, Any],
    source: Mapping[str, Any],
    found: Sequence[Measure],
    at: Mapping[str, Any] | None,
) -> Threshold:
    """The threshold that is asked for; on the best measure where the one asked for is not there."""
    at = at or asked_first()
    measure = next((measure for measure in found if measure.name == at["measure"]), found[0])
    if measure.name != at["measure"]:
        at = {**at, "score": None}
    return threshold_at(engine, study, source, measure, at)


def placed(
    engine: Engine,
    study: Mapping[str, Any] | None,
    source: Mapping[str, Any] | None,
    wanted: dict[str, Any],
    before: Mapping[str, Any] | None,
    slid: float | None,
) -> tuple:
    """A threshold as its store, the slider and the two fields hold it; `before` and `slid` are what the first two do now. The
    slider stays where it was put, the share is the one that is kept."""
    found = known(engine, study, source)
    if study is None or source is None or not found:
        return (dash.no_update,) * 4
    threshold = chosen(engine, study, source, found, wanted)
    wanted["measure"] = threshold.measure.name
    if wanted["score"] is not None:
        wanted["share"] = max(0.1, round(100 * threshold.kept, 1))
    shown = round(float(wanted["share"]), 1)
    return (
        dash.no_update if wanted == before else wanted,
        dash.no_update if shown == slid else shown,
        round(100 * threshold.kept, 2),
        float(f"{threshold.score:.6g}") if wanted["score"] is None else wanted["score"],
    )


def told_of(engine: Engine, study: Mapping[str, Any], split: str, threshold: Threshold) -> list:
    """What comes of a threshold."""
    measure = threshold.measure
    words = Tally.of(threshold.refused, threshold.among, correct_of(engine, study)).words(f"{split} images")
    parts: list = [html.B(measure.answered(threshold.score)), f" {words}."]
    hidden = int(images_in(engine, study, split).sum() - threshold.among.sum())
    if hidden:
        parts.append(f" {hidden:,} are not shown on the map and not asked.")
    if measure.note:
        parts.append(f" {measure.note}")
    return parts


def empty_words(source: Mapping[str, Any] | None) -> list:
    """What stands in the way of any measure, and what to do about it."""
    if source is None:
        return [NONE_YET]
    again = html.Button(
        "Try again", className="refuse-again", **pressing("retry", source["failed"], ids.REFUSE_PRESSED)
    )
    return [html.Span(source["words"]), *([again] if source["failed"] else [])]


def judged(source: Mapping[str, Any], found: Sequence[Measure]) -> str:
    """The result whose best curve and chance are drawn: of all predictions, where that is there."""
    return source["confidence"] or found[0].result


def figure_of(engine: Engine, source: Mapping[str, Any], found: Sequence[Measure], threshold: Threshold) -> Any:
    """The figure of a threshold."""
    measure, colours = threshold.measure, colours_of([each.name for each in found])
    if found[0].mean is None:
        scores = measure.scores(engine)[threshold.among]
        return scores_figure(scores, measure.title, measure.unit, colours[measure.name], threshold.score)
    curves = {each.name: (each.title, *curve_of(engine, each)) for each in drawn_of(found, measure.name)}
    kept, best = (engine.results.array(judged(source, found), name) for name in ("kept", "best"))
    chance = engine.results.meta(judged(source, found))["chance"]
    return curves_figure(curves, (kept, best), chance, measure.name, threshold.kept, colours)


def curve_of(engine: Engine, measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    """Shares kept, and accuracies of these."""
    result = measure.result
    return engine.results.array(result, "kept"), engine.results.array(result, f"curve-{measure.array}")


def curves_table(engine: Engine, source: Mapping[str, Any], found: Sequence[Measure]) -> str:
    """The curves: measure, share kept, accuracy among it."""
    rows: list = []
    for measure in found:
        rows += [
            [measure.title, *row] for row in zip(*(each.tolist() for each in curve_of(engine, measure)), strict=True)
        ]
    kept, best = (engine.results.array(judged(source, found), name).tolist() for name in ("kept", "best"))
    chance = engine.results.meta(judged(source, found))["chance"]
    rows += [["best possible", *row] for row in zip(kept, best, strict=True)]
    rows += [["chance", share, chance] for share in kept]
    return to_csv(["measure", "kept", "accuracy"], rows)


def scores_table(engine: Engine, threshold: Threshold) -> str:
    """How the scores of a measure are spread: ends of each bin, and images in it."""
    counts, edges = histogram(threshold.measure.scores(engine)[threshold.among])
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return to_csv([f"{threshold.measure.title} from", "to", "images"], rows)
