"""Uniform manifold approximation and projection."""

import warnings

import numpy as np

from models.embedding.pca import reduced
from models.embedding.vectors import check_dimensions, neighbours
from models.progress import Callback, silent


class UMAP:
    """UMAP (McInnes et al. 2018): neighbours stay neighbours, and of larger distances more is kept than by t-SNE.

    umap-learn does the work, in one thread, as a seed demands. The neighbours are looked for here: its own search takes
    half a minute to compile.

    Parameters
    ----------
    n_components : {2, 3}
        The dimensions of the map.
    n_neighbors : int
        How many points make a neighbourhood, the one in its middle among them, 2 or more: few show detail, many the
        whole.
    min_dist : float
        How close points may come, 0 to 1.
    random_state : int
        Chooses what is left to chance. The same makes the same map on the same machine.

    Attributes
    ----------
    embedding_ : float32 array (N, n_components)
        Places, centred on 0. Their units mean nothing.
    reduced_to_ : int or None
        How many principal components of the vectors were looked at, where they hold more than 50 numbers.
    """

    def __init__(
        self, n_components: int = 2, n_neighbors: int = 15, min_dist: float = 0.1, random_state: int = 0
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.random_state = random_state

    def fit(self, vectors: np.ndarray, callback: Callback = silent) -> "UMAP":
        """Find the places.

        Parameters
        ----------
        vectors : array (N, D)
            Numbers; one or more to a vector. Of more than 50 the first 50 principal components are taken.
        callback : Callback
            Called several times a second while neighbours are looked for, and once more; no fraction is told, as
            umap-learn tells none, and from then on nobody hears that it is to stop.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the vectors are not as described above, hold NaN or infinity, or are too few for `n_neighbors`.
        Cancelled
            If the callback raises it.
        """

        def searched(fraction: float | None, message: str = "", **metrics: float) -> None:
            callback(None, message, **metrics)

        points, self.reduced_to_ = reduced(vectors, self.random_state)
        self._check(len(points))
        indices, distances = neighbours(points, self.n_neighbors - 1, self.random_state, searched)
        itself = np.arange(len(points))[:, np.newaxis]
        callback(None, "placing the points")
        with warnings.catch_warnings():
            # Of what is not installed, of parts that hang together by nothing, of new vectors, which we do not place.
            warnings.simplefilter("ignore")
            import umap  # loaded by the first who needs it, and slowly

            solver = umap.UMAP(
                n_components=self.n_components,
                n_neighbors=self.n_neighbors,
                min_dist=self.min_dist,
                random_state=self.random_state,
                n_jobs=1,
                precomputed_knn=(np.hstack([itself, indices]), np.hstack([np.zeros(itself.shape), distances])),
            )
            places = np.asarray(solver.fit_transform(points.astype(np.float32)))
        self.embedding_ = (places - places.mean(axis=0)).astype(np.float32)
        return self

    def _check(self, count: int) -> None:
        check_dimensions(self.n_components)
        if not self.n_neighbors >= 2:
            raise ValueError(f"n_neighbors must be 2 or more, not {self.n_neighbors}.")
        if not 0 <= self.min_dist <= 1:
            raise ValueError(f"min_dist must lie in 0 to 1, not at {self.min_dist:g}.")
        if count < self.n_components + 3:
            raise ValueError(
                f"UMAP takes {self.n_components + 3} vectors or more for {self.n_components} dimensions, not {count}."
            )
        if self.n_neighbors >= count:
            raise ValueError(
                f"n_neighbors {self.n_neighbors} is too large for {count:,} vectors; {count - 1:,} is the largest that "
                "will do."
            )
