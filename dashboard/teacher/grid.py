"""The images of the selection, drawn by `assets/image_grid.js`."""

from collections.abc import Sequence

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import has_labels
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, icon, label, panel, segmented
from dashboard.components.tables import file_name
from dashboard.first_answers import FirstAnswers
from dashboard.links import fitting
from dashboard.teacher import ids
from dashboard.teacher.table import table_place
from dashboard.teacher.tables import MEASURES, selection_table
from dashboard.theme import class_colours
from workers.engine import Engine

SORTS = [
    ("id", "Id"),
    ("confidence", "Confidence"),
    ("entropy", "Entropy"),
    ("margin", "Margin"),
    ("distance", "Distance in the map"),
]
DIRECTIONS = [("ascending", "Ascending"), ("descending", "Descending")]
GROUPS = [("none", "None"), ("true", "True class"), ("predicted", "Predicted class"), ("right", "Right or wrong")]


def grid_panel() -> html.Section:
    return panel(
        ids.GRID_PANEL,
        "Images",
        "All test images",
        [
            html.Div(id=ids.GRID, className="image-grid"),
            empty(ids.GRID_WORDS, "The images appear when the set is loaded."),
            *table_place(),
            dcc.Store(id=ids.GRID_SOURCE),
            dcc.Store(id=ids.GRID_AGAIN),
            dcc.Store(id=ids.GRID_PAINTED),
        ],
        controls=[
            dmc.Button(
                "Clear",
                id=ids.CLEAR_BUTTON,
                size="compact-xs",
                variant="light",
                leftSection=icon("close"),
                display="none",
            ),
            segmented(ids.GRID_AS, [("tiles", "Tiles"), ("table", "Table")], "tiles", "Shown as"),
            arrangement(),
            dmc.Slider(
                id=ids.GRID_SIZE,
                min=24,
                max=128,
                step=4,
                value=52,
                size="xs",
                w=70,
                label=None,
                updatemode="drag",
                thumbLabel="Thumbnail size",
            ),
        ],
        exports=[("Selection, CSV", {"id": ids.TABLE_SELECTION})],
        help_text=[
            "Every image of the selection; without one, all images of the split shown in the matrix. A red frame marks "
            "an image that the teacher gets wrong.",
            "Hover tells true → predicted class, the teacher's confidence and the entropy of its probabilities. Click, or "
            "walk with the arrow keys, to look at one image on the right.",
            "Entropy is 0 bits where the teacher gives one class everything, and largest where all classes are alike to it. "
            "The margin is how far the most probable class is ahead of the second. Distance in the map is that to the "
            "focused image.",
            "The table shows the same images. Filter its columns, sort by them, tick rows (Shift ticks all in between), and "
            "make a selection of what is ticked or filtered. Its arrow keys walk through the images too; Space ticks.",
        ],
        class_name="panel-tall",
    )


def arrangement() -> dmc.Popover:
    """What the images are ordered and grouped by."""
    inside = {"size": "xs", "allowDeselect": False, "comboboxProps": {"withinPortal": False}}
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                html.Div(
                    dmc.Button("Arrange", size="compact-xs", variant="default", **label("Order and groups")),
                    id=ids.GRID_ARRANGE,
                ),
            ),
            dmc.PopoverDropdown(
                dmc.Stack(
                    [
                        dmc.Select(id=ids.GRID_SORT, label="Order by", data=options(SORTS), value="id", **inside),
                        segmented(ids.GRID_DIRECTION, DIRECTIONS, "ascending", "Direction"),
                        dmc.Select(id=ids.GRID_GROUP, label="Group by", data=options(GROUPS), value="none", **inside),
                    ],
                    gap="xs",
                )
            ),
        ],
        keepMounted=True,  # what comes anew shows what it showed first
        width=240,
        withArrow=True,
        shadow="md",
        position="bottom",
        trapFocus=True,
        returnFocus=True,
    )


def options(choices: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Choices of a picker; the browser greys out what cannot be chosen for the images that are shown."""
    return [{"value": value, "label": text} for value, text in choices]


def register_grid(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output=[Output(ids.GRID_SOURCE, "data"), Output(ids.GRID_WORDS, "style")],
        inputs={"ready": Input(shared.READY, "data"), "study": State(shared.STUDY, "data")},
    )
    def source(ready: list[str], study: dict | None):
        """Where the browser finds the images and what there is to say of each."""
        if study is None or "images" not in ready:
            return None, SHOWN
        meta = engine.results.meta(study["keys"]["images"])
        said = engine.results.meta(study["keys"]["predictions"])["arrays"] if "predictions" in ready else {}
        return {
            "images": study["keys"]["images"],
            "predictions": study["keys"]["predictions"] if "predictions" in ready else None,
            "measures": [name for name in MEASURES if name in said],
            "count": meta["count"],
            "n_train": meta["n_train"],
            "class_names": meta["class_names"],
            "labels": has_labels(engine, study["keys"]),
            "atlas": meta["atlas"],
            "colours": None if meta["atlas"] else class_colours(meta["n_classes"]),
        }, HIDDEN

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawGrid"),
        Output(ids.GRID_PAINTED, "data"),
        Output(f"{ids.GRID_PANEL}-subtitle", "children"),
        Output(ids.CLEAR_BUTTON, "display"),
        Output(ids.GRID_SORT, "data"),
        Output(ids.GRID_GROUP, "data"),
        Output(ids.GRID_SORT, "description"),
        Input(ids.GRID_SOURCE, "data"),
        Input(shared.SELECTION, "data"),
        Input(ids.SPLIT, "value"),
        Input(ids.GRID_SORT, "value"),
        Input(ids.GRID_DIRECTION, "value"),
        Input(ids.GRID_GROUP, "value"),
        Input(ids.GRID_SIZE, "value"),
        Input(shared.FOCUS, "data"),
        Input(ids.GRID_AS, "value"),
        Input(ids.GRID_AGAIN, "data"),
        State(ids.GRID_SORT, "data"),
        State(ids.GRID_GROUP, "data"),
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "showImages"),
        Output(ids.GRID, "style"),
        Output(ids.TABLE_BOX, "style"),
        Output(ids.GRID_ARRANGE, "style"),
        Output(ids.GRID_SIZE, "display"),
        Input(ids.GRID_AS, "value"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.CLEAR_BUTTON, "n_clicks"),
        prevent_initial_call=True,
    )
    def clear(clicks: int | None):
        """All images again."""
        return None if clicks else dash.no_update  # the view has only just been laid out

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_SELECTION, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.SELECTION, "data"),
        State(ids.SPLIT, "value"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, study: dict | None, selection: dict | None, split: str, ready: list[str]):
        """The selected images, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        if study is None or "predictions" not in ready:
            tell("There is nothing to export before the predictions are there.")
            return dash.no_update
        selection = fitting(selection, study)
        name = file_name("images", selection["label"] if selection else f"all {split}")
        return dcc.send_string(selection_table(engine, study["keys"], selection, split), f"{name}.csv")
