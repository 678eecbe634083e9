"""Colours and chart defaults. Charts are transparent and their text is coloured by the style sheet, so that switching
between light and dark needs no new figure."""

import colorsys
import html
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

ACCENT = "violet"  # Mantine's name of the one accent colour
ACCENT_COLOUR = "#7950f2"
RIGHT, WRONG = "#3f90da", "#e5484d"
PLAIN = "#868e96"  # where colour says nothing
TRAIN, TEST = "#868e96", ACCENT_COLOUR

# Viridis without its ends, which would be lost on a dark or on a white ground.
RAMP = ("#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30")

# Petroff 2021, "Accessible color sequences for data visualization": ten that colour-blind readers can tell apart.
TEN_CLASSES = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)

MAX_LETTERS = 12  # of a class name on an axis
LETTER_WIDTH = 6.6  # pixels, of the figures' font, about

GRAPH_CONFIG: Any = {
    "displayModeBar": False,  # the panel has its own exports; a double click undoes a zoom
    "displaylogo": False,
    "responsive": True,
    "scrollZoom": False,
}


def class_colours(n_classes: int) -> list[str]:
    """One colour a class, the same in every view."""
    if n_classes <= len(TEN_CLASSES):
        return list(TEN_CLASSES[:n_classes])
    colours = []
    for number in range(n_classes):
        # The golden angle keeps neighbours far apart; four lightnesses tell apart what the hue no longer does.
        hue, lightness = number * 0.381966 % 1, (0.45, 0.62, 0.36, 0.54)[number % 4]
        red, green, blue = (round(255 * value) for value in colorsys.hls_to_rgb(hue, lightness, 0.65))
        colours.append(f"#{red:02x}{green:02x}{blue:02x}")
    return colours


def short_names(names: Sequence[str], letters: int = MAX_LETTERS) -> list[str]:
    """Class names as an axis has room for. Plotly would take what looks like HTML for HTML."""
    short = [name if len(name) <= letters else f"{name[: letters - 1]}…" for name in names]
    return [html.escape(name, quote=False) for name in short]


def blank_figure(**layout) -> go.Figure:
    """A figure without background, margins or template, for panels to fill."""
    figure = go.Figure()
    figure.update_layout(
        template=None,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "inherit", "size": 12},
        margin={"l": 44, "r": 12, "t": 8, "b": 36},
        showlegend=False,
        uirevision="kept",
        **layout,
    )
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(title={"font": {"size": 12}, "standoff": 6}, zeroline=False)
    return figure
