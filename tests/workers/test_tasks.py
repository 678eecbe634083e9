"""What the kinds make. Results are found by content address, so what a kind makes may change with its version only: the
golden values here fail where it changes without one. They are rounded, so that machines agree.
"""

import hashlib
import inspect
from typing import get_args

import numpy as np
import pytest
import torch

from models.architectures import ARCHITECTURES
from models.data import digits as digits_set
from models.data import statistics
from models.layers import layers_of
from models.optimisation import Optimizer, Schedule
from models.predictions_file import predictions_manifest
from models.sources import SOURCES
from models.sources.pictures import FITS
from models.sources.pixels import LAYOUTS
from models.teacher import Teacher
from models.training import MAX_STORED_EPOCHS, train
from tests.engines import Digits
from workers import kinds
from workers.calls import CallFailed
from workers.kinds import KINDS, job
from workers.params import (
    METHOD_SETTINGS,
    METHODS,
    Architecture,
    DigitsSource,
    EmbeddingParams,
    FolderSource,
    NpzSource,
    PublishedSource,
    TeacherParams,
)
from workers.presence import read_choices
from workers.runner import IMPLEMENTATIONS
from workers.sizes import N_WEIGHTS, STORED_EPOCHS, TRAIN_AND_TEST, hierarchy_bytes


def described(results, key):
    """Name, type and shape of each array; "bytes" for what is none."""
    return {
        name: f"{told['dtype']} {told['shape']}" if "dtype" in told else "bytes"
        for name, told in results.meta(key)["arrays"].items()
    }


def test_golden_images(make, results):
    key = make(job("images"))
    assert KINDS["images"].version == 2
    assert described(results, key) == {
        "images": "|u1 [1797, 1, 28, 28]",
        "labels": "<i8 [1797]",
        "page-0": "bytes",
        "page-1": "bytes",
        "mean": "<f8 [1]",
        "std": "<f8 [1]",
        "class_counts": "<i8 [2, 10]",
        "mean_images": "|u1 [10, 1, 28, 28]",
    }
    pixels, labels = results.array(key, "images"), results.array(key, "labels")
    assert hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest() == (
        "c488a28403057991e57d5b6baef3db9389231b10e901e6f074cceb125a765800"
    )
    meta = results.meta(key)
    assert {
        name: meta[name] for name in ("name", "count", "n_train", "n_classes", "class_names", "shape", "atlas")
    } == {
        "name": "digits",
        "count": 1797,
        "n_train": 1438,
        "n_classes": 10,
        "class_names": list("0123456789"),
        "shape": [1, 28, 28],
        "atlas": {"tile_width": 28, "tile_height": 28, "n_pages": 2, "media_type": "image/png"},
    }
    assert [round(value, 4) for value in meta["mean"] + meta["std"]] == [0.156, 0.2776]


def test_golden_teacher(make, results):
    key = make(job("teacher", {"epochs": 1}, images=job("images")))
    assert KINDS["teacher"].version == 2
    assert described(results, key) == {
        "train_loss": "<f8 [2]",
        "train_accuracy": "<f8 [2]",
        "test_loss": "<f8 [2]",
        "test_accuracy": "<f8 [2]",
        "seconds": "<f8 [2]",
        "test_confusion": "<i8 [2, 10, 10]",
        "weights-0": "bytes",
        "weights-1": "bytes",
    }
    # Before training the loss is a sum of products and the same everywhere; each step then adds a little rounding.
    assert results.array(key, "train_loss") == pytest.approx([2.2956, 0.2717], abs=0.01)
    assert results.array(key, "test_accuracy") == pytest.approx([0.1560, 0.8802], abs=0.02)
    meta = results.meta(key)
    assert (meta["architecture"], meta["epochs"], meta["stored_epochs"]) == ("lenet", 1, [0, 1])
    assert [layer["name"] for layer in meta["layers"]] == [
        "conv1", "pool1", "conv2", "pool2", "flatten", "hidden", "relu", "output",
    ]  # fmt: skip


