"""The best student: damped Gauss-Newton steps of means and prior, whose every point moves along to its best place.

Given the student, each point has two unknowns of its own; given the places, the student has three numbers a class. So the
points are eliminated from the equations of a step (Schur's complement, as bundle adjustment does it), which leaves a system
of 3 K unknowns, and after the step every point is placed anew before it is judged (variable projection, Golub & Pereyra 1973).
"""

from collections.abc import Callable

import numpy as np
import torch

from models.darksight.divergence import Targets, compare, slopes
from models.darksight.places import SAMPLE, place, search
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

Report = Callable[[int, Student, float], None]


def descend(
    targets: Targets,
    student: Student,
    places: torch.Tensor,
    rounds: int,
    tol: float,
    joint: bool,
    random: np.random.RandomState,
    report: Report,
) -> tuple[Student, torch.Tensor, float, int]:
    """Improve a student.

    Parameters
    ----------
    targets : Targets
    student : Student
        Where it begins.
    places : tensor (2, N)
        Where the points begin.
    rounds : int
        Steps of the student, at most.
    tol : float
        Ends when five rounds on end gain less than this share of the divergence.
    joint : bool
        Whether steps of the student reckon with the points' moving along (True), or hold them fast (coordinate descent).
    random : RandomState
    report : callable
        Told the number of each round, from 1, the student and the divergence after it.

    Returns
    -------
    student : Student
    places : tensor (2, N)
    divergence : float
        Weighted mean, nats.
    rounds : int
        That were done.
    """
    places, loss = place(targets, student, places, 2 * STEPS)
    damping, growth, idle, done = FIRST_DAMPING, 2.0, 0, 0
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
        report(done, student, now)
        idle = idle + 1 if before - now < tol * before else 0
        if idle == PATIENCE:
            break
    return student, places, float(loss @ targets.weights), done


class Step:
    """The equations of a step at one student and its points."""

    def __init__(self, targets: Targets, student: Student, places: torch.Tensor, joint: bool) -> None:
        self._targets, self._student, self._places = targets, student, places
        _, self._seen = compare(targets, student, places)
        self._slopes = slopes(targets, self._seen)
        self._joint = joint
        self._curve_points()
        self._build()

    def _curve_points(self) -> None:
        """Second derivatives by the places, and by place and log P(y, c)."""
        _, weight, _, x, y = self._slopes
        weight_x, weight_y = weight * x, weight * y
        mean_x, mean_y = weight_x.sum(0), weight_y.sum(0)
        self._xx = (weight_x * x).sum(0) - mean_x * mean_x + POINT_DAMPING
        self._xy = (weight_x * y).sum(0) - mean_x * mean_y
        self._yy = (weight_y * y).sum(0) - mean_y * mean_y + POINT_DAMPING
        self._mixed_x, self._mixed_y = weight_x - weight * mean_x, weight_y - weight * mean_y

    def _spread(self, by_class: torch.Tensor) -> torch.Tensor:
        """From what belongs to log P(y, c), (K, N), to what belongs to the student's numbers, (3 K, N)."""
        return torch.cat([-self._slopes.x * by_class, -self._slopes.y * by_class, by_class])

    def _build(self) -> None:
        """The Gauss-Newton matrix of the student without the points: of all classes together (1, 3 K, 3 K), or, where those
        are too many, of each by itself (K, 3, 3)."""
        gradient, weight, _, x, y = self._slopes
        points = self._targets.weights
        root = points.sqrt()
        columns = [self._spread(weight * root)]
        if self._joint:
            corner = self._xx.sqrt()
            below = self._xy / corner
            last = (self._yy - below * below).clamp_min(1e-12).sqrt()
            first = self._mixed_x / corner
            columns += [self._spread(first * root), self._spread((self._mixed_y - first * below) / last * root)]
        own = weight * points
        parts = torch.stack([-x, -y, torch.ones_like(x)])
        blocks = torch.einsum("ikn,kn,jkn->kij", parts, own, parts)
        if len(x) > MOST_COUPLED:
            for column in columns:
                mine = column.view(3, len(x), -1)
                blocks -= torch.einsum("ikn,jkn->kij", mine, mine)
            self._matrix = blocks.cpu().double()
        else:
            taken = torch.cat(columns, 1)
            self._matrix = -(taken @ taken.T).cpu().double()[None]
            whole, classes = self._matrix[0].view(3, len(x), 3, len(x)), torch.arange(len(x))
            whole[:, classes, :, classes] += blocks.cpu().double()
        self._gradient = self._spread(gradient * points).sum(1).cpu().double()

    def student(self, damping: float) -> tuple[Student, float]:
        """The student after a step, and what it should gain."""
        classes = len(self._student.log_prior)
        scale = torch.ones(3, classes, dtype=torch.float64)
        scale[:2] /= self._student.variance
        scale *= damping / classes
        gradient = self._gradient.view(3, classes)
        if len(self._matrix) == 1:
            gradient, scale = gradient.reshape(1, -1), scale.reshape(1, -1)
        else:
            gradient, scale = gradient.T, scale.T
        step = torch.linalg.solve(self._matrix + torch.diag_embed(scale), -gradient)
        foreseen = -float((gradient * step).sum()) - float(torch.einsum("bi,bij,bj->", step, self._matrix, step)) / 2
        step = (step if len(self._matrix) == 1 else step.T).reshape(3, classes).to(self._places.dtype)
        step = step.to(self._places.device)
        self._moved, self._raised = step[:2], step[2]
        prior = (self._student.log_prior + self._raised).log_softmax(0)
        return self._student._replace(means=self._student.means + self._moved, log_prior=prior), foreseen

    def places(self, tried: Student) -> torch.Tensor:
        """Where to begin to look for each point's new place: where it was, where the equations see it, or shifted with the
        means about it, whatever is best."""
        still = self._places
        if not self._joint:
            return still
        x, y = self._slopes.x, self._slopes.y
        change = self._raised[:, None] - x * self._moved[0][:, None] - y * self._moved[1][:, None]
        down_x, down_y = (self._mixed_x * change).sum(0), (self._mixed_y * change).sum(0)
        determinant = self._xx * self._yy - self._xy * self._xy
        along = (
            torch.stack([self._xy * down_y - self._yy * down_x, self._xy * down_x - self._xx * down_y]) / determinant
        )
        near = 1 / (self._seen.x**2 + self._seen.y**2 + self._student.variance)
        starts = [still, still + along, still + self._moved @ (near / near.sum(0))]
        losses = torch.stack([compare(self._targets, tried, start)[0] for start in starts])
        best = losses.argmin(0)
        return torch.where(best == 0, starts[0], torch.where(best == 1, starts[1], starts[2]))
