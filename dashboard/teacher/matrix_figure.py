"""The confusion matrix as a Plotly figure: counts in, cells, totals and frames out."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import ACCENT_COLOUR, LETTER_WIDTH, RIGHT, WRONG, blank_figure, short_names

LEVELS = 127  # of strength, on either side of an empty cell
MAX_NUMBERED = 20  # classes up to which a cell has room for its number
MAX_UPRIGHT = 25  # names that stand side by side under a matrix, if they are short; others are turned
UPRIGHT_LETTERS = 3
TOTALS = 0.13  # of the width and the height, for the totals of rows and columns
STRIP = ["", "total"]  # a gap, and the totals
BLANK = "\N{FIGURE SPACE}"
PER_MILLE = 1000  # a share is shaded by the logarithm of its per mille
MOST_LETTERS = 9  # of a name, as cells need the room
LETTERS = 11  # px, of names and of what stands over the cells
MAX_GAPS = 40  # classes up to which cells are so large that gaps between them help
SAID = {"counts": "", "true": " · % of the true class", "predicted": " · % of those predicted"}


def confusion_figure(
    confusion: np.ndarray,
    class_names: Sequence[str],
    shade: str = "log",
    cells: str = "counts",
    order: np.ndarray | None = None,
) -> go.Figure:
    """The confusion matrix: rows true, columns predicted, their totals at the right and below.

    Right and wrong have a colour each, so that three errors are seen beside three hundred hits. The axes are of categories,
    named by the classes' numbers: Plotly writes as many names as there is room for, the more the closer one looks.

    Parameters
    ----------
    confusion : (K, K) counts, [true, predicted].
    shade : "log" or "linear" in what the cells say; both colours on one scale.
    cells : "counts", shares of the "true" class (recall on the diagonal), or of those "predicted" as one (precision).
    order : (K,) the classes from left to right and from above; as they are numbered by default.
    """
    n_classes = len(confusion)
    order = np.arange(n_classes) if order is None else order
    counts = confusion[np.ix_(order, order)]
    numbers = order.astype(np.min_scalar_type(n_classes))
    numbered = n_classes <= MAX_NUMBERED
    said = counts if cells == "counts" else shares(counts, axis=1 if cells == "true" else 0)
    figure = blank_figure(hovermode="closest")
    # One trace of small integers: a hundred classes have ten thousand cells, which every switch of the panel sends anew.
    gap = int(n_classes <= MAX_GAPS)
    figure.add_heatmap(
        z=signed_levels(said, shade, cells),
        x=numbers,
        y=numbers,
        zmin=-LEVELS,
        zmax=LEVELS,
        colorscale=two_sided(WRONG, RIGHT),
        showscale=False,
        xgap=gap,
        ygap=gap,
        customdata=counts.astype(np.min_scalar_type(int(counts.max(initial=0)))),
        text=cell_texts(counts, said, cells) if numbered else None,
        texttemplate="%{text}" if numbered else None,
        hoverinfo="none",  # `assets/confusions.js` tells what is hovered over
    )
    add_totals(figure, counts, numbers)
    shown = short_names(class_names, MOST_LETTERS)
    room = LETTER_WIDTH * min(max(map(len, class_names)), MOST_LETTERS)
    turned = room > LETTER_WIDTH * UPRIGHT_LETTERS or n_classes > MAX_UPRIGHT
    names = {
        "type": "category",
        "labelalias": {str(number): name for number, name in enumerate(shown)},
        "tickfont": {"size": LETTERS},
        "ticks": "",
        "showgrid": False,
        "fixedrange": numbered,
        "minallowed": -0.5,
        "maxallowed": n_classes - 0.5,
        **({"nticks": n_classes} if numbered else {}),
    }
    totals = {
        "type": "category",
        "showticklabels": False,
        "showgrid": False,
        "fixedrange": True,
        "ticks": "",
    }
    figure.update_layout(
        margin={"l": 12 + room, "r": 6, "t": 20, "b": 12 + 0.7 * room if turned else 20},
        xaxis=names | {"domain": [0, 1 - TOTALS], "anchor": "y2", "tickangle": -45 if turned else 0},
        yaxis=names | {"domain": [TOTALS, 1], "autorange": "reversed"},
        xaxis2=totals | {"range": [0, 1.5], "domain": [1 - TOTALS, 1], "anchor": "y"},
        yaxis2=totals | {"range": [1.5, 0], "domain": [0, TOTALS], "anchor": "x"},
    )
    figure.add_annotation(
        text=f"true ↓ predicted →{SAID[cells]}",
        font_size=LETTERS,
        showarrow=False,
        xref="x domain",
        yref="y domain",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
    )
    return figure


def add_totals(figure: go.Figure, counts: np.ndarray, numbers: np.ndarray) -> None:
    """The totals of rows and of columns, as a strip each beside and below the cells.

    Half a clear cell stands between cells and totals. It bears a blank, as Plotly fits numbers to cells by the distance to
    the next one.
    """
    n_classes = len(counts)
    numbered, gap = n_classes <= MAX_NUMBERED, int(n_classes <= MAX_GAPS)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    largest = max(int(rows.max(initial=0)), int(columns.max(initial=0)), 1)
    for totals, axis, strip in (
        (rows, 1, {"x": STRIP, "y": numbers, "xaxis": "x2"}),
        (columns, 0, {"x": numbers, "y": STRIP, "yaxis": "y2"}),
    ):
        texts = np.stack([np.full(n_classes, BLANK), totals.astype(str)], axis=axis)
        figure.add_heatmap(
            z=np.stack([np.zeros_like(totals), totals], axis=axis).astype(np.int32),
            **strip,
            zmin=0,
            zmax=largest,
            colorscale=[(0, "rgba(134,142,150,0)"), (1, "rgba(134,142,150,0.4)")],
            showscale=False,
            xgap=gap,
            ygap=gap,
            text=texts if numbered else None,
            texttemplate="%{text}" if numbered else None,
            hoverinfo="none",
        )


def shares(counts: np.ndarray, axis: int) -> np.ndarray:
    """Counts (K, K) divided by their sums along an axis; 0 where there is nothing to divide."""
    return counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1)


def signed_levels(said: np.ndarray, shade: str, cells: str) -> np.ndarray:
    """How strongly each cell (K, K) is coloured: hits from 1 to `LEVELS`, errors from -1 to -`LEVELS`, empty ones 0."""
    scaled = said if cells == "counts" else PER_MILLE * said
    strength = np.log1p(scaled) if shade == "log" else scaled.astype(float)
    strength = LEVELS * strength / max(strength.max(initial=0), 1e-9)
    levels = np.where(said > 0, np.maximum(np.rint(strength), 1), 0)
    return np.where(np.eye(len(said), dtype=bool), levels, -levels).astype(np.int8)


def cell_texts(counts: np.ndarray, said: np.ndarray, cells: str) -> np.ndarray:
    """What stands in each cell (K, K): its count, or its share in percent; nothing in an empty one."""
    percent = np.where(said < 0.01, "<1", np.char.mod("%.0f", 100 * said))
    return np.where(counts > 0, counts.astype(str) if cells == "counts" else percent, "")


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


def frames(cells: np.ndarray, order: np.ndarray) -> list[dict]:
    """Frames around the selected cells, as Plotly shapes: as many as it takes to draw round rows, columns and blocks.

    Parameters
    ----------
    cells : (K, K) bool, [true, predicted].
    order : (K,) the classes as the matrix shows them.
    """
    left = cells[np.ix_(order, order)].copy()
    shapes = []
    while left.any():
        top, start = (int(place) for place in np.argwhere(left)[0])
        row = left[top, start:]
        end = start + (len(row) if row.all() else int(row.argmin()))
        whole = np.atleast_1d(left[top:, start:end].all(axis=1))
        bottom = top + (len(whole) if whole.all() else int(whole.argmin()))
        left[top:bottom, start:end] = False
        shapes.append(
            {
                "type": "rect",
                "x0": start - 0.5,
                "x1": end - 0.5,
                "y0": top - 0.5,
                "y1": bottom - 0.5,
                "line": {"width": 2.5, "color": ACCENT_COLOUR},
            }
        )
    return shapes


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
