"""The geometry of a chord diagram of confusions: counts in, angles out. `assets/chord.js` draws it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

GAPS = 0.12  # of the circle, shared by the gaps between arcs
MAX_GAP = 0.04  # of the circle, so that two arcs are not far apart
MAX_RIBBONS = 200  # that can still be told apart, and sent at a gesture


@dataclass(frozen=True)
class Chord:
    """A chord diagram. Angles are in radians, clockwise from the top.

    Attributes
    ----------
    classes : (A,) the classes that have an arc, as they follow each other round the circle.
    arcs : (A, 4) where an arc begins, where its images taken for others end, where others taken for it end, and where it
        ends: hits come last.
    pairs : (R, 2) true and predicted class of each ribbon.
    counts : (R,) images of each.
    ends : (R, 4) where a ribbon begins and ends on the arc of the true class, and on that of the predicted one. A ribbon of
        hits lies on one arc, both its ends the same.
    least : images that a ribbon has at least to be drawn.
    left_out : images in ribbons of fewer.
    """

    classes: np.ndarray
    arcs: np.ndarray
    pairs: np.ndarray
    counts: np.ndarray
    ends: np.ndarray
    least: int
    left_out: int

    def data(self) -> dict[str, Any]:
        """As the browser is sent it."""
        return {
            "classes": self.classes.tolist(),
            "arcs": self.arcs.round(4).tolist(),
            "pairs": self.pairs.tolist(),
            "counts": self.counts.tolist(),
            "ends": self.ends.round(4).tolist(),
            "least": self.least,
            "left_out": self.left_out,
        }


def chord_of(confusion: np.ndarray, order: np.ndarray, diagonal: bool = False) -> Chord:
    """The chord diagram of a confusion matrix.

    An arc is as long as its class has confusions, in both directions: first its images that are taken for others (false
    negatives), then others that are taken for it (false positives). Where more than `MAX_RIBBONS` pairs are confused, those
    of the fewest images have no ribbon; their place on the arcs stays empty.

    Parameters
    ----------
    confusion : (K, K) counts, [true, predicted].
    order : (K,) the classes, clockwise; those without confusions are left out.
    diagonal : whether hits have a place too.
    """
    wrong = confusion.astype(int)
    np.fill_diagonal(wrong, 0)
    hits = np.diagonal(confusion) if diagonal else np.zeros(len(confusion), int)
    outgoing, incoming = wrong.sum(axis=1), wrong.sum(axis=0)
    order = np.asarray(order, int)
    classes = order[(outgoing + incoming + hits)[order] > 0]
    n_arcs = len(classes)
    parts = np.stack([outgoing, incoming, hits], axis=1)[classes]
    gap = 2 * np.pi * min(MAX_GAP, GAPS / max(n_arcs, 1))
    per_image = (2 * np.pi - n_arcs * gap) / max(parts.sum(), 1)
    lengths = per_image * parts.cumsum(axis=1)
    starts = np.concatenate([[0], (lengths[:, 2] + gap).cumsum()])[:n_arcs]
    arcs = starts[:, None] + np.concatenate([np.zeros((n_arcs, 1)), lengths], axis=1)

    # On each arc the ends follow each other as the other arcs do, seen from there against the clock: fewest ribbons cross.
    between = wrong[np.ix_(classes, classes)]
    step = (np.arange(n_arcs)[:, None] - 1 - np.arange(n_arcs)) % max(n_arcs, 1)  # [arc, other] -> its turn
    leaving, arriving = ends_of(between, step), ends_of(between.T, step)
    least, drawn = least_drawn(between)
    true, taken = np.nonzero(between >= least) if drawn else (np.zeros(0, int),) * 2
    widths = per_image * between[true, taken]
    source = arcs[true, 0] + per_image * leaving[true, taken]
    target = arcs[taken, 1] + per_image * arriving[taken, true]
    own = np.flatnonzero(parts[:, 2])
    return Chord(
        classes=classes,
        arcs=arcs,
        pairs=np.concatenate([classes[np.stack([true, taken], axis=1)], classes[np.stack([own, own], axis=1)]]),
        counts=np.concatenate([between[true, taken], parts[own, 2]]),
        ends=np.concatenate(
            [np.stack([source, source + widths, target, target + widths], axis=1), arcs[own][:, [2, 3, 2, 3]]]
        ),
        least=least,
        left_out=int(between[between < least].sum()),
    )


def ends_of(counts: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Images on each arc before the end of the ribbon to another arc, (A, A).

    Parameters
    ----------
    counts : (A, A) images of the ribbons, [arc, other].
    step : (A, A) the turn of the other arc's ribbon on this one, from 0.
    """
    in_turn = np.zeros_like(counts)
    np.put_along_axis(in_turn, step, counts, axis=1)
    before = in_turn.cumsum(axis=1) - in_turn
    return np.take_along_axis(before, step, axis=1)


def least_drawn(counts: np.ndarray) -> tuple[int, int]:
    """The fewest images that a ribbon has to have so that no more than `MAX_RIBBONS` have them, and how many have."""
    present = np.sort(counts[counts > 0])[::-1]
    if len(present) <= MAX_RIBBONS:
        return 1, len(present)
    least = int(present[MAX_RIBBONS]) + 1
    return least, int((present >= least).sum())
