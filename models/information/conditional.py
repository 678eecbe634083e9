"""What a label leaves open of an answer, and an answer of a label (CNNSlicer, 5.2)."""

from typing import NamedTuple

import numpy as np

from models.information.capacity import entropy


class Conditional(NamedTuple):
    """Entropies, in bits, class by class; NaN where there is nothing to be unsure about.

    Attributes
    ----------
    label : float64 array (K,)
        H(label | predicted i); NaN where nothing is predicted i.
    predicted : float64 array (K,)
        H(predicted | label i); NaN where no image is of class i.
    """

    label: np.ndarray
    predicted: np.ndarray


def conditional_entropies(confusion: np.ndarray) -> Conditional:
    """How unsure the label is, given an answer, and the answer, given a label.

    Parameters
    ----------
    confusion : array (K, K) or (..., K, K)
        Counts, by true and predicted class; whatever is before, such as epochs, stays.

    Returns
    -------
    Conditional
        Of arrays (..., K).

    Raises
    ------
    ValueError
        If it is not square, or a count is below 0.
    """
    counts = np.asarray(confusion)
    if counts.ndim < 2 or counts.shape[-1] != counts.shape[-2]:
        raise ValueError(f"confusion must be square, a row and a column a class, not of the shape {counts.shape}.")
    if (counts < 0).any():
        raise ValueError("confusion must be counts, 0 or more.")
    return Conditional(label=entropy(np.swapaxes(counts, -1, -2)), predicted=entropy(counts))
