"""The map itself, as an estimator of scikit-learn."""

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from models.darksight.course import Course
from models.darksight.divergence import Targets
from models.darksight.places import SAMPLE, answer_alike, candidates, from_candidates, look_at
from models.darksight.plane import Plane
from models.darksight.predictions import clipped, divergence, read_predictions, softened
from models.darksight.stored import as_bytes, from_bytes
from models.darksight.student import Student, covariance
from models.devices import pick_device
from models.progress import Callback, silent

Preview = Callable[[np.ndarray, np.ndarray], None]

KEY = "darkroom.darksight"
LAYOUT = {
    "embedding_": ("float32", "N2"),
    "shown_": ("bool", "N"),
    "means_": ("float64", "K2"),
    "class_log_prior_": ("float64", "K"),
}
FIGURES = ("kl_divergence_", "agreement_", "n_iter_", "n_hidden_", "n_features_in_")
PAIRS_AT_ONCE = 1 << 23  # of points and places that are tried, by `transform`


class DarkSight(Plane):
    """DarkSight (Xu et al. 2018): places on which a simple student can mimic a classifier, whose predictions P these are.

    The student is naive Bayes (Eq. 3): to each class a Student-t, or a Gaussian, of the fixed covariance √(log K)·I, and a
    soft-max prior. Places and student together make the mean symmetric divergence (Eq. 1, 2) small. Where the paper descends
    by stochastic gradients, here every step solves for all points and the student at once (`descent`); steps are taken on
    samples in which points that are hard to place are likelier and count less, from several arrangements of the classes
    by likeness. At the end all points are placed. A point that the student would answer otherwise than the teacher is put
    where it answers alike, if it can.

    Probabilities are clipped at `eps` and normalised again, for the divergence only: it is infinite where one is 0.

    Quicker: ``n_init=1, max_iter=15``. Finer: ``n_init=12, max_iter=60``.

    Parameters
    ----------
    n_components : int
        The dimensions of the map, which is a plane: 2.
    conditional : {"t", "gaussian"}
        What the places of a class are to the student.
    df : float
        Degrees of freedom of "t", above 0.
    temperature : float
        The student mimics softmax(log P / temperature) (App. B.3): above 1 the points spread more.
    optimizer : {"joint", "coordinate"}
        Whether a step of the student reckons with the points' moving along, or holds them fast, as the paper's coordinate
        descent does, to compare.
    classes : sequence of int, optional
        Only these columns of P, two or more, normalised over them (App. B.2; its Eq. 7 sums over points, which is taken for
        an error). Points with less than 0.05 in them are hidden: their places are NaN, and no figure counts them.
    eps : float
        The smallest probability, in the divergence.
    max_iter : int
        Steps of the student, at most, after the best start is chosen.
    tol : float
        A sample is left when five steps on end gain less than this share of its divergence each.
    n_init : int
        Starts; all go a few steps, the better half goes on, until one is left.
    anneal_from : float, optional
        Each start begins at this temperature and cools to `temperature`; by default none is needed.
    random_state : int, RandomState or None
        Chooses starts and samples. The same makes the same map on the same machine with as many threads.
    device : str, optional
        Where to compute: "cpu", "cuda", "cuda:1", "mps"; by default the fastest there is.
    callback : Callback, optional
        Told the share that is done, after each step with the metric ``kl_divergence`` of the sample. What it raises ends
        the fit.

    Attributes
    ----------
    embedding_ : float32 array (N, 2)
        The places, widest from left to right. Units are those of the covariance.
    means_ : float64 array (K, 2)
        Centres of the classes, on average at 0.
    class_log_prior_ : float64 array (K,)
    kl_divergence_ : float
        Mean symmetric divergence of ``predict_proba(embedding_)`` from P itself, at temperature 1, in nats.
    agreement_ : float
        Share of the points of which the student's most probable class is the teacher's.
    n_iter_ : int
        Steps of the student that led to the map.
    shown_ : bool array (N,)
        False for points that are hidden.
    n_hidden_ : int
    """

    n_features_in_: int

    def __init__(
        self,
        n_components: int = 2,
        conditional: Literal["t", "gaussian"] = "t",
        df: float = 2.0,
        temperature: float = 1.0,
        optimizer: Literal["joint", "coordinate"] = "joint",
        classes: Any = None,
        eps: float = 1e-12,
        max_iter: int = 45,
        tol: float = 1e-4,
        n_init: int = 4,
        anneal_from: float | None = None,
        random_state: Any = None,
        device: str | None = None,
        callback: Callback | None = None,
    ) -> None:
        self.n_components = n_components
        self.conditional = conditional
        self.df = df
        self.temperature = temperature
        self.optimizer = optimizer
        self.classes = classes
        self.eps = eps
        self.max_iter = max_iter
        self.tol = tol
        self.n_init = n_init
        self.anneal_from = anneal_from
        self.random_state = random_state
        self.device = device
        self.callback = callback

    def fit(self, P: Any, y: Any = None, preview: Preview | None = None) -> "DarkSight":  # noqa: N803
        """Find the student and the places.

        Parameters
        ----------
        P : array (N, K)
            Probabilities, at least as many points as classes.
        y : None
            Not looked at.
        preview : callable, optional
            Called with the places so far, float32 (N, 2), NaN for hidden points, and the means (K, 2), several times.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If P is not as described above or a setting is not; the sentence says which.
        """
        self._check_settings()
        predictions, shown = self.read(P, fitting=True)
        if shown.sum() < predictions.shape[1]:
            raise ValueError(
                f"P must have at least as many points as classes, to learn a map from, but n_samples = {int(shown.sum()):,} "
                f"for {predictions.shape[1]:,} classes."
            )
        self.shown_, self.n_hidden_ = shown, int((~shown).sum())
        predictions = predictions[shown]

        callback = self.callback or silent
        callback(0.0, "arranging the classes")

        def tell(share: float, message: str, loss: float | None) -> None:
            callback(share, message, **({} if loss is None else {"kl_divergence": loss}))

        def show(student: Student, places: torch.Tensor) -> None:
            if preview:
                preview(self._all(places), student.means.T.cpu().numpy())

        course = Course(
            self.targets(predictions),
            covariance(predictions.shape[1]),
            self.degrees,
            self.optimizer == "joint",
            self.max_iter,
            self.tol,
            self.n_init,
            (self.anneal_from or self.temperature) / self.temperature,
            check_random_state(self.random_state),
            tell,
            show,
        )
        student, places, self.n_iter_ = course.run()
        self.means_ = student.means.T.cpu().double().numpy()
        self.class_log_prior_ = student.log_prior.cpu().double().numpy()
        self.class_log_prior_ -= np.logaddexp.reduce(self.class_log_prior_)
        self.embedding_ = self._all(places)
        answers = self.predict_proba(self.embedding_[shown])
        self.kl_divergence_ = float(divergence(predictions, answers, self.eps).mean())
        self.agreement_ = float((answers.argmax(1) == predictions.argmax(1)).mean())
        callback(1.0, "done", kl_divergence=self.kl_divergence_)
        return self

    def transform(self, P: Any) -> np.ndarray:  # noqa: N803
        """Where unseen predictions belong on the map, which stays as it is: Newton's method from the best of many places.

        Parameters
        ----------
        P : array (M, K)
            Probabilities of as many classes as in `fit`.

        Returns
        -------
        float32 array (M, 2)
            NaN for points that are hidden, see `classes`.

        Raises
        ------
        ValueError
            If P is not as described above.
        """
        check_is_fitted(self)
        predictions, shown = self.read(P)
        student = self.student().to(self._device()).to(torch.float32)
        known = self.embedding_[self.shown_]
        known = known[np.linspace(0, len(known) - 1, SAMPLE).astype(int)]
        known = torch.as_tensor(known.T).to(self._device())
        tried = look_at(student, torch.cat([candidates(student), known], 1))
        found = np.full((len(shown), 2), np.nan, np.float32)
        rows = np.flatnonzero(shown)
        for some in np.array_split(rows, max(1, len(rows) * tried.q.shape[1] // PAIRS_AT_ONCE)):
            targets = self.targets(predictions[some])
            places, _ = from_candidates(targets, student, tried)
            found[some] = answer_alike(targets, student, places).T.cpu().numpy()
        return found

    def to_bytes(self) -> bytes:
        """Write the fitted map: all but `device`, `callback`, and a `random_state` that is a generator.

        Returns
        -------
        bytes
            safetensors; the same for the same map.
        """
        return as_bytes(self, KEY, LAYOUT, FIGURES)

    @classmethod
    def from_bytes(cls, data: bytes, device: str | None = None) -> "DarkSight":
        """Read a map that `to_bytes` wrote; it answers as that did.

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
        return from_bytes(cls, data, KEY, LAYOUT, FIGURES)[0].set_params(device=device)

    def read(self, P: Any, fitting: bool = False) -> tuple[np.ndarray, np.ndarray]:  # noqa: N803
        """Predictions for this map: of its classes, and which of them are shown; see `read_predictions`."""
        checked = validate_data(
            self, P, reset=fitting, dtype="numeric", ensure_all_finite=False, ensure_min_features=1 if fitting else 0
        )
        return read_predictions(checked, self.classes)

    @property
    def degrees(self) -> float:
        """See `Plane`."""
        return math.inf if self.conditional == "gaussian" else float(self.df)

    def targets(self, predictions: np.ndarray) -> Targets:
        """What the student is to say of predictions: clipped, softened, where the map computes."""
        logs = softened(np.log(clipped(predictions, self.eps)), self.temperature)
        log_p = torch.as_tensor(np.ascontiguousarray(logs.T, np.float32)).to(self._device())
        return Targets(log_p.exp(), log_p, torch.full_like(log_p[0], 1 / len(logs)))

    def _check_settings(self) -> None:
        if self.n_components != 2:
            raise ValueError(f"n_components must be 2, as the map is a plane, not {self.n_components!r}.")
        for name, allowed in (("conditional", ("t", "gaussian")), ("optimizer", ("joint", "coordinate"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be {' or '.join(allowed)}, not {getattr(self, name)!r}.")
        for name in ("df", "temperature", "eps"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be above 0 and finite, not {getattr(self, name)!r}.")
        if self.eps > 0.01:
            raise ValueError(f"eps must be 0.01 or less, as all smaller probabilities count as it, not {self.eps!r}.")
        if not 0 <= self.tol < 1:
            raise ValueError(f"tol must be 0 or more and below 1, not {self.tol!r}.")
        for name in ("max_iter", "n_init"):
            if not getattr(self, name) >= 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)!r}.")
        if self.anneal_from is not None and not self.temperature <= self.anneal_from < math.inf:
            raise ValueError(
                f"anneal_from must be the temperature, {self.temperature:g}, or more, not {self.anneal_from!r}."
            )

    def _all(self, places: torch.Tensor) -> np.ndarray:
        """Places (2, n) of the points that are shown as float32 (N, 2), NaN for the others."""
        embedding = np.full((len(self.shown_), 2), np.nan, np.float32)
        embedding[self.shown_] = places.T.cpu().numpy()
        return embedding

    def _device(self) -> torch.device:
        return pick_device(self.device or "auto")
