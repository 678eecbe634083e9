"""The VAE of an image set, the codes that it has for the images, and images decoded while somebody moves a code."""

import base64
import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from models.embedding.approximate import approximate_places
from models.latent import ImageFunction
from models.progress import part_of
from models.teacher import Predictions, Teacher, softmax
from models.vae import VAE, Codes, train_vae
from models.vae.network import inner_size
from models.vae.training import ACTIVE, mean_divergences
from workers.darksight import warm_map
from workers.kept import KeptWork
from workers.pieces import all_pixels, image_set_of
from workers.pixels import pixels_of
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs
from workers.sizes import CODE_BINS
from workers.vae_params import CodesParams, VaeParams
from workers.warm import data_dir, device, warm_teacher, warm_vae

TRAINED = 0.97  # of the work; to ask the teacher is the rest
BLOCK = 2048  # images that are decoded and classified together
FOCUSED = 64  # images that were looked at lately
MAPPED = 4  # sets of vectors, of which maps were made, that are kept


def last_teacher(given: Input) -> Teacher:
    """The teacher at the end of its training, kept."""
    return warm_teacher(given.results, given.key, given.meta["stored_epochs"][-1])


@runs("vae")
def vae(params: VaeParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """A VAE, trained here; whether the teacher takes what it decodes for what it took the images."""
    image_set, teacher = image_set_of(inputs["images"]), last_teacher(inputs["teacher"])
    settings = params.model_dump()
    made = VAE.create(image_set.images.shape[1:], settings.pop("latent_size"), params.seed, device())
    attempt.stage("training")
    kept = KeptWork(data_dir(), attempt.job.key)
    record = train_vae(
        made,
        image_set,
        teacher=teacher,
        **settings,
        callback=part_of(attempt, 0, TRAINED),
        preview=attempt.preview,
        checkpoint=kept.keep,
        resume=kept.read(),
    )
    attempt.stage("asking the teacher")
    test = image_set.images[image_set.n_train :]
    agree = np.empty(len(test), bool)
    for start in range(0, len(test), BLOCK):
        rows = slice(start, start + BLOCK)
        decoded = made.decode(made.encode(test[rows]).means)
        agree[rows] = teacher.classify(decoded).argmax(1) == teacher.classify(test[rows]).argmax(1)
        attempt(TRAINED + (1 - TRAINED) * min(start + BLOCK, len(test)) / len(test))
    kept.drop()
    size = inner_size(*made.in_shape[1:])
    return Made(
        record._asdict() | {"state": made.to_bytes()},
        {
            "latent_size": made.latent_size,
            "settings": params.model_dump(mode="json"),
            "epochs": params.epochs,
            "train_mse": float(record.train_mse[-1]),
            "test_mse": float(record.test_mse[-1]),
            "test_kl": float(record.test_kl[-1]),
            "n_active": int(record.n_active[-1]),
            "agreement": float(agree.mean()),
            "n_agreement": len(agree),
            "size": list(size),
            "resized": size != made.in_shape[1:],
        },
    )


@runs("codes")
def codes(params: CodesParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """The code of each image, what the teacher takes its reconstruction for, and how the codes are spread."""
    images, teacher = all_pixels(inputs["images"]), last_teacher(inputs["teacher"])
    made = VAE.from_bytes(inputs["vae"].blob("state"), device())
    count, n_train = len(images), inputs["images"].meta["n_train"]
    means = np.empty((count, made.latent_size), np.float32)
    deviations = np.empty_like(means)
    said: dict[str, np.ndarray] = {
        "predicted": np.empty(count, np.int32),
        "confidence": np.empty(count, np.float32),
        "error": np.empty(count, np.float32),
    }
    agree = np.empty(count, bool)
    attempt.stage("encoding the images, and asking the teacher of what is decoded")
    for start in range(0, count, BLOCK):
        rows = slice(start, start + BLOCK)
        means[rows], deviations[rows] = made.encode(images[rows])
        decoded = made.decode(means[rows])
        shares = softmax(teacher.classify(decoded))
        said["predicted"][rows], said["confidence"][rows] = shares.argmax(1), shares.max(1)
        said["error"][rows] = ((decoded - images[rows] / np.float32(255)) ** 2).mean(axis=(1, 2, 3))
        agree[rows] = said["predicted"][rows] == teacher.classify(images[rows]).argmax(1)
        done = min(start + BLOCK, count)
        attempt(done / count, f"{done:,} of {count:,} images")
    split = {"train": slice(0, n_train), "test": slice(n_train, None)}
    spread = means.std(axis=0, dtype=np.float64)
    lower, upper = means.min(axis=0), means.max(axis=0)
    return Made(
        {
            "codes": means,
            "deviations": deviations,
            "lower": lower,
            "upper": upper,
            "histogram": np.stack(
                [np.histogram(column, CODE_BINS, (a, b))[0] for column, a, b in zip(means.T, lower, upper, strict=True)]
            ).astype(np.int32),
            "spread": spread.astype(np.float32),
            "kl": mean_divergences(Codes(means, deviations)).astype(np.float32),
            "correlation": correlation(means).astype(np.float32),
            **said,
        },
        {
            "latent_size": made.latent_size,
            "agreement": {name: float(agree[rows].mean()) for name, rows in split.items()},
            "mse": {name: float(said["error"][rows].mean()) for name, rows in split.items()},
            "active": (spread**2 > ACTIVE).tolist(),
            "n_active": int((spread**2 > ACTIVE).sum()),
        },
    )


def correlation(codes: np.ndarray) -> np.ndarray:
    """Of each two latent values over the images (d, d); 0 with one that never changes."""
    centred = codes - codes.mean(axis=0, dtype=np.float64)
    lengths = np.sqrt((centred**2).sum(axis=0))
    scaled = centred / np.where(lengths > 0, lengths, 1)
    return scaled.T @ scaled


# ---- calls -----------------------------------------------------------------------------------------------------------


class Focused(NamedTuple):
    """An image that is looked at.

    Attributes
    ----------
    pixels : float32 array (C, H, W)
        0 to 1.
    code : float32 array (d,)
        Its posterior mean.
    residual : float32 array (C, H, W)
        What is lost when it is encoded and decoded: pixels less reconstruction.
    """

    pixels: np.ndarray
    code: np.ndarray
    residual: np.ndarray


# Keyed by content address, so never stale.
@functools.lru_cache(FOCUSED)
def focused_image(results: Results, images: str, vae: str, number: int) -> Focused:
    """An image, its code, and what that loses; kept while somebody moves the code.

    Raises
    ------
    ValueError
        There is no such image, or the VAE is of other images.
    """
    count = results.meta(images)["count"]
    if not 0 <= number < count:
        raise ValueError(f"There is no image {number}; images are numbered 0 to {count - 1}.")
    if results.meta(vae)["inputs"]["images"] != images:
        raise ValueError("This VAE was trained on other images than those of the study; train one on these.")
    made = warm_vae(results, vae)
    seen = pixels_of(results, images, data_dir()).read([number])
    code = made.encode(seen).means
    pixels = seen[0] / np.float32(255)
    return Focused(pixels, code[0], pixels - made.decode(code)[0])


def function_of(results: Results, images: str, vae: str, number: int, residual: bool) -> ImageFunction:
    """An image as a function of its code; errors as in `focused_image`."""
    image = focused_image(results, images, vae, number)
    return ImageFunction(warm_vae(results, vae), image.code, image.residual if residual else None)


def check_codes(meta: Mapping[str, Any], vae: str) -> None:
    """Makes sure that codes, by their metadata, are this VAE's.

    Raises
    ------
    ValueError
    """
    if meta["inputs"]["vae"] != vae:
        raise ValueError("These codes are another VAE's; ask with the codes that belong to this one.")


@answers("decode")
def decode(
    results: Results,
    images: str,
    teacher: str,
    epoch: int,
    vae: str,
    codes: str,
    number: int,
    values: Sequence[float] | None,
    residual: bool,
    predictions: str,
    maps: Sequence[str],
) -> dict[str, Any]:
    """An image with its code moved to other values (its own, where there are none): its pixels, what the teacher says of it,
    and about where it would lie on maps. With `residual` what its own code loses is added back."""
    check_codes(results.meta(codes), vae)
    function = function_of(results, images, vae, number, residual)
    code = function.code if values is None else np.array(values, np.float32)
    decoded = function(code[np.newaxis])
    told = warm_teacher(results, teacher, epoch).predict(decoded)
    said = softmax(told.logits)
    return {
        "pixels": as_pixels(decoded),
        "probabilities": said[0].tolist(),
        "places": {key: places_on(results, key, predictions, codes, code[np.newaxis], told, said)[0] for key in maps},
    }


def as_pixels(images: np.ndarray) -> dict[str, Any]:
    """Images (N, C, H, W), 0 to 1, as an answer carries them: their shape, and a byte a pixel and channel in base64."""
    pixels = as_bytes(images)
    return {"shape": list(pixels.shape), "data": base64.b64encode(pixels.tobytes()).decode()}


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Pixels 0 to 1 as uint8."""
    return np.rint(255 * images).astype(np.uint8)


def places_on(
    results: Results,
    key: str,
    predictions: str,
    codes: str,
    moved: np.ndarray,
    told: Predictions,
    said: np.ndarray,
) -> list[list[float] | None]:
    """Where images with the codes `moved` (N, d) would lie on a map, about; None for one that the map hides. DarkSight places
    a prediction. Of a map of features, logits or probabilities it is where the nearest known ones lie; of one of pixels, where
    the nearest codes."""
    meta = results.meta(key)
    if meta["kind"] == "darksight":
        places = warm_map(results, key).transform(said)
    else:
        queries = {"features": told.features, "logits": told.logits, "probabilities": said}.get(meta["of"])
        vectors = (
            warm_vectors(results, codes, "codes") if queries is None else warm_vectors(results, predictions, meta["of"])
        )
        known = warm_vectors(results, key, "places")
        places = approximate_places(vectors, known, moved if queries is None else queries)
    return [None if np.isnan(place[0]) else place.tolist() for place in places]


@functools.lru_cache(MAPPED)
def warm_vectors(results: Results, key: str, name: str) -> np.ndarray:
    """An array of a result, float32 and kept: an answer is waited for while a hand moves."""
    return np.ascontiguousarray(results.array(key, name), np.float32)
