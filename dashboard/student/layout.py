"""The Student view: on the left the student, on the right what it is worth and what else is known of the decision."""

from dash import dcc, html

from dashboard.abilities import Need, Part
from dashboard.components.deck import deck
from dashboard.components.view import View
from dashboard.explain import ids as explain_ids
from dashboard.explain.curves import curves_panel
from dashboard.explain.form import PLACES as EXPLAIN_PLACES
from dashboard.explain.panel import explain_panel
from dashboard.explain.ranking import ranking_panel
from dashboard.explain.relabels import relabels_panel
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
        explain_ids.CURVES_PANEL: ("Curves", curves_panel()),
    }
    beside = {
        ids.PAIR_PANEL: ("Two classes", pair_panel()),
        ids.SELECTION_PANEL: ("Selection", selection_panel()),
        explain_ids.RANKING_PANEL: ("Ranking", ranking_panel()),
        explain_ids.RELABELS_PANEL: ("Re-labels", relabels_panel()),
    }
    return html.Div(
        [
            html.Div(
                [
                    deck(
                        ids.MAIN_DECK,
                        {ids.PANEL: ("Student", student_panel()), explain_ids.PANEL: ("Explain", explain_panel())},
                    )
                ],
                className="column",
            ),
            html.Div([deck(ids.DECK, worth), deck(ids.SIDE_DECK, beside)], className="column"),
            dcc.Download(id=ids.DOWNLOAD),
            *[
                dcc.Store(id=store)
                for store in (
                    ids.SOURCE,
                    ids.CHOSEN,
                    ids.LANDED,
                    ids.SHOWN,
                    ids.COMPARED,
                    ids.SELECTION_CHOSEN,
                    explain_ids.CHOSEN,
                    explain_ids.LANDED,
                    explain_ids.SHOWN,
                    explain_ids.PICKED,
                    explain_ids.RANK_CHOSEN,
                )
            ],
        ],
        className="student-view",
    )


KEPT_CONTROLS = (
    ids.MAIN_DECK, ids.DECK, ids.SIDE_DECK, ids.ORDER, ids.SCALE, ids.FIDELITY_WHAT, explain_ids.WAY, explain_ids.CURVES_WHAT,
    explain_ids.RANKING_OF, explain_ids.RANKING_BY, explain_ids.RELABELS_PLANE,
)  # fmt: skip
NEEDED = (Need.IMAGES, Need.MODEL, Need.VAE)

VIEW = View(
    "student",
    "Student",
    "Distil what decides this image into a linear model, and read it",
    layout,
    (
        *(Part(title, NEEDED) for title in ("Student", "Fidelity", "Tree", "History", "Two classes", "Selection")),
        Part("Explanations", (Need.IMAGES, Need.MODEL)),
        Part("Deletion and insertion", (Need.IMAGES, Need.MODEL)),
        Part("Ranking of methods", (Need.IMAGES, Need.MODEL)),
        Part("Re-labels", NEEDED),
    ),
    kept=(
        *PLACES,
        (ids.CHOSEN, "data"),
        (ids.COMPARED, "data"),
        (ids.SELECTION_CHOSEN, "data"),
        *EXPLAIN_PLACES,
        (explain_ids.CHOSEN, "data"),
        (explain_ids.PICKED, "data"),
        (explain_ids.RANK_CHOSEN, "data"),
        *[(control, "value") for control in KEPT_CONTROLS],
    ),
)
