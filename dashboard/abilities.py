"""What a study has, and what a view needs of it: nothing is offered that cannot be done, and what is missing is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from workers.engine import Engine
from workers.jobs import UnknownJob
from workers.kinds import JobSpec

Asked = Mapping[str, tuple[str, Mapping[str, Any]]]  # role of a study -> kind and parameters of its job

NO_MODEL = "the study is predictions alone, without the model that made them"


class Need(StrEnum):
    """What a part of a view may need."""

    IMAGES = "images"
    LABELS = "labels"
    MODEL = "a model"
    GRADIENTS = "gradients"
    CONVOLUTIONS = "convolutional layers"
    EPOCHS = "stored epochs"
    VAE = "a VAE"


@dataclass(frozen=True)
class Part:
    """A part of a view.

    Attributes
    ----------
    title : as its panel has it.
    needs : without these it cannot be.
    """

    title: str
    needs: tuple[Need, ...] = ()


def asked_of(specs: Mapping[str, JobSpec]) -> Asked:
    """What the jobs of a study ask for."""
    return {role: (spec.kind, spec.params.model_dump()) for role, spec in specs.items()}


def lacks(asked: Asked, choices: Mapping[str, Any]) -> dict[Need, str]:
    """What a study does not have, and why: known before anything of it has run.

    Parameters
    ----------
    choices : what the workers offer (`Engine.choices`).

    Returns
    -------
    dict
        Need -> the reason, as the end of a sentence that begins with "as".
    """
    reasons = {}
    kind, params = asked.get("images", ("", {}))
    if kind == "given":
        for need, there in ((Need.IMAGES, "has_images"), (Need.LABELS, "has_labels")):
            if not params[there]:
                reasons[need] = f"the file of predictions holds no {need}"
    if "teacher" not in asked:
        for need in (Need.MODEL, Need.GRADIENTS, Need.CONVOLUTIONS, Need.EPOCHS):
            reasons[need] = NO_MODEL
    else:
        _, teacher = asked["teacher"]
        known = choices.get("architectures", {}).get(teacher.get("architecture"), {})
        if known.get("convolutions") is False:
            reasons[Need.CONVOLUTIONS] = "its network has none"
        if teacher.get("epochs") == 0:
            reasons[Need.EPOCHS] = "its teacher is not trained here"
    if "vae" not in asked:
        reasons[Need.VAE] = "none has been trained for it"
    return reasons


def lacking(engine: Engine, keys: Mapping[str, str]) -> dict[Need, str]:
    """`lacks` of a study that has been asked for; `keys` are its result keys by role."""
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for role, key in keys.items():
        try:
            job = engine.jobs.get(key)
            asked[role] = (job.kind, job.params)
        except UnknownJob:  # its record has been removed; the role says what it was, if not how
            asked[role] = (role, {})
    return lacks(asked, engine.choices())


def has_labels(engine: Engine, keys: Mapping[str, str]) -> bool:
    """Whether the true classes are known; predictions of a file may come without."""
    return "labels" in engine.results.meta(keys["images"])["arrays"]


def labels_of(engine: Engine, keys: Mapping[str, str]) -> np.ndarray | None:
    """The true classes (N,); None where they are not known."""
    return engine.results.array(keys["images"], "labels") if has_labels(engine, keys) else None


def why_not(part: Part, lacking: Mapping[Need, str]) -> str:
    """Why a study cannot have a part, as the end of a sentence; empty when it can."""
    return next((lacking[need] for need in part.needs if need in lacking), "")


def verdict(why: str) -> str:
    """Yes, or why not."""
    return f"no, as {why}" if why else "yes"


def told(views: Sequence[tuple[str, Sequence[Part]]], lacking: Mapping[Need, str]) -> list[tuple[str, dict[str, str]]]:
    """What a study has, and what each view can do with it.

    Parameters
    ----------
    views : titles, and parts.

    Returns
    -------
    list
        For what it has (under an empty title), and then for each view, a title, and by name why not: empty where it can.
    """
    has = {str(need): lacking.get(need, "") for need in Need}
    return [("", has), *((title, {part.title: why_not(part, lacking) for part in parts}) for title, parts in views)]


def report(title: str, views: Sequence[tuple[str, Sequence[Part]]], lacking: Mapping[Need, str]) -> list[str]:
    """What each view will be able to do with a study, a line each."""
    lines = []
    for view, rows in told(views, lacking):
        lines += ["", f"{view} view"] if view else [f"{title} has"]
        lines += [f"  {name:<24}{verdict(why)}" for name, why in rows.items()]
    return lines
