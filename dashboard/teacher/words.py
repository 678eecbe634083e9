"""What the Teacher view says of a teacher, in words."""

from collections.abc import Mapping
from typing import Any

NO_TEACHER = "these are predictions alone, without the model that made them"
NO_LABELS = "There is no matrix, as the file of predictions holds no labels."


def epoch_words(epoch: int, last: int, from_file: bool) -> str:
    """Which state of the teacher is asked.

    Parameters
    ----------
    epoch, last : the epoch that is asked, and the last there is.
    from_file : epoch 0 is not a net of random weights but what a file held.
    """
    if last == 0:
        return "as the file has it" if from_file else "untrained"
    first = " (as the file has it)" if from_file else " (untrained)"
    return f"after epoch {epoch} of {last}" + (first if epoch == 0 else "")


def training_words(teacher: Mapping[str, Any], seconds: float) -> str:
    """How the teacher came to be.

    Parameters
    ----------
    teacher : metadata of its result.
    seconds : that training and measuring took.
    """
    name, epochs = teacher["architecture"], teacher["epochs"]
    start = ", weights of a file" if teacher["from_file"] else ""
    if not epochs:
        return f"{name}{start}, not trained here"
    stopped = ", stopped early" if teacher["stopped_after"] is not None else ""
    plural = "s" if epochs > 1 else ""
    return f"{name}{start}, {epochs} epoch{plural} in {seconds:.1f} s on {teacher['made_by']['device']}{stopped}"
