"""The Teacher view: a header over map and matrix on the left, images and training in the middle, the focused image on the
right."""

import dash_mantine_components as dmc
from dash import html

from dashboard.abilities import Need, Part
from dashboard.components.view import View
from dashboard.teacher import ids
from dashboard.teacher.classes import classes_panel
from dashboard.teacher.focus import focus_panel
from dashboard.teacher.grid import grid_panel
from dashboard.teacher.header import header
from dashboard.teacher.matrix import matrix_panel
from dashboard.teacher.scatter import scatter_panel
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
    """What is looked at now and then: one of them at a time."""
    panels = {"Training": training_panel(), "Classes": classes_panel()}
    return dmc.Tabs(
        [
            dmc.TabsList([dmc.TabsTab(title, value=title) for title in panels]),
            *[dmc.TabsPanel(shown, value=title) for title, shown in panels.items()],
        ],
        value="Training",
        className="deck",
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
    kept=(ids.SCATTER_SETTINGS,),
)
