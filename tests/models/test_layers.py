import re

import pytest
import torch
from torch import nn

from models.architectures import ARCHITECTURES, make_network
from models.layers import hook_faults, layers_of, trace_layers


class Sound(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.relu = nn.ReLU()
        self.second = nn.Linear(4, 4)

    def forward(self, x):
        return self.second(self.relu(self.first(x)))


class Reusing(Sound):
    def forward(self, x):
        return self.relu(self.second(self.relu(self.first(x))))


class InPlace(Sound):
    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)


class Adding(Sound):
    def forward(self, x):
        out = self.first(x)
        out += x
        return self.second(self.relu(out))


class FunctionalInPlace(Sound):
    def forward(self, x):
        return self.second(nn.functional.relu(self.first(x), inplace=True))


class Scale(nn.Module):
    """Works in place without saying so."""

    def forward(self, x):
        return x.mul_(2)


class Secretly(Sound):
    def __init__(self):
        super().__init__()
        self.relu = Scale()


class AddingAtTheEnd(Sound):
    def forward(self, x):
        out = super().forward(x)
        out += x
        return out


REUSED = r"A hook cannot tell apart .* \(relu\): give each use a module of its own\."
WORKS_IN_PLACE = r"Layers that work in place overwrite .* \(relu\): make them with inplace=False\."
CHANGED = r"Code that changes outputs in place, .* \({}\): write out = out \+ other instead\."


@pytest.mark.parametrize(
    ("network", "sentences"),
    [
        (Sound, []),
        (Reusing, [REUSED]),
        (InPlace, [WORKS_IN_PLACE]),
        (Secretly, [WORKS_IN_PLACE]),
        (Adding, [CHANGED.format("first")]),
        (FunctionalInPlace, [CHANGED.format("first")]),
        (AddingAtTheEnd, [CHANGED.format("second")]),
    ],
)
def test_faults_are_found_and_named(network, sentences):
    made = network()
    faults = hook_faults(made, torch.ones(2, 4))
    assert len(faults) == len(sentences)
    for fault, sentence in zip(faults, sentences, strict=True):
        assert re.fullmatch(sentence, fault), fault
    assert made.training
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in made.modules())


def test_many_faulty_layers_are_counted():
    network = nn.Sequential(*(nn.ReLU(inplace=True) for _ in range(5)))
    (fault,) = hook_faults(network, torch.ones(1, 3))
    assert "(0, 1, 2 and 2 more)" in fault


def test_frozen_parts_stay_frozen():
    network = Sound().train()
    network.first.eval()
    trace_layers(network, torch.ones(1, 4))
    assert [network.training, network.first.training, network.second.training] == [True, False, True]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_layers_without_weights_are_those_with(architecture):
    state = torch.get_rng_state()
    layers = layers_of(architecture, (3, 32, 32), 7)
    assert torch.equal(torch.get_rng_state(), state)  # nothing was drawn
    assert layers[-1]["output_shape"] == (7,)
    assert layers[-1]["type"] == "Linear"
    if architecture != "wide-resnet-28-10":  # drawing whose weights takes seconds
        network = make_network(architecture, (3, 32, 32), 7)
        assert layers == trace_layers(network, torch.zeros(1, 3, 32, 32))
        assert sum(layer["n_parameters"] for layer in layers) == sum(p.numel() for p in network.parameters())
