"""The map: every image a point, close to those of which the teacher makes much the same; drawn by `assets/scatter.js`."""

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
    made_map,
    map_body,
    map_in_the_making,
    no_map,
    options,
    register_map_place,
    run_outputs,
)
from dashboard.components.notices import tell
from dashboard.components.panel import label, panel, picture, segmented
from dashboard.components.run_row import register_run_buttons
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.links import study_data
from dashboard.map_points import Planes
from dashboard.map_settings import SettingsPlace, register_settings, settings_button
from dashboard.maps import (
    MAPPED,
    PREFERRED,
    ask_for,
    is_previewed,
    job_words,
    key_of,
    map_source,
    mappable,
    obstacle,
    preview_source,
    question,
    role_of,
    title_of,
)
from dashboard.teacher import ids
from dashboard.teacher.tables import map_table
from workers.engine import Engine
from workers.params import METHODS

MAP = MapPlace(ids.SCATTER)
SETTINGS = SettingsPlace(ids.MAP_SETTINGS)
NO_MAP_YET = "The map appears when the predictions are there."

# What a map is asked for by; not there while another view is shown alone.
CHOSEN = [
    Input(component, prop, allow_optional=True)
    for component, prop in (
        (ids.SCATTER_OF, "value"),
        (ids.SCATTER_METHOD, "value"),
        (ids.SCATTER_DIMS, "value"),
        (ids.SCATTER_SETTINGS, "data"),
    )
]


def scatter_panel() -> html.Section:
    return panel(
        MAP.panel,
        "Map",
        "Images by what the teacher makes of them",
        [
            *map_body(MAP, NO_MAP_YET),
            *[dcc.Store(id=store) for store in (ids.SCATTER_SETTINGS, ids.SCATTER_SEEN)],
        ],
        controls=[
            dmc.Select(
                id=ids.SCATTER_OF,
                data=options(MAPPED),
                value=PREFERRED[0],
                size="xs",
                w=112,
                allowDeselect=False,
                **label("Mapped"),
            ),
            segmented(ids.SCATTER_METHOD, list(METHODS.items()), "pca", "Method"),
            segmented(ids.SCATTER_DIMS, [("2", "2-D"), ("3", "3-D")], "2", "Dimensions"),
            settings_button(SETTINGS, "gear", "Settings of the map"),
        ],
        exports=[("Coordinates, CSV", {"id": ids.TABLE_SCATTER}), picture(MAP.host)],
        help_text=[
            "Each point is an image of the split shown in the matrix: a circle where the teacher is right, a cross where it "
            "is wrong. Features are what the last layer is given, logits are the scores before softmax.",
            "PCA (Pearson 1901) shows the plane, or space, in which the vectors vary most: what is far apart here differs, "
            "what is close may still differ along what is not shown.",
            "t-SNE (van der Maaten and Hinton 2008) keeps neighbours together; perplexity is about how many each has. Sizes "
            "of clusters and distances between them mean little: try several perplexities before believing a shape.",
            "UMAP (McInnes, Healy and Melville 2018) also keeps neighbours together, and a little more of what lies between "
            "clusters. Few neighbours show detail, many the whole; the least distance says how tightly points may lie.",
            "More than 20,000 points are drawn as a picture of how many lie where, a pixel in the mean colour of its points; "
            "zoom in until few are in view to see them one by one. An outline selects all that lie in it in either case. "
            "A map in 3-D is drawn of up to 20,000 images.",
            "Draw around points to select their images; Shift adds, Alt takes away, a double click clears. Click a point "
            "to look at one image. In 3-D drag to turn.",
            "Click a class under the map to hide it, so that a lasso leaves it out; Alt or a double click shows it alone; "
            "Shift selects it, or takes it away again.",
        ],
    )  # fmt: skip


def register_scatter(app: dash.Dash, engine: Engine, first: FirstAnswers, planes: Planes) -> None:
    """The map's callbacks."""
    register_settings(app, engine, first, SETTINGS, ids.SCATTER_METHOD, ids.SCATTER_SETTINGS, bare=False)
    register_maps(app, engine, first)
    register_map_place(app, planes, MAP, ids.SPLIT, "drawScatter")
    register_take(app, engine)


