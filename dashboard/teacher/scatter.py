"""The map: every image a point, close to those of which the teacher makes much the same; drawn by `assets/scatter.js`."""

from collections.abc import Mapping
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import has_labels
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, panel, picture, segmented
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told
from dashboard.links import fitting, picked_selection, study_data
from dashboard.teacher import ids
from dashboard.teacher.tables import map_table
from dashboard.theme import ACCENT_COLOUR, class_colours
from workers.engine import Engine
from workers.jobs import OutdatedJob, UnknownJob
from workers.kinds import job
from workers.params import METHODS

ORIGIN = "scatter"
MAPPED = [("features", "Features"), ("logits", "Logits"), ("probabilities", "Probabilities")]
NO_MAP_YET = "The map appears when the predictions are there."
CANNOT_ASK = (UnknownJob, OutdatedJob)  # the predictions cannot be made again as they were


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


def register_scatter(app: dash.Dash, engine: Engine) -> None:
    """The map's callbacks."""

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(shared.READY, "data"),
        Input(ids.SCATTER_OF, "value", allow_optional=True),  # not there while another view is shown alone
        State(shared.STUDY, "data"),
        prevent_initial_call="initial_duplicate",
    )
    def ask(ready: list[str], of: str | None, study: dict | None):
        """Asks for the map that is chosen, when the study has none."""
        if study is None or "predictions" not in ready:
            return dash.no_update
        keys = study["keys"]
        role = map_roles(engine, keys).get(of or "")
        if role is None or role in keys:
            return dash.no_update
        try:
            spec = job("embedding", {"of": of}, predictions=engine.jobs.spec(keys["predictions"]))
        except CANNOT_ASK:
            return dash.no_update  # `words` say why
        return study_data(engine.studies.add(study["id"], role, spec))

    @app.callback(
        Output(ids.SCATTER_OF, "data"),
        Output(ids.SCATTER_OF, "value"),
        Output(ids.SCATTER_SOURCE, "data"),
        Output(ids.SCATTER_WORDS, "children"),
        Output(ids.SCATTER_WORDS, "style"),
        Input(shared.READY, "data"),
        Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
        Input(ids.SCATTER_OF, "value"),
        State(shared.STUDY, "data"),
    )
    def source(ready: list[str], _steps: list | None, of: str, study: dict | None):
        """What can be mapped (predictions of a file come without features); where the browser finds the points and what
        there is to say of each; how far the map is, or why there is none."""
        keep = dash.no_update
        if study is None or "predictions" not in ready:
            return keep, keep, None, NO_MAP_YET, SHOWN
        roles = map_roles(engine, study["keys"])
        options = [{"value": name, "label": text, "disabled": name not in roles} for name, text in MAPPED]
        shown = of if of in roles else next(iter(roles))
        value = keep if shown == of else shown
        if roles[shown] in ready:
            return options, value, map_source(engine, study["keys"], roles[shown]), keep, HIDDEN
        return options, value, None, missing_words(engine, study["keys"], shown), SHOWN

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawScatter"),
        Output(ids.SCATTER_PAINTED, "data"),
        Output(f"{ids.SCATTER_PANEL}-subtitle", "children"),
        Input(ids.SCATTER_SOURCE, "data"),
        Input(shared.SELECTION, "data"),
        Input(ids.SPLIT, "value"),
        Input(shared.FOCUS, "data"),
        Input(ids.SCATTER_AGAIN, "data"),
    )

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.SCATTER_PICKED, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        State(shared.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def select(picked: dict | None, split: str, study: dict | None, before: dict | None):
        """The images that a lasso or a box encloses, or these and what was selected before, or that without these."""
        by_outcome = bool(picked and picked.get("onto")) and (fitting(before, study) or {}).get("by_outcome", False)
        return picked_selection(engine, picked, study, ORIGIN, by_outcome=by_outcome, split=split) or dash.no_update

    @app.callback(
        Output(shared.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_SCATTER, "n_clicks"),
        State(ids.SCATTER_OF, "value"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, of: str, split: str, study: dict | None, ready: list[str]):
        """The places of the points, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        role = ready_role(ready, of, study)
        if study is None or role is None:
            tell(f"There is nothing to export before the map of {of} is there.")
            return dash.no_update
        return dcc.send_string(map_table(engine, study["keys"], role, split), f"map-of-{of}-{split}.csv")

    def ready_role(ready: list[str], of: str, study: dict | None) -> str | None:
        """The role of the map that is chosen; None before it can be drawn."""
        if study is None or "predictions" not in ready:
            return None
        role = map_roles(engine, study["keys"]).get(of)
        return role if role in ready else None


def map_roles(engine: Engine, keys: Mapping[str, str]) -> dict[str, str]:
    """What of these predictions can be mapped, and the role of its map in the study; the first is made with the study."""
    there = engine.results.meta(keys["predictions"])["arrays"]
    mapped = [name for name, _ in MAPPED if name in there]
    return {of: "embedding" if of == mapped[0] else f"embedding-{of}" for of in mapped}


def missing_words(engine: Engine, keys: Mapping[str, str], of: str) -> str:
    """Why a map is not there (yet), as a sentence or how far its job is."""
    role = map_roles(engine, keys)[of]
    try:
        if role in keys:
            return f"Map of {of}: {told(engine.jobs.get(keys[role]), engine.jobs.now())}"
        engine.jobs.spec(keys["predictions"])
    except CANNOT_ASK as error:
        return f"There is no map: {error}."
    return f"The map of {of} is asked for."


def map_source(engine: Engine, keys: Mapping[str, str], role: str) -> dict[str, Any]:
    """What the browser draws a map from: where the arrays lie, names and colours."""
    images, mapped = engine.results.meta(keys["images"]), engine.results.meta(keys[role])
    return {
        "map": keys[role],
        "images": keys["images"],
        "predictions": keys["predictions"],
        "labels": has_labels(engine, keys),
        "count": images["count"],
        "n_train": images["n_train"],
        "class_names": images["class_names"],
        "colours": class_colours(images["n_classes"]),
        "accent": ACCENT_COLOUR,
        "method": METHODS[mapped["method"]],
        "explained_variance": mapped["explained_variance"],
    }