def test_golden_predictions(make, jobs, results):
    """Of a teacher that was never trained, so that nothing but the kind itself is measured."""
    images = job("images")
    make(images)
    trained = job("teacher", images=images)
    jobs.submit(trained)
    attempt = jobs.claim(trained.key, "here").attempt
    told = statistics(digits_set())
    teacher = Teacher.create("lenet", (1, 28, 28), 10, told["mean"], told["std"], seed=0, device="cpu")
    size, arrays = results.stage(trained.key, attempt, {"weights-0": teacher.to_bytes()})
    jobs.commit(trained.key, attempt, size, {"stored_epochs": [0], "arrays": arrays})

    key = make(job("predictions", images=images, teacher=trained))
    assert KINDS["predictions"].version == 2
    assert described(results, key) == {
        "logits": "<f4 [1797, 10]",
        "features": "<f4 [1797, 500]",
        "probabilities": "<f4 [1797, 10]",
        "predicted": "<i4 [1797]",
        "confidence": "<f4 [1797]",
        "entropy": "<f4 [1797]",
        "margin": "<f4 [1797]",
        "confusion_train": "<i8 [10, 10]",
        "confusion_test": "<i8 [10, 10]",
    }
    logits = results.array(key, "logits")
    assert logits[0] == pytest.approx(
        [-0.0645, -0.0322, 0.0918, -0.1411, 0.1364, -0.1468, -0.1538, 0.0065, 0.1028, -0.0778], abs=1e-3
    )
    assert np.abs(logits).mean() == pytest.approx(0.1030, abs=1e-3)
    assert results.array(key, "features").mean() == pytest.approx(0.1096, abs=1e-3)
    probabilities, predicted = results.array(key, "probabilities"), results.array(key, "predicted")
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert np.array_equal(predicted, logits.argmax(axis=1))
    assert np.array_equal(results.array(key, "confidence"), probabilities.max(axis=1))
    assert results.array(key, "entropy") == pytest.approx(-(probabilities * np.log2(probabilities)).sum(axis=1))
    assert results.array(key, "margin") == pytest.approx(np.diff(np.sort(probabilities)[:, -2:])[:, 0], abs=1e-6)
    labels = results.array(images.key, "labels")
    for part, split in (("train", slice(0, 1438)), ("test", slice(1438, None))):
        confusion = results.array(key, f"confusion_{part}")
        assert confusion.sum() == len(labels[split])
        assert np.trace(confusion) == (predicted[split] == labels[split]).sum()


def test_golden_hierarchy(make, results, tmp_path):
    """Of given predictions, so that nothing but the kind itself is measured; with labels and without them."""
    probabilities = np.array(
        [[0.6, 0.4, 0, 0], [0.8, 0.2, 0, 0], [0.3, 0.7, 0, 0], [0.1, 0.1, 0.8, 0], [0, 0.2, 0.8, 0]], np.float32
    )
    for name, labels in (("known", {"labels": np.array([0, 0, 1, 2, 1])}), ("unknown", {})):
        np.savez(tmp_path / f"{name}.npz", probs=probabilities, **labels)
    found = []
    for name in ("known", "unknown"):
        place = str(tmp_path / f"{name}.npz")
        params = {
            "manifest": predictions_manifest(place), "count": 5, "n_classes": 4, "has_labels": name == "known",
            "has_images": False, "has_logits": False,
        }  # fmt: skip
        given = job("given", params, place=place)
        found.append(make(job("hierarchy", images=given, predictions=given)))
    assert KINDS["hierarchy"].version == 1
    known, unknown = found
    assert described(results, known) == {
        "classes": "<i4 [3]",
        "leaves": "<i4 [3]",
        "linkage": "<f8 [2, 4]",
        "mean_probabilities": "<f4 [3, 4]",
    }
    assert results.array(known, "mean_probabilities") == pytest.approx(
        np.array([[0.7, 0.3, 0, 0], [0.15, 0.45, 0.4, 0], [0.1, 0.1, 0.8, 0]]), abs=1e-6
    )
    assert results.array(known, "linkage") == pytest.approx(np.array([[1, 2, 0.3736, 2], [0, 3, 0.6897, 3]]), abs=1e-3)
    assert results.array(unknown, "classes").tolist() == [0, 1, 2]
    assert results.array(unknown, "linkage")[:, 2] == pytest.approx([0.3445, 0.7972], abs=1e-3)
    expected = hierarchy_bytes(kinds.HierarchyParams(), {"images": {"n_classes": 4}})
    assert 0.4 * expected < results.sizes()[known] < 1.2 * expected
    told = [{name: results.meta(key)[name] for name in ("classes_of", "distance", "left_out")} for key in found]
    assert told == [
        {"classes_of": of, "distance": "Jensen-Shannon distance", "left_out": [3]} for of in ("true", "predicted")
    ]


@pytest.mark.parametrize(
    ("params", "function", "own"),
    [
        (TeacherParams, train, {"architecture", "weights"}),
        (DigitsSource, SOURCES["digits"], {"kind"}),
        (FolderSource, SOURCES["folder"], {"kind", "manifest", "count"}),
        (NpzSource, SOURCES["npz"], {"kind", "manifest", "count"}),
    ],
)
def test_the_pages_defaults_are_those_of_the_science(params, function, own):
    known = inspect.signature(function).parameters
    shared = set(params.model_fields) - own
    assert {name: params.model_fields[name].default for name in shared} == {
        name: known[name].default for name in shared
    }


def choices_of(params, name):
    return set(get_args(params.model_fields[name].annotation))


