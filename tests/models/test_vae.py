"""The variational autoencoder: shapes and sizes, what is stored, and whether training finds what images vary in."""

import numpy as np
import pytest
import torch

from models.data import ImageSet
from models.progress import Cancelled
from models.tensors import pack
from models.vae import VAE, Codes, CollapsedError, train_vae
from models.vae.network import inner_size
from models.vae.training import FeatureError, divergences, mean_divergences, measure

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"epochs": 2, "batch_size": 50}


def spots(count: int, n_train: int, side: int = 28) -> ImageSet:
    """A soft spot that lies anywhere: all that such images vary in is its two coordinates."""
    random = np.random.default_rng(0)
    middles = random.uniform(0.25 * side, 0.75 * side, (count, 2))
    rows, columns = np.mgrid[:side, :side]
    squares = (rows - middles[:, :1, np.newaxis]) ** 2 + (columns - middles[:, 1:, np.newaxis]) ** 2
    images = np.rint(255 * np.exp(-squares / (2 * (side / 8) ** 2))).astype(np.uint8)
    labels = (middles[:, 0] > middles[:, 1]).astype(np.int64)
    return ImageSet("spots", images[:, np.newaxis], labels, ("low", "high"), n_train)


def middles_of(images: np.ndarray) -> np.ndarray:
    """The centres of brightness (N, 2)."""
    shares = images[:, 0] / images.sum(axis=(1, 2, 3), keepdims=True)[:, 0]
    return np.stack([(shares.sum(axis=axis) * np.arange(shares.shape[-1])).sum(axis=1) for axis in (2, 1)], axis=1)


def share_explained(codes: np.ndarray, wanted: np.ndarray) -> float:
    """Of the variance, by a polynomial of the second degree fitted to the first 300."""
    squares = np.stack([codes[:, i] * codes[:, j] for i in range(codes.shape[1]) for j in range(i + 1)], axis=1)
    terms = np.concatenate([np.ones((len(codes), 1)), codes, squares], axis=1)
    weights = np.linalg.lstsq(terms[:300], wanted[:300], rcond=None)[0]
    return float(1 - ((terms @ weights - wanted)[300:] ** 2).sum() / ((wanted - wanted.mean(axis=0))[300:] ** 2).sum())


@pytest.fixture(scope="module")
def spot_set():
    return spots(400, 300)


@pytest.fixture(scope="module")
def learned(spot_set, one_thread):
    """A VAE of four latent values, and how its training went."""
    vae = VAE.create((1, 28, 28), 4, device="cpu")
    return vae, train_vae(vae, spot_set, epochs=12, batch_size=25)


@pytest.mark.parametrize(
    ("size", "inside"),
    [
        ((28, 28), (28, 28)),
        ((32, 32), (32, 32)),
        ((64, 64), (64, 64)),
        ((8, 8), (28, 28)),
        ((30, 45), (32, 44)),
        ((224, 224), (64, 64)),
        ((100, 200), (32, 64)),
        ((10, 640), (28, 64)),
    ],
)
def test_the_size_inside_follows_the_rule(size, inside):
    assert inner_size(*size) == inside
    assert all(side % 4 == 0 and 28 <= side <= 64 for side in inside)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 8, 8), (3, 30, 45), (3, 100, 200)])
def test_images_come_back_in_their_own_size(shape):
    vae = VAE.create(shape, 5, device="cpu")
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    codes = vae.encode(images)
    decoded = vae.decode(codes.means)
    assert codes.means.shape == codes.deviations.shape == (3, 5)
    assert decoded.shape == images.shape
    assert decoded.dtype == np.float32
    assert (codes.deviations > 0).all()
    assert 0 <= decoded.min() <= decoded.max() <= 1


