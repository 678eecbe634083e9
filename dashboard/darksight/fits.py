"""The DarkSight maps of a study: which there are, what is asked for, what is said of one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard import asking
from workers.darksight_params import EFFORTS, DarkSightParams
from workers.engine import Engine
from workers.kinds import JobSpec
from workers.studies import Study

MOST_NAMED = 3  # classes in a title, the last among them
ROLE = "darksight-"  # and the beginning of the map's key


def fits_of(keys: Mapping[str, str]) -> list[str]:
    """The result keys of the maps that a study has asked for, in that order."""
    return [key for role, key in keys.items() if role.startswith(ROLE)]


def key_of(keys: Mapping[str, str], asked: DarkSightParams) -> str:
    """The key of a map of a study; its jobs need not be known for that."""
    return asking.key_of("darksight", keys, asked)


def spec_of(engine: Engine, keys: Mapping[str, str], asked: DarkSightParams) -> JobSpec:
    """The job of a map.

    Raises
    ------
    UnknownJob, OutdatedJob
        The predictions cannot be made again as they were.
    """
    return asking.spec_of(engine, "darksight", keys, asked)


def ask_for(engine: Engine, study: Mapping[str, Any], asked: DarkSightParams) -> tuple[Study, str]:
    """Adds a map to a study and has it made; the study, and the map's key.

    Raises
    ------
    UnknownJob, OutdatedJob
        The predictions cannot be made again as they were.
    """
    return asking.ask_for(engine, study, "darksight", asked)


def params_of(engine: Engine, key: str) -> DarkSightParams:
    """What a map was asked for with.

    Raises
    ------
    UnknownJob
        Its record is gone.
    """
    return DarkSightParams.model_validate(engine.jobs.get(key).params)


def title_of(asked: DarkSightParams, class_names: Sequence[str]) -> str:
    """What tells a map from the others of a study: "seed 1 · temperature 4"."""
    named: dict[str, Callable[[Any], str]] = {
        "classes": lambda classes: classes_words(classes, class_names),
        "effort": lambda effort: EFFORTS[effort].lower(),
        "temperature": lambda temperature: f"temperature {temperature:g}",
        "conditional": lambda _: "normal student",
        "df": lambda df: f"{df:g} degrees of freedom",
        "optimizer": lambda _: "by turns",
        "parametric": lambda _: "network",
        "split": lambda split: f"of {split} images",
    }
    settings = asked.settings
    return " · ".join([f"seed {asked.seed}", *(say(settings[name]) for name, say in named.items() if name in settings)])


def classes_words(classes: Sequence[int], class_names: Sequence[str]) -> str:
    """Some classes, in a few words: by name, of many the first ones and the last: "0, 1 … 9 (10 classes)"."""
    names = names_of(classes, class_names)
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: MOST_NAMED - 1])} … {names[-1]} ({len(names)} classes)"


def names_of(classes: Sequence[int], class_names: Sequence[str]) -> list[str]:
    """The names of some classes; the number of one that the study does not have."""
    return [class_names[number] if number < len(class_names) else str(number) for number in classes]
