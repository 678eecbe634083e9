"""Library networks as jobs, and a path as a call. What is stored is held against the science itself."""

import base64

import numpy as np
import pytest

from models.data import digits
from models.library_measures import auroc
from tests.workers.by_hand import complaint
from tests.workers.test_tasks import described
from workers import tasks
from workers.kinds import KINDS, job
from workers.library import library_path, stored_libraries
from workers.library_params import LibraryParams, OutsideParams
from workers.sizes import library_bytes, outside_bytes
from workers.slicer import cube_of

assert tasks  # registers what the kinds do

LAYERS = ("conv1", "conv2", "hidden", "output")


@pytest.fixture(scope="module")
def asked():
    """The jobs of a study, and a library of its net."""
    images = job("images")
    teacher = job("teacher", {"epochs": 4}, images=images)
    study = {"images": images, "teacher": teacher, "predictions": job("predictions", images=images, teacher=teacher)}
    return {**study, "library": job("library", **study)}


@pytest.fixture(scope="module")
def kept():
    """What the store held when the library was made."""
    return {}


@pytest.fixture
def library(asked, make, client, kept):
    """The library, made once: the store is emptied between tests."""
    for name, value in kept.items():
        client.restore(name, 0, value, replace=True)
    key = asked["library"].key if kept else make(asked["library"])
    kept.update({name: client.dump(name) for name in client.scan_iter()})
    return key


def test_a_set_has_a_threshold_a_layer_and_there_are_two_layers():
    for wrong, words in (
        ({"layers": ("a",)}, "needs two layers or more"),
        ({"thresholds": ((0.5, 0.6),)}, "name the layers too"),
        ({"layers": ("a", "b"), "thresholds": ((0.5,),)}, "a threshold a layer, 2, and one has 1"),
        ({"layers": ("a", "b"), "thresholds": ((0.5, 0.0),)}, "greater than 0"),
        ({"layers": ("a", "b"), "thresholds": ((0.5, 1.5),)}, "less than or equal to 1"),
    ):
        with pytest.raises(ValueError, match=words):
            LibraryParams(**wrong)
    assert OutsideParams(epsilons=(0.3, 0.1, 0.3)).epsilons == (0.1, 0.3)


def test_golden_library(asked, library, results):
    assert KINDS["library"].version == 1
    found = described(results, library)
    assert {name: shape for name, shape in found.items() if name[-1].isalpha()} == {
        "numbers": "<i8 [1438]", "tested": "<i8 [359]", "thresholds": "<f8 [5, 4]", "sizes": "<i4 [5, 4]",
        "agreement": "<f4 [5, 4, 2]", "answers": "<i2 [5, 4, 359]", "consistency": "<f4 [2, 5, 359]",
    }  # fmt: skip
    meta = results.meta(library)
    assert [layer["name"] for layer in meta["layers"]] == list(LAYERS)
    assert (meta["top"], meta["n_sets"], meta["usual"], meta["by_size"]) == (3, 5, 2, True)
    sizes, agreement = results.array(library, "sizes"), results.array(library, "agreement")
    np.testing.assert_allclose(sizes[2], 29, atol=3)
    assert (np.diff(sizes, axis=0) >= 0).all()
    assert (agreement[..., 1] >= agreement[..., 0]).all()
    assert agreement[4, 3, 0] > 0.9
    assert results.array(library, "confusion-0").shape == (5, 3, 10, 10)
    assert results.array(library, "links-1-2").shape == (sizes[2, 1], 10)
    assert set(results.array(library, "nodes-1-2")) <= set(results.array(library, "numbers"))
    metas = {"images": results.meta(asked["images"].key)}
    assert results.sizes()[library] < library_bytes(LibraryParams(), metas) < 3 * results.sizes()[library]


def test_libraries_that_are_opened_again_say_the_same(asked, library, results):
    images, teacher = asked["images"].key, asked["teacher"].key
    found = stored_libraries(results, library, images, teacher, [0, 3])
    told = found.ask(cube_of(results, images, teacher), results.meta(library)["epoch"], range(1438, 1797))
    np.testing.assert_array_equal(told.scores.argmax(axis=3), results.array(library, "answers")[[0, 3]])
    np.testing.assert_allclose(told.consistency, results.array(library, "consistency")[:, [0, 3]], atol=1e-4)


