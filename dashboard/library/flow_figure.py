"""The ways of images through the layers of a net: how often each is gone, as sectors of a sunburst, and as a Sankey diagram."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import MAX_LETTERS, blank_figure, short_names

MOST_SECTORS = 2400  # that can still be told apart, and sent
MOST_LINKS = 1000
MOST_NAMED = 20  # classes of which each node has its name
PAD, MOST_PADS = 0.02, 0.3  # of the height, between two nodes of a column, and between all of them at most
HEADS = 64  # letters that the names of all columns have room for
PALE, STRONG = "59", "e6"  # opacities of a link, in hexadecimal
NET = "answer"  # what the last step of a path is called


class Paths(NamedTuple):
    """The different paths of images, those of most images first.

    Attributes
    ----------
    ways : int array (P, L + 1)
        What the library of each layer answers, and what the net does.
    counts : int array (P,)
        Images of each.
    """

    ways: np.ndarray
    counts: np.ndarray


class Sectors(NamedTuple):
    """The beginnings of paths, a ring a layer, from the first to the net's answer; the ring's middle is before all of them.

    Attributes
    ----------
    parents : int array (M,)
        Which sector one goes on from, counted from 1; 0 is the middle.
    classes, counts : int arrays (M,)
    least : int
        Images that a beginning has at least to be drawn.
    """

    parents: np.ndarray
    classes: np.ndarray
    counts: np.ndarray
    least: int


def paths_of(answers: np.ndarray, net: np.ndarray) -> Paths:
    """The paths of images by what libraries (L, n) and the net (n,) answer."""
    ways, counts = np.unique(np.vstack([answers, net]).T, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return Paths(ways[order], counts[order])


def least_of(counts: np.ndarray, most: int) -> int:
    """The fewest images that something has to have, so that no more than `most` have them."""
    ordered = np.sort(counts, axis=None)[::-1]
    return 1 if len(ordered) <= most else int(ordered[most]) + 1


def sectors_of(paths: Paths, most: int = MOST_SECTORS) -> Sectors:
    """The beginnings of paths that have the most images. What goes on from one has no more than it, so all hang together."""
    parents, classes, counts = [], [], []
    before, known = np.zeros(len(paths.counts), int), 1  # the sector that each path has come to, and how many there are
    for depth in range(1, paths.ways.shape[1] + 1):
        found, first, place = np.unique(paths.ways[:, :depth], axis=0, return_index=True, return_inverse=True)
        parents.append(before[first])
        classes.append(found[:, -1])
        counts.append(np.bincount(place.ravel(), weights=paths.counts).astype(int))
        before, known = known + place.ravel(), known + len(found)
    every = np.concatenate(counts)
    least = least_of(every, most)
    drawn = every >= least
    numbers = np.concatenate([[0], np.cumsum(drawn)])  # of a sector, among those that are drawn
    return Sectors(numbers[np.concatenate(parents)[drawn]], np.concatenate(classes)[drawn], every[drawn], least)


def step_names(shown: Mapping[str, Any]) -> list[str]:
    """What the steps of a path are called: the layers, and the net's answer."""
    return [*(layer["name"] for layer in shown["layers"]), NET]


def links_of(paths: Paths, n_classes: int, most: int = MOST_LINKS) -> tuple[np.ndarray, int]:
    """How many images go from each class at a step to each class at the next one, (L, K, K), and how many they have to be to be
    drawn; fewer are left out."""
    steps = paths.ways.shape[1] - 1
    counts = np.zeros((steps, n_classes, n_classes), int)
    for step in range(steps):
        np.add.at(counts[step], (paths.ways[:, step], paths.ways[:, step + 1]), paths.counts)
    least = least_of(counts[counts > 0], most)
    return np.where(counts >= least, counts, 0), least


