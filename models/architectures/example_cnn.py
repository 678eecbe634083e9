"""The CNN of PyTorch's MNIST example, which the paper on library networks looks into."""

from torch import Tensor, nn


class ExampleCNN(nn.Module):
    """The CNN of PyTorch's own MNIST example, the library networks' CNN for MNIST.

    Two 3 x 3 convolutions of 32 and 64 channels with ReLU, 2 x 2 max-pooling, dropout, a hidden layer of 128
    ReLU units, dropout: 1,199,882 parameters for 28 x 28 grey images of ten classes. The names of the
    parameters are the example's, so that its ``mnist_cnn.pt`` can be loaded. The example ends in a
    log-softmax; ours returns logits.

    Parameters
    ----------
    in_shape : (C, H, W)
        The shape of an image, H and W 6 or more.
    n_classes : int
        The number of classes, 2 or more.
    """

    MIN_SIZE = 6  # 6 - 2 = 4, 4 - 2 = 2, pooled 1

    def __init__(self, in_shape: tuple[int, int, int], n_classes: int) -> None:
        super().__init__()
        n_channels, height, width = in_shape
        n_positions = ((height - 4) // 2) * ((width - 4) // 2)
        self.conv1 = nn.Conv2d(n_channels, 32, kernel_size=3)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)
        self.relu2 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.dropout1 = nn.Dropout(0.25)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(64 * n_positions, 128)
        self.relu3 = nn.ReLU()
        self.dropout2 = nn.Dropout(0.5)
        self.fc2 = nn.Linear(128, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (N, C, H, W) to logits (N, K)."""
        maps = self.relu2(self.conv2(self.relu1(self.conv1(images))))
        hidden = self.relu3(self.fc1(self.flatten(self.dropout1(self.pool(maps)))))
        return self.fc2(self.dropout2(hidden))