def test_the_pages_choices_are_those_of_the_science():
    assert choices_of(EmbeddingParams, "method") == set(METHODS) == set(METHOD_SETTINGS)
    assert choices_of(TeacherParams, "optimizer") == set(get_args(Optimizer))
    assert choices_of(TeacherParams, "schedule") == set(get_args(Schedule))
    assert set(get_args(Architecture)) == set(ARCHITECTURES)
    assert set(SOURCES) == {"digits", "folder", "npz"} | choices_of(PublishedSource, "kind")
    assert set(TRAIN_AND_TEST) == set(SOURCES) - {"folder", "npz"}
    assert choices_of(FolderSource, "fit") == set(FITS)
    assert choices_of(NpzSource, "layout") == set(LAYOUTS)
    assert STORED_EPOCHS == MAX_STORED_EPOCHS


@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if name != "wide-resnet-28-10"])
def test_the_expected_size_of_a_teacher_is_that_of_its_weights(architecture):
    shape = (1, 28, 28) if architecture == "lenet" else (3, 32, 32)
    counted = sum(layer["n_parameters"] for layer in layers_of(architecture, shape, 10))
    assert N_WEIGHTS[architecture] == pytest.approx(counted, rel=0.05)


def test_every_kind_of_darkroom_is_implemented():
    assert set(kinds.BUILT_IN) <= set(IMPLEMENTATIONS)


# ---- the digits study, by real workers ----


def test_the_digits_study_is_computed_once_and_well(digits: Digits):
    engine, keys = digits.engine, digits.study.keys
    assert list(keys) == ["images", "teacher", "predictions", "embedding"]
    assert [(record.state, record.commits) for record in engine.jobs.get_many(keys.values())] == [("done", 1)] * 4
    meta = engine.results.meta(keys["teacher"])
    assert meta["test_accuracy"] > 0.9
    assert meta["made_by"].keys() == {"version", "device", "torch", "numpy"}
    assert (meta["made_by"]["device"], meta["made_by"]["torch"]) == ("cpu", torch.__version__)
    assert meta["inputs"] == {"images": keys["images"]}
    assert engine.results.meta(keys["predictions"])["test_accuracy"] == pytest.approx(meta["test_accuracy"], abs=0.01)


def test_the_sizes_that_were_expected_are_about_right(digits: Digits):
    metas = {role: digits.engine.results.meta(key) for role, key in digits.study.keys.items()}
    sizes = digits.engine.results.sizes()
    for role, key in digits.study.keys.items():
        kind = KINDS[role]
        params = kind.params.model_validate(digits.engine.jobs.get(key).params)
        assert 0.4 * kind.size(params, metas) < sizes[key] < 1.2 * kind.size(params, metas)


def test_the_learning_curve_was_to_be_seen(digits: Digits):
    points = digits.engine.jobs.metrics(digits.study.keys["teacher"])
    curve = digits.engine.results.array(digits.study.keys["teacher"], "test_loss")
    assert [point["test_loss"] for point in points if "test_loss" in point] == curve.tolist()
    assert points[0]["epoch"] == 0
    assert points[-1]["epoch"] == 3


def test_the_workers_tell_what_they_offer(digits: Digits):
    choices = read_choices(digits.engine.client)
    assert set(choices["image_sets"]) == set(SOURCES)
    assert choices["architectures"]["lenet"] == {
        "title": "LeNet",
        "min_size": 16,
        "n_weights": N_WEIGHTS["lenet"],
        "faults": [],
        "convolutions": True,
    }
    assert {worker.device for worker in digits.engine.health().workers} == {"cpu"}


def test_a_live_prediction_agrees_with_the_stored_one(digits: Digits):
    keys = digits.study.keys
    asked = {"images": keys["images"], "teacher": keys["teacher"], "epoch": 3, "numbers": [1500, 7]}
    answer = digits.engine.calls.ask("predict", asked, "tab", timeout=30)
    stored = digits.engine.results.array(keys["predictions"], "probabilities")[[1500, 7]]
    assert np.array(answer["probabilities"]) == pytest.approx(stored, abs=1e-4)
    with pytest.raises(CallFailed, match='has no array "weights-77"'):
        digits.engine.calls.ask("predict", asked | {"epoch": 77}, "tab", timeout=30)


def test_what_training_would_take_is_measured(digits: Digits):
    asked = {"architecture": "lenet", "shape": [1, 28, 28], "n_classes": 10, "batch_size": 64, "optimizer": "adam"}
    told = digits.engine.calls.ask("estimate", asked, "tab", timeout=60)
    assert 0 < told["forward"] < told["step"]
    assert told["device"] == "cpu"
    with pytest.raises(CallFailed, match="no-such-net"):
        digits.engine.calls.ask("estimate", asked | {"architecture": "no-such-net"}, "tab", timeout=30)
