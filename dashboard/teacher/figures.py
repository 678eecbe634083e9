"""The Teacher view's figures: arrays in, a Plotly figure out."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import ACCENT_COLOUR, LETTER_WIDTH, blank_figure, short_names

MAX_BARS = 20  # classes whose probabilities have room under each other


def probability_figure(
    probabilities: np.ndarray, class_names: Sequence[str], colours: Sequence[str], true: int | None, predicted: int
) -> go.Figure:
    """Bars of one image's class probabilities (K,); the true class, if it is known, is ticked, the values stand beside.

    Of more classes than there is room for, the likeliest are shown, likeliest first, and the true one; the axis says so.
    """
    figure = blank_figure(hovermode=False)
    drawn = likeliest(probabilities, true)
    names = [f"{name} ✓" if number == true else name for number, name in enumerate(short_names(class_names))]
    names = [names[number] for number in drawn]
    values = probabilities[drawn]
    figure.add_bar(
        x=values.astype(np.float32),
        y=list(range(len(drawn))),
        orientation="h",
        marker={
            "color": [colours[number] for number in drawn],
            "line": {"width": [2 if number == predicted else 0 for number in drawn], "color": ACCENT_COLOUR},
        },
        text=[f"{value:.1%}" if value >= 0.001 else f"{value:.0e}" for value in values],
        textposition="outside",
        cliponaxis=False,
    )
    left = max(40, 16 + LETTER_WIDTH * max(map(len, names)))
    some = len(drawn) < len(probabilities)
    figure.update_layout(margin={"l": left, "r": 52, "t": 4, "b": 42 if some else 24}, bargap=0.25)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", nticks=3)
    if some:
        figure.update_xaxes(title_text=f"{len(drawn)} of {len(probabilities)} classes, likeliest first")
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showgrid=False
    )
    return figure


def likeliest(probabilities: np.ndarray, true: int | None) -> list[int]:
    """The classes that bars are drawn of: all in their order, or the `MAX_BARS` likeliest, the true one always among them."""
    if len(probabilities) <= MAX_BARS:
        return list(range(len(probabilities)))
    first = np.argsort(-probabilities, kind="stable")[:MAX_BARS].tolist()
    return first if true is None or true in first else [*first[:-1], true]
