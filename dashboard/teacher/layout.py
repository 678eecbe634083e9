"""The Teacher view: a header over map and matrix on the left, images and training in the middle, the focused image on the
right."""

import dash_mantine_components as dmc
from dash import html

from dashboard.abilities import Need, Part
from dashboard.components.deck import deck
from dashboard.components.view import View
from dashboard.teacher import ids
from dashboard.teacher.classes import classes_panel
from dashboard.teacher.focus import focus_panel
from dashboard.teacher.grid import grid_panel
from dashboard.teacher.header import header
from dashboard.teacher.matrix import matrix_panel
from dashboard.teacher.scatter import MAP, SETTINGS, scatter_panel
from dashboard.teacher.training import training_panel


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    return html.Div(
        [
            header(),
            html.Div([scatter_panel(), matrix_panel()], className="column column-left"),
            html.Div([grid_panel(), lower_panels()], className="column column-middle"),
            html.Div(focus_panel(), className="column column-right"),
        ],
        className="teacher-view",
    )


def lower_panels() -> dmc.Tabs:
    """What is looked at now and then."""
    return deck(
        ids.DECK,
        {ids.TRAINING_PANEL: ("Training", training_panel()), ids.CLASSES_PANEL: ("Classes", classes_panel())},
    )


VIEW = View(
    "teacher",
    "Teacher",
    "What the teacher gets wrong, and how sure it is",
    layout,
    (
        Part("Map"),
        Part("Confusion matrix", (Need.LABELS,)),
        Part("Classes"),
        Part("Training", (Need.EPOCHS,)),
        Part("Images"),
        Part("Focused image"),
        Part("Earlier epochs", (Need.EPOCHS, Need.IMAGES)),
    ),
    kept=(
        (ids.SCATTER_SETTINGS, "data"),
        (ids.HITS, "checked"),
        *SETTINGS.kept,
        *[
            (control, "value")
            for control in (
                *(ids.SCATTER_OF, ids.SCATTER_METHOD, ids.SCATTER_DIMS, MAP.colour),
                *(ids.DIAGRAM, ids.SPLIT, ids.SHADE, ids.CELLS, ids.ORDER),
                *(ids.GRID_SORT, ids.GRID_DIRECTION, ids.GRID_GROUP, ids.GRID_SIZE),
                *(ids.TRAINING_WHAT, ids.CLASSES_WHAT, ids.CLASSES_LEVELS, ids.FOCUS_SCALE),
            )
        ],
    ),
)
