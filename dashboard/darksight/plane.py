"""The DarkSight map: every prediction a point, where a simple student says of it what the teacher says; drawn by
`assets/darksight_map.js`."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK
from dashboard.components.map_place import (
    COLOURS,
    MapPlace,
    colour_options,
    drawn_from,
    is_previewed,
    made_map,
    map_body,
    map_in_the_making,
    no_map,
    options,
    register_map_place,
    run_outputs,
)
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, label, panel, picture, segmented
from dashboard.components.run_row import register_run_buttons
from dashboard.components.unseen import Unseen
from dashboard.darksight import ids
from dashboard.darksight.fits import ask_for, fits_of, params_of, spec_of, title_of
from dashboard.darksight.worths import confidence_key, worth_key
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import study_data
from dashboard.map_points import Planes
from dashboard.maps import EVICTED
from dashboard.teacher.tables import map_table
from workers.darksight_params import DarkSightParams
from workers.engine import Engine

MAP = MapPlace(ids.MAP)
NO_MAP_YET = "The map appears when the predictions are there."
ASKED_FOR = "A DarkSight map is asked for."
DENSITY = "density"  # of the student, as one of the colourings
FEW_LEVELS, MOST_LEVELS = 8, 24  # of contours


def plane_panel() -> html.Section:
    return panel(
        MAP.panel,
        "DarkSight map",
        "Predictions, placed so that a simple student can mimic them",
        [
            *map_body(MAP, NO_MAP_YET, [levels_slider()]),
            dcc.Store(id=ids.SEEN),
        ],
        controls=[
            dmc.Select(
                id=ids.FITS,
                data=[],
                size="xs",
                w=190,
                placeholder="no map yet",
                allowDeselect=False,
                **label("Which map"),
            ),
            segmented(ids.SPLIT, [("test", "Test"), ("train", "Train")], "test", "Images shown"),
        ],
        exports=[
            ("Coordinates, CSV", {"id": ids.TABLE_MAP}),
            ("Fitted map, safetensors", {"id": ids.TAKE_FITTED}),
            picture(MAP.host),
        ],
        help_text=[
            "DarkSight (Xu, Park, Yi and Sutton 2018, arXiv:1803.04042). Each point is a vector of probabilities that the "
            "teacher gives an image: a circle where it is right, a cross where it is wrong. Places are chosen together with "
            "a student that sees the place only, so that the student's probabilities come as near to the teacher's as they "
            "can: the mean symmetric Kullback-Leibler divergence, in nats, and the share of equal answers stand above.",
            "The student is naive Bayes: a Student-t about each star, the centre of a class, and a prior. So what lies near "
            "a star is surely of its class, what lies between two is doubtful between these two, and what lies far from all "
            "is unusual: the teacher says of it what it says of little else.",
            "The lines are contours of P(y), the student's density at a place, equally far apart in its logarithm. Colour "
            "points by it, or by any other measure of confidence, to see where they disagree.",
            "Draw around points to select their images; Shift adds, Alt takes away, a double click clears. The line tool, a "
            "box or a lasso along a bridge between two clusters shows its predictions in order under Bridge. What you drew "
            "can be refused under Refusal.",
            "Distances are those of the student: they say how unlike predictions are, not images. The map may be turned or "
            "mirrored with another seed, and a point in doubt between more than two classes has no place that says so.",
        ],
    )


def levels_slider() -> dmc.Tooltip:
    return dmc.Tooltip(
        dmc.Slider(
            id=ids.LEVELS, min=0, max=MOST_LEVELS, value=FEW_LEVELS, size="xs", w=90, label=None, thumbLabel="Contours",
        ),
        label="Contours of the student's density",
    )  # fmt: skip


def register_plane(app: dash.Dash, engine: Engine, first: FirstAnswers, planes: Planes) -> None:
    """The map's callbacks."""

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(shared.READY, "data"),
        Input(ids.FITS, "data", allow_optional=True),  # not there while another view is shown alone
        State(shared.STUDY, "data"),
        prevent_initial_call="initial_duplicate",
    )
    def ask(ready: list[str], fits: list | None, study: dict | None):
        """Asks for a map with the usual settings, when somebody looks and the study has none."""
        if fits is None or study is None or "predictions" not in ready or fits_of(study["keys"]):
            return dash.no_update
        try:
            return study_data(ask_for(engine, study, DarkSightParams())[0])
        except CANNOT_ASK:
            return dash.no_update  # `fill` says why

    @first.callback(
        output={
            "splits": Output(ids.SPLIT, "style"),
            "split": Output(ids.SPLIT, "value"),
            "fits": Output(ids.FITS, "data"),
            "chosen": Output(ids.FITS, "value"),
            "fit": Output(ids.FIT, "data"),
            "colours": Output(MAP.colour, "data"),
            **run_outputs(MAP),
            "seen": Output(ids.SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "chosen": Input(ids.FITS, "value"),
            "study": Input(shared.STUDY, "data"),
            "seen": State(ids.SEEN, "data"),
        },
    )
    def fill(ready: list[str], steps: list | None, chosen: str | None, study: dict | None, seen: dict | None):
        """Which maps there are, and the one that is shown: where the browser finds its points, how far it is, or why
        there is none."""
        return Unseen(seen).answer(splits_now(engine, ready, study) | shown_now(engine, ready, chosen, study))

    register_run_buttons(
        app,
        engine,
        MAP.cancel,
        MAP.retry,
        lambda keys, chosen: chosen if chosen in fits_of(keys) else None,
        State(ids.FITS, "value"),
    )
    around = [Input(store, "data") for store in (ids.REGIONS, ids.OUTLINE, ids.BRIDGE_WAY)]
    register_map_place(app, planes, MAP, ids.SPLIT, "drawDarksight", Input(ids.LEVELS, "value"), *around)

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_MAP, "n_clicks"),
        State(ids.FIT, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, fit: dict | None, split: str, study: dict | None):
        """The places of the points, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        roles = {} if study is None else {key: role for role, key in study["keys"].items()}
        if study is None or fit is None or fit["key"] not in roles:
            tell("There is nothing to export before the DarkSight map is there.")
            return dash.no_update
        return dcc.send_string(map_table(engine, study["keys"], roles[fit["key"]], split), f"darksight-{split}.csv")

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TAKE_FITTED, "n_clicks"),
        State(ids.FIT, "data"),
        prevent_initial_call=True,
    )
    def take_fitted(clicks: int | None, fit: dict | None):
        """The map itself, on which `models.darksight` places new predictions."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if fit is None:
            tell("There is nothing to export before the DarkSight map is there.")
            return dash.no_update
        name = "ParametricDarkSight" if engine.results.meta(fit["key"])["parametric"] else "DarkSight"
        return dcc.send_bytes(engine.results.blob(fit["key"], "state"), f"{name}-{fit['key'][:8]}.safetensors")


