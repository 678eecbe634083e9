"""The map of some classes at a time: small multiples, for teachers of many classes."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, icon, label, panel, picture
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.darksight import ids
from dashboard.darksight.fits import ask_for, classes_words, names_of
from dashboard.darksight.fits_table import nats, written
from dashboard.darksight.groups import LEAST, MOST, ORDERS, Group, groups_of, is_open, progress_of, told_of
from dashboard.darksight.new_fit import shown_params
from dashboard.darksight.parts_figure import MOST_LETTERS, Part, columns_of, parts_figure
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.links import study_data
from dashboard.measures import in_split
from dashboard.theme import class_colours, short_names
from workers.engine import Engine

LINE = "The map of some classes at a time"
NOT_YET = "The classes are parted when the predictions are there."
ROW_PX = 128  # the least height of a row of plots


def parts_panel() -> html.Section:
    sizes = [{"value": str(size), "label": f"{size} classes each"} for size in range(LEAST, MOST + 1)]
    orders = [{"value": how, "label": title} for how, title in ORDERS.items()]
    return panel(
        ids.PARTS_PANEL,
        "Parts",
        LINE,
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.Div(id=ids.PARTS_TOLD, className="parts-told", role="status"),
                            dmc.Button("Make", id=ids.PARTS_MAKE, size="compact-xs", variant="light", display="none"),
                            dmc.Button(
                                "Cancel", id=ids.PARTS_CANCEL, color="red", variant="light", size="compact-xs",
                                leftSection=icon("stop"), display="none",
                            ),
                        ],
                        className="parts-bar",
                    ),
                    html.Div(graph(ids.PARTS), id=ids.PARTS_PLACE, className="parts-place"),
                ],
                className="parts-body",
            ),
            empty(ids.PARTS_WORDS, NOT_YET),
            dcc.Store(id=ids.PARTS_SOURCE),
            dcc.Store(id=ids.PARTS_SEEN),
        ],
        controls=[
            dmc.Select(
                id=ids.PARTS_SIZE, data=sizes, value=str(MOST), size="xs", w=140, allowDeselect=False,
                **label("Classes of each map"),
            ),
            dmc.Select(
                id=ids.PARTS_ORDER, data=orders, value="confused", size="xs", w=162, allowDeselect=False,
                **label("Which classes share a map"),
            ),
        ],
        exports=[("Maps, CSV", {"id": ids.TABLE_PARTS}), picture(ids.PARTS)],
        help_text=[
            "Of many classes two that one wants to see side by side may lie far apart, with others between. So the classes "
            "are parted into groups, and each group has a map of its own (Xu, Park, Yi and Sutton 2018, App. B.2: ten plots of "
            "ten classes). They are made like the shown map: with its seed, temperature and effort.",
            "On each, probabilities are those of its classes, normalised over them (Eq. 7 sums over images by mistake). "
            "Images with less than 0.05 in these classes are hidden, and counted below the plot. Colours are the predicted "
            "classes, as everywhere; a predicted class that is none of the plot's keeps its colour too.",
            "Confused together: the groups follow an order in which classes that are often taken for each other are "
            "neighbours.",
            "Click a plot to show its map in the map panel. KL is the symmetric divergence of student and teacher, in nats.",
        ],
    )  # fmt: skip


def register_parts(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    chosen = {
        "size": State(ids.PARTS_SIZE, "value"),
        "how": State(ids.PARTS_ORDER, "value"),
        "key": State(ids.FITS, "value"),
        "study": State(shared.STUDY, "data"),
        "ready": State(shared.READY, "data"),
    }

    def groups_now(size: str, how: str, key: str | None, study: dict | None, ready: list[str]) -> list[Group]:
        """The groups as they are chosen; none before the predictions are there."""
        if study is None or "predictions" not in ready:
            return []
        return groups_of(engine, study["keys"], shown_params(engine, key), int(size), how)

    @first.callback(
        output={
            "told": Output(ids.PARTS_TOLD, "children"),
            "make": Output(ids.PARTS_MAKE, "display"),
            "make_text": Output(ids.PARTS_MAKE, "children"),
            "cancel": Output(ids.PARTS_CANCEL, "display"),
            "words": Output(ids.PARTS_WORDS, "children"),
            "wordless": Output(ids.PARTS_WORDS, "style"),
            "source": Output(ids.PARTS_SOURCE, "data"),
            "seen": Output(ids.PARTS_SEEN, "data"),
        },
        inputs={
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "looked_at": Input(ids.MAPS_DECK, "value"),
            "chosen": {
                "size": Input(ids.PARTS_SIZE, "value"),
                "how": Input(ids.PARTS_ORDER, "value"),
                "key": Input(ids.FITS, "value"),
                "study": State(shared.STUDY, "data"),
                "ready": Input(shared.READY, "data"),
            },
            "seen": State(ids.PARTS_SEEN, "data"),
        },
    )
    def fill(steps: list | None, looked_at: str, chosen: dict[str, Any], seen: dict | None):
        """Which groups there are, and how far their maps are."""
        if looked_at != ids.PARTS_PANEL:
            return dash.no_update
        study, ready = chosen["study"], chosen["ready"]
        unseen = Unseen(seen)
        n_classes = engine.results.meta(study["keys"]["images"])["n_classes"] if study and "images" in ready else 0
        now = told_now(groups_now(**chosen), n_classes if "predictions" in ready else 0, int(chosen["size"]))
        return unseen.answer(now)

    @first.callback(
        output={
            "figure": Output(ids.PARTS, "figure"),
            "drawn": Output(ids.PARTS, "style"),
            "subtitle": Output(f"{ids.PARTS_PANEL}-subtitle", "children"),
        },
        inputs={
            "groups": Input(ids.PARTS_SOURCE, "data"),
            "split": Input(ids.SPLIT, "value"),
            "looked_at": Input(ids.MAPS_DECK, "value"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def draw(groups: list[dict] | None, split: str, looked_at: str, study: dict | None):
        """The maps that are there."""
        if looked_at != ids.PARTS_PANEL:
            return dash.no_update
        parts = parts_of(engine, study["keys"], groups, split) if study and groups else []
        if study is None or not parts:
            return {"figure": dash.no_update, "drawn": HIDDEN, "subtitle": LINE}
        meta = engine.results.meta(study["keys"]["images"])
        columns = columns_of(len(parts))
        figure = parts_figure(parts, class_colours(meta["n_classes"]), meta["class_names"], columns)
        least = ROW_PX * -(-len(parts) // columns)
        return {
            "figure": figure,
            "drawn": {"minHeight": f"{least}px"},
            "subtitle": f"{len(parts)} maps of the {split} images, coloured by predicted class; click one to show it",
        }

    @app.callback(
        Output(ids.FITS, "value", allow_duplicate=True),
        Input(ids.PARTS, "clickData"),
        State(ids.PARTS_SOURCE, "data"),
        prevent_initial_call=True,
    )
    def show(clicked: dict | None, groups: list[dict] | None):
        """Shows the map of the plot that was clicked."""
        there = [group["key"] for group in groups or () if group["there"]]
        number = clicked["points"][0]["curveNumber"] if clicked else -1
        return there[number] if 0 <= number < len(there) else dash.no_update

    @app.callback(
        output=Output(shared.STUDY, "data", allow_duplicate=True),
        inputs={"clicks": Input(ids.PARTS_MAKE, "n_clicks"), "chosen": chosen},
        prevent_initial_call=True,
    )
    def make(clicks: int | None, chosen: dict[str, Any]):
        """Asks for all maps that are not there."""
        if not clicks:  # the view was laid out
            return dash.no_update
        added = None
        try:
            for group in groups_now(**chosen):
                if not group.there:
                    added, _ = ask_for(engine, chosen["study"], group.asked)
        except CANNOT_ASK as error:
            tell(f"These maps cannot be made: {error}.")
        return dash.no_update if added is None else study_data(added)

    @app.callback(
        output=Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        inputs={
            "clicks": Input(ids.PARTS_CANCEL, "n_clicks"),
            "chosen": chosen,
            "beats": State(shared.PULSE, "n_intervals"),
        },
        prevent_initial_call=True,
    )
    def cancel(clicks: int | None, chosen: dict[str, Any], beats: int | None):
        """Stops those that are being made or wait."""
        if not clicks:  # the view was laid out
            return dash.no_update
        for group in groups_now(**chosen):
            if is_open(group):
                engine.jobs.cancel(group.key)
        return (beats or 0) + 1

    @app.callback(
        output=Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        inputs={"clicks": Input(ids.TABLE_PARTS, "n_clicks"), "chosen": chosen},
        prevent_initial_call=True,
    )
    def take(clicks: int | None, chosen: dict[str, Any]):
        """What the maps show and how well, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        there = [group for group in groups_now(**chosen) if group.there]
        if not there:
            tell("There is nothing to export before the maps of some classes are there.")
            return dash.no_update
        names = engine.results.meta(chosen["study"]["keys"]["images"])["class_names"]
        return dcc.send_string(parts_csv(engine, there, names), "darksight-parts.csv")


