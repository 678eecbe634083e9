"""The Library view: on the left libraries and what they take for what, on the right how answers come about and what belongs."""

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.abilities import Need, Part
from dashboard.components.deck import deck
from dashboard.components.panel import segmented
from dashboard.components.view import View
from dashboard.library import ids
from dashboard.library.belongs import PLACES as OUTSIDE_PLACES
from dashboard.library.belongs import belongs_panel
from dashboard.library.confusion import confusion_panel
from dashboard.library.flow import flow_panel
from dashboard.library.libraries import PLACES, libraries_panel
from dashboard.library.net import net_panel
from dashboard.library.path import path_panel

SCOPES = [("all", "All test images"), ("selection", "Selection")]


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    taken_for = {ids.CONFUSION_PANEL: ("Confusion", confusion_panel()), ids.NET_PANEL: ("Flow chart", net_panel())}
    one_by_one = {ids.PATH_PANEL: ("This image", path_panel()), ids.BELONGS_PANEL: ("Does it belong?", belongs_panel())}
    return html.Div(
        [
            set_bar(),
            html.Div(
                [
                    html.Div([libraries_panel(), deck(ids.LEFT_DECK, taken_for)], className="column"),
                    html.Div([flow_panel(), deck(ids.RIGHT_DECK, one_by_one)], className="column"),
                ],
                className="slicer-columns",
            ),
            dcc.Download(id=ids.DOWNLOAD),
            *[
                dcc.Store(id=store)
                for store in (ids.SOURCE, ids.SHOWN, ids.CHOSEN, ids.FLOW_PICKED, ids.BELONGS_CHOSEN)
            ],
        ],
        className="slicer-view",
    )


def set_bar() -> html.Div:
    """The set of thresholds that all panels look at, and of which images they tell."""
    return html.Div(
        [
            html.Span("Thresholds", className="slicer-epoch-word"),
            dmc.Slider(id=ids.SET, min=0, max=1, value=None, step=1, size="sm", labelAlwaysOn=False, flex=1),
            html.Span("", id=ids.SET_SAID, className="slicer-epoch-said"),
            segmented(ids.SCOPE, SCOPES, "all", "Of which images paths and confusions are"),
        ],
        className="slicer-bar",
    )


NEEDED = (Need.IMAGES, Need.MODEL)

VIEW = View(
    "library",
    "Library",
    "See where in the net an answer is decided, and whether an input belongs",
    layout,
    (
        *(Part(title, NEEDED) for title in ("Libraries", "Confusion", "Flow chart", "Decision flow", "This image")),
        Part("Does it belong?", NEEDED),
    ),
    kept=(
        *PLACES,
        *OUTSIDE_PLACES,
        *[(store, "data") for store in (ids.CHOSEN, ids.BELONGS_CHOSEN)],
        *[
            (control, "value")
            for control in (
                ids.LEFT_DECK, ids.RIGHT_DECK, ids.SET, ids.SCOPE, ids.LAYERS, ids.THRESHOLDS, ids.CONFUSION_FORM, ids.FLOW_WAY,
                ids.BELONGS_FORM, ids.BELONGS_SHOWN, ids.BELONGS_CONDITION, ids.BELONGS_SOURCE, ids.BELONGS_FOREIGN,
                ids.BELONGS_EPSILONS,
            )
        ],
    ),
)  # fmt: skip
