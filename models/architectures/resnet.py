"""The residual networks for CIFAR."""

import torch
from torch import Tensor, nn

from models.architectures.initial import draw_convolutions


class ResNet(nn.Module):
    """The residual network of He et al., "Deep Residual Learning", 2016, section 4.2, for small images.

    A 3 x 3 convolution, then three groups of equally many blocks with 16, 32 and 64 channels, the second and
    third at half the size each, global average pooling and one linear layer. Shortcuts have no parameters
    (the paper's option A). For 10 classes of colour images the depths 20, 32, 44 and 56 have 269,722, 464,154,
    658,586 and 853,018 parameters. Their names are those of Y. Idelbayev's pytorch_resnet_cifar10, so that its
    published weights can be loaded.

    Parameters
    ----------
    in_shape : (C, H, W)
        The shape of an image, H and W 8 or more.
    n_classes : int
        The number of classes, 2 or more.
    depth : int
        The number of layers with weights, 6 n + 2.
    """

    MIN_SIZE = 8  # halved twice, which leaves the last group something to look at

    def __init__(self, in_shape: tuple[int, int, int], n_classes: int, depth: int) -> None:
        super().__init__()
        n_blocks = (depth - 2) // 6
        self.conv1 = nn.Conv2d(in_shape[0], 16, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu1 = nn.ReLU()
        self.layer1 = _group(16, 16, n_blocks, stride=1)
        self.layer2 = _group(16, 32, n_blocks, stride=2)
        self.layer3 = _group(32, 64, n_blocks, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(64, n_classes)
        draw_convolutions(self)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (N, C, H, W) to logits (N, K)."""
        maps = self.relu1(self.bn1(self.conv1(images)))
        maps = self.layer3(self.layer2(self.layer1(maps)))
        return self.linear(self.flatten(self.pool(maps)))


class Block(nn.Module):
    """Two convolutions whose result is added to what came in."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(n_out, n_out, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.shortcut = nn.Identity() if (n_in, stride) == (n_out, 1) else Shortcut(n_out - n_in, stride)
        self.relu2 = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """Feature maps (N, C_in, H, W) to (N, C_out, H / stride, W / stride), rounded up."""
        residual = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(maps)))))
        return self.relu2(residual + self.shortcut(maps))


class Shortcut(nn.Module):
    """Every second pixel, and half of the new channels, empty, on either side: He et al.'s option A."""

    def __init__(self, n_new: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.before = n_new // 2
        self.after = n_new - self.before

    def forward(self, maps: Tensor) -> Tensor:
        """Feature maps (N, C, H, W) to (N, C + new, H / stride, W / stride), rounded up."""
        thinned = maps[:, :, :: self.stride, :: self.stride]
        return torch.nn.functional.pad(thinned, (0, 0, 0, 0, self.before, self.after))


def _group(n_in: int, n_out: int, n_blocks: int, stride: int) -> nn.Sequential:
    first = Block(n_in, n_out, stride)
    return nn.Sequential(first, *(Block(n_out, n_out, stride=1) for _ in range(n_blocks - 1)))
