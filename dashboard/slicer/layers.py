"""How diverse inputs still are in each layer: inter-sample entropy over the depth of the net, and over its training."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
from dash import Input, Output, State, html

from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture, segmented
from dashboard.components.tables import register_table, to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.slicer import ids
from dashboard.slicer.course import Course
from dashboard.slicer.figures import depth_figure, layer_lines
from workers.engine import Engine

LINE = "Inter-sample entropy: how diverse the inputs still are"
NOT_YET = "Choose layers, inputs and epochs in the Query panel and press Query: each layer's entropy is drawn here."
ONE_EPOCH = "One epoch was asked for: there is no course over epochs. See Depth, or ask for more epochs."
OVER = [("depth", "Depth"), ("epochs", "Epochs")]
IN = [("inter", "Bits"), ("normalized", "Normalised")]


def layers_panel() -> html.Section:
    return panel(
        ids.LAYERS_PANEL,
        "Layers",
        LINE,
        [graph(ids.LAYERS_GRAPH), empty(ids.LAYERS_WORDS, NOT_YET)],
        controls=[segmented(ids.LAYERS_OVER, OVER, "depth", "Over"), segmented(ids.LAYERS_IN, IN, "inter", "In")],
        exports=[("Entropies, CSV", {"id": ids.TABLE_LAYERS}), picture(ids.LAYERS_GRAPH)],
        help_text=[
            "Inter-sample entropy (CNNSlicer, Eq. 4 to 7): from each input to its k nearest a probability exp(−distance / σ), "
            "σ such that they add up to log2 k; of all pairs together the entropy. The paper's figures need k = 1,700, which "
            "it does not say; k is the same for all layers, at most the inputs less one.",
            "It does not know how large distances are: ten clusters a tenth as wide have the same entropy. What it grows by "
            "with more inputs is mostly log N: normalised, it is in parts of the most that so many inputs allow.",
            "Inputs that coincide with more than log2 k others have no scale and count for nothing: the line of the panel "
            "says how many have collapsed.",
            "Click a layer to see its channels.",
        ],
    )


def register_layers(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "figure": Output(ids.LAYERS_GRAPH, "figure"),
            "drawn": Output(ids.LAYERS_GRAPH, "style"),
            "words": Output(ids.LAYERS_WORDS, "children"),
            "wordless": Output(ids.LAYERS_WORDS, "style"),
            "subtitle": Output(f"{ids.LAYERS_PANEL}-subtitle", "children"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "over": Input(ids.LAYERS_OVER, "value"),
            "unit": Input(ids.LAYERS_IN, "value"),
            "looked_at": Input(ids.TOP_DECK, "value"),
            "epoch": State(ids.EPOCH, "value"),
        },
    )
    def fill(shown: dict | None, over: str, unit: str, looked_at: str | None, epoch: int | None):
        """The entropies of the slice."""
        if looked_at not in (None, ids.LAYERS_PANEL):
            raise dash.exceptions.PreventUpdate
        told = {"figure": dash.no_update, "drawn": HIDDEN, "words": NOT_YET, "wordless": SHOWN, "subtitle": LINE}
        if shown is None:
            return told
        if over == "epochs" and len(shown["epochs"]) == 1:
            return told | {"words": ONE_EPOCH}
        drawn = layers_course(engine, shown["key"], over, unit).first(epoch)
        subtitle = drawn["words"][f"{ids.LAYERS_PANEL}-subtitle"]
        return told | {"figure": drawn["figure"], "drawn": SHOWN, "words": "", "wordless": HIDDEN, "subtitle": subtitle}

    @app.callback(
        Output(ids.LAYER, "value", allow_duplicate=True),
        Input(ids.LAYERS_GRAPH, "clickData"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def look(clicked: dict | None, shown: dict | None):
        """The channels of the layer that was clicked."""
        if not clicked or shown is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        name = clicked["points"][0]["customdata"][0]
        layer = next((each for each in shown["layers"] if each["name"] == name), None)
        if layer is None or not layer["has_maps"]:
            tell(f"The layer {name} has no channels of feature maps.")
            return dash.no_update
        return name

    register_table(
        app,
        ids.TABLE_LAYERS,
        ids.SHOWN,
        ids.DOWNLOAD,
        "a slice is measured",
        "inter-sample-entropy.csv",
        partial(layers_table, engine),
    )


def layers_course(engine: Engine, key: str, over: str, unit: str) -> Course:
    """The entropies of a slice at each of its epochs, over "depth" or "epochs", "inter" in bits or "normalized"."""
    meta, values = engine.results.meta(key), engine.results.array(key, unit)
    title = "entropy, bits" if unit == "inter" else "share of the most possible"
    figure_of = depth_figure if over == "depth" else layer_lines
    collapsed = int(engine.results.array(key, "collapsed").max())

    def draw(at: int) -> dict[str, Any]:
        subtitle = f"{meta['count']:,} inputs, k = {meta['n_neighbors']:,}, epoch {meta['epochs'][at]}"
        if collapsed:
            subtitle += f"; in a layer {collapsed:,} inputs coincide with too many others to count"
        figure = figure_of(values, meta["layers"], meta["epochs"], at, title)
        return {"figure": figure, "words": {f"{ids.LAYERS_PANEL}-subtitle": subtitle}}

    return Course("layers", {"key": key, "over": over, "unit": unit}, meta["epochs"], values.size, draw)


def layers_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a layer and epoch: its entropy, and how many inputs have collapsed."""
    arrays = [engine.results.array(shown["key"], name) for name in ("inter", "normalized", "collapsed")]
    rows = (
        [layer["name"], epoch, *[array[row, column].item() for array in arrays]]
        for row, layer in enumerate(shown["layers"])
        for column, epoch in enumerate(shown["epochs"])
    )
    return to_csv(["layer", "epoch", "inter_sample_bits", "normalized", "collapsed_inputs"], rows)
