"""Maps of groups of classes as small multiples."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.darksight.dots import dots, window_of
from dashboard.theme import blank_figure, short_names

SIZE = (260, 200)  # pixels of the picture of each
CAPTION = 0.2  # of the height of a plot, for what stands below it
GAP = 0.02
MOST_LETTERS = 9  # of a class name on a plot


@dataclass(frozen=True)
class Part:
    """A small map.

    Attributes
    ----------
    key : of its result.
    places : (n, 2) of the images that it shows, with their predicted classes `groups` (n,).
    classes, means : (k,) numbers of its classes, and (k, 2) their centres.
    caption : what stands below it, in lines of HTML.
    hint : what is said of the caption when it is hovered.
    """

    key: str
    places: np.ndarray
    groups: np.ndarray
    classes: np.ndarray
    means: np.ndarray
    caption: Sequence[str]
    hint: str


def columns_of(count: int, width: int = 2, height: int = 1) -> int:
    """Plots beside each other, so that `count` of them fill a panel that is `width` to `height`."""
    return max(1, min(count, round((count * width / height * SIZE[1] / SIZE[0]) ** 0.5)))


def parts_figure(parts: Sequence[Part], colours: Sequence[str], names: Sequence[str], columns: int) -> go.Figure:
    """A plot for each map, in rows. Each is a trace that can be clicked everywhere (its number is the part's), and one of
    the names at the centres of the classes.

    Parameters
    ----------
    colours, names : of all classes, by number.
    """
    n_rows = -(-len(parts) // columns)
    figure = blank_figure(dragmode=False, hovermode="closest")
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    named = short_names(names, MOST_LETTERS)
    shown = [(part, window_of(np.concatenate([part.places, part.means]), SIZE[0] / SIZE[1])) for part in parts]
    for number, (part, window) in enumerate(shown):
        left, right, bottom, top = window
        row, column = divmod(number, columns)
        x, y = (f"{axis}{number + 1 if number else ''}" for axis in "xy")
        edges = [(column + GAP) / columns, (column + 1 - GAP) / columns]
        low, high = 1 - (row + 1 - CAPTION) / n_rows, 1 - (row + GAP) / n_rows
        seen = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "", "fixedrange": True, "mirror": True,
                "showline": True, "linewidth": 1, "linecolor": "rgba(134, 142, 150, 0.4)"}  # fmt: skip
        figure.update_layout(
            {
                f"xaxis{number + 1}": {"domain": edges, "range": [left, right], "anchor": y, **seen},
                f"yaxis{number + 1}": {
                    "domain": [low, high],
                    "range": [bottom, top],
                    "anchor": x,
                    "scaleanchor": x,
                    **seen,
                },
            }
        )
        figure.add_layout_image(
            source=dots(part.places, part.groups, colours, window, SIZE),
            xref=x, yref=y, x=left, y=top, sizex=right - left, sizey=top - bottom, sizing="stretch", layer="below",
        )  # fmt: skip
        figure.add_heatmap(
            x=[2 * left - right, 2 * right - left], y=[2 * bottom - top, 2 * top - bottom], z=[[0, 0], [0, 0]], opacity=0,
            showscale=False, hoverinfo="none", xaxis=x, yaxis=y,  # larger: a plot of another shape shows more than the window
        )  # fmt: skip
        figure.add_annotation(
            text="<br>".join(part.caption), hovertext=html.escape(part.hint, quote=False), captureevents=True,
            xref="paper", yref="paper", x=sum(edges) / 2, y=low, xanchor="center", yanchor="top",
            showarrow=False, font={"size": 10},
        )  # fmt: skip
    for number, (part, _) in enumerate(shown):
        x, y = (f"{axis}{number + 1 if number else ''}" for axis in "xy")
        figure.add_scatter(
            x=part.means[:, 0].astype(np.float32), y=part.means[:, 1].astype(np.float32),
            text=[named[each] for each in part.classes], mode="text", textfont={"size": 10}, hoverinfo="skip",
            xaxis=x, yaxis=y,
        )  # fmt: skip
    return figure
