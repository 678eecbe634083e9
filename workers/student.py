"""Students as jobs: that of one image, and those of all images of a selection."""

import math
import time
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from models.fidelity import says_little
from models.latent import ImageFunction
from models.local_student import LocalStudent, distil_locally
from models.neighbours import Band, checked_band, widths_of
from models.progress import Callback, part_of
from models.student import StudentSettings
from models.teacher import Teacher
from workers.runner import Attempt, Input, Made, runs
from workers.student_params import DistilParams, StudentParams, StudentsParams
from workers.vae import as_bytes, check_codes, focused_image, function_of, last_teacher
from workers.warm import all_cores

SETTINGS = tuple(field.name for field in fields(StudentSettings))


@runs("student")
def student(params: StudentParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """A student of one image: its weights, what it and the teacher say of the image, and what it is worth."""
    check_inputs(inputs)
    teacher, function = last_teacher(inputs["teacher"]), image_function(inputs, params.number, params.residual)
    centre = function.code if params.centre is None else np.array(params.centre, np.float32)
    band = band_about(inputs["codes"], centre, params)
    attempt.stage("distilling")
    began = time.perf_counter()
    with all_cores():
        made = distilled(function, teacher, band, params, attempt)
    image = function(band.centre[np.newaxis])
    shown = image if params.centre is not None else focused_pixels(inputs, params.number)
    tree = made.tree
    return Made(
        {
            "weights": made.student.weights,
            "bias": made.student.bias,
            "losses": made.student.losses,
            "image": as_bytes(shown[0]),
            "code": band.centre,
            "teacher_logits": teacher.classify(shown)[0],
            "student_logits": made.student.logits(shown)[0],
            "held_out_teacher": made.held_out.logits,
            "held_out_student": made.student.logits(made.held_out.images),
            "label_counts": np.bincount(made.learned.logits.argmax(axis=1), minlength=teacher.n_classes),
            "tree_feature": tree.feature,
            "tree_threshold": tree.threshold,
            "tree_left": tree.left,
            "tree_right": tree.right,
            "tree_counts": tree.counts,
            "tree_path": np.array(tree.path(band.centre)),
        },
        {
            "number": params.number,
            "fidelity": told_of(made),
            "tree_agreement": made.tree_agreement,
            "says_little": says_little(made.fidelity),
            "cut": band.cut,
            "loss": float(made.student.losses[-1]),
            "seconds": time.perf_counter() - began,
        },
    )


@runs("students")
def students(params: StudentsParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """A student of each image; and for each pair of true and predicted class the means of what speaks for the predicted class.

    Of an image that the teacher gets wrong that is the predicted class's weights less the true one's; of one that it gets
    right, the predicted class's less the mean of all.
    """
    check_inputs(inputs)
    teacher, labels = last_teacher(inputs["teacher"]), inputs["images"].array("labels")
    shape, n_classes, count = inputs["images"].meta["shape"], teacher.n_classes, len(params.numbers)
    told: dict[str, np.ndarray] = {
        "predicted": np.empty(count, np.int32),
        "agreement": np.empty(count, np.float32),
        "majority": np.empty(count, np.float32),
        "n_labels": np.empty(count, np.int32),
        "r2": np.empty(count, np.float32),
    }
    sums: dict[tuple[int, int], np.ndarray] = {}  # of weights, contributions and pixels
    members: dict[tuple[int, int], int] = {}
    attempt.stage("distilling")
    for row, number in enumerate(params.numbers):
        function = image_function(inputs, number, params.residual)
        band = band_about(inputs["codes"], function.code, params)
        made = distilled(function, teacher, band, params, part_of(attempt, row / count, (row + 1) / count))
        pixels = focused_pixels(inputs, number)
        true, predicted = int(labels[number]), int(teacher.classify(pixels)[0].argmax())
        weights = made.student.weights
        other = weights.mean(axis=0) if predicted == true else weights[true]
        speaks = weights[predicted] - other
        pair = true, predicted
        sums[pair] = sums.get(pair, 0) + np.stack([speaks, speaks * pixels[0], pixels[0]]).astype(np.float64)
        members[pair] = members.get(pair, 0) + 1
        found = made.fidelity
        told["predicted"][row] = predicted
        for name in ("agreement", "majority", "n_labels", "r2"):
            told[name][row] = getattr(found, name)
        attempt((row + 1) / count, f"{row + 1:,} of {count:,} images")
    pairs = sorted(members, key=lambda pair: (pair[0] == pair[1], -members[pair], pair))
    means = np.stack([sums[pair] / members[pair] for pair in pairs]).astype(np.float32)
    return Made(
        {
            "numbers": np.array(params.numbers, np.int64),
            "pairs": np.array(pairs, np.int32),
            "counts": np.array([members[pair] for pair in pairs], np.int32),
            "mean_weights": means[:, 0],
            "mean_contributions": means[:, 1],
            "mean_images": means[:, 2],
            **told,
        },
        {"count": count, "n_pairs": len(pairs), "n_classes": n_classes, "shape": list(shape)},
    )


def distilled(
    function: ImageFunction, teacher: Teacher, band: Band, params: DistilParams, callback: Callback
) -> LocalStudent:
    """A student as the parameters want it."""
    settings = StudentSettings(**params.model_dump(include=set(SETTINGS)))
    return distil_locally(
        function,
        teacher,
        band,
        params.neighbours,
        params.held_out,
        params.distribution,
        settings,
        params.tree_depth,
        callback,
    )


def check_inputs(inputs: Mapping[str, Input]) -> None:
    """Makes sure that codes, VAE and teacher belong together.

    Raises
    ------
    ValueError
    """
    check_codes(inputs["codes"].meta, inputs["vae"].key)
    if inputs["codes"].meta["inputs"]["teacher"] != inputs["teacher"].key:
        raise ValueError("These neighbours are another teacher's; ask with the codes that belong to this one.")


def image_function(inputs: Mapping[str, Input], number: int, residual: bool) -> ImageFunction:
    """An image as a function of its code; errors as in `workers.vae.focused_image`."""
    return function_of(inputs["images"].results, inputs["images"].key, inputs["vae"].key, number, residual)


def focused_pixels(inputs: Mapping[str, Input], number: int) -> np.ndarray:
    """An image as it is, (1, C, H, W), 0 to 1."""
    images = inputs["images"]
    return focused_image(images.results, images.key, inputs["vae"].key, number).pixels[np.newaxis]


def band_about(codes: Input, centre: np.ndarray, params: DistilParams) -> Band:
    """The band that the parameters name, about a code.

    Raises
    ------
    ValueError
        As in `models.neighbours.checked_band`.
    """
    lower, upper = codes.array("lower"), codes.array("upper")
    given = getattr(params, "widths", None)
    widths = widths_of(lower, upper, params.width) if given is None else np.array(given, np.float32).reshape(-1, 2)
    return checked_band(centre, widths, lower, upper)


def told_of(made: LocalStudent) -> dict[str, Any]:
    """A fidelity as metadata, where what cannot be told is None."""
    return {name: None if math.isnan(value) else value for name, value in made.fidelity._asdict().items()}
