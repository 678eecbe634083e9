import pytest
import torch

from models.devices import pick_device


@pytest.mark.parametrize(
    ("n_cuda", "has_mps", "wanted", "picked"),
    [
        (2, True, "auto", "cuda"),
        (0, True, "auto", "mps"),
        (0, False, "auto", "cpu"),
        (2, True, "cuda:1", "cuda:1"),
        (2, True, "mps", "mps"),
        (2, True, "cpu", "cpu"),
        (2, True, torch.device("cpu"), "cpu"),
    ],
)
def test_pick_device(monkeypatch, n_cuda, has_mps, wanted, picked):
    pretend(monkeypatch, n_cuda, has_mps)
    assert pick_device(wanted) == torch.device(picked)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("cuda:1", r"device 'cuda:1' is not in this machine, which has 1 CUDA devices; try auto\."),
        ("mps", r"device 'mps' is not in this machine, .*; try auto\."),
        ("gpu", r"device must be auto, cuda, cuda:1, mps or cpu, not 'gpu'\."),
        ("meta", r"device must be auto, cuda, cuda:1, mps or cpu, not 'meta'\."),
    ],
)
def test_an_absent_device_is_named(monkeypatch, wanted, sentence):
    pretend(monkeypatch, n_cuda=1, has_mps=False)
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        pick_device(wanted)


def pretend(monkeypatch, n_cuda: int, has_mps: bool) -> None:
    """Let torch say that this machine has these devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: n_cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: n_cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
