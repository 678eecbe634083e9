"""The classes as a tree: what the teacher takes for each other is close together; a sector selects its images."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Input, Output, Patch, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture, segmented
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.links import fitting, make_selection, mask_of, study_data
from dashboard.measures import in_split
from dashboard.teacher import ids
from dashboard.teacher.class_figures import MARKED, dendrogram_figure, frames, sunburst_figure
from dashboard.teacher.class_tree import Node, Tree, above, classes_named, node_name, under
from dashboard.teacher.sets import combined
from dashboard.teacher.study_tree import (
    CANNOT_ASK,
    MOST_LEVELS,
    ROLE,
    asked_for,
    classes_of,
    level_of,
    missing_words,
    names_of,
    share_of,
    tree_of,
    way_of,
)
from dashboard.teacher.tables import class_table
from workers.engine import Engine

ORIGIN = "classes"
NO_TREE_YET = "The tree of classes appears when the predictions are there."
LINE = "By what the teacher takes for each other"
FIGURES = {"sunburst": sunburst_figure, "dendrogram": dendrogram_figure}


def classes_panel() -> html.Section:
    return panel(
        ids.CLASSES_PANEL,
        "Classes",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.CLASSES_CRUMBS, className="classes-line"),
                    graph(ids.CLASSES, figure={"data": [{} for _ in MARKED], "layout": {}}),
                    html.Div(id=ids.CLASSES_PATH, className="classes-line"),
                ],
                className="classes-body",
            ),
            empty(ids.CLASSES_WORDS, NO_TREE_YET),
            dcc.Store(id=ids.CLASSES_SOURCE),
            dcc.Store(id=ids.CLASSES_HEARS),
            dcc.Store(id=ids.CLASSES_PICKED),
            dcc.Store(id=ids.CLASSES_ZOOM),
        ],
        controls=[
            html.Span(id=ids.CLASSES_LEVELS_TEXT, className="classes-levels-text"),
            dmc.Slider(
                id=ids.CLASSES_LEVELS, min=1, max=MOST_LEVELS, value=4, size="sm", w=90, label=None,
                thumbLabel="Levels of forks",
            ),
            segmented(
                ids.CLASSES_WHAT, [("sunburst", "Sunburst"), ("dendrogram", "Dendrogram")], "sunburst", "Tree drawn as"
            ),
        ],
        exports=[("Tree, CSV", {"id": ids.TABLE_CLASSES}), picture(ids.CLASSES)],
        help_text=[
            "The mean probabilities that the teacher gives to the test images of each class (where true classes are not "
            "known: to those that it takes for the class), merged from the most alike up: average linkage of "
            "Jensen-Shannon distances, from 0 (the same) to 1 (nothing in common).",
            "A sector is as wide as its classes have images in the split shown in the matrix, and coloured by how many of "
            "them are right; without true classes by the mean confidence. Forks at much the same distance are drawn as one: "
            "with fewer levels more of them, at the right end of the slider none. Ten rings are drawn; zoom to see more.",
            "Click a sector to select its images, Shift adds; a double click zooms in, in the middle out again, as do the "
            "names above. The names below do the same by keyboard.",
            "Framed in blue is the way of the focused image: at each fork to the child with the larger summed "
            "probability. From where it leaves the true class it is red.",
        ],
    )  # fmt: skip


def register_classes(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The tree's callbacks."""
    app.clientside_callback(
        ClientsideFunction("darkroom", "hearClasses"),
        Output(ids.CLASSES_HEARS, "data"),
        Input(ids.CLASSES, "figure"),
        Input(ids.DECK, "value"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(shared.READY, "data"),
        Input(ids.DECK, "value", allow_optional=True),  # not there while another view is shown alone
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def ask(ready: list[str], looked_at: str | None, study: dict | None):
        """Asks for the tree when somebody looks at the panel and the study has none."""
        if looked_at != ids.CLASSES_PANEL or study is None or "predictions" not in ready:
            return dash.no_update
        try:
            spec = asked_for(engine, study["keys"])
        except CANNOT_ASK:
            return dash.no_update  # `source` says why
        if study["keys"].get(ROLE) == spec.key:
            return dash.no_update
        return study_data(engine.studies.add(study["id"], ROLE, spec))

    @first.callback(
        output=Output(ids.CLASSES_SOURCE, "data"),
        inputs={
            "ready": Input(shared.READY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "looked_at": Input(ids.DECK, "value"),
            "study": State(shared.STUDY, "data"),
            "before": State(ids.CLASSES_SOURCE, "data"),
        },
    )
    def source(ready: list[str], steps: list | None, looked_at: str, study: dict | None, before: dict | None):
        """Which tree is shown; how far it is, or why there is none. Nothing before somebody looks."""
        if before is None and looked_at != ids.CLASSES_PANEL:
            return dash.no_update
        if study is None or "predictions" not in ready:
            found = {"key": None, "words": NO_TREE_YET}
        elif ROLE in ready:
            found = {"key": study["keys"][ROLE], "words": ""}
        else:
            found = {"key": None, "words": missing_words(engine, study["keys"])}
        return dash.no_update if found == before else found

    @first.callback(
        output=[
            Output(ids.CLASSES, "figure"),
            Output(ids.CLASSES, "style"),
            Output(ids.CLASSES_WORDS, "children"),
            Output(ids.CLASSES_WORDS, "style"),
            Output(f"{ids.CLASSES_PANEL}-subtitle", "children"),
            Output(ids.CLASSES_CRUMBS, "children"),
            Output(ids.CLASSES_LEVELS_TEXT, "children"),
        ],
        inputs={
            "shown": Input(ids.CLASSES_SOURCE, "data"),
            "split": Input(ids.SPLIT, "value"),
            "what": Input(ids.CLASSES_WHAT, "value"),
            "levels": Input(ids.CLASSES_LEVELS, "value"),
            "zoom": Input(ids.CLASSES_ZOOM, "data"),
            "selection": State(shared.SELECTION, "data"),
            "focus": State(shared.FOCUS, "data"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def draw(
        shown: dict | None,
        split: str,
        what: str,
        levels: int,
        zoom: dict | None,
        selection: dict | None,
        focus: int | None,
        study: dict | None,
    ):
        keep = dash.no_update
        how_many = "every fork" if levels == MOST_LEVELS else f"{levels} level{'s' if levels > 1 else ''}"
        if shown is None or shown["key"] is None or study is None:
            return keep, HIDDEN, shown["words"] if shown else keep, SHOWN, LINE, [], how_many
        keys, names = study["keys"], names_of(engine, study["keys"])
        tree = tree_of(engine, shown["key"], levels)
        share = share_of(engine, keys, split)
        root = next(iter(tree.values()))
        count, at = share.of(root)
        if not count:
            return keep, HIDDEN, f"There are no {split} images of these classes.", SHOWN, LINE, [], how_many
        level = level_of(engine, shown["key"], tree, zoom)
        drawn = under(tree, level.number) if what == "dendrogram" else tree
        marks = marks_of(engine, keys, tree, drawn, split, fitting(selection, study), focus)
        figure = FIGURES[what](tree, level.number, share, names, marks)
        figure.update_layout(
            meta={"key": shown["key"], "level": str(level.number)}, uirevision=f"{what} {level.number}"
        )
        line = f"{share.words.capitalize()} {at:.1%} of {count:,} {split} images, {len(root.classes)} classes"
        left_out = engine.results.meta(shown["key"])["left_out"]
        above_it = crumbs(tree, level, names)
        if left_out:
            above_it.append(html.Div(f"Not in the tree, as they have no test images: {classes_named(left_out, names)}"))
        return figure, SHOWN, keep, HIDDEN, line, above_it, how_many

    @app.callback(
        Output(ids.CLASSES, "figure", allow_duplicate=True),
        Input(shared.SELECTION, "data"),
        Input(shared.FOCUS, "data"),
        State(ids.CLASSES_SOURCE, "data"),
        State(ids.SPLIT, "value"),
        State(ids.CLASSES_WHAT, "value"),
        State(ids.CLASSES_LEVELS, "value"),
        State(ids.CLASSES_ZOOM, "data"),
        State(ids.CLASSES, "style"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def mark(
        selection: dict | None,
        focus: int | None,
        shown: dict | None,
        split: str,
        what: str,
        levels: int,
        zoom: dict | None,
        style: dict,
        study: dict | None,
    ):
        """Frames what is selected, and the way of the focused image, in the figure that is shown."""
        if study is None or shown is None or shown["key"] is None or style.get("display") == "none":
            return dash.no_update
        tree = tree_of(engine, shown["key"], levels)
        drawn = under(tree, level_of(engine, shown["key"], tree, zoom).number) if what == "dendrogram" else tree
        patch = Patch()
        marks = marks_of(engine, study["keys"], tree, drawn, split, fitting(selection, study), focus)
        patch["data"][MARKED[what]]["marker"]["line"] = marks
        return patch

    @first.callback(
        output=Output(ids.CLASSES_PATH, "children"),
        inputs={
            "shown": Input(ids.CLASSES_SOURCE, "data"),
            "levels": Input(ids.CLASSES_LEVELS, "value"),
            "focus": Input(shared.FOCUS, "data"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def path(shown: dict | None, levels: int, focus: int | None, study: dict | None):
        """The way of the focused image in words."""
        if study is None or shown is None or shown["key"] is None:
            return []
        way, true, predicted = way_of(engine, study["keys"], tree_of(engine, shown["key"], levels), focus)
        if not way:
            return "Focus an image to see its way through the tree."
        return path_words(way, true, predicted, names_of(engine, study["keys"]))

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.CLASSES_PICKED, "data"),
        State(ids.CLASSES_SOURCE, "data"),
        State(ids.SPLIT, "value"),
        State(shared.SELECTION, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def select(picked: dict | None, shown: dict | None, split: str, selection: dict | None, study: dict | None):
        """The images of a sector, of the split that is shown; perhaps beside those that are selected already."""
        if picked is None or study is None or shown is None or picked["key"] != shown["key"]:
            return dash.no_update
        images, names = study["keys"]["images"], names_of(engine, study["keys"])
        members = list(tree_of(engine, shown["key"])[picked["node"]].classes)
        meta = engine.results.meta(images)
        mask = in_split(meta["count"], meta["n_train"], split)
        mask &= np.isin(classes_of(engine, study["keys"]), members)
        label = classes_named(members, names)
        if not mask.any():
            tell(f"There are no {split} images of {label}.")
            return dash.no_update
        before = fitting(selection, study) if picked["add"] else None
        if before is not None and before.get("classes") and before["split"] == split:
            mask |= mask_of(engine, before)
            members = [*before["classes"], *(number for number in members if number not in before["classes"])]
            label, before = classes_named(members, names), None
        made = make_selection(engine, images, mask, label, ORIGIN, split=split, classes=members)
        return made if before is None else combined(engine, "union", before, made)

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_CLASSES, "n_clicks"),
        State(ids.CLASSES_SOURCE, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: dict | None, split: str, study: dict | None):
        """The tree with every fork, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        if study is None or shown is None or shown["key"] is None:
            tell("There is nothing to export before the tree of classes is there.")
            return dash.no_update
        share, names = share_of(engine, study["keys"], split), names_of(engine, study["keys"])
        return dcc.send_string(class_table(tree_of(engine, shown["key"]), share, names), f"classes-{split}.csv")


def marks_of(
    engine: Engine,
    keys: Mapping[str, str],
    tree: Tree,
    drawn: Tree,
    split: str,
    selection: Mapping[str, Any] | None,
    focus: int | None,
) -> dict[str, list]:
    """The frames of the nodes that are drawn."""
    way, true, _ = way_of(engine, keys, tree, focus)
    marked = selection is not None and selection["origin"] == ORIGIN and selection["split"] == split
    return frames(
        list(drawn.values()), [node for node, _ in way], true, (selection or {}).get("classes", ()) if marked else ()
    )


def crumbs(tree: Tree, level: Node, names: Sequence[str]) -> list:
    """The forks from the root to where one has zoomed to, each a way back; nothing while all is shown."""
    line = above(tree, level.number)
    if len(line) == 1:
        return []
    parts: list = []
    for node in line[:-1]:
        title = "all classes" if node.parent is None else node_name(node, names)
        parts += [html.Button(title, className="classes-node", **{"data-node": node.number, "data-do": "zoom"}), " › "]
    return [*parts, node_name(level, names)]


def path_words(way: Sequence[tuple[Node, float]], true: int | None, predicted: int, names: Sequence[str]) -> list:
    """The way of an image: "root → {3,5,8} 0.97 → {3,5} 0.91 → 5 0.88", each name a button that selects. It says where the
    true class is left, and when the likeliest class is another than that at the end."""
    parts: list = ["root"]
    left = False
    for node, probability in way:
        leaves = true is not None and not left and true not in node.classes
        left = left or leaves
        parts += [
            html.Span(f" ✗ leaves {names[true]} → ", className="classes-left")
            if leaves and true is not None
            else " → ",
            html.Button(
                node_name(node, names), className="classes-node", **{"data-node": node.number, "data-do": "pick"}
            ),
            f" {probability:.2f}",
        ]
    if way[-1][0].classes != (predicted,):
        parts.append(f" (likeliest alone: {names[predicted]})")
    return parts
