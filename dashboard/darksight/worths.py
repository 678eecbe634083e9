"""What measures of confidence there are for a study's predictions and its maps, and what maps are worth."""

from collections.abc import Mapping
from typing import Any

from dashboard import asking
from dashboard.darksight import fits
from workers.darksight_params import ConfidenceParams, MapWorthParams
from workers.engine import Engine
from workers.studies import Study

MAP_ROLES = (fits.ROLE, "embedding")  # what maps of a study are called


def confidence_key(keys: Mapping[str, str], split: str) -> str:
    """The key of the measures of predictions alone, learned from a split; asked for or not."""
    return asking.key_of("confidence", keys, ConfidenceParams.model_validate({"split": split}))


def worth_key(keys: Mapping[str, str], map_key: str, split: str) -> str:
    """The key of what a map is worth; asked for or not."""
    return asking.key_of("map-worth", {**keys, "map": map_key}, MapWorthParams.model_validate({"split": split}))


def ask_confidence(engine: Engine, study: Mapping[str, Any], split: str) -> Study:
    """Has the measures of predictions alone made; returns the study with them.

    Raises
    ------
    UnknownJob, OutdatedJob
        The predictions cannot be made again as they were.
    """
    return asking.ask_for(engine, study, "confidence", ConfidenceParams.model_validate({"split": split}))[0]


def ask_worth(engine: Engine, study: Mapping[str, Any], map_key: str, split: str) -> Study:
    """Has it found out what a map is worth; returns the study with it.

    Raises
    ------
    UnknownJob, OutdatedJob
        The map cannot be made again as it was.
    """
    asked = MapWorthParams.model_validate({"split": split})
    return asking.ask_for(engine, study, "map-worth", asked, "worth", map=map_key)[0]


def worths_of(engine: Engine, keys: Mapping[str, str], split: str) -> dict[str, str]:
    """What the study's maps are worth, where that is known: key of a map -> key of the result."""
    maps = [key for role, key in keys.items() if role.startswith(MAP_ROLES)]
    wanted = {key: worth_key(keys, key, split) for key in maps}
    there = engine.results.which(list(wanted.values()))
    return {key: worth for key, worth in wanted.items() if worth in there}
