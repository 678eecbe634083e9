"""Curves of what a job reports while it runs."""

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import TEST, TRAIN, blank_figure

LOSSES = ("train_loss", "test_loss")
SPLITS = ("train_", "test_")
MOST_TICKS = 12  # one an epoch; Plotly chooses for more


def training_figure(points: Sequence[Mapping[str, float]], what: str, epochs: int | None = None) -> go.Figure:
    """The course of training: loss or accuracy against epochs.

    Parameters
    ----------
    points : metric points; each has "epoch" and some of "train_loss", "test_loss", "train_accuracy", "test_accuracy".
    what : "loss" or "accuracy".
    epochs : where the axis ends, so that a live curve does not move while it grows.
    """
    figure = blank_figure(hovermode="x unified")
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "top"}
    )
    for split, colour, symbol in (("train", TRAIN, "circle"), ("test", TEST, "diamond")):
        name = f"{split}_{what}"
        there = [point for point in points if name in point]
        if not there:
            continue
        figure.add_scatter(
            x=np.array([point["epoch"] for point in there], np.float32),
            y=np.array([point[name] for point in there], np.float32),
            name=split,
            mode="lines+markers" if len(there) <= 60 else "lines",
            line={"color": colour, "width": 2},
            marker={"size": 5, "symbol": symbol},
            hovertemplate="%{y:.3f}" if what == "loss" else "%{y:.1%}",
        )
    figure.update_xaxes(
        title_text="epoch",
        range=[-0.02 * epochs, 1.02 * epochs] if epochs else None,
        dtick=1 if epochs and epochs <= MOST_TICKS else None,  # no tenths of an epoch
    )
    if what == "loss":
        figure.update_yaxes(
            title_text="cross-entropy, nats",
            type="log",
            **log_ticks([point[name] for point in points for name in LOSSES if name in point]),
        )
    else:
        figure.update_yaxes(title_text="accuracy", tickformat=".0%")
    return figure


def log_ticks(values: Sequence[float]) -> dict:
    """Where a log axis has its numbers: one a decade, three while the values span less than two decades."""
    drawn = [value for value in values if value > 0]
    if not drawn or max(drawn) >= 100 * min(drawn):
        return {"dtick": 1}
    # Plotly's own ticks between decades say 2 and 5 wherever they are.
    return {"tickvals": [float(f"{step}e{decade}") for decade in range(-9, 4) for step in (1, 2, 5)]}


def metric_figure(points: Sequence[Mapping[str, float]], name: str, epochs: int | None = None) -> go.Figure:
    """The course of one metric against epochs, or against the number of the report where there are none.

    Parameters
    ----------
    points : metric points.
    name : as `metrics_in` gives it.
    epochs : as in `training_figure`.
    """
    columns = [
        column for column in (name, *(split + name for split in SPLITS)) if any(column in point for point in points)
    ]
    if name in ("loss", "accuracy") and name not in columns:
        return training_figure(points, name, epochs)
    figure = blank_figure(hovermode="x unified")
    figure.update_layout(showlegend=len(columns) > 1)
    by_epoch = all("epoch" in point for point in points)
    for column in columns:
        there = [(number, point) for number, point in enumerate(points) if column in point]
        figure.add_scatter(
            x=np.array([point["epoch"] if by_epoch else number for number, point in there], np.float32),
            y=np.array([point[column] for _, point in there], np.float32),
            name=html.escape(column, quote=False),
            mode="lines",
            line={"color": TRAIN if column.startswith("train_") else TEST, "width": 2},
            hovertemplate="%{y:.4g}",
        )
    figure.update_xaxes(title_text="epoch" if by_epoch else "report")
    figure.update_yaxes(title_text=html.escape(name, quote=False))
    return figure


def metrics_in(points: Sequence[Mapping[str, float]]) -> list[str]:
    """What can be drawn of these points; a metric of train and test images counts once: "loss", "accuracy"."""
    names = (split_free(name) for point in points for name in point if name != "epoch")
    return list(dict.fromkeys(names))


def split_free(name: str) -> str:
    """The name of a metric without the images that it was measured on."""
    return next((name.removeprefix(split) for split in SPLITS if name.startswith(split)), name)
