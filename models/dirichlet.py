"""A mixture of Dirichlet distributions: a density of vectors of probabilities that knows where their simplex ends."""

import numpy as np

from models.confidence_inputs import check_spread, checked_probabilities, sample_of
from models.progress import Callback, silent

SAMPLE = 50_000
LEAST, MOST = 1e-3, 1e7  # alphas: a component of equal vectors would else become ever denser
NEWTON_STEPS, HALVINGS = 10, 20
ROWS_AT_ONCE = 100_000


class DirichletMixture:
    """A mixture of Dirichlet distributions, by expectation maximisation.

    Neither SciPy nor scikit-learn has one. The M-step maximises each component's expected log-likelihood, which is concave
    in its alphas, by Newton's method with Minka's inverse of the Hessian (2000), a diagonal and a matrix of rank one: its
    cost grows as K. A step that would lower the likelihood is halved until it does not, so EM's likelihood never falls.
    The start is k-means, and for each group the Dirichlet distribution of its mean and mean variance.

    A Dirichlet density is 0 or infinite at the boundary of the simplex. Zeros are raised to `eps` and the rows summed to
    1 again; where a classifier's probabilities pile up at 0, alphas are below 1 and the density near the boundary is high.
    Alphas stay within 0.001 and 10,000,000. Of more than 50,000 vectors a sample of so many is taken.

    Parameters
    ----------
    n_components : int
        How many, 1 or more. Where fewer vectors differ, as many as do.
    eps : float
        The least probability, above 0 and below 1 / K.
    max_iter : int
        The most iterations.
    tol : float
        The iterations end when the mean log-likelihood grows by less, in nats.
    random_state : int
        Chooses the start, and the sample.
    callback : Callback
        Is told the share of `max_iter` at each iteration, and may cancel the fit.

    Attributes
    ----------
    weights_ : float64 array (J,)
        The share of each component.
    alphas_ : float64 array (J, K)
        Its parameters.
    log_likelihoods_ : float64 array (n_iter_ + 1,)
        The mean log-likelihood of a vector, in nats: at the start and after each iteration.
    n_iter_ : int
        How many iterations there were.
    """

    def __init__(
        self,
        n_components: int,
        eps: float = 1e-12,
        max_iter: int = 200,
        tol: float = 1e-4,
        random_state: int = 0,
        callback: Callback = silent,
    ) -> None:
        self.n_components = n_components
        self.eps = eps
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.callback = callback

    def fit(self, probabilities: np.ndarray) -> "DirichletMixture":
        """Find the mixture.

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
            If the array or a setting is not as described above.
        """
        if self.n_components < 1:
            raise ValueError(f"n_components must be 1 or more, not {self.n_components}.")
        vectors = sample_of(checked_probabilities(probabilities), SAMPLE, self.random_state)
        check_spread(vectors, "probabilities")
        if not 0 < self.eps < 1 / vectors.shape[1]:
            raise ValueError(f"eps must be above 0 and below 1 / {vectors.shape[1]}, not {self.eps:g}.")
        logs = self._logs(vectors)
        self._start(vectors)
        likelihoods = []
        for iteration in range(self.max_iter + 1):
            self.callback(iteration / (self.max_iter + 1), f"Dirichlet mixture, iteration {iteration}")
            responsibilities, likelihood = _posterior(self._joint(logs))
            likelihoods.append(likelihood.mean())
            if iteration == self.max_iter or (iteration and likelihoods[-1] - likelihoods[-2] < self.tol):
                break
            totals = responsibilities.sum(axis=0)
            self.weights_ = totals / totals.sum()
            there = totals > np.finfo(np.float64).tiny
            means = (responsibilities.T[there] @ logs) / totals[there, np.newaxis]
            self.alphas_[there] = _likeliest(means, self.alphas_[there])
        self.log_likelihoods_ = np.array(likelihoods)
        self.n_iter_ = len(likelihoods) - 1
        return self

    def score_samples(self, probabilities: np.ndarray) -> np.ndarray:
        """The logarithm of the density at vectors (M, K): float64 (M,), in nats to a unit of the first K - 1 probabilities.

        Raises
        ------
        ValueError
            If they are no probabilities of as many classes.
        """
        vectors = checked_probabilities(probabilities, self.alphas_.shape[1])
        starts = range(0, len(vectors), ROWS_AT_ONCE)
        return np.concatenate(
            [_posterior(self._joint(self._logs(vectors[at : at + ROWS_AT_ONCE])))[1] for at in starts]
        )

    def _logs(self, vectors: np.ndarray) -> np.ndarray:
        raised = np.maximum(vectors, self.eps)
        return np.log(raised / raised.sum(axis=1, keepdims=True))

    def _start(self, vectors: np.ndarray) -> None:
        from sklearn.cluster import KMeans  # loaded by the first who needs it

        components = min(self.n_components, len(np.unique(vectors, axis=0)))
        groups = KMeans(components, random_state=self.random_state).fit_predict(vectors)
        self.weights_ = np.bincount(groups, minlength=components) / len(vectors)
        self.alphas_ = np.empty((components, vectors.shape[1]))
        for group in range(components):
            members = vectors[groups == group]
            mean = np.maximum(members.mean(axis=0), LEAST)
            # The variances of a Dirichlet distribution add up to (1 - the sum of squared means) / (the sum of alphas + 1).
            variance = members.var(axis=0).sum()
            total = (1 - (members.mean(axis=0) ** 2).sum()) / max(variance, 1e-6) - 1
            self.alphas_[group] = np.clip(mean * max(total, 1), LEAST, MOST)

    def _joint(self, logs: np.ndarray) -> np.ndarray:
        """The logarithm of weight times density of each component: (N, J)."""
        from scipy.special import gammaln

        constants = gammaln(self.alphas_.sum(axis=1)) - gammaln(self.alphas_).sum(axis=1)
        with np.errstate(divide="ignore"):  # a component that nothing belongs to any more
            return logs @ (self.alphas_ - 1).T + constants + np.log(self.weights_)


