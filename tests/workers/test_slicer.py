"""Slices of the hypercube as jobs, and the calls beside. What is stored is held against the science itself."""

import base64
from functools import partial

import numpy as np
import pytest

from models.data import digits
from models.deconvnet import deconvolve
from models.hypercube import Hypercube
from models.information import channel_capacity, conditional_entropies, inter_sample, intra_sample_entropy, permuted
from models.teacher import Teacher
from tests.workers.by_hand import complaint
from tests.workers.test_tasks import described
from workers import tasks
from workers.kinds import KINDS, job
from workers.sizes import slice_bytes, subsets_bytes
from workers.slicer import DEAD, deconvolved, feature_maps, slice_estimate
from workers.slicer_params import SliceParams, SubsetsParams

assert tasks  # registers what the kinds do

NUMBERS = tuple(range(1500, 1560))
LAYERS = ("input", "conv1", "pool1", "conv2", "hidden")
ASKED = {
    "numbers": NUMBERS,
    "layers": LAYERS,
    "epochs": (0, 2),
    "pairs": (("conv1", "conv2"), ("pool1", "pool1")),
    "n_neighbors": 20,
    "n_distances": 40,
}


@pytest.fixture
def study(make):
    images = job("images")
    teacher = job("teacher", {"epochs": 2}, images=images)
    make(teacher)
    return {"images": images, "teacher": teacher}


@pytest.fixture
def cube(study, results):
    def at(epoch):
        return Teacher.from_bytes(results.blob(study["teacher"].key, f"weights-{epoch}"), "cpu")

    images = digits().images
    return Hypercube(at, lambda numbers: images[list(numbers)])


def test_inputs_and_epochs_are_told_once_and_in_order_layers_as_they_are_named():
    asked = SliceParams(numbers=(5, 2, 5, 9), layers=("b", "a", "b"), epochs=(4, 0, 4), pairs=(("b", "a"), ("b", "a")))
    assert (asked.numbers, asked.layers, asked.epochs, asked.pairs) == ((2, 5, 9), ("b", "a"), (0, 4), (("b", "a"),))
    for wrong, word in (
        ({"numbers": (1, 2)}, "at least 3"),
        ({"layers": ()}, "at least 1"),
        ({"pairs": (("b", "c"),)}, "c is no layer of the slice"),
        ({"numbers": (-1, 2, 3)}, "numbered from 0"),
    ):
        with pytest.raises(ValueError, match=word):
            SliceParams(**{"numbers": (1, 2, 3), "layers": ("b",), "epochs": (0,)} | wrong)


def test_golden_slice(study, cube, results, make):
    key = make(job("slice", ASKED, **study))
    assert KINDS["slice"].version == 1
    assert described(results, key) == {
        "numbers": "<i8 [60]", "paired": "<i8 [40]", "inter": "<f4 [5, 2]", "normalized": "<f4 [5, 2]",
        "collapsed": "<i4 [5, 2]", "counts": "<i4 [11]",
        "intra-0": "<f4 [2, 11, 1]", "flags-0": "|u1 [2, 1]", "intra-1": "<f4 [2, 11, 20]", "flags-1": "|u1 [2, 20]",
        "intra-2": "<f4 [2, 11, 20]", "flags-2": "|u1 [2, 20]", "intra-3": "<f4 [2, 11, 50]", "flags-3": "|u1 [2, 50]",
        "capacity-0": "<f4 [2, 20, 50]", "null-0": "<f4 [2, 20, 50]",
        "capacity-1": "<f4 [2, 20, 20]", "null-1": "<f4 [2, 20, 20]",
    }  # fmt: skip
    array, meta = partial(results.array, key), results.meta(key)
    assert [layer["name"] for layer in meta["layers"]] == list(LAYERS)
    assert (meta["n_neighbors"], meta["n_paired"], meta["epochs"]) == (20, 40, [0, 2])
    labels = digits().labels[list(NUMBERS)]
    assert array("counts").tolist() == [60, *np.bincount(labels, minlength=10)]
    whole = {epoch: cube.slice(NUMBERS, LAYERS, epoch) for epoch in (0, 2)}
    for row, name in enumerate(LAYERS):
        for column, epoch in enumerate((0, 2)):
            assert array("inter")[row, column] == pytest.approx(inter_sample(whole[epoch][name], 20).bits, abs=1e-4)
    low = np.minimum(*(whole[epoch]["conv2"].min(axis=(0, 2, 3)) for epoch in (0, 2)))
    high = np.maximum(*(whole[epoch]["conv2"].max(axis=(0, 2, 3)) for epoch in (0, 2)))
    each = intra_sample_entropy(whole[2]["conv2"], 32, low, high)
    np.testing.assert_allclose(array("intra-3")[1, 0], each.mean(axis=0), atol=2e-3)
    np.testing.assert_allclose(array("intra-3")[1, 4], each[labels == 3].mean(axis=0), atol=2e-3)
    some = np.isin(NUMBERS, array("paired"))
    one, other = (whole[2][name][some] for name in ("conv1", "conv2"))
    np.testing.assert_allclose(array("capacity-0")[1], channel_capacity(one, other), atol=2e-3)
    assert abs(array("null-0").mean() - channel_capacity(one, permuted(other)).mean()) < 0.02
    assert array("capacity-0").mean() > array("null-0").mean()
    assert not (array("flags-1") & DEAD).all()


