"""Charts of a VAE's training."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.components.curves import MOST_TICKS, log_ticks
from dashboard.theme import TEST, TRAIN, blank_figure


def error_figure(points: Sequence[Mapping[str, float]], epochs: int) -> go.Figure:
    """The mean squared error against epochs, of train and test images.

    Parameters
    ----------
    points : with "epoch", "train_mse" and "test_mse".
    epochs : where the axis ends, so that a live curve does not move while it grows.
    """
    figure = course({"train": ("train_mse", TRAIN), "test": ("test_mse", TEST)}, points, epochs)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "top"}
    )
    values = [point[name] for point in points for name in ("train_mse", "test_mse")]
    figure.update_yaxes(title_text="squared error", type="log", **log_ticks(values))
    return figure


def divergence_figure(points: Sequence[Mapping[str, float]], epochs: int) -> go.Figure:
    """The divergence of the codes from the prior against epochs, in nats; `points` with "epoch" and "kl"."""
    figure = course({"divergence": ("kl", TEST)}, points, epochs)
    figure.update_yaxes(title_text="divergence, nats", rangemode="tozero")
    return figure


def course(lines: Mapping[str, tuple[str, str]], points: Sequence[Mapping[str, float]], epochs: int) -> go.Figure:
    """Metrics against epochs: title of a line -> its metric and colour."""
    figure = blank_figure(hovermode="x unified")
    for title, (metric, colour) in lines.items():
        figure.add_scatter(
            x=np.array([point["epoch"] for point in points], np.float32),
            y=np.array([point[metric] for point in points], np.float32),
            name=title,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 5},
            hovertemplate="%{y:.4g}",
        )
    figure.update_xaxes(
        title_text="epoch",
        range=[-0.02 * epochs, 1.02 * epochs],
        dtick=1 if epochs <= MOST_TICKS else None,  # no tenths of an epoch
    )
    return figure


def dimensions_figure(divergences: np.ndarray) -> go.Figure:
    """How much each latent value tells (d,), in nats, the most telling first."""
    order = np.argsort(-divergences, kind="stable")
    figure = blank_figure()
    figure.add_bar(
        x=np.arange(len(order)),
        y=divergences[order].astype(np.float32),
        marker={"color": TEST},
        customdata=order,
        hovertemplate="latent value %{customdata}: %{y:.2f} nats<extra></extra>",
    )
    named = {"tickvals": np.arange(len(order)), "ticktext": [str(value) for value in order]} if len(order) <= 20 else {}
    figure.update_xaxes(title_text="latent value", showticklabels=bool(named), **named)
    figure.update_yaxes(title_text="divergence, nats")
    return figure
