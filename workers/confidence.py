"""How sure one may be of predictions, by measures that look at them alone and by those that look at a map of them; and what
such a map is worth."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from models.confidence import CONFIDENCES, RejectCurve, local_fidelity
from models.progress import Callback, part_of
from workers.darksight_params import ConfidenceParams, MapWorthParams
from workers.params import METHODS
from workers.pieces import split_of
from workers.runner import Attempt, Input, Made, runs
from workers.sizes import CURVE_POINTS

KS = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # nearest neighbours that are compared
ROWS_AT_ONCE = 2_000  # a density of probabilities takes them a tenth of a second; of very many classes some seconds
SCORED = 0.2  # of the work on a map; to compare neighbours is the rest
FITTED = 0.3  # of the work on a measure, at most; to score is the rest
WORDS = {"perplexity": "perplexity {:g}", "n_neighbors": "{} neighbours", "min_dist": "least distance {:g}"}


@runs("confidence")
def confidence(params: ConfidenceParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """The score of every image by each measure of probabilities, learned from those of the split, and what that is worth."""
    probabilities = inputs["predictions"].array("probabilities")
    split = split_of(inputs["images"].meta, params.split)
    attempt.stage("measuring confidence")
    scores = score_all(
        "probabilities", probabilities, probabilities[split], probabilities.shape[1], params.seed, attempt
    )
    curves, told = judge({name: score[split] for name, score in scores.items()}, correct_of(inputs, split))
    return Made(
        {f"score-{name}": score for name, score in scores.items()} | curves,
        told | {"split": params.split, "count": split.stop - split.start},
    )


@runs("map-worth")
def map_worth(params: MapWorthParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """The same by each measure of a map, of the images that it shows, and how alike the predictions of neighbours on it are."""
    asked, probabilities = inputs["map"], inputs["predictions"].array("probabilities")
    places = asked.array("places")
    if places.shape[1] != 2:
        raise ValueError("This map is in 3-D, but measures of a map need a plane; ask for a map in 2-D.")
    shown = ~np.isnan(places[:, 0])
    split = split_of(inputs["images"].meta, params.split)
    chosen = split.start + np.flatnonzero(shown[split])
    if len(chosen) < 2:
        raise ValueError(
            f"This map shows {len(chosen)} of the {params.split} images, and its measures need two or more; ask for a map of "
            "other classes."
        )
    n_classes = len(asked.array("classes")) if asked.meta["kind"] == "darksight" else probabilities.shape[1]
    attempt.stage("measuring confidence")
    scores = {}
    learned = score_all("map", places[shown], places[chosen], n_classes, params.seed, part_of(attempt, 0, SCORED))
    for name, score in learned.items():
        scores[name] = np.full(len(places), np.nan)
        scores[name][shown] = score
    curves, told = judge({name: score[chosen] for name, score in scores.items()}, correct_of(inputs, chosen))
    attempt.stage("comparing neighbours")
    ks = [k for k in KS if k < len(chosen)]
    fidelity = local_fidelity(probabilities[chosen], places[chosen], ks, part_of(attempt, SCORED, 1))
    return Made(
        {f"score-{name}": score for name, score in scores.items()}
        | curves
        | {"ks": np.array(ks, np.int32), "fidelity": fidelity},
        told | {"split": params.split, "count": len(chosen), "map": facts_of(asked.meta)},
    )


def score_all(
    needs: Literal["map", "probabilities"],
    given: np.ndarray,
    usual: np.ndarray,
    n_classes: int,
    seed: int,
    callback: Callback,
) -> dict[str, np.ndarray]:
    """Scores float64 (N,) of all that is given by each measure of its sort, which learns from what is usual; by name."""
    names = [name for name, known in CONFIDENCES.items() if known.needs == needs]
    scores = {}
    for number, name in enumerate(names):
        tell = part_of(callback, number / len(names), (number + 1) / len(names))
        tell(0.0, CONFIDENCES[name].title)
        measure = CONFIDENCES[name].make(n_classes, seed, part_of(tell, 0, FITTED)).fit(usual)
        scores[name] = np.empty(len(given))
        for start in range(0, len(given), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            scores[name][rows] = measure.score_samples(given[rows])
            tell(FITTED + (1 - FITTED) * min(1, rows.stop / len(given)), CONFIDENCES[name].title)
    return scores


def correct_of(inputs: Mapping[str, Input], rows: slice | np.ndarray) -> np.ndarray | None:
    """Which of some images the teacher takes for what they are; None where that is not known."""
    if "labels" not in inputs["images"].meta["arrays"]:
        return None
    return inputs["predictions"].array("predicted")[rows] == inputs["images"].array("labels")[rows]


def judge(scores: Mapping[str, np.ndarray], correct: np.ndarray | None) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What scores (N,) by name are worth: reject curves, and what is worth knowing of them. Where it is not known what is
    correct, there are none.

    A curve of more than `CURVE_POINTS` is told at so many, evenly spread from that of the first image to that of all.
    """
    count = len(next(iter(scores.values())))
    counts = np.unique(np.rint(np.linspace(1, count, CURVE_POINTS)).astype(int))
    arrays, measures = {"kept": counts / count}, []
    told: dict[str, Any] = {"best_mean": None, "chance": None}
    for name, score in scores.items():
        known = CONFIDENCES[name]
        measure: dict[str, Any] = {"name": name, "title": known.title, "unit": known.unit, "mean": None, "note": None}
        if correct is not None:
            curve = RejectCurve(score, correct)
            arrays |= {f"curve-{name}": curve.accuracies[counts - 1], "best": curve.best[counts - 1]}
            measure |= {"mean": curve.mean, "note": curve.note}
            told = {"best_mean": curve.best_mean, "chance": curve.chance}
        measures.append(measure)
    return arrays, told | {"measures": measures}


def facts_of(meta: Mapping[str, Any]) -> dict[str, str]:
    """Of what kind a map is, and what people call it."""
    if meta["kind"] == "darksight":
        return {"kind": "darksight", "title": "DarkSight"}
    settings = [WORDS[name].format(value) for name, value in meta["settings"].items() if name in WORDS]
    return {"kind": meta["kind"], "title": ", ".join([f"{METHODS[meta['method']]} of {meta['of']}", *settings])}
