"""The Teacher view: map and matrix on the left, images and training in the middle, the focused image on the right."""

from dash import html

from dashboard.abilities import Need, Part
from dashboard.components.view import View
from dashboard.teacher.focus import focus_panel
from dashboard.teacher.grid import grid_panel
from dashboard.teacher.matrix import matrix_panel
from dashboard.teacher.scatter import scatter_panel
from dashboard.teacher.training import training_panel


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    return html.Div(
        [
            html.Div([scatter_panel(), matrix_panel()], className="column column-left"),
            html.Div([grid_panel(), training_panel()], className="column column-middle"),
            html.Div(focus_panel(), className="column column-right"),
        ],
        className="teacher-view",
    )


VIEW = View(
    "teacher",
    "Teacher",
    "What the teacher gets wrong, and how sure it is",
    layout,
    (
        Part("Map"),
        Part("Confusion matrix", (Need.LABELS,)),
        Part("Training", (Need.EPOCHS,)),
        Part("Images"),
        Part("Focused image"),
        Part("Earlier epochs", (Need.EPOCHS, Need.IMAGES)),
    ),
)
