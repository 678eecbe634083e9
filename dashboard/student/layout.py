"""The Student view: on the left the student, on the right what it is worth and what else is known of the decision."""

from dash import dcc, html

from dashboard.abilities import Need, Part
from dashboard.components.deck import deck
from dashboard.components.view import View
from dashboard.student import ids
from dashboard.student.fidelity import fidelity_panel
from dashboard.student.form import PLACES
from dashboard.student.history import history_panel
from dashboard.student.pair import pair_panel
from dashboard.student.panel import student_panel
from dashboard.student.selection import selection_panel
from dashboard.student.tree import tree_panel


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    worth = {
        ids.FIDELITY_PANEL: ("Fidelity", fidelity_panel()),
        ids.TREE_PANEL: ("Tree", tree_panel()),
        ids.HISTORY_PANEL: ("History", history_panel()),
    }
    beside = {ids.PAIR_PANEL: ("Two classes", pair_panel()), ids.SELECTION_PANEL: ("Selection", selection_panel())}
    return html.Div(
        [
            html.Div([student_panel()], className="column"),
            html.Div([deck(ids.DECK, worth), deck(ids.SIDE_DECK, beside)], className="column"),
            dcc.Download(id=ids.DOWNLOAD),
            *[
                dcc.Store(id=store)
                for store in (ids.SOURCE, ids.CHOSEN, ids.LANDED, ids.SHOWN, ids.COMPARED, ids.SELECTION_CHOSEN)
            ],
        ],
        className="student-view",
    )


NEEDED = (Need.IMAGES, Need.MODEL, Need.VAE)

VIEW = View(
    "student",
    "Student",
    "Distil what decides this image into a linear model, and read it",
    layout,
    tuple(Part(title, NEEDED) for title in ("Student", "Fidelity", "Tree", "History", "Two classes", "Selection")),
    kept=(
        *PLACES,
        (ids.CHOSEN, "data"),
        (ids.COMPARED, "data"),
        (ids.SELECTION_CHOSEN, "data"),
        *[(control, "value") for control in (ids.DECK, ids.SIDE_DECK, ids.ORDER, ids.SCALE, ids.FIDELITY_WHAT)],
    ),
)
