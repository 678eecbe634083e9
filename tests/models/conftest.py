"""One image set and one trained teacher for all tests of the science: training takes seconds."""

from typing import NamedTuple

import hypothesis
import pytest
import torch
from threadpoolctl import threadpool_limits

from models.data import ImageSet, digits, statistics
from models.teacher import Teacher
from models.training import TrainingRecord, train
from models.vae import VAE, train_vae

# A busy machine is not a failed property.
hypothesis.settings.register_profile("models", deadline=None)
hypothesis.settings.load_profile("models")


class Trained(NamedTuple):
    teacher: Teacher
    record: TrainingRecord
    reports: list[tuple[float | None, str, dict[str, float]]]


@pytest.fixture(scope="module")
def one_thread():
    """On a busy machine threads that wait for each other many times a second take twenty times as long."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def digit_set() -> ImageSet:
    return digits()


@pytest.fixture(scope="session")
def make_teacher(digit_set):
    """Return what makes an untrained LeNet for the digits."""
    normalisation = statistics(digit_set)

    def make(seed: int = 0) -> Teacher:
        return Teacher.create(
            "lenet", (1, 28, 28), 10, normalisation["mean"], normalisation["std"], seed=seed, device="cpu"
        )

    return make


@pytest.fixture(scope="session")
def trained(digit_set, make_teacher) -> Trained:
    """LeNet on the digits with the settings that the page starts with. Not to be changed by a test."""
    reports = []

    def note(fraction, message="", **metrics):
        reports.append((fraction, message, metrics))

    teacher = make_teacher()
    record = train(teacher, digit_set, callback=note)
    return Trained(teacher, record, reports)


@pytest.fixture(scope="session")
def digit_vae(digit_set) -> VAE:
    """A VAE of six latent values that has seen the digits five times: its reconstructions are blurred, but alike. Not to be
    changed by a test."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    vae = VAE.create((1, 28, 28), 6, device="cpu")
    train_vae(vae, digit_set, epochs=5, batch_size=64)
    torch.set_num_threads(threads)
    return vae
