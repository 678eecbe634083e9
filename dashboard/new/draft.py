"""What the form asks for: the jobs of the study, or what is wrong or missing; and what it would take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, get_args

from humanize import naturalsize

from dashboard.new.fields import fields_of, read
from workers.kinds import KINDS, TRAIN_AND_TEST, JobSpec, job, learn_sizes
from workers.params import (
    Architecture,
    DigitsSource,
    FolderSource,
    ImagesParams,
    NpzSource,
    Params,
    PublishedSource,
    TeacherParams,
    WeightsFile,
)
from workers.studies import teacher_study

# Parts of the form, each with its own settings.
MODELS: dict[str, type[Params]] = {
    "digits": DigitsSource,
    "folder": FolderSource,
    "npz": NpzSource,
    "weights": WeightsFile,
    "teacher": TeacherParams,
}
PUBLISHED: tuple[str, ...] = get_args(PublishedSource.model_fields["kind"].annotation)
ARCHITECTURES: tuple[str, ...] = get_args(Architecture)
PLACES = {"folder": "the folder", "npz": "the .npz file", "weights": "the file of weights"}  # what is looked at

SIDES = {"digits": 28, "mnist": 28, "fashion-mnist": 28, "cifar-10": 32, "cifar-100": 32}  # pixels
N_CLASSES = {"cifar-100": 100}  # the others have ten


@dataclass(frozen=True)
class Said:
    """What stands in the form.

    Attributes
    ----------
    kind : of the image source.
    start : "random" weights, or those of a "file".
    values : part -> field -> what its component holds.
    paths : what -> the path that stands there now, for "folder", "npz" and "weights".
    found : what -> what the last look found ("path" and the metadata of its result), or None.
    """

    kind: str
    start: str
    values: Mapping[str, Mapping[str, Any]]
    paths: Mapping[str, str | None]
    found: Mapping[str, dict[str, Any] | None]

    def seen(self, what: str) -> dict[str, Any] | None:
        """What was found at the path that stands there now; None when nobody has looked there."""
        found, path = self.found[what], (self.paths[what] or "").strip()
        return found if found and found["path"] == path else None


@dataclass(frozen=True)
class Draft:
    """What comes of it.

    Attributes
    ----------
    specs : the jobs by role; None until all is right.
    errors : (part, field) -> what is wrong there.
    missing : what is to be done before it can start, a sentence each.
    title : what it would be called.
    size : bytes that the results will take, about; None until all is right.
    """

    specs: dict[str, JobSpec] | None
    errors: dict[tuple[str, str], str]
    missing: list[str]
    title: str
    size: int | None = None


@dataclass
class _Reading:
    """Parts as they are read, with what was wrong in them."""

    said: Said
    errors: dict[tuple[str, str], str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def part(self, part: str, found: Mapping[str, Any] | None) -> Any:
        params, errors = read(MODELS[part], self.said.values[part], found)
        self.errors |= {(part, name): text for name, text in errors.items()}
        return params

    def looked(self, what: str, names: tuple[str, ...]) -> dict[str, Any] | None:
        seen = self.said.seen(what)
        if seen is None:
            self.missing.append(f"Name {PLACES[what]} and press Look.")
        return None if seen is None else {name: seen[name] for name in names}


def make_draft(said: Said, choices: Mapping[str, Any], budget: int | None) -> Draft:
    """Reads the form.

    Parameters
    ----------
    choices : what the workers offer (`Engine.choices`).
    budget : bytes that all results of the store may take together.
    """
    learn_sizes(choices.get("architectures", {}))
    reading = _Reading(said)
    source = _source(reading)
    teacher = _teacher(reading)
    unfit = _unfit(said, choices)
    if unfit:
        reading.errors.setdefault(("teacher", "architecture"), unfit)
    title = _title(said, choices)
    missing = [_named(part, name, text) for (part, name), text in reading.errors.items()] + reading.missing
    if missing or source is None or teacher is None:
        return Draft(None, reading.errors, missing, title)
    specs = _specs(said, source, teacher)
    size = size_of(specs, _facts(said))
    if budget is not None and size > budget:
        takes, has = (naturalsize(number, binary=True) for number in (size, budget))
        missing.append(f"It would take {takes}, but the store's budget is {has}; start with a larger --memory.")
        return Draft(None, {}, missing, title, size)
    return Draft(specs, {}, [], title, size)


def size_of(specs: Mapping[str, JobSpec], images: Mapping[str, Any]) -> int:
    """Bytes that the results of these jobs take, about; `images` holds count and n_classes of the image set."""
    metas = {"images": images}
    return sum(KINDS[spec.kind].size(spec.params, metas) for spec in specs.values())


def _source(reading: _Reading) -> Params | None:
    kind = reading.said.kind
    if kind in PUBLISHED:
        return PublishedSource.model_validate({"kind": kind})
    return reading.part(kind, reading.looked(kind, ("manifest", "count")) if kind in PLACES else {})


def _teacher(reading: _Reading) -> TeacherParams | None:
    if reading.said.start == "random":
        return reading.part("teacher", {})
    weights = reading.part("weights", reading.looked("weights", ("manifest",)))
    return reading.part("teacher", {"weights": weights})


def _specs(said: Said, source: Params, teacher: TeacherParams) -> dict[str, JobSpec]:
    def place(what: str, asked: bool) -> str:
        return (said.seen(what) or {})["path"] if asked else ""

    images = job(
        "images",
        ImagesParams.model_validate({"source": source}).model_dump(),
        place=place(said.kind, said.kind in PLACES),
    )
    trained = job("teacher", teacher.model_dump(), place=place("weights", teacher.weights is not None), images=images)
    return teacher_study(images, trained)


def _facts(said: Said) -> dict[str, int]:
    if said.kind in TRAIN_AND_TEST:
        return {"count": TRAIN_AND_TEST[said.kind], "n_classes": N_CLASSES.get(said.kind, 10)}
    seen = said.seen(said.kind) or {}
    return {"count": seen["count"], "n_classes": len(seen["class_names"])}


def _unfit(said: Said, choices: Mapping[str, Any]) -> str:
    """Why the architecture does not take these images; empty when it does, or when it is not known yet."""
    chosen = said.values["teacher"].get("architecture")
    known = choices.get("architectures", {}).get(chosen)
    if known is None and chosen not in ARCHITECTURES:
        return "is not offered by the workers now; choose another"
    side = _side(said)
    if known is None or side is None or side >= known["min_size"]:
        return ""
    least = known["min_size"]
    return f"needs images of at least {least} x {least} pixels, and these have {side}; choose another"


def _side(said: Said) -> int | None:
    """The shorter side of the images, in pixels; None when nobody has looked."""
    if said.kind in SIDES:
        return SIDES[said.kind]
    seen = said.seen(said.kind)
    size = said.values["folder"].get("size") if said.kind == "folder" else None
    if isinstance(size, int) and size > 0:
        return size
    return min(seen["shape"][1:]) if seen else None


def _title(said: Said, choices: Mapping[str, Any]) -> str:
    architecture = said.values["teacher"].get("architecture")
    teacher = choices.get("architectures", {}).get(architecture, {}).get("title", architecture)
    epochs = said.values["teacher"].get("epochs")
    how = ("" if epochs else " as it is") if said.start == "file" else ("" if epochs else " untrained")
    return f"{_image_set(said, choices)}, {teacher}{how}"


def _image_set(said: Said, choices: Mapping[str, Any]) -> str:
    if said.kind in PLACES:
        return PurePath((said.paths[said.kind] or "").strip()).stem or said.kind
    if said.kind == "digits":
        return "Digits"
    return choices.get("image_sets", {}).get(said.kind, said.kind)


def _named(part: str, name: str, text: str) -> str:
    title = next(field.title for field in fields_of(MODELS[part]) if field.name == name)
    return f"{title} {text}."
