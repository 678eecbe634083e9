"""The same images, mapped by another method, and linked point by point; drawn by `assets/darksight_other.js`."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK
from dashboard.components.map_place import (
    MapPlace,
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
from dashboard.components.panel import label, panel, picture, segmented
from dashboard.components.run_row import register_run_buttons
from dashboard.components.unseen import Unseen
from dashboard.darksight import ids
from dashboard.darksight.known_maps import USUAL_K, KnownMap, curves_of, name_of, planar_maps
from dashboard.darksight.plane import measures
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.links import study_data
from dashboard.map_points import Planes
from dashboard.map_settings import SettingsPlace, register_settings, settings_button
from dashboard.maps import (
    MAPPED,
    ask_for,
    job_words,
    key_of,
    map_source,
    mappable,
    obstacle,
    preview_source,
    question,
    role_of,
)
from dashboard.teacher.tables import map_table
from workers.engine import Engine
from workers.params import METHODS, EmbeddingParams

MAP = MapPlace(ids.OTHER_MAP, coloured_as=ids.MAP)
SETTINGS = SettingsPlace(ids.OTHER_MAP)
NO_MAP_YET = "The map appears when the predictions are there."
NONE_MADE = "This study has no other map in the plane yet. Make one with + above."


def other_panel() -> html.Section:
    return panel(
        MAP.panel,
        "Another map",
        "The same images, mapped by another method",
        [
            *map_body(MAP, NO_MAP_YET),
            *[dcc.Store(id=store) for store in (ids.OTHER_ASKED, ids.OTHER_WANTED, ids.OTHER_SEEN)],
        ],
        controls=[
            dmc.Select(
                id=ids.OTHER_MAPS, data=[], size="xs", w=256, placeholder="no map yet", allowDeselect=False,
                **label("Which other map"),
            ),
            settings_button(
                SETTINGS,
                "add",
                "Make another map",
                [
                    dmc.Select(
                        id=ids.OTHER_OF, label="Mapped", data=options(MAPPED), value="probabilities", size="sm",
                        allowDeselect=False, comboboxProps={"withinPortal": False},  # a click on it is none outside
                    ),
                    segmented(ids.OTHER_METHOD, list(METHODS.items()), "tsne", "How it is mapped"),
                ],
            ),
        ],
        exports=[("Coordinates, CSV", {"id": ids.TABLE_OTHER}), picture(MAP.host)],
        help_text=[
            "The images of the DarkSight map, where another method puts them, in the same colours. What you select, focus or "
            "point at on one map is marked on the other: see where a cluster, a bridge or an outlier of this one lies on that.",
            "t-SNE (van der Maaten and Hinton 2008) and UMAP (McInnes, Healy and Melville 2018) keep neighbours together; "
            "sizes of clusters and distances between them mean little. PCA (Pearson 1901) keeps the directions of largest "
            "variance. Unlike DarkSight, none of them says what lies between two clusters, or how usual a place is.",
            "Mapped are the teacher's probabilities, its logits before softmax, the features that its last layer is given, or "
            "the pixels. Maps are made of all images, train and test together, and those of the split are shown.",
            "M_100 (Xu et al. 2018, Equation 4) is how much the predictions of a point and of its 100 nearest neighbours on "
            "the map differ, in nats^(1/2); lower is better. It stands above once it is known: see Fidelity.",
            "Draw around points to select their images; Shift adds, Alt takes away. Click a class under the map to hide it; "
            "Alt shows it alone, Shift selects it.",
        ],
    )  # fmt: skip


def register_other(app: dash.Dash, engine: Engine, first: FirstAnswers, planes: Planes) -> None:
    """Its callbacks."""
    register_settings(app, engine, first, SETTINGS, ids.OTHER_METHOD, ids.OTHER_ASKED, bare=True)
    register_choosing(app, engine)
    register_filling(app, engine, first)
    register_map_place(app, planes, MAP, ids.SPLIT, "drawOther", Input(ids.MAPS_DECK, "value"))


def register_choosing(app: dash.Dash, engine: Engine) -> None:
    """What happens when a map is asked for; none is before."""
    chosen = (
        State(ids.OTHER_OF, "value"),
        State(ids.OTHER_METHOD, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
    )

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(ids.OTHER_ASKED, "data"),
        *chosen,
        prevent_initial_call=True,
    )
    def ask(settings: dict | None, of: str, method: str, study: dict | None, ready: list[str]):
        """Has the map made, if the study does not have it."""
        if settings is None or study is None or "predictions" not in ready:
            return dash.no_update
        asked = question(of, method, "2", settings)
        if role_of(study["keys"], key_of(study["keys"], asked)):
            return dash.no_update
        wrong = obstacle(engine, study["keys"], asked)
        if wrong:
            tell(wrong)
            return dash.no_update
        return study_data(ask_for(engine, study, asked))

    @app.callback(
        Output(ids.OTHER_MAPS, "value", allow_duplicate=True),
        Output(ids.OTHER_WANTED, "data"),
        Input(ids.OTHER_ASKED, "data"),
        *chosen,
        prevent_initial_call=True,
    )
    def show(settings: dict | None, of: str, method: str, study: dict | None, ready: list[str]):
        """Shows the map that is asked for."""
        if settings is None or study is None or "predictions" not in ready:
            raise dash.exceptions.PreventUpdate
        asked = question(of, method, "2", settings)
        key = key_of(study["keys"], asked)
        if role_of(study["keys"], key) is None and obstacle(engine, study["keys"], asked):
            raise dash.exceptions.PreventUpdate  # `ask` says why
        return key, {"key": key, "title": name_of(asked), "study": study["id"]}

    register_run_buttons(
        app,
        engine,
        MAP.cancel,
        MAP.retry,
        lambda keys, key: key if role_of(keys, key) else None,
        State(ids.OTHER_MAPS, "value"),
    )

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_OTHER, "n_clicks"),
        State(ids.OTHER, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, other: dict | None, split: str, study: dict | None):
        """The places of the points, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        role = None if study is None or other is None else role_of(study["keys"], other["key"])
        if study is None or other is None or role is None:
            tell("There is nothing to export before another map is there.")
            return dash.no_update
        meta = engine.results.meta(other["key"])
        name = f"{meta['method']}-of-{meta['of']}-{split}.csv"
        return dcc.send_string(map_table(engine, study["keys"], role, split), name)


