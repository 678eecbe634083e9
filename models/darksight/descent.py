"""The best student: damped Newton steps of means and prior, whose every point moves along to its best place.

Given the student, each point has two unknowns of its own; given the places, the student has three numbers a class. So the
points are eliminated from the equations of a step (Schur's complement, as bundle adjustment does it), which leaves a system
of 3 K unknowns, and after the step every point is placed anew before it is judged (variable projection, Golub & Pereyra 1973).
Second derivatives are whole: where a few points make most of the divergence, the Gauss-Newton part alone takes ten times as
many steps. Where the divergence is curved downwards, a step goes down by as much as if it were curved up (saddle-free Newton,
Dauphin et al. 2014).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from models.darksight.divergence import Targets, compare, slopes
from models.darksight.places import SAMPLE, lowest, place, search
from models.darksight.student import Student

FIRST_DAMPING, LEAST_DAMPING = 1e-3, 1e-7
POINT_DAMPING = 1e-4
MOST_COUPLED = 60  # classes, beyond which each is stepped by itself: all together cost their number squared a point
SLOWEST = 1 / 3  # of the damping that is left after a step that went as foreseen
TRIALS = 6  # of a step, each shorter
STEPS = 8  # of Newton's method for the points, after each
SEARCHES = (0, 3, 6)  # rounds before which misplaced points are searched for, and every fifth after
SEARCH_EVERY = 5
PATIENCE = 5  # rounds that may gain less than the tolerance

Report = Callable[[float], None]


class Descent(NamedTuple):
    """Where a descent has come to.

    Attributes
    ----------
    student : Student
    places : tensor (2, N)
    loss : float
        The divergence, weighted mean, nats; infinite before the first step.
    damping : float
        Of the next step.
    rounds : int
        That were done.
    """

    student: Student
    places: torch.Tensor
    loss: float = float("inf")
    damping: float = FIRST_DAMPING
    rounds: int = 0


def descend(
    targets: Targets,
    begin: Descent,
    rounds: int,
    tol: float,
    joint: bool,
    random: np.random.RandomState,
    report: Report,
) -> Descent:
    """Improve a student.

    Parameters
    ----------
    targets : Targets
    begin : Descent
        Where the student and the points begin, which may be points of another descent.
    rounds : int
        Steps of the student, at most.
    tol : float
        Ends when five rounds on end gain less than this share of the divergence.
    joint : bool
        Whether steps of the student reckon with the points' moving along (True), or hold them fast (coordinate descent).
    random : RandomState
    report : callable
        Told after each round the divergence.

    Returns
    -------
    Descent
    """
    student, _, _, damping, before_all = begin
    places, loss = place(targets, student, begin.places, 2 * STEPS)
    growth, idle, done = 2.0, 0, 0
    while done < rounds:
        before = float(loss @ targets.weights)
        if done in SEARCHES or done % SEARCH_EVERY == 0:
            known = places[:, torch.as_tensor(random.randint(places.shape[1], size=SAMPLE)).to(places.device)]
            places, loss = search(targets, student, places, loss, known)
        start = float(loss @ targets.weights)
        step = Step(targets, student, places, joint)
        gain = foreseen = 0.0
        tried, moved, moved_loss = student, places, loss
        for _ in range(TRIALS):
            tried, foreseen = step.student(damping)
            moved, moved_loss = place(targets, tried, step.places(tried), STEPS)
            gain = start - float(moved_loss @ targets.weights)
            if gain > 0:
                break
            damping, growth = damping * growth, growth * 2
        done += 1
        if gain > 0:
            student, places, loss = tried, moved, moved_loss
            as_foreseen = min(gain / max(foreseen, 1e-30), 1.0)
            damping = max(damping * max(SLOWEST, 1 - (2 * as_foreseen - 1) ** 3), LEAST_DAMPING)  # (Nielsen 1999)
            growth = 2.0
        now = min(start, start - gain)
        report(now)
        idle = idle + 1 if before - now < tol * before else 0
        if idle == PATIENCE:
            break
    return Descent(student, places, float(loss @ targets.weights), damping, before_all + done)


class Step:
    """The equations of a step at one student and its points."""

    def __init__(self, targets: Targets, student: Student, places: torch.Tensor, joint: bool) -> None:
        self._targets, self._student, self._places, self._joint = targets, student, places, joint
        _, self._seen = compare(targets, student, places)
        self._slopes = slopes(targets, self._seen)
        # By log P(y, c), the second derivatives are diag(own) - out outᵀ + half halfᵀ: see `Slopes`.
        gradient, weight, turn, _, _ = self._slopes
        self._own, self._out, self._half = gradient + weight, self._seen.q + turn / 2, turn / 2
        self._round, self._bent = gradient * self._seen.pull, gradient * student.bend
        if joint:
            self._curve_points()
        self._solve(*self._build())

    def _curve_points(self) -> None:
        """Second derivatives by the places, lifted where they are not above 0, and by student and place, (3 K, N) each."""
        x, y = self._slopes.x, self._slopes.y
        classes, sums, self._mixed = len(x), [], []
        for number, slope in enumerate((x, y)):
            across = (
                self._own * slope - self._out * (self._out * slope).sum(0) + self._half * (self._half * slope).sum(0)
            )
            bent = across + self._bent * slope
            column = torch.cat([-x * bent, -y * bent, across])
            column[number * classes : (number + 1) * classes] -= self._round
            self._mixed.append(column)
            sums.append(((x * bent).sum(0), (y * bent).sum(0)))
        round_ = self._round.sum(0)
        xx, xy, yy = sums[0][0] + round_, sums[0][1], sums[1][1] + round_
        lifted = (-2 * lowest(xx, xy, yy)).clamp_min(0) + POINT_DAMPING
        self._xx, self._xy, self._yy = xx + lifted, xy, yy + lifted

    def _spread(self, by_class: torch.Tensor) -> torch.Tensor:
        """From what belongs to log P(y, c), (K, N), to what belongs to the student's numbers, (3 K, N)."""
        return torch.cat([-self._slopes.x * by_class, -self._slopes.y * by_class, by_class])

    def _build(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Second derivatives by the student without the points, and first ones: of all classes together, (1, 3 K, 3 K) and
        (1, 3 K), or, where those are too many, of each by itself, (K, 3, 3) and (K, 3)."""
        x, y = self._slopes.x, self._slopes.y
        classes, points = len(x), self._targets.weights
        root = points.sqrt()
        taken = [self._spread(self._out * root)]
        if self._joint:
            corner = self._xx.sqrt()
            below = self._xy / corner
            last = (self._yy - below * below).clamp_min(1e-12).sqrt()
            first = self._mixed[0] / corner
            taken += [first * root, (self._mixed[1] - first * below) * (root / last)]
        added = self._spread(self._half * root)
        parts = torch.stack([-x, -y, torch.ones_like(x)])
        blocks = torch.einsum("ikn,kn,jkn->kij", parts, self._own * points, parts)
        blocks[:, :2, :2] += torch.einsum("ikn,kn,jkn->kij", parts[:2], self._bent * points, parts[:2])
        blocks[:, [0, 1], [0, 1]] += (self._round @ points)[:, None]
        gradient = (self._spread(self._slopes.gradient) @ points).cpu().double().view(3, classes)
        if classes > MOST_COUPLED:
            for column, sign in [(added, 1), *((column, -1) for column in taken)]:
                mine = column.view(3, classes, -1)
                blocks += sign * torch.einsum("ikn,jkn->kij", mine, mine)
            return blocks.cpu().double(), gradient.T
        matrix = added @ added.T
        for column in taken:
            matrix -= column @ column.T
        matrix, each = matrix.cpu().double(), torch.arange(classes)
        matrix.view(3, classes, 3, classes)[:, each, :, each] += blocks.cpu().double()
        return matrix[None], gradient.reshape(1, -1)

    def _solve(self, matrix: torch.Tensor, gradient: torch.Tensor) -> None:
        """Eigenvalues, so that a step of another damping costs nothing. A mean is measured by the spread of its class."""
        classes = len(self._slopes.x)
        unit = torch.tensor([self._student.variance, self._student.variance, 1.0], dtype=torch.float64) * classes
        unit = unit.repeat_interleave(classes)[None] if len(matrix) == 1 else unit.expand(classes, 3)
        self._unit = unit.sqrt()
        self._curved, self._along = torch.linalg.eigh(matrix * self._unit[:, :, None] * self._unit[:, None, :])
        self._down = torch.einsum("bji,bj->bi", self._along, -gradient * self._unit)

    def student(self, damping: float) -> tuple[Student, float]:
        """The student after a step, and what it should gain."""
        classes = len(self._slopes.x)
        way = self._down / (self._curved.abs() + damping)
        foreseen = float((way * (self._down - way * self._curved / 2)).sum())
        step = torch.einsum("bij,bj->bi", self._along, way) * self._unit
        step = (step if len(step) == 1 else step.T).reshape(3, classes).to(self._places.dtype).to(self._places.device)
        self._moved, self._raised = step[:2], step[2]
        prior = (self._student.log_prior + self._raised).log_softmax(0)
        return self._student._replace(means=self._student.means + self._moved, log_prior=prior), foreseen

    def places(self, tried: Student) -> torch.Tensor:
        """Where to begin to look for each point's new place: where it was, where the equations see it, or shifted with the
        means about it, whatever is best."""
        still = self._places
        if not self._joint:
            return still
        step = torch.cat([self._moved.reshape(-1), self._raised])
        down_x, down_y = step @ self._mixed[0], step @ self._mixed[1]
        determinant = self._xx * self._yy - self._xy * self._xy
        along = (
            torch.stack([self._xy * down_y - self._yy * down_x, self._xy * down_x - self._xx * down_y]) / determinant
        )
        near = 1 / (self._seen.x**2 + self._seen.y**2 + self._student.variance)
        starts = [still, still + along, still + self._moved @ (near / near.sum(0))]
        losses = torch.stack([compare(self._targets, tried, start)[0] for start in starts])
        best = losses.argmin(0)
        return torch.where(best == 0, starts[0], torch.where(best == 1, starts[1], starts[2]))
