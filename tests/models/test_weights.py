"""Weights from files. Each test writes its own small files, good and bad."""

import argparse
import pickle
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from models.architectures import make_network
from models.weights import IMAGENET, WRAPPERS, fit_weights, load_teacher, normalisation, read_weights

SHAPE = (3, 8, 8)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """A small network, as somebody may have trained it: its counts and means are not those of a new one."""
    torch.manual_seed(3)
    made = make_network("resnet-20", SHAPE, 4)
    made(torch.randn(5, *SHAPE))
    return made


@pytest.fixture(scope="module")
def weights(network) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def load(path):
    return load_teacher(path, "resnet-20", SHAPE, 4, [0.5] * 3, [0.2] * 3, device="cpu")


def prefixed(prefix, weights):
    return {prefix + name: tensor for name, tensor in weights.items()}


@pytest.mark.parametrize(
    "nest",
    [
        lambda w: w,
        lambda w: {"state_dict": prefixed("module.", w), "best_prec1": 91.8},
        lambda w: {"model": w, "optimizer": {"state": {}}, "epoch": 3},
        lambda w: {"net": prefixed("module.", w), "acc": 93.1},
        lambda w: {"model": {"state_dict": prefixed("_orig_mod.module.", w)}},
        lambda w: {"state_dict": prefixed("model.", w)},
        lambda w: {n: t for n, t in w.items() if not n.endswith("num_batches_tracked")},
        lambda w: {n: t.double() for n, t in w.items()},
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_checkpoints_of_all_kinds_load(tmp_path, network, weights, nest, zipped):
    path = tmp_path / "net.th"
    torch.save(nest(weights), path, _use_new_zipfile_serialization=zipped)
    teacher = load(path)
    images = torch.rand(2, *SHAPE)
    with torch.no_grad():
        expected = network.eval()((images - 0.5) / 0.2)
        np.testing.assert_allclose(teacher.logits(images), expected, rtol=1e-4, atol=1e-5)


def test_safetensors_load(tmp_path, weights):
    path = tmp_path / "net.bin"  # what counts is what is in it
    safetensors.torch.save_file(prefixed("module.", weights), path)
    loaded = load(path).module.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in weights.items())


class Trap:
    """Runs when it is unpickled."""

    fell = False

    def __reduce__(self):
        return spring, ()


def spring():
    Trap.fell = True


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"state_dict": {}, "extra": Trap()}, "objects such as .*spring"),
        (nn.Linear(2, 2), r"objects such as torch\.nn\.modules\.linear\.Linear"),
        ({"state_dict": {}, "args": argparse.Namespace(lr=0.1)}, r"objects such as argparse\.Namespace"),
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_refused_and_not_run(tmp_path, content, found, zipped):
    path = tmp_path / "net.pt"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ValueError, match=rf"^net\.pt holds {found} beside .*: save the weights alone, with .*\.$"):
        read_weights(path)
    assert not Trap.fell


def test_a_plain_pickle_is_refused_and_not_run(tmp_path):
    path = tmp_path / "net.pkl"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match=r"^net\.pkl holds a pickle of Python's own .*: save the weights alone, .*\.$"):
        read_weights(path)
    assert not Trap.fell


def test_a_program_is_refused(tmp_path):
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:  # what torch knows a program by; to have it made takes seconds
        for name in ("constants.pkl", "data.pkl", "version"):
            archive.writestr(f"net/{name}", "3")
    with pytest.raises(ValueError, match=r"^net\.pt holds a TorchScript program .*\.$"):
        read_weights(path)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: b"", r"net\.pt must be a safetensors file or a checkpoint .* damaged or neither\."),
        (lambda data: b"no weights at all", r"net\.pt must be .* damaged or neither\."),
        (lambda data: b"\x89PNG\r\n\x1a\n" + bytes(60), r"net\.pt must be .* damaged or neither\."),
        (lambda data: data[:-20], r"net\.pt begins as a safetensors file, but is damaged or cut off: .*\."),
    ],
)
def test_damaged_files_are_named(tmp_path, weights, damage, sentence):
    path = tmp_path / "net.pt"
    path.write_bytes(damage(safetensors.torch.save(weights)))
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        read_weights(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_cut_checkpoint_is_named(tmp_path, weights, zipped):
    path = tmp_path / "net.pt"
    torch.save(weights, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(ValueError, match=r"^net\.pt must be .* damaged or neither\.$"):
        read_weights(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([torch.zeros(2)], "a list"),
        ({}, "nothing"),
        ({"epoch": 1, "lr": 0.1}, "epoch, lr"),
        ({"state_dict": {"lr": 0.1}}, "state_dict"),
    ],
)
def test_files_without_weights_say_what_they_hold(tmp_path, content, found):
    path = tmp_path / "net.pt"
    torch.save(content, path)
    with pytest.raises(ValueError, match=rf"^net\.pt must hold weights by name, .*, but holds {found}\.$"):
        read_weights(path)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"^path must be a file with weights, but there is no file .*net\.pt\.$"):
        read_weights(tmp_path / "net.pt")


def test_all_that_does_not_fit_is_listed_and_nothing_is_changed(weights):
    other = dict(weights)
    for name in ("conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.conv2.weight"):
        del other[name]
    other["fc.weight"] = torch.zeros(1)
    other["linear.weight"] = torch.zeros(100, 64)
    other["linear.bias"] = torch.full((4,), torch.nan)
    fresh = make_network("resnet-20", SHAPE, 4)
    before = {name: tensor.clone() for name, tensor in fresh.state_dict().items()}
    with pytest.raises(ValueError, match=r"^net\.pt must hold .*\.$") as caught:
        fit_weights(fresh, other, "net.pt must hold the weights of resnet-20")
    assert str(caught.value) == (
        "net.pt must hold the weights of resnet-20, but of its weights are "
        "5 missing (conv1.weight, bn1.weight, bn1.bias and 2 more), "
        "1 unexpected (fc.weight), "
        "1 of another shape (linear.weight (100, 64) instead of (4, 64)), "
        "1 with values that are not finite (linear.bias)."
    )
    assert all(torch.equal(fresh.state_dict()[name], tensor) for name, tensor in before.items())


def test_the_sentence_names_file_and_architecture(tmp_path, weights):
    path = tmp_path / "net.safetensors"
    safetensors.torch.save_file(weights, path)
    with pytest.raises(
        ValueError,
        match=r"^net\.safetensors must hold the weights of lenet for images \(1, 28, 28\) and 10 classes, but .*\.$",
    ):
        load_teacher(path, "lenet", (1, 28, 28), 10, [0.5], [0.2], device="cpu")


@given(st.lists(st.sampled_from(WRAPPERS), max_size=4))
def test_wrappers_come_off_however_they_are_nested(tmp_path_factory, wrappers):
    path = tmp_path_factory.mktemp("wrapped") / "net"
    weights = {"conv.weight": torch.zeros(2), "linear.bias": torch.ones(1)}
    safetensors.torch.save_file(prefixed("".join(wrappers), weights), path)
    assert read_weights(path).keys() == weights.keys()


def test_normalisations_by_name():
    own = (np.array([0.1, 0.2, 0.3]), [0.4, 0.5, 0.6])
    assert normalisation("images", own) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert normalisation("imagenet", own) == IMAGENET
    assert normalisation("none", own) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match=r"^normalisation 'imagenet' is for images of 3 channels, not of 1: .*\.$"):
        normalisation("imagenet", ([0.1], [0.2]))
    with pytest.raises(ValueError, match=r"^normalisation must be one of images, imagenet, none, not 'cifar'\.$"):
        normalisation("cifar", own)
