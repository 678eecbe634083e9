"""How answers come about: the paths of images from what the first layer's library would answer to what the net does, as a
sequence sunburst (`assets/library_burst.js`) or as a Sankey diagram."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture, segmented
from dashboard.components.tables import to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.library import ids
from dashboard.library.asked import ORIGIN, mask_of_rows, rows_of, set_at
from dashboard.library.flow_figure import (
    NET,
    Paths,
    clicked_path,
    links_of,
    paths_of,
    sankey_figure,
    sectors_of,
    step_names,
)
from dashboard.library.net import NO_IMAGES, answers_of
from dashboard.links import fitting, make_selection
from workers.engine import Engine

LINE = "What each layer alone would answer, up to the net's answer"
NOT_YET = "Make libraries: the ways of images through the layers are drawn here."
NO_SELECTION = "Nothing is selected: select images in any view, or choose All test images above."
WAYS = [("burst", "Sunburst"), ("sankey", "Sankey")]
MOST_RUNS = 3  # stretches of a path that its name has


def flow_panel() -> html.Section:
    return panel(
        ids.FLOW_PANEL,
        "Decision flow",
        LINE,
        [
            html.Div(id=ids.FLOW_BURST, className="library-burst", style=HIDDEN),
            graph(ids.FLOW_SANKEY),
            empty(ids.FLOW_WORDS, NOT_YET),
            *[dcc.Store(id=store) for store in (ids.FLOW_PATHS, ids.FLOW_OWN, ids.FLOW_PAINTED)],
        ],
        controls=[segmented(ids.FLOW_WAY, WAYS, "burst", "How paths are drawn")],
        exports=[
            ("Paths, CSV", {"id": ids.TABLE_FLOW}),
            ("Sunburst, SVG", picture(ids.FLOW_BURST)[1]),
            ("Sankey, SVG", picture(ids.FLOW_SANKEY)[1]),
        ],
        help_text=[
            "Each layer has a library of stored examples, and with it an answer of its own (Lee 2019, Eq. 3): what the net "
            "answered for the examples whose activations are most like those of the image. The path of an image is these "
            "answers, layer by layer, and the net's in the end.",
            "Sunburst: the innermost ring is the first layer, the outermost the net's answer. A sector is as wide as there are "
            "images whose path begins like this, and has the colour of the class; where it goes on in the same colour, the "
            "layer does not change the answer. The deeper a layer, the more alike its images of a class are, so that most "
            "paths settle on the way; where a sector splits late, the decision is taken late. Grey: too few images.",
            "Sankey: a column a layer, a node a class, a link as wide as there are images that go from one to the other. It "
            "shows each step on its own: which images went on how does not depend on where they came from.",
            "Click a sector, a node or a link to select its images; in the sunburst arrow keys go along a ring, inwards and "
            "outwards, and Enter selects. The focused image's own path is outlined if it is a test image of the libraries.",
            "A layer's answer depends on how many examples its library holds: look at more than one set of thresholds.",
        ],
    )


def register_flow(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_drawn(app, engine, first)
    register_picked(app, engine)


def register_drawn(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    asked = {
        "shown": Input(ids.SHOWN, "data"),
        "value": Input(ids.SET, "value"),
        "scope": Input(ids.SCOPE, "value"),
        "selection": Input(shared.SELECTION, "data"),
        "study": State(shared.STUDY, "data"),
        "way": Input(ids.FLOW_WAY, "value"),
    }

    @first.callback(
        output={
            "paths": Output(ids.FLOW_PATHS, "data"),
            "burst": Output(ids.FLOW_BURST, "style"),
            "sankey": Output(ids.FLOW_SANKEY, "style"),
            "words": Output(ids.FLOW_WORDS, "children"),
            "wordless": Output(ids.FLOW_WORDS, "style"),
            "subtitle": Output(f"{ids.FLOW_PANEL}-subtitle", "children"),
        },
        inputs=asked,
    )
    def fill(
        shown: dict | None, value: int | None, scope: str, selection: dict | None, study: dict | None, way: str
    ) -> dict[str, Any]:
        """What is drawn, and of which images."""
        told = {
            "paths": None, "burst": HIDDEN, "sankey": HIDDEN, "words": NOT_YET, "wordless": SHOWN, "subtitle": LINE,
        }  # fmt: skip
        if shown is None or study is None:
            return told
        at = set_at(shown, value)
        rows = rows_of(engine, shown, study, scope, selection)
        if not len(rows):
            return told | {"words": NO_IMAGES if fitting(selection, study) else NO_SELECTION}
        paths = paths_of(*answers_of(engine, shown, at, rows))
        told |= {"words": "", "wordless": HIDDEN}
        of = (
            f"{len(rows):,} {'of the selected' if scope == 'selection' else 'test'} images, {len(paths.counts):,} paths"
        )
        if way == "sankey":
            _, least = links_of(paths, len(shown["names"]))
            return told | {"sankey": SHOWN, "subtitle": of + left_words("links", least)}
        sectors = sectors_of(paths)
        return told | {
            "paths": {
                "key": shown["key"],
                "at": at,
                "steps": step_names(shown),
                "sectors": np.stack(sectors[:3], axis=1).tolist(),
                "total": len(rows),
            },
            "burst": SHOWN,
            "subtitle": of + left_words("sectors", sectors.least),
        }

    @first.callback(
        output={"own": Output(ids.FLOW_OWN, "data")},
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "value": Input(ids.SET, "value"),
            "focus": Input(shared.FOCUS, "data"),
        },
    )
    def follow(shown: dict | None, value: int | None, focus: int | None):
        """The path of the focused image."""
        return {"own": None if shown is None else own_of(engine, shown, set_at(shown, value), focus)}

    @first.callback(
        output={"figure": Output(ids.FLOW_SANKEY, "figure")},
        inputs=asked | {"own": Input(ids.FLOW_OWN, "data")},
    )
    def link(
        shown: dict | None, value: int | None, scope: str, selection: dict | None, study: dict | None, way: str,
        own: dict | None,
    ):  # fmt: skip
        """The Sankey diagram."""
        if shown is None or study is None or way != "sankey":
            raise dash.exceptions.PreventUpdate
        rows = rows_of(engine, shown, study, scope, selection)
        if not len(rows):
            raise dash.exceptions.PreventUpdate
        counts, _ = links_of(paths_of(*answers_of(engine, shown, set_at(shown, value), rows)), len(shown["names"]))
        return {"figure": sankey_figure(counts, shown, own["path"] if own else None)}

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawBurst"),
        Output(ids.FLOW_PAINTED, "data"),
        Input(ids.FLOW_PATHS, "data"),
        Input(ids.FLOW_OWN, "data"),
        Input(shared.SELECTION, "data"),
        State(ids.SHOWN, "data"),
    )


def register_picked(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.FLOW_PICKED, "data"),
        Input(ids.FLOW_SANKEY, "clickData"),
        State(ids.SHOWN, "data"),
        State(ids.SET, "value"),
        State(ids.SCOPE, "value"),
        State(shared.SELECTION, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def select(
        _picked: dict | None, _clicked: dict | None, shown: dict | None, value: int | None, scope: str,
        selection: dict | None, study: dict | None,
    ):  # fmt: skip
        """The images whose path goes where it was clicked."""
        given: Any = dash.ctx.triggered[0]["value"]
        if not given or shown is None or study is None or fitting(shown, study) is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        at, rows = set_at(shown, value), rows_of(engine, shown, study, scope, selection)
        answers, net = answers_of(engine, shown, at, rows)
        if "path" in given:
            path = given["path"]
        else:
            path = clicked_path(given["points"][0], links_of(paths_of(answers, net), len(shown["names"]))[0])
        there = on_path(answers, net, path)
        words = path_words(shown, path)
        if not there.any():
            tell(f"There is no image any more that goes {words}.")
            return dash.no_update
        mask = mask_of_rows(engine, shown, rows[there])
        flow = {"key": shown["key"], "at": at, "path": path}
        return make_selection(engine, shown["images"], mask, words, ORIGIN, by_outcome=True, flow=flow)

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_FLOW, "n_clicks"),
        State(ids.SHOWN, "data"),
        State(ids.SET, "value"),
        State(ids.SCOPE, "value"),
        State(shared.SELECTION, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def take(
        clicks: int | None,
        shown: dict | None,
        value: int | None,
        scope: str,
        selection: dict | None,
        study: dict | None,
    ):
        """A row a path, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None or study is None:
            tell("There is nothing to export before libraries are made.")
            return dash.no_update
        rows = rows_of(engine, shown, study, scope, selection)
        if not len(rows):
            tell(NO_IMAGES)
            return dash.no_update
        return dcc.send_string(
            flow_table(paths_of(*answers_of(engine, shown, set_at(shown, value), rows)), shown), "decision-flow.csv"
        )


