"""Logits or probabilities? A classifier's outputs, told apart and checked."""

from typing import Literal, get_args

import numpy as np

OutputKind = Literal["logits", "probabilities"]
OUTPUT_KINDS = get_args(OutputKind)
SUM_TOLERANCE = 1e-3  # a row of probabilities may miss 1 by this: they are often written with few digits
RANGE_TOLERANCE = 1e-6  # and lie outside 0 to 1 by this: somebody's rounding
LARGEST = float(np.finfo(np.float32).max)


def check_outputs(outputs: np.ndarray, where: str) -> np.ndarray:
    """Check that an array may be a classifier's outputs.

    Parameters
    ----------
    outputs : array (N, K)
        Numbers; at least one row and two classes.
    where : str
        The file, or the file and the array, for the sentence of an error.

    Returns
    -------
    float32 or float64 array (N, K)
        float64, unless the outputs are floats of 32 bits or less.

    Raises
    ------
    ValueError
        If the array is not as described above, or holds NaN, infinity or numbers beyond the range of float32. Rows are
        counted from 0, as images are.
    """
    if outputs.ndim != 2 or outputs.shape[0] < 1 or outputs.shape[1] < 2:
        raise ValueError(
            f"{where} must have the shape (N, K), a row an image, two classes or more, not {outputs.shape}."
        )
    if outputs.dtype.kind not in "iuf":
        raise ValueError(f"{where} must be numbers, not {outputs.dtype}.")
    small = outputs.dtype.kind == "f" and outputs.dtype.itemsize <= 4
    numbers = outputs.astype(np.float32 if small else np.float64)
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        row, column = bad[0]
        rows = len(np.unique(bad[:, 0]))
        raise ValueError(
            f"{where} must be finite numbers, but row {row}, column {column} is {numbers[row, column]} "
            f"(NaN or infinite numbers stand in {rows:,} of {len(numbers):,} rows)."
        )
    if (largest := np.abs(numbers).max()) > LARGEST:
        raise ValueError(
            f"{where} must lie within ±{LARGEST:.3g}, as it is kept as float32, but goes to {largest:.3g}."
        )
    return numbers


def tell_kind(outputs: np.ndarray, where: str) -> tuple[OutputKind, str]:
    """Tell logits from probabilities.

    Rows within 0 to 1 that sum to 1 are probabilities; no network's logits are so. Anything else is taken for
    logits, unless it looks like probabilities gone wrong.

    Parameters
    ----------
    outputs : float array (N, K)
        As `check_outputs` returns it.
    where : str
        The file, or the file and the array, for the sentence of an error.

    Returns
    -------
    kind : "logits" or "probabilities"
    reason : str
        A sentence that says why.

    Raises
    ------
    ValueError
        If they are neither: rows that sum to 1 with negative entries among them, probabilities in most rows
        but not in all, numbers within 0 to 1 that do not sum to 1 (as sigmoids give), shares of 100.
    """
    sums = outputs.sum(axis=1, dtype=np.float64)
    sums_to_one = np.abs(sums - 1) <= SUM_TOLERANCE
    within = _within(outputs)
    good = sums_to_one & within
    state = "correct them, or state which they are"
    if good.all():
        return "probabilities", (
            f"Every row lies within 0 to 1 and sums to 1 (within {SUM_TOLERANCE}), so they are probabilities."
        )
    first = int(np.argmin(good))
    if sums_to_one.all():
        raise ValueError(
            f"{where}: every row sums to 1 as probabilities do, but row {first} holds {_outermost(outputs[first]):g}: "
            f"they are neither probabilities nor logits; {state}."
        )
    if good.sum() * 2 > len(outputs):
        raise ValueError(
            f"{where}: {good.sum():,} of {len(outputs):,} rows are probabilities, but row {first} "
            f"{_what_is_wrong(outputs[first])}; {state}."
        )
    if within.all():
        raise ValueError(
            f"{where}: everything lies within 0 to 1, but row {first} sums to {sums[first]:g}: "
            f"they are neither probabilities, which sum to 1, nor likely logits; {state}."
        )
    if len(outputs) > 1 and outputs.min() >= 0 and np.ptp(sums) <= SUM_TOLERANCE * sums[0]:
        raise ValueError(
            f"{where}: every row sums to {sums[0]:g}: they are neither logits nor probabilities, which sum to 1; {state}."
        )
    return "logits", f"Row {first} {_what_is_wrong(outputs[first])}, so they are no probabilities but logits."


def as_probabilities(outputs: np.ndarray, where: str) -> np.ndarray:
    """Check what is stated to be probabilities, and take the rounding out of it.

    Parameters
    ----------
    outputs : float array (N, K)
        As `check_outputs` returns it.
    where : str
        The file, or the file and the array, for the sentence of an error.

    Returns
    -------
    float array (N, K)
        Nowhere below 0; rows sum to 1.

    Raises
    ------
    ValueError
        If a row is not within 0 to 1, or does not sum to 1.
    """
    bad = np.flatnonzero((np.abs(outputs.sum(axis=1, dtype=np.float64) - 1) > SUM_TOLERANCE) | ~_within(outputs))
    if bad.size:
        raise ValueError(
            f"{where} must be probabilities, within 0 to 1 with rows that sum to 1 (within {SUM_TOLERANCE}), but "
            f"row {bad[0]} {_what_is_wrong(outputs[bad[0]])} ({bad.size:,} of {len(outputs):,} rows are wrong)."
        )
    clipped = np.clip(outputs, 0, None)
    return clipped / clipped.sum(axis=1, keepdims=True)


def _within(outputs: np.ndarray) -> np.ndarray:
    """Which rows lie within 0 to 1."""
    return (outputs.min(axis=1) >= -RANGE_TOLERANCE) & (outputs.max(axis=1) <= 1 + RANGE_TOLERANCE)


def _outermost(row: np.ndarray) -> float:
    """The number that is farthest from 0 to 1."""
    return float(row[np.argmax(np.abs(row - 0.5))])


def _what_is_wrong(row: np.ndarray) -> str:
    if not _within(row[np.newaxis])[0]:
        return f"holds {_outermost(row):g}"
    return f"sums to {row.sum(dtype=np.float64):g}"
