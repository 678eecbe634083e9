"""An image moved through the latent space: what each axis does to it, the way to another, its neighbours, and the smallest
step to another class."""

import base64
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.atlas import TILES_PER_PAGE, TILES_PER_ROW, atlas_pages, page_layout
from models.counterfactual import Scale, find_counterfactual
from models.latent import step_effects
from models.morph import Way, morph
from models.neighbours import Band, Distribution, Neighbours, checked_band, make_neighbours, sample_codes
from workers.darksight import warm_map
from workers.latent_params import CounterfactualParams
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs
from workers.vae import (
    as_bytes,
    as_pixels,
    check_codes,
    focused_image,
    function_of,
    last_teacher,
    places_on,
    warm_vectors,
)
from workers.warm import all_cores, warm_teacher


@runs("counterfactual")
def counterfactual(params: CounterfactualParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """The nearest code at which the teacher takes an image for another class, and the image there."""
    images, vae, codes = inputs["images"], inputs["vae"], inputs["codes"]
    names = images.meta["class_names"]
    if params.target >= len(names):
        raise ValueError(f"The classes of this study are numbered 0 to {len(names) - 1}; there is no {params.target}.")
    check_codes(codes.meta, vae.key)
    function = function_of(images.results, images.key, vae.key, params.number, params.residual)
    attempt.stage("searching")
    found = find_counterfactual(
        function,
        last_teacher(inputs["teacher"]),
        params.target,
        Scale(codes.array("spread"), codes.array("lower"), codes.array("upper")),
        codes.array("codes")[codes.array("predicted") == params.target],
        max_steps=params.max_steps,
        seed=params.seed,
        callback=attempt,
    )
    share = found.probabilities[1, params.target]
    words = (
        ""
        if found.reached
        else (
            f"No code within the range of the data's was found at which the teacher takes image {params.number} for "
            f"{names[params.target]}; it came nearest at {share:.1%}."
        )
    )
    return Made(
        {
            "code": found.code,
            "start": function.code,
            "before": as_bytes(found.before),
            "image": as_bytes(found.image),
            "probabilities": found.probabilities.astype(np.float32),
        },
        {
            "reached": found.reached,
            "words": words,
            "distance": found.distance,
            "moved": found.moved.tolist(),
            "n_steps": found.n_steps,
            "number": params.number,
            "original": int(found.probabilities[0].argmax()),
            "target": params.target,
            "residual": params.residual,
        },
    )


# ---- calls -----------------------------------------------------------------------------------------------------------


@answers("latent-effects")
def latent_effects(
    results: Results,
    images: str,
    teacher: str,
    epoch: int,
    vae: str,
    codes: str,
    number: int,
    values: Sequence[float] | None,
    residual: bool,
) -> dict[str, Any]:
    """How much a step of one deviation of the data's codes along each axis changes what the teacher says, from these values
    or from the image's own."""
    check_codes(results.meta(codes), vae)
    function = function_of(results, images, vae, number, residual)
    code = function.code if values is None else np.array(values, np.float32)
    told = step_effects(function, warm_teacher(results, teacher, epoch), code, warm_vectors(results, codes, "spread"))
    return {
        "effects": told.changes.tolist(),
        "toward": told.toward.tolist(),
        "predicted": int(told.probabilities.argmax()),
    }


@answers("morph")
def morph_of(
    results: Results,
    images: str,
    teacher: str,
    epoch: int,
    vae: str,
    first: int,
    second: int,
    steps: int,
    way: Way,
    residual: bool,
    codes: str = "",
    predictions: str = "",
    maps: Sequence[str] = (),
) -> dict[str, Any]:
    """The frames of the way from one image to another, where on it the teacher changes its mind, and about where each frame
    would lie on maps."""
    one, other = (function_of(results, images, vae, number, residual) for number in (first, second))
    asked = warm_teacher(results, teacher, epoch)
    made = morph(one, other, asked, steps, way)
    told = asked.predict(made.images) if maps else None
    return {
        "at": made.at.tolist(),
        "codes": made.codes.tolist(),
        "pixels": as_pixels(made.images),
        "top": made.probabilities.argmax(axis=1).tolist(),
        "shares": made.probabilities.max(axis=1).tolist(),
        "probabilities": made.probabilities.tolist(),
        "flips": [
            {"at": flip.at, "from": flip.before, "to": flip.after, "code": flip.code.tolist()} for flip in made.flips
        ],
        "places": {
            key: places_on(results, key, predictions, codes, made.codes, told, made.probabilities) for key in maps
        }
        if told
        else {},
    }


@functools.lru_cache(1)  # asked for twice, the second time for their places
def neighbours_of(
    results: Results,
    images: str,
    teacher: str,
    epoch: int,
    vae: str,
    codes: str,
    number: int,
    centre: tuple[float, ...] | None,
    widths: tuple[tuple[float, ...], ...],
    count: int,
    distribution: Distribution,
    seed: int,
    residual: bool,
) -> tuple[Neighbours, Band]:
    """Images whose codes lie in a band, and what the teacher says of each."""
    function = function_of(results, images, vae, number, residual)
    band = band_of(results, vae, codes, function.code if centre is None else centre, widths)
    moved = drawn(band, count, distribution, seed)
    with all_cores():
        return make_neighbours(function, warm_teacher(results, teacher, epoch), band, moved), band


def hashed(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A question about neighbours, with tuples in place of lists."""
    centre, widths = asked["centre"], asked["widths"]
    try:
        pairs = tuple(tuple(pair) for pair in widths)
    except TypeError:
        raise ValueError("A band must have two half-widths an axis, below and above.") from None
    return {**asked, "centre": None if centre is None else tuple(centre), "widths": pairs}


@answers("neighbours")
def neighbours(
    results: Results, images: str, teacher: str, epoch: int, vae: str, number: int, **band: Any
) -> dict[str, Any]:
    """The neighbours of an image, as one picture of tiles, and what the teacher says of each. The original is what it says of
    the image itself. Parameters as those of `neighbours_of`."""
    asked = {"images": images, "teacher": teacher, "epoch": epoch, "vae": vae, "number": number, **band}
    told, drawn_from = neighbours_of(results, **hashed(asked))
    shown, count = as_bytes(told.images), len(told.images)
    layout = page_layout(shown)
    top = told.probabilities.argmax(axis=1)
    known = warm_teacher(results, teacher, epoch)
    original = int(known.classify(focused_image(results, images, vae, number).pixels[np.newaxis])[0].argmax())
    return {
        "page": base64.b64encode(next(atlas_pages(shown))).decode(),
        "media_type": layout.media_type,
        "tile_width": layout.tile_width,
        "tile_height": layout.tile_height,
        "columns": TILES_PER_ROW,
        "count": count,
        "top": as_text(top, np.int16),
        "shares": as_text(told.probabilities.max(axis=1), np.float32),
        "own": as_text(told.probabilities[:, original], np.float32),
        "distances": as_text(told.distances, np.float32),
        "label_shares": (np.bincount(top, minlength=known.n_classes) / count).tolist(),
        "original": original,
        "cut": drawn_from.cut,
    }


@answers("neighbour-places")
def neighbour_places(results: Results, maps: Sequence[str], **asked: Any) -> dict[str, Any]:
    """Where the same neighbours lie on DarkSight maps, which place what the teacher says of them; asked for once they are
    painted. Parameters beside `maps` as those of `neighbours_of`."""
    told, _ = neighbours_of(results, **hashed(asked))
    places = {key: warm_map(results, key).transform(told.probabilities) for key in maps}
    return {
        "places": {key: [None if np.isnan(at[0]) else at.tolist() for at in found] for key, found in places.items()}
    }


@answers("neighbour-codes")
def neighbour_codes(
    results: Results,
    images: str,
    vae: str,
    codes: str,
    number: int,
    centre: Sequence[float] | None,
    widths: Sequence[Sequence[float]],
    count: int,
    distribution: Distribution,
    seed: int,
) -> dict[str, Any]:
    """The codes of the same neighbours, drawn anew: they travel only where they are asked for."""
    own = focused_image(results, images, vae, number).code
    band = band_of(results, vae, codes, own if centre is None else centre, widths)
    return {"codes": as_text(drawn(band, count, distribution, seed), np.float32)}


def band_of(
    results: Results, vae: str, codes: str, centre: Sequence[float] | np.ndarray, widths: Sequence[Sequence[float]]
) -> Band:
    """A band within the data's codes; errors as in `models.neighbours.checked_band`."""
    check_codes(results.meta(codes), vae)
    lower, upper = (warm_vectors(results, codes, name) for name in ("lower", "upper"))
    try:
        half_widths = np.array(widths, np.float32)
    except (TypeError, ValueError):
        raise ValueError(f"A band must have two half-widths an axis, below and above, for {len(lower)} axes.") from None
    return checked_band(np.array(centre, np.float32), half_widths, lower, upper)


def drawn(band: Band, count: int, distribution: Distribution, seed: int) -> np.ndarray:
    """Codes from a band, no more than a page has tiles.

    Raises
    ------
    ValueError
    """
    if count > TILES_PER_PAGE:
        raise ValueError(f"There may be {TILES_PER_PAGE:,} neighbours at most, not {count:,}.")
    return sample_codes(band, count, distribution, seed)


def as_text(numbers: np.ndarray, kind: type[np.generic]) -> str:
    """Numbers as an answer carries them: of this type, in base64."""
    return base64.b64encode(np.ascontiguousarray(numbers, kind).tobytes()).decode()
