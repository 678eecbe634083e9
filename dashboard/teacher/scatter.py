"""The map: every image a point, close to those of which the teacher makes much the same; drawn by `assets/scatter.js`."""

from collections.abc import Mapping
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, dcc

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told
from dashboard.links import make_selection, study_data
from dashboard.measures import unpack_bits
from dashboard.teacher import ids
from dashboard.teacher.layout import HIDDEN, NO_MAP_YET, SHOWN
from dashboard.teacher.tables import map_table
from dashboard.theme import ACCENT_COLOUR, class_colours
from workers.engine import Engine
from workers.jobs import OutdatedJob, UnknownJob
from workers.kinds import JobSpec, job
from workers.params import METHODS

# The role that the map of each of these plays in a study.
ROLES = {"features": "embedding", "logits": "embedding-logits", "probabilities": "embedding-probabilities"}
ORIGIN = "scatter"


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
        if of is None or study is None or "predictions" not in ready or ROLES[of] in study["keys"]:
            return dash.no_update
        try:
            spec = map_job(engine, study["keys"], of)
        except (CannotMap, UnknownJob, OutdatedJob):
            return dash.no_update  # `words` say why
        return study_data(engine.studies.add(study["id"], ROLES[of], spec))

    @app.callback(
        Output(ids.SCATTER_WORDS, "children"),
        Output(ids.SCATTER_WORDS, "style"),
        Input(shared.READY, "data"),
        Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
        Input(ids.SCATTER_OF, "value"),
        State(shared.STUDY, "data"),
    )
    def words(ready: list[str], _steps: list | None, of: str, study: dict | None):
        """How far the map is, or why there is none."""
        if study is None or "predictions" not in ready:
            return NO_MAP_YET, SHOWN
        if ROLES[of] in ready:
            return dash.no_update, HIDDEN
        return missing_words(engine, study["keys"], of), SHOWN

    @app.callback(
        Output(ids.SCATTER_SOURCE, "data"),
        Input(shared.READY, "data"),
        Input(ids.SCATTER_OF, "value"),
        State(shared.STUDY, "data"),
    )
    def source(ready: list[str], of: str, study: dict | None):
        """Where the browser finds the points and what there is to say of each."""
        if study is None or not {"images", "predictions", ROLES[of]} <= set(ready):
            return None
        return map_source(engine, study["keys"], of)

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
        prevent_initial_call=True,
    )
    def select(picked: dict | None, split: str, study: dict | None):
        """The images that a lasso or a box encloses."""
        if picked is None or study is None or picked["images"] != study["keys"]["images"]:
            return dash.no_update
        mask = unpack_bits(picked["bits"], engine.results.meta(picked["images"])["count"])
        count = int(mask.sum())
        label = f"{picked['tool']} of {count:,} image{'s' if count > 1 else ''}"
        return make_selection(engine, picked["images"], mask, label, ORIGIN, split=split)

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
        if study is None or ROLES[of] not in ready:
            tell(f"There is nothing to export before the map of {of} is there.")
            return dash.no_update
        return dcc.send_string(map_table(engine, study["keys"], ROLES[of], split), f"map-of-{of}-{split}.csv")


class CannotMap(ValueError):
    """The predictions lack what is to be mapped."""


def map_job(engine: Engine, keys: Mapping[str, str], of: str) -> JobSpec:
    """The job that maps these predictions.

    Raises
    ------
    CannotMap
    UnknownJob, OutdatedJob
        The predictions cannot be made again as they were.
    """
    there = engine.results.meta(keys["predictions"])["arrays"]
    if of not in there:
        others = " or ".join(name for name in ROLES if name in there)
        raise CannotMap(f"these predictions come without {of}; choose {others}")
    return job("embedding", {"of": of}, predictions=engine.jobs.spec(keys["predictions"]))


def missing_words(engine: Engine, keys: Mapping[str, str], of: str) -> str:
    """Why a map is not there (yet), as a sentence or how far its job is."""
    try:
        if ROLES[of] in keys:
            return f"Map of {of}: {told(engine.jobs.get(keys[ROLES[of]]), engine.jobs.now())}"
        map_job(engine, keys, of)
    except (CannotMap, UnknownJob, OutdatedJob) as error:
        return f"There is no map: {error}."
    return f"The map of {of} is asked for."


def map_source(engine: Engine, keys: Mapping[str, str], of: str) -> dict[str, Any]:
    """What the browser draws a map from: where the arrays lie, names and colours."""
    images, mapped = engine.results.meta(keys["images"]), engine.results.meta(keys[ROLES[of]])
    return {
        "map": keys[ROLES[of]],
        "images": keys["images"],
        "predictions": keys["predictions"],
        "labels": "labels" in images["arrays"],
        "count": images["count"],
        "n_train": images["n_train"],
        "class_names": images["class_names"],
        "colours": class_colours(images["n_classes"]),
        "accent": ACCENT_COLOUR,
        "method": METHODS[mapped["method"]],
        "explained_variance": mapped["explained_variance"],
    }
