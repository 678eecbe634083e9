"""The tree of classes as it is drawn: close forks merged into one, and the way that an image takes through it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.theme import MAX_LETTERS

NAMED = 5  # classes that a list names before it counts


@dataclass(frozen=True)
class Node:
    """A class, or a fork, which stands for all classes under it.

    Attributes
    ----------
    number : as in SciPy's linkage: the place of a class, or after all of these the row of a fork.
    parent : the number of the fork above; None for the root.
    distance : at which the classes of a fork part, 0 to 1; 0 for a class.
    classes : those under it, in the order in which they are drawn.
    """

    number: int
    parent: int | None
    distance: float
    classes: tuple[int, ...]

    @property
    def is_fork(self) -> bool:
        return len(self.classes) > 1


Tree = dict[int, Node]  # by number; the root first, each fork before what is under it, in the order of drawing


def class_tree(linkage: np.ndarray, classes: np.ndarray, levels: int | None = None) -> Tree:
    """The tree of a "hierarchy" result.

    Parameters
    ----------
    linkage : (C - 1, 4), the closest fork first.
    classes : (C,) class of each place.
    levels : the range from the smallest to the largest distance of a fork is cut into so many equal steps, and forks
        under each other in one step are drawn as one; so at most so many stand above a class. None draws every fork.
    """
    n_leaves = len(classes)
    steps = np.arange(len(linkage)) if levels is None else _steps(linkage[:, 2], levels)
    below = linkage[:, :2].astype(int).tolist()
    members = [(int(number),) for number in classes]
    for left, right in below:
        members.append(members[left] + members[right])
    tree: Tree = {}
    left_over: list[tuple[int, int | None]] = [(len(members) - 1, None)]
    while left_over:
        number, parent = left_over.pop()
        row = number - n_leaves
        if row < 0:
            tree[number] = Node(number, parent, 0.0, members[number])
            continue
        if parent is None or steps[row] != steps[parent - n_leaves]:
            tree[number] = Node(number, parent, float(linkage[row, 2]), members[number])
            parent = number
        left_over += [(child, parent) for child in reversed(below[row])]
    return tree


def _steps(distances: np.ndarray, levels: int) -> np.ndarray:
    """Which of `levels` equal steps each distance lies in."""
    span = np.ptp(distances)
    if not span:
        return np.zeros(len(distances), int)
    return np.minimum((distances - distances.min()) / span * levels, levels - 1).astype(int)


def children(tree: Tree) -> dict[int, list[Node]]:
    """What is right under each fork, in the order of drawing."""
    found: dict[int, list[Node]] = {node.number: [] for node in tree.values() if node.is_fork}
    for node in tree.values():
        if node.parent in found:  # the top of a part of a tree hangs on nothing
            found[node.parent].append(node)
    return found


def decision_path(tree: Tree, probabilities: np.ndarray) -> list[tuple[Node, float]]:
    """The way from the root (not among it) to a class that always takes the child with the largest summed probability.

    It may end at another class than the likeliest one, which a fork of many small shares can outweigh.

    Parameters
    ----------
    probabilities : (K,), of one image.

    Returns
    -------
    list
        Each node on the way, and the summed probability of its classes.
    """
    below = children(tree)
    node = next(iter(tree.values()))
    path = []
    while node.is_fork:
        sums = [float(probabilities[list(child.classes)].sum()) for child in below[node.number]]
        best = int(np.argmax(sums))
        node = below[node.number][best]
        path.append((node, sums[best]))
    return path


def zoomed(tree: Tree, classes: Sequence[int]) -> Node:
    """The smallest fork that is drawn and holds all of `classes`: what a zoom comes to when forks are merged."""
    wanted = set(classes)
    return min((node for node in tree.values() if wanted <= set(node.classes)), key=lambda node: len(node.classes))


def under(tree: Tree, top: int) -> Tree:
    """The part of the tree from one node down."""
    kept: Tree = {}
    for number, node in tree.items():
        if number == top or node.parent in kept:
            kept[number] = node
    return kept


def above(tree: Tree, number: int) -> list[Node]:
    """The forks from the root down to a node, itself the last."""
    line = [tree[number]]
    while (parent := line[0].parent) is not None:
        line.insert(0, tree[parent])
    return line


def node_name(node: Node, class_names: Sequence[str]) -> str:
    """What a sector has room for: a class, "{3,5,8}", or how many classes it stands for."""
    if not node.is_fork:
        return class_names[node.classes[0]]
    listed = "{" + ",".join(class_names[number] for number in node.classes) + "}"
    return listed if len(listed) <= MAX_LETTERS else f"{len(node.classes)} classes"


def classes_named(classes: Sequence[int], class_names: Sequence[str]) -> str:
    """Classes as a sentence names them: "class 3", "classes 3, 5, 8"; of many, the first few."""
    if len(classes) == 1:
        return f"class {class_names[classes[0]]}"
    named = ", ".join(class_names[number] for number in classes[: NAMED if len(classes) > NAMED + 1 else None])
    more = len(classes) - NAMED
    return f"classes {named}" + (f" and {more} more" if more > 1 else "")
