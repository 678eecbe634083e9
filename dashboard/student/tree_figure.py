"""A tree student, drawn: what it asks, and what stands at its ends."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import ACCENT_COLOUR, PLAIN, blank_figure

LEAF_WIDTH = 0.8  # of the room that a leaf has
BAR = 0.16  # height of a bar of shares, in levels
NAMED = 0.04  # share of a leaf from which its class is named in the words


class Tree(NamedTuple):
    """A tree student as `models.tree_student.TreeStudent` has it, an entry a node."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    counts: np.ndarray


def tree_figure(tree: Tree, path: Sequence[int], names: Sequence[str], colours: Sequence[str]) -> go.Figure:
    """The tree from its root above to its leaves, the way of an image through it thick.

    Parameters
    ----------
    path : the nodes that the image passes.
    names, colours : of the classes.
    """
    feature, threshold, left, right, counts = tree
    x, depth = places(left, right)
    figure = blank_figure()
    passed = set(path)
    for is_path in (False, True):
        edges = [
            (node, child)
            for node in range(len(feature))
            if feature[node] >= 0
            for child in (int(left[node]), int(right[node]))
            if (child in passed) is is_path
        ]
        if edges:
            figure.add_scatter(
                x=[value for node, child in edges for value in (x[node], x[child], None)],
                y=[value for node, child in edges for value in (-depth[node], -depth[child], None)],
                mode="lines",
                line={"width": 4 if is_path else 1.5, "color": ACCENT_COLOUR if is_path else PLAIN},
                hoverinfo="skip",
                showlegend=False,
            )
    for label in range(counts.shape[1]):
        if not counts[:, label].any():
            continue
        total = counts.sum(axis=1)
        share = counts[:, label] / total
        before = counts[:, :label].sum(axis=1) / total
        figure.add_bar(
            x=x - LEAF_WIDTH / 2 + LEAF_WIDTH * (before + share / 2),
            y=np.full(len(x), BAR),
            base=-depth - BAR / 2,
            width=LEAF_WIDTH * share,
            marker={"color": colours[label], "line": {"width": 0}},
            name=names[label],
            customdata=[words_of(tree, node, names) for node in range(len(feature))],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    for node in range(len(feature)):
        asks = feature[node] >= 0
        top = int(counts[node].argmax())
        text = f"z{feature[node]} ≤ {threshold[node]:.2f}" if asks else f"{names[top]}"
        figure.add_annotation(
            x=x[node],
            y=-depth[node] + (BAR / 2 if asks else -BAR / 2),
            text=f"<b>{text}</b>" if node in passed else text,
            showarrow=False,
            yanchor="bottom" if asks else "top",
            yshift=2 if asks else -2,
            font={"size": 11},
        )
    figure.update_layout(barmode="overlay", showlegend=False, bargap=0, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(visible=False, range=[-0.6, float(x.max()) + 0.6])
    figure.update_yaxes(visible=False, range=[-float(depth.max()) - 0.4, 0.45])
    return figure


def places(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each node stands: leaves one beside the other from 0, what asks in the middle of both answers; and its level."""
    x, depth, n_leaves = np.zeros(len(left)), np.zeros(len(left)), 0

    def place(node: int, level: int) -> None:
        nonlocal n_leaves
        depth[node] = level
        if left[node] < 0:
            x[node] = n_leaves
            n_leaves += 1
            return
        for child in (int(left[node]), int(right[node])):
            place(child, level + 1)
        x[node] = (x[left[node]] + x[right[node]]) / 2

    place(0, 0)
    return x, depth


def words_of(tree: Tree, node: int, names: Sequence[str]) -> str:
    """What stands at a node: how many neighbours, of which labels, and what is asked."""
    feature, threshold, _, _, counts = tree
    total = int(counts[node].sum())
    order = [label for label in np.argsort(-counts[node], kind="stable") if counts[node][label] >= NAMED * total]
    lines = [
        f"{total:,} neighbours: " + ", ".join(f"{names[label]} {counts[node][label] / total:.0%}" for label in order)
    ]
    if feature[node] >= 0:
        lines.append(f"left where latent value {feature[node]} ≤ {threshold[node]:.4g}")
    return "<br>".join(lines)


def rules(tree: Tree, names: Sequence[str]) -> list[list]:
    """The tree as rows: the conditions of each leaf, how many neighbours it holds, and how many of each label."""
    feature, threshold, left, right, counts = tree
    found = []

    def walk(node: int, conditions: list[str]) -> None:
        if feature[node] < 0:
            top = int(counts[node].argmax())
            found.append(
                [" and ".join(conditions) or "always", names[top], int(counts[node].sum()), *counts[node].tolist()]
            )
            return
        walk(int(left[node]), [*conditions, f"z{feature[node]} <= {threshold[node]:.6g}"])
        walk(int(right[node]), [*conditions, f"z{feature[node]} > {threshold[node]:.6g}"])

    walk(0, [])
    return found
