"""The job kinds: what a job is called, what it takes, and on which queue it waits.

The page builds its forms and its studies from these without torch; `workers.tasks` holds what they do. A new parameter
with a default, or any other change of what a kind makes, is a new version: results are found by content address,
so an unchanged version would serve the old ones.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

QUEUES = ("interactive", "batch")  # a worker listens to them in this order
CALLS = "calls"


class Params(BaseModel):
    """Settings of a job. Defaults are filled in and types fixed before a key is made of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Metas = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes
    ----------
    name, title : the name in keys, and what the page calls it.
    version : goes up whenever the same parameters make another result.
    params : the pydantic model of its parameters.
    inputs : role -> the kind of result it takes in that role.
    queue : "interactive" (seconds, somebody looks at it) or "batch".
    size : (params, metas of the inputs) -> bytes that its result will take, about; asked before it is computed.
    """

    name: str
    title: str
    version: int
    params: type[Params]
    queue: Literal["interactive", "batch"]
    inputs: Mapping[str, str] = field(default_factory=dict)
    size: Callable[[Any, Metas], int] = lambda params, metas: 0


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Adds a kind; a second one of the same name is a mistake in the program."""
    if kind.name in KINDS:
        raise ValueError(f'the job kind "{kind.name}" is registered twice; give one of them another name')
    KINDS[kind.name] = kind
    return kind


def canonical(value: Any) -> str:
    """JSON with one spelling: sorted keys, no spaces, floats by `repr`; NaN and infinity are refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


@dataclass(frozen=True)
class JobSpec:
    """A job as it is asked for: kind, parameters, and the jobs whose results it takes.

    `key` is the content address of its result: equal questions have equal keys on every machine.
    """

    kind: str
    params: Params
    inputs: Mapping[str, "JobSpec"] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        return content_key(self.kind, self.params.model_dump(mode="json"), self.input_keys)

    @property
    def input_keys(self) -> dict[str, str]:
        return {role: spec.key for role, spec in self.inputs.items()}


def content_key(kind: str, params: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """sha256 over kind, version, parameters and input keys, in hex."""
    text = canonical([kind, KINDS[kind].version, params, inputs])
    return hashlib.sha256(text.encode()).hexdigest()


def job(kind: str, params: Mapping[str, Any] | None = None, **inputs: JobSpec) -> JobSpec:
    """A job of `kind`.

    Raises
    ------
    ValueError
        When the kind is unknown, a parameter does not fit, or the inputs are not those the kind takes.
    """
    if kind not in KINDS:
        raise ValueError(f'there is no job kind "{kind}"; there are {", ".join(sorted(KINDS))}')
    wanted = KINDS[kind].inputs
    given = {role: spec.kind for role, spec in inputs.items()}
    if given != dict(wanted):
        raise ValueError(f'a job of kind "{kind}" takes the inputs {dict(wanted)}, not {given}')
    return JobSpec(kind, KINDS[kind].params.model_validate(params or {}), inputs)


# ---- the kinds of Darkroom -------------------------------------------------------------------------------------------


class ImagesParams(Params):
    source: Literal["digits"] = "digits"
    test_fraction: float = Field(0.2, gt=0, lt=1)
    seed: int = Field(0, ge=0)


class TeacherParams(Params):
    architecture: Literal["lenet"] = "lenet"
    epochs: int = Field(12, ge=1, le=1000)
    batch_size: int = Field(64, ge=1)
    learning_rate: float = Field(2e-3, gt=0)
    optimizer: Literal["adam", "sgd"] = "adam"
    weight_decay: float = Field(0.0, ge=0)
    seed: int = Field(0, ge=0)


class PredictionsParams(Params):
    pass


LENET_BYTES = 431_080 * 4  # on 28 x 28 grey images of 10 classes
STORED_EPOCHS = 10  # at most; `models.training.default_stored_epochs`

IMAGES = register(Kind("images", "Image set", 1, ImagesParams, "batch", size=lambda params, metas: 4 * 2**20))
TEACHER = register(
    Kind(
        "teacher",
        "Teacher",
        1,
        TeacherParams,
        "batch",
        {"images": "images"},
        size=lambda params, metas: LENET_BYTES * min(STORED_EPOCHS, params.epochs + 1),
    )
)
PREDICTIONS = register(
    Kind(
        "predictions",
        "Predictions",
        1,
        PredictionsParams,
        "batch",
        {"images": "images", "teacher": "teacher"},
        size=lambda params, metas: 4 * metas["images"]["count"] * (2 * metas["images"]["n_classes"] + 500),
    )
)

BUILT_IN = tuple(KINDS)  # what every page and worker of one release agree on; modules of a user's may add to KINDS
