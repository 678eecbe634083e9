"""The job kinds: what a job is called, what it takes, and on which queue it waits.

The page builds its forms and its studies from these without torch; `workers.tasks` holds what they do. A new parameter
with a default, or any other change of what a kind makes, is a new version: results are found by content address,
so an unchanged version would serve the old ones.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from workers.darksight_params import ConfidenceParams, DarkSightParams, MapWorthParams
from workers.explain_params import ExplainParams, RankParams
from workers.latent_params import CounterfactualParams
from workers.library_params import LibraryParams, OutsideParams
from workers.params import (
    EmbeddingParams,
    GivenParams,
    HierarchyParams,
    ImagesParams,
    LookParams,
    Params,
    PredictionsParams,
    TeacherParams,
)
from workers.sizes import (
    Metas,
    codes_bytes,
    confidence_bytes,
    counterfactual_bytes,
    darksight_bytes,
    embedding_bytes,
    explain_bytes,
    given_bytes,
    hierarchy_bytes,
    image_bytes,
    library_bytes,
    map_worth_bytes,
    outside_bytes,
    rank_bytes,
    slice_bytes,
    student_bytes,
    students_bytes,
    subsets_bytes,
    teacher_bytes,
    vae_bytes,
)
from workers.slicer_params import SliceParams, SubsetsParams
from workers.student_params import StudentParams, StudentsParams
from workers.vae_params import CodesParams, VaeParams

QUEUES = ("interactive", "batch")  # a worker listens to them in this order
CALLS = "calls"

Queue = Literal["interactive", "batch"]


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes
    ----------
    name, title : the name in keys, and what the page calls it.
    version : goes up whenever the same parameters make another result.
    params : the pydantic model of its parameters.
    inputs : role -> the kind of result it takes in that role, or each kind that will do.
    optional : roles in which it may be given nothing.
    queue : "interactive" (seconds, somebody looks at it) or "batch"; or parameters -> which of the two.
    size : (params, metas of the inputs) -> bytes that its result will take, about; asked before it is computed.
    """

    name: str
    title: str
    version: int
    params: type[Params]
    queue: Queue | Callable[[Mapping[str, Any]], Queue]
    inputs: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    size: Callable[[Any, Metas], int] = lambda params, metas: 0
    optional: tuple[str, ...] = ()

    def queue_for(self, params: Mapping[str, Any]) -> Queue:
        """The queue of a job with these parameters."""
        return self.queue(params) if callable(self.queue) else self.queue

    def roles(self, given: Iterable[str]) -> list[str]:
        """The roles in which it takes something, where it can be given so much."""
        known = set(given)
        return [role for role in self.inputs if role in known or role not in self.optional]


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

    `place` is where a worker finds the files that the parameters name by their content; it is no part of the question.

    `key` is the content address of its result: equal questions have equal keys on every machine.
    """

    kind: str
    params: Params
    inputs: Mapping[str, "JobSpec"] = field(default_factory=dict)
    place: str = ""

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


def job(kind: str, params: Mapping[str, Any] | None = None, *, place: str = "", **inputs: JobSpec) -> JobSpec:
    """A job of `kind`; `place` as in `JobSpec`.

    Raises
    ------
    ValueError
        When the kind is unknown, a parameter does not fit, or the inputs are not those the kind takes.
    """
    if kind not in KINDS:
        raise ValueError(f'there is no job kind "{kind}"; there are {", ".join(sorted(KINDS))}')
    wanted = {role: (kinds,) if isinstance(kinds, str) else kinds for role, kinds in KINDS[kind].inputs.items()}
    given = {role: spec.kind for role, spec in inputs.items()}
    roles = KINDS[kind].roles(given)
    if given.keys() != set(roles) or any(given[role] not in wanted[role] for role in roles):
        told = {role: " or ".join(kinds) for role, kinds in wanted.items()}
        raise ValueError(f'a job of kind "{kind}" takes the inputs {told}, not {given}')
    return JobSpec(kind, KINDS[kind].params.model_validate(params or {}), inputs, place)


# ---- the kinds of Darkroom -------------------------------------------------------------------------------------------


def embedding_queue(params: Mapping[str, Any]) -> Queue:
    """PCA takes seconds where the others take minutes."""
    return "interactive" if params["method"] == "pca" else "batch"


IMAGES = register(Kind("images", "Image set", 2, ImagesParams, "batch", size=image_bytes))
TEACHER = register(Kind("teacher", "Teacher", 2, TeacherParams, "batch", {"images": "images"}, size=teacher_bytes))
PREDICTIONS = register(
    Kind(
        "predictions",
        "Predictions",
        2,
        PredictionsParams,
        "batch",
        {"images": "images", "teacher": "teacher"},
        size=lambda params, metas: 4 * metas["images"]["count"] * (2 * metas["images"]["n_classes"] + 500),
    )
)
EMBEDDING = register(
    Kind(
        "embedding",
        "Map",
        2,
        EmbeddingParams,
        embedding_queue,
        {"images": ("images", "given"), "predictions": ("predictions", "given")},
        size=embedding_bytes,
    )
)
HIERARCHY = register(
    Kind(
        "hierarchy",
        "Tree of classes",
        1,
        HierarchyParams,
        "interactive",
        {"images": ("images", "given"), "predictions": ("predictions", "given")},
        size=hierarchy_bytes,
    )
)
DARKSIGHT = register(
    Kind(
        "darksight",
        "DarkSight map",
        1,
        DarkSightParams,
        "interactive",
        {"images": ("images", "given"), "predictions": ("predictions", "given")},
        size=darksight_bytes,
    )
)
CONFIDENCE = register(
    Kind(
        "confidence",
        "Measures of confidence",
        1,
        ConfidenceParams,
        "interactive",
        {"images": ("images", "given"), "predictions": ("predictions", "given")},
        size=confidence_bytes,
    )
)
MAP_WORTH = register(
    Kind(
        "map-worth",
        "What a map is worth",
        1,
        MapWorthParams,
        "interactive",
        {
            "images": ("images", "given"),
            "predictions": ("predictions", "given"),
            "map": ("darksight", "embedding"),
        },
        size=map_worth_bytes,
    )
)
VAE = register(Kind("vae", "VAE", 1, VaeParams, "batch", {"images": "images", "teacher": "teacher"}, size=vae_bytes))
CODES = register(
    Kind(
        "codes",
        "Codes of the images",
        1,
        CodesParams,
        "interactive",
        {"images": "images", "teacher": "teacher", "vae": "vae"},
        size=codes_bytes,
    )
)
COUNTERFACTUAL = register(
    Kind(
        "counterfactual",
        "Counterfactual",
        1,
        CounterfactualParams,
        "interactive",
        {"images": "images", "teacher": "teacher", "vae": "vae", "codes": "codes"},
        size=counterfactual_bytes,
    )
)
STUDENT = register(
    Kind(
        "student",
        "Student",
        1,
        StudentParams,
        "interactive",
        {"images": "images", "teacher": "teacher", "vae": "vae", "codes": "codes"},
        size=student_bytes,
    )
)
STUDENTS = register(
    Kind(
        "students",
        "Students of a selection",
        1,
        StudentsParams,
        "batch",
        {"images": "images", "teacher": "teacher", "vae": "vae", "codes": "codes"},
        size=students_bytes,
    )
)
EXPLAIN = register(
    Kind(
        "explain",
        "Explanations",
        1,
        ExplainParams,
        "interactive",
        {"images": "images", "teacher": "teacher", "vae": "vae", "codes": "codes"},
        size=explain_bytes,
        optional=("vae", "codes"),
    )
)
RANK = register(
    Kind(
        "rank",
        "Explanations of a selection",
        1,
        RankParams,
        "batch",
        {"images": "images", "teacher": "teacher", "vae": "vae", "codes": "codes"},
        size=rank_bytes,
        optional=("vae", "codes"),
    )
)
SLICE = register(
    Kind(
        "slice",
        "Slice of the network",
        1,
        SliceParams,
        "batch",
        {"images": "images", "teacher": "teacher"},
        size=slice_bytes,
    )
)
SUBSETS = register(
    Kind(
        "subsets",
        "Teachers of subsets",
        1,
        SubsetsParams,
        "batch",
        {"images": "images", "teacher": "teacher"},
        size=subsets_bytes,
    )
)
LIBRARY = register(
    Kind(
        "library",
        "Library networks",
        1,
        LibraryParams,
        "batch",
        {"images": "images", "teacher": "teacher", "predictions": "predictions"},
        size=library_bytes,
    )
)
OUTSIDE = register(
    Kind(
        "outside",
        "Inputs from outside",
        1,
        OutsideParams,
        "batch",
        {
            "images": "images",
            "teacher": "teacher",
            "predictions": "predictions",
            "library": "library",
            "foreign": "images",
        },
        size=outside_bytes,
        optional=("foreign",),
    )
)
GIVEN = register(Kind("given", "Predictions of a file", 2, GivenParams, "interactive", size=given_bytes))
LOOK = register(Kind("look", "A look at files", 2, LookParams, "interactive", size=lambda params, metas: 10_000))

BUILT_IN = tuple(KINDS)  # what every page and worker of one release agree on; modules of a user's may add to KINDS
