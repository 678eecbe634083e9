"""The student of one image: what it learns from the image's neighbours, and what it is worth on others (DeepVID)."""

from typing import NamedTuple

from models.fidelity import Fidelity, fidelity
from models.latent import ImageFunction
from models.neighbours import Band, Distribution, Neighbours, make_neighbours, sample_codes
from models.progress import Callback, part_of, silent
from models.student import Student, StudentSettings, distil
from models.teacher import Teacher
from models.tree_student import TreeStudent, grow_tree

MADE = 0.7  # of the work; to train is the rest


class LocalStudent(NamedTuple):
    """A linear student and a tree of one image's neighbours.

    Attributes
    ----------
    student : Student
        On pixels.
    tree : TreeStudent
        On latent values.
    learned, held_out : Neighbours
        Those that both have learned from, and those that they have not seen.
    fidelity : Fidelity
        Of the student, on `held_out`.
    tree_agreement : float
        Share of `held_out` that tree and teacher answer alike.
    """

    student: Student
    tree: TreeStudent
    learned: Neighbours
    held_out: Neighbours
    fidelity: Fidelity
    tree_agreement: float


def distil_locally(
    function: ImageFunction,
    teacher: Teacher,
    band: Band,
    count: int = 512,
    held_out: int = 256,
    distribution: Distribution = "uniform",
    settings: StudentSettings | None = None,
    tree_depth: int = 3,
    callback: Callback = silent,
) -> LocalStudent:
    """Draw neighbours of an image, and have two students learn what the teacher says of them.

    Parameters
    ----------
    function : ImageFunction
        Of the image.
    teacher : Teacher
        Of images of the same shape.
    band : Band
        Where the neighbours' codes are drawn from.
    count : int
        Neighbours to learn from, 2 or more: the first of those drawn, and so the same whatever `held_out` is.
    held_out : int
        Neighbours to judge by, 1 or more; drawn after the others.
    distribution : {"uniform", "normal"}
    settings : StudentSettings, optional
        Their seed draws the neighbours too.
    tree_depth : int
        As in `grow_tree`.
    callback : Callback
        Called after each batch of neighbours, and with the metric ``loss`` after each epoch.

    Returns
    -------
    LocalStudent

    Raises
    ------
    ValueError
        If something does not fit, or a count is out of its range.
    FloatingPointError
        If the student's loss overflows.
    Cancelled
        If the callback raises it.
    """
    for name, value, least in (("count", count, 2), ("held_out", held_out, 1)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be a whole number, {least} or more, not {value!r}.")
    chosen = settings or StudentSettings()
    codes = sample_codes(band, count + held_out, distribution, chosen.seed)
    made = make_neighbours(function, teacher, band, codes, part_of(callback, 0, MADE))
    learned, unseen = (Neighbours(*(part[rows] for part in made)) for rows in (slice(count), slice(count, None)))
    student = distil(learned.images, learned.logits, chosen, part_of(callback, MADE, 1))
    tree = grow_tree(learned.codes, learned.logits.argmax(axis=1), teacher.n_classes, tree_depth, chosen.seed)
    answers = unseen.logits.argmax(axis=1)
    return LocalStudent(
        student,
        tree,
        learned,
        unseen,
        fidelity(student.logits(unseen.images), unseen.logits),
        float((tree.predict(unseen.codes) == answers).mean()),
    )
