"""A rule by which a classifier refuses to answer: where its prediction lies on a map, or how confident it is."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.confidence import CONFIDENCES, Measure
from models.confidence_inputs import checked_places, checked_probabilities
from models.polygons import inside

FORMAT = "darkroom refusal rule 1"
LARGEST = sys.float_info.max
KEYS = {"format", "regions", "least"}


class RefusalRule:
    """Refuses a prediction that lies in a region of a map, or whose confidence is below a threshold.

    As JSON::

        {
          "format": "darkroom refusal rule 1",
          "regions": [[[0.0, 0.0], [1.5, 0.0], [0.7, 2.0]]],
          "least": {"entropy": -0.9, "map-kde": -7.5}
        }

    Parameters
    ----------
    regions : sequence of arrays (V, 2)
        Outlines in the map's coordinates, of three corners or more each; the last is joined to the first. Inside is as
        `models.polygons` has it. They mean nothing on another map.
    least : mapping
        The least score that is answered, by the name of a measure in `CONFIDENCES`.

    Raises
    ------
    ValueError
        If a region is no outline, a measure is not known, or a threshold is no finite number.
    """

    def __init__(self, regions: Sequence[Any] = (), least: Mapping[str, float] | None = None) -> None:
        self.regions = tuple(_outline(region, place) for place, region in enumerate(regions, 1))
        self.least = {name: _threshold(name, value) for name, value in (least or {}).items()}

    @classmethod
    def from_json(cls, text: str) -> "RefusalRule":
        """Read a rule.

        Raises
        ------
        ValueError
            If the text is no such rule.
        """
        try:
            read = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"a refusal rule must be JSON, but it cannot be read: {error}.") from None
        if not isinstance(read, dict) or read.get("format") != FORMAT:
            raise ValueError(f'a refusal rule must be a JSON object with "format": "{FORMAT}".')
        if others := sorted(set(read) - KEYS):
            raise ValueError(f"a refusal rule has {', '.join(sorted(KEYS))}, but this one has {others[0]!r} too.")
        regions, least = read.get("regions", []), read.get("least", {})
        if not isinstance(regions, list):
            raise ValueError("the regions of a refusal rule must be a list of outlines.")
        if not isinstance(least, dict):
            raise ValueError("least must give a number to each measure's name.")
        return cls(regions, least)

    def to_json(self) -> str:
        """The rule as text; numbers are kept exactly."""
        regions = [region.tolist() for region in self.regions]
        return json.dumps({"format": FORMAT, "regions": regions, "least": self.least}, indent=2, allow_nan=False)

    def refuses(
        self,
        places: np.ndarray | None = None,
        probabilities: np.ndarray | None = None,
        fitted: Mapping[str, Measure] | None = None,
    ) -> np.ndarray:
        """Which of M new predictions the rule refuses.

        Parameters
        ----------
        places : array (M, 2), optional
            Where they lie on the map (for DarkSight, what its `transform` returns). Needed for regions, and for measures
            of the map.
        probabilities : array (M, K), optional
            Needed for all other measures.
        fitted : mapping, optional
            The measures that learn, by name, fitted to what they were fitted to when the thresholds were set.

        Returns
        -------
        bool array (M,)
            True where the rule refuses. A score that equals its threshold is answered.

        Raises
        ------
        ValueError
            If what the rule needs is not given, or the arrays do not fit together.
        """
        if places is None and probabilities is None:
            raise ValueError("a refusal rule needs the predictions' places, their probabilities, or both.")
        given: dict[str, np.ndarray] = {}
        if probabilities is not None:
            checked_probabilities(probabilities)
            given["probabilities"] = (
                probabilities  # as they came: summed to 1 twice, a score may miss its own threshold
            )
        if places is not None:
            given["map"] = checked_places(places, None if probabilities is None else len(given["probabilities"]))
        refused = np.zeros(len(next(iter(given.values()))), bool)
        if self.regions and places is None:
            raise ValueError("this refusal rule has regions, so it needs the predictions' places on the map.")
        for region in self.regions:
            refused |= inside(given["map"], region)
        for name, least in self.least.items():
            confidence = CONFIDENCES[name]
            if confidence.needs not in given:
                needed = "places on the map" if confidence.needs == "map" else "probabilities"
                raise ValueError(
                    f"this refusal rule has a threshold on {name!r}, so it needs the predictions' {needed}."
                )
            if confidence.learns and name not in (fitted or {}):
                raise ValueError(f"this refusal rule has a threshold on {name!r}, so it needs that measure, fitted.")
            measure = fitted[name] if confidence.learns and fitted else confidence.make(0, 0)
            refused |= measure.score_samples(given[confidence.needs]) < least
        return refused


def _outline(region: Any, place: int) -> np.ndarray:
    try:
        outline = np.array(region)
    except (TypeError, ValueError):  # rows of different lengths
        outline = np.empty(0)
    shaped = outline.dtype.kind in "iuf" and outline.ndim == 2 and outline.shape[-1] == 2 and len(outline) >= 3
    if not (shaped and np.isfinite(outline).all()):
        raise ValueError(f"region {place} must be three corners or more, each of them two finite numbers.")
    return outline.astype(np.float64)


def _threshold(name: str, value: Any) -> float:
    if name not in CONFIDENCES:
        raise ValueError(f"there is no measure of confidence {name!r}; there are {', '.join(CONFIDENCES)}.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError(f"the least {name!r} must be a finite number, not {value!r}.")
    return float(value)
