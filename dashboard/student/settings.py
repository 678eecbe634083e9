"""The settings of students: presets, what differs from the defaults, and how that stands in an address."""

from collections.abc import Mapping
from typing import Any

from dashboard.new.fields import fields_of, read
from workers.student_params import DistilParams

FIELDS = {field.name: field for field in fields_of(DistilParams)}
DEFAULTS = DistilParams().model_dump()

PRESETS: dict[str, dict[str, Any]] = {
    "Usual": {},
    "DeepVID’s original": {"optimizer": "gradient-descent", "learning_rate": 0.1, "centred": False},
    "Logit matching": {"temperature": 100.0, "epochs": 30},
    "Optimum": {"optimizer": "lbfgs", "learning_rate": 1.0, "l2": 1e-4},
}
KEY = "key"  # in an address, beside the settings: how the key of the student that is shown begins
SHORT = {  # as a table has room for them
    "width": "band {} %",
    "neighbours": "{} neighbours",
    "held_out": "{} held out",
    "temperature": "T = {}",
    "epochs": "{} epochs",
    "batch_size": "batch {}",
    "learning_rate": "rate {}",
    "init": "{} start",
    "l1": "L1 {}",
    "l2": "L2 {}",
    "hard_weight": "hard {}",
    "tree_depth": "tree {}",
    "seed": "seed {}",
}
WITHOUT = {"residual": "no residual", "centred": "not centred"}  # of switches that are off


def differing(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are not at their defaults."""
    return {name: settings[name] for name in FIELDS if name in settings and settings[name] != DEFAULTS[name]}


def short(settings: Mapping[str, Any]) -> str:
    """What differs from the defaults, in a few words."""
    parts = []
    for name, value in differing(settings).items():
        if name in WITHOUT:
            parts.append(WITHOUT[name])
        else:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            parts.append(SHORT.get(name, "{}").format(shown))
    return ", ".join(parts)


def plain(value: Any) -> str:
    """A value as briefly as it can be read again: 1 for yes, 3 for 3.0."""
    if isinstance(value, bool):
        return str(int(value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def written(settings: Mapping[str, Any], shown: str | None = None) -> str:
    """What differs from the defaults, as an address has it: "temperature:4,epochs:20"; and the student with this key."""
    parts = [f"{name}:{plain(value)}" for name, value in differing(settings).items()]
    return ",".join([*parts, *([f"{KEY}:{shown[:8]}"] if shown else [])])


def key_in_address(text: str | None) -> str | None:
    """How the key of the student begins that an address names."""
    return next((part[len(KEY) + 1 :] for part in (text or "").split(",") if part.startswith(f"{KEY}:")), None)


def read_address(text: str | None) -> tuple[dict[str, Any], str]:
    """The settings that an address names, and what is wrong with it, in a sentence; what is wrong is left at its default."""
    given: dict[str, Any] = {}
    wrong = []
    for part in filter(None, (text or "").split(",")):
        name, _, value = part.partition(":")
        if name == KEY:
            continue
        if name not in FIELDS:
            wrong.append(f"there is no setting {name[:40]}")
            continue
        shape = FIELDS[name].shape
        asked, errors = read(DistilParams, DEFAULTS | {name: value == "1" if shape == "switch" else value})
        if asked is None:
            wrong.append(f"{FIELDS[name].title} {errors.get(name, 'is not understood')}")
        else:
            given[name] = getattr(asked, name)
    return given, f"In this address, of the student: {'; '.join(wrong)}." if wrong else ""


def preset_of(settings: Mapping[str, Any], own: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The preset that has these settings, but for the seed; None if none has."""
    wanted = {name: value for name, value in differing(settings).items() if name != "seed"}
    return next((name for name, held in {**PRESETS, **own}.items() if differing(held) == wanted), None)
