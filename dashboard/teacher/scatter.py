"""The map: every image a point, close to those of which the teacher makes much the same; drawn by `assets/scatter.js`."""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import has_labels
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, icon, label, panel, picture, segmented
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.links import (
    chosen_by_outcome,
    fitting,
    make_selection,
    mask_of,
    picked_selection,
    picked_words,
    study_data,
)
from dashboard.map_points import Planes, Shown
from dashboard.teacher import ids
from dashboard.teacher.map_settings import register_settings, settings_button
from dashboard.teacher.maps import (
    CANNOT_ASK,
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
from dashboard.teacher.tables import map_table
from workers.engine import Engine
from workers.params import METHODS

ORIGIN = "scatter"
NO_MAP_YET = "The map appears when the predictions are there."

COLOURS = {
    "true": "True class",
    "predicted": "Predicted class",
    "right": "Right, wrong",
    "confidence": "Confidence",
    "entropy": "Entropy",
    "margin": "Margin",
}
BY_TRUTH = ("true", "right")  # where the true classes are not known, there are none of these

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
        ids.SCATTER_PANEL,
        "Map",
        "Images by what the teacher makes of them",
        [
            html.Div(
                [
                    html.Div(id=ids.SCATTER, className="scatter"),
                    html.Div(
                        [
                            dmc.Select(
                                id=ids.SCATTER_COLOUR,
                                data=options(COLOURS),
                                value="true",
                                size="xs",
                                w=118,
                                allowDeselect=False,
                                **label("Colour by"),
                            ),
                            html.Div(id=ids.SCATTER_LEGEND, className="scatter-legend"),
                        ],
                        className="scatter-foot",
                    ),
                ],
                className="scatter-body",
            ),
            empty(ids.SCATTER_WORDS, NO_MAP_YET),
            html.Div(
                [
                    html.Div(id=ids.SCATTER_TOLD, className="scatter-told", role="status"),
                    dmc.Button(
                        "Cancel", id=ids.SCATTER_CANCEL, color="red", variant="light", size="compact-xs",
                        leftSection=icon("stop"), display="none",
                    ),
                    dmc.Button(
                        "Try again", id=ids.SCATTER_RETRY, variant="light", size="compact-xs", leftSection=icon("again"),
                        display="none",
                    ),
                ],
                id=ids.SCATTER_RUN,
                className="scatter-run",
                hidden=True,
            ),
            *[
                dcc.Store(id=store)
                for store in (
                    ids.SCATTER_SOURCE, ids.SCATTER_AGAIN, ids.SCATTER_PAINTED, ids.SCATTER_PICKED, ids.SCATTER_SETTINGS,
                    ids.SCATTER_SEEN,
                )
            ],
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
            settings_button(),
        ],
        exports=[("Coordinates, CSV", {"id": ids.TABLE_SCATTER}), picture(ids.SCATTER)],
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


def options(titles: dict[str, str], there: Any = None) -> list[dict[str, Any]]:
    """The choices of a picker; those that are not `there` cannot be chosen."""
    return [
        {"value": name, "label": title, "disabled": there is not None and name not in there}
        for name, title in titles.items()
    ]


def register_scatter(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The map's callbacks."""
    register_settings(app, engine, first)
    register_maps(app, engine, first)
    register_drawing(app, engine)
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
            "colours": Output(ids.SCATTER_COLOUR, "data"),
            "source": Output(ids.SCATTER_SOURCE, "data"),
            "words": Output(ids.SCATTER_WORDS, "children"),
            "wordless": Output(ids.SCATTER_WORDS, "style"),
            "told": Output(ids.SCATTER_TOLD, "children"),
            "run": Output(ids.SCATTER_RUN, "className"),
            "not_run": Output(ids.SCATTER_RUN, "hidden"),
            "cancel": Output(ids.SCATTER_CANCEL, "display"),
            "retry": Output(ids.SCATTER_RETRY, "display"),
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

    @app.callback(
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.SCATTER_CANCEL, "n_clicks"),
        Input(ids.SCATTER_RETRY, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.PULSE, "n_intervals"),
        *[State(chosen.component_id, chosen.component_property) for chosen in CHOSEN],
        prevent_initial_call=True,
    )
    def press(_cancel: int | None, _retry: int | None, study: dict | None, beats: int | None, *chosen: Any):
        """Stops the job of the map, or has it made after all; the pulse after it shows what came of it."""
        if study is None or not dash.ctx.triggered[0]["value"]:  # the view was laid out
            return dash.no_update
        act = engine.jobs.cancel if dash.ctx.triggered_id == ids.SCATTER_CANCEL else engine.jobs.retry
        act(key_of(study["keys"], question(*chosen)))
        return (beats or 0) + 1


def shown_now(engine: Engine, ready: list[str], chosen: tuple, study: dict | None) -> dict[str, Any]:
    """What the panel shows of the map that is chosen, by the names of the outputs of `fill`."""
    of, *how = chosen
    told = {
        "of": options(MAPPED), "chosen": of, "colours": options(COLOURS), "source": None, "words": NO_MAP_YET,
        "wordless": SHOWN, "told": [], "run": "scatter-run", "not_run": True, "cancel": "none", "retry": "none",
    }  # fmt: skip
    if study is None or "predictions" not in ready:
        return told
    keys, there = study["keys"], mappable(engine, study["keys"])
    if of not in there:
        of = next(other for other in PREFERRED if other in there)
    asked = question(of, *how)
    key = key_of(keys, asked)
    role = role_of(keys, key)
    known = [name for name in COLOURS if name not in BY_TRUTH or has_labels(engine, keys)]
    told |= {"of": options(MAPPED, there), "chosen": of, "colours": options(COLOURS, known)}
    if role in ready or engine.results.which([key]):  # the pulse tells of what is done a moment later
        return told | {"source": map_source(engine, keys, key), "wordless": HIDDEN}
    if role is None:
        return told | {"words": obstacle(engine, keys, asked) or f"{title_of(asked)} is asked for."}
    try:
        made = engine.jobs.get(key)
    except CANNOT_ASK as error:
        return told | {"words": f"There is no map: {error}."}
    previewed = is_previewed(made)
    return told | {
        "source": preview_source(engine, keys, made, asked) if previewed else None,
        "wordless": HIDDEN,
        "told": job_words(asked, made, engine.jobs.now(), engine.results.meta(keys["images"])["count"]),
        "run": "scatter-run scatter-run-over" if previewed else "scatter-run",
        "not_run": False,
        "cancel": "block" if made.is_open else "none",
        "retry": "none" if made.is_open else "block",
    }


def register_drawing(app: dash.Dash, engine: Engine) -> None:
    """The map in the browser, and what is selected on it."""
    planes = Planes(engine)
    app.clientside_callback(
        ClientsideFunction("darkroom", "drawScatter"),
        Output(ids.SCATTER_PAINTED, "data"),
        Output(f"{ids.SCATTER_PANEL}-subtitle", "children"),
        Input(ids.SCATTER_SOURCE, "data"),
        Input(shared.SELECTION, "data"),
        Input(ids.SPLIT, "value"),
        Input(shared.FOCUS, "data"),
        Input(ids.SCATTER_COLOUR, "value"),
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
        """The images that a lasso or a box encloses, or those of a class of the legend; or these and what was selected
        before, or that without these. Of many points the browser tells the outline, else it tells the images."""
        if picked is None or study is None or fitting(picked, study) is None:
            return dash.no_update
        onto = picked.get("onto", False) and chosen_by_outcome(before, study)
        by_outcome = onto or picked.get("by_outcome", False)
        if "bits" in picked:
            return picked_selection(engine, picked, study, ORIGIN, by_outcome=by_outcome, split=split)
        held, keys = fitting(before, study), study["keys"]
        shown = Shown(keys["images"], keys["predictions"], split, picked["grouping"], tuple(picked["hidden"]))
        mask = planes.picked(picked, shown, None if held is None else mask_of(engine, held))
        if not mask.any():
            return None
        label = picked_words(picked["tool"], mask)
        return make_selection(engine, keys["images"], mask, label, ORIGIN, by_outcome=by_outcome, split=split)


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
