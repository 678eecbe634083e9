"""The tree student: which latent thresholds separate the teacher's labels."""

import dash
from dash import Input, Output, State, dcc, html

from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture
from dashboard.components.tables import to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.student import ids
from dashboard.student.tree_figure import Tree, rules, tree_figure
from workers.engine import Engine

LINE = "Which latent thresholds separate the labels"
NOT_YET = "The tree appears with a student."


def tree_panel() -> html.Section:
    return panel(
        ids.TREE_PANEL,
        "Tree",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.TREE_SAID, className="student-said", role="status"),
                    graph(ids.TREE_GRAPH, style=SHOWN),
                ],
                id=ids.TREE_BODY,
                className="vae-body student-of",
                style=HIDDEN,
            ),
            empty(ids.TREE_WORDS, NOT_YET),
        ],
        exports=[("Rules, CSV", {"id": ids.TABLE_TREE}), picture(ids.TREE_GRAPH)],
        help_text=[
            "A small decision tree (CART, Breiman et al. 1984) on the latent values of the same neighbours, beside the linear "
            "student on pixels: at each node one latent value is compared with a threshold, to the left where it is at most "
            "that. z3 is the axis z3 of the VAE view.",
            "Bars: the labels of the neighbours that get so far. The way of the image itself is thick. How often the tree "
            "gives the teacher's answer on held-out neighbours stands above it, beside the linear student and the commonest "
            "label.",
        ],
    )


def register_tree(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "of": Output(ids.TREE_BODY, "data-of"),
            "drawn": Output(ids.TREE_BODY, "style"),
            "said": Output(ids.TREE_SAID, "children"),
            "figure": Output(ids.TREE_GRAPH, "figure"),
            "wordless": Output(ids.TREE_WORDS, "style"),
        },
        inputs={"shown": Input(ids.SHOWN, "data"), "looked_at": Input(ids.DECK, "value")},
    )
    def fill(shown: dict | None, looked_at: str):
        """The tree of the student that is shown."""
        if looked_at != ids.TREE_PANEL:
            raise dash.exceptions.PreventUpdate
        if shown is None:
            return {"of": "", "drawn": HIDDEN, "said": "", "figure": dash.no_update, "wordless": SHOWN}
        meta = engine.results.meta(shown["key"])
        found = meta["fidelity"]
        parts = [engine.results.array(shown["key"], f"tree_{name}") for name in Tree._fields]
        path = engine.results.array(shown["key"], "tree_path").tolist()
        single = " It has one leaf: all neighbours have one label." if len(parts[0]) == 1 else ""
        return {
            "of": shown["key"],
            "drawn": SHOWN,
            "said": f"Agrees with the teacher on {meta['tree_agreement']:.1%} of the held-out neighbours; the linear student "
            f"on {found['agreement']:.1%}, the commonest label alone {found['majority']:.1%}.{single}",
            "figure": tree_figure(Tree(*parts), path, shown["names"], shown["colours"]),
            "wordless": HIDDEN,
        }

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_TREE, "n_clicks"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None):
        """A row a leaf: its conditions, its answer, and the neighbours there by label, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if shown is None:
            tell("There is nothing to export before a student is there.")
            return dash.no_update
        made = Tree(*[engine.results.array(shown["key"], f"tree_{name}") for name in Tree._fields])
        header = ("where", "answer", "neighbours", *shown["names"])
        return dcc.send_string(to_csv(header, rules(made, shown["names"])), f"tree-{shown['number']}.csv")
