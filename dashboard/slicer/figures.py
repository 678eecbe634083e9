"""Charts of the Slicer view: entropies and capacities in, figures out."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from dashboard.components.curves import MOST_TICKS
from dashboard.theme import ACCENT_COLOUR, PLAIN, RAMP, blank_figure, short_names

MOST_NAMED = 16  # channels up to which an axis names each
SEQUENCE = (ACCENT_COLOUR, "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300")


class Heat(NamedTuple):
    """A heat-map of capacity.

    Attributes
    ----------
    title : str
    values : float array (C_A, C_B)
        Bits, in the order in which they are drawn.
    rows, columns : int arrays
        The numbers of the channels, in the same order.
    layers : (str, str)
    """

    title: str
    values: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    layers: tuple[str, str]


def epoch_axis(figure: go.Figure, last: float) -> None:
    """Epochs on the horizontal axis, no tenths of one."""
    figure.update_xaxes(
        title_text="epoch", range=[-0.02 * max(last, 1), 1.02 * max(last, 1)], dtick=1 if last <= MOST_TICKS else None
    )


def class_lines(values: np.ndarray, names: Sequence[str], colours: Sequence[str], title: str) -> go.Figure:
    """A line a class over the epochs, with gaps where there is nothing: `values` (E, K)."""
    figure = blank_figure(hovermode="closest")
    epochs = np.arange(len(values), dtype=np.float32)
    for number, (name, colour) in enumerate(zip(short_names(names), colours, strict=True)):
        figure.add_scatter(
            x=epochs,
            y=values[:, number].astype(np.float32),
            name=name,
            mode="lines+markers" if len(values) <= 60 else "lines",
            line={"color": colour, "width": 1.5},
            marker={"size": 5},
            connectgaps=False,
            customdata=[number] * len(epochs),
            hovertemplate=f"{name}: %{{y:.3f}} bits after epoch %{{x}}<extra></extra>",
        )
    epoch_axis(figure, len(values) - 1)
    figure.update_yaxes(title_text=title, rangemode="tozero")
    return figure


def depth_figure(
    values: np.ndarray, layers: Sequence[Mapping[str, Any]], epochs: Sequence[int], at: int, title: str
) -> go.Figure:
    """Inter-sample entropy over the depth of the net: the chosen epoch in full, all others faint. `values` (L, E)."""
    figure = blank_figure(hovermode="closest")
    places = list(range(len(layers)))
    for column, epoch in enumerate(epochs):
        is_chosen = column == at
        figure.add_scatter(
            x=places,
            y=values[:, column].astype(np.float32),
            mode="lines+markers" if is_chosen else "lines",
            line={"color": ACCENT_COLOUR if is_chosen else PLAIN, "width": 3 if is_chosen else 1},
            marker={"size": 8},
            opacity=1 if is_chosen else 0.35,
            name=f"epoch {epoch}",
            customdata=[[layer["name"], epoch] for layer in layers],
            hovertemplate="%{customdata[0]}, epoch %{customdata[1]}: %{y:.3f}<extra></extra>",
        )
    figure.update_xaxes(tickmode="array", tickvals=places, ticktext=short_names([each["name"] for each in layers]))
    figure.update_yaxes(title_text=title)
    return figure


def layer_lines(
    values: np.ndarray, layers: Sequence[Mapping[str, Any]], epochs: Sequence[int], at: int, title: str
) -> go.Figure:
    """Inter-sample entropy over epochs, a line a layer, from light (first) to dark (last). `values` (L, E)."""
    figure = blank_figure(hovermode="closest")
    shades = np.linspace(0, len(RAMP) - 1, max(len(layers), 2)).round().astype(int)
    for row, layer in enumerate(layers):
        figure.add_scatter(
            x=np.array(epochs, np.float32),
            y=values[row].astype(np.float32),
            name=short_names([layer["name"]])[0],
            mode="lines+markers",
            line={"color": RAMP[::-1][shades[row]], "width": 2},
            marker={"size": 5},
            customdata=[[layer["name"], epoch] for epoch in epochs],
            hovertemplate="%{customdata[0]}, epoch %{customdata[1]}: %{y:.3f}<extra></extra>",
        )
    figure.update_layout(showlegend=True, legend={"font": {"size": 11}, "y": 1, "yanchor": "top"})
    epoch_axis(figure, epochs[-1])
    figure.update_yaxes(title_text=title)
    return figure


def capacity_figure(heats: Sequence[Heat], most: float) -> go.Figure:
    """Heat-maps side by side on one scale, 0 to `most` bits; brighter is less, as in the paper."""
    figure = blank_figure(hovermode="closest")
    columns = min(len(heats), 3)
    rows = -(-len(heats) // columns)
    wide, high = 1 / columns, 1 / rows
    for number, heat in enumerate(heats):
        at = "" if number == 0 else str(number + 1)
        left, top = (number % columns) * wide, 1 - (number // columns) * high
        figure.add_heatmap(
            z=heat.values.T.astype(np.float32),
            zmin=0,
            zmax=most,
            coloraxis="coloraxis",
            xaxis=f"x{at}",
            yaxis=f"y{at}",
            name=heat.title,
            customdata=np.stack(np.meshgrid(heat.rows, heat.columns), axis=-1).astype(np.int32),
            hovertemplate=(
                f"{heat.layers[0]} %{{customdata[0]}}, {heat.layers[1]} %{{customdata[1]}}: %{{z:.3f}} bits"
                f"<extra>{heat.title}</extra>"
            ),
        )
        bottom = top - high
        begin = left + (0.13 if number % columns else 0.03) * wide  # the first has the margin for its names
        figure.update_layout({
            f"xaxis{at}": heat_axis(heat.rows, heat.layers[0], [begin, left + 0.98 * wide], f"y{at}"),
            f"yaxis{at}": heat_axis(heat.columns, heat.layers[1], [bottom + 0.1 * high, top - 0.07 * high], f"x{at}"),
        })  # fmt: skip
        figure.add_annotation(
            text=heat.title, font_size=11, showarrow=False, xref="paper", yref="paper", x=begin, y=top,
            xanchor="left", yanchor="top",
        )  # fmt: skip
    figure.update_layout(
        coloraxis={
            "cmin": 0,
            "cmax": most,
            "colorscale": [[0, "rgba(121,80,242,0.03)"], [0.5, "rgba(121,80,242,0.4)"], [1, "rgba(121,80,242,1)"]],
            "colorbar": {
                "title": {"text": "bits", "font": {"size": 11}},
                "thickness": 10,
                "len": 0.7,
                "tickfont": {"size": 10},
                "x": 1.01,
            },
        },
        margin={"l": 44, "r": 56, "t": 4, "b": 8},
    )
    return figure


def heat_axis(order: np.ndarray, title: str, domain: list[float], anchor: str) -> dict[str, Any]:
    """The axis of a heat-map: channels in an order, each named where there is room."""
    named = len(order) <= MOST_NAMED
    return {
        "domain": domain,
        "anchor": anchor,
        "title": {"text": short_names([title])[0], "font": {"size": 11}, "standoff": 2},
        "tickmode": "array",
        "tickvals": list(range(len(order))) if named else [],
        "ticktext": [str(number) for number in order] if named else [],
        "tickfont": {"size": 9},
        "showgrid": False,
        "zeroline": False,
    }


def subset_bars(entropies: np.ndarray, sizes: Sequence[int], normalized: bool) -> go.Figure:
    """Inter-sample entropy of each subset: `entropies` (S, 3), in bits, normalised, and k."""
    figure = blank_figure(hovermode="closest")
    values = entropies[:, 1 if normalized else 0]
    figure.add_bar(
        x=[f"{size:,}" for size in sizes],
        y=values.astype(np.float32),
        marker={"color": subset_colours(len(sizes))},
        text=[f"{value:.3f}" if normalized else f"{value:.2f}" for value in values],
        textposition="outside",
        cliponaxis=False,
        customdata=entropies[:, 2].astype(np.int32),
        hovertemplate="%{x} a class: %{y:.4f}, k = %{customdata}<extra></extra>",
    )
    figure.update_xaxes(title_text="images a class", type="category")
    figure.update_yaxes(title_text="share of the most possible" if normalized else "entropy, bits", rangemode="tozero")
    figure.update_layout(margin={"t": 24, "l": 44, "r": 12, "b": 36})
    return figure


def subset_lines(values: np.ndarray, sizes: Sequence[int], title: str, share: bool) -> go.Figure:
    """A line a subset over epochs: `values` (S, E + 1)."""
    figure = blank_figure(hovermode="x unified")
    for size, colour, row in zip(sizes, subset_colours(len(sizes)), values, strict=True):
        figure.add_scatter(
            x=np.arange(len(row), dtype=np.float32),
            y=row.astype(np.float32),
            name=f"{size:,} a class",
            mode="lines+markers" if len(row) <= 60 else "lines",
            line={"color": colour, "width": 2},
            marker={"size": 5},
            hovertemplate="%{y:.1%}" if share else "%{y:.3f}",
        )
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"}
    )
    epoch_axis(figure, values.shape[1] - 1)
    figure.update_yaxes(title_text=title, tickformat=".0%" if share else None, rangemode="tozero")
    figure.update_layout(margin={"t": 28, "l": 44, "r": 12, "b": 36})
    return figure


def subset_colours(count: int) -> list[str]:
    """The same colours in all charts of subsets."""
    return [SEQUENCE[number % len(SEQUENCE)] for number in range(count)]
