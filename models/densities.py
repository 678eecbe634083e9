"""Densities: how usual a place on a map, or a vector of probabilities, is among those that the density was fitted to."""

import numpy as np

from models.confidence_inputs import check_spread, checked_places, checked_probabilities, sample_of

FINEST, COARSEST = 1 / 8, 1 / 2  # from a node of the grid to the next, in bandwidths
MOST_CELLS = 2_048  # along a side of the grid: 150 MB and a second in all
THINNEST = 1e-6  # spread of a map across, as a share of that along it: points on a line have a density too
MARGIN = 12  # bandwidths round the points
LEAST_LOG = -600.0  # of a sum of kernels, below which the grid holds nothing
NEAREST = 64  # nodes that are looked at where it holds nothing
SAMPLE_OF_VECTORS = 10_000  # at a million others of 10 classes it takes half a minute, of 100 one and a half
SAMPLE_OF_PLACES = 50_000
PAIRS_AT_ONCE = 500_000  # 4 MB: what fits into a cache
ITERATIONS = 200


class MapKDE:
    """Kernel density estimation on a map, with a Gaussian kernel.

    The bandwidth follows Scott's rule (1992): the covariance of the kernel is that of the places times N^(-1/3), as in
    `scipy.stats.gaussian_kde`. So the density turns, stretches and moves with the map.

    That takes N kernels at each place. Here the places are first shared out to the nodes of a grid of an eighth of a
    bandwidth, nine nodes each, so that their mean and covariance stay (triangular-shaped clouds; Hockney & Eastwood
    1981), and the kernel is narrowed by as much as that widens. The sum over nodes is exact, by two products of matrices;
    between nodes the logarithm is interpolated by cubic splines. Its error is below 0.001 at the points, and below 0.01
    where the density is above e^-20 of its highest. More than 12 bandwidths beyond all points, and where the kernels
    vanish, the nearest nodes alone are looked at. A map more than 256 bandwidths wide has a coarser grid (at half a
    bandwidth the error at the points is below 0.01), and one more than 1,024 wide a wider bandwidth, of two nodes.

    Attributes
    ----------
    bandwidths_ : float64 array (2,)
        Standard deviations of the kernel across and along the map's principal axes, ascending, in the map's units.
    """

    def fit(self, places: np.ndarray) -> "MapKDE":
        """Lay the grid.

        Parameters
        ----------
        places : array (N, 2)
            Not all in one place. Those on a line are taken to be a little wide, a millionth of its length.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the array is not as described above.
        """
        from scipy.ndimage import spline_filter  # loaded by the first who needs it
        from scipy.spatial import KDTree

        places = checked_places(places)
        check_spread(places, "places")
        self._centre = places.mean(axis=0)
        variances, axes = np.linalg.eigh(np.cov(places.T))
        spreads = np.sqrt(np.maximum(variances, variances.max() * THINNEST**2))
        self.bandwidths_ = spreads * len(places) ** (-1 / 6)
        wide = np.ptp((places - self._centre) @ (axes / self.bandwidths_), axis=0).max() / MOST_CELLS
        self.bandwidths_ *= max(1, wide / COARSEST)
        self._cell = min(COARSEST, max(wide, FINEST))
        self._turn = axes / self.bandwidths_
        self._constant = -np.log(2 * np.pi * len(places) * self.bandwidths_.prod())

        scaled = (places - self._centre) @ self._turn
        self._corner = scaled.min(axis=0) - MARGIN
        self._shape = np.ceil((scaled.max(axis=0) + MARGIN - self._corner) / self._cell).astype(int) + 1
        weights = self._share_out(scaled)
        self._variance = 1 - self._cell**2 / 4  # of the narrowed kernel, in bandwidths
        across, along = (
            np.exp(np.subtract.outer(nodes, nodes) ** 2 * (-(self._cell**2) / 2 / self._variance))
            for nodes in map(np.arange, self._shape)
        )
        sums = across @ weights @ along / self._variance
        logs = np.log(np.maximum(sums, np.finfo(np.float64).tiny))
        self._splines = spline_filter(logs, order=3, mode="mirror")
        held = np.argwhere(weights)
        self._log_weights = np.log(weights[tuple(held.T)] / self._variance)
        self._nodes = KDTree(held)
        return self

    def score_samples(self, places: np.ndarray) -> np.ndarray:
        """The logarithm of the density at places (M, 2): float64 (M,), in nats, finite everywhere.

        Raises
        ------
        ValueError
            If the places are no finite numbers of that shape.
        """
        from scipy.ndimage import map_coordinates
        from scipy.special import logsumexp

        nodes = ((checked_places(places) - self._centre) @ self._turn - self._corner) / self._cell
        logs = map_coordinates(self._splines, nodes.T, order=3, mode="mirror", prefilter=False)
        held = ((nodes >= 0) & (nodes <= self._shape - 1)).all(axis=1) & (logs > LEAST_LOG)
        missed, looked_at = np.flatnonzero(~held), min(NEAREST, self._nodes.n)
        for start in range(0, len(missed), PAIRS_AT_ONCE // NEAREST):
            rows = missed[start : start + PAIRS_AT_ONCE // NEAREST]
            far, found = (found.reshape(len(rows), -1) for found in self._nodes.query(nodes[rows], looked_at))
            logs[rows] = logsumexp(self._log_weights[found] - (far * self._cell) ** 2 / 2 / self._variance, axis=1)
        return logs + self._constant

    def _share_out(self, scaled: np.ndarray) -> np.ndarray:
        """How much of the points each node has: (rows, columns)."""
        nodes = (scaled - self._corner) / self._cell
        nearest = np.rint(nodes).astype(np.int64)
        off = (nodes - nearest).T
        shares = np.stack([(0.5 - off) ** 2 / 2, 0.75 - off**2, (0.5 + off) ** 2 / 2])
        rows, columns = self._shape
        weights = np.zeros(rows * columns)
        for down in range(3):
            for right in range(3):
                node = (nearest[:, 0] + down - 1) * columns + nearest[:, 1] + right - 1
                weights += np.bincount(node, shares[down, 0] * shares[right, 1], rows * columns)
        return weights.reshape(rows, columns)


class ProbabilityKDE:
    """Kernel density estimation on vectors of probabilities, with a Gaussian kernel that is the same for all classes.

    The bandwidth follows Scott's rule in the K - 1 dimensions that vectors of K probabilities have: N^(-1/(K + 3)) times
    their spread, the root of the variance of all classes together over K - 1. The kernel does not know that the simplex
    ends: near its boundary, where a good classifier's vectors are, some of it lies outside (Xu et al. 2018, Section 3.4).

    Sums are exact. Of more than 10,000 vectors a sample of so many is taken, whose size N then is.

    Parameters
    ----------
    random_state : int
        Chooses the sample.

    Attributes
    ----------
    bandwidth_ : float
        The standard deviation of the kernel along any direction.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, probabilities: np.ndarray) -> "ProbabilityKDE":
        """Keep the vectors.

        Parameters
        ----------
        probabilities : array (N, K)
            Rows sum to 1, and are not all the same.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the array is not as described above.
        """
        self._kept = sample_of(checked_probabilities(probabilities), SAMPLE_OF_VECTORS, self.random_state)
        check_spread(self._kept, "probabilities")
        count, n_classes = self._kept.shape
        spread = np.sqrt(self._kept.var(axis=0, ddof=1).sum() / (n_classes - 1))
        self.bandwidth_ = float(spread * count ** (-1 / (n_classes + 3)))
        return self

    def score_samples(self, probabilities: np.ndarray) -> np.ndarray:
        """The logarithm of the density at vectors (M, K): float64 (M,), in nats to a unit of the simplex's volume.

        Raises
        ------
        ValueError
            If they are no probabilities of as many classes.
        """
        count, n_classes = self._kept.shape
        vectors = checked_probabilities(probabilities, n_classes) / self.bandwidth_
        kept = self._kept / self.bandwidth_
        halves = (kept**2).sum(axis=1) / 2
        logs = np.empty(len(vectors))
        step = max(1, PAIRS_AT_ONCE // count)
        for start in range(0, len(vectors), step):
            rows = slice(start, start + step)
            kernels = vectors[rows] @ kept.T
            kernels -= halves
            largest = kernels.max(axis=1)
            kernels -= largest[:, np.newaxis]
            np.exp(kernels, out=kernels)
            logs[rows] = np.log(kernels.sum(axis=1)) + largest - (vectors[rows] ** 2).sum(axis=1) / 2
        return logs - np.log(count) - (n_classes - 1) * np.log(2 * np.pi * self.bandwidth_**2) / 2


class MapMixture:
    """A mixture of Gaussians on a map, each with a covariance of its own; scikit-learn's expectation maximisation.

    The map is first scaled to spread by 1 along each axis, and 1e-6 is added to all variances, so that points in one place
    do no harm. Of more than 50,000 points a sample of so many is taken.

    Parameters
    ----------
    n_components : int
        How many; as many as classes suits a map on which each has its cluster. Where fewer places differ, as many as do.
    random_state : int
        Chooses the start, and the sample.
    """

    def __init__(self, n_components: int, random_state: int = 0) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, places: np.ndarray) -> "MapMixture":
        """Find the mixture.

        Parameters
        ----------
        places : array (N, 2)
            Not all in one place.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the array is not as described above.
        """
        from sklearn.mixture import GaussianMixture  # loaded by the first who needs it

        places = sample_of(checked_places(places), SAMPLE_OF_PLACES, self.random_state)
        check_spread(places, "places")
        spreads = places.std(axis=0)
        self._centre, self._scale = places.mean(axis=0), np.maximum(spreads, spreads.max() * THINNEST)
        scaled = (places - self._centre) / self._scale
        components = min(self.n_components, len(np.unique(scaled, axis=0)))
        self._mixture = GaussianMixture(components, max_iter=ITERATIONS, random_state=self.random_state).fit(scaled)
        return self

    def score_samples(self, places: np.ndarray) -> np.ndarray:
        """The logarithm of the density at places (M, 2): float64 (M,), in nats.

        Raises
        ------
        ValueError
            If the places are no finite numbers of that shape.
        """
        scaled = (checked_places(places) - self._centre) / self._scale
        return self._mixture.score_samples(scaled) - np.log(self._scale).sum()