def sankey_figure(counts: np.ndarray, shown: Mapping[str, Any], own: Sequence[int] | None) -> go.Figure:
    """A column a layer and one for the net's answer, in each a node a class; links as wide as they have images.

    Parameters
    ----------
    counts : (L, K, K), as `links_of` has them.
    own : the path of the focused image, which is marked; None where it has none.
    """
    steps, names = short_names(step_names(shown)), short_names(shown["names"])
    heads = short_names(step_names(shown), min(MAX_LETTERS, HEADS // len(counts)))
    sizes = sizes_of(counts)
    column, label = np.nonzero(sizes)
    node = np.full(sizes.shape, -1)
    node[column, label] = np.arange(len(column))
    step, source, target = np.nonzero(counts)
    is_own = (
        np.zeros(len(step), bool)
        if own is None
        else (np.take(own, step) == source) & (np.take(own, step + 1) == target)
    )
    few = len(names) <= MOST_NAMED
    figure = blank_figure()
    figure.add_sankey(
        arrangement="snap",
        node={
            "x": np.clip(column / (len(sizes) - 1), 0.001, 0.999),  # Plotly takes 0 for no place at all
            "y": np.clip(heights(sizes)[column, label], 0.001, 0.999),
            "label": [names[each] if few else "" for each in label],
            "color": [shown["colours"][each] for each in label],
            "customdata": [f"{steps[at]} {names[each]}" for at, each in zip(column, label, strict=True)],
            "hovertemplate": "%{customdata}: %{value:,} images<extra></extra>",
            "pad": 6 if few else 1,
            "thickness": 12,
            "line": {"width": 0},
        },
        link={
            "source": node[step, source],
            "target": node[step + 1, target],
            "value": counts[step, source, target],
            "color": [
                f"{shown['colours'][each]}{STRONG if marked else PALE}"
                for marked, each in zip(is_own, source, strict=True)
            ],
            "customdata": [f"{at} {one} {other}" for at, one, other in zip(step, source, target, strict=True)],
            "label": [
                f"{steps[at]} {names[one]} → {steps[at + 1]} {names[other]}"
                for at, one, other in zip(step, source, target, strict=True)
            ],
            "hovertemplate": "%{label}: %{value:,} images<extra></extra>",
        },
        textfont={"size": 11, "shadow": "none"},
    )
    for at, name in enumerate(heads):
        place = at / (len(steps) - 1)
        figure.add_annotation(
            x=place, y=1, xref="paper", yref="paper", yanchor="bottom", yshift=2, text=f"<b>{name}</b>", showarrow=False,
            xanchor="left" if at == 0 else "right" if at == len(steps) - 1 else "center", font={"size": 11},
        )  # fmt: skip
    figure.update_layout(margin={"l": 12, "r": 12, "t": 24, "b": 10})
    return figure


def sizes_of(counts: np.ndarray) -> np.ndarray:
    """How many images each node has, (L + 1, K), by its links; those of none have no node."""
    inward, outward = counts.sum(axis=1), counts.sum(axis=2)
    return np.maximum(np.vstack([outward, inward[-1:]]), np.vstack([outward[:1], inward]))


def clicked_path(point: Mapping[str, Any], counts: np.ndarray) -> list[int | None]:
    """The path of what was clicked in the Sankey diagram, as Plotly tells of it: the class of a node, both of a link."""
    if "depth" in point:  # links have none
        places = np.argwhere(sizes_of(counts))
        step, *labels = places[point["pointNumber"]].tolist()
    else:
        step, *labels = map(int, point["customdata"].split())
    return [*[None] * step, *labels]


def heights(sizes: np.ndarray) -> np.ndarray:
    """The middle of each node from the top, in parts of the height: classes in order under each other, (L + 1, K)."""
    there = sizes > 0
    pads = max(int(there.sum(axis=1).max()) - 1, 1)
    pad = min(PAD, MOST_PADS / pads)
    tall = sizes / sizes.sum(axis=1).max() * (1 - pad * pads)
    return tall.cumsum(axis=1) - tall / 2 + pad * np.maximum(there.cumsum(axis=1) - 1, 0)
