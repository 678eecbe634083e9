"""The form as it stood when a study was asked for, read back from the records of its jobs: the reverse of `draft`."""

from collections.abc import Mapping
from typing import Any

from dashboard.new.draft import MODELS, PLACES, Said
from dashboard.new.fields import fields_of
from workers.jobs import Job

# What of an image set's metadata a look finds too.
OF_IMAGES = ("name", "notes", "count", "n_train", "class_names", "shape")
OF_PREDICTIONS = ("name", "notes", "class_names", "shape", "outputs")


def said_of(jobs: Mapping[str, Job], images: dict[str, Any] | None) -> Said:
    """What has to stand in the form for these jobs.

    Parameters
    ----------
    jobs : the records of a study's jobs by role.
    images : the metadata of its image set, while its result is there. Without it files have to be looked at again.

    Raises
    ------
    ValueError
        The form makes no such studies.
    """
    given = jobs.get("images")
    if given is not None and given.kind == "given":
        return _of_predictions(given, images)
    teacher = jobs.get("teacher")
    if given is None or teacher is None or (given.kind, teacher.kind) != ("images", "teacher"):
        raise ValueError("it is of a kind that the form does not make")
    source, weights = given.params["source"], teacher.params["weights"]
    kind = source["kind"]
    values = untouched() | {"teacher": shown("teacher", teacher.params)}
    paths: dict[str, str | None] = dict.fromkeys(PLACES)
    found: dict[str, dict[str, Any] | None] = dict.fromkeys(PLACES)
    if kind in MODELS:
        values[kind] = shown(kind, source)
    if kind in PLACES:
        paths[kind] = given.place
        found[kind] = images and {
            **{name: images[name] for name in OF_IMAGES},
            **{name: source[name] for name in ("manifest", "test_fraction")},
            "path": given.place,
        }
    if weights:
        values["weights"] = shown("weights", weights)
        paths["weights"] = teacher.place
        found["weights"] = {"manifest": weights["manifest"], "path": teacher.place}
    return Said("teacher", kind, "file" if weights else "random", values, paths, found)


def _of_predictions(given: Job, meta: dict[str, Any] | None) -> Said:
    found = meta and {
        **{name: meta[name] for name in OF_PREDICTIONS},
        **{name: value for name, value in given.params.items() if name != "outputs"},
        "path": given.place,
        "stated": given.params["outputs"],
    }
    return Said(
        "predictions",
        "digits",
        "random",
        untouched() | {"predictions": shown("predictions", given.params)},
        dict.fromkeys(PLACES) | {"predictions": given.place},
        dict.fromkeys(PLACES) | {"predictions": found},
    )


def untouched() -> dict[str, dict[str, Any]]:
    """What the fields of all parts hold at first."""
    return {part: shown(part, {}) for part in MODELS}


def shown(part: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields of a part hold for these parameters; what they do not name is at its default."""
    values = {field.name: params.get(field.name, field.default) for field in fields_of(MODELS[part])}
    return {name: "" if value is None else value for name, value in values.items()}
