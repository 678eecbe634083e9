"""What the form asks for: the jobs of the study, or what is wrong or missing; and what it would take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, get_args

from humanize import naturalsize

from dashboard.new.effort import Work
from dashboard.new.fields import fields_of, read
from workers.kinds import KINDS, JobSpec, job
from workers.params import (
    FOUND,
    FOUND_IN_PREDICTIONS,
    Architecture,
    DigitsSource,
    FolderSource,
    GivenParams,
    ImagesParams,
    NpzSource,
    Params,
    PublishedSource,
    TeacherParams,
    WeightsFile,
)
from workers.sizes import TRAIN_AND_TEST, learn_sizes
from workers.studies import given_study, teacher_study

# Parts of the form, each with its own settings.
MODELS: dict[str, type[Params]] = {
    "digits": DigitsSource,
    "folder": FolderSource,
    "npz": NpzSource,
    "weights": WeightsFile,
    "teacher": TeacherParams,
    "predictions": GivenParams,
}
PUBLISHED: tuple[str, ...] = get_args(PublishedSource.model_fields["kind"].annotation)
ARCHITECTURES: tuple[str, ...] = get_args(Architecture)
PLACES = {  # what is looked at
    "folder": "the folder",
    "npz": "the .npz file",
    "weights": "the file of weights",
    "predictions": "the file of predictions",
}

GREY, COLOUR = (1, 28, 28), (3, 32, 32)
SHAPES = {"digits": GREY, "mnist": GREY, "fashion-mnist": GREY, "cifar-10": COLOUR, "cifar-100": COLOUR}
N_CLASSES = {"cifar-100": 100}  # the others have ten
N_TEST = 10_000  # of each published set


@dataclass(frozen=True)
class Said:
    """What stands in the form.

    Attributes
    ----------
    made_of : "teacher" and image set, or "predictions" alone.
    kind : of the image source.
    start : "random" weights, or those of a "file".
    values : part -> field -> what its component holds.
    paths : what -> the path that stands there now, for each of `PLACES`.
    found : what -> what the last look found ("path", of predictions what they were stated to be, and the metadata of
        its result), or None.
    """

    made_of: str
    kind: str
    start: str
    values: Mapping[str, Mapping[str, Any]]
    paths: Mapping[str, str | None]
    found: Mapping[str, dict[str, Any] | None]

    def seen(self, what: str) -> dict[str, Any] | None:
        """What was found at the path that stands there now; None when nobody has looked, or there is nothing to see."""
        found, path = self.found.get(what), (self.paths.get(what) or "").strip()
        if not found or found["path"] != path:
            return None
        stated = self.values["predictions"]["outputs"]
        return None if what == "predictions" and found["stated"] != stated else found


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
    work : what is computed; None while that is not known, and of predictions alone.
    """

    specs: dict[str, JobSpec] | None
    errors: dict[tuple[str, str], str]
    missing: list[str]
    title: str
    size: int | None = None
    work: Work | None = None


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
    if said.made_of == "predictions":
        specs, work, title = _given(reading), None, _stem(said.paths["predictions"]) or "Predictions"
    else:
        source, teacher = _source(reading), _teacher(reading)
        if unfit := _unfit(said, choices):
            reading.errors.setdefault(("teacher", "architecture"), unfit)
        specs = _specs(said, source, teacher) if source and teacher else None
        work = _work(said, teacher) if teacher and not unfit else None
        title = _title(said, choices)
    missing = [_named(part, name, text) for (part, name), text in reading.errors.items()] + reading.missing
    if missing or specs is None:
        return Draft(None, reading.errors, missing, title, work=work)
    size = size_of(specs, _facts(said))
    if budget is not None and size > budget:
        takes, has = (naturalsize(number, binary=True) for number in (size, budget))
        missing.append(f"It would take {takes}, but the store's budget is {has}; start with a larger --memory.")
        return Draft(None, {}, missing, title, size, work)
    return Draft(specs, {}, [], title, size, work)


def size_of(specs: Mapping[str, JobSpec], images: Mapping[str, Any]) -> int:
    """Bytes that the results of these jobs take, about; `images` holds count and n_classes of the image set."""
    metas = {"images": images}
    jobs = {spec.key: spec for spec in specs.values()}  # one may play two roles
    return sum(KINDS[spec.kind].size(spec.params, metas) for spec in jobs.values())


def _given(reading: _Reading) -> dict[str, JobSpec] | None:
    params = reading.part("predictions", reading.looked("predictions", FOUND_IN_PREDICTIONS))
    return params and given_study(params.model_dump(), _place(reading.said, "predictions"))


