"""Students as jobs. What is stored is held against the science itself."""

import inspect
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from models.data import digits
from models.fidelity import fidelity
from models.latent import ImageFunction
from models.local_student import distil_locally
from models.neighbours import checked_band, widths_of
from models.student import StudentSettings
from tests.workers.by_hand import complaint
from tests.workers.test_tasks import described
from workers import tasks
from workers.kinds import KINDS, job
from workers.sizes import student_bytes, students_bytes
from workers.student_params import DistilParams, StudentParams, StudentsParams

assert tasks  # registers what the kinds do

NUMBER = 1600
ROLES = ("images", "teacher", "vae", "codes")
SHAPES = {
    "weights": "<f4 [10, 1, 28, 28]",
    "bias": "<f4 [10]",
    "losses": "<f8 [11]",
    "image": "|u1 [1, 28, 28]",
    "code": "<f4 [4]",
    "teacher_logits": "<f4 [10]",
    "student_logits": "<f4 [10]",
    "held_out_teacher": "<f4 [50, 10]",
    "held_out_student": "<f4 [50, 10]",
    "label_counts": "<i8 [10]",
}


def test_the_defaults_are_those_of_the_science():
    ours = {name: field.default for name, field in DistilParams.model_fields.items()}
    theirs = {field.name: field.default for field in fields(StudentSettings)}
    assert {name: ours[name] for name in theirs} == theirs
    known = inspect.signature(distil_locally).parameters
    for name in ("held_out", "distribution", "tree_depth"):
        assert ours[name] == known[name].default
    assert ours["neighbours"] == known["count"].default


def inputs_of(asked):
    return {role: asked[role] for role in ROLES}


def wide(asked, learned, results, percent=60.0, centre=None):
    """The image as a function, and a band about a code of that width."""
    function = ImageFunction.of(learned[1], digits().images[NUMBER])
    lower, upper = (results.array(asked["codes"].key, name) for name in ("lower", "upper"))
    at = function.code if centre is None else centre
    return function, checked_band(at, widths_of(lower, upper, percent), lower, upper)


def test_golden_student(asked, learned, results, make):
    params = {"number": NUMBER, "width": 60.0, "neighbours": 200, "held_out": 50}
    key = make(job("student", params, **inputs_of(asked)))
    assert KINDS["student"].version == 1
    shapes = described(results, key)
    assert {name: shapes[name] for name in SHAPES} == SHAPES
    function, band = wide(asked, learned, results)
    wanted = distil_locally(function, learned[0], band, 200, 50)
    array = partial(results.array, key)
    assert array("weights") == pytest.approx(wanted.student.weights, abs=1e-3)
    assert array("losses") == pytest.approx(wanted.student.losses, abs=1e-3)
    assert np.array_equal(array("image"), digits().images[NUMBER])
    pixels = digits().images[NUMBER : NUMBER + 1] / np.float32(255)
    assert array("teacher_logits") == pytest.approx(learned[0].classify(pixels)[0], abs=1e-3)
    assert array("student_logits") == pytest.approx(wanted.student.logits(pixels)[0], abs=1e-2)
    assert array("label_counts").sum() == 200
    tree = wanted.tree
    assert array("tree_feature").tolist() == tree.feature.tolist()
    assert array("tree_counts")[0].sum() == 200
    assert array("tree_path").tolist() == tree.path(function.code)
    meta = results.meta(key)
    told = fidelity(array("held_out_student"), array("held_out_teacher"))
    assert meta["fidelity"] == pytest.approx(told._asdict(), abs=1e-6)
    assert meta["fidelity"]["n_labels"] > 1
    assert meta["tree_agreement"] == pytest.approx(wanted.tree_agreement, abs=0.03)
    metas = {role: results.meta(spec.key) for role, spec in asked.items()}
    held = sum(len(results.blob(key, name)) for name in meta["arrays"])
    assert held <= student_bytes(StudentParams(**params), metas) <= 3 * held


def test_a_student_of_a_moved_image_is_shown_that(asked, learned, results, make):
    centre = results.array(asked["codes"].key, "codes")[1500]
    widths = [[1.0, 0.5]] * 4
    params = {"number": NUMBER, "centre": centre.tolist(), "widths": widths, "neighbours": 40, "held_out": 16}
    key = make(job("student", params, **inputs_of(asked)))
    moved = ImageFunction.of(learned[1], digits().images[NUMBER])(centre[np.newaxis])
    assert results.array(key, "image") == pytest.approx(np.rint(255 * moved[0]), abs=1)
    assert results.array(key, "code") == pytest.approx(centre)
    assert results.array(key, "teacher_logits") == pytest.approx(learned[0].classify(moved)[0], abs=1e-2)


