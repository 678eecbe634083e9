"""Teachers on real images: MNIST from scratch, and a ResNet-20 of a file fine-tuned on CIFAR-10 as JPEG.

    uv run python -m benchmarks.teachers [--mnist DIR] [--cifar DIR --weights FILE]

DIR of MNIST holds its four files (or gets them by download), DIR of CIFAR the folders train and test with a folder a class.
Beside each: one epoch of the plainest loop that torch's documentation would have, on the same network and images.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from benchmarks.harness import machine, median, met, read_runs, table
from benchmarks.nets import FINE_TUNE, PLACES, fresh, of_file
from models.data import ImageSet
from models.sources import make_source
from models.teacher import Teacher
from models.training import train


def plain_epoch(network: nn.Module, image_set: ImageSet, batch_size: int) -> float:
    """Seconds that one epoch of a plain loop takes: a DataLoader, cross-entropy, SGD, and a pass over both parts after it
    to measure, as `train` does."""
    pixels = torch.from_numpy(image_set.floats())
    labels = torch.from_numpy(image_set.labels)
    n_train = image_set.n_train
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(pixels[:n_train], labels[:n_train]), batch_size, shuffle=True
    )
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    began = time.perf_counter()
    network.train()
    for batch, wanted in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(batch), wanted).backward()
        optimizer.step()
    network.eval()
    with torch.no_grad():
        for start in range(0, len(pixels), 512):
            network(pixels[start : start + 512])
    return time.perf_counter() - began


def bare_epoch(teacher: Teacher, image_set: ImageSet, batch_size: int) -> float:
    """Seconds that the arithmetic alone of an epoch takes: forward and backward on one batch that lies ready, as often as
    there are batches, and forward alone over both parts."""
    pixels = torch.from_numpy(image_set.floats(range(batch_size)))
    wanted = torch.from_numpy(image_set.labels[:batch_size])

    def seconds(work: Callable[[], object]) -> float:
        times = []
        for _ in range(12):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        return median(times[2:])

    step = seconds(lambda: nn.functional.cross_entropy(teacher.logits(pixels), wanted).backward())
    with torch.no_grad():
        look = seconds(lambda: teacher.logits(pixels))
    return (step * image_set.n_train + look * len(image_set)) / batch_size


def measured(
    name: str, make: Callable[[], Teacher], images: ImageSet, runs: int, goal: tuple[float, float | None], **settings
) -> list[str]:
    """A row of the table: accuracy, seconds in all, seconds an epoch, and a plain epoch's."""
    accuracies, totals, epochs = [], [], []
    for seed in range(runs):
        began = time.perf_counter()
        record = train(make(), images, seed=seed, **settings)
        totals.append(time.perf_counter() - began)
        accuracies.append(float(record.test_accuracy[-1]))
        epochs.append(float(np.median(record.seconds[1:])))
    batch_size = settings.get("batch_size", 64)
    bare = bare_epoch(make(), images, batch_size)
    plain_network = make().module.to(memory_format=torch.contiguous_format)
    plain = plain_epoch(plain_network, images, batch_size)
    wanted, seconds = goal
    told = "met" if median(accuracies) >= wanted else "MISSED"
    if seconds is not None:
        told += f", {met(median(totals), seconds)}"
    return [
        name,
        f"{median(accuracies):.2%} (≥ {wanted:.1%})",
        f"{median(totals):.0f} s" + (f" (≤ {seconds})" if seconds else ""),
        f"{median(epochs):.1f} s",
        f"{plain:.1f} s, {median(epochs) / plain:.2f} ×",
        f"{bare:.1f} s, {median(epochs) / bare:.2f} ×",
        told,
    ]


def main() -> None:
    chosen = read_runs(__doc__, 1, **{name: PLACES[name] for name in ("mnist", "cifar", "weights")})
    print(machine())
    mnist = make_source("mnist", folder=chosen.mnist).load()
    rows = [
        measured("LeNet, MNIST", lambda: fresh("lenet", mnist), mnist, chosen.runs, (0.982, 180), epochs=2),
        measured(
            "example CNN, MNIST", lambda: fresh("example-cnn", mnist), mnist, chosen.runs, (0.989, None), epochs=3
        ),
    ]
    if chosen.cifar and chosen.weights:
        cifar = make_source("folder", folder=chosen.cifar).load()
        rows.append(
            measured(
                "ResNet-20 of a file, CIFAR-10",
                lambda: of_file(chosen.weights, cifar),
                cifar,
                chosen.runs,
                (0.84, 2 * 360),
                **FINE_TUNE,
            )
        )
    columns = ["", "right on test", "in all", "an epoch", "a plain epoch", "its limit", ""]
    print(table(f"{torch.get_num_threads()} threads, medians of {chosen.runs}", columns, rows))
    print(
        "\nlimit: forward and backward on a batch that lies ready, as often as an epoch needs it; then our multiple of it"
    )


if __name__ == "__main__":
    main()
