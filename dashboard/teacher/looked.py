"""What the teacher says of the images that are looked at, now or after an earlier epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash
import numpy as np

from dashboard.abilities import labels_of
from dashboard.components.tables import to_csv
from dashboard.teacher.words import epoch_words
from workers.calls import CallFailed, NoAnswer, Superseded
from workers.engine import Engine


@dataclass(frozen=True)
class Looked:
    """One image that is looked at.

    Attributes
    ----------
    image : its number.
    split : "train" or "test".
    true : its class; None where it is not known.
    probabilities : of each class (K,), after the epoch that is asked.
    """

    image: int
    split: str
    true: int | None
    probabilities: np.ndarray


def shown_images(focus: int, pinned: int | None, count: int) -> list[int]:
    """The focused image, and the pinned one where that is another."""
    return [focus] if pinned in (None, focus) or not 0 <= pinned < count else [focus, pinned]


def looked_at(
    engine: Engine, keys: Mapping[str, str], images: Sequence[int], epoch: int | None, tab: str
) -> tuple[list[Looked], str]:
    """What there is to say of the images after an epoch, and which state of the teacher that was: the last one when an
    earlier one does not answer, and where there is no teacher, none."""
    meta = engine.results.meta(keys["images"])
    labels = labels_of(engine, keys)
    told, words = None, ""
    if "teacher" in keys:
        told, words = at_epoch(engine, keys, images, epoch, tab)
    if told is None:
        stored = engine.results.array(keys["predictions"], "probabilities")
        told = [stored[image] for image in images]
    return [
        Looked(
            image,
            "train" if image < meta["n_train"] else "test",
            None if labels is None else int(labels[image]),
            probabilities,
        )
        for image, probabilities in zip(images, told, strict=True)
    ], words


def at_epoch(
    engine: Engine, keys: Mapping[str, str], images: Sequence[int], epoch: int | None, tab: str
) -> tuple[list[np.ndarray] | None, str]:
    """The probabilities (K,) of each image after an earlier epoch, asked for live, and which state of the teacher that
    was; None for the last epoch, whose answers are stored, or when no answer comes.

    Raises
    ------
    PreventUpdate
        The tab has asked another question meanwhile.
    """
    teacher = engine.results.meta(keys["teacher"])
    last: int = teacher["epochs"]
    from_file: bool = teacher["from_file"]
    epoch = last if epoch is None else min(epoch, last)
    words = epoch_words(epoch, last, from_file)
    if epoch == last:
        return None, words
    question = {"images": keys["images"], "teacher": keys["teacher"], "epoch": epoch, "numbers": list(images)}
    try:
        return [np.array(each) for each in engine.calls.ask("predict", question, tab)["probabilities"]], words
    except Superseded:
        raise dash.exceptions.PreventUpdate from None
    except (NoAnswer, CallFailed) as error:
        return None, f"{epoch_words(last, last, from_file)}; epoch {epoch} was not answered: {error}"


def probability_table(seen: Sequence[Looked], names: Sequence[str]) -> str:
    """The probabilities of all classes as CSV, a column for each image."""
    columns = [each.probabilities.tolist() for each in seen]
    header = ["class", *(f"probability of image {each.image}" for each in seen)]
    return to_csv(header, zip(names, *columns, strict=True))
