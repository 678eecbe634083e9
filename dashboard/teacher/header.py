"""The header of the view: images are added by number; how many are selected, and how often the teacher is right."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.abilities import labels_of
from dashboard.components.panel import label
from dashboard.first_answers import FirstAnswers
from dashboard.image_ids import typed
from dashboard.links import fitting, mask_of, put
from dashboard.measures import in_split, wilson_interval
from dashboard.teacher import ids
from dashboard.teacher.exchange import exchange_menu
from dashboard.teacher.saved import saved_menu
from dashboard.teacher.sets import combined, select
from workers.engine import Engine

NOT_AN_ESTIMATE = "no interval: chosen by outcome"
WHY_NOT = (
    "These images were chosen by what the teacher said of them, so their share of hits says nothing of other images."
)


def header() -> html.Section:
    """A line over the panels."""
    return html.Section(
        [
            dmc.TextInput(
                id=ids.ADD_IDS,
                placeholder="12, 40-50",
                size="xs",
                w=130,
                debounce=True,  # told together with Enter: told at each letter, the last ones would come after it
                **label("Image numbers to add to the selection"),
            ),
            dmc.Button("Add", id=ids.ADD_BUTTON, size="compact-xs", variant="light", **label("Add to the selection")),
            html.Div(id=ids.STRIP_WORDS, className="strip-words", role="status"),
            html.Div(className="spring"),
            saved_menu(),
            exchange_menu(),
        ],
        className="strip",
        **label("Selection"),
    )


def register_header(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output=[Output(ids.STRIP_WORDS, "children"), Output(ids.ADD_IDS, "error")],
        inputs={
            "ready": Input(shared.READY, "data"),
            "selection": Input(shared.SELECTION, "data"),
            "split": Input(ids.SPLIT, "value"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def tell_numbers(ready: list[str], selection: dict | None, split: str, study: dict | None):
        """How many are selected, and how often the teacher is right, about all of the split and about these; what was
        wrong with the field is over when something else is selected."""
        if study is None or "images" not in ready:
            return None, None
        selection = fitting(selection, study)
        said = [words("selected", f"{selection['count']:,}") if selection else html.Span("nothing selected")]
        if "predictions" not in ready:
            return said, None
        return said + accuracy_words(engine, study["keys"], selection, split), None

    @app.callback(
        Output(ids.ADD_IDS, "value"),
        Output(ids.ADD_IDS, "error", allow_duplicate=True),
        Input(ids.ADD_BUTTON, "n_clicks"),
        Input(ids.ADD_IDS, "n_submit"),
        State(ids.ADD_IDS, "value"),
        State(shared.SELECTION, "data"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def add(
        clicks: int | None,
        enters: int | None,
        text: str | None,
        selection: dict | None,
        study: dict | None,
        ready: list[str],
    ):
        """The images with the numbers that were typed join the selection."""
        if not (clicks or enters):  # the view has only just been laid out
            raise dash.exceptions.PreventUpdate
        if study is None or "images" not in ready:
            return dash.no_update, "the images are not there yet"
        images = study["keys"]["images"]
        try:
            mask = typed(text or "", engine.results.meta(images)["count"])
        except ValueError as error:
            return dash.no_update, str(error)
        added = select(engine, images, mask, f"image{'s' if mask.sum() > 1 else ''} {(text or '').strip()}")
        before = fitting(selection, study)
        put(shared.SELECTION, added if before is None else combined(engine, "union", before, added))
        return "", None


def accuracy_words(
    engine: Engine, keys: Mapping[str, str], selection: dict[str, Any] | None, split: str
) -> list[html.Span]:
    """How often the teacher is right about the images of a split, and about those selected."""
    labels = labels_of(engine, keys)
    if labels is None:
        return [html.Span("accuracy not known, as there are no labels")]
    meta = engine.results.meta(keys["images"])
    right = labels == engine.results.array(keys["predictions"], "predicted")
    split = split if meta["n_train"] else "test"  # where nothing is kept for training, all is test
    of_split = in_split(meta["count"], meta["n_train"], split)
    said = [share_words(f"{split} accuracy", right[of_split], by_outcome=False)]
    if selection:
        chosen = right[mask_of(engine, selection)]
        said.append(share_words("of the selection", chosen, by_outcome=selection.get("by_outcome", False)))
    return said


def share_words(what: str, right: np.ndarray, *, by_outcome: bool) -> html.Span:
    """The share of hits among some images (M,) bool, with its interval where that means something."""
    hits, count = int(right.sum()), len(right)
    if not count:
        return html.Span(f"{what}: no images")
    counted = f"{hits:,} of {count:,} right"
    if by_outcome:
        return words(what, f"{hits / count:.1%}", NOT_AN_ESTIMATE, f"{counted}. {WHY_NOT}")
    low, high = wilson_interval(hits, count)
    interval = f"95% interval {100 * low:.1f} to {100 * high:.1f}%"
    return words(what, f"{hits / count:.1%}", interval, f"{counted}; Wilson's score interval.")


def words(what: str, number: str, after: str = "", title: str = "") -> html.Span:
    """What there is a number of, the number, and what there is to add."""
    return html.Span([f"{what} ", html.B(number), f" ({after})" if after else ""], title=title or None)
