"""The initial weights of the deep networks."""

from torch import nn


def draw_convolutions(network: nn.Module) -> None:
    """Draw the weights of all convolutions anew, in place, as He et al. do for layers with ReLU (2015, Eq. 10).

    Their variance is 2 / (the number of inputs of a unit), so that signals keep their size through many
    layers; torch's own default is a sixth of that.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
