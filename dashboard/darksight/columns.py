"""What is drawn of the predictions along a bridge: columns of shares, a point each, or the mean of several. Pure NumPy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_POINTS = 5_000  # of which each has a column of its own, at most
MOST_BYTES = 42_000  # of such columns: a gesture sends 50 kB at most, and shares that are all different do not shrink
BYTES_BESIDE = 7  # of a column beside its shares: which image, how far along, likeliest class, wrong or not
MEANS = 500  # columns of more: a pixel or more each
LEAST_SHARE = 0.02  # mean share of a class that is named
MOST_NAMED = 12  # classes whose colours can still be told apart


@dataclass(frozen=True)
class Columns:
    """Predictions along a bridge, a column a point or the mean of neighbours.

    Attributes
    ----------
    starts : (C + 1,) the points of column c are those from starts[c] up to starts[c + 1].
    images : (C,) number of the image; of several, of the one in their middle.
    along : (C,) how far along it is; of several, their mean.
    named : (M,) the classes that matter, in the order in which they come along the bridge.
    shares : (C, M) of the named classes, between 0 and 1; all others have the rest.
    likeliest : (C,) the class with the greatest share, named or not.
    wrong : (C,) how many of a column's points the teacher gets wrong; None where the true classes are not known.
    """

    starts: np.ndarray
    images: np.ndarray
    along: np.ndarray
    named: np.ndarray
    shares: np.ndarray
    likeliest: np.ndarray
    wrong: np.ndarray | None

    def column_of(self, place: int) -> int:
        """The column of the point that comes at this place, counted from 0."""
        return int(np.searchsorted(self.starts, place, "right")) - 1


def columns_of(images: np.ndarray, along: np.ndarray, probabilities: np.ndarray, wrong: np.ndarray | None) -> Columns:
    """The columns of the points of a bridge.

    Parameters
    ----------
    images, along : (n,) of the points in order, n > 0.
    probabilities : (n, K) of the same points.
    wrong : (n,) mask of those that the teacher gets wrong; None where that is not known.
    """
    count, named = len(images), named_classes(probabilities)
    n_columns = count if count <= most_points(len(named)) else MEANS
    starts = np.arange(n_columns + 1) * count // n_columns
    sizes = np.diff(starts)
    means = np.add.reduceat(probabilities.astype(float), starts[:-1]) / sizes[:, None]
    return Columns(
        starts=starts,
        images=images[(starts[:-1] + starts[1:]) // 2],
        along=np.add.reduceat(along, starts[:-1]) / sizes,
        named=named,
        shares=means[:, named],
        likeliest=means.argmax(axis=1),
        wrong=None if wrong is None else np.add.reduceat(wrong.astype(int), starts[:-1]),
    )


def most_points(n_named: int) -> int:
    """Of how many points each has a column of its own, where so many classes are named."""
    return min(MOST_POINTS, MOST_BYTES // (n_named + BYTES_BESIDE))


def named_classes(probabilities: np.ndarray) -> np.ndarray:
    """The classes (M,) with a mean share of `LEAST_SHARE` or more, of many the `MOST_NAMED` with the greatest, in the order
    in which their probability comes along the points on average.

    Parameters
    ----------
    probabilities : (n, K) of the points in order.
    """
    means = probabilities.mean(axis=0, dtype=float)
    most = np.argsort(-means, kind="stable")[:MOST_NAMED]
    named = most[means[most] >= LEAST_SHARE]
    middles = np.arange(len(probabilities)) @ probabilities[:, named] / (len(probabilities) * means[named])
    return named[np.lexsort([named, middles])]


def ends_of(probabilities: np.ndarray) -> tuple[int, int]:
    """Between which classes a bridge leads: those likeliest in the first and in the last tenth of its points.

    Parameters
    ----------
    probabilities : (n, K) of the points in order, n > 0.
    """
    tenth = -(-len(probabilities) // 10)
    first, last = (int(part.mean(axis=0).argmax()) for part in (probabilities[:tenth], probabilities[-tenth:]))
    return first, last


def bridge_words(count: int, ends: Sequence[str]) -> str:
    """What a bridge is called, and a selection of its images."""
    images = f"bridge of {count:,} image{'' if count == 1 else 's'}"
    return f"{images} within {ends[0]}" if ends[0] == ends[1] else f"{images} between {ends[0]} and {ends[1]}"
