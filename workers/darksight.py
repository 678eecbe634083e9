"""DarkSight: the images as points of a plane, where a simple student says much the same of them as the teacher."""

import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.certainty import top
from models.darksight import DarkSight, ParametricDarkSight, map_from_bytes
from models.darksight.efforts import EFFORTS
from models.darksight.predictions import divergence
from models.progress import Callback, part_of
from models.teacher import softmax
from workers.darksight_params import DarkSightParams
from workers.pieces import split_of
from workers.pixels import pixels_of
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs
from workers.settings import read_settings
from workers.sizes import DENSITY_GRID
from workers.warm import WARM_MODELS, data_dir, warm_teacher

Map = DarkSight | ParametricDarkSight

GRID_MARGIN = 0.25  # of the map at each side: a panel is seldom as wide as the map is
LIKELIEST = 3  # classes whose shares are kept of an image
ROWS_AT_ONCE = 10_000  # a second at most between two reports
FIT = 4  # what it costs to learn from an image, where to place another costs 1
PLACED = 0.95  # of the work; to compare what is said is the rest


@runs("darksight")
def darksight(params: DarkSightParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """The place of each image, and what teacher and student say of it. While the map is learned, previews show where the
    images of the split are."""
    images, probabilities = inputs["images"], inputs["predictions"].array("probabilities")
    classes = mapped_classes(params.classes, probabilities.shape[1])
    split = split_of(images.meta, params.split)
    inside = np.zeros(len(probabilities), bool)
    inside[split] = True
    n_others = int((~inside).sum())
    learned = PLACED * FIT * inside.sum() / (FIT * inside.sum() + n_others)

    def preview(places: np.ndarray, means: np.ndarray) -> None:
        attempt.preview(spread(places, inside))

    attempt.stage("learning the map")
    began = time.monotonic()
    fitted = untrained(params, part_of(attempt, 0, learned)).fit(probabilities[split], preview=preview)
    seconds = time.monotonic() - began
    places = spread(fitted.embedding_, inside)
    if n_others:
        attempt.stage("placing the other images")
        places[~inside] = place(fitted, probabilities[~inside], part_of(attempt, learned, PLACED))
    attempt.stage("comparing teacher and student")
    said, apart = compare(fitted, probabilities, places, classes, part_of(attempt, PLACED, 1))
    grid = fitted.density_grid(DENSITY_GRID, GRID_MARGIN)
    shown = ~np.isnan(places[:, 0])
    mine, theirs = shown & inside, shown & ~inside
    alike = said["student_classes"][:, 0] == said["teacher_classes"][:, 0]
    accuracy = dict.fromkeys(("student", "teacher"))
    if "labels" in images.meta["arrays"]:
        labels = images.array("labels")
        accuracy = {who: mean_of(said[f"{who}_classes"][:, 0] == labels, mine) for who in accuracy}
    return Made(
        {
            "places": places,
            **said,
            "means": fitted.means_.astype(np.float32),
            "class_log_prior": fitted.class_log_prior_.astype(np.float32),
            "classes": classes,
            "grid_x": grid.x.astype(np.float32),
            "grid_y": grid.y.astype(np.float32),
            "grid_log_density": grid.log_density.astype(np.float32),
            "state": fitted.to_bytes(),
        },
        {
            "split": params.split,
            "settings": params.model_dump(mode="json"),
            "parametric": params.parametric,
            "kl_divergence": mean_of(apart, mine),
            "kl_divergence_other": mean_of(apart, theirs),
            "agreement": mean_of(alike, mine),
            "agreement_other": mean_of(alike, theirs),
            "accuracy": accuracy,
            "n_fitted": int(mine.sum()),
            "n_hidden": int((inside & ~shown).sum()),
            "n_iter": plain(fitted).n_iter_,
            "eps": plain(fitted).eps,
            "fit_seconds": round(seconds, 3),
        },
    )


def mapped_classes(chosen: Sequence[int] | None, n_classes: int) -> np.ndarray:
    """The numbers of the classes of a map, int32 (K',).

    Raises
    ------
    ValueError
        There is no class of such a number.
    """
    if chosen is None:
        return np.arange(n_classes, dtype=np.int32)
    if max(chosen) >= n_classes:
        raise ValueError(
            f"The classes of this study are numbered 0 to {n_classes - 1}; there is no class {max(chosen)} to be mapped."
        )
    return np.array(chosen, np.int32)


def untrained(params: DarkSightParams, callback: Callback) -> Map:
    """The map as it is asked for, not yet learned."""
    settings = params.model_dump(include={"conditional", "df", "temperature", "optimizer", "classes"})
    made = DarkSight(
        **settings,
        **EFFORTS[params.effort],
        random_state=params.seed,
        device=read_settings().device,
        callback=callback,
    )
    return ParametricDarkSight(made, random_state=params.seed, callback=callback) if params.parametric else made


def plain(fitted: Map) -> DarkSight:
    """The map itself, where a network has learned one."""
    return fitted.darksight_ if isinstance(fitted, ParametricDarkSight) else fitted


def spread(places: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The places of all images, float32 (N, 2), where those of some are known: NaN for the others."""
    everywhere = np.full((len(inside), 2), np.nan, np.float32)
    everywhere[inside] = places
    return everywhere


def place(fitted: Map, probabilities: np.ndarray, callback: Callback) -> np.ndarray:
    """Where further predictions (M, K) belong on a map, float32 (M, 2); NaN for those that are hidden."""
    places = np.empty((len(probabilities), 2), np.float32)
    for start in range(0, len(places), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        places[rows] = fitted.transform(probabilities[rows])
        done = min(rows.stop, len(places))
        callback(done / len(places), f"{done:,} of {len(places):,} images placed")
    return places


def compare(
    fitted: Map, probabilities: np.ndarray, places: np.ndarray, classes: np.ndarray, callback: Callback
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What is said of the images at their places, and how far teacher and student are apart.

    Returns
    -------
    dict of arrays
        The density there, and the likeliest classes of both with their shares. Of an image that is hidden shares and
        density are NaN, and its classes mean nothing.
    float64 array (N,)
        The symmetric divergence, in nats.
    """
    count, kept = len(places), min(LIKELIEST, len(classes))
    said: dict[str, np.ndarray] = {"log_density": np.full(count, np.nan, np.float32)}
    for who in ("teacher", "student"):
        said[f"{who}_classes"] = np.zeros((count, kept), np.uint16)
        said[f"{who}_shares"] = np.full((count, kept), np.nan, np.float32)
    apart = np.full(count, np.nan)
    for start in range(0, count, ROWS_AT_ONCE):
        rows = start + np.flatnonzero(~np.isnan(places[start : start + ROWS_AT_ONCE, 0]))
        if len(rows) == 0:
            continue
        predictions, answers = plain(fitted).read(probabilities[rows])[0], fitted.predict_proba(places[rows])
        said["log_density"][rows] = fitted.score_samples(places[rows])
        apart[rows] = divergence(predictions, answers, plain(fitted).eps)
        for who, shares in (("teacher", predictions), ("student", answers)):
            likeliest, largest = top(shares, kept)
            said[f"{who}_classes"][rows], said[f"{who}_shares"][rows] = classes[likeliest], largest
        callback((rows[-1] + 1) / count)
    return said, apart


def mean_of(numbers: np.ndarray, chosen: np.ndarray) -> float | None:
    """The mean of some; None if there are none."""
    return float(numbers[chosen].mean()) if chosen.any() else None


# ---- calls -----------------------------------------------------------------------------------------------------------


@answers("place-on-map")
def place_on_map(results: Results, darksight: str, probabilities: list[list[float]]) -> dict[str, Any]:
    """Where new predictions belong on a map; null for those that it hides."""
    places = warm_map(results, darksight).transform(np.array(probabilities, np.float64))
    return {"places": [None if np.isnan(x) else [x, y] for x, y in places.tolist()]}


@answers("usual-pixels")
def usual_pixels(
    results: Results, images: str, teacher: str, darksight: str, epoch: int, number: int
) -> dict[str, Any]:
    """Which pixels of an image make its prediction usual: the gradient (C, H, W) of the log of the density at its place, by
    pixels 0 to 1."""
    fitted = warm_map(results, darksight)
    if not isinstance(fitted, ParametricDarkSight):
        raise ValueError(
            "Only a map whose places a network computes tells what makes an image unusual; have it made by a network."
        )
    asked = warm_teacher(results, teacher, epoch)
    seen = pixels_of(results, images, data_dir()).read([number])
    (spot,) = fitted.transform(softmax(asked.predict(seen).logits)).tolist()
    if np.isnan(spot[0]):
        raise ValueError(f"Image {number} has too little in the classes of this map, and no place on it.")
    told = fitted.input_gradient(seen / np.float32(255), asked.logits)
    return {"gradient": told.gradient[0].tolist(), "log_density": float(told.log_density[0]), "place": spot}


# Keyed by content address, so never stale.
@functools.lru_cache(WARM_MODELS)
def warm_map(results: Results, key: str) -> Map:
    """A map as it was learned, loaded once."""
    return map_from_bytes(results.blob(key, "state"), read_settings().device)
