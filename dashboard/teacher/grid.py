"""The images of the selection, drawn by `assets/image_grid.js`."""

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import has_labels
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, icon, panel, segmented
from dashboard.links import fitting
from dashboard.teacher import ids
from dashboard.teacher.tables import selection_table
from dashboard.theme import class_colours
from workers.engine import Engine


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


def register_grid(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.GRID_SOURCE, "data"),
        Output(ids.GRID_WORDS, "style"),
        Input(shared.READY, "data"),
        State(shared.STUDY, "data"),
    )
    def source(ready: list[str], study: dict | None):
        """Where the browser finds the images and what there is to say of each."""
        if study is None or "images" not in ready:
            return None, SHOWN
        meta = engine.results.meta(study["keys"]["images"])
        return {
            "images": study["keys"]["images"],
            "predictions": study["keys"]["predictions"] if "predictions" in ready else None,
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
        Input(ids.GRID_SOURCE, "data"),
        Input(shared.SELECTION, "data"),
        Input(ids.SPLIT, "value"),
        Input(ids.GRID_SORT, "value"),
        Input(ids.GRID_SIZE, "value"),
        Input(shared.FOCUS, "data"),
        Input(ids.GRID_AGAIN, "data"),
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
        Output(shared.DOWNLOAD, "data", allow_duplicate=True),
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
        name = (selection or {}).get("label", f"all {split}").replace(" ", "-").replace(",", "")
        return dcc.send_string(selection_table(engine, study["keys"], selection, split), f"images-{name}.csv")
