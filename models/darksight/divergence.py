"""What the map is to make small: the symmetric Kullback-Leibler divergence of the student from the teacher."""

from typing import NamedTuple

import torch

from models.darksight.student import Student


class Targets(NamedTuple):
    """What the student is to say. K classes, N points.

    Attributes
    ----------
    p, log_p : tensors (K, N)
        The teacher's probabilities, nowhere 0, and their logs.
    weights : tensor (N,)
        What each point counts; they sum to about 1.
    """

    p: torch.Tensor
    log_p: torch.Tensor
    weights: torch.Tensor

    def take(self, rows: torch.Tensor) -> "Targets":
        """Some of the points."""
        return Targets(self.p[:, rows], self.log_p[:, rows], self.weights[rows])


class Seen(NamedTuple):
    """The student's answers beside the teacher's.

    Attributes
    ----------
    q : tensor (K, N)
        The student's probabilities.
    ratio : tensor (K, N)
        log p - log q.
    x, y, pull : tensors (K, N)
        See `Joint`.
    """

    q: torch.Tensor
    ratio: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor
    pull: torch.Tensor

    def where(self, chosen: torch.Tensor, other: "Seen") -> "Seen":
        """These at the chosen points, the other's elsewhere."""
        return Seen(*(torch.where(chosen, mine, theirs) for mine, theirs in zip(self, other, strict=True)))


def compare(targets: Targets, student: Student, places: torch.Tensor) -> tuple[torch.Tensor, Seen]:
    """Divergence (KL(p, q) + KL(q, p)) / 2 of each point in nats (N,), and what it came from."""
    log, x, y, pull = student.joint(places)
    log_q = log - torch.logsumexp(log, 0)
    q = log_q.exp()
    ratio = targets.log_p - log_q
    return ((targets.p - q) * ratio).sum(0) / 2, Seen(q, ratio, x, y, pull)


class Slopes(NamedTuple):
    """First and second derivatives of the divergence by log P(y, c), as far as they belong to one class.

    The second derivatives are diag(gradient + weight) - q qᵀ - (turn qᵀ + q turnᵀ) / 2, of which the latter two are
    -(q + turn / 2)(q + turn / 2)ᵀ + (turn / 2)(turn / 2)ᵀ.

    Attributes
    ----------
    gradient : tensor (K, N)
    weight : tensor (K, N)
        (p + q) / 2.
    turn : tensor (K, N)
        The gradient of KL(q, p).
    x, y : tensors (K, N)
        Of log P(y, c) by the place.
    """

    gradient: torch.Tensor
    weight: torch.Tensor
    turn: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor


def slopes(targets: Targets, seen: Seen) -> Slopes:
    """The derivatives of the divergence at the places that were seen."""
    q, ratio = seen.q, seen.ratio
    turn = q * ((q * ratio).sum(0) - ratio)
    gradient = (q - targets.p).add_(turn).mul_(0.5)
    weight = (q + targets.p).mul_(0.5)
    return Slopes(gradient, weight, turn, seen.pull * seen.x, seen.pull * seen.y)
