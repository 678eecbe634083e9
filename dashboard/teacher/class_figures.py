"""The tree of classes as figures: a sunburst, and a dendrogram with the distances on its axis."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.teacher.class_tree import Node, Tree, children, classes_named, node_name, under
from dashboard.theme import ACCENT_COLOUR, LETTER_WIDTH, RIGHT, WRONG, blank_figure, short_names

SCALE = "Cividis"  # one lightness after the other, made for colour-blind readers (Nuñez et al. 2018)
EDGE = "#868e96"  # seen on light and dark
MARKED = {"sunburst": 0, "dendrogram": 1}  # the trace that frames are drawn on
MANY = 50  # nodes, above which lines are thin
MOST_NAMED = 14  # classes that a dendrogram of the least height has room for
PAD = 0.02  # of the axis of distances, for the marks of the classes at its begin
MOST_RINGS = 10  # drawn from where one has zoomed to
LEAST_SPAN = 0.02  # of the colours: below, differences are no more than an image or two


@dataclass(frozen=True)
class Share:
    """How many images of each class there are in a split, and how much of them counts: those that are right, or, where
    no true class is known, their confidence.

    Attributes
    ----------
    counts, sums : (K,)
    words : what the share is called, such as "accuracy".
    """

    counts: np.ndarray
    sums: np.ndarray
    words: str

    def of(self, node: Node) -> tuple[int, float]:
        """Images of a node, and their share; NaN where there are none."""
        members = list(node.classes)
        count = int(self.counts[members].sum())
        return count, float(self.sums[members].sum()) / count if count else float("nan")


def sunburst_figure(
    tree: Tree, level: int, share: Share, class_names: Sequence[str], marks: dict[str, list]
) -> go.Figure:
    """Rings of sectors, as wide as their classes have images, the root in the middle.

    Parameters
    ----------
    level : the node that is zoomed to.
    marks : as `frames` gives them.
    """
    nodes = list(tree.values())
    told = [share.of(node) for node in nodes]
    figure = blank_figure()
    figure.add_sunburst(
        ids=[str(node.number) for node in nodes],
        parents=["" if node.parent is None else str(node.parent) for node in nodes],
        labels=_labels(nodes, class_names),
        values=np.array([count for count, _ in told], np.int32),
        branchvalues="total",
        sort=False,
        level=str(level),
        leaf={"opacity": 1},
        insidetextorientation="radial" if len(tree) > MANY else "horizontal",
        maxdepth=MOST_RINGS,
        customdata=_to_zoom(nodes),
        hovertext=[hover(node, *at, share.words, class_names) for node, at in zip(nodes, told, strict=True)],
        hoverinfo="text",
        marker=_coloured(tree, share) | {"colors": _shares(told), "line": marks},
    )
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    return figure


def dendrogram_figure(
    tree: Tree, level: int, share: Share, class_names: Sequence[str], marks: dict[str, list]
) -> go.Figure:
    """The same tree from `level` down, each fork at its distance; the axis begins a little below the closest fork, or at 0.
    Parameters as in `sunburst_figure`."""
    shown = under(tree, level)
    nodes = list(shown.values())
    told = [share.of(node) for node in nodes]
    begin, end = _distances(nodes)
    across = _places(shown)
    along = {node.number: round(node.distance, 4) if node.is_fork else begin for node in nodes}
    lines_x, lines_y = [], []
    for number, below in children(shown).items():
        at = along[number]
        lines_x += [at, at, None]
        lines_y += [across[below[0].number], across[below[-1].number], None]
        for child in below:
            lines_x += [at, along[child.number], None]
            lines_y += [across[child.number], across[child.number], None]
    many = len(nodes) > MANY
    figure = blank_figure(hovermode="closest", dragmode=False)
    figure.add_scatter(
        x=lines_x, y=lines_y, mode="lines", line={"color": EDGE, "width": 0.8 if many else 1.5}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[along[node.number] for node in nodes],
        y=[across[node.number] for node in nodes],
        ids=[str(node.number) for node in nodes],
        mode="markers",
        customdata=_to_zoom(nodes),
        hovertext=[hover(node, *at, share.words, class_names) for node, at in zip(nodes, told, strict=True)],
        hoverinfo="text",
        cliponaxis=False,
        marker=_coloured(tree, share) | {"color": _shares(told), "size": 7 if many else 10, "line": marks},
    )
    leaves = [node for node in nodes if not node.is_fork]
    step = -(-len(leaves) // MOST_NAMED)
    names = _labels(leaves, class_names)[::step]
    figure.update_layout(margin={"l": 26 + LETTER_WIDTH * max(map(len, names)), "r": 4, "t": 8, "b": 36})
    figure.update_xaxes(title_text="Jensen-Shannon distance", range=[begin - PAD * (end - begin), end], fixedrange=True)
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(0, len(leaves), step)), ticktext=names, showgrid=False, fixedrange=True,
        ticklabelstandoff=8,
        range=[len(leaves) - 0.5, -0.5],
    )  # fmt: skip
    return figure


def frames(
    nodes: Collection[Node], path: Collection[Node], true: int | None, selected: Collection[int]
) -> dict[str, list]:
    """Width and colour of the line around each node: what is selected, and the way of the focused image, red from where it
    leaves the true class.

    Parameters
    ----------
    nodes : in the order of the figure.
    true : the focused image's class, None where it is not known.
    selected : the classes whose images are selected.
    """
    chosen = set(selected)
    scale = 0.6 if len(nodes) > MANY else 1.0
    way = {node.number for node in path}
    widths, colours = [], []
    for node in nodes:
        if chosen.issuperset(node.classes):
            widths.append(3.5 * scale)
            colours.append(ACCENT_COLOUR)
        elif node.number in way:
            widths.append(3 * scale)
            colours.append(RIGHT if true is None or true in node.classes else WRONG)
        else:
            widths.append(0.7 * scale)
            colours.append(EDGE)
    return {"width": widths, "color": colours}


def hover(node: Node, count: int, share: float, words: str, class_names: Sequence[str]) -> str:
    """What is said of a node under the pointer."""
    lines = [
        classes_named(node.classes, short_names(class_names)),
        f"{count:,} images" + (f", {words} {share:.1%}" if count else ""),
    ]
    return "<br>".join(lines + ([f"distance {node.distance:.3f}"] if node.is_fork else []))


def _labels(nodes: Sequence[Node], class_names: Sequence[str]) -> list[str]:
    return short_names([node_name(node, class_names) if node.parent is not None else "all" for node in nodes])


def _to_zoom(nodes: Sequence[Node]) -> list[list]:
    """For the browser: the fork above, and whether a double click goes into this one."""
    return [[node.parent, node.is_fork] for node in nodes]


def _coloured(tree: Tree, share: Share) -> dict[str, Any]:
    """Colours from the least share of a class to the largest, and their bar; the same wherever one zooms."""
    shares = [at for count, at in (share.of(node) for node in tree.values() if not node.is_fork) if count] or [1.0]
    low = min(np.floor(min(shares) * 50) / 50, 1 - LEAST_SPAN)
    high = max(np.ceil(max(shares) * 50) / 50, low + LEAST_SPAN)
    return {
        "colorscale": SCALE,
        "cmin": low,
        "cmax": high,
        "showscale": True,
        "colorbar": {
            "thickness": 10, "len": 0.9, "outlinewidth": 0, "nticks": 5, "tickformat": ".0%", "ticklen": 3,
            "title": {"text": share.words, "side": "right", "font": {"size": 11}}, "tickfont": {"size": 11}, "xpad": 4,
        },
    }  # fmt: skip


def _shares(told: Sequence[tuple[int, float]]) -> np.ndarray:
    return np.array([at if count else 1.0 for count, at in told], np.float32)


def _places(tree: Tree) -> dict[int, float]:
    """Where each node of a dendrogram stands: classes one after the other, a fork in the middle of what is right under it."""
    leaves = [number for number, node in tree.items() if not node.is_fork]
    places: dict[int, float] = {number: place for place, number in enumerate(leaves)}
    for number, below in reversed(list(children(tree).items())):
        places[number] = (places[below[0].number] + places[below[-1].number]) / 2
    return places


def _distances(nodes: Sequence[Node]) -> tuple[float, float]:
    """Where the axis of distances begins and ends."""
    distances = [node.distance for node in nodes if node.is_fork] or [0.0]
    low, high = min(distances), max(distances)
    margin = 0.12 * (high - low) or 0.1
    return (0.0 if low < 2 * margin else low - 3 * margin), high + margin
