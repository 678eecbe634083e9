"""The measures of confidence that a study's predictions can be refused by: which there are, and what stands in the way."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.abilities import labels_of
from dashboard.asking import CANNOT_ASK
from dashboard.darksight import fits
from dashboard.darksight.refuse_scores import difference, threshold_for
from dashboard.darksight.worths import confidence_key, worths_of
from dashboard.jobs.words import told
from dashboard.measures import in_split
from workers.darksight_params import DarkSightParams
from workers.engine import Engine
from workers.jobs import UnknownJob

SHORTER = {  # titles of measures, for a list
    "entropy": "Entropy",
    "dirichlet-mixture": "Dirichlet mixture",
    "map-mixture": "Gaussians on the map",
}
OF_MAP = ("map-kde", "map-mixture")
DEFAULT_SHARE = 95.0  # percent kept
EVICTED = "they have made room for other results"
NONE_YET = "The measures of confidence appear when the predictions are there."


@dataclass(frozen=True)
class Measure:
    """A measure of confidence, taken of a study.

    Attributes
    ----------
    name : as a rule has it, such as "entropy"; of a map that is not the one shown, with its key: "map-kde@9f1c…".
    title : for people; of a measure of a map, with the map.
    mean : mean accuracy of its reject curve; None without labels.
    result, array : where its scores and its curve are: `score-array` and `curve-array` of a result.
    count : images that its curve is of.
    """

    name: str
    title: str
    unit: str
    mean: float | None
    note: str | None
    result: str
    array: str
    count: int

    @property
    def is_of_another_map(self) -> bool:
        """No rule can have it: new predictions have no place there."""
        return "@" in self.name

    def scores(self, engine: Engine) -> np.ndarray:
        """Of all images, float64 (N,); NaN for those that the map does not show."""
        return engine.results.array(self.result, f"score-{self.array}")

    @property
    def family(self) -> str:
        """What it has in common with those that differ in the settings of another map only: "KDE on t-SNE of logits"."""
        return self.title.partition(", ")[0] if self.is_of_another_map else self.name

    @property
    def member(self) -> str:
        """What tells it from these: "perplexity 30"."""
        return self.title.partition(", ")[2] or self.title

    @property
    def in_words(self) -> str:
        """Its title within a sentence: "entropy", "KDE on DarkSight"."""
        return self.title.lower() if self.name in ("entropy", "maximum", "margin") else self.title

    def answered(self, least: float) -> str:
        """What is answered, where scores are to be `least` or more: "Margin of 0.5 or more"."""
        sign, side = (-1, "less") if self.name == "entropy" else (1, "more")
        return f"{self.title} of {self._numbered(sign * least)} or {side}"

    def refused(self, least: float) -> str:
        """What then is not."""
        sign, side = (-1, "above") if self.name == "entropy" else (1, "below")
        return f"{self.title} {side} {self._numbered(sign * least)}"

    def _numbered(self, score: float) -> str:
        return f"{score:.4g} {self.unit}".strip().replace("-", "−")


def source_of(
    engine: Engine, study: Mapping[str, Any] | None, ready: Sequence[str], fit: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Where what is known of a study's measures lies: {"fit", "split", "confidence", "worths": {map: result}, "words",
    "failed"}; the last two say what stands in the way of any, and whether it may be tried again."""
    split = fit["split"] if fit else "test"
    found = {"fit": fit and fit["key"], "split": split, "confidence": None, "worths": {}, "words": NONE_YET}
    found |= {"failed": False}
    if study is None or "predictions" not in ready or "images" not in ready:
        return found
    keys = study["keys"]
    key = confidence_key(keys, split)
    found["worths"] = worths_of(engine, keys, split)
    if engine.results.which([key]):
        return found | {"confidence": key, "words": ""}
    try:
        made = engine.jobs.get(key)
    except UnknownJob:
        return found | {"words": obstacle(engine, keys)}
    words = EVICTED if made.state == "done" else told(made, engine.jobs.now())
    return found | {"words": f"Measures of confidence: {words}", "failed": not made.is_open}


def obstacle(engine: Engine, keys: Mapping[str, str]) -> str:
    """Why measures that have not been asked for cannot be, in a sentence; that they are about to be when they can."""
    try:
        for role in ("images", "predictions"):
            engine.jobs.spec(keys[role])
    except CANNOT_ASK as error:
        return f"There are no measures of confidence: {error}."
    return "The measures of confidence are asked for."


def measures_of(engine: Engine, study: Mapping[str, Any], source: Mapping[str, Any]) -> list[Measure]:
    """The measures of a study whose results are there, the best first; without labels, as they come."""
    found = []
    if source["confidence"]:
        found += [Measure(**facts) for facts in told_of(engine, source["confidence"])]
    for key, worth in source["worths"].items():
        on = map_title(engine, study, key, worth, source["fit"])
        for facts in told_of(engine, worth):
            name = facts["name"] if key == source["fit"] else f"{facts['name']}@{key}"
            found.append(Measure(**facts | {"name": name, "title": facts["title"].replace("the map", on)}))
    return sorted(found, key=lambda measure: -(measure.mean or 0.0))


