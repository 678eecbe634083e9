"""A rule by which the teacher refuses to answer, as the page makes it: regions of a map, and least scores.

As JSON it is what `models.refusal.RefusalRule` reads and writes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.darksight.refuse_measures import OF_MAP, Measure
from dashboard.map_points import Planes, corners
from workers.engine import Engine

FORMAT = "darkroom refusal rule 1"
LONGEST_MAP = 200  # characters of its name
MEASURES = Literal["map-kde", "map-mixture", "kde", "dirichlet-mixture", "entropy", "maximum", "margin"]


WANTED = {  # of each part of a file
    "format": f'it must be a JSON object with "format": "{FORMAT}"',
    "map": f"its map must be named by 1 to {LONGEST_MAP} characters",
    "regions": "its regions must be a list of outlines",
    "least": "least must give a number to each measure's name",
}


class RuleFile(BaseModel):
    """A rule as it stands in a file."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    format: Literal["darkroom refusal rule 1"]
    map: Annotated[str, Field(min_length=1, max_length=LONGEST_MAP)] | None = None
    regions: list[Annotated[list[tuple[float, float]], Field(min_length=3)]] = []
    least: dict[MEASURES, float] = {}


@dataclass(frozen=True)
class Rule:
    """What is refused: what lies in an outline, or scores less than the least by a measure.

    Attributes
    ----------
    of : result key of the map; None where none is shown.
    outlines : {"x", "y"}: corners of each region.
    thresholds : the least score that is answered, by the name of a measure.
    """

    of: str | None
    outlines: tuple[Mapping[str, Sequence[float]], ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def held(cls, data: Mapping[str, Any] | None, shown: str | None) -> "Rule":
        """The rule that a store holds, as far as it is one of the map that is shown; else an empty one of that."""
        rule = cls.of_store(data)
        return cls(shown, rule.outlines, rule.thresholds) if rule.fits(shown) else cls(shown)

    @classmethod
    def of_store(cls, data: Mapping[str, Any] | None) -> "Rule":
        """The rule that a store holds, of whichever map."""
        if data is None:
            return cls(None)
        return cls(data["map"], tuple(data["outlines"]), data.get("least") or {})

    @classmethod
    def read(cls, text: str) -> "Rule":
        """A rule of a file.

        Raises
        ------
        ValueError
            The text is none; says why, as the end of a sentence.
        """
        try:
            found = RuleFile.model_validate_json(text)
        except ValidationError as error:
            raise ValueError(sentence(error)) from None
        outlines = tuple({"x": [x for x, _ in region], "y": [y for _, y in region]} for region in found.regions)
        return cls(found.map, outlines, {str(name): least for name, least in found.least.items()})

    @property
    def needs_map(self) -> bool:
        """Whether it asks where predictions lie on its map."""
        return bool(self.outlines) or any(name in OF_MAP for name in self.thresholds)

    @property
    def count(self) -> int:
        """How many parts it has."""
        return len(self.outlines) + len(self.thresholds)

    def fits(self, shown: str | None) -> bool:
        """Whether it means something on a map."""
        return self.of == shown or not self.needs_map

    def store(self) -> dict[str, Any]:
        """As its store holds it."""
        return {"map": self.of, "outlines": list(self.outlines), "least": dict(self.thresholds)}

    def to_json(self) -> str:
        """The file; it names the map where the rule needs it."""
        regions = [list(zip(outline["x"], outline["y"], strict=True)) for outline in self.outlines]
        of = {"map": self.of} if self.needs_map else {}
        return json.dumps({"format": FORMAT, **of, "regions": regions, "least": dict(self.thresholds)}, indent=2)

    def parts(self, measures: Mapping[str, Measure], engine: Engine, planes: Planes) -> list["Part"]:
        """What each part of it refuses; `measures` are those of the study, by name."""
        found = []
        for place, outline in enumerate(self.outlines):
            mask = planes.of(self.of or "").inside(*corners(outline))
            found.append(Part(f"region-{place}", f"Region {place + 1}", f"region {place + 1} of the map", mask))
        for name, least in self.thresholds.items():
            measure = measures.get(name)
            if measure is None:
                found.append(Part(name, f"{name} below {least:.4g}: not known yet", name, None))
                continue
            with np.errstate(invalid="ignore"):
                mask = measure.scores(engine) < least
            found.append(Part(name, measure.refused(least), f"least sure by {measure.in_words}", mask))
        return found

    def without(self, part: str) -> "Rule":
        """The rule but for one part, by its name."""
        outlines = tuple(kept for place, kept in enumerate(self.outlines) if f"region-{place}" != part)
        return Rule(self.of, outlines, {name: least for name, least in self.thresholds.items() if name != part})


@dataclass(frozen=True)
class Part:
    """A part of a rule.

    Attributes
    ----------
    name : of the part in its rule: "region-0", "entropy".
    title : for people.
    label : what its images are called when they are selected.
    refused : mask (N,); None while the scores are not there.
    """

    name: str
    title: str
    label: str
    refused: np.ndarray | None


def sentence(error: ValidationError) -> str:
    """What is wrong with a file first of all, and what would be right."""
    wrong = error.errors()[0]
    if wrong["type"] == "json_invalid":
        return f"it is no JSON ({wrong.get('ctx', {}).get('error')})"
    where, *rest = wrong["loc"] or ("format",)
    if where == "regions" and rest:
        return f"region {int(rest[0]) + 1} must be three corners or more, each of them two finite numbers"
    if where == "least" and "[key]" in rest:
        return f"there is no measure of confidence {str(rest[0])[:40]!r}; there are {', '.join(get_args(MEASURES))}"
    if where == "least" and rest:
        return f"the least {rest[0]!r} must be a finite number"
    return WANTED.get(str(where), f"it has {str(where)[:40]!r}, which is no part of a rule; map, regions and least are")
