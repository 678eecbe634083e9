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

LEVELS = 127  # of strength, on either side of an empty cell
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
    strength = LEVELS * strength / max(strength.max(), 1e-9)
    levels = np.where(confusion > 0, np.maximum(np.rint(strength), 1), 0)
    signed = np.where(np.eye(n_classes, dtype=bool), levels, -levels)
    figure = blank_figure(hovermode="closest")
    # One trace of small integers: a hundred classes have ten thousand cells, which every switch of the panel sends anew.
    figure.add_heatmap(
        z=signed.astype(np.int8),
        x=list(range(n_classes)),
        y=list(range(n_classes)),
        zmin=-LEVELS,
        zmax=LEVELS,
        colorscale=two_sided(WRONG, RIGHT),
        showscale=False,
        xgap=1,
        ygap=1,
        customdata=confusion.astype(np.min_scalar_type(int(confusion.max()))),
        text=np.where(confusion > 0, confusion.astype(str), "") if n_classes <= MAX_NUMBERED else None,
        texttemplate="%{text}" if n_classes <= MAX_NUMBERED else None,
        hovertemplate="true %{y} → predicted %{x}<br>%{customdata:,} images<extra></extra>",
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


def two_sided(below: str, above: str) -> list[tuple[float, str]]:
    """A colour scale for -`LEVELS` to `LEVELS`: clear at 0, a colour on either side, the stronger the farther from it."""
    one = 0.5 / LEVELS
    return [
        (0, _faded(below, 0.85)),
        (0.5 - one, _faded(below, 0.12)),
        (0.5 - one / 2, _faded(below, 0)),
        (0.5 + one / 2, _faded(above, 0)),
        (0.5 + one, _faded(above, 0.12)),
        (1, _faded(above, 0.85)),
    ]


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


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
