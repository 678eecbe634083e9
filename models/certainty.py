"""How sure a classifier is of an image, beyond the probability of the class that it predicts."""

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
