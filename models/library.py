"""Library networks: the examples by which a layer tells inputs apart, and what the net answers for each (Lee 2019)."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.metrics import roc_auc_score
from sklearn.random_projection import SparseRandomProjection

from models.progress import Callback, silent

BLOCK = 512  # examples whose similarities are computed together
LIMIT = 6 * 2**30  # bytes of nodes, at most
FLOAT = 4  # bytes
UNSURE = 2e-6  # of a cosine in single precision


class LibraryNetwork(BaseEstimator):
    """The library network of one layer.

    Its nodes are examples that were novel when they came: whose activations had a cosine below the threshold with those of
    every node before. Hebbian links tie the nodes to the net's answers.

    Parameters
    ----------
    threshold : float
        θ, above 0 and at most 1: the cosine below which an example is novel.
    kernel : float
        Of g(x) = exp(−(1 − x) / kernel), Eq. 2.
    top : int
        Nodes, the most active, that speak in Eq. 3; 3 for plain nets, 8 for residual ones in the paper.
    max_size : int, optional
        Nodes at most; the library is closed then, and `is_full_` true.
    projection : int, optional
        Dimensions to which activations are projected at random before anything else (sparse, Li et al. 2006): cosines are then
        off by about 1 / √projection.
    random_state : int
        Of the projection.
    device : str or torch.device
        What multiplies.

    Attributes
    ----------
    size_ : int
        M, the number of nodes.
    nodes_ : int64 array (M,)
        The places of the stored examples, among all that `partial_fit` was given.
    links_ : float64 array (M, K)
        W^F of Eq. 2.
    is_full_ : bool
    """

    def __init__(
        self,
        threshold: float = 0.65,
        kernel: float = 0.01,
        top: int = 3,
        max_size: int | None = None,
        projection: int | None = None,
        random_state: int = 0,
        device: str | torch.device = "cpu",
    ) -> None:
        self.threshold = threshold
        self.kernel = kernel
        self.top = top
        self.max_size = max_size
        self.projection = projection
        self.random_state = random_state
        self.device = device

    def fit(
        self, activations: np.ndarray, answers: np.ndarray, n_classes: int, callback: Callback = silent
    ) -> "LibraryNetwork":
        """Take the nodes from examples, then tie them to the answers: `partial_fit`, then `link`.

        Parameters
        ----------
        activations : array (N, D) or (N, C, H, W)
        answers : int array (N,)
            The net's, 0 to K − 1.
        n_classes : int
            K.
        callback : Callback

        Returns
        -------
        LibraryNetwork
            Itself.

        Raises
        ------
        ValueError
            If a setting, the activations or the answers are not what they should be.
        Cancelled
            If the callback raises it.
        """
        for name in ("nodes_", "_rows"):
            if hasattr(self, name):
                delattr(self, name)
        return self.partial_fit(activations, callback).link(activations, answers, n_classes)

    def partial_fit(self, activations: np.ndarray, callback: Callback = silent) -> "LibraryNetwork":
        """Go on taking nodes from examples, in their order.

        Blocks of examples are compared with all nodes in one product; inside a block the rule is followed one by one, on the
        cosines among its own examples, so that the nodes are those of the one-by-one definition.
        """
        self._check()
        rows = self._unit(activations)
        if not hasattr(self, "nodes_"):
            self.nodes_ = np.empty(0, np.int64)
            self.is_full_, self._seen = False, 0
            self._rows = rows[:0]
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            novel = self._novel(block)
            if self.max_size is not None and len(self.nodes_) + len(novel) > self.max_size:
                novel = novel[: self.max_size - len(self.nodes_)]
                self.is_full_ = True
            self._hold(block[novel])
            self.nodes_ = np.concatenate([self.nodes_, self._seen + start + novel.cpu().numpy()])
            callback(min(start + BLOCK, len(rows)) / len(rows), f"{self.size_:,} nodes")
            if self.is_full_:
                break
        self._seen += len(rows)
        return self

    def link(self, activations: np.ndarray, answers: np.ndarray, n_classes: int) -> "LibraryNetwork":
        """Tie the nodes to the net's answers, Eq. 2: W = Σ g(h) O, O the answer's 1 and −1 of every other class.

        Parameters
        ----------
        activations, answers, n_classes
            See `fit`; of any examples, usually those that the nodes were taken from.
        """
        told = np.asarray(answers)
        if told.shape != (len(activations),) or not len(told) or told.min() < 0 or told.max() >= n_classes:
            raise ValueError(
                f"answers must be classes, 0 to {n_classes - 1}, one for each of {len(activations):,} examples."
            )
        if len(self.nodes_) == 0:
            raise ValueError("There are no nodes to tie: give activations to partial_fit first.")
        rows, links = (
            self._unit(activations),
            torch.zeros(self.size_, n_classes, dtype=torch.float64, device=self.device),
        )
        for start in range(0, len(rows), BLOCK):
            near = torch.exp(-(1 - rows[start : start + BLOCK] @ self._rows.T) / self.kernel).double()
            targets = torch.full((len(near), n_classes), -1.0, dtype=torch.float64, device=near.device)
            targets[torch.arange(len(near)), torch.tensor(told[start : start + BLOCK], device=near.device)] = 1.0
            links += near.T @ targets
        self.links_ = links.cpu().numpy()
        return self

    @property
    def size_(self) -> int:
        """The number of nodes."""
        return len(self.nodes_)

    def similarities(self, activations: np.ndarray) -> np.ndarray:
        """h: the cosine of each example with each node, float32 (M', M)."""
        return (self._unit(activations) @ self._rows.T).cpu().numpy()

    def predict_scores(self, activations: np.ndarray, top: int | None = None) -> np.ndarray:
        """P of Eq. 3: what the most active nodes say of each class, each as loud as it is active.

        Parameters
        ----------
        activations : array (M', D) or (M', C, H, W)
        top : int, optional
            Nodes; as many as the constructor says if left out.

        Returns
        -------
        float64 array (M', K)
        """
        count = min(top or self.top, self.size_)
        rows, links, scores = self._unit(activations), torch.tensor(self.links_, device=self.device), []
        for start in range(0, len(rows), BLOCK):
            active = (rows[start : start + BLOCK] @ self._rows.T).topk(count, dim=1)
            scores.append((active.values.double()[:, :, None] * links[active.indices]).sum(dim=1))
        return torch.cat(scores).cpu().numpy()

    def predict(self, activations: np.ndarray) -> np.ndarray:
        """The class that the library would answer, int64 (M',)."""
        return self.predict_scores(activations).argmax(axis=1)

    def _novel(self, block: torch.Tensor) -> torch.Tensor:
        """Which examples of a block are novel, by the rule, one after the other: places, in order."""
        known = torch.zeros(len(block), dtype=torch.bool, device=block.device)
        if self.size_:
            known = self._at_least(block, self._rows).any(dim=1)
        left = torch.nonzero(~known)[:, 0]
        alike = self._at_least(block[left], block[left]).cpu().numpy()
        taken: list[int] = []
        covered = np.zeros(len(left), bool)
        for place in range(len(left)):
            if not covered[place]:
                taken.append(place)
                covered |= alike[place]
        return left[taken]

    def _at_least(self, rows: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Whether the cosine of each two is the threshold or more; in double precision where single cannot tell, so that it
        is the same however examples fall into blocks."""
        cosines = rows @ others.T
        alike = cosines >= self.threshold
        for row, other in torch.nonzero((cosines - self.threshold).abs() < UNSURE).tolist():
            alike[row, other] = float(rows[row].double() @ others[other].double()) >= self.threshold
        return alike

    def _hold(self, rows: torch.Tensor) -> None:
        """Keeps examples as nodes, in memory that grows by halves."""
        size, more = self.size_, len(rows)
        held = getattr(self, "_store", None)
        if held is None or len(held) < size + more or size == 0:
            room = max(size + more, size + size // 2, BLOCK)
            need = FLOAT * (size + more) * rows.shape[1]
            if need > LIMIT:
                fits = LIMIT // (FLOAT * (size + more))
                raise ValueError(
                    f"A library of {size + more:,} nodes of {rows.shape[1]:,} numbers does not fit into "
                    f"{LIMIT / 2**30:.0f} GiB: a lower threshold, or a projection to {fits:,} dimensions or fewer, would."
                )
            grown = torch.empty(room, rows.shape[1], device=rows.device)
            grown[:size] = self._rows
            self._store = grown
        self._store[size : size + more] = rows
        self._rows = self._store[: size + more]

    def _unit(self, activations: np.ndarray) -> torch.Tensor:
        """Activations as rows of length 1, Eq. 1, projected if that is wanted."""
        flat = np.asarray(activations, np.float32).reshape(len(activations), -1)
        lengths = np.linalg.norm(flat, axis=1)
        if not np.isfinite(lengths).all():
            raise ValueError("activations must be finite numbers.")
        if (lengths == 0).any():
            raise ValueError(
                f"Example {int(np.flatnonzero(lengths == 0)[0])} has no activation at all in this layer, and so no direction "
                "to compare: choose another layer, or leave the example out."
            )
        if self.projection is not None and self.projection < flat.shape[1]:
            project = SparseRandomProjection(
                self.projection,  # pyright: ignore[reportArgumentType] (a number is what it wants, or "auto")
                random_state=self.random_state,
            )
            flat = np.asarray(project.fit_transform(flat), np.float32)
            lengths = np.linalg.norm(flat, axis=1)
        return torch.tensor(flat / lengths[:, np.newaxis], device=self.device)

    def _check(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold must be above 0 and at most 1, not {self.threshold!r}.")
        if not self.kernel > 0:
            raise ValueError(f"kernel must be above 0, not {self.kernel!r}.")
        if self.top < 1 or (self.max_size is not None and self.max_size < 1):
            raise ValueError("top and max_size must be 1 or more.")


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
