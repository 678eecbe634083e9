"""t-distributed stochastic neighbour embedding."""

from collections.abc import Callable

import numpy as np
import torch

from models.embedding.pca import PCA, reduced
from models.embedding.vectors import check_dimensions, neighbours
from models.progress import Callback, silent

EARLY, ITERATIONS = 250, 750  # those that bring clusters together, and all of them
EXAGGERATION = 12.0
MOMENTUM = 0.8
SEARCH_SHARE = 0.1  # of the work
SPREAD, JITTER = 1e-4, 1e-6  # of the first places: small beside 1, where distances begin to count
GRID_FROM = 2_500  # points, below which a tree is faster
GRID_STEP = (
    2  # openTSNE's own 1 takes 2.5 times as long; 10,000 MNIST images end at a divergence of 1.86, with it at 1.75
)
# Points times iterations from one report to the next, by the dimensions of the map: a fifth of a second on one core.
BETWEEN_REPORTS = {2: 100_000, 3: 10_000}
MOST_BETWEEN_REPORTS = 25


class TSNE:
    """t-SNE (van der Maaten & Hinton 2008): neighbours stay neighbours, whatever becomes of larger distances.

    openTSNE does the work: 250 iterations with the attraction exaggerated twelvefold and 500 without, from the first
    principal components. In a plane the repulsion is interpolated on a grid (Linderman et al. 2019), in time proportional
    to N; below 2,500 points a Barnes-Hut tree is faster. openTSNE knows no grid in space: there the tree serves all, and
    takes ten times as long.

    Parameters
    ----------
    n_components : {2, 3}
        The dimensions of the map.
    perplexity : float
        About how many neighbours a point is to keep, 1 or more; three times as many are looked at.
    random_state : int
        Chooses where, within a hair's breadth, the points begin. The same makes the same map on the same machine.

    Attributes
    ----------
    embedding_ : float32 array (N, n_components)
        Places, centred on 0. Their units mean nothing.
    kl_divergence_ : float
        What the map has lost: the Kullback-Leibler divergence of its neighbourhoods from those of the vectors, in nats.
    reduced_to_ : int or None
        How many principal components of the vectors were looked at, where they hold more than 50 numbers.
    """

    def __init__(self, n_components: int = 2, perplexity: float = 30.0, random_state: int = 0) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.random_state = random_state

    def fit(
        self, vectors: np.ndarray, callback: Callback = silent, preview: Callable[[np.ndarray], None] | None = None
    ) -> "TSNE":
        """Find the places.

        Parameters
        ----------
        vectors : array (N, D)
            Numbers; one or more to a vector. Of more than 50 the first 50 principal components are taken.
        callback : Callback
            Called several times a second, on a machine that does little else, in the iterations with the metrics
            ``iteration`` and ``kl_divergence``.
        preview : callable, optional
            Called with the places so far, float32 (N, n_components), at the same times.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the vectors are not as described above, hold NaN or infinity, or are too few for the perplexity.
        Cancelled
            If the callback raises it.
        """
        from openTSNE import TSNEEmbedding  # loaded by the first who needs it
        from openTSNE.affinity import PerplexityBasedNN
        from openTSNE.nearest_neighbors import PrecomputedNeighbors

        points, self.reduced_to_ = reduced(vectors, self.random_state)
        self._check(len(points))
        start = self._start(points)
        if preview:
            preview(start.astype(np.float32))

        def searched(fraction: float | None, message: str = "", **metrics: float) -> None:
            callback(None if fraction is None else SEARCH_SHARE * fraction, message, **metrics)

        found = neighbours(points, int(3 * self.perplexity), self.random_state, searched)
        threads = torch.get_num_threads()
        affinities = PerplexityBasedNN(
            knn_index=PrecomputedNeighbors(*found),
            perplexity=self.perplexity,  # pyright: ignore[reportArgumentType] (a fraction will do)
            n_jobs=threads,
        )
        before = 0

        def report(iteration: int, divergence: float, places: np.ndarray) -> None:
            done = before + iteration
            callback(
                SEARCH_SHARE + (1 - SEARCH_SHARE) * done / ITERATIONS,
                f"iteration {done} of {ITERATIONS}",
                iteration=done,
                kl_divergence=float(divergence),
            )
            if preview:  # after it, as it may end here
                preview(np.array(places, np.float32))

        between = BETWEEN_REPORTS[self.n_components] // len(points)
        places = TSNEEmbedding(
            start,
            affinities,
            negative_gradient_method="fft" if self.n_components == 2 and len(points) >= GRID_FROM else "bh",
            ints_in_interval=GRID_STEP,
            n_jobs=threads,
            callbacks=report,
            callbacks_every_iters=min(max(1, between), MOST_BETWEEN_REPORTS),
        )
        places.optimize(EARLY, exaggeration=EXAGGERATION, momentum=MOMENTUM, inplace=True)
        before = EARLY
        places.optimize(ITERATIONS - EARLY, momentum=MOMENTUM, inplace=True)
        self.embedding_ = np.array(places, np.float32)
        self.kl_divergence_ = float(places.kl_divergence)
        return self

    def _check(self, count: int) -> None:
        check_dimensions(self.n_components)
        most = (count - 2) // 3
        if most < 1:
            raise ValueError(f"t-SNE takes five vectors or more, not {count}.")
        if not self.perplexity >= 1:
            raise ValueError(f"perplexity must be 1 or more, not {self.perplexity:g}.")
        if 3 * self.perplexity >= count - 1:
            raise ValueError(
                f"perplexity {self.perplexity:g} is too large for {count:,} vectors: three times as many neighbours are "
                f"looked at, and there must be more others than those; {most:,} is the largest that will do."
            )

    def _start(self, points: np.ndarray) -> np.ndarray:
        """The first principal components, drawn together, and a little of chance to part what coincides."""
        start = PCA(self.n_components, self.random_state).fit(points).embedding_.astype(np.float64)
        start *= SPREAD / (start[:, 0].std() or 1.0)
        return start + np.random.default_rng(self.random_state).normal(0, JITTER, start.shape)
