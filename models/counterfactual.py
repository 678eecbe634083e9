"""The smallest step through the latent space after which the teacher takes an image for a chosen class."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.latent import ImageFunction, check_pair
from models.progress import Callback, silent
from models.randomness import seeded
from models.teacher import Teacher, softmax

NOISY = 4  # starts near the image, beside the image itself
NEAREST = 4  # starts half-way to the nearest known images of the class
NOISE = 0.3  # deviations, of the noisy starts
RATE = 0.05  # of Adam, in deviations a step
FIRST_WEIGHT = 0.02  # of the squared distance, beside the margin between the classes' scores
DEARER, CHEAPER = 1.15, 0.87  # what becomes of it after a step at which the class is, or is not, the target
WEIGHTS = (1e-5, 1e2)
MARGIN = 0.1  # by which the score of the target is to exceed the others'
CERTAIN = 0.01  # by which it must, so that rounding on another machine does not turn it back
IDLE = 60  # steps in a row that bring nothing better, after which the search ends
BETTER = 0.999  # of the distance so far, that counts as better
LOOKED_AT = 128  # places on the way from the image, for the first where the class is the target
HALVINGS = 12
LEAST_DEVIATION = 1e-6  # of an axis on which the data's codes do not differ


class Counterfactual(NamedTuple):
    """What a search has found.

    Attributes
    ----------
    reached : bool
        Whether the teacher takes the image for the target.
    code : float32 array (d,)
        The nearest code found where it does; else the one where it comes nearest to it.
    before, image : float32 arrays (C, H, W)
        The images at the start and at `code`, pixels 0 to 1.
    probabilities : float64 array (2, K)
        The teacher's of both.
    moved : float64 array (d,)
        From start to `code`, in deviations of the data's codes.
    distance : float
        The length of that.
    n_steps : int
        That the search took.
    """

    reached: bool
    code: np.ndarray
    before: np.ndarray
    image: np.ndarray
    probabilities: np.ndarray
    moved: np.ndarray
    distance: float
    n_steps: int


class Scale(NamedTuple):
    """How the data's codes are spread: what a step through the latent space is measured by.

    Attributes
    ----------
    deviations, lower, upper : float arrays (d,)
    """

    deviations: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def find_counterfactual(
    function: ImageFunction,
    teacher: Teacher,
    target: int,
    scale: Scale,
    known: np.ndarray | None = None,
    max_steps: int = 300,
    seed: int = 0,
    callback: Callback = silent,
) -> Counterfactual:
    """Search for the nearest code at which the teacher answers `target` (Wachter, Mittelstadt and Russell 2017).

    From several starts at once Adam lowers the margin by which another class leads, plus the squared distance from the
    image's code in deviations of the data's codes. The weight of the distance rises while the class is the target and falls
    while it is not, so that each start comes to the border where it is near. No code leaves the range of the data's codes.
    Of all that was seen the nearest is then shortened: the first place on the straight way to it at which the class is the
    target, found by halving. The teacher is asked of each of them, also of the image as bytes, as which it is shown.

    Parameters
    ----------
    function : ImageFunction
        Of the image; the search begins at its code.
    teacher : Teacher
        Of images of the same shape.
    target : int
        The class to be reached.
    scale : Scale
        Of the data's codes.
    known : float array (M, d), optional
        Codes of images that are of the target to the teacher: half-way to the nearest of them are further starts, and they
        themselves are tried.
    max_steps : int
        1 or more.
    seed : int
        Of the noise of the starts.
    callback : Callback
        Called after each step with the metric ``distance``, once there is one, or ``probability``, the best so far.

    Returns
    -------
    Counterfactual

    Raises
    ------
    ValueError
        If there is no such class, it is the teacher's answer already, or something does not fit the VAE.
    Cancelled
        If the callback raises it.
    """
    check_pair(function.vae, teacher)
    if isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 1:
        raise ValueError(f"max_steps must be a whole number, 1 or more, not {max_steps!r}.")
    if isinstance(target, bool) or not isinstance(target, int) or not 0 <= target < teacher.n_classes:
        raise ValueError(f"target must be a class, 0 to {teacher.n_classes - 1}, not {target!r}.")
    before = function(function.code[np.newaxis])
    if int(teacher.classify(before)[0].argmax()) == target:
        raise ValueError(f"The teacher takes the image for class {target} already; choose another class.")
    search = _Search(function, teacher, target, scale)
    n_steps = search.run(known, max_steps, seed, callback)
    if search.reached:
        search.shorten()
    code = search.code()
    image = function(code[np.newaxis])
    moved = (code.astype(np.float64) - function.code) / search.deviations
    return Counterfactual(
        search.reached,
        code,
        before[0],
        image[0],
        softmax(teacher.classify(np.concatenate([before, image]))),
        moved,
        float(np.linalg.norm(moved)),
        n_steps,
    )


class _Search:
    """A search under way. Codes are moves u (N, d) from the image's, in deviations of the data's codes."""

    def __init__(self, function: ImageFunction, teacher: Teacher, target: int, scale: Scale) -> None:
        d = function.vae.latent_size
        spread, lower, upper = (np.asarray(values, np.float64) for values in scale)
        if not spread.shape == lower.shape == upper.shape == (d,):
            raise ValueError(f"The scale must be of {d} latent values, not of {len(spread)}.")
        self.function, self.teacher, self.target = function, teacher, target
        self.deviations = np.maximum(spread, LEAST_DEVIATION)
        start = function.code.astype(np.float64)
        self._start, self._scale = self._tensor(start), self._tensor(self.deviations)
        self._lower = self._tensor((np.minimum(lower, start) - start) / self.deviations)
        self._upper = self._tensor((np.maximum(upper, start) - start) / self.deviations)
        self._best = torch.zeros_like(self._start)
        self._distance = torch.inf
        self._probability = -1.0

    @property
    def reached(self) -> bool:
        return self._distance < torch.inf

    def code(self) -> np.ndarray:
        """The best so far."""
        return self._codes(self._best).cpu().numpy()

    def run(self, known: np.ndarray | None, max_steps: int, seed: int, callback: Callback) -> int:
        """Descends from all starts; returns how many steps that took."""
        moves = self._starts(known, seed).requires_grad_()
        weights = torch.full((len(moves),), FIRST_WEIGHT, device=moves.device)
        optimizer = torch.optim.Adam([moves], lr=RATE)
        idle = 0
        for step in range(max_steps):
            images = self.function.tensor(self._codes(moves))
            scores = self.teacher.logits(images)
            margins = self._margins(scores)
            squares = (moves**2).sum(dim=1)
            loss = (MARGIN - margins).clamp_min(0) + weights * squares
            (gradient,) = torch.autograd.grad(loss.sum(), moves)
            with torch.no_grad():
                idle = 0 if self._note(moves.detach(), images, scores) else idle + 1
                weights = torch.where(margins > CERTAIN, weights * DEARER, weights * CHEAPER).clamp(*WEIGHTS)
                moves.grad = gradient
                optimizer.step()
                moves.clamp_(self._lower, self._upper)
            self._tell(step + 1, max_steps, callback)
            if self.reached and idle >= IDLE:
                return step + 1
        return max_steps

    @torch.no_grad()
    def shorten(self) -> None:
        """Makes the best step as short as the border on the straight way allows."""
        whole = self._best
        shares = torch.linspace(1 / LOOKED_AT, 1, LOOKED_AT, device=whole.device)
        there = self._is_target(shares[:, None] * whole)
        there[-1] = True  # known, and not to be lost to rounding
        end = float(shares[there.nonzero()[0, 0]])
        begin = end - 1 / LOOKED_AT
        for _ in range(HALVINGS):
            middle = (begin + end) / 2
            if bool(self._is_target(middle * whole[None])[0]):
                end = middle
            else:
                begin = middle
        self._best = end * whole

    def _starts(self, known: np.ndarray | None, seed: int) -> Tensor:
        """The image itself, places near it, and half-way to known images of the class; those are tried as they are."""
        d = len(self._start)
        with seeded(self._start.device, seed):
            near = NOISE * torch.randn(NOISY, d).to(self._start.device)
        starts = [torch.zeros(1, d, device=near.device), near]
        if known is not None and len(known):
            apart = (np.asarray(known, np.float64) - self.function.code) / self.deviations
            nearest = self._tensor(apart[np.argsort((apart**2).sum(axis=1), kind="stable")[:NEAREST]])
            nearest = nearest.clamp(self._lower, self._upper)
            with torch.no_grad():
                images = self.function.tensor(self._codes(nearest))
                self._note(nearest, images, self.teacher.logits(images))
            starts.append(nearest / 2)
        return torch.cat(starts).clamp(self._lower, self._upper)

    def _note(self, moves: Tensor, images: Tensor, scores: Tensor) -> bool:
        """Keeps the nearest move at which the class is the target, or before there is one that which comes nearest to it;
        tells whether it is better by a share that counts."""
        there = self._margins(scores) > CERTAIN
        lengths = torch.where(there, moves.norm(dim=1), torch.inf)
        order = lengths.argsort()
        for i in order[lengths[order] < self._distance].tolist():
            if not self._holds_as_bytes(images[i : i + 1])[0]:
                continue
            better = float(lengths[i]) < BETTER * self._distance
            self._best, self._distance = moves[i].clone(), float(lengths[i])
            return better
        if not self.reached:
            shares = scores.softmax(dim=1)[:, self.target]
            if float(shares.max()) > self._probability:
                self._probability = float(shares.max())
                self._best = moves[shares.argmax()].clone()
        return False

    def _is_target(self, moves: Tensor) -> Tensor:
        images = self.function.tensor(self._codes(moves))
        return (self._margins(self.teacher.logits(images)) > CERTAIN) & self._holds_as_bytes(images)

    def _holds_as_bytes(self, images: Tensor) -> Tensor:
        """Whether images, rounded to bytes, are of the target."""
        return self._margins(self.teacher.logits((255 * images).round() / 255)) > CERTAIN

    def _margins(self, scores: Tensor) -> Tensor:
        """By how much the target's score exceeds the best of the others (N,)."""
        others = scores.clone()
        others[:, self.target] = -torch.inf
        return scores[:, self.target] - others.max(dim=1).values

    def _codes(self, moves: Tensor) -> Tensor:
        return self._start + self._scale * moves

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.function.vae.device)

    def _tell(self, step: int, max_steps: int, callback: Callback) -> None:
        found = {"distance": self._distance} if self.reached else {"probability": self._probability}
        words = f"nearest so far {self._distance:.2f} deviations away" if self.reached else "not reached yet"
        callback(step / max_steps, f"step {step} of at most {max_steps}, {words}", **found)
