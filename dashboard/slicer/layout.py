"""The Slicer view: on the left what is asked, and the course of training; on the right layers, capacities and channels."""

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.abilities import Need, Part
from dashboard.components.deck import deck
from dashboard.components.panel import label
from dashboard.components.view import View
from dashboard.slicer import ids
from dashboard.slicer.capacity import capacity_panel
from dashboard.slicer.channels import channels_panel, circles_panel
from dashboard.slicer.layers import layers_panel
from dashboard.slicer.maps import maps_panel
from dashboard.slicer.query import PLACES, query_panel
from dashboard.slicer.subsets import PLACES as SUBSETS_PLACES
from dashboard.slicer.subsets import SIZES, subsets_panel
from dashboard.slicer.training import training_panel


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    course = {
        ids.TRAINING_PANEL: ("Training performance", training_panel()),
        ids.SUBSETS_PANEL: ("Subsets", subsets_panel()),
    }
    between = {ids.LAYERS_PANEL: ("Layers", layers_panel()), ids.CAPACITY_PANEL: ("Capacity", capacity_panel())}
    inside = {
        ids.CHANNELS_PANEL: ("Channels", channels_panel()),
        ids.CIRCLES_PANEL: ("Circles", circles_panel()),
        ids.MAPS_PANEL: ("Feature maps", maps_panel()),
    }
    return html.Div(
        [
            epoch_bar(),
            html.Div(
                [
                    html.Div([query_panel(), deck(ids.LEFT_DECK, course)], className="column"),
                    html.Div([deck(ids.TOP_DECK, between), deck(ids.LOW_DECK, inside)], className="column"),
                ],
                className="slicer-columns",
            ),
            dcc.Download(id=ids.DOWNLOAD),
            *[
                dcc.Store(id=store)
                for store in (
                    ids.SOURCE, ids.QUERY, ids.CHOSEN, ids.SHOWN, ids.PICKED, ids.CLASS_PICKED, ids.SUBSETS_CHOSEN,
                )
            ],
        ],
        className="slicer-view",
    )  # fmt: skip


def epoch_bar() -> html.Div:
    """The epoch that all panels look at, and what plays it."""
    return html.Div(
        [
            html.Span("Epoch", className="slicer-epoch-word"),
            html.Button(id=ids.PLAY, className="icon-button icon-play", **label("Play the epochs")),
            dmc.Slider(id=ids.EPOCH, min=0, max=1, value=None, step=1, size="sm", labelAlwaysOn=False, flex=1),
            html.Span("", id=f"{ids.EPOCH}-said", className="slicer-epoch-said"),
        ],
        className="slicer-bar",
    )


NEEDED = (Need.IMAGES, Need.MODEL)
CURVES = (Need.IMAGES, Need.MODEL, Need.EPOCHS)

VIEW = View(
    "slicer",
    "Slicer",
    "See how information thins out through layers, channels and epochs",
    layout,
    (
        *(Part(title, NEEDED) for title in ("Query", "Layers", "Capacity", "Channels", "Circles", "Feature maps", "Subsets")),
        Part("Training performance", CURVES),
    ),
    kept=(
        *PLACES,
        (SIZES, "value"),
        *SUBSETS_PLACES,
        *[(store, "data") for store in (ids.QUERY, ids.CHOSEN, ids.PICKED, ids.SUBSETS_CHOSEN)],
        (ids.CAPACITY_NULL, "checked"),
        *[
            (control, "value")
            for control in (
                ids.LEFT_DECK, ids.TOP_DECK, ids.LOW_DECK, ids.EPOCH, ids.LAYER, ids.INPUTS, ids.MOST, ids.PAIRS,
                ids.LAYERS_OVER, ids.LAYERS_IN, ids.CAPACITY_PAIRS, ids.CAPACITY_EPOCHS, ids.CAPACITY_ORDER, ids.SUBSETS_WHAT,
            )
        ],
    ),
)  # fmt: skip
