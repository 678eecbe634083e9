"""The student: a naive Bayes classifier of places on the map."""

import math
from typing import NamedTuple

import torch


class Joint(NamedTuple):
    """How the student sees places. K classes, N places.

    Attributes
    ----------
    log : tensor (K, N)
        log P(y, c): density and prior.
    x, y : tensors (K, N)
        From each mean to each place.
    pull : tensor (K, N)
        What the two are multiplied with to give the gradient of the log by the place.
    """

    log: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor
    pull: torch.Tensor


def covariance(classes: int) -> float:
    """Of a class, √(log K) times the identity (App. C)."""
    return math.sqrt(math.log(classes))


class Student(NamedTuple):
    """Naive Bayes (Eq. 3): a Student-t or a Gaussian to a class, all of one fixed covariance, and a prior.

    Attributes
    ----------
    means : tensor (2, K)
    log_prior : tensor (K,)
    variance : float
        The covariance is so many times the identity.
    df : float
        Degrees of freedom; infinite for Gaussians.
    """

    means: torch.Tensor
    log_prior: torch.Tensor
    variance: float
    df: float

    @property
    def bend(self) -> float:
        """The Hessian of a log-density f by the place is `pull` times the identity and `bend` times ∇f ∇fᵀ."""
        return 2 / (self.df + 2)

    @property
    def constant(self) -> float:
        """The log-density of a class at its mean."""
        if math.isinf(self.df):
            return -math.log(2 * math.pi * self.variance)
        half = self.df / 2
        return math.lgamma(half + 1) - math.lgamma(half) - math.log(self.df * math.pi * self.variance)

    def joint(self, places: torch.Tensor) -> Joint:
        """log P(y, c) of places (2, N) and what its derivatives are made of."""
        x = places[0] - self.means[0][:, None]
        y = places[1] - self.means[1][:, None]
        square = x * x + y * y
        at_mean = (self.log_prior + self.constant)[:, None]
        if math.isinf(self.df):
            return Joint(at_mean - square / (2 * self.variance), x, y, torch.full_like(square, -1 / self.variance))
        tail = 1 + square * (1 / (self.df * self.variance))
        pull = tail.reciprocal() * (-(self.df + 2) / (self.df * self.variance))
        return Joint(at_mean - tail.log() * ((self.df + 2) / 2), x, y, pull)

    def to(self, kind: torch.dtype | torch.device) -> "Student":
        """The same elsewhere, or of another precision."""
        return self._replace(means=self.means.to(kind), log_prior=self.log_prior.to(kind))
