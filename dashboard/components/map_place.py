"""A map on the page: the images as points, which the browser draws (`assets/scatter_map.js`), their colours and legend, how far
its job is, and what is selected on it. Several views have one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import has_labels
from dashboard.components.panel import HIDDEN, SHOWN, empty, label
from dashboard.components.run_row import NO_RUN, run_row, run_told
from dashboard.links import (
    chosen_by_outcome,
    fitting,
    make_selection,
    mask_of,
    picked_selection,
    picked_words,
)
from dashboard.map_points import Planes, Shown
from dashboard.theme import ACCENT_COLOUR, PLAIN, RAMP, RIGHT, WRONG, class_colours
from workers.engine import Engine
from workers.jobs import Job

COLOURS = {
    "true": "True class",
    "predicted": "Predicted class",
    "right": "Right, wrong",
    "confidence": "Confidence",
    "entropy": "Entropy",
    "margin": "Margin",
}
BY_TRUTH = ("true", "right")  # where the true classes are not known, there are none of these


@dataclass(frozen=True)
class MapPlace:
    """The ids of what belongs to one map of the page; its name begins all of them.

    Attributes
    ----------
    coloured_as : the name of another place, whose colours the points of this one always have; none for colours of its own.
    """

    name: str
    coloured_as: str = ""

    @property
    def host(self) -> str:
        """Where it is drawn."""
        return self.name

    @property
    def panel(self) -> str:
        return f"{self.name}-panel"

    @property
    def subtitle(self) -> str:
        return f"{self.panel}-subtitle"

    @property
    def colour(self) -> str:
        """The picker of what points are coloured by."""
        return f"{self.coloured_as or self.name}-colour"

    @property
    def legend(self) -> str:
        return f"{self.name}-legend"

    @property
    def words(self) -> str:
        """What stands where there is no map."""
        return f"{self.name}-words"

    @property
    def run(self) -> str:
        """How far the job of the map is: what is `told`, and its buttons."""
        return f"{self.name}-run"

    @property
    def told(self) -> str:
        return f"{self.name}-told"

    @property
    def cancel(self) -> str:
        return f"{self.name}-cancel"

    @property
    def retry(self) -> str:
        return f"{self.name}-retry"

    @property
    def source(self) -> str:
        """A store: what the browser draws the map from."""
        return f"{self.name}-source"

    @property
    def again(self) -> str:
        """A store that changes when the browser draws once more, after it could not."""
        return f"{self.name}-again"

    @property
    def painted(self) -> str:
        """A store: how often it was drawn."""
        return f"{self.name}-painted"

    @property
    def picked(self) -> str:
        """A store: what a lasso or a box enclosed, {"images", "bits", "tool"}; of many points its outline."""
        return f"{self.name}-picked"


def map_body(place: MapPlace, words: str, foot: Sequence[Any] = ()) -> list:
    """What a panel with a map is filled with.

    Parameters
    ----------
    words : what stands there before there is anything.
    foot : further controls under the map, between the colours and the legend.
    """
    colours = [] if place.coloured_as else [colour_picker(place)]
    return [
        html.Div(
            [
                html.Div(id=place.host, className="scatter"),
                html.Div(
                    [
                        *colours,
                        *foot,
                        html.Div(id=place.legend, className="scatter-legend"),
                    ],
                    className="scatter-foot",
                ),
            ],
            className="scatter-body",
        ),
        empty(place.words, words),
        run_row(place.run, place.told, place.cancel, place.retry),
        *[dcc.Store(id=store) for store in (place.source, place.again, place.painted, place.picked)],
    ]  # fmt: skip


def colour_picker(place: MapPlace) -> dmc.Select:
    return dmc.Select(
        id=place.colour,
        data=options(COLOURS),
        value="true",
        size="xs",
        w=118,
        allowDeselect=False,
        **label("Colour by"),
    )


def no_map(words: str) -> dict[str, Any]:
    """What the outputs of `run_outputs` are while there is no map, and no job of it."""
    return {
        "source": None, "words": words, "wordless": SHOWN, "run": "scatter-run", **NO_RUN,
    }  # fmt: skip


def made_map(source: dict[str, Any]) -> dict[str, Any]:
    """What they are when there is a map."""
    return no_map("") | {"source": source, "wordless": HIDDEN}


def map_in_the_making(made: Job, words: str, source: dict[str, Any] | None) -> dict[str, Any]:
    """What they are while its job is not done; `source` is of a preview, if there is one."""
    over = {} if source is None else {"run": "scatter-run scatter-run-over"}
    return no_map("") | {"source": source, "wordless": HIDDEN} | run_told(made, words) | over


def is_previewed(made: Job) -> bool:
    """Whether the job of a map shows what it has so far."""
    return made.state == "running" and made.previews > 0


def options(titles: Mapping[str, str], there: Any = None) -> list[dict[str, Any]]:
    """The choices of a picker; those that are not `there` cannot be chosen."""
    return [
        {"value": name, "label": title, "disabled": there is not None and name not in there}
        for name, title in titles.items()
    ]


def colour_options(engine: Engine, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the points of a study can be coloured by."""
    return options(COLOURS, [name for name in COLOURS if name not in BY_TRUTH or has_labels(engine, keys)])