def test_a_class_without_inputs_is_a_gap(study, results, make):
    of_one = tuple(np.flatnonzero(digits().labels == 3)[:10].tolist())
    key = make(job("slice", {"numbers": of_one, "layers": ("pool2",), "epochs": (2,)}, **study))
    intra = results.array(key, "intra-0")
    assert np.isfinite(intra[0, [0, 4]]).all()
    assert np.isnan(intra[0, [1, 2, 3, 5, 6, 7, 8, 9, 10]]).all()
    assert results.meta(key)["n_neighbors"] == 9


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"layers": ("conv9",)}, "There is no layer 'conv9' in this teacher; there are input, conv1"),
        ({"epochs": (1, 7)}, "Epoch 7 was not stored; stored are 0, 1, 2."),
        ({"numbers": (1, 2, 99_999)}, "There is no image 99999; images are numbered 0 to 1796."),
        ({"layers": ("conv1", "hidden"), "pairs": (("conv1", "hidden"),)}, "'hidden' has no channels of feature maps"),
    ],
)
def test_what_is_not_there_is_one_sentence(study, jobs, results, wrong, words):
    asked = {"numbers": (1, 2, 3), "layers": ("conv1",), "epochs": (2,)} | wrong
    assert words in complaint(jobs, results, job("slice", asked, **study))


def test_some_channels_only(study, cube, results, make):
    asked = ASKED | {"epochs": (2,), "channels": (("conv2", 10, 13), ("conv1", 0, 1))}
    key = make(job("slice", asked, **study))
    assert results.array(key, "intra-3").shape == (1, 11, 4)
    assert results.array(key, "capacity-0").shape == (1, 2, 4)
    assert [layer["first"] for layer in results.meta(key)["layers"]] == [0, 0, 0, 10, 0]
    some = cube.slice(NUMBERS, ["conv2"], 2, {"conv2": range(10, 14)})["conv2"]
    assert results.array(key, "inter")[3, 0] == pytest.approx(inter_sample(some, 20).bits, abs=1e-4)


def test_sizes_are_told_before(study, results, make):
    params = SliceParams(**ASKED)
    metas = {role: results.meta(spec.key) for role, spec in study.items()}
    made = make(job("slice", ASKED, **study))
    size = sum(array["bytes"] for array in results.meta(made)["arrays"].values())
    assert 0.7 < slice_bytes(params, metas) / size < 2


def test_golden_subsets(study, results, make):
    key = make(job("subsets", {"per_class": (10, 40, 5000), "epochs": 2}, **study))
    assert KINDS["subsets"].version == 1
    assert described(results, key) == {
        "train_loss": "<f4 [2, 3]", "test_loss": "<f4 [2, 3]", "train_accuracy": "<f4 [2, 3]", "test_accuracy": "<f4 [2, 3]",
        "label": "<f4 [2, 3, 10]", "predicted": "<f4 [2, 3, 10]", "entropies": "<f4 [2, 3]",
    }  # fmt: skip
    meta = results.meta(key)
    assert (meta["per_class"], meta["left_out"], meta["epochs"]) == ([10, 40], [5000], 2)
    entropies = results.array(key, "entropies")
    assert entropies[0, 2] == 99
    assert entropies[0, 0] < entropies[1, 0]
    assert results.array(key, "test_accuracy")[1, -1] > results.array(key, "test_accuracy")[1, 0]
    size = sum(array["bytes"] for array in meta["arrays"].values())
    assert (
        size < subsets_bytes(SubsetsParams(per_class=(10, 40, 5000), epochs=2), {"images": {"n_classes": 10}}) < 10_000
    )


def test_what_a_rare_class_cannot_give_is_said(study, jobs, results):
    told = complaint(jobs, results, job("subsets", {"per_class": (5000,), "epochs": 1}, **study))
    assert "ask for so many a class or fewer, not 5,000" in told


def test_an_estimate_knows_what_fits(study, results):
    told = slice_estimate(
        results, study["images"].key, study["teacher"].key, 1000, ["conv1", "hidden"], [0, 2], [["conv1", "conv1"]], 500
    )
    assert 0 < told["seconds"] < 600
    assert told["largest"] == "conv1"
    assert told["fits"] == told["budget"] // (20 * 24 * 24 * 4)
    assert told["bytes"] == 1000 * 4 * (20 * 24 * 24 + 500)


def test_feature_maps_and_deconvolutions_are_answered(study, cube, results):
    keys = {"images": study["images"].key, "teacher": study["teacher"].key}
    told = feature_maps(results, **keys, epoch=2, wanted=[["conv1", 3], ["pool2", 7]], numbers=[5, 6])
    row = told["rows"][1]
    maps = np.frombuffer(base64.b64decode(row["data"]), np.uint8).reshape(row["shape"])
    wanted = cube.slice([5, 6], ["pool2"], 2)["pool2"][:, 7]
    np.testing.assert_allclose(row["low"] + maps / 255 * (row["high"] - row["low"]), wanted, atol=0.02 * np.ptp(wanted))
    back = deconvolved(results, **keys, epoch=2, layer="conv2", channel=4, numbers=[5, 6])
    assert (back["method"], back["images"]["shape"]) == ("deconvnet", [2, 1, 28, 28])
    pictures = np.frombuffer(base64.b64decode(back["images"]["data"]), np.uint8).reshape(2, 1, 28, 28)
    found = deconvolve(
        Teacher.from_bytes(results.blob(keys["teacher"], "weights-2"), "cpu"), digits().images[[5, 6]], "conv2", 4
    )
    most = np.abs(found.images).max(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(pictures / 127.5 - 1, found.images / most, atol=0.01)
    with pytest.raises(ValueError, match="'hidden' has no feature maps"):
        feature_maps(results, **keys, epoch=2, wanted=[["hidden", 3]], numbers=[5])


def test_the_page_counts_as_the_science_does(study, results):
    from dashboard.measures import conditional_entropies as ours

    confusion = results.array(study["teacher"].key, "test_confusion")
    wanted = conditional_entropies(confusion)
    for found, known in zip(ours(confusion), wanted, strict=True):
        np.testing.assert_allclose(found, known)
