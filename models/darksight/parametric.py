"""A map whose places a network computes, so that what moves a point can be followed back to the pixels."""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import nn

from models.darksight.divergence import Targets, compare
from models.darksight.estimator import DarkSight
from models.darksight.predictions import divergence
from models.darksight.student import Student
from models.devices import pick_device
from models.progress import Callback, silent
from models.randomness import seeded

BATCH, BATCHES = 500, 10  # points in each, and how many of them an epoch has at least
TUNING_RATE = 0.3  # of the learning rate, when places and student are tuned together
ROWS_AT_ONCE = 100_000


class InputGradient(NamedTuple):
    """Which pixels make a prediction usual.

    Attributes
    ----------
    log_density : float32 array (N,)
        log P(y) of each image's place.
    gradient : float32 array (N, C, H, W)
        Of it by the pixels: where it is positive, a brighter pixel makes the prediction more usual.
    """

    log_density: np.ndarray
    gradient: np.ndarray


class ParametricDarkSight(TransformerMixin, BaseEstimator):
    """DarkSight whose places are f_p(P), computed by a network (Xu et al. 2018, App. B.1).

    First a map is made without it; the network learns its places, by their squared error; then network and student are
    tuned together on the symmetric divergence (Eq. 1). The network has two hidden layers and is given the logs of the
    probabilities and the probabilities.

    Parameters
    ----------
    darksight : DarkSight, optional
        The settings of the map; those of `DarkSight` by default.
    hidden : int
        Units of each hidden layer.
    epochs : int
        Over all points, first for the places and then as many for the tuning.
    learning_rate : float
        Of Adam at first; it falls to 0 along a cosine, twice.
    random_state : int, RandomState or None
        Chooses the first weights and the batches.
    callback : Callback, optional
        Told the share that is done, after every epoch with the metric ``loss``. The map's own callback is not called.

    Attributes
    ----------
    embedding_ : float32 array (N, 2)
        What the network makes of P; NaN for hidden points.
    darksight_ : DarkSight
        The map, with the tuned student. Its own places are those from before.
    network_ : torch module
        From the logs of clipped probabilities (M, K) to places (M, 2).
    kl_divergence_, agreement_ : float
        As of `DarkSight`, of the network's places.
    """

    def __init__(
        self,
        darksight: DarkSight | None = None,
        hidden: int = 128,
        epochs: int = 40,
        learning_rate: float = 3e-3,
        random_state: Any = None,
        callback: Callback | None = None,
    ) -> None:
        self.darksight = darksight
        self.hidden = hidden
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.callback = callback

    def fit(self, P: Any, y: Any = None) -> "ParametricDarkSight":  # noqa: N803
        """Make the map, then learn it.

        Parameters
        ----------
        P : array (N, K)
            Probabilities.
        y : None
            Not looked at.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If P or a setting is not as described above.
        """
        if not (self.hidden >= 1 and self.epochs >= 1 and self.learning_rate > 0):
            raise ValueError(
                f"hidden and epochs must be 1 or more and learning_rate above 0, not {self.hidden!r}, {self.epochs!r} and "
                f"{self.learning_rate!r}."
            )
        callback = self.callback or silent
        random = check_random_state(self.random_state)
        callback(0.0, "making the map")
        self.darksight_ = cast(DarkSight, clone(self.darksight or DarkSight())).set_params(callback=None).fit(P)
        self.n_features_in_ = self.darksight_.n_features_in_
        predictions, shown = self.darksight_.read(P)
        predictions = predictions[shown]
        device = pick_device(self.darksight_.device or "auto")
        targets = self.darksight_.targets(predictions)
        goal = torch.as_tensor(self.darksight_.embedding_[shown]).to(device)
        with seeded(device, int(random.randint(2**31 - 1))):
            self.network_ = _Network(targets, goal, self.hidden).to(device)
        learned = self.darksight_.student().to(torch.float32).to(device)
        means, prior = learned.means.clone().requires_grad_(), learned.log_prior.clone().requires_grad_()

        def place_error(rows: torch.Tensor) -> torch.Tensor:
            return ((self.network_(targets.log_p[:, rows].T) - goal[rows]) ** 2).mean()

        def mean_divergence(rows: torch.Tensor) -> torch.Tensor:
            student = Student(means, prior.log_softmax(0), learned.variance, learned.df)
            return compare(targets.take(rows), student, self.network_(targets.log_p[:, rows].T).T)[0].mean()

        weights: list[torch.Tensor] = list(self.network_.parameters())
        self._learn(weights, place_error, self.learning_rate, goal, random, 0)
        tuned = [*weights, means, prior]
        self._learn(tuned, mean_divergence, TUNING_RATE * self.learning_rate, goal, random, self.epochs)
        self.darksight_.means_ = means.detach().T.cpu().double().numpy()
        self.darksight_.class_log_prior_ = prior.detach().cpu().double().log_softmax(0).numpy()
        self.embedding_ = self.transform(P)
        answers = self.predict_proba(self.embedding_[shown])
        self.kl_divergence_ = float(divergence(predictions, answers, self.darksight_.eps).mean())
        self.agreement_ = float((answers.argmax(1) == predictions.argmax(1)).mean())
        callback(1.0, "done", kl_divergence=self.kl_divergence_)
        return self

    def fit_transform(self, P: Any, y: Any = None) -> np.ndarray:  # noqa: N803
        """Fit, and return `embedding_`."""
        return self.fit(P).embedding_

    def transform(self, P: Any) -> np.ndarray:  # noqa: N803
        """What the network makes of predictions.

        Parameters
        ----------
        P : array (M, K)
            Probabilities of as many classes as in `fit`.

        Returns
        -------
        float32 array (M, 2)
            NaN for points that are hidden, see `DarkSight`.

        Raises
        ------
        ValueError
            If P is not as described above.
        """
        check_is_fitted(self)
        predictions, shown = self.darksight_.read(P)
        places = np.full((len(shown), 2), np.nan, np.float32)
        rows = np.flatnonzero(shown)
        for some in np.array_split(rows, max(1, len(rows) // ROWS_AT_ONCE)):
            with torch.no_grad():
                found = self.network_(self.darksight_.targets(predictions[some]).log_p.T)
            places[some] = found.cpu().numpy()
        return places

    def predict_proba(self, Y: Any) -> np.ndarray:  # noqa: N803
        """See `DarkSight.predict_proba`."""
        check_is_fitted(self)
        return self.darksight_.predict_proba(Y)

    def score_samples(self, Y: Any) -> np.ndarray:  # noqa: N803
        """See `DarkSight.score_samples`."""
        check_is_fitted(self)
        return self.darksight_.score_samples(Y)

    def input_gradient(self, images: np.ndarray, classify: Callable[[torch.Tensor], torch.Tensor]) -> InputGradient:
        """The gradient of log P(f_p(P(c | x))) by the pixels x: a heat-map of what makes a prediction usual.

        Parameters
        ----------
        images : float array (N, C, H, W)
            As the classifier takes them.
        classify : callable
            From a float32 tensor (N, C, H, W) on the map's device to logits (N, K), differentiable, each image by itself.

        Returns
        -------
        InputGradient

        Raises
        ------
        ValueError
            If the classifier does not tell as many classes apart as the map was fitted with.
        """
        check_is_fitted(self)
        device = pick_device(self.darksight_.device or "auto")
        pixels = torch.as_tensor(np.asarray(images, np.float32)).to(device).requires_grad_()
        logits = classify(pixels)
        if logits.ndim != 2 or logits.shape[1] != self.n_features_in_:
            raise ValueError(
                f"classify must return logits of the shape (N, {self.n_features_in_}), not {tuple(logits.shape)}."
            )
        chosen = self.darksight_.classes
        logits = logits if chosen is None else logits[:, [int(number) for number in chosen]]
        least = float(np.log(self.darksight_.eps))
        logs = logits.log_softmax(1).clamp_min(least).div(self.darksight_.temperature).log_softmax(1)
        student = self.darksight_.student().to(torch.float32).to(device)
        density = student.joint(self.network_(logs).T).log.logsumexp(0)
        (gradient,) = torch.autograd.grad(density.sum(), pixels)
        return InputGradient(density.detach().cpu().numpy(), gradient.cpu().numpy())

    def _learn(
        self,
        weights: list[torch.Tensor],
        loss_of: Callable[[torch.Tensor], torch.Tensor],
        rate: float,
        goal: torch.Tensor,
        random: np.random.RandomState,
        before: int,
    ) -> None:
        """Adam for as many epochs as are set, after so many."""
        callback = self.callback or silent
        batches = min(len(goal), max(BATCHES, len(goal) // BATCH))
        optimiser = torch.optim.Adam(weights, rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self.epochs * batches)
        for epoch in range(1, self.epochs + 1):
            total = 0.0
            for rows in np.array_split(random.permutation(len(goal)), batches):
                loss = loss_of(torch.as_tensor(rows).to(goal.device))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                total += float(loss.detach()) / batches
            done = before + epoch
            callback(done / (2 * self.epochs + 1), f"epoch {done} of {2 * self.epochs}", loss=total)


class _Network(nn.Module):
    """From logs of probabilities (M, K) to places (M, 2)."""

    mean: torch.Tensor
    scale: torch.Tensor
    size: torch.Tensor

    def __init__(self, targets: Targets, goal: torch.Tensor, hidden: int) -> None:
        super().__init__()
        classes = len(targets.p)
        self.layers = nn.Sequential(
            nn.Linear(2 * classes, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 2)
        )
        self.register_buffer("mean", targets.log_p.mean())
        self.register_buffer("scale", targets.log_p.std().clamp_min(1e-3))
        self.register_buffer("size", goal.std().clamp_min(1e-3))

    def forward(self, logs: torch.Tensor) -> torch.Tensor:
        return self.layers(torch.cat([(logs - self.mean) / self.scale, logs.exp()], 1)) * self.size
