"""How well a student answers as its teacher does, on images that it did not learn from."""

from typing import NamedTuple

import numpy as np

from models.teacher import softmax

FEW = 0.7  # of the way from the majority's share to 1 that a student is to go, or it is told to say little


class Fidelity(NamedTuple):
    """How near a student comes to its teacher.

    Attributes
    ----------
    agreement : float
        Share of the images that both answer alike.
    majority : float
        The share that who always answers the teacher's commonest class would have: 1 where there is only one.
    top_class : int
        That class.
    r2 : float
        Of the student's logit of that class for the teacher's, each less its mean over the classes, as a soft-max knows
        logits up to a constant only; 1 at best, 0 as good as their mean; NaN where the teacher's never changes.
    kl : float
        Mean divergence KL(teacher ‖ student) at temperature 1, in nats.
    n_labels : int
        Classes that the teacher answers.
    n_images : int
    """

    agreement: float
    majority: float
    top_class: int
    r2: float
    kl: float
    n_labels: int
    n_images: int


def fidelity(student_logits: np.ndarray, teacher_logits: np.ndarray) -> Fidelity:
    """Compare a student's answers with its teacher's.

    Parameters
    ----------
    student_logits, teacher_logits : arrays (N, K)
        Of the same images.

    Returns
    -------
    Fidelity

    Raises
    ------
    ValueError
        If the two are not of one shape, with an image or more.
    """
    if student_logits.shape != teacher_logits.shape or student_logits.ndim != 2 or not len(student_logits):
        raise ValueError(
            f"Both must have the shape (N, K), an image or more, not {student_logits.shape} and {teacher_logits.shape}."
        )
    theirs, ours = np.asarray(teacher_logits, np.float64), np.asarray(student_logits, np.float64)
    answers = theirs.argmax(axis=1)
    counts = np.bincount(answers, minlength=theirs.shape[1])
    top = int(counts.argmax())
    wanted, got = (scores[:, top] - scores.mean(axis=1) for scores in (theirs, ours))
    varies = ((wanted - wanted.mean()) ** 2).sum()
    p = softmax(theirs)
    apart = _log_softmax(theirs) - _log_softmax(ours)
    return Fidelity(
        agreement=float((ours.argmax(axis=1) == answers).mean()),
        majority=float(counts.max() / len(answers)),
        top_class=top,
        r2=float(1 - ((got - wanted) ** 2).sum() / varies) if varies > 0 else float("nan"),
        kl=float((p * apart).sum(axis=1).mean()),
        n_labels=int((counts > 0).sum()),
        n_images=len(answers),
    )


def says_little(found: Fidelity) -> str:
    """Why a student says little about its teacher, in a sentence; empty where it does not."""
    if found.n_labels == 1:
        return (
            "The teacher gives all neighbours one label, so nothing shows what decides between classes: widen the band."
        )
    if found.agreement <= found.majority:
        return (
            f"The student agrees with the teacher on {found.agreement:.0%} of the neighbours it has not seen, no more than "
            f"who always answers the commonest class ({found.majority:.0%}): its weights say little."
        )
    if found.agreement - found.majority < FEW * (1 - found.majority):
        return (
            f"The student agrees on {found.agreement:.0%} of the neighbours it has not seen, where the commonest class alone "
            f"makes {found.majority:.0%}: read its weights with care."
        )
    return ""


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
