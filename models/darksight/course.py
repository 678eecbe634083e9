"""The course of a fit: several starts, of which the best goes on, samples that follow what is hard, then all points."""

import math
from collections.abc import Callable

import numpy as np
import torch

from models.darksight.descent import Descent, descend
from models.darksight.divergence import Targets
from models.darksight.places import SAMPLE, answer_alike, at_once, place, search
from models.darksight.start import POWERS, arrange, draw, first_places
from models.darksight.student import Student

LEAST_SAMPLE, SAMPLE_PER_CLASS, SAMPLE_SHARE = 1_000, 10, 0.1
HEAT = 6  # steps of every start before the worse half of them is given up; the others go twice as many before the next
STAGE = 15  # steps on a sample before another is drawn
COOLING, COOLING_STEPS = 4, 3  # temperatures above the last, and steps at each
SETTLING = 10  # steps of Newton's method when all points are placed
ROUNDS_SHARE = 0.8  # of the work; to place all points is the rest

Tell = Callable[[float, str, float | None], None]
Show = Callable[[Student, torch.Tensor], None]


class Course:
    """Finds a student, and a place for every point.

    Parameters
    ----------
    targets : Targets
        All points.
    variance, df : float
        Of the student.
    joint : bool
        See `descend`.
    max_iter, tol, n_init
        See `DarkSight`.
    cooling : float
        The first temperature over the last; 1 for none.
    random : RandomState
    tell : callable
        Told the share that is done, a message, and after a step the divergence of the sample.
    show : callable
        Told the student and all places, now and then.
    """

    def __init__(
        self,
        targets: Targets,
        variance: float,
        df: float,
        joint: bool,
        max_iter: int,
        tol: float,
        n_init: int,
        cooling: float,
        random: np.random.RandomState,
        tell: Tell,
        show: Show,
    ) -> None:
        self._targets = targets
        self._variance, self._df = variance, df
        self._joint, self._max_iter, self._tol, self._n_init, self._cooling = joint, max_iter, tol, n_init, cooling
        self._random, self._tell, self._show = random, tell, show
        classes, count = targets.p.shape
        self._sample = max(LEAST_SAMPLE, SAMPLE_PER_CLASS * classes, int(SAMPLE_SHARE * count))
        self._heats = []  # how many starts run in each, and so many steps: (4, 6), (2, 12)
        steps = HEAT
        while n_init > 1:
            self._heats.append((n_init, steps))
            n_init, steps = n_init // 2, 2 * steps
        self._steps_of_start = COOLING * COOLING_STEPS if cooling > 1 else 0
        self._planned = self._steps_of_start * self._n_init + max_iter
        self._planned += sum(starts * steps for starts, steps in self._heats)
        self._done = 0

    def run(self) -> tuple[Student, torch.Tensor, int]:
        """The student, places (2, N), and how many steps led to them."""
        unsure = 1 - self._targets.p.max(0).values
        best = self._race(unsure + unsure.mean() + 1e-6)
        best = best._replace(places=first_places(self._targets, best.student.means))
        places, loss = self._settle(best)
        self._show(best.student, places)
        left = self._max_iter
        while left > 0:
            rows, weights = draw(loss + loss.mean() + 1e-6, self._sample, self._random)
            sample = self._targets.take(rows)._replace(weights=weights)
            tried = self._descend(sample, best._replace(places=places[:, rows]), min(STAGE, left), self._tol)
            left -= tried.rounds - best.rounds
            moved = self._settle(tried._replace(places=places))
            better = moved[1].mean() < loss.mean()
            best = tried if better else best._replace(rounds=tried.rounds)
            places, loss = moved if better else (places, loss)
            self._show(best.student, places)
        student, places = upright(best.student, places)
        return student, answer_alike(self._targets, student, places), best.rounds

    def _race(self, scores: torch.Tensor) -> Descent:
        """The best of several starts on one sample."""
        rows, weights = draw(scores, self._sample, self._random)
        sample = self._targets.take(rows)._replace(weights=weights)
        entrants = [self._begin(sample, POWERS[number % len(POWERS)]) for number in range(self._n_init)]
        for starts, steps in self._heats:
            entrants = [self._descend(sample, entrant, steps, 0) for entrant in entrants[:starts]]
            entrants.sort(key=lambda entrant: entrant.loss)
        return entrants[0]

    def _begin(self, sample: Targets, power: float) -> Descent:
        """A start: classes arranged by likeness, points among them, and what cooling there is."""
        means = arrange(sample, power, self._random)
        prior = torch.full_like(means[0], -math.log(len(means[0])))
        start = Descent(Student(means, prior, self._variance, self._df), first_places(sample, means))
        if self._steps_of_start:
            for heat in np.geomspace(self._cooling, 1, COOLING + 1)[:-1]:
                warm = sample._replace(log_p=(sample.log_p / float(heat)).log_softmax(0))
                warm = warm._replace(p=warm.log_p.exp())
                start = self._descend(warm, start, COOLING_STEPS, 0)
        return start

    def _descend(self, sample: Targets, begin: Descent, steps: int, tol: float) -> Descent:
        """`descend`, and what it takes is told."""

        def report(loss: float) -> None:
            self._done += 1
            share = ROUNDS_SHARE * min(1, self._done / self._planned)
            self._tell(share, f"step {self._done} of at most {self._planned}", loss)

        return descend(sample, begin, steps, tol, self._joint, self._random, report)

    def _settle(self, reached: Descent) -> tuple[torch.Tensor, torch.Tensor]:
        """All points at their best places from those given, and their divergence."""
        student, places = reached.student, reached.places
        some = torch.as_tensor(self._random.randint(places.shape[1], size=SAMPLE)).to(places.device)
        known = place(self._targets.take(some), student, places[:, some], SETTLING)[0]
        parts = []
        for rows in torch.arange(places.shape[1], device=places.device).split(8 * at_once(self._targets)):
            targets = self._targets.take(rows)
            parts.append(search(targets, student, *place(targets, student, places[:, rows], SETTLING), known))
            share = ROUNDS_SHARE * min(1, self._done / self._planned)
            self._tell(share, f"{int(rows[-1]) + 1:,} of {places.shape[1]:,} points placed", None)
        return torch.cat([part[0] for part in parts], 1), torch.cat([part[1] for part in parts])


def upright(student: Student, places: torch.Tensor) -> tuple[Student, torch.Tensor]:
    """The same map with its means about 0, widest from left to right."""
    centre = student.means.mean(1, keepdim=True)
    means = (student.means - centre).cpu().double()
    turned = torch.linalg.eigh(means @ means.T).eigenvectors.flip(1).T
    turned = turned.to(means.dtype).to(places.dtype).to(places.device)
    return student._replace(means=turned @ (student.means - centre)), turned @ (places - centre)
