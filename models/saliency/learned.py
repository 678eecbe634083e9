"""Saliency from students of the image's neighbours; and the controls, which know nothing of the teacher."""

import numpy as np
from scipy.ndimage import sobel

from models.latent import ImageFunction
from models.neighbours import checked_band, make_neighbours, sample_codes, widths_of
from models.relabel import Relabelled, relabel_distillation
from models.saliency.question import Question
from models.student import distil

BAND = 15.0  # % of each axis' range, of a student's neighbours
NEIGHBOURS = 512


def student(asked: Question) -> np.ndarray:
    """Weight × image of DeepVID's student, less the mean over the classes, which a soft-max does not see."""
    assert asked.vae is not None
    if asked.spans is None:
        raise ValueError("spans must be given for a student: the range of the VAE's codes.")
    lower, upper = asked.spans
    function = ImageFunction.of(asked.vae, asked.image)
    band = checked_band(function.code.clip(lower, upper), widths_of(lower, upper, BAND), lower, upper)
    codes = sample_codes(band, NEIGHBOURS, "uniform", asked.seed)
    made = make_neighbours(function, asked.teacher, band, codes, asked.callback)
    weights = distil(made.images, made.logits).weights
    return (weights[asked.label] - weights.mean(axis=0)) * asked.image


def relabelled(asked: Question) -> Relabelled:
    """What re-label distillation finds, once for all who ask."""
    assert asked.vae is not None
    if asked.relabelled is None:
        asked.relabelled = relabel_distillation(
            asked.teacher, asked.vae, asked.image, random_state=asked.seed, callback=asked.callback, **asked.relabel
        )
    return asked.relabelled


def relabel(asked: Question) -> np.ndarray:
    """w_kept − w_lost of re-label distillation, (C, H, W)."""
    return relabelled(asked).weights


def relabel_contribution(asked: Question) -> np.ndarray:
    """Weight × how far the pixel is from the mean pixel: what is lost when the pixel is taken out, as the student sees it."""
    return relabelled(asked).weights * (asked.image - asked.empty()[0].cpu().numpy())


def edges(asked: Question) -> np.ndarray:
    """The length of the brightness' gradient."""
    bright = asked.image.mean(axis=0)
    return np.hypot(sobel(bright, 0), sobel(bright, 1))[np.newaxis]


def chance(asked: Question) -> np.ndarray:
    """Random numbers, (1, H, W)."""
    return np.random.default_rng(asked.seed).random((1, *asked.image.shape[1:]))
