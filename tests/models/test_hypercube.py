"""dCNN: its slices are what hooks see, whatever the budget; and what a channel's values are like."""

import numpy as np
import pytest
import torch
from torch import nn

from models.hypercube import INPUT, Hypercube, TooLarge, layers
from models.teacher import Teacher, to_pixels

EPOCHS = (0, 2)


@pytest.fixture(scope="module")
def lenet(make_teacher):
    return {epoch: make_teacher(seed=epoch) for epoch in EPOCHS}


@pytest.fixture
def cube(lenet, digit_set):
    """Makes one of a budget."""

    def make(budget=2**29):
        return Hypercube(lenet.__getitem__, lambda numbers: digit_set.images[list(numbers)], budget)

    return make


def hooked(teacher, images, name):
    """What a hook sees of all images at once."""
    seen = []
    hook = teacher.module.get_submodule(name).register_forward_hook(
        lambda _module, _inputs, output: seen.append(output)
    )
    teacher.module.eval()
    with torch.no_grad():
        teacher.logits(to_pixels(torch.tensor(images)))
    hook.remove()
    return seen[0].numpy()


def test_layers_are_the_image_and_what_is_done_with_it(lenet):
    found = layers(lenet[0])
    assert [(layer.name, layer.kind) for layer in found] == [
        ("input", "input"), ("conv1", "convolution"), ("pool1", "pooling"), ("conv2", "convolution"), ("pool2", "pooling"),
        ("hidden", "linear"), ("relu", "activation"), ("output", "linear"),
    ]  # fmt: skip
    assert [layer.shape for layer in found[:3]] == [(1, 28, 28), (20, 24, 24), (20, 12, 12)]
    assert (found[1].n_parameters, found[1].has_maps, found[-1].has_maps) == (20 * 26, True, False)


def test_residual_blocks_are_layers_and_containers_are_not():
    teacher = Teacher.create("resnet-20", (3, 32, 32), 10, (0.0,) * 3, (1.0,) * 3, device="cpu")
    found = {layer.name: layer.kind for layer in layers(teacher)}
    assert sum(kind == "block" for kind in found.values()) == 9 + sum(
        "shortcut" in n and k == "block" for n, k in found.items()
    )
    assert found["layer1.0"] == "block"
    assert "layer1" not in found
    assert found["layer1.0.bn1"] == "normalisation"


def test_a_slice_is_what_hooks_see(cube, lenet, digit_set):
    numbers = [5, 3, 200, 7, 90]
    found = cube().slice(numbers, ["conv1", "hidden", INPUT], 2, {"conv1": [3, 0]})
    np.testing.assert_allclose(
        found["conv1"], hooked(lenet[2], digit_set.images[numbers], "conv1")[:, [3, 0]], atol=1e-5
    )
    np.testing.assert_allclose(found["hidden"], hooked(lenet[2], digit_set.images[numbers], "hidden"), atol=1e-5)
    np.testing.assert_allclose(found[INPUT], digit_set.images[numbers] / 255, atol=1e-6)
    other = cube().slice(numbers, ["conv1"], 0)["conv1"]
    assert np.abs(other[:, [3, 0]] - found["conv1"]).max() > 0.01


def test_a_small_budget_gives_the_same_in_more_batches(cube):
    numbers = list(range(40))
    whole = cube().slice(numbers, ["conv2"], 0)["conv2"]
    one = 50 * 8 * 8 * 4
    rows, parts = zip(*cube(3 * one).batches(numbers, ["conv2"], 0), strict=True)
    assert max(part.stop - part.start for part in rows) == 3
    np.testing.assert_allclose(np.concatenate([part["conv2"] for part in parts]), whole, atol=1e-5)


def test_what_does_not_fit_says_how_many_inputs_would(cube):
    one = 50 * 8 * 8 * 4
    with pytest.raises(TooLarge, match=r"conv2 of 40 inputs takes .* 7 inputs would fit") as told:
        cube(7 * one).slice(list(range(40)), ["conv2"], 0)
    assert told.value.fits == 7
    assert cube(7 * one).slice(list(range(7)), ["conv2"], 0)["conv2"].shape == (7, 50, 8, 8)
    with pytest.raises(TooLarge, match="conv2 of 1 inputs"):
        list(cube(one - 1).batches([0], ["conv2"], 0))
    assert cube(7 * one).slice(list(range(14)), ["conv2"], 0, {"conv2": range(25)})["conv2"].shape == (14, 25, 8, 8)


def test_layers_go_in_groups_that_fit(cube):
    names = ["conv1", "pool1", "conv2", "pool2"]
    sizes = {"conv1": 20 * 24 * 24, "pool1": 20 * 12 * 12, "conv2": 50 * 8 * 8, "pool2": 50 * 4 * 4}
    assert cube().fitting(names, 10, 0) == [names]
    assert cube(4 * 10 * sizes["conv1"]).fitting(names, 10, 0) == [["conv1"], names[1:]]
    assert len(cube(4 * 10 * sizes["conv1"]).fitting(names, 10, 0, {"conv1": range(10), "conv2": [3]})) == 1
    with pytest.raises(TooLarge, match="conv1 of 10 inputs"):
        cube(4 * 9 * sizes["conv1"]).fitting(names, 10, 0)


def test_statistics_are_those_of_the_whole_whatever_the_batches(cube):
    numbers = list(range(150))
    found = cube().statistics(numbers, ["conv1", "relu"], 0)
    whole = cube().slice(numbers, ["conv1", "relu"], 0)
    for name, values in whole.items():
        axes = (0, 2, 3)[: values.ndim - 1]
        told = found[name]
        np.testing.assert_allclose(told.low, values.min(axis=axes), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(told.high, values.max(axis=axes), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(told.mean, values.mean(axis=axes), rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(told.variance, values.var(axis=axes), rtol=1e-3, atol=1e-8)


def test_dead_and_saturated_channels_are_told():
    network = nn.Sequential(nn.Conv2d(1, 4, 1), nn.Hardtanh(), nn.Flatten(), nn.Linear(4 * 16, 2))
    with torch.no_grad():
        network[0].weight[:] = torch.tensor([1.0, 0.0, 100.0, -1.0]).view(4, 1, 1, 1)
        network[0].bias[:] = 0.0
    teacher = Teacher(network, "lenet", (1, 4, 4), 2, (0.0,), (1.0,), torch.device("cpu"))
    images = np.random.default_rng(0).integers(0, 256, (30, 1, 4, 4), np.uint8)
    told = Hypercube(lambda _epoch: teacher, lambda numbers: images[list(numbers)]).statistics(range(30), ["1"], 0)["1"]
    assert told.is_dead.tolist() == [False, True, False, False]
    assert told.is_saturated.tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("names", "channels", "words"),
    [
        (["conv9"], {}, "There is no layer 'conv9'; there are input, conv1"),
        (["conv1"], {"conv1": [20]}, "There is no channel 20 in 'conv1'; it has 20"),
    ],
)
def test_what_is_not_there_is_one_sentence(cube, names, channels, words):
    with pytest.raises(ValueError, match=words):
        cube().slice([0], names, 0, channels)
