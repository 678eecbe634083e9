"""Training a variational autoencoder."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from models.checkpoint import Row
from models.data import ImageSet
from models.layers import output_layer
from models.optimisation import make_optimizer
from models.progress import Callback, silent
from models.teacher import Teacher, to_pixels
from models.training_loop import TrainingLoop
from models.vae.vae import VAE, Codes

STRIP_IMAGES = 10
ACTIVE = 0.01  # variance of a dimension's posterior means above which it carries something (Burda et al. 2016)
ALIKE = 0.95  # of the mean image's error, above which all images are decoded to much the same
PATIENT_STEPS = 300  # before a collapse is told
MOST_GRADIENT = 1.0  # norm of a step's gradient: the first steps of a calibrated decoder are steep
BLOCK = 1024  # images measured together
TINY = 1e-8  # under logarithms


@dataclass(frozen=True)
class VAESettings:
    """What `train_vae` was asked for; what each setting means stands there.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    beta: float
    warm_up: float
    teacher_weight: float
    seed: int

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch_size", 1), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"{name} must be a whole number, {least} or more, not {value!r}.")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be a finite number above 0, not {self.learning_rate!r}.")
        if not 0 <= self.warm_up <= 1:
            raise ValueError(f"warm_up must be a share of the steps, 0 to 1, not {self.warm_up!r}.")
        for name in ("beta", "teacher_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a finite number, 0 or more, not {getattr(self, name)!r}.")


class VAERecord(NamedTuple):
    """How training went. Row e of each array is epoch e, of E; row 0 is the untrained VAE.

    Attributes
    ----------
    train_mse, test_mse : float64 arrays (E + 1,)
        Mean squared error of reconstructions from the posterior means, pixels 0 to 1. That of train is of as many of its
        images as there are for testing.
    test_kl : float64 array (E + 1,)
        Of the posteriors from the prior, mean over the test images, in nats.
    kl_per_dim : float64 array (E + 1, d)
        Its parts, a dimension each.
    n_active : int64 array (E + 1,)
        Dimensions whose posterior means vary by more than 0.01 over the test images (active units, Burda et al. 2016).
    strips : uint8 array (E + 1, 10, C, h, w)
        The first test images, decoded, in the size inside; fewer where there are fewer.
    seconds : float64 array (E + 1,)
    """

    train_mse: np.ndarray
    test_mse: np.ndarray
    test_kl: np.ndarray
    kl_per_dim: np.ndarray
    n_active: np.ndarray
    strips: np.ndarray
    seconds: np.ndarray


class Preview(Protocol):
    """What is told of each epoch while a VAE learns."""

    def __call__(self, strip: np.ndarray, /, *, kl_per_dim: np.ndarray) -> None:
        """Take note of the strip of reconstructions, float32 (10, C, h, w), pixels 0 to 1, and of the divergence of each
        dimension over the test images, float64 (d,), nats."""
        ...


class CollapsedError(ValueError):
    """Every image is decoded to much the same picture."""


