"""A rule by which a classifier refuses to answer: where its prediction lies on a map, or how confident it is."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from models.confidence import CONFIDENCES, Measure
from models.confidence_inputs import checked_places, checked_probabilities
from models.polygons import inside

FORMAT = "darkroom refusal rule 1"
LARGEST = sys.float_info.max
KEYS = {"format", "map", "regions", "least"}
LONGEST_MAP = 200  # characters


class Placing(Protocol):
    """A map that has a place for new predictions, as `models.darksight.DarkSight`."""

    def transform(self, P: Any, /) -> np.ndarray:  # noqa: N803
        """Where they belong, (M, 2); NaN where it shows them nowhere."""
        ...


class Answers(NamedTuple):
    """What a rule makes of M predictions.

    Attributes
    ----------
    refused : bool array (M,)
        True where the rule refuses.
    scores : dict of str to float64 array (M,)
        The scores that the rule has thresholds on, by the name of the measure; NaN for what the map shows nowhere.
    """

    refused: np.ndarray
    scores: dict[str, np.ndarray]


class RefusalRule:
    """Refuses a prediction that lies in a region of a map, or whose confidence is below a threshold.

    As JSON::

        {
          "format": "darkroom refusal rule 1",
          "map": "9f1c…",
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
    of : str, optional
        What identifies the map: the key of its result in Darkroom; "map" in JSON, which may lack it.

    Raises
    ------
    ValueError
        If a region is no outline, a measure is not known, or a threshold is no finite number, or the map's
        name is none.
    """

    def __init__(
        self, regions: Sequence[Any] = (), least: Mapping[str, float] | None = None, of: str | None = None
    ) -> None:
        if of is not None and not (isinstance(of, str) and 0 < len(of) <= LONGEST_MAP):
            raise ValueError(f"the map of a refusal rule must be named by 1 to {LONGEST_MAP} characters.")
        self.of = of
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
        return cls(regions, least, read.get("map"))

    @property
    def needs_map(self) -> bool:
        """Whether it asks where predictions lie on a map."""
        return bool(self.regions) or any(CONFIDENCES[name].needs == "map" for name in self.least)

    def to_json(self) -> str:
        """The rule as text; numbers are kept exactly."""
        regions = [region.tolist() for region in self.regions]
        of = {} if self.of is None else {"map": self.of}
        rule = {"format": FORMAT, **of, "regions": regions, "least": self.least}
        return json.dumps(rule, indent=2, allow_nan=False)

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
        return self.answers(places, probabilities, fitted).refused

    def answers(
        self,
        places: np.ndarray | None = None,
        probabilities: np.ndarray | None = None,
        fitted: Mapping[str, Measure] | None = None,
    ) -> Answers:
        """The same with the scores that it was decided by; see `refuses`.

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
        scores = {}
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
            scores[name] = measure.score_samples(given[confidence.needs])
            refused |= scores[name] < least
        return Answers(refused, scores)


def fit_measures(
    rule: RefusalRule,
    probabilities: np.ndarray | None,
    places: np.ndarray | None = None,
    map_classes: int | None = None,
    seed: int = 0,
) -> dict[str, Measure]:
    """The measures that learn, of those that a rule has thresholds on, fitted to the predictions that these were set with.

    Parameters
    ----------
    rule : RefusalRule
    probabilities : array (N, K)
        Those predictions: in Darkroom, of the images that the map was learned from. None where the rule has no measure that
        learns from them, and `map_classes` is given.
    places : array (N, 2), optional
        Their places on the map, for DarkSight its `embedding_`; rows that are NaN are left out. Needed for measures of the
        map.
    map_classes : int, optional
        Of how many classes a map of some of them is.
    seed : int
        As they were fitted with; Darkroom's is 0.

    Returns
    -------
    dict
        By name; empty for a rule that needs none.

    Raises
    ------
    ValueError
        If places or predictions are needed and not given, or the arrays are not as described above.
    """
    fitted = {}
    if probabilities is not None:
        probabilities = checked_probabilities(probabilities)
    for name in rule.least:
        confidence = CONFIDENCES[name]
        if not confidence.learns:
            continue
        usual, n_classes = probabilities, None if probabilities is None else probabilities.shape[1]
        if confidence.needs == "map":
            if places is None:
                raise ValueError(f"this refusal rule has a threshold on {name!r}, so it needs the places on the map.")
            usual, n_classes = np.asarray(places)[~np.isnan(places).any(axis=1)], map_classes or n_classes
        if usual is None or n_classes is None:
            raise ValueError(
                f"this refusal rule has a threshold on {name!r}, so it needs the predictions that this was set with."
            )
        fitted[name] = confidence.make(n_classes, seed).fit(usual)
    return fitted


def apply_rule(
    rule: RefusalRule,
    darksight: Placing,
    probabilities: np.ndarray,
    fitted: Mapping[str, Measure] | None = None,
) -> np.ndarray:
    """Which of M new predictions a rule refuses: they are placed on its map, and asked there.

    ::

        rule = RefusalRule.from_json(Path("rule.json").read_text())
        darksight = DarkSight.from_bytes(Path("DarkSight-1f2e3d4c.safetensors").read_bytes())  # the map it was made on
        fitted = fit_measures(rule, usual, darksight.embedding_)
        refused = apply_rule(rule, darksight, new, fitted)

    Parameters
    ----------
    rule : RefusalRule
    darksight : Placing
        The fitted map that the rule is of. A rule that needs none does not ask it.
    probabilities : array (M, K)
        What the classifier says of M new inputs; M may be 0.
    fitted : mapping, optional
        As `fit_measures` returns it. Needed for measures that learn.

    Returns
    -------
    bool array (M,)
        True where the rule refuses. What the map shows nowhere (a map of some classes hides what has too little in them)
        lies in no region and has no density: of the rule only thresholds on probabilities are asked.

    Raises
    ------
    ValueError
        If a measure that learns is not given, or the probabilities are none.
    """
    return answers_of(rule, darksight, probabilities, fitted).refused


def answers_of(
    rule: RefusalRule,
    darksight: Placing | None,
    probabilities: np.ndarray,
    fitted: Mapping[str, Measure] | None = None,
) -> Answers:
    """The same with the scores that it was decided by; see `apply_rule`.

    Raises
    ------
    ValueError
        If a measure that learns, or the map, is needed and not given, or the probabilities are none.
    """
    probabilities = np.asarray(probabilities)
    count = len(probabilities)
    scores = {name: np.full(count, np.nan) for name in rule.least}
    if count == 0:
        return Answers(np.zeros(0, bool), scores)
    if not rule.needs_map:
        return rule.answers(None, probabilities, fitted)
    if darksight is None:
        raise ValueError("this refusal rule asks where predictions lie on a map, so it needs that map.")
    places = darksight.transform(probabilities)
    shown = ~np.isnan(places).any(axis=1)
    elsewhere = RefusalRule(
        least={name: least for name, least in rule.least.items() if CONFIDENCES[name].needs != "map"}
    )
    refused = np.zeros(count, bool)
    for asked, some, there in ((rule, shown, places), (elsewhere, ~shown, None)):
        if not some.any():
            continue
        found = asked.answers(None if there is None else there[some], probabilities[some], fitted)
        refused[some] = found.refused
        for name, score in found.scores.items():
            scores[name][some] = score
    return Answers(refused, scores)


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