def test_golden_attack(asked, library, results, make):
    epsilons = {"epsilons": (0.1, 0.5), "steps": 10, "step_size": 0.02, "n_images": 100}
    key = make(job("outside", epsilons, **asked))
    assert KINDS["outside"].version == 1
    assert described(results, key) == {
        "answers": "<i4 [3, 100]", "libraries": "<i2 [3, 5, 4, 100]", "consistency": "<f4 [3, 2, 5, 100]",
        "shown": "|u1 [3, 48, 1, 28, 28]", "numbers": "<i8 [100]",
    }  # fmt: skip
    meta = results.meta(key)
    assert [each["title"] for each in meta["conditions"]] == ["Clipped only", "PGD ε 0.1", "PGD ε 0.5"]
    assert "never reach the edge, 0.5" in meta["warning"]
    control, little, much = (each["success"] for each in meta["conditions"])
    assert little < much
    assert control < much
    numbers, labels = results.array(key, "numbers"), digits().labels
    assert (results.array(asked["predictions"].key, "predicted")[numbers] == labels[numbers]).all()
    shown = results.array(key, "shown").astype(int)
    for condition, epsilon in ((1, 0.1), (2, 0.5)):
        assert np.abs(shown[condition] - digits().images[numbers[:48]]).max() <= 255 * epsilon + 1
    clean = results.array(library, "consistency")[0, 2]
    assert auroc(clean, results.array(key, "consistency")[2, 0, 2]) > 0.6
    metas = {"images": results.meta(asked["images"].key), "library": results.meta(library)}
    assert results.sizes()[key] < outside_bytes(OutsideParams(**epsilons), metas) < 2 * results.sizes()[key]


@pytest.mark.parametrize(("source", "apart"), [("letters", 0.5), ("noise", 0.8)])
def test_what_is_foreign_is_less_consistent(asked, library, results, make, source, apart):
    key = make(job("outside", {"source": source, "n_images": 60}, **asked))
    clean, found = results.array(library, "consistency")[0, 2], results.array(key, "consistency")[0, 0, 2]
    assert auroc(clean, found) > apart
    assert results.meta(key)["conditions"][0]["success"] is None


def test_another_image_set_is_shown(asked, library, results, make):
    other = job("images", {"source": {"kind": "digits", "seed": 5}})
    key = make(job("outside", {"source": "images", "n_images": 40}, **asked, foreign=other))
    assert results.meta(key)["conditions"][0]["title"] == "digits"
    assert results.array(key, "consistency").shape == (1, 2, 5, 40)


def test_an_attack_that_is_told_no_set_says_so(asked, library, jobs, results):
    told = complaint(jobs, results, job("outside", {"source": "images"}, **asked))
    assert "choose an image set" in told


def test_a_path_is_answered_layer_by_layer(asked, library, results):
    keys = {name: asked[name].key for name in ("images", "teacher", "predictions")}
    told = library_path(results, library, **keys, at=2, number=1500)
    row = int(np.flatnonzero(results.array(library, "tested") == 1500)[0])
    assert [layer["answer"] for layer in told["layers"]] == results.array(library, "answers")[2, :, row].tolist()
    clean = results.array(library, "consistency")[:, 2]
    assert told["consistency"] == pytest.approx(clean[:, row], abs=1e-4)
    assert told["lower"][0] == pytest.approx((clean[0] < told["consistency"][0]).mean(), abs=0.01)
    nearest = told["layers"][0]["nearest"]
    assert [each["cosine"] for each in nearest] == sorted((each["cosine"] for each in nearest), reverse=True)
    assert nearest[0]["label"] == digits().labels[nearest[0]["number"]]
    pixels = base64.b64encode(digits().images[1500].tobytes()).decode()
    assert library_path(results, library, **keys, at=2, pixels=pixels)["layers"] == told["layers"]
    with pytest.raises(ValueError, match=r"has 784 bytes \(1 × 28 × 28\), not 3"):
        library_path(results, library, **keys, at=2, pixels=base64.b64encode(b"abc").decode())
    with pytest.raises(ValueError, match="There is no set 9 of thresholds; sets are numbered 0 to 4"):
        library_path(results, library, **keys, at=9, number=1500)
