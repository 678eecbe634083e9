"""VGG16 with batch normalisation, for CIFAR."""

from itertools import pairwise

from torch import Tensor, nn

from models.architectures.initial import draw_convolutions

STAGES = (2, 2, 3, 3, 3)  # convolutions before each pooling: with three linear layers, the 16 of the name
WIDTHS = (64, 128, 256, 512, 512)  # their channels


class VGG16(nn.Module):
    """Configuration D of Simonyan and Zisserman, 2015, with batch normalisation, cut to the size of CIFAR.

    Thirteen 3 x 3 convolutions, each normalised and followed by ReLU, five 2 x 2 max-poolings, and three linear
    layers with dropout between them. The paper's hidden layers of 4,096 units are 512 units here, as is usual
    for CIFAR: 15,253,578 parameters for colour images of ten classes. Names are those of torchvision's
    ``vgg16_bn`` and of pytorch-cifar-models. Poolings round sizes up, and the last maps are averaged to one
    position, so that sizes other than 32 x 32 work too; at 32 x 32 neither changes anything.

    Parameters
    ----------
    in_shape : (C, H, W)
        The shape of an image, H and W 17 or more.
    n_classes : int
        The number of classes, 2 or more.
    """

    MIN_SIZE = 17  # the last convolutions then see 2 x 2 positions; a single one cannot be batch-normalised

    def __init__(self, in_shape: tuple[int, int, int], n_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for n_convolutions, (n_in, n_out) in zip(STAGES, pairwise((in_shape[0], *WIDTHS)), strict=True):
            for n_before in (n_in, *[n_out] * (n_convolutions - 1)):
                layers += [nn.Conv2d(n_before, n_out, kernel_size=3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU()]
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Sequential(
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(512, n_classes),
        )
        draw_convolutions(self)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (N, C, H, W) to logits (N, K)."""
        return self.classifier(self.flatten(self.pool(self.features(images))))
