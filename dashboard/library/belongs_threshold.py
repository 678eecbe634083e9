"""A threshold on consistency: where it may be, what lies below it, in words and in the charts, and that selected everywhere."""

from collections.abc import Mapping
from typing import Any

import dash
import numpy as np
from dash import Input, Output, Patch, State, html

from dashboard import ids as shared
from dashboard.first_answers import FirstAnswers
from dashboard.library import ids
from dashboard.library.asked import ORIGIN, mask_of_rows, set_at
from dashboard.library.belongs_figures import caught, line_at
from dashboard.library.belongs_groups import (
    USUAL_SHARE,
    Asked,
    asked_of,
    clean_of,
    condition_at,
    conditions_of,
    inside_of,
    outside_of,
    span_of,
    threshold_at,
)
from dashboard.links import make_selection
from workers.engine import Engine


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
        found = span_of(engine, asked)
        clean, _ = clean_of(engine, asked)
        now = {"of": list(asked._replace(outside=""))}
        if value is None or not found.least <= value <= found.most or basis not in (None, now):
            value = threshold_at(clean, share_below(engine, basis, value), found.decimals)
        return {**found._asdict(), "step": 10.0**-found.decimals, "value": value, "basis": now}

    @first.callback(
        output={
            "at": Output(ids.BELONGS_AT, "children"),
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
            return {"at": "CPL below", "said": [], "select": "Select", "cannot": True}
        asked = asked_of(shown, result, form, set_at(shown, chosen))
        below = int((clean_of(engine, asked)[0] < threshold).sum())
        said = told_of(engine, asked, condition, threshold)
        return {
            "at": f"CPL below {written(engine, asked, threshold)}",
            "said": said,
            "select": f"Select {below:,}",
            "cannot": not below,
        }

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
        words = f"CPL below {written(engine, asked, threshold)}"
        return make_selection(engine, shown["images"], mask, words, ORIGIN, by_outcome=True, split="test")


def share_below(engine: Engine, basis: Mapping[str, Any] | None, threshold: float | None) -> float:
    """The share of clean images below a threshold that was set on `basis`; the usual one where none was, or it is gone."""
    before = Asked(*basis["of"]) if basis else None
    if before is None or threshold is None or not engine.results.which([before.library]):
        return USUAL_SHARE
    return caught(clean_of(engine, before)[0], threshold)


def written(engine: Engine, asked: Asked, threshold: float) -> str:
    """A threshold, with as many decimals as matter."""
    return f"{threshold:.{span_of(engine, asked).decimals}f}"


def told_of(engine: Engine, asked: Asked, condition: str | None, threshold: float) -> list:
    """How many test images lie below a threshold, how many of the net's mistakes, and what of the condition."""
    clean, is_right = clean_of(engine, asked)
    below = clean < threshold
    words: list = [html.B(f"{int(below.sum()):,} of {len(clean):,} test images"), f" below ({below.mean():.1%})"]
    if not is_right.all():
        words.append(f", {np.mean(below[~is_right]):.1%} of the net's mistakes")
    if asked.outside:
        at = condition_at(conditions_of(engine, asked.outside), condition)
        shown = conditions_of(engine, asked.outside)[at]
        words += ["; catches ", html.B(f"{caught(outside_of(engine, asked, at), threshold):.1%} of {shown['title']}")]
        warning = "" if shown["is_control"] else engine.results.meta(asked.outside)["warning"]
        words += [". ", html.Span(warning, className="library-warning")] if warning else []
    return words
