"""A map whose places a network computes, so that what moves a point can be followed back to the pixels."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import nn

from models.darksight.divergence import Targets, compare
from models.darksight.estimator import DarkSight, Preview
from models.darksight.plane import Plane
from models.darksight.predictions import divergence
from models.darksight.stored import as_bytes, from_bytes
from models.darksight.student import Student
from models.devices import pick_device
from models.progress import Callback, silent
from models.randomness import seeded

KEY = "darkroom.parametric-darksight"
LAYOUT = {"embedding_": ("float32", "N2"), "means_": ("float64", "K2"), "class_log_prior_": ("float64", "K")}
FIGURES = ("kl_divergence_", "agreement_", "n_features_in_")
NETWORK, MAP = "network.", "map"  # before the names of stored weights; of the map's own bytes

MAP_SHARE = 0.2  # of the work; to learn the map is the rest
PREVIEWS = 5  # while the network learns, in each of its two passes
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


class ParametricDarkSight(Plane):
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
        Chooses the first weights and the batches, and is the map's where that has none.
    callback : Callback, optional
        Told the share that is done: while the map is made as by `DarkSight`, whose own callback is not called, then after
        every epoch with the metric ``place_error``, the mean squared error of the places, and, while all is tuned,
        ``kl_divergence``.

    Attributes
    ----------
    embedding_ : float32 array (N, 2)
        What the network makes of P; NaN for hidden points.
    means_, class_log_prior_
        As of `DarkSight`, of the tuned student.
    darksight_ : DarkSight
        The map from which the network learned, as it was made.
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

    def fit(self, P: Any, y: Any = None, preview: Preview | None = None) -> "ParametricDarkSight":  # noqa: N803
        """Make the map, then learn it.

        Parameters
        ----------
        P : array (N, K)
            Probabilities.
        y : None
            Not looked at.
        preview : callable, optional
            As of `DarkSight.fit`; while the network learns it is shown what that makes of P.

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

        def tell(fraction: float | None, message: str = "", **metrics: float) -> None:
            callback(MAP_SHARE * (fraction or 0.0), f"the map: {message}", **metrics)

        made = cast(DarkSight, clone(self.darksight or DarkSight())).set_params(callback=tell)
        if made.random_state is None:
            made.set_params(random_state=int(random.randint(2**31 - 1)))
        self.darksight_ = made.fit(P, preview=preview).set_params(callback=None)
        self.n_features_in_ = made.n_features_in_
        predictions, shown = self.darksight_.read(P)
        predictions = predictions[shown]
        device = pick_device(self.darksight_.device or "auto")
        targets = self.darksight_.targets(predictions)
        goal = torch.as_tensor(self.darksight_.embedding_[shown]).to(device)
        with seeded(device, int(random.randint(2**31 - 1))):
            network = _Network(len(targets.p), self.hidden).to(device)
        network.scale_to(targets, goal)
        learned = self.darksight_.student().to(torch.float32).to(device)
        means, prior = learned.means.clone().requires_grad_(), learned.log_prior.clone().requires_grad_()

        def place_error(rows: torch.Tensor) -> torch.Tensor:
            return ((network(targets.log_p[:, rows].T) - goal[rows]) ** 2).mean()

        def mean_divergence(rows: torch.Tensor) -> torch.Tensor:
            student = Student(means, prior.log_softmax(0), learned.variance, learned.df)
            return compare(targets.take(rows), student, network(targets.log_p[:, rows].T).T)[0].mean()

        def show() -> None:
            if preview:
                places = np.full((len(shown), 2), np.nan, np.float32)
                with torch.no_grad():
                    places[shown] = network(targets.log_p.T).cpu().numpy()
                preview(places, means.detach().T.cpu().numpy())

        course = _Course(len(goal), self.epochs, random, callback, show)
        weights = list(network.parameters())
        course.run(weights, place_error, "place_error", self.learning_rate)
        course.run([*weights, means, prior], mean_divergence, "kl_divergence", TUNING_RATE * self.learning_rate)
        self.network_ = network.requires_grad_(False)
        self.means_ = means.detach().T.cpu().double().numpy()
        self.class_log_prior_ = prior.detach().cpu().double().log_softmax(0).numpy()
        self.embedding_ = self.transform(P)
        answers = self.predict_proba(self.embedding_[shown])
        self.kl_divergence_ = float(divergence(predictions, answers, self.darksight_.eps).mean())
        self.agreement_ = float((answers.argmax(1) == predictions.argmax(1)).mean())
        callback(1.0, "done", kl_divergence=self.kl_divergence_)
        return self

    @property
    def degrees(self) -> float:
        """See `Plane`."""
        return self.darksight_.degrees

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
        student = self.student().to(torch.float32).to(device)
        density = student.joint(self.network_(logs).T).log.logsumexp(0)
        (gradient,) = torch.autograd.grad(density.sum(), pixels)
        return InputGradient(density.detach().cpu().numpy(), gradient.cpu().numpy())

    def to_bytes(self) -> bytes:
        """Write map and network: all but `device`, `callback`, and a `random_state` that is a generator.

        Returns
        -------
        bytes
            safetensors; the same for the same map.
        """
        check_is_fitted(self)
        more = {NETWORK + name: tensor for name, tensor in self.network_.state_dict().items()}
        more[MAP] = torch.as_tensor(np.frombuffer(self.darksight_.to_bytes(), np.uint8).copy())
        return as_bytes(self, KEY, LAYOUT, FIGURES, more)

    @classmethod
    def from_bytes(cls, data: bytes, device: str | None = None) -> "ParametricDarkSight":
        """Read what `to_bytes` wrote; it answers as that did.

        Parameters
        ----------
        data : bytes
        device : str, optional
            See `DarkSight`.

        Raises
        ------
        ValueError
            If `data` is nothing of the kind.
        """
        made, more = from_bytes(cls, data, KEY, LAYOUT, FIGURES)
        try:
            made.darksight_ = DarkSight.from_bytes(more.pop(MAP).numpy().tobytes(), device)
            network = _Network(len(made.means_), made.hidden).requires_grad_(False)
            network.load_state_dict({name.removeprefix(NETWORK): tensor for name, tensor in more.items()})
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise ValueError("data must be a ParametricDarkSight, but its network or its map is none.") from error
        made.darksight = clone(made.darksight_)
        made.network_ = network.to(pick_device(device or "auto"))
        return made


