"""Cheap arithmetic on loaded arrays: under 50 ms, pure NumPy. All else is a job."""

import base64
import math

import numpy as np

NORMAL_95 = 1.959963984540054  # 95 % of a normal distribution lie so many standard deviations around its middle


def pack_bits(mask: np.ndarray) -> str:
    """A boolean mask (N,) as base64 of a bitset, the first image in the lowest bit of the first byte."""
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode()


def unpack_bits(bits: str, count: int) -> np.ndarray:
    """The mask (N,) that `pack_bits` packed.

    Raises
    ------
    ValueError
        The bitset is not one of `count` images.
    """
    data = np.frombuffer(base64.b64decode(bits, validate=True), np.uint8)
    if len(data) != -(-count // 8):
        raise ValueError(f"the selection holds {len(data)} bytes, and {count} images need {-(-count // 8)}")
    return np.unpackbits(data, count=count, bitorder="little").astype(bool)


def in_split(count: int, n_train: int, split: str) -> np.ndarray:
    """Mask (N,) of the images of a split, "train" or "test"; an image set is train followed by test."""
    mask = np.zeros(count, bool)
    mask[slice(0, n_train) if split == "train" else slice(n_train, count)] = True
    return mask


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `hits` of `count` > 0 were seen (Wilson 1927, "Probable inference, the law of
    succession, and statistical inference"); unlike the textbook's, it stays within 0 and 1 and is sound for few images."""
    z2, share = NORMAL_95**2, hits / count
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = NORMAL_95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    # Rounding alone keeps the ends of none and of all from 0 and 1.
    return (middle - half if hits else 0.0), (middle + half if hits < count else 1.0)


def softmax(logits: np.ndarray) -> np.ndarray:
    """The probabilities of rows of logits (N, K), float64."""
    shifted = np.asarray(logits, np.float64) - logits.max(axis=1, keepdims=True)
    shares = np.exp(shifted)
    return shares / shares.sum(axis=1, keepdims=True)


def entropy(probabilities: np.ndarray) -> float:
    """Of a distribution (K,), in bits."""
    positive = probabilities[probabilities > 0].astype(float)
    return float(-(positive * np.log2(positive)).sum()) + 0.0  # no -0


def margin(probabilities: np.ndarray) -> float:
    """By how much the likeliest of K >= 2 classes leads the next."""
    second, first = np.sort(probabilities.astype(float))[-2:]
    return float(first - second)


def rank(probabilities: np.ndarray, number: int) -> int:
    """The place of a class among all by probability (K,): 1 for the likeliest; of equals, the first has the better place."""
    mine = probabilities[number]
    return 1 + int((probabilities > mine).sum()) + int((probabilities[:number] == mine).sum())


def conditional_entropies(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """H(label | predicted i) and H(predicted | label i), in bits: (..., K) each, of counts (..., K, K), by true and predicted
    class; NaN where there is nothing to be unsure about (CNNSlicer, 5.2)."""
    return counted_entropy(np.swapaxes(confusion, -1, -2)), counted_entropy(confusion)


def counted_entropy(counts: np.ndarray) -> np.ndarray:
    """Entropy of what was counted, in bits: (...) of counts (..., B); NaN where nothing was."""
    total = counts.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / total
        return -np.where(share > 0, share * np.log2(share), share).sum(axis=-1) + 0.0  # no −0


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """The chance that an input that belongs scores higher than one that does not, ties counting half: the area under the ROC
    curve of scores (N,) and (M,)."""
    order = np.sort(inside)
    not_above = np.searchsorted(order, outside, "right") + np.searchsorted(order, outside, "left")
    return float(1 - not_above.mean() / (2 * len(order)))


def roc(inside: np.ndarray, outside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ROC curve of a threshold under which inputs are taken for foreign: shares of inputs that belong (T,), false alarms,
    and of those that do not (T,), caught; its corners alone, from (0, 0) to (1, 1)."""
    values = np.unique(np.concatenate([inside, outside]))
    counts = np.stack([np.searchsorted(np.sort(each), values, "right") for each in (inside, outside)])
    counts = np.concatenate([np.zeros((2, 1), int), counts], axis=1)
    turns = (np.diff(counts, 2, axis=1) != 0).any(axis=0)
    corners = counts[:, np.concatenate([[True], turns, [True]])]
    return corners[0] / len(inside), corners[1] / len(outside)


def auroc_interval(
    inside: np.ndarray, outside: np.ndarray, resamples: int = 400, random_state: int = 0
) -> tuple[float, float]:
    """The 95 % interval of `auroc`, by the percentiles of a bootstrap that draws from both sides anew (Efron 1979)."""
    values, places = np.unique(np.concatenate([inside, outside]), return_inverse=True)
    sides = places[: len(inside)], places[len(inside) :]
    random, found = np.random.default_rng(random_state), np.empty(resamples)
    for at in range(resamples):
        here, there = (
            np.bincount(side[random.integers(0, len(side), len(side))], minlength=len(values)) for side in sides
        )
        found[at] = 1 - there @ (np.cumsum(here) - here / 2) / (len(inside) * len(outside))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
