"""How much varies inside each channel's maps, by class: small charts over the epochs, and circles in circles."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard.components.panel import empty, label, panel
from dashboard.components.tables import register_table, to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.slicer import ids
from workers.engine import Engine

LINE = "Intra-sample entropy of each channel's maps, by class"
NOT_YET = "Press Query: the channels of a layer are drawn here."
CIRCLES_LINE = "Classes, and in each the channels, as large as their entropy"
FLAGS = {1: "dead", 2: "saturated"}


def channels_panel() -> html.Section:
    return panel(
        ids.CHANNELS_PANEL,
        "Channels",
        LINE,
        [
            html.Div(id=ids.CHANNELS, className="slicer-channels"),
            empty(ids.CHANNELS_WORDS, NOT_YET),
            dcc.Store(id=ids.CHANNELS_PAINTED),
        ],
        controls=[
            dmc.Select(
                id=ids.LAYER, data=[], value=None, size="xs", w=170, allowDeselect=False, placeholder="layer",
                comboboxProps={"withinPortal": True}, **label("Layer whose channels are shown"),
            )
        ],
        exports=[("Entropies, CSV", {"id": ids.TABLE_CHANNELS})],
        help_text=[
            "Intra-sample entropy: the values of one feature map in 32 bins, from the channel's smallest to its largest value "
            "over the slice and all its epochs; the mean over the inputs of a class. A line a class, grey for all inputs, on "
            "the same axes for all channels. A range of each map's own is a setting of the query: with it, the noise of a dead "
            "channel looks rich.",
            "Dead: the channel's values vary by less than 1e-6. Saturated: more than half of them are its largest. Maps of one "
            "pixel have no such entropy and are greyed. A class without inputs in the slice has no line.",
            "Click a channel to see its maps; a class above the charts selects its images.",
        ],
    )  # fmt: skip


def circles_panel() -> html.Section:
    return panel(
        ids.CIRCLES_PANEL,
        "Circles",
        CIRCLES_LINE,
        [
            html.Div(id=ids.CIRCLES, className="slicer-circles"),
            empty(ids.CIRCLES_WORDS, NOT_YET),
            dcc.Store(id=ids.CIRCLES_PAINTED),
        ],
        help_text=[
            "As in CNNSlicer's channel view: a circle a class, and one of all inputs; in each a circle a channel of the chosen "
            "layer. The area of a channel's is its intra-sample entropy at the epoch of the slider, that of a class' about "
            "the sum. A channel has one colour in all classes.",
            "Click a class to look into it, and once more to come back; click a channel to see its maps. Dead channels are "
            "hollow.",
        ],
    )


def register_channels(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The callbacks of both panels."""

    @first.callback(
        output={"layers": Output(ids.LAYER, "data"), "layer": Output(ids.LAYER, "value")},
        inputs={"shown": Input(ids.SHOWN, "data"), "layer": State(ids.LAYER, "value")},
    )
    def offer(shown: dict | None, layer: str | None):
        """The layers of the slice that have channels."""
        names = (
            [each["name"] for each in shown["layers"] if each["has_maps"] and each["kind"] != "input"] if shown else []
        )
        return {"layers": names, "layer": layer if layer in names else next(iter(names), None)}

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawChannels"),
        Output(ids.CHANNELS_PAINTED, "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.LAYER, "value"),
        Input(ids.PICKED, "data"),
        Input(ids.LOW_DECK, "value"),
        State(ids.EPOCH, "value"),
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawCircles"),
        Output(ids.CIRCLES_PAINTED, "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.LAYER, "value"),
        Input(ids.PICKED, "data"),
        Input(ids.LOW_DECK, "value"),
        State(ids.EPOCH, "value"),
    )

    register_table(
        app,
        ids.TABLE_CHANNELS,
        ids.SHOWN,
        ids.DOWNLOAD,
        "a slice is measured",
        "intra-sample-entropy.csv",
        partial(channels_table, engine),
    )


def channels_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a channel, epoch and class: its entropy, and what is wrong with the channel."""
    names = ["all", *shown["names"]]

    def rows():
        for layer in (each for each in shown["layers"] if each["has_maps"]):
            entropies = engine.results.array(shown["key"], f"intra-{layer['at']}")
            flags = engine.results.array(shown["key"], f"flags-{layer['at']}")
            for at, epoch in enumerate(shown["epochs"]):
                for group, channel in np.ndindex(*entropies.shape[1:]):
                    value = float(entropies[at, group, channel])
                    flag = FLAGS.get(int(flags[at, channel]), "")
                    number = "" if np.isnan(value) else value
                    yield [layer["name"], layer["first"] + channel, epoch, names[group], number, flag]

    return to_csv(["layer", "channel", "epoch", "class", "intra_sample_bits", "flag"], rows())
