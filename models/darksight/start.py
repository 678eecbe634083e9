"""Where the search for a map begins: which points are looked at, and how the classes lie."""

import numpy as np
import torch
from scipy.spatial.distance import cdist

from models.darksight.divergence import Targets

SPREAD = 3.2  # of the first means, times the root of the number of classes
POWERS = 3.0, 2.0  # of the dissimilarities, in turn; the higher, the farther apart lie classes that share no point
MAJORISATIONS = 100
LEAST_SHARED = 1e-6
SHARPNESS = 0.2  # a point begins among the means, weighted by its probabilities to this power


def draw(scores: torch.Tensor, count: int, random: np.random.RandomState) -> tuple[torch.Tensor, torch.Tensor]:
    """Some of the points, each the likelier the higher its score, weighted so that sums over them estimate means over all.

    Parameters
    ----------
    scores : tensor (N,)
        Above 0.
    count : int
        How many are expected; all where there are no more.
    random : RandomState

    Returns
    -------
    rows : int tensor (about count,)
    weights : tensor (about count,)
    """
    total = len(scores)
    if count >= total:
        return torch.arange(total, device=scores.device), torch.full_like(scores, 1 / total)
    values = scores.cpu().numpy().astype(np.float64)
    chance = np.minimum(1, count * values / values.sum())
    for _ in range(5):  # what those lack that are certain goes to the others
        others = chance < 1
        chance[others] = np.minimum(1, chance[others] * (count - (~others).sum()) / chance[others].sum())
    rows = np.flatnonzero(random.uniform(size=total) < chance)
    weights = torch.as_tensor(1 / chance[rows] / total, dtype=scores.dtype)
    return torch.as_tensor(rows).to(scores.device), weights.to(scores.device)


def arrange(targets: Targets, power: float, random: np.random.RandomState) -> torch.Tensor:
    """First means (2, K): classes that share points side by side, by stress majorisation (SMACOF) from a random start.

    Parameters
    ----------
    targets : Targets
    power : float
        Of the dissimilarities.
    random : RandomState
    """
    root = (targets.p * targets.weights).sqrt()
    shared = (root @ root.T).cpu().double().numpy()
    size = np.maximum(shared.diagonal(), LEAST_SHARED)
    far = -np.log(np.clip(shared / np.sqrt(np.outer(size, size)), LEAST_SHARED, 0.99))
    far = far**power
    np.fill_diagonal(far, 0)
    classes = len(far)
    far *= classes * (classes - 1) / far.sum()
    weights = 1 / np.maximum(far, 1e-3)
    np.fill_diagonal(weights, 0)
    inverse = np.linalg.pinv(np.diag(weights.sum(1)) - weights)
    places = random.normal(size=(classes, 2))[size.argsort().argsort()]  # whatever order the classes are given in
    for _ in range(MAJORISATIONS):
        apart = cdist(places, places)
        pull = -weights * far / np.maximum(apart, 1e-9)
        np.fill_diagonal(pull, 0)
        np.fill_diagonal(pull, -pull.sum(1))
        places = inverse @ pull @ places
    places -= places.mean(0)
    places *= SPREAD * np.sqrt(classes) / places.std()
    return torch.as_tensor(places.T.copy(), dtype=targets.p.dtype).to(targets.p.device)


def first_places(targets: Targets, means: torch.Tensor) -> torch.Tensor:
    """Places (2, N) of points among the means of their likelier classes."""
    share = targets.p**SHARPNESS
    return means @ (share / share.sum(0))