def own_of(engine: Engine, shown: Mapping[str, Any], at: int, number: int | None) -> dict[str, Any] | None:
    """The path of an image, if it is one of those that libraries were asked about."""
    row = np.flatnonzero(engine.results.array(shown["key"], "tested") == number)
    if not len(row):
        return None
    answers, net = answers_of(engine, shown, at, row)
    return {"number": number, "path": [*answers[:, 0].tolist(), int(net[0])]}


def on_path(answers: np.ndarray, net: np.ndarray, path: Sequence[int | None]) -> np.ndarray:
    """Which images have a path like this, as far as it goes: None is any class."""
    given = [place for place, label in enumerate(path) if label is not None]
    ways = np.vstack([answers, net])
    return (ways[given] == np.array([path[place] for place in given])[:, np.newaxis]).all(axis=0)


def path_words(shown: Mapping[str, Any], path: Sequence[int | None]) -> str:
    """What a path is called, in stretches of the same class: "conv1 4, conv2 to output 9, answer 9"."""
    names, steps = shown["names"], step_names(shown)
    runs: list[list[int]] = []  # first and last step
    for step, label in enumerate(path):
        if label is None:
            continue
        if runs and runs[-1][1] == step - 1 and path[step - 1] == label and steps[step] != NET:
            runs[-1][1] = step
        else:
            runs.append([step, step])
    told = [
        f"{steps[begin] if begin == end else f'{steps[begin]} to {steps[end]}'} {names[path[begin] or 0]}"
        for begin, end in runs
    ]
    return ", ".join(told if len(told) <= MOST_RUNS else [*told[: MOST_RUNS - 1], f"… {told[-1]}"])


def left_words(what: str, least: int) -> str:
    """What is not drawn."""
    return "" if least == 1 else f"; {what} of fewer than {least:,} images are left out"


def flow_table(paths: Paths, shown: Mapping[str, Any]) -> str:
    """A row a path, those of most images first."""
    names, total = shown["names"], int(paths.counts.sum())
    rows = (
        [*(names[label] for label in way), int(count), count / total]
        for way, count in zip(paths.ways, paths.counts, strict=True)
    )
    return to_csv([*step_names(shown), "images", "share"], rows)
