"""A teacher that looks at known pixels, and a generator that moves each pixel by itself."""

import numpy as np
import torch
from torch import nn

from models.teacher import Teacher
from models.vae.vae import Codes

SIDE = 8
LOOKED_AT = [(1, 1), (1, 2), (2, 1), (2, 2)]  # in one patch
FOUR = np.zeros((SIDE, SIDE), bool)
FOUR[tuple(zip(*LOOKED_AT, strict=True))] = True


def linear_teacher(weights, bias=0.0, mean=(0.0,)):
    """Two classes; the logit of the second is Σ weights · pixel + bias, (C, H, W), that of the first 0."""
    layer = nn.Linear(weights.size, 2)
    with torch.no_grad():
        layer.weight[0], layer.weight[1] = 0.0, torch.tensor(weights.ravel(), dtype=torch.float32)
        layer.bias[0], layer.bias[1] = 0.0, bias
    std = (1.0,) * len(mean)
    return Teacher(nn.Sequential(nn.Flatten(), layer), "lenet", weights.shape, 2, mean, std, torch.device("cpu"))


def looking_teacher(swapped=False):
    """Answers 1 where four pixels are bright together, or 0 if swapped."""
    teacher = linear_teacher(10.0 * FOUR[np.newaxis], -20.0)
    if swapped:
        layer = teacher.module[1]
        with torch.no_grad():
            layer.weight.copy_(layer.weight.flip(0))
            layer.bias.copy_(layer.bias.flip(0))
    return teacher


class PixelVAE:
    """In the place of a VAE: each pixel is a latent value of its own."""

    def __init__(self, shape=(1, SIDE, SIDE), deviation=0.2):
        self.in_shape, self.deviation = shape, deviation
        self.latent_size = int(np.prod(shape))

    def encode(self, images):
        pixels = images / np.float32(255) if images.dtype == np.uint8 else images
        means = pixels.reshape(len(images), -1).astype(np.float32)
        return Codes(means, np.full_like(means, self.deviation))

    def decode(self, codes):
        return codes.reshape(-1, *self.in_shape).clip(0, 1)


def image_between(level=0.55):
    """Of which the teacher is not sure: all pixels at one grey, a little noise."""
    return (level + 0.01 * np.random.default_rng(0).normal(size=(1, SIDE, SIDE))).astype(np.float32)
