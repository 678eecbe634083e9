"""Explanations of a study: what is asked for, and what there is of an image."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from dashboard.asking import record_of
from dashboard.vae.asked import CODES, VAE
from workers.engine import Engine
from workers.explain_params import ExplainParams
from workers.jobs import Job

ROLE, RANK_ROLE = "explain", "rank"  # begin their roles in a study
SMALLEST_MAP = 2  # px a side of a layer that class activation maps can be made of


def explanations_of(engine: Engine, keys: Mapping[str, str], number: int) -> list[Job]:
    """The explanations of an image, those that were asked for last first; not those of which there is no record, or one of
    settings that this version does not know."""
    found = []
    for role, key in keys.items():
        job = record_of(engine, key) if role.startswith(f"{ROLE}-") else None
        if job is None or job.params.get("number") != number:
            continue
        try:
            ExplainParams.model_validate(job.params)
        except ValidationError:
            continue
        found.append(job)
    return found[::-1]


def usable(study: Mapping[str, Any], ready: Sequence[str]) -> dict[str, Any]:
    """The study with its VAE only where that has encoded the images: the other methods wait for none."""
    is_there = {VAE, CODES} <= set(ready)
    keys = {role: key for role, key in study["keys"].items() if is_there or role not in (VAE, CODES)}
    return {**study, "keys": keys}


def map_layers(engine: Engine, keys: Mapping[str, str]) -> list[dict[str, str]]:
    """The layers of the teacher that class activation maps can be made of, the usual one first, as a choice."""
    layers = [
        layer
        for layer in engine.results.meta(keys["teacher"])["layers"]
        if len(layer["output_shape"]) == 3 and min(layer["output_shape"][1:]) >= SMALLEST_MAP
    ]
    return [
        {"value": layer["name"], "label": f"{layer['name']} · {' × '.join(map(str, layer['output_shape']))}"}
        for layer in layers[::-1]
    ]