def families(found: Sequence[Measure]) -> list[list[Measure]]:
    """Those that belong together, each family where its first member is."""
    by_name: dict[str, list[Measure]] = {}
    for measure in found:
        by_name.setdefault(measure.family, []).append(measure)
    return list(by_name.values())


def drawn_of(found: Sequence[Measure], name: str) -> list[Measure]:
    """Those whose curves are drawn: of a family the first, and the one by `name`."""
    firsts = {family[0].name for family in families(found)}
    return [measure for measure in found if measure.name in firsts or measure.name == name]


def told_of(engine: Engine, result: str) -> list[dict[str, Any]]:
    """What a result says of its measures."""
    meta = engine.results.meta(result)
    return [
        told | {"title": SHORTER.get(told["name"], told["title"]), "result": result, "array": told["name"],
                "count": meta["count"]}
        for told in meta["measures"]
    ]  # fmt: skip


def map_title(engine: Engine, study: Mapping[str, Any], key: str, worth: str, shown: str | None) -> str:
    """What a map is called beside others: "DarkSight", "t-SNE of logits, perplexity 30"; a DarkSight map that is not the one
    shown with its settings."""
    facts = engine.results.meta(worth)["map"]
    if facts["kind"] != "darksight" or key == shown:
        return facts["title"]
    asked = DarkSightParams.model_validate(engine.results.meta(key)["settings"])
    names = engine.results.meta(study["keys"]["images"])["class_names"]
    return f"{facts['title']}, {fits.title_of(asked, names)}"


@dataclass(frozen=True)
class Threshold:
    """A threshold on a measure.

    Attributes
    ----------
    score : the least that is answered.
    among : mask (N,) of the images of the split that the measure has a score of.
    refused : mask (N,) of the images, of either split, that score less.
    """

    measure: Measure
    score: float
    among: np.ndarray
    refused: np.ndarray

    @property
    def kept(self) -> float:
        """The share of `among` that is answered."""
        return float((self.among & ~self.refused).sum() / self.among.sum())


def threshold_at(
    engine: Engine, study: Mapping[str, Any], source: Mapping[str, Any], measure: Measure, at: Mapping[str, Any]
) -> Threshold:
    """The threshold that is asked for: {"share": percent kept, "score": the score itself, or None}."""
    scores, among = measure.scores(engine), images_in(engine, study, source["split"])
    among = among & ~np.isnan(scores)
    score = threshold_for(scores[among], at["share"] / 100) if at["score"] is None else at["score"]
    with np.errstate(invalid="ignore"):
        return Threshold(measure, score, among, scores < score)


def images_in(engine: Engine, study: Mapping[str, Any], split: str) -> np.ndarray:
    """Mask (N,) of the images of a split; where nothing is kept for training, all are test."""
    meta = engine.results.meta(study["keys"]["images"])
    return in_split(meta["count"], meta["n_train"], split if meta["n_train"] else "test")


def correct_of(engine: Engine, study: Mapping[str, Any]) -> np.ndarray | None:
    """Mask (N,) of the images about which the teacher is right; None where that is not known."""
    labels = labels_of(engine, study["keys"])
    return None if labels is None else engine.results.array(study["keys"]["predictions"], "predicted") == labels


def verdict(engine: Engine, study: Mapping[str, Any], source: Mapping[str, Any], measures: Sequence[Measure]) -> str:
    """Which measure is best, and by how much: than that of the map shown, or where that is the best itself, than the next."""
    if not measures or measures[0].mean is None:
        return "The true classes are not known: what is kept is told, not how much of it is right."
    best, *others = measures
    words = f"Best: {best.in_words} (mean {best.mean:.2%})"
    rival = next((measure for measure in others if measure.name == OF_MAP[0]), others[0] if others else None)
    if rival is None:
        return f"{words}."
    keys = study["keys"]
    lead, half = gap(engine, keys["images"], keys["predictions"], source["split"], best, rival)
    decimals = 2 if 100 * half >= 0.1 else 3
    words += f"; {rival.in_words} {100 * abs(lead):.{decimals}f} ± {100 * half:.{decimals}f} points less"
    return f"{words}, perhaps by chance." if abs(lead) <= half else f"{words}."


@functools.lru_cache(256)  # keys are content addresses
def gap(engine: Engine, images: str, predictions: str, split: str, one: Measure, other: Measure) -> tuple[float, float]:
    """`difference` of two measures, over the images of the split that both have a score of."""
    study = {"keys": {"images": images, "predictions": predictions}}
    scores = [measure.scores(engine) for measure in (one, other)]
    both, correct = images_in(engine, study, split), correct_of(engine, study)
    assert correct is not None
    for numbers in scores:
        both = both & ~np.isnan(numbers)
    return difference(scores[0][both], scores[1][both], correct[both])
