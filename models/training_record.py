"""What training notes of each epoch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from models.checkpoint import Row
from models.data import ImageSet
from models.progress import Callback, silent
from models.teacher import Teacher, confusion_matrix


@dataclass(frozen=True, eq=False)
class TrainingRecord:
    """How training went. Row e of each array is epoch e, of E; row 0 is the untrained teacher.

    Attributes
    ----------
    train_loss, test_loss : float64 arrays (E + 1,)
        Mean cross-entropy in nats over all images of that part, measured at the end of the epoch on the images as
        they are: without dropout, label smoothing or augmentation.
    train_accuracy, test_accuracy : float64 arrays (E + 1,)
        The share of images, 0 to 1, that the teacher then gets right.
    seconds : float64 array (E + 1,)
        How long the epoch took, measuring included.
    test_confusion : int64 array (E + 1, K, K)
        ``test_confusion[e, t, p]`` test images of class t were taken for class p.
    weights : dict of int to bytes
        The teacher, as `Teacher.to_bytes` writes it, after each of the chosen epochs, in their order.
    stopped_after : int or None
        The epoch after which training stopped early, E; None where it went on to the end.
    """

    train_loss: np.ndarray
    train_accuracy: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray
    seconds: np.ndarray
    test_confusion: np.ndarray
    weights: dict[int, bytes]
    stopped_after: int | None = None


def measure(teacher: Teacher, image_set: ImageSet, callback: Callback = silent) -> Row:
    """Measure a teacher on either part of an image set.

    Parameters
    ----------
    teacher : Teacher
        With its present weights.
    image_set : ImageSet
        Images of the teacher's shape and number of classes.
    callback : Callback
        Called after each batch.

    Returns
    -------
    dict
        What a row of a `TrainingRecord` holds, ``train_loss`` to ``test_confusion``, less the seconds.
    """
    logits = teacher.classify(image_set.images, callback=callback)
    losses = nn.functional.cross_entropy(
        torch.tensor(logits, dtype=torch.float64), torch.tensor(image_set.labels), reduction="none"
    ).numpy()
    predicted = logits.argmax(axis=1)
    correct = predicted == image_set.labels
    train, test = slice(0, image_set.n_train), slice(image_set.n_train, None)
    return {
        "train_loss": float(losses[train].mean()),
        "train_accuracy": float(correct[train].mean()),
        "test_loss": float(losses[test].mean()),
        "test_accuracy": float(correct[test].mean()),
        "test_confusion": confusion_matrix(image_set.labels[test], predicted[test], image_set.n_classes),
    }