def test_the_divergence_is_that_of_normal_distributions():
    random = np.random.default_rng(0)
    means, deviations = (
        random.normal(0, 2, (20, 3)).astype(np.float32),
        random.uniform(0.1, 3, (20, 3)).astype(np.float32),
    )
    posterior = torch.distributions.Normal(torch.tensor(means), torch.tensor(deviations))
    wanted = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    got = divergences(torch.tensor(means), 2 * torch.tensor(deviations).log())
    assert torch.allclose(got, wanted, atol=1e-5)
    assert mean_divergences(Codes(means, deviations)) == pytest.approx(wanted.mean(dim=0).numpy(), rel=1e-5)


def test_training_finds_the_two_coordinates(learned, spot_set):
    vae, record = learned
    mean_image = spot_set.images[:300].mean(axis=0)
    blind = ((spot_set.images[300:] - mean_image) ** 2).mean() / 255**2
    assert record.test_mse[-1] < 0.05 * blind
    codes = vae.encode(spot_set.images).means
    assert share_explained(codes, middles_of(spot_set.images)) > 0.95


def test_the_record_has_a_row_an_epoch(learned):
    _, record = learned
    assert record.strips.shape == (13, 10, 1, 28, 28)
    assert record.kl_per_dim.shape == (13, 4)
    assert len(record.train_mse) == len(record.test_mse) == len(record.seconds) == 13
    assert record.test_kl == pytest.approx(record.kl_per_dim.sum(axis=1))
    assert record.n_active[-1] >= 2


def test_what_is_noted_is_what_the_vae_does(learned, spot_set):
    vae, record = learned
    test = spot_set.images[300:]
    decoded = vae.decode(vae.encode(test).means)
    errors = ((decoded - test / np.float32(255)) ** 2).mean(axis=(1, 2, 3))
    assert measure(vae, test).errors == pytest.approx(errors)
    assert record.test_mse[-1] == pytest.approx(errors.mean())
    assert np.array_equal(record.strips[-1], np.rint(255 * decoded[:10]).astype(np.uint8))


def test_it_is_stored_and_read_again(learned, spot_set):
    vae, _ = learned
    data = vae.to_bytes()
    read = VAE.from_bytes(data, "cpu")
    assert read.to_bytes() == data
    assert np.array_equal(read.encode(spot_set.images[:5]).means, vae.encode(spot_set.images[:5]).means)
    codes = np.random.default_rng(1).normal(size=(5, 4))
    assert np.array_equal(read.decode(codes), vae.decode(codes))


def test_what_is_decoded_has_a_gradient(learned):
    vae, _ = learned
    code = torch.zeros(1, 4, requires_grad=True)
    vae.decode_tensor(code).sum().backward()
    assert code.grad is not None
    assert (code.grad != 0).any()


@pytest.mark.parametrize(
    "data", [b"", b"x" * 100, pack({"a": torch.zeros(2)}, "darkroom.vae", {"in_shape": [1, 28, 28]})]
)
def test_other_bytes_are_refused(data):
    with pytest.raises(ValueError, match="data must be a VAE in the safetensors format"):
        VAE.from_bytes(data)


def trained_bytes(images, **settings):
    vae = VAE.create((1, 28, 28), 3, settings.get("seed", 0), "cpu")
    train_vae(vae, images, **QUICK | settings)
    return vae.to_bytes()


def test_the_seed_decides(spot_set):
    assert trained_bytes(spot_set) == trained_bytes(spot_set)
    assert trained_bytes(spot_set) != trained_bytes(spot_set, seed=1)


def test_it_goes_on_after_a_kill(spot_set):
    notes = []
    whole = VAE.create((1, 28, 28), 3, device="cpu")
    record = train_vae(whole, spot_set, **QUICK, checkpoint=lambda epoch, data: notes.append(data))
    again = VAE.create((1, 28, 28), 3, device="cpu")
    resumed = train_vae(again, spot_set, **QUICK, resume=notes[0])
    assert again.to_bytes() == whole.to_bytes()
    for name in ("train_mse", "test_mse", "kl_per_dim", "strips"):
        assert np.array_equal(getattr(resumed, name), getattr(record, name))
    with pytest.raises(ValueError, match="of the same training, but there beta is 1"):
        train_vae(again, spot_set, **QUICK, beta=2.0, resume=notes[0])


