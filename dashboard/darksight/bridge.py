"""Predictions along what is drawn on the map: along a bridge between clusters those of one class turn into those of another.

The server says which points lie in what was drawn, and in which order; `assets/bridge.js` draws what they are predicted.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import labels_of
from dashboard.components.map_place import drawn_from
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, label, panel
from dashboard.components.tables import file_name, to_csv
from dashboard.darksight import ids
from dashboard.darksight.columns import (
    LEAST_SHARE,
    MEANS,
    MOST_NAMED,
    MOST_POINTS,
    Columns,
    bridge_words,
    columns_of,
    ends_of,
    most_points,
)
from dashboard.darksight.corridor import Walk, walk
from dashboard.first_answers import FirstAnswers
from dashboard.links import make_selection
from dashboard.map_points import Planes, Shown, corners
from workers.engine import Engine

ORIGIN = "bridge"
LINE = "Predictions along what is drawn on the map"
NO_MAP_YET = "A bridge can be drawn when the map is there."
HOW_TO_DRAW = (
    "Draw a line on the map along a bridge between two clusters (the line tool in its toolbar), or a box or a lasso round "
    "one: the predictions of its points appear here, in order along it."
)
HIDDEN_CLASSES = "; hidden classes left out"
USUAL_WIDTH = 4.0  # percent
STEPS = 2**16 - 1  # in which places along the way are told to the browser
TINTS = 2**8 - 1  # in which shares are told, to be drawn


def bridge_panel() -> html.Section:
    return panel(
        ids.BRIDGE_PANEL,
        "Bridge",
        LINE,
        [
            html.Div(id=ids.BRIDGE, className="bridge"),
            empty(ids.BRIDGE_WORDS, NO_MAP_YET),
            *[
                dcc.Store(id=store)
                for store in (
                    ids.BRIDGE_SET, ids.BRIDGE_SOURCE, ids.BRIDGE_WAY, ids.BRIDGE_ASKED, ids.BRIDGE_FOCUSED, ids.BRIDGE_PAINTED
                )
            ],
        ],
        controls=[
            html.Div(
                [
                    html.Span(id=ids.BRIDGE_WIDTH_TEXT, className="bridge-width-text"),
                    dmc.Slider(
                        id=ids.BRIDGE_WIDTH, min=0.5, max=20, step=0.5, value=USUAL_WIDTH, size="xs", w=80, label=None,
                        thumbLabel="Width of the corridor, in percent of the map",
                    ),
                ],
                id=ids.BRIDGE_WIDTH_BOX,
                style=HIDDEN,
                className="bridge-width",
            ),
            html.Button(
                id=ids.BRIDGE_CLEAR, className="icon-button icon-close", style=HIDDEN, **label("Take the bridge off the map"),
            ),
            dmc.Button(
                "Select these images", id=ids.BRIDGE_SELECT, size="compact-xs", variant="light", disabled=True,
                **label("Select the images of the bridge"),
            ),
        ],
        exports=[
            ("Predictions, CSV", {"id": ids.TABLE_BRIDGE}),
            ("Picture, SVG", {"id": "bridge-svg"}),
            ("Picture, PNG", {"id": "bridge-png"}),
        ],
        help_text=[
            "What the teacher says of the points in what was drawn on the map, in order along it (Xu, Crowley, Williams and "
            "Sutton 2018, \"DarkSight: interpreting deep classifiers by visual distillation of dark knowledge\", Fig. 2c): "
            "a column a point, as high as the probabilities of its classes. Along a bridge between two clusters those of one "
            "class turn smoothly into those of the other; where columns jump, the map has put together what is not alike.",
            "Of a line count the points at most half the corridor's width away from it, of a box or a lasso those inside; the "
            "order is that along the line, along the longer side of the box, along the principal axis of the lasso. Columns "
            "are equally wide; the axis below tells the place along, in units of the map.",
            f"Classes with a mean share of {LEAST_SHARE:.0%} or more have their colours (of many the {MOST_NAMED} with the "
            "greatest shares), all others are grey. A triangle marks where the likeliest class changes, a red foot what the "
            f"teacher gets wrong. Of more than {MOST_POINTS:,} points ({most_points(MOST_NAMED):,} where {MOST_NAMED} "
            f"classes are named) each of {MEANS:,} columns is the mean of as many neighbours along the way, its picture that "
            "of the image in their middle.",
            "Hover to see a point's numbers and its place on the maps; click, or walk with the arrow keys, to look at its "
            "image. The wheel, + and - zoom, 0 shows the whole again.",
        ],
    )  # fmt: skip


@dataclass(frozen=True)
class Bridge:
    """What was drawn on a map, and the points in it.

    Attributes
    ----------
    width : of the corridor, in units of the map.
    probabilities : (n, K) of the points in order.
    true : (n,) classes; None where they are not known.
    predicted : (n,) classes.
    """

    tool: str
    width: float
    points: Walk
    probabilities: np.ndarray
    true: np.ndarray | None
    predicted: np.ndarray

    @property
    def count(self) -> int:
        """Points."""
        return len(self.points.images)

    def columns(self) -> Columns:
        """What is drawn of it."""
        wrong = None if self.true is None else self.true != self.predicted
        return columns_of(self.points.images, self.points.along, self.probabilities, wrong)

    def title(self, class_names: list[str]) -> str:
        """What it is called: "bridge of 43 images between 4 and 9"."""
        return bridge_words(self.count, [class_names[number] for number in ends_of(self.probabilities)])


def bridge_of(
    engine: Engine,
    planes: Planes,
    keys: Mapping[str, str],
    outline: Mapping[str, Any],
    width: float,
    split: str,
    unshown: Mapping[str, Any] | None = None,
) -> Bridge:
    """The points of a split in what was drawn.

    Parameters
    ----------
    outline, unshown : as their stores hold them; classes that the legend hides do not count.
    width : of the corridor of a line, in percent of the map's longer side.

    Raises
    ------
    ValueError
        What was drawn is no line and no outline.
    """
    places = engine.results.array(outline["map"], "places")
    unshown = unshown or {"grouping": "predicted", "hidden": ()}
    shown = Shown(keys["images"], keys["predictions"], split, unshown["grouping"], tuple(unshown["hidden"]))
    width = width / 100 * float((np.nanmax(places, axis=0) - np.nanmin(places, axis=0)).max())
    points = walk(places, planes.of(outline["map"]), outline["tool"], *corners(outline), width, shown.mask(engine))
    labels = labels_of(engine, keys)
    return Bridge(
        tool=outline["tool"],
        width=width,
        points=points,
        probabilities=engine.results.array(keys["predictions"], "probabilities")[points.images],
        true=None if labels is None else labels[points.images],
        predicted=engine.results.array(keys["predictions"], "predicted")[points.images],
    )


def source_of(bridge: Bridge) -> dict[str, Any]:
    """What the browser draws a bridge from. Shares come in 256 tints and places in 65,536 steps of the way: enough to draw,
    while what is told of a point is asked for by its number, exactly."""
    points, columns = bridge.points, bridge.columns()
    steps = (columns.along * (STEPS / points.length)).round().astype(int)
    return {
        "count": bridge.count,
        "columns": len(columns.images),
        "ids": packed(columns.images, "<u4"),
        "along": packed(np.diff(steps, prepend=0), "<u2"),  # from column to column: small numbers
        "length": points.length,
        "named": columns.named.tolist(),
        "shares": packed((columns.shares.T * TINTS).round(), "<u1"),  # class by class, which shrinks best
        "likeliest": packed(columns.likeliest, "<u2"),
        "wrong": None if columns.wrong is None else packed(columns.wrong, "<u2"),
    }


def way_of(bridge: Bridge, outline: Mapping[str, Any]) -> dict[str, Any]:
    """Where a bridge is, for the map it was drawn on; a box or a lasso has no corridor."""
    return {
        "map": outline["map"],
        "at": outline["at"],
        "way": bridge.points.way.tolist(),
        "width": bridge.width if bridge.tool == "line" else None,
    }


def packed(values: np.ndarray, dtype: str) -> str:
    """Numbers in base64: the lowest bytes of all, then the next, as these are much the same and shrink on their way."""
    numbers = np.ascontiguousarray(values, dtype).reshape(-1, 1)
    return base64.b64encode(numbers.view("u1").T.tobytes()).decode()


def line_of(bridge: Bridge, split: str, class_names: list[str]) -> str:
    """The panel's line."""
    first, last = (class_names[number] for number in ends_of(bridge.probabilities))
    images = f"{bridge.count:,} {split} image{'' if bridge.count == 1 else 's'}"
    ends = f"within {first}" if first == last else f"from {first} to {last}"
    return f"{images} {ends}"