def register_maps(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Which map is shown, and what is done while it is not there."""

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(shared.READY, "data"),
        *CHOSEN,
        State(shared.STUDY, "data"),
        prevent_initial_call="initial_duplicate",
    )
    def ask(ready: list[str], of: str | None, *how_and_study: Any):
        """Asks for the map that is chosen, when the study has none."""
        *how, study = how_and_study
        if study is None or of is None or "predictions" not in ready or of not in mappable(engine, study["keys"]):
            return dash.no_update
        asked = question(of, *how)
        if role_of(study["keys"], key_of(study["keys"], asked)) or obstacle(engine, study["keys"], asked):
            return dash.no_update  # it is there or on its way, or `source` says why not
        return study_data(ask_for(engine, study, asked))

    @first.callback(
        output={
            "of": Output(ids.SCATTER_OF, "data"),
            "chosen": Output(ids.SCATTER_OF, "value"),
            "colours": Output(MAP.colour, "data"),
            **run_outputs(MAP),
            "seen": Output(ids.SCATTER_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "chosen": CHOSEN,
            "study": State(shared.STUDY, "data"),
            "seen": State(ids.SCATTER_SEEN, "data"),
        },
    )
    def fill(ready: list[str], steps: list | None, chosen: tuple, study: dict | None, seen: dict | None):
        """What can be mapped; where the browser finds the points and what there is to say of each; how far the map is,
        or why there is none."""
        unseen = Unseen(seen)
        told = shown_now(engine, ready, chosen, study)
        of = told.pop("chosen")
        changed = {name: unseen(name, value) for name, value in told.items()}
        # A choice that is set, be it the same, is one more question.
        return changed | {"chosen": dash.no_update if of == chosen[0] else of, "seen": unseen.marks}

    register_run_buttons(
        app,
        engine,
        MAP.cancel,
        MAP.retry,
        lambda keys, *chosen: key_of(keys, question(*chosen)),
        *[State(chosen.component_id, chosen.component_property) for chosen in CHOSEN],
    )


def shown_now(engine: Engine, ready: list[str], chosen: tuple, study: dict | None) -> dict[str, Any]:
    """What the panel shows of the map that is chosen, by the names of the outputs of `fill`."""
    of, *how = chosen
    told = {"of": options(MAPPED), "chosen": of, "colours": options(COLOURS)} | no_map(NO_MAP_YET)
    if study is None or "predictions" not in ready:
        return told
    keys, there = study["keys"], mappable(engine, study["keys"])
    if of not in there:
        of = next(other for other in PREFERRED if other in there)
    asked = question(of, *how)
    key = key_of(keys, asked)
    role = role_of(keys, key)
    told |= {"of": options(MAPPED, there), "chosen": of, "colours": colour_options(engine, keys)}
    if role in ready or engine.results.which([key]):  # the pulse tells of what is done a moment later
        return told | made_map(map_source(engine, keys, key))
    if role is None:
        return told | {"words": obstacle(engine, keys, asked) or f"{title_of(asked)} is asked for."}
    try:
        made = engine.jobs.get(key)
    except CANNOT_ASK as error:
        return told | {"words": f"There is no map: {error}."}
    source = preview_source(engine, keys, made, asked) if is_previewed(made) else None
    words = job_words(asked, made, engine.jobs.now(), engine.results.meta(keys["images"])["count"])
    return told | map_in_the_making(made, words, source)


def register_take(app: dash.Dash, engine: Engine) -> None:
    """What can be taken along of the map."""

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_SCATTER, "n_clicks"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        *[State(chosen.component_id, chosen.component_property) for chosen in CHOSEN],
        prevent_initial_call=True,
    )
    def take(clicks: int | None, split: str, study: dict | None, ready: list[str], *chosen: Any):
        """The places of the points, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        asked = question(*chosen)
        role = None if study is None else role_of(study["keys"], key_of(study["keys"], asked))
        if study is None or role not in ready:
            tell(f"There is nothing to export before the map is there: {title_of(asked)}.")
            return dash.no_update
        name = f"{asked.method}-of-{asked.of}-{split}.csv"
        return dcc.send_string(map_table(engine, study["keys"], role, split), name)