class _Course:
    """How far the network has learned."""

    def __init__(
        self, count: int, epochs: int, random: np.random.RandomState, callback: Callback, show: Callable[[], None]
    ) -> None:
        self._count, self._epochs, self._random = count, epochs, random
        self._callback, self._show = callback, show
        self._done = 0

    def run(
        self, weights: Sequence[torch.Tensor], loss_of: Callable[[torch.Tensor], torch.Tensor], name: str, rate: float
    ) -> None:
        """Adam for as many epochs as are set. The name is that of the loss."""
        batches = min(self._count, max(BATCHES, self._count // BATCH))
        optimiser = torch.optim.Adam(weights, rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self._epochs * batches)
        for epoch in range(1, self._epochs + 1):
            total = 0.0
            for rows in np.array_split(self._random.permutation(self._count), batches):
                loss = loss_of(torch.as_tensor(rows).to(weights[0].device))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                total += float(loss.detach()) / batches
            self._done += 1
            share = MAP_SHARE + (1 - MAP_SHARE) * self._done / (2 * self._epochs + 1)
            message = f"the network: epoch {self._done} of {2 * self._epochs}"
            self._callback(share, message, **{name: total})
            if epoch == self._epochs or epoch % max(1, self._epochs // PREVIEWS) == 0:
                self._show()


class _Network(nn.Module):
    """From logs of probabilities (M, K) to places (M, 2)."""

    mean: torch.Tensor
    scale: torch.Tensor
    size: torch.Tensor

    def __init__(self, classes: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2 * classes, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 2)
        )
        for name in ("mean", "scale", "size"):
            self.register_buffer(name, torch.ones(()))

    def scale_to(self, targets: Targets, goal: torch.Tensor) -> None:
        """Take the numbers that go in and those to come out as numbers about 1."""
        self.mean.copy_(targets.log_p.mean())
        self.scale.copy_(targets.log_p.std().clamp_min(1e-3))
        self.size.copy_(goal.std().clamp_min(1e-3))

    def forward(self, logs: torch.Tensor) -> torch.Tensor:
        return self.layers(torch.cat([(logs - self.mean) / self.scale, logs.exp()], 1)) * self.size