def train_vae(
    vae: VAE,
    image_set: ImageSet,
    *,
    teacher: Teacher | None = None,
    epochs: int = 20,
    batch_size: int = 128,
    learning_rate: float = 0.002,
    beta: float = 1.0,
    warm_up: float = 0.1,
    teacher_weight: float = 0.0,
    seed: int = 0,
    callback: Callback = silent,
    preview: Preview | None = None,
    checkpoint: Callable[[int, bytes], None] | None = None,
    resume: bytes | None = None,
) -> VAERecord:
    """Train a VAE in place, on the training images.

    The loss is the negative evidence lower bound with a calibrated decoder (Rybkin et al. 2021): the pixels are normal with
    one variance, the one that is likeliest for the batch, so that the error counts D/2 · log(mean squared error), D pixels
    and channels. Nobody then has to weigh it against the divergence, and β = 1 means the same for all images.

    Parameters
    ----------
    vae : VAE
        Changed in place; also where training is cancelled or fails half-way.
    image_set : ImageSet
        Images of the VAE's shape.
    teacher : Teacher, optional
        Needed where its features count.
    epochs, batch_size, seed
        See `models.training.train`.
    learning_rate : float
        The highest rate of one cycle of Adam's.
    beta : float
        Weight of the divergence from the prior (Higgins et al. 2017).
    warm_up : float
        The share of all steps over which that weight rises from 0.
    teacher_weight : float
        How much the teacher's features of a reconstruction are to be those of the image: 1 for as much as the pixels. Their
        error counts in the same way.
    callback : Callback
        Called at the end of each epoch with the metrics ``epoch``, ``train_mse``, ``test_mse``, ``kl`` and ``n_active``,
        and within it with ``epoch`` and ``loss``, the mean of its steps so far in nats a pixel.
    preview : Preview, optional
        Told of each epoch.
    checkpoint, resume
        See `models.training.train`.

    Returns
    -------
    VAERecord

    Raises
    ------
    ValueError
        If a setting is out of its range, the images do not fit, or `resume` is of another training.
    CollapsedError
        If after two epochs and 300 steps or more every image is still decoded to much the same.
    FloatingPointError
        If the loss overflows.
    Cancelled
        If the callback raises it.
    """
    settings = VAESettings(epochs, batch_size, learning_rate, beta, warm_up, teacher_weight, seed)
    if image_set.images.shape[1:] != vae.in_shape:
        raise ValueError(f"image_set must hold images of the shape {vae.in_shape}, not {image_set.images.shape[1:]}.")
    if teacher_weight and (teacher is None or teacher.in_shape != vae.in_shape):
        raise ValueError("teacher must be the classifier of these images where teacher_weight is above 0.")
    training = _Training(vae, image_set, teacher if teacher_weight else None, settings, callback, preview)
    training.begin(resume)
    while not training.is_over:
        training.run_epoch()
        if checkpoint:
            checkpoint(training.epoch, training.checkpoint().to_bytes())
    return training.record()


class Measured(NamedTuple):
    """How well images are decoded.

    Attributes
    ----------
    errors : float64 array (N,)
        Mean squared error an image.
    kl_per_dim : float64 array (d,)
        Nats.
    variances : float64 array (d,)
        Of the posterior means.
    """

    errors: np.ndarray
    kl_per_dim: np.ndarray
    variances: np.ndarray


def divergences(means: Tensor, log_variances: Tensor) -> Tensor:
    """Of normal posteriors from the standard normal prior, in nats, a dimension each: tensors (N, d) to (N, d)."""
    return (means**2 + log_variances.exp() - 1 - log_variances) / 2


def measure(vae: VAE, images: np.ndarray, callback: Callback = silent) -> Measured:
    """Measure reconstructions from the posterior means.

    Parameters
    ----------
    images : uint8 array (N, C, H, W)
    callback : Callback
        Called after each batch.

    Raises
    ------
    Cancelled
        If the callback raises it.
    """
    codes = vae.encode(images, callback)
    errors = np.empty(len(images))
    for start in range(0, len(images), BLOCK):
        rows = slice(start, start + BLOCK)
        decoded = vae.decode(codes.means[rows])
        errors[rows] = ((decoded - images[rows] / np.float32(255)) ** 2).mean(axis=(1, 2, 3))
        callback(min(start + BLOCK, len(images)) / len(images))
    return Measured(errors, mean_divergences(codes), codes.means.var(axis=0, dtype=np.float64))


def mean_divergences(codes: Codes) -> np.ndarray:
    """Of posteriors from the prior, mean over the images, in nats: float64 (d,), a dimension each."""
    apart = divergences(torch.tensor(codes.means).double(), 2 * torch.tensor(codes.deviations).double().log())
    return apart.mean(dim=0).numpy()


