"""Bars of what the teacher says of one image, or of two beside each other."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import ACCENT_COLOUR, LETTER_WIDTH, blank_figure, short_names

MAX_BARS = 20  # that have room under each other
LOWEST_DECADE = -12  # of a log axis; what is less likely than that has its number, and no bar


def probability_figure(
    told: Sequence[np.ndarray],
    class_names: Sequence[str],
    colours: Sequence[str],
    trues: Sequence[int | None],
    scale: str = "linear",
) -> go.Figure:
    """Bars of class probabilities, to four significant digits; the likeliest class is framed.

    Of more classes than there is room for, the likeliest are shown, likeliest first, and the true ones; the axis says so.

    Parameters
    ----------
    told : probabilities (K,) of the focused image, and perhaps of the pinned one, whose bars are hatched and stand under
        the others, on one scale with them.
    trues : the true class of each image, None where it is not known; it is ticked, that of the pinned image in brackets.
    scale : "linear" or "log".
    """
    drawn = likeliest(told, trues)
    values = np.stack(told)[:, drawn].astype(np.float32)
    lowest = lowest_decade(values) if scale == "log" else 0
    figure = blank_figure(hovermode=False)
    for number, (probabilities, row) in enumerate(zip(told, values, strict=True)):
        predicted = int(probabilities.argmax())
        figure.add_bar(
            x=np.maximum(row, 10.0**lowest, dtype=np.float32) if scale == "log" else row,
            y=list(range(len(drawn))),
            orientation="h",
            marker={
                "color": [colours[each] for each in drawn],
                "line": {"width": [2 if each == predicted else 0 for each in drawn], "color": ACCENT_COLOUR},
                "pattern": {"shape": "/" if number else "", "fillmode": "replace", "size": 5, "solidity": 0.35},
            },
            text=[digits(float(value)) for value in row],
            textfont={"size": 12 if len(told) == 1 else 10},
            textposition="outside",
            cliponaxis=False,
        )
    names = [ticked(name, each, trues) for each, name in enumerate(short_names(class_names))]
    names = [names[each] for each in drawn]
    some = len(drawn) < len(class_names)
    left = max(40, 16 + LETTER_WIDTH * max(map(len, names)))
    figure.update_layout(
        margin={"l": left, "r": 52, "t": 4, "b": 42 if some else 24}, bargap=0.25, bargroupgap=0, barmode="group"
    )
    if scale == "log":
        ticks = {"type": "log", "dtick": math.ceil(-lowest / 3), "exponentformat": "power"}
        figure.update_xaxes(range=[lowest, 0], **ticks)
    else:
        figure.update_xaxes(range=[0, 1], nticks=3)
    if some:
        figure.update_xaxes(title_text=f"{len(drawn)} of {len(class_names)} classes, likeliest first")
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showgrid=False
    )
    return figure


def digits(value: float) -> str:
    """A probability to four significant digits; one that is 0 as it was computed has none."""
    return f"{value:#.4g}" if value else "0"


def lowest_decade(values: np.ndarray) -> int:
    """Where a log axis of these probabilities begins, as a power of ten."""
    positive = values[values > 0]
    return max(LOWEST_DECADE, min(-1, math.floor(math.log10(positive.min()))))


def ticked(name: str, number: int, trues: Sequence[int | None]) -> str:
    """The name of a class, with the tick of each image that it is the true one of."""
    marks = [mark for mark, true in zip(("✓", "(✓)"), trues, strict=False) if number == true]
    return " ".join([name, *marks])


def likeliest(told: Sequence[np.ndarray], trues: Sequence[int | None]) -> list[int]:
    """The classes that bars are drawn of: all in their order, or as many as have room, the likeliest first; the true ones
    are always among them."""
    room, n_classes = MAX_BARS // len(told), len(told[0])
    if n_classes <= room:
        return list(range(n_classes))
    order = np.argsort(-np.max(told, axis=0), kind="stable").tolist()
    always = {true for true in trues if true is not None}
    others = [number for number in order if number not in always][: room - len(always)]
    return [number for number in order if number in always or number in others]
