"""Saliency: how much each pixel of an image counts for the teacher's answer, by the methods of the field.

Excitation backprop, extremal perturbations and FGVis, which the paper of re-label distillation compares with too, are left out:
no library that is kept up has them.
"""

from models.saliency.gradients import unseen_relus
from models.saliency.masking import patches
from models.saliency.methods import METHODS, absolute, ask, attribute, map_layers, question, signed
from models.saliency.question import Method, Question

__all__ = [
    "METHODS",
    "Method",
    "Question",
    "absolute",
    "ask",
    "attribute",
    "map_layers",
    "patches",
    "question",
    "signed",
    "unseen_relus",
]
