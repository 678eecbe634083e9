"""Does it belong? How far the layers' libraries agree on clean test images, and on such as are attacked or foreign; a threshold
on it selects images everywhere."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, Patch, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, label, panel, picture, segmented
from dashboard.components.run_row import run_row
from dashboard.first_answers import FirstAnswers
from dashboard.library import ids
from dashboard.library.asked import ORIGIN, mask_of_rows, set_at
from dashboard.library.belongs_ask import NOT_YET, SETTINGS, ask_row, register_ask
from dashboard.library.belongs_figures import (
    Condition,
    auroc_figure,
    caught,
    colours_of,
    histogram_figure,
    line_at,
    roc_figure,
)
from dashboard.library.belongs_groups import (
    FEWEST_UNTOUCHED,
    USUAL_SHARE,
    Asked,
    asked_of,
    clean_of,
    condition_at,
    conditions_of,
    decimals_of,
    how_sure,
    inside_of,
    outside_of,
    separation,
    separations,
    set_title,
    span_of,
    table_of,
    threshold_at,
)
from dashboard.library.belongs_strip import register_strip, strip_of
from dashboard.links import make_selection
from workers.engine import Engine

LINE = "How far the layers' libraries agree on each test image: what agrees less may not belong"
FORMS = [("raw", "Eq. 5"), ("published", "Published")]
PLACES = [*SETTINGS, (ids.BELONGS_THRESHOLD, "value")]
ALONE = "library-charts library-alone"  # without anything from outside there is one chart


def belongs_panel() -> html.Section:
    return panel(
        ids.BELONGS_PANEL,
        "Does it belong?",
        LINE,
        [
            html.Div(
                [
                    ask_row(),
                    html.Div(id=ids.BELONGS_WARNING, className="library-warning", role="status"),
                    run_row(ids.BELONGS_RUN, ids.BELONGS_TOLD, ids.BELONGS_CANCEL, ids.BELONGS_RETRY, "library-run"),
                    html.Div(
                        [
                            dmc.Select(
                                id=ids.BELONGS_SHOWN, data=[], size="xs", placeholder="nothing shown to them yet",
                                allowDeselect=False, flex=1, miw=0, comboboxProps={"withinPortal": True},
                                **label("What clean images are compared with"),
                            ),
                            dmc.Select(
                                id=ids.BELONGS_CONDITION, data=[], size="xs", w=132, allowDeselect=False, style=HIDDEN,
                                comboboxProps={"withinPortal": True}, **label("Condition"),
                            ),
                        ],
                        className="library-row",
                    ),
                    html.Div(
                        [
                            graph(ids.BELONGS_HISTOGRAM, style=SHOWN),
                            graph(ids.BELONGS_ROC, style=SHOWN),
                            graph(ids.BELONGS_AUROC, style=SHOWN),
                        ],
                        id=ids.BELONGS_CHARTS,
                        className=ALONE,
                    ),
                    html.Div(
                        [
                            html.Span("CPL below", className="library-word"),
                            dmc.Slider(
                                id=ids.BELONGS_THRESHOLD, min=-1, max=1, step=0.001, precision=3, value=None, size="sm",
                                flex=1, updatemode="drag", color="orange", thumbLabel="Threshold of consistency",
                            ),
                            dmc.Button("Select", id=ids.BELONGS_SELECT, size="compact-xs", variant="light"),
                        ],
                        className="library-row library-threshold",
                    ),
                    html.Div(id=ids.BELONGS_SAID, className="library-said", role="status"),
                    html.Div(id=ids.BELONGS_STRIP, className="library-strip"),
                ],
                id=ids.BELONGS_BODY,
                className="library-belongs",
                style=HIDDEN,
            ),
            empty(ids.BELONGS_WORDS, NOT_YET),
            *[
                dcc.Store(id=store)
                for store in (
                    ids.BELONGS_SEEN, ids.BELONGS_RESULT, ids.BELONGS_BASIS, ids.BELONGS_DRAWN, ids.BELONGS_PRESSED,
                )
            ],
        ],
        controls=[segmented(ids.BELONGS_FORM, FORMS, "raw", "Form of consistency")],
        exports=[
            ("AUROC, CSV", {"id": ids.TABLE_BELONGS}),
            ("Histogram, SVG", picture(ids.BELONGS_HISTOGRAM)[1]),
            ("ROC, SVG", picture(ids.BELONGS_ROC)[1]),
            ("AUROC, SVG", picture(ids.BELONGS_AUROC)[1]),
        ],
        help_text=[
            "In a trained net the layers' libraries say much the same of an image. CPL, the consistency of their predictions, "
            "is the mean cosine of each two layers' scores (Lee 2019, Eq. 5): 1 where all agree. It falls where an input is "
            "not such as the net was trained for. Eq. 5 takes the scores as they are; the published code takes the soft-max "
            "of those of its 20 most active examples.",
            "Blue: clean test images that the net gets right; the red line: those that it gets wrong; violet: the chosen "
            "condition. The ROC curve tells which share of it lies below a threshold, against that of clean images; AUROC is "
            "the chance that a clean image has the higher CPL. Right: AUROC against ε, a line a set of thresholds, the "
            "chosen one heavy with its intervals.",
            f"Compared are clean images that the net gets right and that were not attacked, if there are {FEWEST_UNTOUCHED} "
            "or more of these; else all that it gets right. The interval is that of a bootstrap of both sides, 95 %: images "
            "are drawn anew, the libraries are not made anew.",
            "The grey control is no attack. The published code clips inputs to 0 to 1 after they are normalised, which alone "
            "changes answers and lowers CPL: what an attack adds is what lies above the control. Attacks here are clipped "
            "as pixels, so their AUROC may be lower than the paper's.",
            "Select takes the test images below the threshold into every view.",
        ],
    )  # fmt: skip


def register_belongs(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_ask(app, engine, first)
    register_drawn(app, engine, first)
    register_threshold(app, engine, first)
    register_strip(app)


def register_drawn(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "choices": Output(ids.BELONGS_CONDITION, "data"),
            "value": Output(ids.BELONGS_CONDITION, "value"),
            "style": Output(ids.BELONGS_CONDITION, "style"),
        },
        inputs={"result": Input(ids.BELONGS_RESULT, "data"), "value": State(ids.BELONGS_CONDITION, "value")},
    )
    def offer(result: str | None, value: str | None):
        """The conditions of the result; the one that was looked at, if it has it."""
        if result is None:
            return {"choices": [], "value": None, "style": HIDDEN}
        conditions = conditions_of(engine, result)
        titles = [each["title"] for each in conditions]
        chosen = titles[condition_at(conditions, value)]
        return {"choices": titles, "value": chosen, "style": SHOWN if len(titles) > 1 else HIDDEN}

    @first.callback(
        output={
            "histogram": Output(ids.BELONGS_HISTOGRAM, "figure"),
            "roc": Output(ids.BELONGS_ROC, "figure"),
            "auroc": Output(ids.BELONGS_AUROC, "figure"),
            "charts": Output(ids.BELONGS_CHARTS, "className"),
            "strip": Output(ids.BELONGS_STRIP, "children"),
            "subtitle": Output(f"{ids.BELONGS_PANEL}-subtitle", "children"),
            "drawn": Output(ids.BELONGS_DRAWN, "data"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "chosen": Input(ids.SET, "value"),
            "form": Input(ids.BELONGS_FORM, "value"),
            "result": Input(ids.BELONGS_RESULT, "data"),
            "condition": Input(ids.BELONGS_CONDITION, "value"),
            "looked_at": Input(ids.RIGHT_DECK, "value"),
            "threshold": State(ids.BELONGS_THRESHOLD, "value"),
        },
    )
    def draw(shown, chosen, form, result, condition, looked_at, threshold):
        """The charts, and some images of the condition."""
        if looked_at != ids.BELONGS_PANEL:
            raise dash.exceptions.PreventUpdate
        if shown is None:
            return {"histogram": dash.no_update, "roc": dash.no_update, "auroc": dash.no_update, "charts": ALONE,
                    "strip": [], "subtitle": LINE, "drawn": None}  # fmt: skip
        asked = asked_of(shown, result, form, set_at(shown, chosen))
        return charts_of(engine, shown, asked, condition, threshold)

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_BELONGS, "n_clicks"),
        State(ids.SHOWN, "data"),
        State(ids.BELONGS_RESULT, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None, result: str | None):
        """A row a condition, set and form, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None or result is None:
            tell("There is nothing to export before something is shown to the libraries.")
            return dash.no_update
        return dcc.send_string(table_of(engine, asked_of(shown, result, "raw", 0), shown), "belongs.csv")


