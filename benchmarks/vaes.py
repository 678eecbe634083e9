"""VAEs on real images: how well they decode, how long they learn, and whether the teacher sees in what is decoded what it saw
in the images.

    uv run python -m benchmarks.vaes [--mnist DIR] [--cifar DIR --weights FILE] [--weight 0] [--keep DIR]

DIR of MNIST holds its four files (or gets them by download), DIR of CIFAR the folders train and test with a folder a class,
FILE the weights of a CIFAR-10 ResNet-20. `--weight 1` learns CIFAR's once more with the teacher's features in the loss.
Beside MNIST's: the error of as many principal components, the best that a linear code can do, and an epoch's bare arithmetic.
"""

import time
from typing import Any

import numpy as np
import torch

from benchmarks.harness import machine, median, met, read_runs, table
from benchmarks.nets import BATCH, CIFAR_EPOCHS, CIFAR_LATENTS, MNIST_LATENTS, PLACES, fresh, kept, of_file
from models.data import ImageSet
from models.sources import make_source
from models.teacher import Teacher, to_pixels
from models.training import train
from models.vae import VAE, train_vae

MNIST_EPOCHS = 10
MSE, SECONDS, AGREEMENT, KEPT = 0.012, 300.0, 0.96, 0.95
SCALES = (1, 2, 4)  # of the posterior's deviations
PUBLISHED = "a published dense one 0.0153, a small convolutional one 0.0124"


def learned(images: ImageSet, teacher: Teacher, latents: int, **settings: Any) -> tuple[VAE, np.ndarray, float]:
    """A VAE, what it notes of the test error, and the seconds that it took."""
    vae = VAE.create(images.images.shape[1:], latents, device="cpu")
    began = time.perf_counter()
    record = train_vae(vae, images, teacher=teacher, **settings)
    return vae, record.test_mse, time.perf_counter() - began


def bare_epoch(images: ImageSet, latents: int) -> float:
    """Seconds of an epoch's arithmetic alone: forward and backward on one batch that lies ready."""
    vae = VAE.create(images.images.shape[1:], latents, device="cpu")
    pixels = to_pixels(torch.tensor(images.images[:BATCH]))
    times = []
    for _ in range(12):
        began = time.perf_counter()
        means, log_variances = vae.encode_tensor(pixels)
        ((vae.decode_tensor(means) - pixels) ** 2).mean().add(log_variances.mean()).backward()
        times.append(time.perf_counter() - began)
    return median(times[2:]) * images.n_train / BATCH


def linear_error(images: ImageSet, latents: int) -> float:
    """Mean squared error of the test images by as many principal components of the training images."""
    train_part = images.floats(images.train_ids).reshape(images.n_train, -1)
    test = images.floats(images.test_ids).reshape(images.n_test, -1)
    mean = train_part.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(train_part, rowvar=False))
    axes = axes[:, -latents:]
    return float((((test - mean) - (test - mean) @ axes @ axes.T) ** 2).mean())


def agreement(vae: VAE, teacher: Teacher, images: np.ndarray) -> float:
    """The share of images whose reconstruction the teacher classifies as it does the image."""
    decoded = vae.decode(vae.encode(images).means)
    return float((teacher.classify(decoded).argmax(1) == teacher.classify(images).argmax(1)).mean())


def kept_by_neighbours(vae: VAE, teacher: Teacher, images: np.ndarray, scale: float) -> float:
    """The share of neighbours, drawn from the posterior widened so many times, one an image, the image's residual added
    back, that keep the image's label."""
    codes, pixels = vae.encode(images), images / np.float32(255)
    draws = np.random.default_rng(0).standard_normal(codes.means.shape, np.float32)
    moved = vae.decode(codes.means + scale * codes.deviations * draws)
    neighbours = np.clip(moved + pixels - vae.decode(codes.means), 0, 1)
    return float((teacher.classify(neighbours).argmax(1) == teacher.classify(images).argmax(1)).mean())


def mnist(place: str) -> None:
    """Ten latent values."""
    images = make_source("mnist", folder=place).load()
    teacher = fresh("lenet", images)
    train(teacher, images, epochs=2)
    vae, errors, seconds = learned(images, teacher, MNIST_LATENTS, epochs=MNIST_EPOCHS, batch_size=BATCH)
    test = images.images[images.n_train :]
    agree, epoch = agreement(vae, teacher, test), bare_epoch(images, MNIST_LATENTS)
    rows = [
        ["VAE", f"{errors[-1]:.4f}", f"{agree:.1%}", f"{seconds:.0f} s"],
        ["principal components", f"{linear_error(images, MNIST_LATENTS):.4f}", "", ""],
        ["bare arithmetic", "", "", f"{MNIST_EPOCHS * epoch:.0f} s"],
    ]
    title = f"MNIST, {MNIST_LATENTS} latent values, {MNIST_EPOCHS} epochs; {PUBLISHED}"
    print(table(title, ["", "test error", "teacher agrees", "seconds"], rows))
    print(f"\ntest error ≤ {MSE:g}: {met(errors[-1], MSE)}; seconds ≤ {SECONDS:g}: {met(seconds, SECONDS)}")
    print(f"the teacher agrees ≥ {AGREEMENT:.0%}: {met(1 - agree, 1 - AGREEMENT)}")
    print("limit: forward and backward on a batch that lies ready; then our multiple of it")


def cifar(place: str, weights: str, with_teacher: bool, folder: str) -> None:
    """64 latent values, with a ResNet-20 as teacher; with its features in the loss, if asked for."""
    images = make_source("folder", folder=place).load()
    teacher = of_file(weights, images)
    test, rows = images.images[images.n_train :], []
    for weight in (0.0, 1.0) if with_teacher else (0.0,):
        vae, errors, seconds = learned(
            images, teacher, CIFAR_LATENTS, epochs=CIFAR_EPOCHS, batch_size=BATCH, teacher_weight=weight
        )
        if not weight:
            kept(folder, f"cifar-vae-{CIFAR_LATENTS}", VAE, lambda vae=vae: vae)  # for other benchmarks
        shares = [kept_by_neighbours(vae, teacher, test, scale) for scale in SCALES]
        rows.append(
            [f"teacher's features × {weight:g}", f"{errors[-1]:.4f}", f"{agreement(vae, teacher, test):.1%}"]
            + [f"{share:.1%}" for share in shares]
            + [f"{seconds:.0f} s", met(1 - shares[0], 1 - KEPT)]
        )
    columns = ["", "test error", "teacher agrees", *[f"neighbours at {scale} ×" for scale in SCALES], "seconds", ""]
    title = f"CIFAR-10, {CIFAR_LATENTS} latent values, {CIFAR_EPOCHS} epochs: neighbours that keep the label, {KEPT:.0%} at 1 ×"
    print(table(title, columns, rows))


def main() -> None:
    weight = (0, "1 for CIFAR's VAE with the teacher's features too")
    chosen = read_runs(__doc__, 1, **PLACES, weight=weight)
    print(machine())
    mnist(chosen.mnist)
    if chosen.cifar and chosen.weights:
        cifar(chosen.cifar, chosen.weights, bool(chosen.weight), chosen.keep)


if __name__ == "__main__":
    main()
