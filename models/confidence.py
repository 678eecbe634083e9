"""How sure may one be of a prediction? Measures of confidence by name, and what each is worth; what a map is worth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from models.certainty import entropy, margin
from models.confidence_inputs import checked_places, checked_probabilities
from models.densities import MapKDE, MapMixture, ProbabilityKDE
from models.dirichlet import DirichletMixture
from models.progress import Callback, silent

PAIRS_AT_ONCE = 1_000_000  # about 50 MB
MOST_COMPONENTS = 50  # a hundred take three seconds to 10,000 places


class Measure(Protocol):
    """A measure of confidence. It is fitted to some predictions and scores others, or the same."""

    def fit(self, given: np.ndarray, /) -> "Measure":
        """Learn what is usual: from places (N, 2) or probabilities (N, K), as `Confidence.needs` says."""
        ...

    def score_samples(self, given: np.ndarray, /) -> np.ndarray:
        """A score of each of M: float64 (M,), the higher the more confident. What else is scored with it changes nothing,
        so very many may be scored in parts."""
        ...


class Certainty:
    """A measure that looks at each vector of probabilities alone. There is nothing to fit.

    Parameters
    ----------
    function : callable
        From probabilities (M, K) to numbers (M,), the higher the more confident.
    """

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]) -> None:
        self.function = function

    def fit(self, probabilities: np.ndarray) -> "Certainty":
        """Does nothing: any measure may be fitted."""
        return self

    def score_samples(self, probabilities: np.ndarray) -> np.ndarray:
        """A score of each of M: float64 (M,).

        Raises
        ------
        ValueError
            If they are no probabilities (M, K).
        """
        return self.function(checked_probabilities(probabilities))


class Make(Protocol):
    """See `Confidence.make`."""

    def __call__(self, n_classes: int, seed: int, callback: Callback = silent) -> Measure: ...


@dataclass(frozen=True)
class Confidence:
    """A measure of confidence that can be chosen.

    Attributes
    ----------
    title : str
        Its name for people.
    unit : str
        Of its scores; empty for a pure number.
    needs : "map" or "probabilities"
        What it is fitted to, and scores: places (N, 2) on any map, or vectors (N, K).
    learns : bool
        Whether its scores depend on what it is fitted to.
    make : callable
        Makes it from how many classes there are, a seed, and who is told how far a long `fit` is, and may cancel it.
    """

    title: str
    unit: str
    needs: Literal["map", "probabilities"]
    learns: bool
    make: Make


CONFIDENCES: dict[str, Confidence] = {
    "map-kde": Confidence("KDE on the map", "nats", "map", True, lambda n_classes, seed, callback=silent: MapKDE()),
    "map-mixture": Confidence(
        "Gaussian mixture on the map",
        "nats",
        "map",
        True,
        lambda n_classes, seed, callback=silent: MapMixture(min(n_classes, MOST_COMPONENTS), seed),
    ),
    "kde": Confidence(
        "KDE on probabilities",
        "nats",
        "probabilities",
        True,
        lambda n_classes, seed, callback=silent: ProbabilityKDE(seed),
    ),
    "dirichlet-mixture": Confidence(
        "Dirichlet mixture on probabilities",
        "nats",
        "probabilities",
        True,
        lambda n_classes, seed, callback=silent: DirichletMixture(
            min(n_classes, MOST_COMPONENTS), random_state=seed, callback=callback
        ),
    ),
    "entropy": Confidence(
        "Predictive entropy, negative",
        "bits",
        "probabilities",
        False,
        lambda n_classes, seed, callback=silent: Certainty(lambda probabilities: -entropy(probabilities)),
    ),
    "maximum": Confidence(
        "Maximum probability",
        "",
        "probabilities",
        False,
        lambda n_classes, seed, callback=silent: Certainty(lambda probabilities: probabilities.max(axis=1)),
    ),
    "margin": Confidence(
        "Margin", "", "probabilities", False, lambda n_classes, seed, callback=silent: Certainty(margin)
    ),
}
"""The measures by name. Those of the map serve any map: of DarkSight, or of t-SNE of probabilities, logits or features."""


class RejectCurve:
    """Accuracy against data: how right a classifier is on the share of predictions that it is most confident of.

    Predictions of equal confidence have no order. The curve is the mean over all their orders: within a group of equals
    the right ones come evenly. So a measure that tells nothing apart has the curve of chance, however the data lie.

    Parameters
    ----------
    scores : array (N,)
        Confidence of each prediction, the higher the more confident; negative infinity is fine.
    correct : bool array (N,)
        Whether each is right.

    Attributes
    ----------
    kept : float64 array (N,)
        The share of predictions that is kept: 1/N, 2/N, ..., 1.
    accuracies : float64 array (N,)
        Among those.
    mean : float
        Of the accuracies: the area under the curve.
    best : float64 array (N,)
        The accuracies of an oracle, that rejects the wrong ones first.
    best_mean : float
        Of those.
    chance : float
        The accuracy of all, at which a random order stays.
    thresholds : float64 array (G,)
        The different scores, falling.
    counts : int64 array (G,)
        How many predictions are kept whose score is at least each threshold: whole groups of equals.
    note : str or None
        A sentence, if all scores are the same.

    Raises
    ------
    ValueError
        If the arrays are not as described above.
    """

    def __init__(self, scores: np.ndarray, correct: np.ndarray) -> None:
        scores, correct = _checked_scores(scores, correct)
        count = len(scores)
        values, group = np.unique(scores, return_inverse=True)
        self.thresholds = values[::-1]
        self.counts = np.cumsum(np.bincount(group)[::-1])
        self._right = np.cumsum(np.bincount(group, correct)[::-1])
        places = np.arange(1, count + 1)
        self.kept = places / count
        self.accuracies = np.interp(places, [0, *self.counts], [0, *self._right]) / places
        self.mean = float(self.accuracies.mean())
        self.best = np.minimum(places, correct.sum()) / places
        self.best_mean = float(self.best.mean())
        self.chance = float(correct.mean())
        self.note = None
        if len(values) == 1:
            self.note = f"All {count:,} scores are {values[0]:.4g}: they put nothing before anything else."

    def kept_at(self, threshold: float) -> tuple[int, float | None]:
        """How many predictions score at least the threshold, and the accuracy of those; None if there are none."""
        group = int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1
        if group < 0:
            return 0, None
        return int(self.counts[group]), float(self._right[group] / self.counts[group])

    def threshold_for(self, share: float) -> float:
        """The highest threshold that keeps at least a share of the predictions, above 0 and at most 1.

        Raises
        ------
        ValueError
            If the share is not so.
        """
        if not 0 < share <= 1:
            raise ValueError(f"the share that is kept must be above 0 and at most 1, not {share:g}.")
        wanted = np.ceil(share * len(self.kept) - 1e-6)  # a share of thirds is met by thirds
        return float(self.thresholds[np.searchsorted(self.counts, wanted)])


def local_fidelity(
    probabilities: np.ndarray, places: np.ndarray, ks: Sequence[int], callback: Callback = silent
) -> np.ndarray:
    """M_k of a map (Xu et al. 2018, Eq. 4): how much the predictions of nearest neighbours differ, on average.

    M_k = 1/N sum_i 1/k sum_{j in NN_k(y_i)} JSD(p_i, p_j), where JSD is the Jensen-Shannon distance: the square root of
    the divergence in nats, from 0 (the same) to sqrt(log 2) = 0.83 (nothing in common). The paper compares the student's
    vectors; a map of t-SNE has no student, so here p are the teacher's, for every map.

    Neighbours are exact, and a point is none of its own. Of points equally far, as duplicates are, any may be taken:
    where they are told different things, M_k depends on which by as much as they are part of k.

    Parameters
    ----------
    probabilities : array (N, K)
        What the classifier says of each point; rows sum to 1. Zeros are fine.
    places : array (N, 2)
        Where each point lies on the map.
    ks : sequence of int
        Numbers of neighbours, each 1 to N - 1, in any order. One search, for the largest, serves all.
    callback : Callback
        Told the share that is done, for every million pairs.

    Returns
    -------
    float64 array (len(ks),)
        M_k of each k, in nats^(1/2); smaller is better.

    Raises
    ------
    ValueError
        If the arrays are not as described above, or a k is out of range.
    Cancelled
        If the callback raises it.
    """
    from scipy.spatial import KDTree  # loaded by the first who needs it
    from torch import get_num_threads

    probabilities = checked_probabilities(probabilities)
    places = checked_places(places, len(probabilities))
    counts = _checked_ks(ks, len(places))
    largest = int(counts.max())
    order = KDTree(places).indices  # close on the map, close in memory: a million points take a third of the time
    places, halves = places[order], probabilities[order].T / 2
    tree = KDTree(places)
    negative_entropy = np.zeros(len(places))
    for half in halves:
        negative_entropy += _x_log_x(2 * half)

    sums = np.zeros(largest)  # of the distances to the first neighbours, the second, ...
    step = max(1, PAIRS_AT_ONCE // largest)
    for start in range(0, len(places), step):
        rows = np.arange(start, min(start + step, len(places)))
        found = np.asarray(tree.query(places[rows], largest + 1, workers=get_num_threads())[1])
        # The point itself is left out: of several at its place it need not be the first, nor among those found.
        mine = found == rows[:, np.newaxis]
        mine[~mine.any(axis=1), -1] = True
        others = found[~mine].reshape(len(rows), largest)
        # A class at a time, in the same order as above: the divergence of equal vectors is then exactly 0.
        mixed = np.zeros(others.shape)
        for half in halves:
            mixed += _x_log_x(half[others] + half[rows, np.newaxis])
        divergence = (negative_entropy[rows, np.newaxis] + negative_entropy[others]) / 2 - mixed
        sums += np.sqrt(np.maximum(divergence, 0)).sum(axis=0)
        callback((rows[-1] + 1) / len(places), "comparing neighbours")
    return np.cumsum(sums)[counts - 1] / (len(places) * counts)


def _checked_ks(ks: Sequence[int], count: int) -> np.ndarray:
    counts = np.asarray(ks)
    if counts.ndim != 1 or counts.size == 0 or counts.dtype.kind not in "iu":
        raise ValueError(f"ks must be one or more whole numbers of neighbours, not {ks!r}.")
    bad = counts[(counts < 1) | (counts >= count)]
    if bad.size:
        raise ValueError(f"k must be 1 to {count - 1:,}, as a point has that many others, not {bad[0]:,}.")
    return counts


def _checked_scores(scores: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scores, correct = np.asarray(scores), np.asarray(correct)
    if scores.ndim != 1 or len(scores) < 1 or scores.dtype.kind not in "iuf":
        raise ValueError(f"scores must be numbers of shape (N,), one or more, not {scores.dtype} {scores.shape}.")
    if correct.shape != scores.shape or correct.dtype != bool:
        raise ValueError(
            f"there must be a true or false for each of {len(scores):,} scores, not {correct.dtype} {correct.shape}."
        )
    bad = np.flatnonzero(np.isnan(scores))
    if bad.size:
        raise ValueError(f"scores must be numbers, but that of prediction {bad[0]} is NaN ({bad.size:,} are so).")
    return scores.astype(np.float64), correct


def _x_log_x(numbers: np.ndarray) -> np.ndarray:
    """x log x, 0 at 0."""
    return numbers * np.log(np.maximum(numbers, np.finfo(np.float64).tiny))
