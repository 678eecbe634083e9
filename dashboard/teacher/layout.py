"""The Teacher view: map and matrix on the left, images and training in the middle, the focused image on the right."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.abilities import Need, Part
from dashboard.components.panel import empty, icon, label, panel, segmented
from dashboard.components.view import View
from dashboard.teacher import ids
from dashboard.theme import GRAPH_CONFIG

SHOWN, HIDDEN = {}, {"display": "none"}  # styles of what has something to show, or not
MAPPED = [("features", "Features"), ("logits", "Logits"), ("probabilities", "Probabilities")]
NO_MAP_YET = "The map appears when the predictions are there."
NO_MATRIX_YET = "The matrix appears when the predictions are there."
NO_CURVE_YET = "The curve begins with the first steps of training."


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    return html.Div(
        [
            html.Div([scatter_panel(), matrix_panel()], className="column column-left"),
            html.Div([grid_panel(), training_panel()], className="column column-middle"),
            html.Div(focus_panel(), className="column column-right"),
            dcc.Store(id=ids.GRID_SOURCE),
            dcc.Store(id=ids.GRID_AGAIN),
            dcc.Store(id=ids.GRID_PAINTED),
        ],
        className="teacher-view",
    )


def scatter_panel() -> html.Section:
    return panel(
        ids.SCATTER_PANEL,
        "Map",
        "Images by what the teacher makes of them",
        [
            html.Div(id=ids.SCATTER, className="scatter"),
            empty(ids.SCATTER_WORDS, NO_MAP_YET),
            dcc.Store(id=ids.SCATTER_SOURCE),
            dcc.Store(id=ids.SCATTER_AGAIN),
            dcc.Store(id=ids.SCATTER_PAINTED),
            dcc.Store(id=ids.SCATTER_PICKED),
        ],
        controls=[segmented(ids.SCATTER_OF, MAPPED, "features", "Mapped")],
        exports=[("Coordinates, CSV", {"id": ids.TABLE_SCATTER}), picture(ids.SCATTER)],
        help_text=[
            "Each point is an image of the split shown in the matrix: a circle where the teacher is right, a cross where it "
            "is wrong, in the colour of the true class (where that is not known, of the predicted one).",
            "PCA shows the plane in which the vectors vary most: what is far apart here differs, what is close may still "
            "differ along what is not shown. Features are what the last layer is given, logits are the scores before softmax.",
            "Draw around points to select their images; Shift adds, Alt takes away, a double click clears. Click a point "
            "to look at one image.",
        ],
    )


def matrix_panel() -> html.Section:
    return panel(
        ids.MATRIX_PANEL,
        "Confusion matrix",
        "True class by predicted class",
        [graph(ids.MATRIX), empty(ids.MATRIX_WORDS, NO_MATRIX_YET)],
        controls=[
            dmc.Button("Wrong only", id=ids.WRONG_BUTTON, size="compact-xs", variant="light", color="red"),
            segmented(ids.SHADE, [("log", "Log"), ("linear", "Linear")], "log", "Shade by"),
            segmented(ids.SPLIT, [("test", "Test"), ("train", "Train")], "test", "Images counted"),
        ],
        exports=[("Counts, CSV", {"id": ids.TABLE_MATRIX}), picture(ids.MATRIX)],
        help_text=[
            "Each row is a true class, each column a predicted one; a cell counts images. Hits on the diagonal are blue, "
            "errors red, both shaded by count on one scale.",
            "Click a cell to select its images: they appear in the grid. A net that has seen the train images gets them "
            "right more often; errors worth asking about are in test.",
        ],
    )


def training_panel() -> html.Section:
    return panel(
        ids.TRAINING_PANEL,
        "Training",
        "Per epoch, on train and test images",
        [graph(ids.TRAINING), empty(ids.TRAINING_WORDS, NO_CURVE_YET)],
        controls=[segmented(ids.TRAINING_WHAT, [("loss", "Loss"), ("accuracy", "Accuracy")], "loss", "Shown")],
        exports=[("Record, CSV", {"id": ids.TABLE_TRAINING}), picture(ids.TRAINING)],
        help_text=[
            "Cross-entropy (nats, log scale) or accuracy at the end of each epoch, over all images of the split; epoch 0 is "
            "the untrained net. While training runs, the train line is the mean over the epoch's steps so far.",
            "Test loss that rises while train loss falls means that the net learns the train images by heart.",
        ],
    )


def grid_panel() -> html.Section:
    return panel(
        ids.GRID_PANEL,
        "Images",
        "All test images",
        [
            html.Div(id=ids.GRID, className="image-grid"),
            empty(ids.GRID_WORDS, "The images appear when the set is loaded."),
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
            segmented(ids.GRID_SORT, [("id", "By id"), ("confidence", "Least sure first")], "id", "Order"),
            dmc.Slider(
                id=ids.GRID_SIZE,
                min=24,
                max=128,
                step=4,
                value=52,
                size="xs",
                w=90,
                label=None,
                updatemode="drag",
                thumbLabel="Thumbnail size",
            ),
        ],
        exports=[("Selection, CSV", {"id": ids.TABLE_SELECTION})],
        help_text=[
            "Every image of the selection; without one, all images of the split shown in the matrix. A red frame marks "
            "an image that the teacher gets wrong.",
            "Hover tells true → predicted class and the teacher's confidence. Click, or walk with the arrow keys, to look at "
            "one image on the right.",
        ],
        class_name="panel-tall",
    )


def focus_panel() -> html.Section:
    return panel(
        ids.FOCUS_PANEL,
        "Focused image",
        "What the teacher says of it",
        [
            html.Div(
                [
                    html.Img(id=ids.FOCUS_IMAGE, className="focus-image", alt=""),
                    html.Div(id=ids.FOCUS_FACTS, className="focus-facts"),
                    graph(ids.FOCUS_BARS),
                    html.Div(
                        [
                            html.Div(id=ids.EPOCH_TEXT, className="focus-epoch-text"),
                            dmc.Slider(
                                id=ids.EPOCH,
                                min=0,
                                max=1,
                                value=1,
                                size="sm",
                                restrictToMarks=True,
                                updatemode="drag",
                                marks=[],
                                label=None,
                                thumbLabel="Teacher after epoch",
                            ),
                        ],
                        className="focus-epoch",
                    ),
                ],
                className="focus-body",
            ),
            empty(ids.FOCUS_WORDS, "Click an image in the grid, or press / and type its number."),
        ],
        controls=[
            dmc.NumberInput(
                id=ids.FOCUS_INDEX,
                placeholder="image /",
                min=0,
                size="xs",
                w=92,
                hideControls=True,
                allowDecimal=False,
                allowNegative=False,
                debounce=True,
                **label("Go to image number"),
            )
        ],
        exports=[picture(ids.FOCUS_BARS)],
        help_text=[
            "The image itself, exactly, and the teacher's probability for each class; ✓ marks the true class.",
            "The slider asks the teacher as it was after an earlier epoch: drag it to see when the answer was decided.",
        ],
        class_name="panel-tall",
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


def graph(graph_id: str) -> dcc.Graph:
    """A graph that fills its panel and is not drawn before it has something to show."""
    return dcc.Graph(id=graph_id, config=GRAPH_CONFIG, className="graph", responsive=True, style={"display": "none"})


def picture(graph_id: str) -> tuple[str, dict[str, Any]]:
    """An export entry that saves a graph as SVG; the browser does it (`assets/panels.js`)."""
    return "Picture, SVG", {"id": f"picture-{graph_id}", "className": "take-picture"}
