"""Explanations as jobs: of one answer by several methods, with what each is worth, and of all answers of a selection."""

import base64
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from models.embedding import PCA, TSNE
from models.faithfulness import auc, baselines, curves, infidelity, likeness, shuffled
from models.progress import Callback, part_of
from models.relabel import Relabelled
from models.saliency import METHODS, Question, absolute, ask, question, signed
from models.teacher import Teacher, softmax
from workers.explain_params import CONTROLS, SHOWN_SYNTHETICS, ExplainingParams, ExplainParams, RankParams
from workers.pixels import pixels_of
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs
from workers.vae import as_bytes, last_teacher
from workers.warm import all_cores, data_dir, warm_teacher, warm_vae

OF_RELABEL = ("n_samples", "scale", "soft_weight", "hard_weight", "l2", "residual")
EXPLAINED = 0.85  # of the work; curves and checks are the rest
WAYS = ("signed", "absolute")  # how channels become one number, and pixels are ranked
PERPLEXITY = 30.0  # of t-SNE of synthetic images
Z95 = 1.959964  # of a normal, 95 %


@runs("explain")
def explain(params: ExplainParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """Maps of one answer by each method, what they are worth by deletion, insertion and infidelity, and whether they change
    with the teacher's weights; the synthetic images of re-label distillation."""
    teacher = last_teacher(inputs["teacher"])
    pixels = image_of(inputs["images"], params.number)
    attempt.stage("explaining")
    with all_cores():
        asked = asked_of(teacher, inputs, pixels, params)
        found = Found(asked, params, part_of(attempt, 0, 0.5 * EXPLAINED if params.check else EXPLAINED))
        alike = changes(found, params, inputs, part_of(attempt, 0.5 * EXPLAINED, EXPLAINED)) if params.check else None
        attempt(EXPLAINED, "deleting and inserting pixels")
        signed_maps, absolute_maps = found.maps("signed"), found.maps("absolute")
        told = curves(teacher, asked.image, np.concatenate([signed_maps, absolute_maps]), asked.label)
        far = [infidelity(teacher, asked.image, each, asked.label, params.seed) for each in found.attributions.values()]
    count = len(found.attributions)
    deletion, insertion = (scores.reshape(2, count, -1) for scores in (told.deletion, told.insertion))
    areas = {"deletion": auc(deletion), "insertion": auc(insertion)}
    filled = baselines(teacher, asked.image)
    rows = [
        {
            "name": name,
            "title": METHODS[name].title,
            "source": METHODS[name].source,
            "is_signed": METHODS[name].is_signed,
            "is_control": METHODS[name].is_control,
            "seconds": found.seconds[name],
            "infidelity": far[row],
            "likeness": None if alike is None or METHODS[name].is_control else alike[name],
            **{what: {way: float(areas[what][at, row]) for at, way in enumerate(WAYS)} for what in areas},
        }
        for row, name in enumerate(found.attributions)
    ]
    arrays = {
        "signed": signed_maps,
        "absolute": absolute_maps,
        "deletion": deletion.astype(np.float32),
        "insertion": insertion.astype(np.float32),
        "image": as_bytes(asked.image),
        "filled": as_bytes(filled["deletion"]),
        "blurred": as_bytes(filled["insertion"]),
        "probabilities": softmax(teacher.classify(asked.image[np.newaxis]))[0].astype(np.float32),
    }
    meta = {
        "number": params.number,
        "label": asked.label,
        "layer": asked.layer,
        "methods": rows,
        "missing": found.missing,
        "relabel": None,
    }
    if asked.relabelled is not None:
        attempt(0.97, "laying out the synthetic images")
        arrays |= synthetics(asked.relabelled, params)
        meta["relabel"] = {
            name: getattr(asked.relabelled, name)
            for name in ("scale", "flipped", "agreement", "majority", "n_learned", "warning")
        }
    return Made(arrays, meta)


@runs("rank")
def rank(params: RankParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """Deletion and insertion of each image of a selection by each method, and their means with 95 % intervals."""
    teacher, count = last_teacher(inputs["teacher"]), len(params.numbers)
    labels, scores, names, missing = np.empty(count, np.int32), [], [], {}
    attempt.stage("explaining")
    for row, number in enumerate(params.numbers):
        asked = asked_of(teacher, inputs, image_of(inputs["images"], number), params)
        found = Found(asked, params, part_of(attempt, row / count, (row + 1) / count))
        names, missing, labels[row] = list(found.attributions), found.missing, asked.label
        told = curves(teacher, asked.image, np.concatenate([found.maps("signed"), found.maps("absolute")]), asked.label)
        scores.append(np.stack([auc(told.deletion), auc(told.insertion)]).reshape(2, 2, len(names)))
        attempt((row + 1) / count, f"{row + 1:,} of {count:,} images")
    areas = np.stack(scores)  # image, deletion or insertion, way, method
    means = areas.mean(axis=0)
    reach = Z95 * areas.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else np.full_like(means, np.nan)
    rows = [
        {
            "name": name,
            "title": METHODS[name].title,
            "source": METHODS[name].source,
            "is_control": METHODS[name].is_control,
            **{
                what: {
                    way: {"mean": float(means[at, which, column]), "reach": finite(reach[at, which, column])}
                    for which, way in enumerate(WAYS)
                }
                for at, what in enumerate(("deletion", "insertion"))
            },
        }
        for column, name in enumerate(names)
    ]
    return Made(
        {
            "numbers": np.array(params.numbers, np.int64),
            "predicted": labels,
            "deletion": areas[:, 0].astype(np.float32),
            "insertion": areas[:, 1].astype(np.float32),
        },
        {"count": count, "methods": rows, "missing": missing},
    )


def finite(value: float) -> float | None:
    """A number as JSON has it."""
    return float(value) if np.isfinite(value) else None


class Found:
    """What the methods say, those that can say anything.

    Attributes
    ----------
    attributions : name -> float32 array (C, H, W) or (1, H, W)
    seconds : name -> float
    missing : name -> why it says nothing, a sentence.
    """

    def __init__(self, asked: Question, params: ExplainingParams, callback: Callback) -> None:
        self.attributions: dict[str, np.ndarray] = {}
        self.seconds: dict[str, float] = {}
        self.missing: dict[str, str] = {}
        names = [*params.methods, *CONTROLS]
        for row, name in enumerate(names):
            asked.callback = part_of(callback, row / len(names), (row + 1) / len(names))
            asked.callback(0, f"{METHODS[name].title}, {row + 1} of {len(names)}")
            began = time.perf_counter()
            try:
                self.attributions[name] = ask(name, asked)
            except ValueError as error:
                self.missing[name] = str(error)
            self.seconds[name] = time.perf_counter() - began

    def maps(self, way: str) -> np.ndarray:
        """One number a pixel and method: float32 (M, H, W)."""
        flat = signed if way == "signed" else absolute
        return np.stack([flat(each) for each in self.attributions.values()]).astype(np.float32)


def changes(found: Found, params: ExplainParams, inputs: Mapping[str, Input], callback: Callback) -> dict[str, float]:
    """The rank correlation of each method's map with the one that it makes for a teacher of shuffled weights."""
    other = shuffled(last_teacher(inputs["teacher"]), params.seed)
    pixels = image_of(inputs["images"], params.number)
    again = Found(asked_of(other, inputs, pixels, params), params, callback)
    return {
        name: likeness(absolute(each), absolute(again.attributions[name]))
        for name, each in found.attributions.items()
        if name in again.attributions
    }


def asked_of(teacher: Teacher, inputs: Mapping[str, Input], pixels: np.ndarray, params: ExplainingParams) -> Question:
    """What the methods are asked about an image; with the VAE, where the job was given one."""
    vae = spans = None
    if "vae" in inputs:
        vae = warm_vae(inputs["vae"].results, inputs["vae"].key)
        spans = inputs["codes"].array("lower"), inputs["codes"].array("upper")
    settings = params.model_dump(include=set(OF_RELABEL))
    return question(teacher, pixels, None, params.layer, vae, spans, params.seed, settings)


def image_of(images: Input, number: int) -> np.ndarray:
    """An image, uint8 (C, H, W).

    Raises
    ------
    ValueError
        There is no such image.
    """
    count = images.meta["count"]
    if not 0 <= number < count:
        raise ValueError(f"There is no image {number}; images are numbered 0 to {count - 1}.")
    return pixels_of(images.results, images.key, data_dir()).read([number])[0]


def synthetics(found: Relabelled, params: ExplainParams) -> dict[str, np.ndarray]:
    """The synthetic images on two planes: by likeness, and by the student's margin against what is orthogonal to it."""
    flat = found.images.reshape(len(found.images), -1).astype(np.float64)
    apart = flat - flat.mean(axis=0)
    layout = PCA(2, params.seed) if params.plane == "pca" else TSNE(2, PERPLEXITY, params.seed)
    places = layout.fit(apart.astype(np.float32)).embedding_
    way = found.weights.ravel().astype(np.float64)
    length = np.linalg.norm(way)
    beside = apart - np.outer(apart @ way, way) / length**2 if length else apart
    first = PCA(1, params.seed).fit(beside).embedding_[:, 0]
    return {
        "synthetic_images": as_bytes(found.images[:SHOWN_SYNTHETICS]),
        "synthetic_places": np.asarray(places, np.float32),
        "synthetic_margins": np.stack([found.margins, first], axis=1).astype(np.float32),
        "synthetic_kept": found.kept.astype(np.uint8),
        "synthetic_teacher": found.teacher.astype(np.float32),
        "synthetic_student": found.student.astype(np.float32),
    }


@answers("cam")
def cam(results: Results, images: str, teacher: str, epoch: int, number: int, layer: str) -> dict[str, Any]:
    """Grad-CAM of the teacher's answer for an image: the map as bytes, 0 to 255 of its largest value, in base64."""
    known = warm_teacher(results, teacher, epoch)
    given = Input(images, results.meta(images), results)
    asked = question(known, image_of(given, number), layer=layer)
    found = ask("grad-cam", asked)[0]
    most = float(found.max())
    scaled = np.rint(255 * found / most).astype(np.uint8) if most > 0 else np.zeros(found.shape, np.uint8)
    return {
        "shape": list(scaled.shape),
        "data": base64.b64encode(scaled.tobytes()).decode(),
        "label": asked.label,
        "layer": asked.layer,
        "is_blank": most <= 0,
    }
