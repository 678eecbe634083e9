"""Teachers and VAEs of real images that several benchmarks measure with; kept in a folder, where one is named, as they take
minutes to learn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from models.data import ImageSet, statistics
from models.sources import make_source
from models.teacher import Teacher
from models.training import train
from models.vae import VAE, train_vae
from models.weights import load_teacher, normalisation

MNIST_LATENTS, CIFAR_LATENTS = 10, 64
MNIST_EPOCHS, CIFAR_EPOCHS = 5, 10
BATCH = 128
FINE_TUNE = {
    "epochs": 2,
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "schedule": "cosine",
    "weight_decay": 1e-4,
    "batch_size": 128,
    "shift": 4,
    "flip": True,
}
PLACES: dict[str, tuple[float | str, str]] = {
    "mnist": ("mnist", "folder that holds MNIST, or is to hold it"),
    "cifar": ("", "folder with train and test, a folder a class in each"),
    "weights": ("", "file with the weights of a CIFAR-10 ResNet-20"),
    "keep": ("", "folder in which trained nets are kept, and found again"),
}

Net = TypeVar("Net", Teacher, VAE)


class Nets(NamedTuple):
    """Images, the teacher that answers, and the VAE that moves them.

    Attributes
    ----------
    title : str
    images : ImageSet
    teacher : Teacher
    vae : VAE
    spans : (lower, upper)
        Arrays (d,): the range of the codes of the training images.
    """

    title: str
    images: ImageSet
    teacher: Teacher
    vae: VAE
    spans: tuple[np.ndarray, np.ndarray]


def fresh(architecture: str, images: ImageSet) -> Teacher:
    """A teacher that has learned nothing."""
    told = statistics(images)
    shape, n_classes = images.images.shape[1:], images.n_classes
    return Teacher.create(architecture, shape, n_classes, told["mean"], told["std"], device="cpu")


def of_file(weights: str, images: ImageSet) -> Teacher:
    """The ResNet-20 of a file, as it is."""
    told = statistics(images)
    mean, std = normalisation("imagenet", (told["mean"], told["std"]))
    return load_teacher(weights, "resnet-20", images.images.shape[1:], images.n_classes, mean, std, "cpu")


def kept(folder: str, name: str, kind: type[Net], make: Callable[[], Net]) -> Net:
    """The net of this name in a folder; else it is made, and put there. "" keeps nothing."""
    path = Path(folder) / f"{name}.safetensors"
    if folder and path.exists():
        return kind.from_bytes(path.read_bytes(), "cpu")
    made = make()
    if folder:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.to_bytes())
    return made


def mnist_nets(chosen: Any, latents: int = MNIST_LATENTS) -> Nets:
    """LeNet after two epochs, and a VAE after five; `chosen` is the command line, with `PLACES`."""
    images = make_source("mnist", folder=chosen.mnist).load()

    def teacher() -> Teacher:
        made = fresh("lenet", images)
        train(made, images, epochs=2)
        return made

    return with_vae(
        chosen,
        f"MNIST, LeNet, {latents} latent values",
        images,
        kept(chosen.keep, "mnist-lenet", Teacher, teacher),
        f"mnist-vae-{latents}",
        latents,
        MNIST_EPOCHS,
    )


def cifar_nets(chosen: Any, fine_tuned: bool) -> Nets:
    """The ResNet-20 of a file, as it is or after two more epochs on these images, and a VAE after ten."""
    images = make_source("folder", folder=chosen.cifar).load()

    def teacher() -> Teacher:
        made = of_file(chosen.weights, images)
        train(made, images, **FINE_TUNE)  # pyright: ignore[reportArgumentType]
        return made

    known = kept(chosen.keep, "cifar-resnet-20", Teacher, teacher) if fine_tuned else of_file(chosen.weights, images)
    title = f"CIFAR-10, {'fine-tuned ' if fine_tuned else ''}ResNet-20, {CIFAR_LATENTS} latent values"
    return with_vae(chosen, title, images, known, f"cifar-vae-{CIFAR_LATENTS}", CIFAR_LATENTS, CIFAR_EPOCHS)


def with_vae(chosen: Any, title: str, images: ImageSet, teacher: Teacher, name: str, latents: int, epochs: int) -> Nets:
    def learned() -> VAE:
        made = VAE.create(images.images.shape[1:], latents, device="cpu")
        train_vae(made, images, epochs=epochs, batch_size=BATCH)
        return made

    vae = kept(chosen.keep, name, VAE, learned)
    codes = vae.encode(images.images[images.train_ids]).means
    return Nets(title, images, teacher, vae, (codes.min(axis=0), codes.max(axis=0)))
