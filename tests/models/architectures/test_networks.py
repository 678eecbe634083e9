"""What holds for every network: the published sizes, any shape of image, and hooks that can be trusted."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.architectures import ARCHITECTURES, make_network
from models.layers import hook_faults, leaves

SMALL = [name for name in ARCHITECTURES if name != "wide-resnet-28-10"]  # whose 36 million weights take a while


@pytest.mark.parametrize(
    ("architecture", "in_shape", "n_parameters"),
    [
        ("lenet", (1, 28, 28), (25 + 1) * 20 + (25 * 20 + 1) * 50 + (800 + 1) * 500 + (500 + 1) * 10),  # 431,080
        ("example-cnn", (1, 28, 28), 1_199_882),
        ("resnet-20", (3, 32, 32), 269_722),
        ("resnet-32", (3, 32, 32), 464_154),
        ("resnet-44", (3, 32, 32), 658_586),
        ("resnet-56", (3, 32, 32), 853_018),
        ("vgg16-bn", (3, 32, 32), 15_253_578),
        ("wide-resnet-16-4", (3, 32, 32), 2_748_890),
        ("wide-resnet-28-10", (3, 32, 32), 36_479_194),
    ],
)
def test_as_many_parameters_as_published(architecture, in_shape, n_parameters):
    network = make_network(architecture, in_shape, 10)
    assert sum(parameter.numel() for parameter in network.parameters()) == n_parameters


@pytest.mark.parametrize("architecture", SMALL)
@pytest.mark.parametrize("training", [False, True])
def test_every_layer_runs_once_and_none_in_place(architecture, training):
    network = make_network(architecture, (3, 32, 32), 10).train(training)
    assert not any(getattr(layer, "inplace", False) for layer in network.modules())
    runs = Counter()
    for name, layer in leaves(network):
        layer.register_forward_hook(lambda _layer, _inputs, _output, name=name: runs.update([name]))
    network(torch.zeros(2, 3, 32, 32))
    assert runs == Counter(name for name, _ in leaves(network))
    assert hook_faults(network, torch.zeros(2, 3, 32, 32)) == []


@settings(max_examples=25)
@given(
    st.sampled_from(["lenet", "example-cnn", "resnet-20", "vgg16-bn", "wide-resnet-16-4"]),
    st.integers(1, 4),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(2, 12),
)
def test_any_size_from_the_smallest_works(architecture, n_channels, more_height, more_width, n_classes):
    least = ARCHITECTURES[architecture].min_size
    in_shape = (n_channels, least + more_height, least + more_width)
    network = make_network(architecture, in_shape, n_classes)
    # One image, in training: batch normalisation needs more than one value a channel.
    logits = network(torch.zeros(1, *in_shape))
    assert logits.shape == (1, n_classes)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_small_images_are_refused_in_one_sentence(architecture):
    known = ARCHITECTURES[architecture]
    less, size = known.min_size - 1, f"{known.min_size} x {known.min_size}"
    with pytest.raises(
        ValueError, match=rf"^in_shape must be at least {size} pixels for {known.title}, not 40 x {less}\.$"
    ):
        make_network(architecture, (1, 40, less), 10)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("alexnet", (1, 28, 28), 10), r"architecture must be one of .*, not 'alexnet'\."),
        (("lenet", (28, 28), 10), r"in_shape must be three positive numbers \(C, H, W\), not \(28, 28\)\."),
        (("lenet", (0, 28, 28), 10), r"in_shape must be three positive numbers \(C, H, W\), not \(0, 28, 28\)\."),
        (("lenet", (1, 28, 28), 1), r"n_classes must be 2 or more, not 1\."),
    ],
)
def test_what_makes_no_network_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        make_network(*arguments)


def test_signals_keep_their_size_through_the_deep_networks():
    """What the initial weights are drawn for: after 12 convolutions maps neither vanish nor explode."""
    torch.manual_seed(0)
    network = make_network("vgg16-bn", (3, 32, 32), 10).eval()  # in evaluation an untrained normalisation does nothing
    with torch.no_grad():
        maps = network.get_submodule("features")(torch.randn(4, 3, 32, 32))
    assert 0.1 < maps.square().mean().sqrt() < 10


def test_the_shortcut_thins_and_pads():
    shortcut = make_network("resnet-20", (3, 32, 32), 10).get_submodule("layer2.0.shortcut")
    maps = torch.randn(2, 16, 6, 5)
    out = shortcut(maps)
    assert out.shape == (2, 32, 3, 3)
    assert torch.equal(out[:, 8:24], maps[:, :, ::2, ::2])
    assert not out[:, :8].any()
    assert not out[:, 24:].any()
