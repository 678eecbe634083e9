"""Feature maps carried back to the image: an identity filter gives the image again; the rules are those of a deconvnet."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from models.deconvnet import deconvolve
from models.teacher import Teacher, to_pixels

SHAPE = (1, 8, 8)


def teacher_of(network, shape=SHAPE, mean=(0.0,)):
    return Teacher(network, "lenet", shape, 2, mean, (1.0,) * len(mean), torch.device("cpu"))


def head(size):
    return [nn.Flatten(), nn.Linear(size, 2)]


@pytest.fixture
def images():
    """No two pixels of an image alike: poolings know which is the largest."""
    random = np.random.default_rng(0)
    return np.stack([random.permutation(255)[:64].reshape(SHAPE) + 1 for _ in range(3)]).astype(np.uint8)


def identity(channels=2):
    """A convolution whose first channel is the image."""
    layer = nn.Conv2d(1, channels, 3, padding=1)
    with torch.no_grad():
        layer.bias.zero_()
        layer.weight[0] = 0
        layer.weight[0, 0, 1, 1] = 1
    return layer


def test_an_identity_filter_gives_the_image_again(images):
    found = deconvolve(teacher_of(nn.Sequential(identity(), nn.ReLU(), *head(128))), images, "1", 0)
    assert found.method == "deconvnet"
    np.testing.assert_allclose(found.images, images / 255, atol=1e-6)
    np.testing.assert_allclose(found.maps, images[:, 0] / 255, atol=1e-6)


def test_pooling_is_undone_by_its_switches(images):
    found = deconvolve(teacher_of(nn.Sequential(identity(), nn.ReLU(), nn.MaxPool2d(2), *head(32))), images, "2", 0)
    blocks = (images[:, 0] / 255).reshape(3, 4, 2, 4, 2)
    largest = blocks.max(axis=(2, 4), keepdims=True)
    np.testing.assert_allclose(found.images[:, 0], np.where(blocks == largest, blocks, 0).reshape(3, 8, 8), atol=1e-6)


def test_it_is_transposed_filters_rectified_and_unpooled(images):
    """Written out as Zeiler and Fergus have it."""
    torch.manual_seed(0)
    first, second = nn.Conv2d(1, 5, 3), nn.Conv2d(5, 4, 2, stride=1)
    network = nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU(), *head(16))
    found = deconvolve(teacher_of(network, mean=(0.3,)), images, "4", 2)
    with torch.no_grad():
        maps = functional.relu(first(to_pixels(torch.tensor(images)) - 0.3))
        pooled, switches = functional.max_pool2d(maps, 2, return_indices=True)
        top = functional.relu(second(pooled))
        one = torch.zeros_like(top)
        one[:, 2] = top[:, 2]
        back = functional.conv_transpose2d(functional.relu(one), second.weight)
        back = functional.max_unpool2d(back, switches, 2, output_size=maps.shape[2:])
        back = functional.conv_transpose2d(functional.relu(back), first.weight)
    assert found.method == "deconvnet"
    np.testing.assert_allclose(found.images, back.numpy(), atol=1e-5)


class Residual(nn.Module):
    def __init__(self, inplace=False, call=False):
        super().__init__()
        self.first, self.second = identity(2), nn.Conv2d(2, 2, 3, padding=1)
        self.relu, self.call = nn.ReLU(inplace=inplace), call
        self.flatten, self.output = head(128)

    def forward(self, given):
        maps = functional.relu(self.first(given)) if self.call else self.relu(self.first(given))
        return self.output(self.flatten(self.second(maps) + maps))


def test_where_layers_do_not_follow_one_another_it_is_captums(images):
    teacher = teacher_of(Residual())
    found = deconvolve(teacher, images, "second", 0)
    assert found.method == "deconvnet"  # before the sum they do
    network = nn.Sequential()
    network.add_module("body", Residual())
    network.body.flatten, network.body.output = nn.Identity(), nn.Identity()
    network.add_module("after", nn.Conv2d(2, 2, 1))
    network.add_module("flatten", nn.Flatten())
    network.add_module("output", nn.Linear(128, 2))
    with torch.no_grad():
        network.body.second.weight.zero_()
        network.body.second.bias.zero_()
        network.after.weight[:] = torch.eye(2).view(2, 2, 1, 1)
        network.after.bias.zero_()
    found = deconvolve(teacher_of(network), images, "after", 0)
    assert found.method == "deconvolution"
    np.testing.assert_allclose(found.images, images / 255, atol=1e-6)


@pytest.mark.parametrize("how", [{"call": True}, {"inplace": True}])
def test_where_captum_would_pass_over_a_relu_it_is_guided_backpropagation(images, how):
    body = Residual(**how)
    body.second = nn.Conv2d(2, 2, 1)
    network = nn.Sequential(body)
    body.flatten, body.output = nn.Identity(), nn.Identity()
    network.add_module("after", nn.Conv2d(2, 2, 1))
    network.add_module("flatten", nn.Flatten())
    network.add_module("output", nn.Linear(128, 2))
    teacher = teacher_of(network)
    found = deconvolve(teacher, images, "after", 1)
    assert found.method == "guided backpropagation"
    before = [weights.clone() for weights in network.parameters()]
    deconvolve(teacher, images, "after", 1)
    assert all(torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True))
    given = to_pixels(torch.tensor(images)).requires_grad_()
    maps = body.first(given)
    top = network.after(body.second(functional.relu(maps)) + functional.relu(maps))[:, 1]
    (signal,) = torch.autograd.grad(
        network.after(body.second(kept := functional.relu(maps).detach().requires_grad_()) + kept)[:, 1],
        kept,
        top.detach(),
    )
    (wanted,) = torch.autograd.grad(maps, given, signal.clamp_min(0) * (maps > 0))
    np.testing.assert_allclose(found.images, wanted.numpy(), atol=1e-5)


@pytest.mark.parametrize("architecture", ["lenet", "vgg16-bn", "resnet-20", "wide-resnet-16-4"])
def test_of_every_kind_of_teacher_something_comes_back(architecture):
    teacher = Teacher.create(architecture, (3, 32, 32), 10, (0.5,) * 3, (0.25,) * 3, device="cpu")
    layer = [each["name"] for each in teacher.layers() if each["type"] == "Conv2d"][1]
    images = np.random.default_rng(1).integers(0, 256, (2, 3, 32, 32), np.uint8)
    found = deconvolve(teacher, images, layer, 3)
    assert found.images.shape == images.shape
    assert np.abs(found.images).max() > 0
    assert found.method == ("deconvnet" if architecture in ("lenet", "vgg16-bn") else found.method)


@pytest.mark.parametrize(
    ("layer", "channel", "words"),
    [
        ("nothing", 0, "There is no layer 'nothing' to come back from; there are 0, 1"),
        ("3", 0, "'3' has no feature maps to come back from"),
        ("0", 7, "There is no channel 7 in '0'; it has 2, counted from 0"),
    ],
)
def test_what_is_not_there_is_one_sentence(images, layer, channel, words):
    teacher = teacher_of(nn.Sequential(identity(), nn.ReLU(), *head(128)))
    with pytest.raises(ValueError, match=words):
        deconvolve(teacher, images, layer, channel)
