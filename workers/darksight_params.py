"""The settings of DarkSight's job kinds: the map, the measures of confidence, what a map is worth."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from workers.params import Params

EFFORTS = {"quick": "Quick", "usual": "Usual", "fine": "Fine"}  # and what people call them

Split = Annotated[
    Literal["train", "test"],
    Field(title="Images", description="Those that it is learned from; the others are placed on the map afterwards."),
]
Seed = Annotated[int, Field(ge=0, lt=2**32, title="Seed", description="Chooses what is left to chance.")]


class DarkSightParams(Params):
    """A map on which a naive-Bayes student mimics the teacher."""

    split: Split = "test"
    classes: Annotated[
        tuple[int, ...] | None,
        Field(title="Classes", description="Only these, two or more, by number; empty for all."),
    ] = None
    effort: Annotated[
        Literal["quick", "usual", "fine"],
        Field(
            title="Effort",
            description="How many starts and steps: fine takes some two or three times as long as usual.",
        ),
    ] = "usual"
    temperature: Annotated[
        float,
        Field(ge=0.1, le=100, title="Temperature", description="Above 1 the points spread more, as less is certain."),
    ] = 1.0
    conditional: Annotated[
        Literal["t", "gaussian"],
        Field(title="Student", description="What the places of a class are to it: Student-t, or normal to compare."),
    ] = "t"
    df: Annotated[
        float, Field(gt=0, le=1000, title="Degrees of freedom", description="Of Student-t: fewer have heavier tails.")
    ] = 2.0
    optimizer: Annotated[
        Literal["joint", "coordinate"],
        Field(title="Steps", description="Points and student together, or by turns as the paper does, to compare."),
    ] = "joint"
    parametric: Annotated[
        bool,
        Field(
            title="By a network",
            description="A network computes the places, so that pixels can be asked what makes an image unusual.",
        ),
    ] = False
    seed: Seed = 0

    @field_validator("classes")
    @classmethod
    def _two_or_more(cls, classes: Sequence[int] | None) -> tuple[int, ...] | None:
        """In order, so that equal questions have equal keys."""
        if classes is None:
            return None
        chosen = tuple(sorted(set(classes)))
        if len(chosen) < 2 or chosen[0] < 0:
            raise ValueError("must be two different classes or more, by number from 0")
        return chosen

    @property
    def settings(self) -> dict[str, Any]:
        """Those that are not at their defaults."""
        return self.model_dump(exclude_defaults=True)


class ConfidenceParams(Params):
    """The measures of confidence that look at the predictions alone."""

    split: Split = "test"
    seed: Seed = 0


class MapWorthParams(Params):
    """What a map is worth: its measures of confidence, and how alike the predictions of neighbours are."""

    split: Split = "test"
    seed: Seed = 0
