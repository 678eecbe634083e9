"""What the libraries of layers say of a net: which classes a layer takes for each other, how much layers agree (Lee 2019)."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score


class Confusion(NamedTuple):
    """How much a layer's library takes classes for each other.

    Attributes
    ----------
    index : float64 array (K, K)
        CI(d₁, d₂), rows d₁; NaN where library and net both answer d₁ of no image. A ratio, not a probability.
    counts : int64 array (K,)
        Of images of which both answer d₁.
    """

    index: np.ndarray
    counts: np.ndarray


def confusion_index(
    scores: np.ndarray, answers: np.ndarray, form: Literal["softmax", "literal", "published"] = "softmax"
) -> Confusion:
    """The confusion index of a layer.

    Over the images whose library and net both answer d₁: CI(d₁, d₂) = Σ s_d₁ s_d₂ / Σ s_d₁², with s the soft-max of the scores.
    The paper's Eq. 4, "literal", has exponentials over Σ P, which is below 0 with targets of ±1, and overflows; the "published"
    code divides each image's scores by their largest magnitude first.

    Parameters
    ----------
    scores : array (N, K)
        `LibraryNetwork.predict_scores`.
    answers : int array (N,)
        The net's.
    form : {"softmax", "literal", "published"}

    Returns
    -------
    Confusion
    """
    scores = np.asarray(scores, np.float64)
    n_classes = scores.shape[1]
    if form == "softmax":
        power = np.exp(scores - scores.max(axis=1, keepdims=True))
        strength, weight = power / power.sum(axis=1, keepdims=True), np.ones(len(scores))
    else:
        given = scores
        if form == "published":
            given = scores / np.maximum(np.abs(scores).max(axis=1, keepdims=True), 1e-12)
        with np.errstate(over="ignore"):
            strength = np.exp(given)
        weight = 1 / given.sum(axis=1)
    index, counts = np.full((n_classes, n_classes), np.nan), np.zeros(n_classes, np.int64)
    agreed = scores.argmax(axis=1) == answers
    for label in range(n_classes):
        rows = agreed & (answers == label)
        counts[label] = rows.sum()
        if rows.any():
            with np.errstate(over="ignore", invalid="ignore"):
                products = (strength[rows] * strength[rows, label][:, np.newaxis] * weight[rows, np.newaxis]).sum(
                    axis=0
                )
                index[label] = products / products[label]
    return Confusion(index, counts)


def consistency(scores: Sequence[np.ndarray], form: Literal["raw", "published"] = "raw") -> np.ndarray:
    """How much the layers' libraries agree on each image, CPL of Eq. 5: the mean cosine of each two layers' scores.

    Parameters
    ----------
    scores : L arrays (N, K), 2 or more
        Of each layer.
    form : {"raw", "published"}
        Over the scores as they are; or, as the published code does with scores of its 20 most active nodes
        (``predict_scores(..., top=20)``), over their soft-max.

    Returns
    -------
    float64 array (N,)
        −1 to 1.
    """
    if len(scores) < 2:
        raise ValueError(f"Consistency needs two layers or more, not {len(scores)}.")
    units = []
    for each in scores:
        values = np.asarray(each, np.float64)
        if form == "published":
            power = np.exp(values - values.max(axis=1, keepdims=True))
            values = power / power.sum(axis=1, keepdims=True)
        units.append(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-300))
    total = np.zeros(len(units[0]))
    for place, one in enumerate(units):
        for other in units[place + 1 :]:
            total += (one * other).sum(axis=1)
    return total / (len(units) * (len(units) - 1) / 2)


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """The chance that an input that belongs is more consistent than one that does not: the area under the ROC curve."""
    labels = np.concatenate([np.ones(len(inside)), np.zeros(len(outside))])
    return float(roc_auc_score(labels, np.concatenate([inside, outside])))


def agreement(scores: np.ndarray, answers: np.ndarray, best: int = 1) -> float:
    """The share of images of which the net's answer is among the library's `best` ones."""
    order = np.argsort(-np.asarray(scores), axis=1, kind="stable")[:, :best]
    return float((order == np.asarray(answers)[:, np.newaxis]).any(axis=1).mean())