def charts_of(
    engine: Engine, shown: Mapping[str, Any], asked: Asked, condition: str | None, threshold: float | None
) -> dict[str, Any]:
    """What the panel draws, by the names of the outputs of `draw`."""
    clean, is_right = clean_of(engine, asked)
    told = {
        "roc": dash.no_update,
        "auroc": dash.no_update,
        "charts": ALONE,
        "strip": [],
        "drawn": {"of": asked, "at": 0},
    }
    if not asked.outside:
        figure = histogram_figure(clean[is_right], clean[~is_right], None, threshold)
        subtitle = f"CPL of {len(clean):,} test images; nothing else has been shown to these libraries"
        return told | {"histogram": figure, "subtitle": subtitle}
    conditions = conditions_of(engine, asked.outside)
    at, colours = condition_at(conditions, condition), colours_of(conditions)
    drawn = [
        Condition(each["title"], colour, outside_of(engine, asked, number))
        for number, (each, colour) in enumerate(zip(conditions, colours, strict=True))
    ]
    figure = histogram_figure(clean[is_right], clean[~is_right], drawn[at], threshold)
    told |= {
        "histogram": figure,
        "charts": "library-charts",
        "strip": strip_of(engine, asked, shown, at),
        "subtitle": worth(engine, asked, conditions[at], at),
        "drawn": {"of": asked, "at": at},
    }
    if not is_right.any():
        return told | {"charts": ALONE}
    areas = separations(engine, asked, shown["n_sets"])
    rows, sets = (
        (range(len(conditions)), [asked.at]) if conditions[0]["epsilon"] is not None else ([0], range(shown["n_sets"]))
    )
    sure = {(row, each): how_sure(engine, asked._replace(at=each), row) for row in rows for each in sets}
    titles = [set_title(shown, each) for each in range(shown["n_sets"])]
    return told | {
        "roc": roc_figure(inside_of(engine, asked), drawn, at, threshold),
        "auroc": auroc_figure(areas, conditions, titles, asked.at, sure),
    }


