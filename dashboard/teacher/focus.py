"""The focused image, and perhaps one pinned beside it: what they are, and how sure the teacher is of them, now or after an
earlier epoch."""

from collections.abc import Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, icon, label, panel, picture, segmented
from dashboard.first_answers import FirstAnswers
from dashboard.image_ids import no_image
from dashboard.links import put
from dashboard.measures import entropy, margin, rank
from dashboard.teacher import ids
from dashboard.teacher.bars import digits, probability_figure
from dashboard.teacher.cam import cam_switch
from dashboard.teacher.looked import Looked, looked_at, probability_table, shown_images
from dashboard.theme import class_colours
from workers.engine import Engine

NO_IMAGE_YET = "Click an image in the grid, or press / and type its number."
NUMBERS = [
    ("entropy, bits", "Of the probabilities: 0 when all is on one class, more the more they are spread"),
    ("margin", "By how much the likeliest class leads the next"),
    ("true class", "Its place among all classes by probability"),
]


def focus_panel() -> html.Section:
    return panel(
        ids.FOCUS_PANEL,
        "Focused image",
        "What the teacher says of it",
        [
            html.Div(
                [
                    html.Div(id=ids.FOCUS_IMAGES, className="focus-images"),
                    html.Div(id=ids.FOCUS_FACTS, className="focus-facts"),
                    html.Div(id=ids.FOCUS_NUMBERS, className="focus-numbers"),
                    graph(ids.FOCUS_BARS),
                    html.Div(
                        [
                            html.Div(
                                [html.Div(id=ids.EPOCH_TEXT, className="focus-epoch-text"), cam_switch()],
                                className="focus-epoch-row",
                            ),
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
            empty(ids.FOCUS_WORDS, NO_IMAGE_YET),
            *[dcc.Store(id=store) for store in (ids.CAM_OF, ids.CAM_PAINTED)],
        ],
        controls=[
            dmc.NumberInput(
                id=ids.FOCUS_INDEX,
                placeholder="image /",
                min=0,
                size="xs",
                w=84,
                hideControls=True,
                allowDecimal=False,
                allowNegative=False,
                debounce=True,
                **label("Go to image number"),
            ),
            dmc.ActionIcon(icon("pin"), id=ids.PIN, variant="subtle", color="gray", disabled=True, **label(PIN)),
            dmc.ActionIcon(
                icon("swap"),
                id=ids.SWAP,
                variant="subtle",
                color="gray",
                disabled=True,
                **label("Swap the focused and the pinned image"),
            ),
            segmented(ids.FOCUS_SCALE, [("linear", "Linear"), ("log", "Log")], "linear", "Scale of the bars"),
        ],
        exports=[("Probabilities, CSV", {"id": ids.TABLE_FOCUS}), picture(ids.FOCUS_BARS)],
        help_text=[
            "The image itself, exactly, and the teacher's probability for each class, to four significant digits; ✓ marks "
            "the true class, a frame the likeliest.",
            "Pin an image, and the next that you look at stands beside it: its bars are full, those of the pinned image "
            "hatched, with its true class marked (✓).",
            "CAM: Grad-CAM (Selvaraju et al. 2017) of the last feature maps, blue where the teacher looks for its answer after "
            "the chosen epoch. The Student view's tab Explain has other methods, and says which to believe.",
            "Entropy is 0 when all probability is on one class; the margin is the lead of the likeliest class over the next.",
            "The slider asks the teacher as it was after an earlier epoch: drag it to see when the answer was decided.",
        ],
        class_name="panel-tall",
    )


PIN, UNPIN = "Pin this image beside the next", "Unpin"


def register_focus(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "images": Output(ids.FOCUS_IMAGES, "children"),
            "facts": Output(ids.FOCUS_FACTS, "children"),
            "numbers": Output(ids.FOCUS_NUMBERS, "children"),
            "figure": Output(ids.FOCUS_BARS, "figure"),
            "drawn": Output(ids.FOCUS_BARS, "style"),
            "words": Output(ids.FOCUS_WORDS, "children"),
            "wordless": Output(ids.FOCUS_WORDS, "style"),
            "epoch": Output(ids.EPOCH_TEXT, "children"),
            "subtitle": Output(f"{ids.FOCUS_PANEL}-subtitle", "children"),
        },
        inputs={
            "focus": Input(shared.FOCUS, "data"),
            "pinned": Input(shared.PINNED, "data"),
            "ready": Input(shared.READY, "data"),
            "epoch": Input(ids.EPOCH, "value"),
            "scale": Input(ids.FOCUS_SCALE, "value"),
            "study": State(shared.STUDY, "data"),
            "tab": State(shared.TAB, "data"),
        },
    )
    def look(
        focus: int | None,
        pinned: int | None,
        ready: list[str],
        epoch: int | None,
        scale: str,
        study: dict | None,
        tab: str | None,
    ):
        """The focused image and the pinned one, and their probabilities after the chosen epoch: stored for the last, asked
        for before."""
        if study is None or focus is None or "predictions" not in ready:
            return nothing(NO_IMAGE_YET)
        keys = study["keys"]
        meta = engine.results.meta(keys["images"])
        count, names = meta["count"], meta["class_names"]
        if not 0 <= focus < count:
            return nothing(f"{no_image(focus, count).capitalize()}.")
        seen, words = looked_at(engine, keys, shown_images(focus, pinned, count), epoch, tab or "page")
        figure = probability_figure(
            [each.probabilities for each in seen],
            names,
            class_colours(len(names)),
            [each.true for each in seen],
            scale,
        )
        said = "" if seen[0].true is None else f", class {names[seen[0].true]}"
        return {
            "images": pictures(keys["images"], seen, names) if meta["atlas"] is not None else [],
            "facts": facts(seen, names),
            "numbers": numbers(seen),
            "figure": figure,
            "drawn": SHOWN,
            "words": dash.no_update,
            "wordless": HIDDEN,
            "epoch": words,
            "subtitle": f"Image {focus:,} ({seen[0].split}){said}",
        }

    @first.callback(
        output=[Output(ids.EPOCH, prop) for prop in ("marks", "max", "value", "display")],
        inputs={"ready": Input(shared.READY, "data"), "study": State(shared.STUDY, "data")},
    )
    def epochs(ready: list[str], study: dict | None):
        """The stored epochs, as stops of the slider; there is none where there is nothing to choose."""
        if study is None or "teacher" not in ready:
            gone = study is not None and "teacher" not in study["keys"]
            return dash.no_update, dash.no_update, dash.no_update, "none" if gone else dash.no_update
        meta = engine.results.meta(study["keys"]["teacher"])
        stored, last = meta["stored_epochs"], meta["epochs"]
        return [{"value": epoch} for epoch in stored], last, last, "block" if len(stored) > 1 else "none"

    @app.callback(
        Output(ids.FOCUS_INDEX, "error"),
        Output(ids.FOCUS_INDEX, "value"),
        Input(ids.FOCUS_INDEX, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def go_to(number: int | str | None, study: dict | None, ready: list[str]):
        """The image with a number that was typed."""
        if study is None or "images" not in ready or number in (None, ""):
            return dash.no_update, dash.no_update
        count = engine.results.meta(study["keys"]["images"])["count"]
        if not isinstance(number, int) or not 0 <= number < count:
            return f"0 to {count - 1}", dash.no_update
        put(shared.FOCUS, number)
        return None, ""  # emptied, so that the same number can be typed again

    @first.callback(
        output=[
            Output(ids.PIN, "children"),
            Output(ids.PIN, "aria-label"),
            Output(ids.PIN, "disabled"),
            Output(ids.SWAP, "disabled"),
        ],
        inputs={"focus": Input(shared.FOCUS, "data"), "pinned": Input(shared.PINNED, "data")},
    )
    def offer(focus: int | None, pinned: int | None):
        """What can be pinned, unpinned, swapped."""
        if pinned is None:
            return icon("pin"), PIN, focus is None, True
        return icon("unpin"), UNPIN, False, focus in (None, pinned)

    @app.callback(
        Output(shared.PINNED, "data", allow_duplicate=True),
        Input(ids.PIN, "n_clicks"),
        State(shared.FOCUS, "data"),
        State(shared.PINNED, "data"),
        prevent_initial_call=True,
    )
    def pin(clicks: int | None, focus: int | None, pinned: int | None):
        """Pins the focused image, or lets the pinned one go."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        return focus if pinned is None else None

    @app.callback(
        Output(shared.FOCUS, "data", allow_duplicate=True),
        Output(shared.PINNED, "data", allow_duplicate=True),
        Input(ids.SWAP, "n_clicks"),
        State(shared.FOCUS, "data"),
        State(shared.PINNED, "data"),
        prevent_initial_call=True,
    )
    def swap(clicks: int | None, focus: int | None, pinned: int | None):
        """The pinned image becomes the focused one, and the other way round."""
        if not clicks or focus is None or pinned is None:
            return dash.no_update, dash.no_update
        return pinned, focus

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_FOCUS, "n_clicks"),
        State(shared.FOCUS, "data"),
        State(shared.PINNED, "data"),
        State(ids.EPOCH, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        State(shared.TAB, "data"),
        prevent_initial_call=True,
    )
    def take(
        clicks: int | None,
        focus: int | None,
        pinned: int | None,
        epoch: int | None,
        study: dict | None,
        ready: list[str],
        tab: str | None,
    ):
        """The probabilities that the bars show, of all classes, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        if study is None or focus is None or "predictions" not in ready:
            tell("There is nothing to export before an image is looked at.")
            return dash.no_update
        meta = engine.results.meta(study["keys"]["images"])
        shown = shown_images(focus, pinned, meta["count"])
        seen, words = looked_at(engine, study["keys"], shown, epoch, f"{tab or 'page'}-export")
        name = "-".join(["probabilities", *(str(each.image) for each in seen), *words.split(";")[0].split()])
        return dcc.send_string(probability_table(seen, meta["class_names"]), f"{name}.csv")


def nothing(words: str) -> dict[str, Any]:
    """What the panel shows while there is no image to look at: why."""
    kept = dict.fromkeys(("images", "figure"), dash.no_update)
    said = {"facts": "", "numbers": None, "epoch": "", "subtitle": "What the teacher says of it"}
    return kept | said | {"drawn": HIDDEN, "words": words, "wordless": SHOWN}


def pictures(images: str, seen: Sequence[Looked], names: Sequence[str]) -> list:
    """The images, each with its number where there are two."""
    shown = []
    for each, element, role in zip(seen, (ids.FOCUS_IMAGE, ids.PINNED_IMAGE), ("image", "pinned"), strict=False):
        said = "" if each.true is None else f", class {names[each.true]}"
        drawn = html.Img(
            id=element,
            className="focus-image",
            src=f"/image/{images}/{each.image}.png",
            alt=f"image {each.image}{said}",
        )
        caption = [html.Figcaption(f"{role} {each.image:,}{said}")] if len(seen) > 1 else []
        shown.append(html.Figure([drawn, *caption], key=element))
    return shown


def facts(seen: Sequence[Looked], names: Sequence[str]) -> str | list[html.Div]:
    """What the teacher says of each image, in words."""
    said = [
        verdict(names, each.true, int(each.probabilities.argmax()), float(each.probabilities.max())) for each in seen
    ]
    return said[0] if len(seen) == 1 else [html.Div(said[0]), html.Div(f"pinned: {said[1]}", className="focus-pinned")]


def numbers(seen: Sequence[Looked]) -> html.Table:
    """Entropy, margin and the rank of the true class, a row for each image."""
    rows = [
        html.Tr(
            [
                html.Th(role),
                html.Td(digits(entropy(each.probabilities))),
                html.Td(digits(margin(each.probabilities))),
                html.Td(
                    "not known"
                    if each.true is None
                    else f"{rank(each.probabilities, each.true):,} of {len(each.probabilities):,}"
                ),
            ]
        )
        for role, each in zip(("image", "pinned"), seen, strict=False)
    ]
    titles = html.Tr([html.Td(), *(html.Th(title, title=meaning) for title, meaning in NUMBERS)])
    return html.Table([html.Thead(titles), html.Tbody(rows)])


def verdict(names: Sequence[str], true: int | None, predicted: int, confidence: float) -> str:
    """What the teacher says of one image, in words; without a true class, there is no right or wrong."""
    if true is None:
        return f"{names[predicted]}, {confidence:.1%} sure"
    told = "right" if true == predicted else f"wrong: {names[true]} taken for {names[predicted]}"
    return f"{told}, {confidence:.1%} sure"