def register_filling(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Which map is shown, and what is done while it is not there."""

    @first.callback(
        output={
            "maps": Output(ids.OTHER_MAPS, "data"),
            "chosen": Output(ids.OTHER_MAPS, "value"),
            "ofs": Output(ids.OTHER_OF, "data"),
            "of": Output(ids.OTHER_OF, "value"),
            "other": Output(ids.OTHER, "data"),
            **run_outputs(MAP),
            "seen": Output(ids.OTHER_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "chosen": Input(ids.OTHER_MAPS, "value"),
            "wanted": Input(ids.OTHER_WANTED, "data"),
            "fit": Input(ids.FIT, "data"),
            "study": Input(shared.STUDY, "data"),
            "of": State(ids.OTHER_OF, "value"),
            "seen": State(ids.OTHER_SEEN, "data"),
        },
    )
    def fill(
        ready: list[str],
        steps: list | None,
        chosen: str | None,
        wanted: dict | None,
        fit: dict | None,
        study: dict | None,
        of: str,
        seen: dict | None,
    ):
        """Which maps there are, and the one that is shown: where the browser finds its points, how far it is, or why
        there is none."""
        unseen = Unseen(seen)
        told = shown_now(engine, ready, chosen, wanted, fit, study, of)
        # A choice that is set, be it the same, is one more question.
        kept = {name: told.pop(name) for name in ("chosen", "of")}
        changed = {name: unseen(name, value) for name, value in told.items()}
        for name, before in (("chosen", chosen), ("of", of)):
            changed[name] = dash.no_update if kept[name] == before else kept[name]
        return changed | {"seen": unseen.marks}


def shown_now(
    engine: Engine,
    ready: list[str],
    chosen: str | None,
    wanted: dict | None,
    fit: dict | None,
    study: dict | None,
    of: str,
) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {"maps": [], "chosen": None, "ofs": options(MAPPED), "of": of, "other": None} | no_map(NO_MAP_YET)
    if study is None or "predictions" not in ready:
        return told
    keys, there = study["keys"], mappable(engine, study["keys"])
    of = of if of in there else "probabilities"
    maps = planar_maps(engine, keys)
    told |= {
        "maps": [{"value": key, "label": name_of(asked)} for key, asked in maps.items()],
        "ofs": options(MAPPED, there),
        "of": of,
    }
    if wanted and (wanted["key"], wanted["study"]) == (chosen, study["id"]) and chosen not in maps:
        waiting = {"value": chosen, "label": wanted["title"]}
        return told | {"maps": [*told["maps"], waiting], "chosen": chosen, "words": f"{wanted['title']} is asked for."}
    key = chosen if chosen in maps else opened(engine, maps)
    if key is None:
        return told | {"words": NONE_MADE}
    told |= {"chosen": key}
    if engine.results.which([key]):
        return told | {"other": {"key": key}, **made_map(source(engine, keys, key, fit))}
    try:
        made = engine.jobs.get(key)
    except CANNOT_ASK as error:
        return told | {"words": f"There is no map: {error}."}
    preview = preview_source(engine, keys, made, maps[key]) if is_previewed(made) else None
    words = job_words(maps[key], made, engine.jobs.now(), engine.results.meta(keys["images"])["count"])
    return told | map_in_the_making(made, words, preview)


def opened(engine: Engine, maps: Mapping[str, EmbeddingParams]) -> str | None:
    """The map that is shown before one is chosen: the last that is finished, else the last that was asked for."""
    there = engine.results.which(list(maps))
    return next((key for key in reversed(list(maps)) if key in there), next(reversed(list(maps)), None))


def source(engine: Engine, keys: Mapping[str, str], key: str, fit: Mapping[str, str] | None) -> dict[str, Any]:
    """What the browser draws a finished map from; coloured by what the DarkSight map can be coloured by."""
    drawn = map_source(engine, keys, key)
    if fit is None or fit["key"] not in keys.values():
        return drawn
    words = [fidelity_words(engine, keys, key, fit), drawn["words"]]
    return drawn | {
        "words": " · ".join(part for part in words if part),
        "measures": measures(engine, keys, fit["key"], fit["split"]),
    }


def fidelity_words(engine: Engine, keys: Mapping[str, str], key: str, fit: Mapping[str, str]) -> str:
    """What the map is worth, and the DarkSight map that is shown, as far as it is known: "M_100 0.312, DarkSight 0.201"."""
    both = [KnownMap(each, "", "") for each in (key, fit["key"])]
    curves = {curve.of.key: curve for curve in curves_of(engine, keys, both, fit["split"])}
    if key not in curves:
        return ""
    at, value = curves[key].at(USUAL_K)
    beside = f", DarkSight {curves[fit['key']].at(at)[1]:.3f}" if fit["key"] in curves else ""
    return f"M_{at} {value:.3f}{beside}"
