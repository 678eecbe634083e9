"""Charts of the Library view: sizes, agreements and confusions in, figures out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import ACCENT_COLOUR, PLAIN, blank_figure, short_names

TITLE = 11  # px
GAP = 0.015  # of the width, between the columns of layers
LOW, HIGH = (0.0, 0.4), (0.5, 0.9)  # of the height: agreements, and sizes
MOST_ABREAST = 4  # matrices
LOST, KNOWN = "rgba(229,72,77,0.75)", "rgba(63,144,218,0.2)"  # wrong and right, pale enough for figures upon them


def libraries_figure(shown: Mapping[str, Any], agreement: np.ndarray, at: int) -> go.Figure:
    """A column a layer: its library's size and agreement with the net against the threshold, the set `at` marked.

    Parameters
    ----------
    shown : as `asked.shown_of` tells; sizes and thresholds (S, L).
    agreement : (S, L, 2)
        Best answer, and one of the best three.
    at : int
    """
    figure = blank_figure(hovermode="closest")
    sizes, thresholds = np.array(shown["sizes"]), np.array(shown["thresholds"])
    names, count = short_names([layer["name"] for layer in shown["layers"]]), len(shown["layers"])
    width = (1 - GAP * (count - 1)) / count
    least = min(float(agreement.min()), 0.9)
    for column in range(count):
        order = np.argsort(thresholds[:, column], kind="stable")
        left = column * (width + GAP)
        low, high = 2 * column + 1, 2 * column + 2
        x = thresholds[order, column].astype(np.float32)
        chosen = np.where(order == at, 9, 5)
        common = {"x": x, "customdata": order.tolist(), "mode": "lines+markers"}
        marks = {"size": chosen, "color": np.where(order == at, ACCENT_COLOUR, PLAIN)}
        figure.add_scatter(
            **common, y=sizes[order, column], xaxis=f"x{high}", yaxis=f"y{high}", line={"color": PLAIN, "width": 1.5},
            marker=marks, hovertemplate="θ %{x:.4f}: %{y:,} examples<extra></extra>",
        )  # fmt: skip
        for best, dash in ((1, "dot"), (0, "solid")):
            figure.add_scatter(
                **common, y=agreement[order, column, best].astype(np.float32), xaxis=f"x{low}", yaxis=f"y{low}",
                line={"color": PLAIN if best else ACCENT_COLOUR, "width": 1.5, "dash": dash},
                marker=marks | ({"size": 4} if best else {}),
                hovertemplate=f"θ %{{x:.4f}}: %{{y:.1%}} by {'one of the best three' if best else 'the best'}<extra></extra>",
            )  # fmt: skip
        middle, spread = thresholds[at, column], max(np.ptp(x), 1e-4)
        span = [float(x[0] - 0.08 * spread), float(x[-1] + 0.08 * spread)]
        ticks = {
            "tickmode": "array",
            "tickvals": [float(middle)],
            "ticktext": [f"{middle:.3f}"],
            "tickfont": {"size": TITLE},
        }
        first = column == 0
        edge = {
            "showline": True,
            "mirror": True,
            "linecolor": PLAIN,
            "linewidth": 1,
            "showgrid": False,
            "fixedrange": True,
        }
        bare = {"showticklabels": False}
        figure.update_layout(
            {
                f"xaxis{low}": {"domain": [left, left + width], "anchor": f"y{low}", "range": span, **ticks, **edge},
                f"xaxis{high}": {"domain": [left, left + width], "anchor": f"y{high}", "range": span, **edge, **bare},
                f"yaxis{low}": {
                    "domain": LOW, "anchor": f"x{low}", "range": [least - 0.03, 1.02], "tickformat": ".0%", "nticks": 4,
                    "showticklabels": first, "title": titled("agreement" if first else ""), **edge,
                },
                f"yaxis{high}": {
                    "domain": HIGH, "anchor": f"x{high}", "type": "log", "showticklabels": first, "dtick": 1,
                    "range": [np.log10(max(sizes.min(), 1)) - 0.15, np.log10(sizes.max()) + 0.15],
                    "title": titled("examples" if first else ""), **edge,
                },
            }
        )  # fmt: skip
        figure.add_annotation(
            text=f"<b>{names[column]}</b><br>{sizes[at, column]:,}, {agreement[at, column, 0]:.0%}", x=left + width / 2, y=1,
            xref="paper", yref="paper", showarrow=False, yanchor="top", font={"size": TITLE},
        )  # fmt: skip
    figure.update_layout(margin={"l": 52, "r": 10, "t": 4, "b": 34})
    figure.add_annotation(
        text="threshold θ",
        x=0.5,
        y=0,
        yshift=-18,
        xref="paper",
        yref="paper",
        yanchor="top",
        showarrow=False,
        font={"size": TITLE},
    )
    return figure


def titled(words: str) -> dict[str, Any]:
    """The title of a small axis."""
    return {"text": words, "font": {"size": TITLE}, "standoff": 4}


def confusions_figure(
    matrices: Sequence[np.ndarray], titles: Sequence[str], names: Sequence[str], most: float
) -> go.Figure:
    """Confusion indices of the layers, side by side on one scale, 0 to `most`: rows the net's answer, columns what else the
    library says. `matrices` (K, K) each, NaN where there is nothing; the diagonal, which is 1, is left out."""
    figure = blank_figure(hovermode="closest")
    columns = min(len(matrices), MOST_ABREAST)
    rows = -(-len(matrices) // columns)
    wide, high = 1 / columns, 1 / rows
    shown = short_names(names, 6)
    labels = {str(number): name for number, name in enumerate(shown)}
    numbers = list(labels)
    for number, (values, title) in enumerate(zip(matrices, titles, strict=True)):
        at = "" if number == 0 else str(number + 1)
        left, top = (number % columns) * wide, 1 - (number // columns) * high
        drawn = np.where(np.eye(len(values), dtype=bool), np.nan, values).astype(np.float32)
        figure.add_heatmap(
            z=drawn, x=numbers, y=numbers, xaxis=f"x{at}", yaxis=f"y{at}", zmin=0, zmax=most, showscale=number == 0,
            colorscale=[[0, "rgba(121,80,242,0.05)"], [1, ACCENT_COLOUR]],
            colorbar={"thickness": 8, "len": 0.9, "outlinewidth": 0, "tickfont": {"size": 10}, "x": 1.01},
            customdata=np.full(values.shape, number, np.uint8).tolist(), hoverongaps=False,
            hovertemplate=f"{title}: the net says %{{y}}, the library %{{x}} beside it: %{{z:.3f}}<extra></extra>",
        )  # fmt: skip
        axis = {
            "type": "category", "labelalias": labels, "showgrid": False, "ticks": "", "fixedrange": True,
            "tickfont": {"size": 9}, "showline": True, "mirror": True, "linecolor": PLAIN, "linewidth": 1,
        }  # fmt: skip
        figure.update_layout(
            {
                f"xaxis{at}": {**axis, "domain": [left + 0.03, left + wide - 0.01], "anchor": f"y{at}"},
                f"yaxis{at}": {
                    **axis, "domain": [top - high + 0.07, top - 0.07], "anchor": f"x{at}", "autorange": "reversed",
                },
            }
        )  # fmt: skip
        figure.add_annotation(
            text=f"<b>{title}</b>", x=left + 0.03, y=top - 0.06, xref="paper", yref="paper", showarrow=False, xanchor="left",
            yanchor="bottom", font={"size": TITLE},
        )  # fmt: skip
    figure.update_layout(margin={"l": 24, "r": 40, "t": 2, "b": 12})
    return figure


def net_figure(shares: np.ndarray, layers: Sequence[str], names: Sequence[str], overall: Sequence[float]) -> go.Figure:
    """The net as a chart of its layers from top to bottom: of the images that it says are of a class (a column), for which
    share a layer's library says so too. `shares` (L, K), NaN where there are none; `overall` (L,) of all images."""
    figure = blank_figure(hovermode="closest")
    figure.add_heatmap(
        z=shares.astype(np.float32), zmin=min(float(np.nanmin(shares)), 0.5), zmax=1, colorscale=[[0, LOST], [1, KNOWN]],
        showscale=False, xgap=2, ygap=6, hoverongaps=False,
        text=[[f"{value:.0%}" if np.isfinite(value) else "" for value in row] for row in shares] if len(names) <= 20 else None,
        texttemplate="%{text}" if len(names) <= 20 else None, textfont={"size": 10},
        hovertemplate="%{y}, %{x}: %{z:.1%} answered as the net does<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(len(names))), ticktext=short_names(names, 6), side="top", showgrid=False,
        ticks="", fixedrange=True, title_text="the net's answer",
    )  # fmt: skip
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(layers))), autorange="reversed", showgrid=False, ticks="", fixedrange=True,
        ticktext=[f"{name}  <b>{share:.1%}</b>" for name, share in zip(short_names(layers), overall, strict=True)],
    )  # fmt: skip
    figure.update_layout(margin={"l": 120, "r": 12, "t": 46, "b": 8})
    return figure
