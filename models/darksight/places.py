"""The best place of each point for a given student: two unknowns a point, all points at once."""

from typing import NamedTuple

import torch

from models.darksight.divergence import Seen, Targets, compare, slopes
from models.darksight.student import Student

ELEMENTS = {"cpu": 1 << 18, "cuda": 1 << 24, "mps": 1 << 22}  # classes × points at once: what a cache, or a card, holds
LONGEST_STEP = 10.0  # of a Newton step, in units of the map
FIRST_DAMPING, LAST_DAMPING = 1e-4, 1e3
ARRIVED = 1e-5  # of its divergence a point must still gain by a step to take another
NEGLIGIBLE = 1e-3  # nats, that counts as divergence there
GRID = 24  # places a side
ALONG = (0.5, 0.2, 0.8, 0.35, 0.65, -0.1, 1.1, -0.3, 1.3)  # the line through two means
MOST_ALONG = 6_000  # places on lines; where the pairs are many, fewer of each line: they lie close as it is
PAIRS, SAMPLE = 150, 600  # of classes, three times as many as there are at least, and of points, whose places are tried
STARTS, STEPS = 4, 12  # of a point that is searched for
BAD = 0.02  # nats, from which a point is searched for, or half the mean where that is more


def place(
    targets: Targets, student: Student, places: torch.Tensor, steps: int, keep_answer: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Newton's method from given places. Points that have arrived are left out of further steps.

    Parameters
    ----------
    targets : Targets
    student : Student
    places : tensor (2, N)
    steps : int
        At most.
    keep_answer : bool
        Whether a step is refused after which the student answers otherwise than the teacher.

    Returns
    -------
    places : tensor (2, N)
    divergence : tensor (N,)
        Nowhere larger than it was at the places given.
    """
    count, most = places.shape[1], at_once(targets)
    if count > most:
        parts = [
            place(targets.take(rows), student, places[:, rows], steps, keep_answer)
            for rows in torch.arange(count, device=places.device).split(most)
        ]
        return torch.cat([part[0] for part in parts], 1), torch.cat([part[1] for part in parts])
    loss, seen = compare(targets, student, places)
    places, loss_of_all = places.clone(), loss.clone()
    rows, here = torch.arange(count, device=places.device), places
    damping = torch.full_like(loss, FIRST_DAMPING)
    for step in range(steps):
        tried = here + newton(targets, student, seen, damping)
        new_loss, new_seen = compare(targets, student, tried)
        better = new_loss < loss
        if keep_answer:
            better &= new_seen.q.argmax(0) == targets.p.argmax(0)
        gain = torch.where(better, loss - new_loss, torch.inf)
        damping = torch.where(better, damping * 0.2, (damping * 8).clamp_min(FIRST_DAMPING))
        here, loss = torch.where(better, tried, here), torch.where(better, new_loss, loss)
        places[:, rows], loss_of_all[rows] = here, loss
        going = (gain > ARRIVED * (loss + NEGLIGIBLE)) & (damping < LAST_DAMPING)
        left = int(going.sum())
        if left == 0 or step == steps - 1:
            break
        if left < 0.7 * len(rows):
            kept = going.nonzero()[:, 0]
            rows, here, loss, damping = rows[kept], here[:, kept], loss[kept], damping[kept]
            targets = targets.take(kept)
            seen = compare(targets, student, here)[1]
        else:
            seen = new_seen.where(better, seen)
    return places, loss_of_all


def newton(targets: Targets, student: Student, seen: Seen, damping: torch.Tensor) -> torch.Tensor:
    """The step (2, N) of each point, down also where the divergence is curved downwards."""
    gradient, weight, turn, x, y = slopes(targets, seen)
    own = gradient * (1 + student.bend) + weight
    q_x, q_y = (seen.q * x).sum(0), (seen.q * y).sum(0)
    turn_x, turn_y = (turn * x).sum(0), (turn * y).sum(0)
    down_x, down_y = (gradient * x).sum(0), (gradient * y).sum(0)
    round_ = (gradient * seen.pull).sum(0)
    own_x = own * x
    xx = (own_x * x).sum(0) + round_ - q_x * (q_x + turn_x)
    xy = (own_x * y).sum(0) - q_x * q_y - (turn_x * q_y + q_x * turn_y) / 2
    yy = (own * y * y).sum(0) + round_ - q_y * (q_y + turn_y)
    lifted = (-2 * lowest(xx, xy, yy)).clamp_min(0) + damping
    xx, yy = xx + lifted, yy + lifted
    determinant = (xx * yy - xy * xy).clamp_min(1e-20)
    step = torch.stack([xy * down_y - yy * down_x, xy * down_x - xx * down_y]) / determinant
    return step * (LONGEST_STEP / step.norm(dim=0).clamp_min(LONGEST_STEP))


def lowest(xx: torch.Tensor, xy: torch.Tensor, yy: torch.Tensor) -> torch.Tensor:
    """The smaller eigenvalue of each symmetric matrix of two rows."""
    return (xx + yy) / 2 - ((xx - yy) ** 2 / 4 + xy * xy).sqrt()


def search(
    targets: Targets, student: Student, places: torch.Tensor, loss: torch.Tensor, known: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Look all over the map for better places of the points that lie badly, as Newton's method sees only the next valley.

    Parameters
    ----------
    targets : Targets
    student : Student
    places : tensor (2, N)
    loss : tensor (N,)
        Their divergence.
    known : tensor (2, M)
        Places to try beside the means, the lines between them, and a grid.

    Returns
    -------
    places : tensor (2, N)
    divergence : tensor (N,)
    """
    bad = (loss > (loss.mean() / 2).clamp_min(BAD)).nonzero()[:, 0]
    if len(bad) == 0:
        return places, loss
    places, loss = places.clone(), loss.clone()
    tried = look_at(student, torch.cat([candidates(student), known], 1))
    for rows in bad.split(pairs_at_once(targets, tried)):
        found, found_loss = from_candidates(targets.take(rows), student, tried)
        better = found_loss < loss[rows]
        places[:, rows[better]], loss[rows[better]] = found[:, better], found_loss[better]
    return places, loss


class Tried(NamedTuple):
    """Places that may be tried for any point, and what the student says there.

    Attributes
    ----------
    places : tensor (2, M)
    q, log_q : tensors (K, M)
        The student's probabilities and their logs.
    """

    places: torch.Tensor
    q: torch.Tensor
    log_q: torch.Tensor


def look_at(student: Student, places: torch.Tensor) -> Tried:
    """What the student says at places (2, M), once for all points that they are tried for."""
    log_q = student.joint(places).log.log_softmax(0)
    return Tried(places, log_q.exp(), log_q)


def from_candidates(
    targets: Targets, student: Student, tried: Tried, keep_answer: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Newton's method from the best few of the same places for all points.

    Parameters
    ----------
    targets : Targets
        Of N points.
    student : Student
    tried : Tried
    keep_answer : bool
        Whether only places will do where the student answers as the teacher does, as far as any of those tried is one.

    Returns
    -------
    places : tensor (2, N)
    divergence : tensor (N,)
    """
    count, starts = targets.p.shape[1], min(STARTS, tried.places.shape[1])
    q, log_q = tried.q, tried.log_q
    # The divergence of every point at every candidate is two products of matrices; what depends on the point alone is left out.
    far = torch.addmm((q * log_q).sum(0), targets.p.T, log_q, alpha=-1).sub_(targets.log_p.T @ q)
    if keep_answer:
        far += 1e6 * (targets.p.argmax(0)[:, None] != q.argmax(0))
    chosen = far.topk(starts, 1, largest=False).indices.T.reshape(-1)
    several = targets.take(torch.arange(count, device=q.device).repeat(starts))
    found, loss = place(several, student, tried.places[:, chosen], STEPS, keep_answer)
    best = loss.view(starts, count).min(0)
    return found.view(2, starts, count).gather(1, best.indices.expand(2, 1, -1))[:, 0], best.values


def candidates(student: Student) -> torch.Tensor:
    """Places (2, M) where points may lie: the means, the lines through those near each other, a grid over all."""
    means, classes = student.means, student.means.shape[1]
    first, second = torch.triu_indices(classes, classes, 1, device=means.device)
    apart = (means[:, first] - means[:, second]).norm(dim=0)
    nearest = apart.topk(min(max(PAIRS, 3 * classes), len(first)), largest=False).indices
    one, other = means[:, first[nearest]], means[:, second[nearest]]
    lines = [one * share + other * (1 - share) for share in ALONG[: max(1, MOST_ALONG // len(nearest))]]
    low, high = means.min(1).values, means.max(1).values
    side = torch.linspace(-0.2, 1.2, GRID, device=means.device, dtype=means.dtype)
    grid = torch.stack(torch.meshgrid(side, side, indexing="ij")).reshape(2, -1)
    return torch.cat([means, *lines, low[:, None] + grid * (high - low)[:, None]], 1)


def answer_alike(targets: Targets, student: Student, places: torch.Tensor) -> torch.Tensor:
    """Places (2, N) of which those are moved where the student answers otherwise than the teacher, if there are better.

    What is best for the divergence may be a hair on the wrong side of a border, or far off it: for such a point the best
    place is taken where the answer is the same.
    """
    wrong = (student.joint(places).log.argmax(0) != targets.p.argmax(0)).nonzero()[:, 0]
    if len(wrong) == 0:
        return places
    places, tried = places.clone(), look_at(student, candidates(student))
    for rows in wrong.split(pairs_at_once(targets, tried)):
        theirs = targets.take(rows)
        found, _ = from_candidates(theirs, student, tried, keep_answer=True)
        right = student.joint(found).log.argmax(0) == theirs.p.argmax(0)
        places[:, rows[right]] = found[:, right]
    return places


def at_once(targets: Targets) -> int:
    """How many points are worked on at a time."""
    return max(1, ELEMENTS[targets.p.device.type] // len(targets.p))


def pairs_at_once(targets: Targets, tried: Tried) -> int:
    """How many points are searched for at a time."""
    return max(1, min(at_once(targets), 4 * ELEMENTS[tried.q.device.type] // tried.q.shape[1]))