def bridge_table(bridge: Bridge, class_names: list[str]) -> str:
    """The points in order: image, place along in units of the map, classes, all probabilities; the true class is empty where
    it is not known."""
    true = [""] * bridge.count if bridge.true is None else [class_names[number] for number in bridge.true]
    columns = (
        bridge.points.images.tolist(),
        bridge.points.along.tolist(),
        true,
        [class_names[number] for number in bridge.predicted],
        bridge.probabilities.tolist(),
    )
    rows = ([image, along, true, taken, *said] for image, along, true, taken, said in zip(*columns, strict=True))
    return to_csv(["image", "along", "true", "predicted", *(f"p({name})" for name in class_names)], rows)


def register_bridge(app: dash.Dash, engine: Engine, first: FirstAnswers, planes: Planes) -> None:
    """Its callbacks."""

    def drawn(
        study: dict | None, fit: dict | None, outline: dict | None, width: float, split: str, unshown: dict | None
    ) -> Bridge | None:
        """What is shown; None while nothing is drawn on this map."""
        if study is None or fit is None or outline is None or outline["map"] != fit["key"]:
            return None
        return bridge_of(engine, planes, study["keys"], outline, width, split, unshown)

    @first.callback(
        output=Output(ids.BRIDGE_SET, "data"),
        inputs={"fit": Input(ids.FIT, "data"), "study": State(shared.STUDY, "data")},
    )
    def images(fit: dict | None, study: dict | None):
        """Where the browser finds the images of the map and what there is to say of each."""
        if study is None or fit is None:
            return None
        atlas = engine.results.meta(study["keys"]["images"])["atlas"]
        return drawn_from(engine, study["keys"], fit["key"]) | {"atlas": atlas}

    shown = {
        "outline": Input(ids.OUTLINE, "data"),
        "width": Input(ids.BRIDGE_WIDTH, "value"),
        "split": Input(ids.SPLIT, "value"),
        "fit": Input(ids.FIT, "data"),
        "unshown": Input(ids.UNSHOWN, "data"),
    }

    @first.callback(
        output={
            "source": Output(ids.BRIDGE_SOURCE, "data"),
            "way": Output(ids.BRIDGE_WAY, "data"),
            "clearable": Output(ids.BRIDGE_CLEAR, "style"),
            "words": Output(ids.BRIDGE_WORDS, "children"),
            "wordless": Output(ids.BRIDGE_WORDS, "style"),
            "subtitle": Output(f"{ids.BRIDGE_PANEL}-subtitle", "children"),
            "corridor": Output(ids.BRIDGE_WIDTH_BOX, "style"),
            "wide": Output(ids.BRIDGE_WIDTH_TEXT, "children"),
            "unselectable": Output(ids.BRIDGE_SELECT, "disabled"),
        },
        inputs={"asked": shown, "looked_at": Input(ids.POINTS_DECK, "value"), "study": State(shared.STUDY, "data")},
    )
    def draw(asked: dict[str, Any], looked_at: str, study: dict | None) -> Any:
        """The predictions along what was drawn; nothing before somebody looks."""
        if looked_at != ids.BRIDGE_PANEL:
            return dash.no_update
        fit, outline, split = asked["fit"], asked["outline"], asked["split"]
        told = {
            "source": None, "way": None, "words": NO_MAP_YET if fit is None else HOW_TO_DRAW, "wordless": SHOWN,
            "subtitle": LINE, "corridor": HIDDEN, "wide": "", "unselectable": True, "clearable": HIDDEN,
        }  # fmt: skip
        try:
            bridge = drawn(study, **asked)
        except ValueError as error:
            return told | {"words": f"{str(error)[:1].upper()}{str(error)[1:]}. {HOW_TO_DRAW}"}
        if bridge is None or study is None or outline is None:
            return told
        is_line = bridge.tool == "line"
        told |= {
            "way": way_of(bridge, outline), "clearable": SHOWN,
            "corridor": SHOWN if is_line else HIDDEN, "wide": f"{bridge.width:.2g} wide",
        }  # fmt: skip
        if not bridge.count:
            wider = ", or make the corridor wider" if is_line else ""
            left_out = " of the classes that are not hidden" if asked["unshown"] else ""
            return told | {"words": f"There is no {split} image{left_out} in what is drawn. Draw it elsewhere{wider}."}
        names = engine.results.meta(study["keys"]["images"])["class_names"]
        return told | {
            "source": source_of(bridge), "wordless": HIDDEN, "unselectable": False,
            "subtitle": line_of(bridge, split, names) + (HIDDEN_CLASSES if asked["unshown"] else ""),
        }  # fmt: skip

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawBridge"),
        Output(ids.BRIDGE_PAINTED, "data"),
        Input(ids.BRIDGE_SOURCE, "data"),
        Input(ids.BRIDGE_SET, "data"),
        Input(shared.FOCUS, "data"),
        Input(ids.BRIDGE_FOCUSED, "data"),
        Input(ids.POINTS_DECK, "value"),
    )

    chosen = {name: State(each.component_id, each.component_property) for name, each in shown.items()} | {
        "study": State(shared.STUDY, "data")
    }

    @app.callback(
        output=Output(ids.BRIDGE_FOCUSED, "data"),
        inputs={"asked": Input(ids.BRIDGE_ASKED, "data"), "chosen": chosen},
        prevent_initial_call=True,
    )
    def find(asked: dict | None, chosen: dict[str, Any]):
        """In which column an image is, where each is the mean of several."""
        bridge = drawn(**chosen) if asked else None
        if bridge is None or asked is None:
            return None
        place = np.flatnonzero(bridge.points.images == asked["image"])
        column = bridge.columns().column_of(int(place[0])) if len(place) else None
        return {"image": asked["image"], "column": column}

    @app.callback(
        output=Output(shared.SELECTION, "data", allow_duplicate=True),
        inputs={"clicks": Input(ids.BRIDGE_SELECT, "n_clicks"), "chosen": chosen},
        prevent_initial_call=True,
    )
    def select(clicks: int | None, chosen: dict[str, Any]):
        """All images of the bridge."""
        bridge = drawn(**chosen) if clicks else None  # or the view has only just been laid out
        if bridge is None or not bridge.count:
            return dash.no_update
        images = chosen["study"]["keys"]["images"]
        meta = engine.results.meta(images)
        mask = np.zeros(meta["count"], bool)
        mask[bridge.points.images] = True
        return make_selection(engine, images, mask, bridge.title(meta["class_names"]), ORIGIN, split=chosen["split"])

    @app.callback(
        output=Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        inputs={"clicks": Input(ids.TABLE_BRIDGE, "n_clicks"), "chosen": chosen},
        prevent_initial_call=True,
    )
    def take(clicks: int | None, chosen: dict[str, Any]):
        """The points in order and what is predicted of them, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        bridge = drawn(**chosen)
        if bridge is None or not bridge.count:
            tell("There is nothing to export before a bridge is drawn on the map.")
            return dash.no_update
        names = engine.results.meta(chosen["study"]["keys"]["images"])["class_names"]
        name = file_name("bridge", bridge.title(names).removeprefix("bridge of "))
        return dcc.send_string(bridge_table(bridge, names), f"{name}.csv")