def splits_now(engine: Engine, ready: list[str], study: dict | None) -> dict[str, Any]:
    """Where nothing is kept for training, all images are test, and there is nothing to switch."""
    if study is None or "images" not in ready or engine.results.meta(study["keys"]["images"])["n_train"]:
        return {"splits": SHOWN, "split": dash.no_update}
    return {"splits": HIDDEN, "split": "test"}


def shown_now(engine: Engine, ready: list[str], chosen: str | None, study: dict | None) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {"fits": [], "chosen": None, "fit": None, "colours": options(COLOURS)} | no_map(NO_MAP_YET)
    if study is None or "predictions" not in ready:
        return told
    keys = study["keys"]
    fits = fits_of(keys)
    if not fits:
        return told | {"words": obstacle(engine, keys) or ASKED_FOR}
    key = chosen if chosen in fits else fits[0]
    told |= {"fits": picks(engine, keys, fits), "chosen": key}
    if engine.results.which([key]):
        drawn = source(engine, keys, key)
        return told | {
            "fit": {"key": key, "split": engine.results.meta(key)["split"]},
            "colours": colours(engine, keys, drawn["measures"]),
            **made_map(drawn),
        }
    try:
        made = engine.jobs.get(key)
    except CANNOT_ASK as error:
        return told | {"words": f"There is no map: {error}."}
    words = EVICTED if made.state == "done" else told_of(made, engine.jobs.now())
    preview = None
    if is_previewed(made):
        message = f"DarkSight, preview: {made.message or made.stage}"
        preview = drawn_from(engine, keys, key) | {"dims": 2, "words": message, "preview": made.previews}
    else:
        words = f"DarkSight map: {words}"
    return told | map_in_the_making(made, words, preview)


def obstacle(engine: Engine, keys: Mapping[str, str]) -> str | None:
    """Why no map can be asked for, in a sentence; None when one can."""
    try:
        spec_of(engine, keys, DarkSightParams())
    except CANNOT_ASK as error:
        return f"There is no map: {error}."
    return None


def picks(engine: Engine, keys: Mapping[str, str], fits: list[str]) -> list[dict[str, Any]]:
    """The maps of a study, for the picker."""
    names = engine.results.meta(keys["images"])["class_names"]
    found = []
    for key in fits:
        try:
            found.append({"value": key, "label": title_of(params_of(engine, key), names)})
        except CANNOT_ASK:  # its record is gone; its result may be there
            found.append({"value": key, "label": f"map {key[:8]}"})
    return found


def source(engine: Engine, keys: Mapping[str, str], key: str) -> dict[str, Any]:
    """What the browser draws a finished map from."""
    meta = engine.results.meta(key)
    drawn = drawn_from(engine, keys, key) | {"atlas": engine.results.meta(keys["images"])["atlas"]}
    words = f"KL {meta['kl_divergence']:.4f} nats, agreement {meta['agreement']:.2%}"
    if meta["n_hidden"]:
        words += f", {meta['n_hidden']:,} hidden"
    return drawn | {"dims": 2, "words": words, "measures": measures(engine, keys, key, meta["split"])}


def measures(engine: Engine, keys: Mapping[str, str], key: str, split: str) -> dict[str, dict[str, str]]:
    """The numbers that points can be coloured by, beside those of the predictions: by name, where they lie, title, unit."""
    found = {DENSITY: {"key": key, "array": "log_density", "title": "Density P(y), log", "unit": "nats"}}
    for result in (worth_key(keys, key, split), confidence_key(keys, split)):
        if not engine.results.which([result]):
            continue
        for measure in engine.results.meta(result)["measures"]:
            name = measure["name"]
            if name not in ("entropy", "maximum", "margin"):  # these are among the colours of every map
                array = f"score-{name}"
                found[name] = {"key": result, "array": array, "title": measure["title"], "unit": measure["unit"]}
    return found


def colours(engine: Engine, keys: Mapping[str, str], found: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """What the points of a finished map can be coloured by, the `measures` that were found among it."""
    more = {name: measure["title"] for name, measure in found.items()}
    return [*colour_options(engine, keys), *options(more), {"value": "none", "label": "One colour"}]
