"""What a worker keeps at hand from one question to the next: where it computes, and the models it was asked of lately."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from models.devices import pick_device
from models.teacher import Teacher
from models.vae import VAE
from workers.results import Results
from workers.settings import cores, read_settings

WARM_MODELS = 16  # of each kind, kept by the worker that answers calls


@functools.cache
def device() -> torch.device:
    """Where this worker's models run, as the settings say."""
    return pick_device(read_settings().device)


@contextmanager
def all_cores() -> Iterator[None]:
    """Lets torch use every core for a while: somebody waits for many images, and workers for jobs step back."""
    threads = torch.get_num_threads()
    torch.set_num_threads(cores())
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def data_dir() -> Path:
    """The data folder, which all machines share."""
    return read_settings().data_dir


# Keyed by content address, so never stale; the results object is the worker's only one.
@functools.lru_cache(WARM_MODELS)
def warm_teacher(results: Results, key: str, epoch: int) -> Teacher:
    """The teacher as it was after `epoch`, loaded once."""
    return Teacher.from_bytes(results.blob(key, f"weights-{epoch}"), device())


@functools.lru_cache(WARM_MODELS)
def warm_vae(results: Results, key: str) -> VAE:
    """A trained VAE, loaded once."""
    return VAE.from_bytes(results.blob(key, "state"), device())
