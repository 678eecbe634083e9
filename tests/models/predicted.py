"""Predictions like a classifier's, and how far a student is from them."""

import numpy as np


def predictions(count, classes, seed=0, sharpness=3.0):
    """Like a classifier's: one class ahead, another near it, some points between two."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, 4))
    features = centres[random.integers(classes, size=count)] + random.normal(0, 0.5, (count, 4))
    logits = -sharpness * ((features[:, None] - centres) ** 2).sum(2)
    p = np.exp(logits - logits.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def symmetric(p, q, eps=1e-12):
    p = np.maximum(p, eps)
    p = p / p.sum(1, keepdims=True)
    return ((p - q) * (np.log(p) - np.log(q))).sum(1) / 2