def told_now(groups: Sequence[Group], n_classes: int, size: int) -> dict[str, Any]:
    """What the panel says of the groups, by the names of the outputs of `fill`."""
    told: dict[str, Any] = {
        "told": "", "make": "none", "make_text": "Make", "cancel": "none", "words": NOT_YET, "wordless": SHOWN,
        "source": told_of(groups),
    }  # fmt: skip
    if not n_classes:
        return told
    if not groups:
        return told | {
            "words": f"One map shows all {n_classes} classes; with fewer classes each, there is something to part."
        }
    fraction, words = progress_of(groups)
    missing = [group for group in groups if not group.there and not is_open(group)]
    n_open = sum(map(is_open, groups))
    bar = dmc.Progress(value=100 * fraction, size="sm", **label("How far the maps are"))
    again = any(group.job is not None for group in missing)
    much = f"{len(missing)} map{'s' if len(missing) > 1 else ''}"
    return told | {
        "told": [words, bar] if n_open else words,
        "make": "block" if missing else "none",
        "make_text": f"Try {much} again" if again else f"Make {much}",
        "cancel": "block" if n_open else "none",
        "words": f"{len(groups)} maps of up to {size} classes each, made like the shown one. Nothing starts by itself.",
        "wordless": HIDDEN if any(group.there for group in groups) else SHOWN,
    }


