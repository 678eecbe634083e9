"""Charts of what belongs: how consistency is spread, what a threshold on it catches, and how well it tells apart."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from dashboard.measures import roc
from dashboard.theme import ACCENT_COLOUR, PLAIN, RIGHT, WRONG, blank_figure, short_names

BINS = 40
FEWEST_SPREAD = 100  # images from which on shares of them are drawn; of fewer each is
SHADES = ("#b09af7", ACCENT_COLOUR)  # from the least ε to the largest
THRESHOLD_COLOUR = "#ffa90e"
FAINT = 0.45
APART = 0.2  # of the axis of ε, between two of its numbers
SMALL = {"font": {"size": 11}, "standoff": 4}
WHOLE: Any = {"tickformat": ".0%", "tickfont": {"size": 10}, "tickvals": [0, 0.5, 1]}  # an axis of shares, 0 to 1
LINE = {"color": THRESHOLD_COLOUR, "width": 2}


class Condition(NamedTuple):
    """What is compared with clean images: its title and colour, and consistency (m,)."""

    title: str
    colour: str
    values: np.ndarray


def colours_of(conditions: Sequence[Mapping[str, Any]]) -> list[str]:
    """A shade a condition, the darker the larger its ε; the control is grey."""
    count = sum(not each["is_control"] for each in conditions)
    shades = iter(sample_colorscale(list(SHADES), np.linspace(0, 1, count) if count > 1 else [1.0]))
    return [PLAIN if each["is_control"] else next(shades) for each in conditions]


def histogram_figure(
    right: np.ndarray, wrong: np.ndarray, outside: Condition | None, threshold: float | None
) -> go.Figure:
    """How consistency is spread, in shares of each group: clean images that the net gets right and wrong, and a condition."""
    groups = [("right", RIGHT, right), ("wrong", WRONG, wrong), *([outside] if outside else [])]
    groups = [each for each in groups if len(each[2])]
    edges = np.histogram_bin_edges(np.concatenate([values for *_, values in groups]), BINS)
    middles, figure = ((edges[1:] + edges[:-1]) / 2).astype(np.float32), blank_figure(hovermode="closest")
    for title, colour, values in groups:
        counts = np.histogram(values, edges)[0]
        common = {
            "x": middles, "y": (counts / len(values)).astype(np.float32), "name": title,
            "customdata": np.stack([edges[:-1], edges[1:], counts], axis=1).astype(np.float32),
            "hovertemplate": f"{title}, %{{customdata[0]:.3f}} to %{{customdata[1]:.3f}}: %{{y:.1%}}, "
            "%{customdata[2]:,} images<extra></extra>",
        }  # fmt: skip
        if title == "right":
            width = np.diff(edges)
            figure.add_bar(**common, width=width, marker={"color": colour, "line": {"width": 0}}, opacity=0.6)
        elif title == "wrong" and len(values) < FEWEST_SPREAD:
            figure.add_scatter(
                x=values, y=np.zeros(len(values), np.float32), name=title, mode="markers", cliponaxis=False,
                marker={"symbol": "x-thin", "size": 7, "line": {"color": colour, "width": 1.5}},
                hovertemplate="wrong, %{x:.3f}<extra></extra>",
            )  # fmt: skip
        else:  # bars would hide those of the others
            width = 1.5 if title == "wrong" else 2
            figure.add_scatter(**common, mode="lines", line={"color": colour, "width": width, "shape": "hvh"})
    figure.update_xaxes(title={"text": "consistency, CPL", **SMALL}, tickfont={"size": 10}, nticks=6)
    figure.update_yaxes(
        title={"text": "share of each", **SMALL}, tickfont={"size": 10}, nticks=5, tickformat=".0%", rangemode="tozero"
    )
    figure.update_layout(
        barmode="overlay",
        bargap=0,
        shapes=[] if threshold is None else [line_at(threshold)],
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "font": {"size": 10.5},
            "bgcolor": "rgba(0,0,0,0)",
            "itemwidth": 30,
            "indentation": -6,
        },
        margin={"l": 46, "r": 8, "t": 18, "b": 32},
    )
    return figure


def line_at(threshold: float) -> dict[str, Any]:
    """The threshold in the histogram."""
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": threshold,
        "x1": threshold,
        "y0": 0,
        "y1": 1,
        "line": LINE,
    }


def caught(values: np.ndarray, threshold: float) -> float:
    """The share that lies below a threshold."""
    return float((values < threshold).mean())


def roc_figure(inside: np.ndarray, conditions: Sequence[Condition], at: int, threshold: float | None) -> go.Figure:
    """ROC curves of all conditions, that of the chosen one heavy; last the point of the threshold on it."""
    figure = blank_figure(hovermode="closest")
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": PLAIN, "width": 1, "dash": "dot"}, hoverinfo="skip"
    )
    for number, (title, colour, values) in enumerate(conditions):
        x, y = roc(inside, values)
        figure.add_scatter(
            x=x.astype(np.float32),
            y=y.astype(np.float32),
            name=title,
            mode="lines",
            line={"color": colour, "width": 3 if number == at else 1.5, "dash": "dash" if colour == PLAIN else "solid"},
            zorder=number == at,
            hovertemplate=f"{title}: catches %{{y:.1%}}, and %{{x:.1%}} of clean images<extra></extra>",
        )
    point = [] if threshold is None else [threshold]
    figure.add_scatter(
        x=[caught(inside, each) for each in point],
        y=[caught(conditions[at].values, each) for each in point],
        mode="markers",
        marker={"size": 9, "color": THRESHOLD_COLOUR},
        zorder=2,
        hovertemplate="threshold: catches %{y:.1%}, and %{x:.1%} of clean images<extra></extra>",
    )
    figure.update_xaxes(title={"text": "clean below", **SMALL}, range=[-0.02, 1.02], **WHOLE)
    figure.update_yaxes(title={"text": "caught", **SMALL}, range=[-0.02, 1.03], **WHOLE)
    figure.update_layout(margin={"l": 46, "r": 8, "t": 8, "b": 32})
    return figure


def auroc_figure(
    areas: np.ndarray,
    conditions: Sequence[Mapping[str, Any]],
    sets: Sequence[str],
    at: int,
    sure: Mapping[tuple[int, int], tuple[float, float]],
) -> go.Figure:
    """AUROC against ε, a line a set of thresholds, the chosen one heavy, the control a diamond at 0; without ε a point a set.

    Parameters
    ----------
    areas : (C, S).
    sets : what each set is called.
    at : the chosen set.
    sure : 95 % intervals by condition and set, of some.
    """
    figure = blank_figure(hovermode="closest")
    if conditions[0]["epsilon"] is None:
        points = [sure[0, each] for each in range(len(sets))]
        figure.add_scatter(
            x=short_names(sets), y=areas[0].astype(np.float32), mode="markers", error_y=bars(areas[0], points, PLAIN),
            marker={"size": np.where(np.arange(len(sets)) == at, 11, 7), "color": mark_colours(len(sets), at)},
            hovertemplate="%{x}: AUROC %{y:.3f}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(title={"text": "set of thresholds", **SMALL}, type="category", tickfont={"size": 10})
    else:
        order = [each for each in range(len(sets)) if each != at] + [at]  # the chosen one over the others
        for each in order:
            add_set(figure, areas[:, each], conditions, sets[each], sure if each == at else {}, each)
        epsilons = [each["epsilon"] for each in conditions]
        most = max(epsilons)
        ticks = spaced(sorted(set(epsilons)), APART * most)
        figure.update_xaxes(
            title={"text": "ε, control at 0", **SMALL}, tickvals=ticks, ticktext=[f"{tick:.3g}" for tick in ticks],
            tickfont={"size": 10}, range=[-0.07 * most, 1.07 * most],
        )  # fmt: skip
    low = min([float(np.nanmin(areas)), 0.5, *[interval[0] for interval in sure.values()]])
    figure.update_yaxes(
        title={"text": "AUROC", **SMALL}, range=[low - 0.04, 1.03], nticks=5, tickformat=".2~f", tickfont={"size": 10}
    )
    figure.add_hline(0.5, line={"color": PLAIN, "width": 1, "dash": "dot"})
    figure.update_layout(margin={"l": 46, "r": 8, "t": 8, "b": 32})
    return figure


def add_set(
    figure: go.Figure,
    areas: np.ndarray,
    conditions: Sequence[Mapping[str, Any]],
    title: str,
    sure: Mapping[tuple[int, int], tuple[float, float]],
    at: int,
) -> None:
    """The line of a set over its attacks, and its control; strong where it is known how sure it is."""
    strong = bool(sure)
    colour, opacity = (ACCENT_COLOUR, 1) if strong else (PLAIN, FAINT)
    for is_control in (False, True):
        rows = [row for row, each in enumerate(conditions) if each["is_control"] is is_control]
        x, y = [conditions[row]["epsilon"] for row in rows], areas[rows]
        figure.add_scatter(
            x=x, y=y.astype(np.float32), mode="markers" if is_control else "lines+markers", opacity=opacity,
            line={"color": colour, "width": 3 if strong else 1.2},
            marker={"size": 9 if strong else 5, "color": colour, "symbol": "diamond" if is_control else "circle"},
            error_y=bars(y, [sure[row, at] for row in rows], colour) if strong else None,
            hovertemplate=f"{'clipped only' if is_control else 'ε %{x:g}'}, thresholds {title}: AUROC %{{y:.3f}}"
            "<extra></extra>",
        )  # fmt: skip


def bars(areas: np.ndarray, sure: Sequence[tuple[float, float]], colour: str) -> dict[str, Any]:
    """Bars of 95 % intervals."""
    ends = np.array(sure, float).reshape(-1, 2)
    return {
        "array": ends[:, 1] - areas, "arrayminus": areas - ends[:, 0], "symmetric": False, "thickness": 1.5, "width": 3,
        "color": colour,
    }  # fmt: skip


def mark_colours(count: int, at: int) -> list[str]:
    """The chosen one in the accent."""
    return [ACCENT_COLOUR if each == at else PLAIN for each in range(count)]


def spaced(values: Sequence[float], least: float) -> list[float]:
    """Those of rising values that are so far from the one before; so that numbers on an axis do not touch."""
    kept: list[float] = []
    for value in values:
        if not kept or value - kept[-1] >= least:
            kept.append(value)
    return kept
