"""What filters see: their feature maps of the focused image and others, and what of the image is left in one, carried back by
`models.deconvnet`. Drawn by `assets/slicer_maps.js`, which asks for both."""

import dash
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.panel import empty, panel
from dashboard.first_answers import FirstAnswers
from dashboard.slicer import ids
from workers.engine import Engine

LINE = "What a filter sees of images, and what of them is left in it"
NOT_YET = "Click a channel, or a cell of the capacity's heat-map: its filters' maps of the focused image and others are shown."


def maps_panel() -> html.Section:
    return panel(
        ids.MAPS_PANEL,
        "Feature maps",
        LINE,
        [
            html.Div(id=ids.MAPS, className="slicer-maps"),
            empty(ids.MAPS_WORDS, NOT_YET),
            dcc.Store(id=ids.MAPS_PAINTED),
        ],
        help_text=[
            "A column an image: the focused one first, then images of the selection, or of the slice. Of each filter a row of "
            "feature maps, dark where it answers least and bright where it answers most of these images; under it the maps "
            "carried back to the images, blue where brighter pixels feed the filter, orange where darker ones do.",
            "Carried back by a deconvnet (Zeiler and Fergus 2014) where the layers follow one another: poolings are undone by "
            "their switches, each ReLU rectifies what comes back, convolutions are transposed. In other nets, such as residual "
            "ones, by Captum's Deconvolution; where ReLUs are calls or work in place, by guided backpropagation. The line of "
            "the panel says which.",
            "The strip under a filter of a pair of layers is its profile: its capacity with each filter of the other layer.",
        ],
    )


def register_maps(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callback; the browser does all."""
    app.clientside_callback(
        ClientsideFunction("darkroom", "drawFeatureMaps"),
        Output(ids.MAPS_PAINTED, "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.PICKED, "data"),
        Input(shared.FOCUS, "data"),
        Input(shared.SELECTION, "data"),
        Input(ids.LOW_DECK, "value"),
        State(shared.TAB, "data"),
        State(ids.EPOCH, "value"),
    )
