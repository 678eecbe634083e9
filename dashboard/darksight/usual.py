"""How usual the focused image's prediction is, and which of its pixels make it so."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import Need, labels_of, lacking
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, icon, label, panel, picture
from dashboard.components.tables import to_csv
from dashboard.darksight import ids
from dashboard.darksight.new_fit import asked_now, changed, shown_params
from dashboard.darksight.usual_figures import drawn_classes, heat_figure, said_figure
from dashboard.darksight.usual_words import Told, least_usual, rank_words, step_from, told_of, usual_sentence
from dashboard.first_answers import FirstAnswers
from dashboard.image_ids import no_image
from dashboard.measures import in_split
from dashboard.teacher.bars import digits
from dashboard.theme import class_colours
from workers.calls import CallFailed, NoAnswer, Superseded
from workers.engine import Engine

LINE = "How usual the focused image's prediction is, and why"
NO_MAP_YET = "This panel fills when the DarkSight map is there."
NO_IMAGE_YET = (
    "Click a point of the map or an image of a grid; or begin with the least usual image, and step on from there."
)
NO_NETWORK = "Which pixels make it usual can be asked of a map whose places a network computes from the predictions."
SCALE = "Brighter there: more (blue) or less (orange) usual. Nats per full brightness"


def usual_panel() -> html.Section:
    return panel(
        ids.USUAL_PANEL,
        "Image",
        LINE,
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.Div(id=ids.USUAL_IMAGE, className="usual-image"),
                            html.Div(graph(ids.USUAL_HEAT), className="usual-heat"),
                            html.Div(id=ids.USUAL_HEAT_WORDS, className="usual-small"),
                            dmc.Button(
                                "Make one",
                                id=ids.USUAL_NETWORK,
                                size="compact-xs",
                                variant="light",
                                display="none",
                            ),
                        ],
                        className="usual-pictures",
                    ),
                    html.Div(
                        [
                            html.Div(id=ids.USUAL_FACTS, className="usual-facts"),
                            html.Div(id=ids.USUAL_RANKS, className="usual-ranks"),
                        ],
                        className="usual-said",
                    ),
                    html.Div(
                        [
                            html.Div("hatched: student, three likeliest", className="usual-small"),
                            graph(ids.USUAL_BARS),
                        ],
                        className="usual-bars",
                    ),
                ],
                id=ids.USUAL_BODY,
                className="usual-body",
                style=HIDDEN,
            ),
            empty(ids.USUAL_WORDS, NO_MAP_YET),
        ],
        controls=[
            dmc.Button(
                "Least usual", id=ids.USUAL_LEAST, size="compact-xs", variant="light", **label("Least usual image")
            ),
            dmc.ActionIcon(
                icon("back"), id=ids.USUAL_BEFORE, variant="subtle", color="gray", **label("Back by one, less usual")
            ),
            dmc.ActionIcon(
                icon("on"), id=ids.USUAL_NEXT, variant="subtle", color="gray", **label("On to the next least usual")
            ),
        ],
        exports=[
            ("Numbers, CSV", {"id": ids.TABLE_USUAL}),
            ("Bars, SVG", picture(ids.USUAL_BARS)[1]),
            ("Heat-map, SVG", picture(ids.USUAL_HEAT)[1]),
        ],
        help_text=[
            "The image itself, exactly; the teacher's probabilities, normalised over the classes of the map, and those that "
            "the student gives at the image's place, of which the three likeliest are stored; of more than ten classes the "
            "likeliest ten of the teacher and the student's. ✓ marks the true class, a frame the likeliest.",
            "log P(y) is the student's density at the place: low where the teacher's prediction is like few others. Ranks are "
            "among the images of the same split that the map shows. Those of other measures of confidence stand below once "
            "the Refusal panel has had them measured; in each, more is more certain.",
            "The heat-map (Xu, Park, Yi and Sutton 2018, App. B.1) is the gradient of log P(y) by the pixels, 0 to 1, channels "
            "summed, through the teacher and the network that places its predictions. Blue: a brighter pixel makes the "
            "prediction more usual. Orange: less. It says what would change how usual the prediction is, to first order; it "
            "does not say what the teacher looked at to choose the class, and not whether the answer is right.",
            "Least usual begins with the lowest log P(y) of the split that the map shows; the arrows go on in that order.",
        ],
    )  # fmt: skip


def register_usual(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_told(app, engine, first)
    register_heat(app, engine)
    register_walk(app, engine)


def register_told(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "body": Output(ids.USUAL_BODY, "style"),
            "words": Output(ids.USUAL_WORDS, "children"),
            "wordless": Output(ids.USUAL_WORDS, "style"),
            "image": Output(ids.USUAL_IMAGE, "children"),
            "facts": Output(ids.USUAL_FACTS, "children"),
            "ranks": Output(ids.USUAL_RANKS, "children"),
            "figure": Output(ids.USUAL_BARS, "figure"),
            "drawn": Output(ids.USUAL_BARS, "style"),
            "subtitle": Output(f"{ids.USUAL_PANEL}-subtitle", "children"),
        },
        inputs={
            "focus": Input(shared.FOCUS, "data"),
            "fit": Input(ids.FIT, "data"),
            "ready": Input(shared.READY, "data"),
            "looked_at": Input(ids.POINTS_DECK, "value"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def look(focus: int | None, fit: dict | None, ready: list[str], looked_at: str, study: dict | None):
        """The focused image on the map that is shown."""
        if looked_at != ids.USUAL_PANEL:
            return dash.no_update
        if study is None or fit is None or "predictions" not in ready:
            return nothing(NO_MAP_YET)
        keys = study["keys"]
        meta = engine.results.meta(keys["images"])
        names = meta["class_names"]
        if focus is None:
            return nothing(NO_IMAGE_YET)
        if not 0 <= focus < meta["count"]:
            return nothing(f"{no_image(focus, meta['count']).capitalize()}.")
        told = told_of(engine, keys, fit, focus, labels_of(engine, keys))
        drawn = drawn_classes(told.classes, told.teacher, told.student)
        figure = said_figure(
            told.classes[drawn],
            told.teacher[drawn],
            told.student[drawn],
            names,
            class_colours(len(names)),
            told.true,
        )
        said = "" if told.true is None else f", class {names[told.true]}"
        return {
            "body": SHOWN,
            "words": dash.no_update,
            "wordless": HIDDEN,
            "image": shown_image(keys["images"], told, names) if meta["atlas"] is not None else [],
            "facts": facts_of(told, names),
            "ranks": ranks_table(told),
            "figure": figure,
            "drawn": SHOWN,
            "subtitle": f"Image {focus:,} ({told.split}){said}",
        }

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_USUAL, "n_clicks"),
        State(shared.FOCUS, "data"),
        State(ids.FIT, "data"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, focus: int | None, fit: dict | None, study: dict | None, ready: list[str]):
        """The bars and the ranks, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        if study is None or fit is None or focus is None or "predictions" not in ready:
            tell("There is nothing to export before an image is looked at on a map.")
            return dash.no_update
        told = told_of(engine, study["keys"], fit, focus, labels_of(engine, study["keys"]))
        names = engine.results.meta(study["keys"]["images"])["class_names"]
        return dcc.send_string(usual_csv(told, names), f"image-{focus}-on-map.csv")


