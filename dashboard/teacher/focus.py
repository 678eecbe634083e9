"""The focused image: what it is, and how sure the teacher is of it, now or after an earlier epoch."""

from collections.abc import Mapping, Sequence

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.abilities import labels_of
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, label, panel, picture
from dashboard.teacher import ids
from dashboard.teacher.figures import probability_figure
from dashboard.teacher.words import epoch_words
from dashboard.theme import class_colours
from workers.calls import CallFailed, NoAnswer, Superseded
from workers.engine import Engine


def focus_panel() -> html.Section:
    return panel(
        ids.FOCUS_PANEL,
        "Focused image",
        "What the teacher says of it",
        [
            html.Div(
                [
                    html.Img(id=ids.FOCUS_IMAGE, className="focus-image", alt=""),
                    html.Div(id=ids.FOCUS_FACTS, className="focus-facts"),
                    graph(ids.FOCUS_BARS),
                    html.Div(
                        [
                            html.Div(id=ids.EPOCH_TEXT, className="focus-epoch-text"),
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
            empty(ids.FOCUS_WORDS, "Click an image in the grid, or press / and type its number."),
        ],
        controls=[
            dmc.NumberInput(
                id=ids.FOCUS_INDEX,
                placeholder="image /",
                min=0,
                size="xs",
                w=92,
                hideControls=True,
                allowDecimal=False,
                allowNegative=False,
                debounce=True,
                **label("Go to image number"),
            )
        ],
        exports=[picture(ids.FOCUS_BARS)],
        help_text=[
            "The image itself, exactly, and the teacher's probability for each class; ✓ marks the true class.",
            "The slider asks the teacher as it was after an earlier epoch: drag it to see when the answer was decided.",
        ],
        class_name="panel-tall",
    )


def register_focus(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.FOCUS_IMAGE, "src"),
        Output(ids.FOCUS_IMAGE, "alt"),
        Output(ids.FOCUS_IMAGE, "style"),
        Output(ids.FOCUS_FACTS, "children"),
        Output(ids.FOCUS_BARS, "figure"),
        Output(ids.FOCUS_BARS, "style"),
        Output(ids.FOCUS_WORDS, "style"),
        Output(ids.EPOCH_TEXT, "children"),
        Output(f"{ids.FOCUS_PANEL}-subtitle", "children"),
        Input(shared.FOCUS, "data"),
        Input(shared.READY, "data"),
        Input(ids.EPOCH, "value"),
        State(shared.STUDY, "data"),
        State(shared.TAB, "data"),
    )
    def look(focus: int | None, ready: list[str], epoch: int | None, study: dict | None, tab: str | None):
        """The focused image, and its probabilities after the chosen epoch: stored for the last, asked for before."""
        nothing = (
            dash.no_update,
            dash.no_update,
            dash.no_update,
            "",
            dash.no_update,
            HIDDEN,
            SHOWN,
            "",
            "What the teacher says of it",
        )
        if study is None or focus is None or "predictions" not in ready:
            return nothing
        keys = study["keys"]
        meta = engine.results.meta(keys["images"])
        if not 0 <= focus < meta["count"]:
            return nothing
        probabilities, words = engine.results.array(keys["predictions"], "probabilities")[focus], ""
        if "teacher" in keys:
            asked, words = at_epoch(engine, keys, focus, epoch, tab)
            probabilities = probabilities if asked is None else asked
        names = meta["class_names"]
        labels = labels_of(engine, keys)
        true = None if labels is None else int(labels[focus])
        predicted = int(probabilities.argmax())
        split = "train" if focus < meta["n_train"] else "test"
        figure = probability_figure(probabilities, names, class_colours(len(names)), true, predicted)
        said = "" if true is None else f", class {names[true]}"
        pictured = meta["atlas"] is not None
        return (
            f"/image/{keys['images']}/{focus}.png" if pictured else dash.no_update,
            f"image {focus}{said}",
            SHOWN if pictured else HIDDEN,
            verdict(names, true, predicted, probabilities[predicted]),
            figure,
            SHOWN,
            HIDDEN,
            words,
            f"Image {focus:,} ({split}){said}",
        )

    @app.callback(
        Output(ids.EPOCH, "marks"),
        Output(ids.EPOCH, "max"),
        Output(ids.EPOCH, "value"),
        Output(ids.EPOCH, "display"),
        Input(shared.READY, "data"),
        State(shared.STUDY, "data"),
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
        Output(shared.FOCUS, "data", allow_duplicate=True),
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
            return dash.no_update, dash.no_update, dash.no_update
        count = engine.results.meta(study["keys"]["images"])["count"]
        if not isinstance(number, int) or not 0 <= number < count:
            return dash.no_update, f"0 to {count - 1}", dash.no_update
        return number, None, ""  # emptied, so that the same number can be typed again


def verdict(names: Sequence[str], true: int | None, predicted: int, confidence: float) -> str:
    """What the teacher says of one image, in words; without a true class, there is no right or wrong."""
    if true is None:
        return f"{names[predicted]}, {confidence:.1%} sure"
    told = "right" if true == predicted else f"wrong: {names[true]} taken for {names[predicted]}"
    return f"{told}, {confidence:.1%} sure"


def at_epoch(
    engine: Engine, keys: Mapping[str, str], image: int, epoch: int | None, tab: str | None
) -> tuple[np.ndarray | None, str]:
    """The probabilities (K,) after an earlier epoch, asked for live, and which state of the teacher that was; None for
    the last epoch, whose answers are stored, or when no answer comes.

    Raises
    ------
    PreventUpdate
        The tab has asked another question meanwhile.
    """
    teacher = engine.results.meta(keys["teacher"])
    last: int = teacher["epochs"]
    from_file: bool = teacher["from_file"]
    epoch = last if epoch is None else min(epoch, last)
    words = epoch_words(epoch, last, from_file)
    if epoch == last:
        return None, words
    try:
        question = {"images": keys["images"], "teacher": keys["teacher"], "epoch": epoch, "image": image}
        return np.array(engine.calls.ask("predict", question, tab or "page")["probabilities"]), words
    except Superseded:
        raise dash.exceptions.PreventUpdate from None
    except (NoAnswer, CallFailed) as error:
        return None, f"{epoch_words(last, last, from_file)}; epoch {epoch} was not answered: {error}"
