"""Pictures of a counterfactual: what changed in the image, and how far each latent value moved."""

import base64
import io

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from dashboard.theme import ACCENT_COLOUR, blank_figure

MORE, LESS = (63, 144, 218), (231, 99, 0)  # blue and orange, as heat-maps of images have them
MOST_BARS = 24


def difference(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """What changed between two images, uint8 (C, H, W): red, green, blue and opacity, uint8 (4, H, W).

    Blue where the second is brighter, orange where darker, channels averaged; clear where they are alike. The largest
    change is opaque.
    """
    change = after.astype(np.float64).mean(axis=0) - before.astype(np.float64).mean(axis=0)
    most = np.abs(change).max() or 1.0
    colours = np.where(change[..., np.newaxis] > 0, MORE, LESS)
    opacity = np.rint(255 * np.abs(change) / most)[..., np.newaxis]
    return np.concatenate([colours, opacity], axis=2).astype(np.uint8).transpose(2, 0, 1)


def inline(pixels: np.ndarray) -> str:
    """An image, uint8 (1, 3 or 4, H, W), as an address that holds it."""
    buffer = io.BytesIO()
    squeezed = pixels[0] if pixels.shape[0] == 1 else np.moveaxis(pixels, 0, -1)
    Image.fromarray(np.ascontiguousarray(squeezed)).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def moved_figure(moved: np.ndarray) -> go.Figure:
    """How far each latent value moved (d,), in standard deviations, the farthest first; of many, the farthest."""
    order = np.argsort(-np.abs(moved), kind="stable")[:MOST_BARS]
    figure = blank_figure(hovermode="closest")
    figure.add_bar(
        x=np.arange(len(order)),
        y=moved[order].astype(np.float32),
        marker={"color": ACCENT_COLOUR},
        customdata=order,
        hovertemplate="z%{customdata}: %{y:+.2f} standard deviations<extra></extra>",
    )
    some = len(order) < len(moved)
    figure.update_xaxes(
        title_text=f"latent values, {len(order)} of {len(moved)}" if some else "latent values",
        tickvals=np.arange(len(order)),
        ticktext=[f"z{value}" for value in order],
        tickangle=0,
    )
    figure.update_yaxes(title_text="moved, std. dev.", nticks=5, zeroline=True)
    return figure
