"""M_k of the maps of a study against k; of maps that differ in their settings alone, the best is drawn strong."""

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.darksight.known_maps import DARKSIGHT, Curve, best_of
from dashboard.theme import ACCENT_COLOUR, blank_figure

# By what is mapped, and by how: these stay whichever others are there.
COLOURS = {"probabilities": "#1c9e77", "logits": "#d95f02", "features": "#3f90da", "pixels": "#868e96"}
DASHES = {"t-SNE": "solid", "UMAP": "dash", "PCA": "dot"}


def fidelity_figure(curves: Sequence[Curve], k: int, shown: str | None) -> go.Figure:
    """The curves; the legend names those that are drawn strong, the best at `k` first, with what they are there.

    Parameters
    ----------
    shown : key of the DarkSight map that is looked at.
    """
    figure = blank_figure(hovermode="closest")
    figure.update_layout(
        showlegend=True,
        legend={"x": 1.02, "y": 1, "xanchor": "left", "yanchor": "top", "font": {"size": 11}, "tracegroupgap": 0},
        meta={"k": k},
    )
    leading = leaders(curves, k, shown)
    strong = {curve.of.key for curve in leading}
    for curve in curves:
        if curve.of.key not in strong:
            add_curve(figure, curve, {"width": 1}, 0.45)
    for curve in reversed(leading):  # what is best is drawn on top of the others
        others = sum(other.of.group == curve.of.group for other in curves)
        width = 3 if curve.of.key == shown else 2
        add_curve(figure, curve, {"width": width}, 1.0, legend_entry(curve, k, others))
    figure.update_layout(legend_traceorder="reversed")
    ks = sorted({each for curve in curves for each in curve.ks})
    figure.add_vline(x=k, line={"color": "#868e96", "width": 1, "dash": "dot"})
    figure.update_xaxes(
        title_text="k, nearest neighbours", type="log", tickvals=ks, ticktext=[f"{each}" for each in ks]
    )
    figure.update_yaxes(title_text="M<sub>k</sub>, nats<sup>1/2</sup>, lower is better", rangemode="tozero")
    return figure


def leaders(curves: Sequence[Curve], k: int, shown: str | None) -> list[Curve]:
    """Of each group the best at `k`, of DarkSight maps the one that is shown; the best of all first."""
    groups: dict[str, list[Curve]] = {}
    for curve in curves:
        groups.setdefault(curve.of.group, []).append(curve)
    found = []
    for members in groups.values():
        looked_at = [curve for curve in members if curve.of.key == shown]
        found.append(looked_at[0] if looked_at else best_of(members, k))
    return sorted(found, key=lambda curve: curve.at(k)[1])


def legend_entry(curve: Curve, k: int, count: int) -> str:
    """What the legend says of a curve, the best or the shown one of the `count` of its group."""
    at, value = curve.at(k)
    less = f" at {at}" if at != k else ""
    best = f", best of {count}" if count > 1 and curve.of.group != DARKSIGHT else ""
    below = f"{curve.of.setting}{best}"
    name = html.escape(curve.of.group, quote=False) + (f"<br>{html.escape(below, quote=False)}" if below else "")
    return f"<b>{value:.3f}</b>{less} {name}"


def add_curve(figure: go.Figure, curve: Curve, line: dict, opacity: float, entry: str | None = None) -> None:
    title = html.escape(curve.of.title, quote=False)
    figure.add_scatter(
        x=np.array(curve.ks, np.float32),
        y=np.array(curve.fidelity, np.float32),
        name=entry or title,
        showlegend=entry is not None,
        mode="lines+markers",
        line=line | look_of(curve.of.group),
        marker={"size": 5 if entry else 3},
        opacity=opacity,
        hovertemplate=f"{title}<br>k = %{{x}}: %{{y:.4f}}, {curve.count:,} images<extra></extra>",
    )


def look_of(group: str) -> dict[str, str]:
    """Colour and dashes of a group's curves."""
    if group == DARKSIGHT:
        return {"color": ACCENT_COLOUR}
    method, _, of = group.partition(" of ")
    return {"color": COLOURS[of], "dash": DASHES[method]}
