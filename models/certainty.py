"""How sure a classifier is of an image, beyond the class that it predicts: entropy, margin, and the classes that come next."""

import numpy as np


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Entropy of each row, sum over k of -p_k log2 p_k.

    Parameters
    ----------
    probabilities : float array (N, K)
        Rows that sum to 1.

    Returns
    -------
    array (N,)
        In bits: 0 where one class has all, log2(K) where all have the same.
    """
    positive = np.where(probabilities > 0, probabilities, 1)  # p log p goes to 0 with p
    return np.abs((probabilities * np.log2(positive)).sum(axis=1))


def margin(probabilities: np.ndarray) -> np.ndarray:
    """How far the most probable class of each row is ahead of the second.

    Parameters
    ----------
    probabilities : float array (N, K)
        K at least 2.

    Returns
    -------
    array (N,)
        The difference of the two: 0 for a tie, 1 where one class has all.
    """
    second, first = np.partition(probabilities, -2, axis=1)[:, -2:].T
    return first - second


def top(probabilities: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The most probable classes of each row.

    Parameters
    ----------
    probabilities : float array (N, K)
        NaN in whole rows is fine, as for points that a map hides.
    k : int
        How many, 1 to K.

    Returns
    -------
    classes : int array (N, k)
        The most probable first; of equals the lower number.
    shares : array (N, k)
        What each has.

    Raises
    ------
    ValueError
        If k is not 1 to K.
    """
    if not 1 <= k <= probabilities.shape[1]:
        raise ValueError(f"k must be 1 to {probabilities.shape[1]}, as there are so many classes, not {k!r}.")
    classes = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return classes, np.take_along_axis(probabilities, classes, 1)
