"""A second, readable student: a small decision tree on the latent values of an image's neighbours."""

from dataclasses import dataclass
from typing import Any

import numpy as np

LEAST_LEAF = 0.01  # share of the neighbours that a leaf holds at least: fewer are chance


@dataclass(frozen=True, eq=False)
class TreeStudent:
    """A tree of thresholds on latent values.

    Attributes
    ----------
    feature : int array (n,)
        The latent value that a node asks for, by its place in the code; -1 for a leaf.
    threshold : float64 array (n,)
        A code whose value is at most this goes left.
    left, right : int arrays (n,)
        The nodes below; -1 for a leaf.
    counts : int64 array (n, K)
        Neighbours of each label at the node.
    classifier : DecisionTreeClassifier
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    counts: np.ndarray
    classifier: Any

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """The classes that it answers of codes (N, d): int array (N,)."""
        return self.classifier.predict(codes)

    def path(self, code: np.ndarray) -> list[int]:
        """The nodes that a code (d,) passes, from the root, which is 0, to its leaf."""
        nodes = [0]
        while self.feature[nodes[-1]] >= 0:
            node = nodes[-1]
            # as the tree itself compares: in single precision
            goes_left = np.float32(code[self.feature[node]]) <= self.threshold[node]
            nodes.append(int((self.left if goes_left else self.right)[node]))
        return nodes


def grow_tree(codes: np.ndarray, labels: np.ndarray, n_classes: int, max_depth: int = 3, seed: int = 0) -> TreeStudent:
    """Find the latent thresholds that separate a teacher's labels (CART, Breiman et al. 1984).

    Parameters
    ----------
    codes : float array (N, d)
        Of neighbours.
    labels : int array (N,)
        What the teacher answers of them.
    n_classes : int
        K.
    max_depth : int
        Questions on the way to an answer, at most, 1 to 8.
    seed : int
        Chooses among splits that are equally good.

    Returns
    -------
    TreeStudent
        One leaf alone where there is only one label.

    Raises
    ------
    ValueError
        If there are fewer than two codes, not as many labels, or `max_depth` is out of its range.
    """
    from sklearn.tree import DecisionTreeClassifier

    if codes.ndim != 2 or len(codes) < 2 or labels.shape != (len(codes),):
        raise ValueError(
            f"codes must be two or more, with a label each; there are {codes.shape} and labels {labels.shape}."
        )
    if isinstance(max_depth, bool) or not isinstance(max_depth, int) or not 1 <= max_depth <= 8:
        raise ValueError(f"max_depth must be a whole number, 1 to 8, not {max_depth!r}.")
    least = max(1, round(LEAST_LEAF * len(codes)))
    grown = DecisionTreeClassifier(max_depth=max_depth, random_state=seed, min_samples_leaf=least)
    grown.fit(codes, labels)
    tree = grown.tree_
    counts = np.zeros((tree.node_count, n_classes), np.int64)
    counts[:, np.asarray(grown.classes_, int)] = np.rint(tree.value[:, 0] * tree.n_node_samples[:, np.newaxis])
    leaf = tree.children_left < 0
    return TreeStudent(
        np.where(leaf, -1, tree.feature),
        np.where(leaf, np.nan, tree.threshold),
        tree.children_left,
        tree.children_right,
        counts,
        grown,
    )
