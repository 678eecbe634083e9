"""The DarkSight view: the map on the left; on the right, one of them at a time, what is said of whole maps, and of points."""

from dash import dcc, html

from dashboard.abilities import Need, Part
from dashboard.components.deck import deck
from dashboard.components.view import View
from dashboard.darksight import ids
from dashboard.darksight.bridge import bridge_panel
from dashboard.darksight.compare import compare_panel
from dashboard.darksight.fidelity import fidelity_panel
from dashboard.darksight.other import SETTINGS, other_panel
from dashboard.darksight.parts import parts_panel
from dashboard.darksight.plane import plane_panel
from dashboard.darksight.refuse import refuse_panel
from dashboard.darksight.usual import usual_panel


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    maps = {
        ids.OTHER_PANEL: ("Another map", other_panel()),
        ids.FIDELITY_PANEL: ("Fidelity", fidelity_panel()),
        ids.FITS_PANEL: ("Fits", compare_panel()),
        ids.PARTS_PANEL: ("Parts", parts_panel()),
    }
    points = {
        ids.REFUSE_PANEL: ("Refusal", refuse_panel()),
        ids.BRIDGE_PANEL: ("Bridge", bridge_panel()),
        ids.USUAL_PANEL: ("Image", usual_panel()),
    }
    return html.Div(
        [
            html.Div(plane_panel(), className="column"),
            html.Div([deck(ids.MAPS_DECK, maps), deck(ids.POINTS_DECK, points)], className="column"),
            dcc.Download(id=ids.DOWNLOAD),
            *[dcc.Store(id=store) for store in (ids.FIT, ids.OUTLINE, ids.UNSHOWN, ids.REGIONS, ids.OTHER)],
        ],
        className="darksight-view",
    )


VIEW = View(
    "darksight",
    "DarkSight",
    "Which predictions are unusual, and where the teacher had better not answer",
    layout,
    (
        Part("Map"),
        Part("Another map"),
        Part("Fidelity"),
        Part("Refusal"),
        Part("Accuracy of the rest", (Need.LABELS,)),
        Part("Bridge"),
        Part("Image"),
        Part("Heat-map of an image", (Need.GRADIENTS, Need.IMAGES)),
    ),
    kept=(
        (ids.SPLIT, "value"),
        (ids.MAPS_DECK, "value"),
        (ids.POINTS_DECK, "value"),
        (ids.REGIONS, "data"),
        (ids.REFUSE_AT, "data"),
        (ids.OUTLINE, "data"),
        *[
            (control, "value")
            for control in (
                *(ids.OTHER_MAPS, ids.OTHER_OF, ids.OTHER_METHOD, ids.FIDELITY_K, ids.FIDELITY_OF),
                *(ids.FITS_WHAT, ids.PARTS_SIZE, ids.PARTS_ORDER),
            )
        ],
        *SETTINGS.kept,
    ),
)
