"""Does it belong? How far the layers' libraries agree on clean test images, and on such as are attacked or foreign; a threshold
on it selects images everywhere."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, label, panel, picture, segmented
from dashboard.components.run_row import run_row
from dashboard.first_answers import FirstAnswers
from dashboard.library import ids
from dashboard.library.asked import set_at
from dashboard.library.belongs_ask import NOT_YET, SETTINGS, ask_row, register_ask
from dashboard.library.belongs_figures import (
    Condition,
    auroc_figure,
    colours_of,
    histogram_figure,
    roc_figure,
)
from dashboard.library.belongs_groups import (
    FEWEST_UNTOUCHED,
    Asked,
    asked_of,
    clean_of,
    condition_at,
    conditions_of,
    how_sure,
    inside_of,
    outside_of,
    separation,
    separations,
    set_title,
    table_of,
)
from dashboard.library.belongs_strip import register_strip, strip_of
from dashboard.library.belongs_threshold import register_threshold
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
                            html.Span("CPL below", id=ids.BELONGS_AT, className="library-word"),
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
            "CPL, the consistency of the predictions of the layers' libraries, is the mean cosine of each two layers' scores "
            "(Lee 2019, Eq. 5): 1 where all agree, less where an input is not such as the net was trained for. Eq. 5 takes "
            "the scores as they are; the published code the soft-max of those of its 20 most active examples.",
            "Blue: clean test images that the net gets right; red: those that it gets wrong; violet: the chosen condition. "
            "ROC: which share of it lies below a threshold, against that of clean images. AUROC: the chance that a clean image "
            "has the higher CPL; a line a set of thresholds, the chosen one heavy.",
            f"Compared are clean images that the net gets right and that were not attacked, where there are {FEWEST_UNTOUCHED} "
            "of these; else all that it gets right. Intervals are of a bootstrap of both sides, 95 %; the libraries stay the "
            "same.",
            "The control is no attack: the published code clips inputs to 0 to 1 after they are normalised, which alone "
            "changes answers and lowers CPL. Attacks here are clipped as pixels, so their AUROC may be below the paper's.",
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
    words = f"AUROC {separation(engine, asked, at):.3f}, 95% {low:.3f} to {high:.3f}"
    if condition["success"] is None:
        return f"{words}, of {condition['title']} against clean test images"
    return f"{words}; {condition['title']} changed {condition['success']:.1%} of answers"