def drawn_from(engine: Engine, keys: Mapping[str, str], key: str) -> dict[str, Any]:
    """What the browser draws any map of a study from, be it finished or in the making: where the arrays lie, names and
    colours."""
    images = engine.results.meta(keys["images"])
    return {
        "map": key,
        "images": keys["images"],
        "predictions": keys["predictions"],
        "labels": has_labels(engine, keys),
        "count": images["count"],
        "n_train": images["n_train"],
        "class_names": images["class_names"],
        "colours": class_colours(images["n_classes"]),
        "verdicts": [RIGHT, WRONG],
        "ramp": RAMP,
        "accent": ACCENT_COLOUR,
        "plain": PLAIN,
    }


def run_outputs(place: MapPlace) -> dict[str, Output]:
    """The outputs of a callback that says what a place shows: a map, how far its job is, or why there is none."""
    return {
        "source": Output(place.source, "data"),
        "words": Output(place.words, "children"),
        "wordless": Output(place.words, "style"),
        "told": Output(place.told, "children"),
        "run": Output(place.run, "className"),
        "not_run": Output(place.run, "hidden"),
        "cancel": Output(place.cancel, "display"),
        "retry": Output(place.retry, "display"),
    }


def register_map_place(
    app: dash.Dash, planes: Planes, place: MapPlace, split: str, function: str, *more: Input
) -> None:
    """The callbacks of a map on the page: it is drawn, and selected on.

    Parameters
    ----------
    planes : the points of maps, of all places.
    split : id of the control that says which images are shown.
    function : of the browser's, draws the map; it is told the source, the selection, the split, the focused image, what points
        are coloured by, how often it could not be drawn, and `more`.
    """
    engine = planes.engine
    app.clientside_callback(
        ClientsideFunction("darkroom", function),
        Output(place.painted, "data"),
        Output(place.subtitle, "children"),
        Input(place.source, "data"),
        Input(shared.SELECTION, "data"),
        Input(split, "value"),
        Input(shared.FOCUS, "data"),
        Input(place.colour, "value"),
        Input(place.again, "data"),
        *more,
    )

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(place.picked, "data"),
        State(split, "value"),
        State(shared.STUDY, "data"),
        State(shared.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def select(picked: dict | None, split: str, study: dict | None, before: dict | None):
        """The images that a lasso or a box encloses, or those of a class of the legend; or these and what was selected
        before, or that without these. Of many points the browser tells the outline, else it tells the images."""
        if picked is None or study is None or fitting(picked, study) is None:
            return dash.no_update
        onto = picked.get("onto", False) and chosen_by_outcome(before, study)
        more = {"by_outcome": onto or picked.get("by_outcome", False), "split": split}
        if "bits" in picked:
            return picked_selection(engine, picked, study, place.name, **more)
        held, keys = fitting(before, study), study["keys"]
        shown = Shown(keys["images"], keys["predictions"], split, picked["grouping"], tuple(picked["hidden"]))
        mask = planes.picked(picked, shown, None if held is None else mask_of(engine, held))
        if not mask.any():
            return None
        return make_selection(engine, keys["images"], mask, picked_words(picked["tool"], mask), place.name, **more)
