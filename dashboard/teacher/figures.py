"""The Teacher view's figures: arrays in, a Plotly figure out."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import (
    ACCENT_COLOUR,
    LETTER_WIDTH,
    RIGHT,
    WRONG,
    blank_figure,
    short_names,
)

MAX_NUMBERED = 20  # classes up to which a cell has room for its number
MAX_NAMED = 25  # class names that an axis has room for
UPRIGHT_LETTERS = 3  # names up to this length stand side by side under a matrix; longer ones are turned


def confusion_figure(confusion: np.ndarray, class_names: Sequence[str], shade: str = "log") -> go.Figure:
    """The confusion matrix: rows true, columns predicted.

    Right and wrong have a colour each, so that three errors are seen beside three hundred hits.

    Parameters
    ----------
    confusion : (K, K) counts, [true, predicted].
    shade : "log" or "linear" in the count; both colours on one scale.
    """
    n_classes = len(confusion)
    strength = np.log1p(confusion) if shade == "log" else confusion.astype(float)
    strength = strength / max(strength.max(), 1e-9)
    diagonal = np.eye(n_classes, dtype=bool)
    numbers = confusion.astype(str) if n_classes <= MAX_NUMBERED else None
    total = np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    told = np.stack([confusion, confusion / total], axis=-1)

    figure = blank_figure(hovermode="closest")
    for mask, colour in ((diagonal, RIGHT), (~diagonal, WRONG)):
        figure.add_heatmap(
            z=np.where(mask & (confusion > 0), strength, np.nan).astype(np.float32),
            x=list(range(n_classes)),
            y=list(range(n_classes)),
            zmin=0,
            zmax=1,
            colorscale=[[0, _faded(colour, 0.12)], [1, _faded(colour, 0.85)]],
            showscale=False,
            xgap=1,
            ygap=1,
            hoverinfo="skip",
        )
    # One clear layer on top hears every click and hover, on empty cells too.
    figure.add_heatmap(
        z=np.zeros((n_classes, n_classes), np.float32),
        x=list(range(n_classes)),
        y=list(range(n_classes)),
        colorscale=[[0, "rgba(0,0,0,0)"], [1, "rgba(0,0,0,0)"]],
        showscale=False,
        text=np.where(confusion > 0, numbers, "") if numbers is not None else None,
        texttemplate="%{text}" if numbers is not None else None,
        customdata=told,
        hovertemplate="true %{y} → predicted %{x}<br>%{customdata[0]} images, %{customdata[1]:.1%} of the class<extra></extra>",
    )
    step = -(-n_classes // MAX_NAMED)
    shown = short_names(class_names)[::step]
    longest = max(map(len, shown))
    turned = longest > UPRIGHT_LETTERS
    figure.update_layout(
        margin_l=max(44, 30 + LETTER_WIDTH * longest), margin_b=36 + (LETTER_WIDTH * 0.7 * longest if turned else 0)
    )
    ticks = {
        "tickmode": "array",
        "tickvals": list(range(0, n_classes, step)),
        "ticktext": shown,
        "showgrid": False,
        "constrain": "domain",
        "fixedrange": n_classes <= MAX_NUMBERED,
    }
    figure.update_xaxes(title_text="predicted", side="bottom", tickangle=-45 if turned else 0, **ticks)
    figure.update_yaxes(title_text="true", autorange="reversed", scaleanchor="x", **ticks)
    return figure


def cell_mark(true: int, predicted: int) -> dict:
    """The frame around a selected cell, as a Plotly shape."""
    return {
        "type": "rect",
        "x0": predicted - 0.5,
        "x1": predicted + 0.5,
        "y0": true - 0.5,
        "y1": true + 0.5,
        "line": {"width": 2.5, "color": ACCENT_COLOUR},
    }


def probability_figure(
    probabilities: np.ndarray, class_names: Sequence[str], colours: Sequence[str], true: int | None, predicted: int
) -> go.Figure:
    """Bars of one image's class probabilities (K,); the true class, if it is known, is ticked, the values stand beside."""
    figure = blank_figure(hovermode=False)
    names = [f"{name} ✓" if number == true else name for number, name in enumerate(short_names(class_names))]
    shown = [f"{value:.1%}" if value >= 0.001 else f"{value:.0e}" for value in probabilities]
    figure.add_bar(
        x=np.asarray(probabilities, np.float32),
        y=list(range(len(names))),
        orientation="h",
        marker={
            "color": list(colours),
            "line": {
                "width": [2 if number == predicted else 0 for number in range(len(names))],
                "color": ACCENT_COLOUR,
            },
        },
        text=shown,
        textposition="outside",
        cliponaxis=False,
    )
    left = max(40, 16 + LETTER_WIDTH * max(map(len, names)))
    figure.update_layout(margin={"l": left, "r": 52, "t": 4, "b": 24}, bargap=0.25)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", nticks=3)
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showgrid=False
    )
    return figure


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
