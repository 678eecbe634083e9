"""Labels and class names as people store them, turned into what an image set holds."""

from collections.abc import Sequence

import numpy as np

MAX_CLASSES = 100_000


def read_labels(
    values: np.ndarray, class_names: Sequence[str] | None, where: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Turn labels into numbers from 0, and say what the classes are called.

    Parameters
    ----------
    values : array (N,) or (N, 1)
        Whole numbers from 0, in any number type, or texts.
    class_names : texts, optional
        The classes. Left out, they are the texts in sorted order, or "0" to the largest label.
    where : str
        The file and the array, for the sentence of an error.

    Returns
    -------
    labels : int64 array (N,)
    class_names : tuple of str

    Raises
    ------
    ValueError
        If the labels are neither whole numbers nor texts, or are outside of the classes.
    """
    flat = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if flat.ndim != 1:
        raise ValueError(f"{where} must have the shape (N,), one label an image, not {values.shape}.")
    if flat.dtype.kind in "US":
        return _from_texts(read_class_names(flat, where), class_names, where)
    if flat.dtype.kind not in "iuf":
        raise ValueError(f"{where} must be whole numbers or texts, not {flat.dtype}.")
    if flat.dtype.kind == "f":
        odd = np.flatnonzero(~np.isfinite(flat) | (flat != np.floor(flat)))
        if odd.size:
            raise ValueError(f"{where} must be whole numbers, but the label of image {odd[0]} is {flat[odd[0]]}.")
    return _from_numbers(flat, class_names, where)


def read_class_names(values: np.ndarray, where: str) -> tuple[str, ...]:
    """Turn an array of texts into a tuple.

    Raises
    ------
    ValueError
        If it is no list of texts.
    """
    if values.ndim != 1 or values.dtype.kind not in "US":
        raise ValueError(f"{where} must be a list of texts, not {values.dtype} of shape {values.shape}.")
    if values.dtype.kind == "U":
        return tuple(values.tolist())
    try:
        return tuple(text.decode() for text in values.tolist())
    except UnicodeDecodeError as error:
        raise ValueError(f"{where} must be texts in UTF-8, but {error.object!r} is none.") from error


def _from_texts(
    texts: Sequence[str], class_names: Sequence[str] | None, where: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    names = tuple(sorted(set(texts)) if class_names is None else class_names)
    number = {name: label for label, name in enumerate(names)}
    for position, text in enumerate(texts):
        if text not in number:
            raise ValueError(
                f"{where}: label {position} is {text!r}, which is not one of the {len(names)} class names."
            )
    return np.array([number[text] for text in texts], dtype=np.int64), names


def _from_numbers(
    labels: np.ndarray, class_names: Sequence[str] | None, where: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    top = MAX_CLASSES if class_names is None else len(class_names)
    bad = np.flatnonzero((labels < 0) | (labels >= top))
    if bad.size:
        of = f"as there are {top} classes" if class_names is not None else "the most classes there may be"
        raise ValueError(
            f"{where} must lie in 0 to {top - 1:,}, {of}, but the label of image {bad[0]} is {labels[bad[0]]} "
            f"({bad.size:,} of {len(labels):,} are outside)."
        )
    count = int(labels.max()) + 1 if labels.size else 0
    names = class_names if class_names is not None else [str(label) for label in range(count)]
    return labels.astype(np.int64), tuple(names)