def _source(reading: _Reading) -> Params | None:
    kind = reading.said.kind
    if kind in PUBLISHED:
        return PublishedSource.model_validate({"kind": kind})
    return reading.part(kind, reading.looked(kind, FOUND) if kind in PLACES else {})


def _teacher(reading: _Reading) -> TeacherParams | None:
    if reading.said.start == "random":
        return reading.part("teacher", {})
    weights = reading.part("weights", reading.looked("weights", ("manifest",)))
    return reading.part("teacher", {"weights": weights})


def _specs(said: Said, source: Params, teacher: TeacherParams) -> dict[str, JobSpec]:
    images = job(
        "images",
        ImagesParams.model_validate({"source": source}).model_dump(),
        place=_place(said, said.kind) if said.kind in PLACES else "",
    )
    place = _place(said, "weights") if teacher.weights else ""
    return teacher_study(images, job("teacher", teacher.model_dump(), place=place, images=images))


def _place(said: Said, what: str) -> str:
    return (said.seen(what) or {})["path"]


def _facts(said: Said) -> dict[str, int]:
    """Number of images and of classes; of files once somebody has looked."""
    if said.made_of == "predictions":
        seen = said.seen("predictions") or {}
        return {"count": seen["count"], "n_classes": seen["n_classes"]}
    if said.kind in TRAIN_AND_TEST:
        return {"count": TRAIN_AND_TEST[said.kind], "n_classes": N_CLASSES.get(said.kind, 10)}
    seen = said.seen(said.kind) or {}
    return {"count": seen["count"], "n_classes": len(seen["class_names"])}


def _work(said: Said, teacher: TeacherParams) -> Work | None:
    shape, n_train = _shape(said), _n_train(said)
    if shape is None or n_train is None:
        return None
    facts = _facts(said)
    asked = teacher.model_dump(include={"architecture", "batch_size", "optimizer"})
    question = asked | {"shape": list(shape), "n_classes": facts["n_classes"]}
    return Work(question, teacher.epochs, n_train, facts["count"], teacher.patience is not None)


def _n_train(said: Said) -> int | None:
    """How many images the teacher is trained on, about; None while it is not known."""
    if said.kind in PUBLISHED:
        return TRAIN_AND_TEST[said.kind] - N_TEST
    share = said.values[said.kind]["test_fraction"]
    seen = said.seen(said.kind)
    if seen and share == seen["test_fraction"]:
        return seen["n_train"]
    if not isinstance(share, int | float) or (said.kind in PLACES and not seen):
        return None
    return round((1 - share) * _facts(said)["count"])


def _unfit(said: Said, choices: Mapping[str, Any]) -> str:
    """Why the architecture does not take these images; empty when it does, or when it is not known yet."""
    chosen = said.values["teacher"].get("architecture")
    known = choices.get("architectures", {}).get(chosen)
    if known is None and chosen not in ARCHITECTURES:
        return "is not offered by the workers now; choose another"
    shape = _shape(said)
    if known is None or shape is None or min(shape[1:]) >= known["min_size"]:
        return ""
    least = known["min_size"]
    return f"needs images of at least {least} x {least} pixels, and these have {min(shape[1:])}; choose another"


def _shape(said: Said) -> tuple[int, int, int] | None:
    """Channels, height and width of the images; None when nobody has looked."""
    if said.kind in SHAPES:
        return SHAPES[said.kind]
    seen = said.seen(said.kind)
    if seen is None:
        return None
    channels, height, width = seen["shape"]
    if said.kind == "folder":
        size, colour = said.values["folder"].get("size"), said.values["folder"].get("colour")
        channels = 1 if colour == "grey" else 3 if colour == "colour" else channels
        if isinstance(size, int) and size > 0:
            height = width = size
    return channels, height, width


def _title(said: Said, choices: Mapping[str, Any]) -> str:
    architecture = said.values["teacher"].get("architecture")
    teacher = choices.get("architectures", {}).get(architecture, {}).get("title", architecture)
    epochs = said.values["teacher"].get("epochs")
    how = ("" if epochs else " as it is") if said.start == "file" else ("" if epochs else " untrained")
    return f"{_image_set(said, choices)}, {teacher}{how}"


def _image_set(said: Said, choices: Mapping[str, Any]) -> str:
    if said.kind in PLACES:
        return _stem(said.paths[said.kind]) or said.kind
    if said.kind == "digits":
        return "Digits"
    return choices.get("image_sets", {}).get(said.kind, said.kind)


def _stem(path: str | None) -> str:
    return PurePath((path or "").strip()).stem


def _named(part: str, name: str, text: str) -> str:
    title = next(field.title for field in fields_of(MODELS[part]) if field.name == name)
    return f"{title} {text}."
