"""Figures of refusal: accuracy against the share that is kept, a curve a measure; without labels, how scores are spread."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import ACCENT_COLOUR, PLAIN, TEN_CLASSES, blank_figure, class_colours

# Colours of the measures that every study has, whatever their order; those of further maps come after them.
KNOWN = ("map-kde", "map-mixture", "kde", "dirichlet-mixture", "entropy", "maximum", "margin")
COLOURS = (*(TEN_CLASSES[place] for place in (0, 9, 6, 1, 4, 2, 5)), *class_colours(48)[10:])
FAINT = 0.45
BINS = 60
LINE = {"color": ACCENT_COLOUR, "width": 1.5, "dash": "dot"}


def colours_of(names: Sequence[str]) -> dict[str, str]:
    """The colour of each measure, by name."""
    others = [name for name in names if name not in KNOWN]
    places = {name: place for place, name in enumerate((*KNOWN, *others))}
    return {name: COLOURS[places[name] % len(COLOURS)] for name in names}


def curves_figure(
    curves: Mapping[str, tuple[str, np.ndarray, np.ndarray]],
    best: tuple[np.ndarray, np.ndarray],
    chance: float,
    chosen: str,
    kept: float,
    colours: Mapping[str, str],
) -> go.Figure:
    """Accuracy among the share of predictions that is kept, the most confident first.

    Parameters
    ----------
    curves : name of a measure -> its title, shares kept (P,), and accuracies (P,), in the order of the legend.
    best : shares and accuracies of an oracle, which refuses the wrong ones first.
    chance : the accuracy of all.
    chosen, kept : the measure that is drawn strong, and the share at which its threshold is.
    colours : of the measures, by name.
    """
    figure = blank_figure(hovermode="closest")
    for name, (title, x, y) in curves.items():
        figure.add_scatter(
            x=x.astype(np.float32),
            y=y.astype(np.float32),
            name=html.escape(title, quote=False),
            mode="lines",
            line={"color": colours[name], "dash": "dash" if "@" in name else "solid"} | look(name, chosen)["line"],
            opacity=look(name, chosen)["opacity"],
            zorder=look(name, chosen)["zorder"],
            hovertemplate="%{fullData.name}<br>keeps %{x:.1%}, %{y:.2%} right<extra></extra>",
        )
    for title, x, y in (("best possible", *best), ("chance", best[0][[0, -1]], np.full(2, chance))):
        figure.add_scatter(
            x=x.astype(np.float32),
            y=y.astype(np.float32),
            name=title,
            mode="lines",
            line={"color": PLAIN, "width": 1, "dash": "dot"},
            hovertemplate="%{fullData.name}<br>keeps %{x:.1%}, %{y:.2%} right<extra></extra>",
        )
    figure.update_xaxes(
        title_text="share kept, the most confident first", range=[-0.01, 1.01], dtick=0.25, tickformat=".0%"
    )
    low, high = reach([y for _, _, y in curves.values()], [x for _, x, _ in curves.values()], chance)
    figure.update_yaxes(title_text="right of those kept", range=[low, high], tickformat=ticks(high - low))
    figure.update_layout(shapes=[line_at(kept)], meta={"legend": True}, margin={"l": 58})
    return figure


def look(name: str, chosen: str) -> dict[str, Any]:
    """How a curve is drawn: strong, over all others, if it is the chosen one."""
    if name == chosen:
        return {"line": {"width": 3}, "opacity": 1, "zorder": 1}
    return {"line": {"width": 1.5}, "opacity": FAINT, "zorder": 0}


def line_at(x: float) -> dict[str, Any]:
    """The threshold."""
    return {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": LINE}


def reach(ys: Sequence[np.ndarray], xs: Sequence[np.ndarray], chance: float) -> tuple[float, float]:
    """The ends of the axis of accuracy: where curves differ. The first few kept may all be wrong, and one measure much worse
    than chance; neither is to press the others flat."""
    lowest = min((float(y[x >= 0.05].min()) for x, y in zip(xs, ys, strict=True)), default=chance)
    lowest = max(min(lowest, chance), chance - 2 * (1 - chance), 0.0)
    span = max(1 - lowest, 0.001)
    return 1 - 1.06 * span, 1 + 0.06 * span


def ticks(span: float) -> str:
    """How accuracies are written on an axis so long."""
    return ".0%" if span > 0.06 else ".1%" if span > 0.006 else ".2%"


def scores_figure(scores: np.ndarray, title: str, unit: str, colour: str, least: float) -> go.Figure:
    """How the scores (N,) of a measure are spread, and its threshold."""
    counts, edges = histogram(scores)
    figure = blank_figure()
    figure.add_bar(
        x=((edges[1:] + edges[:-1]) / 2).astype(np.float64),
        y=counts,
        width=np.diff(edges),
        marker={"color": colour, "line": {"width": 0}},
        customdata=np.stack([edges[:-1], edges[1:]], axis=1),
        hovertemplate="%{customdata[0]:.4g} to %{customdata[1]:.4g}: %{y:,} images<extra></extra>",
    )
    words = html.escape(title, quote=False) + (f", {unit}" if unit else "") + ": the higher, the more confident"
    figure.update_xaxes(title_text=words)
    figure.update_yaxes(title_text="images", rangemode="tozero")
    figure.update_layout(shapes=[line_at(least)], bargap=0, margin={"l": 58})
    return figure


def histogram(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts (B,) of scores (N,), and the ends (B + 1,) of their bins; what is not finite is in none."""
    return np.histogram(scores[np.isfinite(scores)], BINS)
