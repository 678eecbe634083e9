"""Library networks: the examples by which a layer tells inputs apart, and what the net answers for each (Lee 2019)."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.random_projection import SparseRandomProjection

from models.progress import Callback, part_of, silent

BLOCK = 256  # examples that are compared together: measured, 64 take a third longer, and 512 no less
LIMIT = 6 * 2**30  # bytes of nodes, at most
FLOAT = 4  # bytes
UNSURE = 2e-6  # of a cosine in single precision
TAKING = 0.8  # of the work of a fit, about: the nodes; the links to nodes that came later are the rest


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
        """Take the nodes from examples, and tie them to the answers: what `partial_fit` and then `link` would do.

        Each example is compared once with each node, while the two would compare it twice with those before it.

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
        for name in ("nodes_", "_rows", "links_"):
            if hasattr(self, name):
                delattr(self, name)
        told = self._told(answers, len(activations), n_classes)
        before: dict[int, int] = {}  # nodes there were, by where a block begins: those it was compared with
        links = torch.zeros(0, n_classes, dtype=torch.float64, device=self.device)

        def tie(start: int, cosines: torch.Tensor) -> None:
            nonlocal links
            before[start] = cosines.shape[1]
            fresh = links.new_zeros(cosines.shape[1] - len(links), n_classes)
            links = torch.cat([links, fresh]) + self._tied(cosines, told[start : start + BLOCK], n_classes)

        self._take(activations, part_of(callback, 0, TAKING), tie)
        links = torch.cat([links, links.new_zeros(self.size_ - len(links), n_classes)])
        for start, rows in self._blocks(activations):
            first = before.get(start, 0)
            if first < self.size_:
                cosines = self._cosines(rows, first)
                links[first:] += self._tied(cosines, told[start : start + BLOCK], n_classes)
            share = TAKING + (1 - TAKING) * (start + len(rows)) / len(activations)
            callback(share, f"{self.size_:,} nodes, tied to answers")
        self.links_ = links.cpu().numpy()
        return self

    def partial_fit(self, activations: np.ndarray, callback: Callback = silent) -> "LibraryNetwork":
        """Go on taking nodes from examples, in their order.

        Blocks of examples are compared with all nodes in one product; inside a block the rule is followed one by one, on the
        cosines among its own examples, so that the nodes are those of the one-by-one definition.
        """
        return self._take(activations, callback)

    def _take(
        self,
        activations: np.ndarray,
        callback: Callback,
        hear: Callable[[int, torch.Tensor], None] = lambda _start, _cosines: None,
    ) -> "LibraryNetwork":
        """See `partial_fit`; `hear` gets where each block begins and its cosines with the nodes before it, its own to keep."""
        self._check()
        flat, lengths = self._measured(activations)
        if not hasattr(self, "nodes_"):
            self.nodes_ = np.empty(0, np.int64)
            self.is_full_, self._seen = False, 0
            self._rows = self._unit(flat[:1], lengths[:1])[:0]
        if hasattr(self, "links_"):
            del self.links_
        for start in range(0, len(flat), BLOCK):
            if self.is_full_:
                break
            block = self._unit(flat[start : start + BLOCK], lengths[start : start + BLOCK])
            cosines = self._cosines(block)
            novel = self._novel(block, cosines)
            hear(start, cosines)
            if self.max_size is not None and len(self.nodes_) + len(novel) > self.max_size:
                novel = novel[: self.max_size - len(self.nodes_)]
                self.is_full_ = True
            self._hold(block[novel])
            self.nodes_ = np.concatenate([self.nodes_, self._seen + start + novel.cpu().numpy()])
            callback(min(start + BLOCK, len(flat)) / len(flat), f"{self.size_:,} nodes")
        self._seen += len(flat)
        return self

    def restore(self, activations: np.ndarray, nodes: np.ndarray, links: np.ndarray) -> "LibraryNetwork":
        """Make this the library that once was, from the activations of its nodes (M, D), `nodes_` and `links_`."""
        self._check()
        self._rows = torch.cat([rows for _, rows in self._blocks(activations)])
        self.nodes_, self.links_ = np.asarray(nodes, np.int64), np.asarray(links, np.float64)
        self.is_full_, self._seen = False, int(self.nodes_.max(initial=-1)) + 1
        return self

    def link(self, activations: np.ndarray, answers: np.ndarray, n_classes: int) -> "LibraryNetwork":
        """Tie the nodes to the net's answers, Eq. 2: W = Σ g(h) O, O the answer's 1 and −1 of every other class.

        The sum goes on from one call to the next, so that examples may come some at a time; new nodes begin it anew.

        Parameters
        ----------
        activations, answers, n_classes
            See `fit`; of any examples, usually those that the nodes were taken from.
        """
        told = self._told(answers, len(activations), n_classes)
        if len(self.nodes_) == 0:
            raise ValueError("There are no nodes to tie: give activations to partial_fit first.")
        links = torch.zeros(self.size_, n_classes, dtype=torch.float64, device=self.device)
        for start, rows in self._blocks(activations):
            links += self._tied(self._cosines(rows), told[start : start + BLOCK], n_classes)
        self.links_ = getattr(self, "links_", 0) + links.cpu().numpy()
        return self

    @property
    def size_(self) -> int:
        """The number of nodes."""
        return len(self.nodes_)

    def similarities(self, activations: np.ndarray) -> np.ndarray:
        """h: the cosine of each example with each node, float32 (M', M)."""
        return np.concatenate([self._cosines(rows).cpu().numpy() for _, rows in self._blocks(activations)])

    def most_active(self, activations: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The nodes that are most like each example.

        Parameters
        ----------
        activations : array (M', D) or (M', C, H, W)
        count : int
            Nodes at most.

        Returns
        -------
        (cosines, places)
            float32 and int64 (M', count), the most active first; a place is that of a node in `nodes_`.
        """
        found = [self._cosines(rows).topk(min(count, self.size_), dim=1) for _, rows in self._blocks(activations)]
        return (
            np.concatenate([each.values.cpu().numpy() for each in found]),
            np.concatenate([each.indices.cpu().numpy() for each in found]),
        )

    def scores(self, cosines: np.ndarray, places: np.ndarray) -> np.ndarray:
        """P of Eq. 3: what nodes say of each class, each as loud as it is active; float64 (M', K). See `most_active`."""
        return np.einsum("na,nak->nk", cosines.astype(np.float64), self.links_[places])

    def predict_scores(self, activations: np.ndarray, top: int | None = None) -> np.ndarray:
        """P of Eq. 3, of the nodes most active.

        Parameters
        ----------
        activations : array (M', D) or (M', C, H, W)
        top : int, optional
            Nodes; as many as the constructor says if left out.

        Returns
        -------
        float64 array (M', K)
        """
        return self.scores(*self.most_active(activations, top or self.top))

    def predict(self, activations: np.ndarray) -> np.ndarray:
        """The class that the library would answer, int64 (M',)."""
        return self.predict_scores(activations).argmax(axis=1)

    def _cosines(self, rows: torch.Tensor, first: int = 0) -> torch.Tensor:
        """h of rows (B, D) and the nodes from `first` on, (B, M - first).

        The product is taken the other way round, which the libraries of a CPU do in two thirds of the time.
        """
        return (self._rows[first:] @ rows.T).T

    def _tied(self, cosines: torch.Tensor, told: np.ndarray, n_classes: int) -> torch.Tensor:
        """What examples add to the links of nodes, Eq. 2, (M, K); their cosines (B, M) are written over."""
        near = cosines.sub_(1).div_(self.kernel).exp_().double()
        targets = torch.full((len(near), n_classes), -1.0, dtype=torch.float64, device=near.device)
        targets[torch.arange(len(near)), torch.tensor(told, device=near.device)] = 1.0
        return near.T @ targets

    def _told(self, answers: np.ndarray, count: int, n_classes: int) -> np.ndarray:
        """Answers, of which it is sure that they are some."""
        told = np.asarray(answers)
        if told.shape != (count,) or not len(told) or told.min() < 0 or told.max() >= n_classes:
            raise ValueError(f"answers must be classes, 0 to {n_classes - 1}, one for each of {count:,} examples.")
        return told

    def _novel(self, block: torch.Tensor, cosines: torch.Tensor) -> torch.Tensor:
        """Which examples of a block are novel, by the rule, one after the other: places, in order."""
        left = torch.nonzero(~self._at_least(cosines, block, self._rows).any(dim=1))[:, 0]
        among = block[left]
        alike = self._at_least(among @ among.T, among, among).cpu().numpy()
        taken: list[int] = []
        covered = np.zeros(len(left), bool)
        for place in range(len(left)):
            if not covered[place]:
                taken.append(place)
                covered |= alike[place]
        return left[taken]

    def _at_least(self, cosines: torch.Tensor, rows: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Whether the cosine of each two is the threshold or more; in double precision where single cannot tell, so that it
        is the same however examples fall into blocks."""
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

    def _blocks(self, activations: np.ndarray) -> Iterator[tuple[int, torch.Tensor]]:
        """Where each block of examples begins, and its rows of length 1."""
        flat, lengths = self._measured(activations)
        for start in range(0, len(flat), BLOCK):
            yield start, self._unit(flat[start : start + BLOCK], lengths[start : start + BLOCK])

    def _measured(self, activations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Activations as rows (N, D), and how long each is; block by block, as a copy of all may not fit."""
        flat = np.asarray(activations, np.float32).reshape(len(activations), -1)
        lengths = np.empty(len(flat), np.float32)
        for start in range(0, len(flat), BLOCK):
            lengths[start : start + BLOCK] = np.linalg.norm(flat[start : start + BLOCK], axis=1)
        if not np.isfinite(lengths).all():
            raise ValueError("activations must be finite numbers.")
        if (lengths == 0).any():
            raise ValueError(
                f"Example {int(np.flatnonzero(lengths == 0)[0])} has no activation at all in this layer, and so no direction "
                "to compare: choose another layer, or leave the example out."
            )
        return flat, lengths

    def _unit(self, flat: np.ndarray, lengths: np.ndarray) -> torch.Tensor:
        """Rows of length 1, Eq. 1, projected if that is wanted."""
        if self.projection is not None:
            flat = projected(flat, self.projection, self.random_state)
            lengths = np.maximum(np.linalg.norm(flat, axis=1), np.finfo(np.float32).tiny)  # nothing may be left of few
        return torch.from_numpy(flat / lengths[:, np.newaxis]).to(self.device)

    def _check(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold must be above 0 and at most 1, not {self.threshold!r}.")
        if not self.kernel > 0:
            raise ValueError(f"kernel must be above 0, not {self.kernel!r}.")
        if self.top < 1 or (self.max_size is not None and self.max_size < 1):
            raise ValueError("top and max_size must be 1 or more.")


def projected(flat: np.ndarray, size: int, random_state: int = 0) -> np.ndarray:
    """Rows (N, D) projected at random to fewer dimensions, the same for all rows of D; as they are where D is no more.

    The projection is sparse (Li, Hastie and Church 2006). A cosine is then off by about 1 / √size.
    """
    if size >= flat.shape[1]:
        return flat
    project = SparseRandomProjection(
        size,  # pyright: ignore[reportArgumentType] (a number is what it wants, or "auto")
        random_state=random_state,
    )
    return np.asarray(project.fit_transform(flat), np.float32)
