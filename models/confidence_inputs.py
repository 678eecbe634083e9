"""What measures of confidence are taken of: vectors of probabilities and places on a map, checked; and samples of many."""

import numpy as np

from models.outputs import LARGEST, as_probabilities, check_outputs

LEAST_SPREAD = 1e-100  # its square is still a number


def checked_probabilities(probabilities: np.ndarray, n_classes: int | None = None) -> np.ndarray:
    """Probabilities (N, K) as float64, nowhere below 0, rows summing to 1; K is `n_classes`, where that is given.

    Raises
    ------
    ValueError
        If they are no finite probabilities of two classes or more.
    """
    numbers = check_outputs(np.asarray(probabilities), "probabilities").astype(np.float64)
    if n_classes is not None and numbers.shape[1] != n_classes:
        raise ValueError(
            f"probabilities must be of {n_classes:,} classes, as the fitted ones, not {numbers.shape[1]:,}."
        )
    return as_probabilities(numbers, "probabilities")


def checked_places(places: np.ndarray, count: int | None = None) -> np.ndarray:
    """Places on a map (N, 2) as float64; N is `count`, where that is given.

    Raises
    ------
    ValueError
        If they are no finite numbers of that shape.
    """
    places = np.asarray(places)
    if places.ndim != 2 or places.shape[1] != 2 or len(places) < 1:
        raise ValueError(f"places must have the shape (N, 2), one point or more, not {places.shape}.")
    if places.dtype.kind not in "iuf":
        raise ValueError(f"places must be numbers, not {places.dtype}.")
    if count is not None and len(places) != count:
        raise ValueError(f"there must be a place for each of {count:,} rows of probabilities, not {len(places):,}.")
    bad = np.flatnonzero(~(np.abs(places) <= LARGEST).all(axis=1))
    if bad.size:
        raise ValueError(
            f"places must be finite numbers within ±{LARGEST:.3g}, but that of point {bad[0]} is not ({bad.size:,} of "
            f"{len(places):,} are so)."
        )
    return places.astype(np.float64)


def check_spread(rows: np.ndarray, what: str) -> None:
    """Makes sure that rows (N, D) are not all the same.

    Raises
    ------
    ValueError
    """
    if np.ptp(rows, axis=0).max() <= LEAST_SPREAD:
        raise ValueError(f"a density needs {what} that differ; all {len(rows):,} are the same.")


def sample_of(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    """All rows, or so many of them, chosen by the seed, in their order."""
    if len(rows) <= most:
        return rows
    return rows[np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False))]