def test_progress_is_told_and_a_cancel_heard(spot_set):
    told, strips, apart = [], [], []

    def note(fraction, message="", **metrics):
        told.append((fraction, message, metrics))
        if len(told) > 200:
            raise Cancelled

    def preview(strip, *, kl_per_dim):
        strips.append(strip)
        apart.append(kl_per_dim)

    train_vae(VAE.create((1, 28, 28), 3, device="cpu"), spot_set, **QUICK, callback=note, preview=preview)
    ends = [metrics for _, _, metrics in told if "test_mse" in metrics]
    assert [metrics["epoch"] for metrics in ends] == [0, 1, 2]
    assert set(ends[0]) == {"epoch", "train_mse", "test_mse", "kl", "n_active"}
    assert told[-1][:2] == (1.0, "epoch 2 of 2")
    assert [strip.shape for strip in strips] == [(10, 1, 28, 28)] * 3
    assert [each.sum() for each in apart] == pytest.approx([metrics["kl"] for metrics in ends])

    def stop(fraction, message="", **metrics):
        raise Cancelled

    with pytest.raises(Cancelled):
        train_vae(VAE.create((1, 28, 28), 3, device="cpu"), spot_set, **QUICK, callback=stop)


def test_a_collapse_is_told_early():
    vae, few = VAE.create((1, 28, 28), 2, device="cpu"), spots(200, 150)
    with pytest.raises(CollapsedError, match=r"The VAE has collapsed: after epoch 4 .* or β, which is 10000\."):
        train_vae(vae, few, epochs=50, batch_size=2, beta=1e4, warm_up=0.0)


def test_the_teachers_features_are_compared(trained, digit_set):
    pixels, others = (torch.tensor(digit_set.floats(ids)) for ids in ([1, 2, 3], [4, 5, 6]))
    features = [trained.teacher.predict(images.numpy()).features for images in (pixels, others)]
    error = FeatureError(trained.teacher)
    wanted = ((features[1] - features[0]) ** 2).mean() / features[0].var(ddof=1)
    assert error(pixels, others).item() == pytest.approx(wanted, rel=1e-4)
    assert error(pixels, pixels).item() == 0


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"epochs": 0}, "epochs must be a whole number, 1 or more, not 0."),
        ({"batch_size": 2.5}, "batch_size must be a whole number, 1 or more, not 2.5."),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number above 0, not nan."),
        ({"warm_up": 2}, "warm_up must be a share of the steps, 0 to 1, not 2."),
        ({"beta": -1}, "beta must be a finite number, 0 or more, not -1."),
        ({"teacher_weight": 1.0}, "teacher must be the classifier of these images where teacher_weight is above 0."),
    ],
)
def test_wrong_settings_are_refused(spot_set, setting, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        train_vae(VAE.create((1, 28, 28), 3, device="cpu"), spot_set, **setting)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: VAE.create((2, 28, 28)), r"in_shape must be \(C, H, W\) with 1 or 3 channels"),
        (lambda: VAE.create((1, 28, 28), 1), "latent_size must be 2 to 256, not 1"),
        (lambda: VAE.create((1, 28, 28), 300), "latent_size must be 2 to 256, not 300"),
        (lambda: small().encode(np.zeros((2, 1, 20, 20), np.uint8)), "images must have the shape"),
        (lambda: small().decode(np.zeros((2, 4))), r"codes must be finite numbers of the shape \(N, 3\)"),
        (lambda: small().decode(np.full((2, 3), np.nan)), "codes must be finite numbers"),
        (lambda: train_vae(small(), spots(40, 30, 20)), "image_set must hold images of the shape"),
    ],
)
def test_what_does_not_fit_is_refused(ask, sentence):
    with pytest.raises(ValueError, match=sentence):
        ask()


def small():
    return VAE.create((1, 28, 28), 3, device="cpu")
