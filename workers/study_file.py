"""A study as a file, so that it can be kept beside the images, checked before anything runs, and started by a command:

    title = "Road signs"

    [images]
    kind = "folder"             # digits, mnist, fashion-mnist, cifar-10, cifar-100, folder, npz
    path = "pictures"           # of a folder or an .npz file; as seen from this file
    size = 32

    [teacher]
    architecture = "resnet-20"
    weights = "net.safetensors" # left out: random ones
    normalisation = "imagenet"  # what those were trained with
    epochs = 0

In place of both tables, predictions alone:

    [predictions]
    path = "answers.csv"
    outputs = "logits"          # left out: told by the numbers
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workers.kinds import JobSpec, job
from workers.params import FOUND, FOUND_IN_PREDICTIONS, ImagesParams, TeacherParams, WeightsFile
from workers.settings import UsageError
from workers.studies import given_study, teacher_study

# (parameters of a look) -> what was found there; a sentence as ValueError or OSError when that cannot be used.
Look = Callable[[dict[str, Any]], Mapping[str, Any]]


class StudyFile:
    """A study as a file describes it.

    Attributes
    ----------
    title : the file's name, if it states none.

    Raises
    ------
    UsageError
        The file cannot be read, or has other tables than a study.
    """

    def __init__(self, path: Path):
        self.path = path
        self._tables = _read(path)
        self.title = self._tables.get("title", path.stem)
        if not isinstance(self.title, str) or not self.title.strip():
            raise UsageError(f"{path}: title must be a text, not {self.title!r}.")
        self.title = self.title.strip()

    def specs(self, look: Look) -> dict[str, JobSpec]:
        """The jobs of the study, by role; `look` is asked what lies at each place that the file names.

        Raises
        ------
        UsageError
            A setting is wrong, or what the file names cannot be used.
        """
        try:
            if "predictions" in self._tables:
                return self._given(look)
            images = self._images(look)
            return teacher_study(images, self._teacher(look, images))
        except ValidationError as error:
            raise UsageError(f"{self.path}: {_sentence(error)}") from None
        except (ValueError, OSError) as error:
            raise UsageError(f"{self.path}: {error}") from None

    def _given(self, look: Look) -> dict[str, JobSpec]:
        table = dict(self._tables["predictions"])
        place = self._place(table, "path", "[predictions]")
        stated = {"outputs": table["outputs"]} if "outputs" in table else {}
        found = look({"what": "predictions", "path": place, **stated})
        return given_study(table | {name: found[name] for name in FOUND_IN_PREDICTIONS}, place)

    def _images(self, look: Look) -> JobSpec:
        table = dict(self._tables.get("images", {"kind": "digits"}))
        kind, place, facts = table.get("kind"), "", {}
        if kind in ("folder", "npz"):
            place = self._place(table, "path", "[images]")
            found = look({"what": kind, "path": place} | ({"size": table.get("size")} if kind == "folder" else {}))
            facts = {name: found[name] for name in FOUND}
        return job("images", ImagesParams.model_validate({"source": table | facts}).model_dump(), place=place)

    def _teacher(self, look: Look, images: JobSpec) -> JobSpec:
        table, place = dict(self._tables.get("teacher", {})), ""
        if "weights" in table:
            place = self._place(table, "weights", "[teacher]")
            weights = {"manifest": look({"what": "weights", "path": place})["manifest"]}
            if "normalisation" in table:
                weights["normalisation"] = table.pop("normalisation")
            table["weights"] = WeightsFile.model_validate(weights).model_dump()
        return job("teacher", TeacherParams.model_validate(table).model_dump(), place=place, images=images)

    def _place(self, table: dict[str, Any], name: str, where: str) -> str:
        place = table.pop(name, None)
        if not isinstance(place, str) or not place:
            raise ValueError(f'{where} must name a place, {name} = "...".')
        return str((self.path.parent / Path(place).expanduser()).absolute())


def as_text(title: str, asked: Mapping[str, tuple[str, Mapping[str, Any], str]]) -> str:
    """The file of a study that has been asked for; `StudyFile` reads the same jobs from it.

    Parameters
    ----------
    asked : role -> kind, parameters and place of its job.
    """
    tables: dict[str, dict[str, Any]] = {}
    kind, params, place = asked["images"]
    if kind == "given":
        tables["predictions"] = {"path": place, "outputs": params["outputs"]}
    else:
        source = {name: value for name, value in params["source"].items() if name not in FOUND}
        tables["images"] = source | ({"path": place} if place else {})
        _, teacher, weights_place = asked["teacher"]
        weights = teacher["weights"]
        tables["teacher"] = {name: value for name, value in teacher.items() if name != "weights"}
        if weights is not None:
            tables["teacher"] |= {"weights": weights_place, "normalisation": weights["normalisation"]}
    lines = [f"title = {_value(title)}"]
    for name, table in tables.items():
        lines += ["", f"[{name}]"]
        lines += [f"{key} = {_value(value)}" for key, value in table.items() if value is not None]
    return "\n".join(lines) + "\n"


def _value(value: str | float | bool) -> str:
    """A value as TOML writes it; what JSON makes of texts, numbers and truth is so in TOML too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(path: Path) -> dict[str, Any]:
    try:
        tables = tomllib.loads(path.read_text())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from None
    known = ("title", "images", "teacher", "predictions")
    for name, table in tables.items():
        if name not in known:
            raise UsageError(
                f"{path}: there is no table [{name}]; there are title, [images], [teacher], [predictions]."
            )
        if name != "title" and not isinstance(table, dict):
            raise UsageError(f"{path}: [{name}] must be a table, not {table!r}.")
    if "predictions" in tables and ("images" in tables or "teacher" in tables):
        raise UsageError(f"{path}: [predictions] stands alone, without [images] and [teacher].")
    return tables


def _sentence(error: ValidationError) -> str:
    """The first thing that pydantic found wrong, for people."""
    fault = error.errors()[0]
    if fault["type"].startswith("union_tag"):
        context = fault.get("ctx", {})
        expected = context.get("expected_tags") or "digits, mnist, cifar-10, folder, npz and others"
        return f"kind of [images] must be one of {expected}, not {context.get('tag', 'left out')!r}."
    names = [str(part) for part in fault["loc"] if part not in ("source", "digits", "folder", "npz")]
    message = fault["msg"][0].lower() + fault["msg"][1:]
    return f"{'.'.join(names) or 'kind'} = {fault['input']!r}: {message}."
