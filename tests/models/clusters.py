"""Vectors in clusters, and how well a map keeps them apart."""

import numpy as np


def clusters(n, d, k=4, seed=0):
    """Vectors in `k` balls far apart, and which ball each is in."""
    generator = np.random.default_rng(seed)
    which = np.arange(n) % k
    return generator.normal(size=(n, d)) + 20 * generator.normal(size=(k, d))[which], which


def purity(places, which):
    """The share of points whose nearest neighbour is of their own cluster."""
    far = np.linalg.norm(places[:, np.newaxis] - places[np.newaxis], axis=-1)
    np.fill_diagonal(far, np.inf)
    return (which[far.argmin(axis=1)] == which).mean()
