"""Two DarkSight maps of the same images: the second laid onto the first, and which images have other neighbours on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.components.tables import to_csv
from dashboard.darksight.alignment import Shared, aligned, shared_neighbours
from dashboard.darksight.dots import dots, window_of
from dashboard.measures import in_split
from dashboard.theme import blank_figure
from workers.engine import Engine

SIZE = (280, 270)  # pixels of the picture of each
GAP = 0.02  # of the figure's width, between them
LINES = "#868e96"  # seen on light and dark


@dataclass(frozen=True)
class Pair:
    """Two maps of the images of a split that both show.

    Attributes
    ----------
    images : (N,) numbers of the images.
    one, other : (N, 2) their places; on the second as it lies best on the first.
    residual : as `aligned` gives it.
    shared : their neighbours.
    """

    images: np.ndarray
    one: np.ndarray
    other: np.ndarray
    residual: float
    shared: Shared


def pair_of(engine: Engine, keys: Mapping[str, str], one: str, other: str, split: str) -> Pair:
    """Two finished maps of a study, by their keys.

    Raises
    ------
    ValueError
        Too few images are on both.
    """
    meta = engine.results.meta(keys["images"])
    places = [engine.results.array(key, "places") for key in (one, other)]
    seen = in_split(meta["count"], meta["n_train"], split if meta["n_train"] else "test")
    for each in places:
        seen &= np.isfinite(each[:, 0])
    images = np.flatnonzero(seen)
    if len(images) < 3:
        raise ValueError(
            f"these maps have {len(images)} {split} images in common, and three are needed to compare them"
        )
    first, second = (each[images] for each in places)
    laid, residual = aligned(first, second)
    return Pair(images, first, laid, residual, shared_neighbours(first, laid))


def pair_figure(
    pair: Pair, groups: np.ndarray, colours: Sequence[str], titles: Sequence[str], moved: np.ndarray
) -> go.Figure:
    """Both maps side by side in one window, a dot an image.

    Parameters
    ----------
    groups : (N,) number of the colour of each image.
    titles : of the two.
    moved : positions of images, from whose place on the first map a line leads to that on the second.
    """
    window = window_of(np.concatenate([pair.one, pair.other]), SIZE[0] / SIZE[1])
    left, right, bottom, top = window
    figure = blank_figure(hovermode=False, dragmode=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 22, "b": 8})
    for number, places in enumerate((pair.one, pair.other)):
        x, y = (f"{axis}{number + 1 if number else ''}" for axis in "xy")
        figure.add_layout_image(
            source=dots(places, groups, colours, window, SIZE),
            xref=x, yref=y, x=left, y=top, sizex=right - left, sizey=top - bottom, sizing="stretch", layer="below",
        )  # fmt: skip
        edge = number * (0.5 + GAP / 2)
        hidden = {"visible": False, "fixedrange": True}
        figure.update_layout(
            {
                f"xaxis{number + 1}": {"domain": [edge, edge + 0.5 - GAP / 2], "range": [left, right], **hidden},
                f"yaxis{number + 1}": {"range": [bottom, top], "anchor": x, "scaleanchor": x, **hidden},
            }
        )
        figure.add_annotation(
            text=titles[number], xref="paper", yref="paper", x=edge, y=1, xanchor="left", yanchor="bottom",
            showarrow=False, font={"size": 11},
        )  # fmt: skip
    ends = np.full((len(moved), 3, 2), np.nan, np.float32)  # a gap after each line
    ends[:, 0], ends[:, 1] = pair.one[moved], pair.other[moved]
    figure.add_scatter(x=[left], y=[bottom], mode="markers", marker={"opacity": 0}, xaxis="x", yaxis="y")
    figure.add_scatter(
        x=ends[..., 0].ravel(), y=ends[..., 1].ravel(), mode="lines", xaxis="x2", yaxis="y2",
        line={"color": LINES, "width": 0.8},
    )  # fmt: skip
    return figure


def pair_words(pair: Pair, count: int) -> list[str]:
    """What there is to say of two maps, a sentence each.

    Parameters
    ----------
    count : images of the split, of which those that both maps show are compared.
    """
    n, k, asked = len(pair.images), pair.shared.k, len(pair.shared.asked)
    seen = f"{n:,} images" if n == count else f"the {n:,} of {count:,} images that both show"
    some = "" if asked == n else f" (looked up for {asked:,} of them, evenly spaced)"
    return [
        f"Shape: {pair.residual:.1%} of the variance of {seen} is left when the second map is laid onto the first.",
        f"Neighbours: of its {k} nearest an image keeps {pair.shared.shares.mean():.1%} on average{some}; "
        f"by chance it would keep {k / (n - 1):.1%}.",
    ]


def pair_csv(pair: Pair) -> str:
    """The images with their places and how many neighbours they keep; empty where these were not looked up."""
    kept = np.full(len(pair.images), np.nan)
    kept[pair.shared.asked] = pair.shared.shares
    header = ["image", "x", "y", "x of the second", "y of the second", f"share of {pair.shared.k} neighbours kept"]
    rows = np.column_stack([pair.one, pair.other, kept]).tolist()
    return to_csv(
        header,
        ([image, *row[:4], "" if np.isnan(row[4]) else row[4]] for image, row in zip(pair.images, rows, strict=True)),
    )
