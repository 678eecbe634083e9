"""Arithmetic of refusal: thresholds on scores, what is kept and how much of it is right, how far apart two measures are."""

import math
from dataclasses import dataclass

import numpy as np

from dashboard.measures import NORMAL_95, wilson_interval


def threshold_for(scores: np.ndarray, share: float) -> float:
    """The highest score that at least a share of the predictions reach, so that equals stay together.

    Parameters
    ----------
    scores : (N,), N >= 1, the higher the more confident; none is NaN.
    share : above 0, at most 1.
    """
    wanted = max(1, math.ceil(share * len(scores) - 1e-6))  # a share of thirds is met by thirds
    place = len(scores) - wanted
    return float(np.partition(scores, place)[place])


@dataclass(frozen=True)
class Tally:
    """What comes of refusing some of `count` predictions.

    Attributes
    ----------
    kept : how many are answered.
    right : how many of these are right; None where that is not known.
    wrong : how many of the refused are wrong.
    """

    count: int
    kept: int
    right: int | None = None
    wrong: int | None = None

    @classmethod
    def of(cls, refused: np.ndarray, among: np.ndarray, correct: np.ndarray | None) -> "Tally":
        """Of masks (N,): which are refused, which are looked at, which are right (None where that is not known)."""
        kept = among & ~refused
        if correct is None:
            return cls(int(among.sum()), int(kept.sum()))
        return cls(
            int(among.sum()), int(kept.sum()), int((kept & correct).sum()), int((among & refused & ~correct).sum())
        )

    def words(self, what: str) -> str:
        """In a sentence; `what` the predictions are, such as "test images"."""
        if self.count == 0:
            return f"there are no {what}"
        refused = self.count - self.kept
        kept = f"keeps {self.kept:,} of {self.count:,} {what} ({percent(self.kept / self.count)})"
        lost = f"refuses {refused:,}" if refused else "refuses none"
        if self.right is not None and self.wrong is not None:
            if self.kept:
                low, high = wilson_interval(self.right, self.kept)
                ends = f"{percent(low, high).rstrip('%')} to {percent(high, low)}"
                kept += f", of which {percent(self.right / self.kept, low)} are right (95% interval {ends})"
            if refused:
                lost += f", of which {percent(self.wrong / refused)} are wrong"
        return f"{kept}; {lost}"


def percent(share: float, *beside: float) -> str:
    """A share, with a second decimal where the first would make all or nothing of it, or the same of it and what stands beside
    it: "98.1%", "99.94%"."""
    if share in (0, 1):
        return f"{share:.0%}"
    plain = all(0.01 < one < 0.99 or one in (0, 1) for one in (share, *beside))
    apart = all(abs(one - share) > 0.002 for one in beside)
    return f"{share:.1%}" if plain and apart else f"{share:.2%}"


def contributions(scores: np.ndarray, correct: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean accuracy A of a reject curve, the mean over k of acc_k, the accuracy of the k most confident of N; and how each
    prediction sways it.

    That is the influence function of A (Hampel 1974) at each prediction, of rank r: c sum_{j>=r} 1/j - sum_{j>=r} acc_j/j
    + acc_r - A, where c is 1 if it is right. Its mean is 0, and its variance by N that of A. Predictions of equal scores have
    no order; they get the mean over all their orders, as the curve does (`models.confidence.RejectCurve`).

    Parameters
    ----------
    scores : (N,), the higher the more confident; none is NaN.
    correct : bool (N,).

    Returns
    -------
    float, float64 array (N,)
    """
    values, group = np.unique(-scores, return_inverse=True)
    sizes = np.bincount(group, minlength=len(values))
    ends = np.cumsum(sizes)
    ranks = np.arange(1, len(scores) + 1)
    right = np.interp(ranks, [0, *ends], [0, *np.cumsum(np.bincount(group, correct, len(values)))])
    accuracy = right / ranks
    mean = float(accuracy.mean())
    weight, passed = (np.cumsum(terms[::-1])[::-1] for terms in (1 / ranks, accuracy / ranks))
    weight, rest = (np.add.reduceat(terms, ends - sizes) / sizes for terms in (weight, accuracy - passed))
    return mean, correct * weight[group] + rest[group] - mean


def difference(one: np.ndarray, other: np.ndarray, correct: np.ndarray) -> tuple[float, float]:
    """How much larger the mean accuracy of one measure's reject curve is than another's, and half of the 95 % interval of that.
    Both are of the same predictions, so that what is left to chance is largely left to both alike.

    Parameters
    ----------
    one, other : scores (N,) by the two measures.
    correct : bool (N,).
    """
    (mean, sways), (other_mean, other_sways) = contributions(one, correct), contributions(other, correct)
    return mean - other_mean, NORMAL_95 * float((sways - other_sways).std()) / math.sqrt(len(one))