class FeatureError:
    """How far the teacher's features of two batches of images are apart: mean squared difference, with gradient.

    Parameters
    ----------
    teacher : Teacher
        Its weights take no gradient from here on.
    """

    def __init__(self, teacher: Teacher) -> None:
        self.teacher = teacher
        teacher.module.requires_grad_(False)
        self._layer = teacher.module.get_submodule(output_layer(teacher.layers(), teacher.n_classes))

    def __call__(self, pixels: Tensor, decoded: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = self._features(pixels)
        scale = wanted.var().clamp_min(TINY)
        return ((self._features(decoded) - wanted) ** 2).mean() / scale

    def _features(self, pixels: Tensor) -> Tensor:
        seen: list[Tensor] = []
        with self._layer.register_forward_hook(lambda _layer, inputs, _output: seen.append(inputs[0])):
            self.teacher.logits(pixels)
        return seen[0]


class _Training(TrainingLoop):
    """A VAE's training under way."""

    def __init__(
        self,
        vae: VAE,
        image_set: ImageSet,
        teacher: Teacher | None,
        settings: VAESettings,
        callback: Callback,
        preview: Preview | None,
    ) -> None:
        self.vae = vae
        self.settings = settings
        self.preview = preview
        self.features = FeatureError(teacher) if teacher else None
        train, test = image_set.images[: image_set.n_train], image_set.images[image_set.n_train :]
        self.images = torch.tensor(train, device=vae.device)
        self.test = test
        self.some_train = train[: len(test)]
        mean_image = train.mean(axis=0, dtype=np.float64)
        self.mean_error = float(((test - mean_image) ** 2).mean() / 255**2)
        optimizer = make_optimizer(vae.network.parameters(), "adam", settings.learning_rate, 0.0, 0.0, False)
        super().__init__(
            vae.network,
            vae.device,
            optimizer,
            len(train),
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            schedule="one-cycle",
            seed=settings.seed,
            loss="loss",
            callback=callback,
        )

    def record(self) -> VAERecord:
        """What training has come to."""
        columns = {name: np.array([row[name] for row in self.rows]) for name in VAERecord._fields if name != "strips"}
        return VAERecord(**columns, strips=np.stack([row["strip"] for row in self.rows]))

    def _loss(self, step: int, chosen: Tensor) -> Tensor:
        pixels = to_pixels(self.images[chosen])
        means, log_variances = self.vae.encode_tensor(pixels)
        codes = means + torch.exp(log_variances / 2) * torch.randn_like(means)
        decoded = self.vae.decode_tensor(codes)
        n_pixels = math.prod(self.vae.in_shape)
        loss = 0.5 * torch.log(((decoded - pixels) ** 2).mean() + TINY)
        if self.features:
            loss = loss + 0.5 * self.settings.teacher_weight * torch.log(self.features(pixels, decoded) + TINY)
        loss = loss + self._beta(step) / n_pixels * divergences(means, log_variances).sum(dim=1).mean()
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), MOST_GRADIENT)
        self.optimizer.step()
        return loss.detach()

    def _beta(self, step: int) -> float:
        rising = self.settings.warm_up * self.epochs * self.n_batches
        return self.settings.beta * (min(1.0, step / rising) if rising else 1.0)

    def _measure(self, callback: Callback) -> Row:
        self.network.eval()
        seen, learned = measure(self.vae, self.test, callback), measure(self.vae, self.some_train, callback)
        strip = self._strip()
        return {
            "train_mse": float(learned.errors.mean()),
            "test_mse": float(seen.errors.mean()),
            "test_kl": float(seen.kl_per_dim.sum()),
            "kl_per_dim": seen.kl_per_dim,
            "n_active": int((seen.variances > ACTIVE).sum()),
            "strip": np.rint(255 * strip).astype(np.uint8),
        }

    def _strip(self) -> np.ndarray:
        """The first test images, decoded, float32 (10, C, h, w); in the size inside, as an image may be large."""
        means = self.vae.encode(self.test[:STRIP_IMAGES]).means
        with torch.no_grad():
            return self.vae.network.decode(torch.tensor(means, device=self.device)).cpu().numpy()

    def _keep(self, epoch: int) -> None:
        row = self.rows[epoch]
        if epoch >= 2 and epoch * self.n_batches >= PATIENT_STEPS and row["test_mse"] > ALIKE * self.mean_error:
            raise CollapsedError(
                f"The VAE has collapsed: after epoch {epoch} every image is decoded to much the same picture (test error "
                f"{row['test_mse']:.4f}; the mean image has {self.mean_error:.4f}). Lower the learning rate, which is "
                f"{self.settings.learning_rate:g}, or β, which is {self.settings.beta:g}."
            )

    def _report_epoch(self, epoch: int) -> None:
        row = self.rows[epoch]
        if self.preview:
            self.preview(row["strip"] / np.float32(255), kl_per_dim=row["kl_per_dim"])
        self.callback(
            self._fraction(epoch),
            self._stage(epoch),
            epoch=epoch,
            train_mse=row["train_mse"],
            test_mse=row["test_mse"],
            kl=row["test_kl"],
            n_active=row["n_active"],
        )

    def _request(self) -> dict[str, Any]:
        vae = self.vae
        return asdict(self.settings) | {
            "in_shape": vae.in_shape,
            "latent_size": vae.latent_size,
            "n_train": self.n_images,
            "n_test": len(self.test),
        }