def register_heat(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        output={
            "figure": Output(ids.USUAL_HEAT, "figure"),
            "drawn": Output(ids.USUAL_HEAT, "style"),
            "words": Output(ids.USUAL_HEAT_WORDS, "children"),
            "network": Output(ids.USUAL_NETWORK, "display"),
        },
        inputs={
            "focus": Input(shared.FOCUS, "data"),
            "fit": Input(ids.FIT, "data"),
            "ready": Input(shared.READY, "data"),
            "looked_at": Input(ids.POINTS_DECK, "value"),
            "study": State(shared.STUDY, "data"),
            "tab": State(shared.TAB, "data"),
        },
    )
    def heat(
        focus: int | None, fit: dict | None, ready: list[str], looked_at: str, study: dict | None, tab: str | None
    ):
        """Which pixels make the image usual, asked for live; or why that cannot be had, and what to do."""
        if looked_at != ids.USUAL_PANEL or study is None or fit is None or focus is None:
            raise dash.exceptions.PreventUpdate
        told = {"figure": dash.no_update, "drawn": HIDDEN, "network": "none"}
        if why := no_heat(engine, study["keys"]):
            return told | {"words": f"There is no heat-map, as {why}."}
        if not engine.results.meta(fit["key"])["parametric"]:
            return told | {"words": NO_NETWORK, "network": "block"}
        if np.isnan(engine.results.array(fit["key"], "log_density")[focus]):
            return told | {"words": "There is no heat-map of an image that the map hides."}
        try:
            gradient = asked_live(engine, study["keys"], fit["key"], focus, tab or "page")
        except Superseded:
            raise dash.exceptions.PreventUpdate from None
        except (NoAnswer, CallFailed) as error:
            return told | {"words": f"The heat-map was not answered: {error}."}
        pixels = engine.pixels(study["keys"]["images"]).read([focus])[0]
        return told | {"figure": heat_figure(pixels, gradient), "drawn": SHOWN, "words": SCALE}

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.FITS, "value", allow_duplicate=True),
        Input(ids.USUAL_NETWORK, "n_clicks"),
        State(ids.FIT, "data"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def by_network(clicks: int | None, fit: dict | None, study: dict | None, ready: list[str]):
        """The same map, its places computed by a network."""
        if not clicks or fit is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        return asked_now(engine, study, ready, changed(shown_params(engine, fit["key"]), parametric=True))


def register_walk(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(shared.FOCUS, "data", allow_duplicate=True),
        Input(ids.USUAL_LEAST, "n_clicks"),
        Input(ids.USUAL_BEFORE, "n_clicks"),
        Input(ids.USUAL_NEXT, "n_clicks"),
        State(shared.FOCUS, "data"),
        State(ids.FIT, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def walk(
        _least: int | None, _before: int | None, _next: int | None, focus: int | None, fit: dict | None, split: str,
        study: dict | None,
    ):  # fmt: skip
        """The least usual image, or that beside the focused one in the order of log P(y)."""
        if not dash.ctx.triggered[0]["value"]:  # the view was laid out
            return dash.no_update
        if study is None or fit is None:
            tell("Images have an order when the map is there.")
            return dash.no_update
        meta = engine.results.meta(study["keys"]["images"])
        inside = in_split(meta["count"], meta["n_train"], split if meta["n_train"] else "test")
        order = least_usual(engine.results.array(fit["key"], "log_density"), inside)
        if dash.ctx.triggered_id == ids.USUAL_LEAST:
            return step_from(order, None, 0)
        return step_from(order, focus, 1 if dash.ctx.triggered_id == ids.USUAL_NEXT else -1)


def no_heat(engine: Engine, keys: Mapping[str, str]) -> str:
    """Why a study cannot have heat-maps, as the end of a sentence; empty when it can."""
    lacks = lacking(engine, keys)
    return next((lacks[need] for need in (Need.GRADIENTS, Need.IMAGES) if need in lacks), "")


def asked_live(engine: Engine, keys: Mapping[str, str], key: str, image: int, tab: str) -> np.ndarray:
    """The gradient (C, H, W) of log P(y) by the pixels of an image, on a map by a network.

    Raises
    ------
    NoAnswer, CallFailed, Superseded
    """
    epoch = engine.results.meta(keys["teacher"])["epochs"]  # the predictions are those after the last
    question = {"images": keys["images"], "teacher": keys["teacher"], "darksight": key, "epoch": epoch, "number": image}
    return np.array(engine.calls.ask("usual-pixels", question, tab)["gradient"])


def nothing(words: str) -> dict[str, Any]:
    """What the panel shows while there is no image to look at: why."""
    kept = dict.fromkeys(("image", "facts", "ranks", "figure", "drawn"), dash.no_update)
    return kept | {"body": HIDDEN, "words": words, "wordless": SHOWN, "subtitle": LINE}


def shown_image(images: str, told: Told, names: Sequence[str]) -> html.Img:
    """The image itself."""
    said = "" if told.true is None else f", class {names[told.true]}"
    return html.Img(className="focus-image", src=f"/image/{images}/{told.image}.png", alt=f"image {told.image}{said}")


def facts_of(told: Told, names: Sequence[str]) -> list:
    """What the teacher says, and how usual that is."""
    sure = f"{told.confidence:.1%} sure"
    if told.true is None:
        said = f"{names[told.predicted]}, {sure}"
    else:
        outcome = "right" if told.true == told.predicted else "wrong"
        said = f"{names[told.true]} → {names[told.predicted]}, {outcome}, {sure}"
    return [html.B(said), html.Div(usual_sentence(told, names))]


def ranks_table(told: Told) -> html.Table | None:
    """The ranks, a row for each measure."""
    if told.hidden:
        return None
    rows = [
        html.Tr(
            [
                html.Th(rank.title),
                html.Td(digits(rank.value), title=rank.unit),
                html.Td(rank_words(rank), title=f"{rank.lower_than:.2%} are higher, {rank.higher_than:.2%} lower"),
            ]
        )
        for rank in told.ranks
    ]
    caption = f"↓ lower, ↑ higher than so many of {told.among:,} {told.split} images"
    return html.Table([html.Caption(caption), html.Tbody(rows)])


def usual_csv(told: Told, names: Sequence[str]) -> str:
    """The bars and the ranks as CSV; the student's share is empty where it is not stored."""
    said = [
        ("probability", names[number], teacher, "" if np.isnan(student) else student, "")
        for number, teacher, student in zip(
            told.classes, told.teacher.tolist(), told.student.tolist(), strict=True
        )
    ]  # fmt: skip
    ranks = [("measure", rank.title, rank.value, rank.unit, rank.lower_than) for rank in told.ranks]
    return to_csv(
        ["row", "of", "teacher, or value", "student, or unit", "share of images that are higher"], said + ranks
    )