def test_one_label_says_nothing(asked, results, make):
    key = make(
        job("student", {"number": NUMBER, "width": 0.01, "neighbours": 20, "held_out": 16}, **inputs_of(asked)),
    )
    meta = results.meta(key)
    assert meta["says_little"].endswith("widen the band.")
    assert meta["fidelity"]["majority"] == 1


def test_what_cannot_be_distilled_says_why(asked, results, make, jobs):
    inputs = inputs_of(asked)
    for params, named in (
        ({"number": 1797}, "There is no image 1797; images are numbered 0 to 1796"),
        ({"number": 0, "centre": [99.0, 0, 0, 0]}, "outside the data's codes"),
        ({"number": 0, "widths": [[1, 1]] * 3}, "for 4 axes"),
        ({"number": 0, "widths": [[0, 0]] * 4}, "width 0 on every axis"),
    ):
        assert named in complaint(jobs, results, job("student", params, **inputs))
    for params, named in (
        ({"neighbours": 1}, "greater than or equal to 2"),
        ({"temperature": 0.0}, "greater than 0"),
        ({"temperature": -1.0}, "greater than 0"),
    ):
        with pytest.raises(ValueError, match=named):
            StudentParams(number=0, **params)
    other = job("teacher", {"epochs": 0}, images=asked["images"])
    make(other)
    vae = job("vae", {"latent_size": 2, "epochs": 1}, images=asked["images"], teacher=other)
    codes = job("codes", images=asked["images"], teacher=other, vae=vae)
    make(codes)
    spec = job("student", {"number": 0}, **inputs | {"vae": vae, "codes": codes})
    assert "These neighbours are another teacher's" in complaint(jobs, results, spec)
    spec = job("student", {"number": 0}, **inputs | {"vae": vae})
    assert "codes are another VAE's" in complaint(jobs, results, spec)


# ---- of a selection ----


def test_golden_students(asked, learned, results, make):
    """Means of each pair of true and predicted class, errors before the rest."""
    labels = digits().labels
    predicted = learned[0].classify(digits().images[1438:]).argmax(axis=1)
    right = (1438 + np.flatnonzero(predicted == labels[1438:]))[:2].tolist()
    wrong = (1438 + np.flatnonzero(predicted != labels[1438:]))[:2].tolist()
    numbers = [*right, *wrong]
    params = {"numbers": numbers[::-1], "width": 40.0, "neighbours": 60, "held_out": 20, "epochs": 3}
    key = make(job("students", params, **inputs_of(asked)))
    assert KINDS["students"].version == 1
    array = partial(results.array, key)
    assert array("numbers").tolist() == sorted(numbers)
    pairs = [tuple(pair) for pair in array("pairs").tolist()]
    truth = {number: (int(labels[number]), int(predicted[number - 1438])) for number in numbers}
    assert set(pairs) == set(truth.values())
    assert [true == taken for true, taken in pairs] == sorted(true == taken for true, taken in pairs)
    assert array("counts").sum() == 4
    alike = {name: value for name, value in params.items() if name != "numbers"}
    singles = {}
    for number in numbers:
        made = make(job("student", alike | {"number": number}, **inputs_of(asked)))
        singles[number] = results.array(made, "weights")
        row = array("numbers").tolist().index(number)
        assert array("agreement")[row] == pytest.approx(results.meta(made)["fidelity"]["agreement"], abs=0.05)
        assert array("n_labels")[row] == results.meta(made)["fidelity"]["n_labels"]
    for row, (true, taken) in enumerate(pairs):
        of = [number for number in numbers if truth[number] == (true, taken)]
        speaks = [
            singles[number][taken] - (singles[number].mean(axis=0) if true == taken else singles[number][true])
            for number in of
        ]
        pixels = [digits().images[number] / np.float32(255) for number in of]
        assert array("mean_weights")[row] == pytest.approx(np.mean(speaks, axis=0), abs=1e-3)
        assert array("mean_contributions")[row] == pytest.approx(
            np.mean([s * p for s, p in zip(speaks, pixels, strict=True)], axis=0), abs=1e-3
        )
        assert array("mean_images")[row] == pytest.approx(np.mean(pixels, axis=0), abs=1e-5)
    metas = {role: results.meta(spec.key) for role, spec in asked.items()}
    held = sum(len(results.blob(key, name)) for name in results.meta(key)["arrays"])
    assert held <= students_bytes(StudentsParams(**params), metas) <= 3 * held


def test_a_selection_in_any_order_is_one_question():
    assert StudentsParams(numbers=(3, 1, 3)) == StudentsParams(numbers=(1, 3))
    with pytest.raises(ValueError, match="numbered from 0"):
        StudentsParams(numbers=(3, -1))
    with pytest.raises(ValueError, match="at most 2000"):
        StudentsParams(numbers=tuple(range(2001)))
