"""What the map is made of: a teacher's predictions, checked, cut to some classes, clipped, softened, and compared."""

from collections.abc import Sequence

import numpy as np

from models.outputs import as_probabilities, check_outputs

LEAST_MASS = 0.05  # that a point has in the chosen classes, or it is hidden


def read_predictions(P: object, classes: Sequence[int] | None) -> tuple[np.ndarray, np.ndarray]:  # noqa: N803
    """The predictions of the chosen classes, normalised over them.

    Parameters
    ----------
    P : array (N, K)
        Probabilities.
    classes : sequence of int or None
        Columns of P; None for all.

    Returns
    -------
    predictions : float array (N, K or fewer)
    shown : bool array (N,)
        Whether a point has 0.05 or more in the chosen classes. The rows of others mean nothing.

    Raises
    ------
    ValueError
        If P does not hold probabilities, or the classes are not two or more of its columns.
    """
    values = np.asarray(P)
    if values.ndim == 2 and values.shape[1] == 1:
        raise ValueError("P must have two classes or more, a column each, but n_features = 1.")
    predictions = as_probabilities(check_outputs(values, "P"), "P")
    if classes is None:
        return predictions, np.ones(len(predictions), bool)
    part = predictions[:, chosen_classes(classes, predictions.shape[1])]
    mass = part.sum(1, keepdims=True)
    shown = mass[:, 0] >= LEAST_MASS
    return part / np.where(shown[:, None], mass, 1), shown


def chosen_classes(classes: Sequence[int], count: int) -> list[int]:
    """The columns that stand for classes.

    Raises
    ------
    ValueError
        If they are not two or more different ones of so many.
    """
    chosen = [int(number) for number in classes]
    if len(chosen) < 2 or len(set(chosen)) < len(chosen) or min(chosen) < 0 or max(chosen) >= count:
        raise ValueError(f"classes must be two or more different columns of P, 0 to {count - 1}, not {list(classes)}.")
    return chosen


def clipped(predictions: np.ndarray, eps: float) -> np.ndarray:
    """Probabilities that are nowhere below `eps`, but for the normalising that follows; float64."""
    raised = np.maximum(predictions, eps, dtype=np.float64)
    return raised / raised.sum(1, keepdims=True)


def softened(logs: np.ndarray, temperature: float) -> np.ndarray:
    """Logs of softmax(logs / temperature), row by row."""
    colder = logs / temperature
    return colder - np.logaddexp.reduce(colder, axis=1, keepdims=True)


def divergence(predictions: np.ndarray, answers: np.ndarray, eps: float) -> np.ndarray:
    """Symmetric Kullback-Leibler divergence (Eq. 2) of each row, (KL(p, q) + KL(q, p)) / 2.

    Parameters
    ----------
    predictions, answers : arrays (N, K)
        Probabilities p and q, clipped here.
    eps : float
        Where.

    Returns
    -------
    float64 array (N,)
        Nats.
    """
    p, q = clipped(predictions, eps), clipped(answers, eps)
    return ((p - q) * (np.log(p) - np.log(q))).sum(1) / 2
