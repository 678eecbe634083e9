"""LeNet, DarkSight's teacher for MNIST."""

from torch import Tensor, nn


class LeNet(nn.Module):
    """The LeNet of Caffe's MNIST example, DarkSight's teacher for MNIST.

    Two 5 x 5 convolutions of 20 and 50 channels, each followed by 2 x 2 max-pooling, then a hidden layer of
    500 ReLU units: 431,080 parameters for 28 x 28 grey images of ten classes.

    Parameters
    ----------
    in_shape : (C, H, W)
        The shape of an image, H and W 16 or more.
    n_classes : int
        The number of classes, 2 or more.
    """

    MIN_SIZE = 16  # 16 - 4 = 12, pooled 6, 6 - 4 = 2, pooled 1

    def __init__(self, in_shape: tuple[int, int, int], n_classes: int) -> None:
        super().__init__()
        n_channels, height, width = in_shape
        n_positions = (((height - 4) // 2 - 4) // 2) * (((width - 4) // 2 - 4) // 2)
        self.conv1 = nn.Conv2d(n_channels, 20, kernel_size=5)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(20, 50, kernel_size=5)
        self.pool2 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(50 * n_positions, 500)
        self.relu = nn.ReLU()
        self.output = nn.Linear(500, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (N, C, H, W) to logits (N, K)."""
        maps = self.pool2(self.conv2(self.pool1(self.conv1(images))))
        return self.output(self.relu(self.hidden(self.flatten(maps))))