def worth(engine: Engine, asked: Asked, condition: Mapping[str, Any], at: int) -> str:
    """How well consistency tells a condition apart, and what it did to the answers."""
    low, high = how_sure(engine, asked, at)
    words = f"AUROC {separation(engine, asked, at):.3f} (95 %: {low:.3f} to {high:.3f}) of {condition['title']}"
    if condition["success"] is None:
        return words
    warning = engine.results.meta(asked.outside)["warning"]
    words += f"; {condition['success']:.1%} of answers changed"
    return f"{words}. {warning}" if warning else words


def register_threshold(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    sees = {
        "shown": Input(ids.SHOWN, "data"),
        "chosen": Input(ids.SET, "value"),
        "form": Input(ids.BELONGS_FORM, "value"),
        "result": Input(ids.BELONGS_RESULT, "data"),
    }

    @first.callback(
        output={
            "least": Output(ids.BELONGS_THRESHOLD, "min"),
            "most": Output(ids.BELONGS_THRESHOLD, "max"),
            "step": Output(ids.BELONGS_THRESHOLD, "step"),
            "decimals": Output(ids.BELONGS_THRESHOLD, "precision"),
            "value": Output(ids.BELONGS_THRESHOLD, "value"),
            "basis": Output(ids.BELONGS_BASIS, "data"),
        },
        inputs={
            **sees,
            "_looked_at": Input(ids.RIGHT_DECK, "value"),  # what was set before it was laid out, a slider does not show
            "value": State(ids.BELONGS_THRESHOLD, "value"),
            "basis": State(ids.BELONGS_BASIS, "data"),
        },
    )
    def span(shown, chosen, form, result, _looked_at, value, basis):
        """From where to where the threshold goes. Of another set or form it keeps the share of clean images below it, as their
        consistencies lie elsewhere."""
        if shown is None:
            raise dash.exceptions.PreventUpdate
        asked = asked_of(shown, result, form, set_at(shown, chosen))
        least, most, step = span_of(engine, asked)
        clean, _ = clean_of(engine, asked)
        now = {"of": asked._replace(outside="")}
        if value is None or not least <= value <= most or basis not in (None, now):
            before = Asked(*basis["of"]) if basis else None
            share = USUAL_SHARE if before is None or value is None else caught(clean_of(engine, before)[0], value)
            value = threshold_at(clean, share, decimals_of(least, most))
        return {
            "least": least,
            "most": most,
            "step": step,
            "decimals": decimals_of(least, most),
            "value": value,
            "basis": now,
        }

    @first.callback(
        output={
            "said": Output(ids.BELONGS_SAID, "children"),
            "select": Output(ids.BELONGS_SELECT, "children"),
            "cannot": Output(ids.BELONGS_SELECT, "disabled"),
        },
        inputs={
            **sees,
            "condition": Input(ids.BELONGS_CONDITION, "value"),
            "threshold": Input(ids.BELONGS_THRESHOLD, "value"),
        },
    )
    def say(shown, chosen, form, result, condition, threshold):
        """What lies below the threshold, in words."""
        if shown is None or threshold is None:
            return {"said": [], "select": "Select", "cannot": True}
        asked = asked_of(shown, result, form, set_at(shown, chosen))
        below = int((clean_of(engine, asked)[0] < threshold).sum())
        return {
            "said": told_of(engine, asked, condition, threshold), "select": f"Select {below:,}", "cannot": not below,
        }  # fmt: skip

    @app.callback(
        Output(ids.BELONGS_HISTOGRAM, "figure", allow_duplicate=True),
        Output(ids.BELONGS_ROC, "figure", allow_duplicate=True),
        Input(ids.BELONGS_THRESHOLD, "value"),
        Input(ids.BELONGS_DRAWN, "data"),
        prevent_initial_call=True,
    )
    def mark(threshold: float | None, drawn: dict | None):
        """The threshold in the charts that are there."""
        if threshold is None or drawn is None:
            raise dash.exceptions.PreventUpdate
        histogram, curve, asked = Patch(), Patch(), Asked(*drawn["of"])
        histogram["layout"]["shapes"] = [line_at(threshold)]
        if not asked.outside or not clean_of(engine, asked)[1].any():
            return histogram, dash.no_update
        curve["data"][-1]["x"] = [caught(inside_of(engine, asked), threshold)]
        curve["data"][-1]["y"] = [caught(outside_of(engine, asked, drawn["at"]), threshold)]
        return histogram, curve

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.BELONGS_SELECT, "n_clicks"),
        State(ids.SHOWN, "data"),
        State(ids.SET, "value"),
        State(ids.BELONGS_FORM, "value"),
        State(ids.BELONGS_THRESHOLD, "value"),
        prevent_initial_call=True,
    )
    def select(clicks: int | None, shown: dict | None, chosen: int | None, form: str, threshold: float | None):
        """The test images below the threshold, everywhere."""
        if not clicks or shown is None or threshold is None:  # the view was laid out
            return dash.no_update
        asked = asked_of(shown, None, form, set_at(shown, chosen))
        clean, _ = clean_of(engine, asked)
        mask = mask_of_rows(engine, shown, clean < threshold)
        words = f"CPL below {threshold:.{decimals_of(float(clean.min()), float(clean.max()))}f}"
        return make_selection(engine, shown["images"], mask, words, ORIGIN, by_outcome=True, split="test")


def told_of(engine: Engine, asked: Asked, condition: str | None, threshold: float) -> list:
    """How many test images lie below a threshold, how many of the net's mistakes, and what of the condition."""
    clean, is_right = clean_of(engine, asked)
    below = clean < threshold
    words: list = [
        html.B(f"{int(below.sum()):,} of {len(clean):,} test images"),
        f" lie below {threshold:g} ({below.mean():.1%})",
    ]
    if not is_right.all():
        words.append(f", {np.mean(below[~is_right]):.1%} of the net's mistakes among them")
    if asked.outside:
        at = condition_at(conditions_of(engine, asked.outside), condition)
        title = conditions_of(engine, asked.outside)[at]["title"]
        words += ["; catches ", html.B(f"{caught(outside_of(engine, asked, at), threshold):.1%} of {title}")]
    return [*words, "."]