def _posterior(joint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of which component each vector is, (N, J), and the logarithm of its density, (N,)."""
    largest = joint.max(axis=1, keepdims=True)
    shares = np.exp(joint - largest)
    sums = shares.sum(axis=1, keepdims=True)
    return shares / sums, (largest + np.log(sums))[:, 0]


def _likeliest(means: np.ndarray, alphas: np.ndarray) -> np.ndarray:
    """Alphas (J, K) under which vectors of these mean logarithms (J, K) are likeliest, or likelier than under those given."""
    from scipy.special import gammaln, polygamma, psi

    def likelihood(alphas: np.ndarray, means: np.ndarray) -> np.ndarray:
        return gammaln(alphas.sum(axis=1)) - gammaln(alphas).sum(axis=1) + ((alphas - 1) * means).sum(axis=1)

    alphas = alphas.copy()
    current = likelihood(alphas, means)
    for _ in range(NEWTON_STEPS):
        totals = alphas.sum(axis=1, keepdims=True)
        gradient = psi(totals) - psi(alphas) + means
        curvature = polygamma(1, alphas)  # the Hessian is -diag(curvature) + shared
        shared = polygamma(1, totals)
        mutual = (gradient / curvature).sum(axis=1, keepdims=True) / (
            1 / shared - (1 / curvature).sum(axis=1, keepdims=True)
        )
        step = (gradient + mutual) / curvature
        before = current.copy()
        open_ = np.arange(len(alphas))
        for _ in range(HALVINGS):
            tried = np.clip(alphas[open_] + step[open_], LEAST, MOST)
            reached = likelihood(tried, means[open_])
            better = reached >= current[open_]
            alphas[open_[better]], current[open_[better]] = tried[better], reached[better]
            open_ = open_[~better]
            if not open_.size:
                break
            step[open_] /= 2
        if (current - before).max() < 1e-10 * np.abs(current).max():
            break
    return alphas