def parts_of(engine: Engine, keys: Mapping[str, str], groups: Sequence[Mapping[str, Any]], split: str) -> list[Part]:
    """The maps that are there, with the images of a split that they show."""
    images = engine.results.meta(keys["images"])
    predicted = engine.results.array(keys["predictions"], "predicted")
    inside = in_split(images["count"], images["n_train"], split if images["n_train"] else "test")
    found = []
    for group in groups:
        if not group["there"]:
            continue
        places = engine.results.array(group["key"], "places")
        seen = inside & np.isfinite(places[:, 0])
        meta = engine.results.meta(group["key"])
        n_hidden = int(inside.sum() - seen.sum())
        found.append(
            Part(
                group["key"],
                places[seen],
                predicted[seen],
                engine.results.array(group["key"], "classes"),
                engine.results.array(group["key"], "means"),
                [
                    classes_words(group["classes"], short_names(images["class_names"], MOST_LETTERS)),
                    f"KL {nats(meta['kl_divergence'])} · {n_hidden:,} hidden",
                ],
                ", ".join(names_of(group["classes"], images["class_names"])),
            )
        )
    return found


def parts_csv(engine: Engine, groups: Sequence[Group], names: Sequence[str]) -> str:
    """A row for each map: its classes and figures."""
    measured = ("kl_divergence", "agreement", "kl_divergence_other", "agreement_other", "n_fitted", "n_hidden")
    metas = [engine.results.meta(group.key) for group in groups]
    return to_csv(
        ["key", "classes", *measured],
        (
            [group.key, "; ".join(names[each] for each in group.classes), *(written(meta[name]) for name in measured)]
            for group, meta in zip(groups, metas, strict=True)
        ),
    )
