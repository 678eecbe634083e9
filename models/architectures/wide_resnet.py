"""Wide residual networks, DarkSight's teacher for CIFAR-100."""

from torch import Tensor, nn

from models.architectures.initial import draw_convolutions


class WideResNet(nn.Module):
    """WRN-depth-width of Zagoruyko and Komodakis, "Wide Residual Networks", 2016.

    As a residual network for CIFAR, with `width` times the channels and fewer layers; batch normalisation and
    ReLU come before each convolution, and dropout (0 unless training sets it) between the two of a block. For 10
    classes of colour images WRN-28-10 has 36,479,194 parameters.

    Parameters
    ----------
    in_shape : (C, H, W)
        The shape of an image, H and W 8 or more.
    n_classes : int
        The number of classes, 2 or more.
    depth : int
        The number of layers with weights, 6 n + 4.
    width : int
        The factor on the channels 16, 32 and 64.
    """

    MIN_SIZE = 8  # halved twice, which leaves the last group something to look at

    def __init__(self, in_shape: tuple[int, int, int], n_classes: int, depth: int, width: int) -> None:
        super().__init__()
        n_blocks = (depth - 4) // 6
        self.conv1 = nn.Conv2d(in_shape[0], 16, kernel_size=3, padding=1, bias=False)
        self.layer1 = _group(16, 16 * width, n_blocks, stride=1)
        self.layer2 = _group(16 * width, 32 * width, n_blocks, stride=2)
        self.layer3 = _group(32 * width, 64 * width, n_blocks, stride=2)
        self.bn = nn.BatchNorm2d(64 * width)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(64 * width, n_classes)
        draw_convolutions(self)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (N, C, H, W) to logits (N, K)."""
        maps = self.layer3(self.layer2(self.layer1(self.conv1(images))))
        return self.linear(self.flatten(self.pool(self.relu(self.bn(maps)))))


class WideBlock(nn.Module):
    """Two normalised convolutions whose result is added to what came in."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(n_in)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(n_in, n_out, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.relu2 = nn.ReLU()
        self.dropout = nn.Dropout(0.0)
        self.conv2 = nn.Conv2d(n_out, n_out, kernel_size=3, padding=1, bias=False)
        self.changes_shape = (n_in, stride) != (n_out, 1)
        self.shortcut = (
            nn.Conv2d(n_in, n_out, kernel_size=1, stride=stride, bias=False) if self.changes_shape else nn.Identity()
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Feature maps (N, C_in, H, W) to (N, C_out, H / stride, W / stride), rounded up."""
        active = self.relu1(self.bn1(maps))
        residual = self.conv2(self.dropout(self.relu2(self.bn2(self.conv1(active)))))
        # Where the shape changes, the shortcut too starts from the normalised maps.
        return residual + self.shortcut(active if self.changes_shape else maps)


def _group(n_in: int, n_out: int, n_blocks: int, stride: int) -> nn.Sequential:
    first = WideBlock(n_in, n_out, stride)
    return nn.Sequential(first, *(WideBlock(n_out, n_out, stride=1) for _ in range(n_blocks - 1)))
