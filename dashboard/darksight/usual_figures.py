"""One image on a DarkSight map: bars of what teacher and student say, and which pixels make it usual."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.teacher.bars import digits, ticked
from dashboard.theme import ACCENT_COLOUR, LETTER_WIDTH, blank_figure, short_names

MOST_BARS = 10  # classes, of more the likeliest
# Two of the ten that colour-blind readers can tell apart, seen on black and on white.
LESS, MORE = "255, 169, 14", "63, 144, 218"


def drawn_classes(classes: np.ndarray, teacher: np.ndarray, student: np.ndarray) -> np.ndarray:
    """Which classes bars are drawn of, as positions among those of the map: all in their order, or of many those that are
    among the likeliest of teacher or student, the teacher's likeliest first.

    Parameters
    ----------
    classes : (K,) their numbers.
    teacher, student : (K,) what they say; NaN where that is not known.
    """
    if len(classes) <= MOST_BARS:
        return np.arange(len(classes))
    order = np.argsort(-teacher, kind="stable")
    also = np.flatnonzero(np.isfinite(student))
    chosen = set(order[:MOST_BARS]) | set(also)
    return np.array([each for each in order if each in chosen])


def said_figure(
    classes: np.ndarray,
    teacher: np.ndarray,
    student: np.ndarray,
    names: Sequence[str],
    colours: Sequence[str],
    true: int | None,
) -> go.Figure:
    """Bars of the teacher, full, and under each that of the student, hatched; with their numbers.

    Parameters
    ----------
    classes : (k,) numbers of the classes that are drawn, from above.
    teacher, student : (k,) what they say, NaN where that is not known.
    names, colours : of all classes, by number.
    true : is ticked; None where it is not known.
    """
    figure = blank_figure(hovermode=False)
    for number, said in enumerate((teacher, student)):
        known = np.isfinite(said)
        likeliest = int(np.nanargmax(said)) if known.any() else -1
        figure.add_bar(
            x=np.where(known, said, 0).astype(np.float32),
            y=list(range(len(classes))),
            orientation="h",
            marker={
                "color": [colours[each] for each in classes],
                "line": {
                    "width": [1.5 * (place == likeliest) for place in range(len(classes))],
                    "color": ACCENT_COLOUR,
                },
                "pattern": {"shape": "/" if number else "", "fillmode": "replace", "size": 5, "solidity": 0.35},
            },
            text=[digits(float(value)) if there else "" for value, there in zip(said, known, strict=True)],
            textfont={"size": 10},
            textposition="outside",
            cliponaxis=False,
        )
    short = short_names(names)
    ticks = [ticked(short[each], int(each), [true]) for each in classes]
    left = max(28, 16 + LETTER_WIDTH * max(map(len, ticks)))
    figure.update_layout(
        margin={"l": left, "r": 52, "t": 2, "b": 20}, bargap=0.18, bargroupgap=0, barmode="group", uirevision="said"
    )
    figure.update_xaxes(range=[0, 1], nticks=3)
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(ticks))), ticktext=ticks, autorange="reversed", showgrid=False
    )
    return figure


def heat_figure(pixels: np.ndarray, gradient: np.ndarray) -> go.Figure:
    """What makes an image usual: over the image in grey, colours symmetric round 0, clear where there is nothing to say.

    Parameters
    ----------
    pixels : uint8 (C, H, W)
    gradient : (C, H, W) of log P(y) by pixels 0 to 1; its channels are summed.
    """
    grey, summed = pixels.mean(axis=0), gradient.sum(axis=0)
    height, width = grey.shape
    most = float(np.abs(summed).max()) or 1.0
    figure = blank_figure(hovermode=False, dragmode=False)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 24})
    figure.add_heatmap(
        z=grey.astype(np.float32), zmin=0, zmax=255, colorscale=[[0, "#1c1c1c"], [1, "#e4e4e4"]], showscale=False
    )
    figure.add_heatmap(
        z=summed.astype(np.float32), zmin=-most, zmax=most,
        colorscale=[
            [0, f"rgba({LESS}, 0.95)"], [0.5, f"rgba({LESS}, 0)"], [0.5, f"rgba({MORE}, 0)"], [1, f"rgba({MORE}, 0.95)"],
        ],
        colorbar={
            "orientation": "h", "y": 0, "yanchor": "top", "ypad": 4, "thickness": 7, "len": 1, "lenmode": "fraction",
            "xpad": 0, "outlinewidth": 0, "tickvals": [-most / 2, 0, most / 2],
            "ticktext": [f"−{most / 2:.2g}", "0", f"+{most / 2:.2g}"], "tickfont": {"size": 10},
        },
    )  # fmt: skip
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    figure.update_xaxes(range=[-0.5, width - 0.5], **hidden)
    figure.update_yaxes(range=[height - 0.5, -0.5], scaleanchor="x", **hidden)
    return figure
