"""Explanations as jobs. What is stored is held against the science itself."""

import base64
import inspect
from functools import partial

import numpy as np
import pytest

from models.data import digits
from models.faithfulness import auc, curves
from models.relabel import relabel_distillation
from models.saliency import METHODS, absolute, attribute, signed
from tests.workers.by_hand import complaint
from tests.workers.test_tasks import described
from workers import explain_params, tasks
from workers.explain import cam
from workers.explain_params import CONTROLS, ExplainingParams, ExplainParams, RankParams
from workers.kinds import KINDS, job
from workers.sizes import explain_bytes, rank_bytes

assert tasks  # registers what the kinds do

NUMBER = 1600
QUICK = {"n_samples": 80, "methods": ("rise", "relabel", "integrated-gradients", "grad-cam")}
SHAPES = {
    "signed": "<f4 [6, 28, 28]",
    "absolute": "<f4 [6, 28, 28]",
    "deletion": "<f4 [2, 6, 29]",
    "insertion": "<f4 [2, 6, 29]",
    "image": "|u1 [1, 28, 28]",
    "filled": "|u1 [1, 28, 28]",
    "blurred": "|u1 [1, 28, 28]",
    "probabilities": "<f4 [10]",
    "synthetic_images": "|u1 [100, 1, 28, 28]",
    "synthetic_places": "<f4 [100, 2]",
    "synthetic_margins": "<f4 [100, 2]",
    "synthetic_kept": "|u1 [100]",
    "synthetic_teacher": "<f4 [100]",
    "synthetic_student": "<f4 [100]",
}


def test_the_page_knows_the_methods_and_the_defaults_of_the_science():
    assert tuple(METHODS) == explain_params.METHODS + CONTROLS
    assert {name: method.title for name, method in METHODS.items()} == explain_params.TITLES
    assert tuple(name for name, method in METHODS.items() if method.is_control) == CONTROLS
    ours = {name: field.default for name, field in ExplainingParams.model_fields.items()}
    known = inspect.signature(relabel_distillation).parameters
    for name in ("n_samples", "scale", "soft_weight", "hard_weight", "l2", "residual"):
        assert ours[name] == known[name].default


def test_methods_and_images_are_told_once_and_in_order():
    assert ExplainParams(number=3, methods=("rise", "relabel", "rise")).methods == ("relabel", "rise")
    assert RankParams(numbers=(5, 2, 5)).numbers == (2, 5)
    for wrong, word in (
        ({"numbers": (-1,)}, "numbered from 0"),
        ({"numbers": ()}, "at least 1"),
        ({"methods": ("no",)}, "relabel"),
    ):
        with pytest.raises(ValueError, match=word):
            RankParams(**{"numbers": (1,)} | wrong)


def inputs_of(asked, vae=True):
    return {role: asked[role] for role in (("images", "teacher", "vae", "codes") if vae else ("images", "teacher"))}


def test_golden_explanations(asked, learned, results, make):
    key = make(job("explain", {"number": NUMBER} | QUICK, **inputs_of(asked)))
    assert KINDS["explain"].version == 1
    assert described(results, key) == SHAPES
    array, meta = partial(results.array, key), results.meta(key)
    teacher, vae = learned
    image = digits().images[NUMBER]
    assert [row["name"] for row in meta["methods"]] == [
        "relabel",
        "grad-cam",
        "integrated-gradients",
        "rise",
        "edges",
        "chance",
    ]
    assert meta["missing"] == {}
    for row, told in enumerate(meta["methods"]):
        wanted = attribute(told["name"], teacher, image, vae=vae, n_samples=80)
        assert array("signed")[row] == pytest.approx(signed(wanted), abs=1e-3)
        assert array("absolute")[row] == pytest.approx(absolute(wanted), abs=1e-3)
    for at, way in enumerate(("signed", "absolute")):
        found = curves(teacher, image, array(way))
        assert array("deletion")[at] == pytest.approx(found.deletion, abs=1e-3)
        assert array("insertion")[at] == pytest.approx(found.insertion, abs=1e-3)
        told = [row["deletion"][way] for row in meta["methods"]]
        assert told == pytest.approx(auc(found.deletion), abs=1e-3)
    alike = {row["name"]: row["likeness"] for row in meta["methods"]}
    assert alike["edges"] is alike["chance"] is None
    assert all(-1 <= alike[name] < 0.9 for name in ("relabel", "integrated-gradients", "rise"))
    assert meta["relabel"]["n_learned"] == 80
    margins = array("synthetic_margins")
    assert ((margins[:, 0] > 0) == (array("synthetic_student") > 0.5)).all()
    assert np.array_equal(array("image"), image)


def test_without_a_vae_what_needs_one_says_so(asked, results, make):
    params = {"number": NUMBER, "check": False} | QUICK
    spec = job("explain", params, **inputs_of(asked, vae=False))
    assert spec.key != job("explain", params, **inputs_of(asked)).key
    key = make(spec)
    meta = results.meta(key)
    assert meta["missing"] == {"relabel": "Re-label needs a VAE of these images: train one in the VAE view."}
    assert meta["relabel"] is None
    assert [row["likeness"] for row in meta["methods"]] == [None] * 5
    assert "synthetic_places" not in described(results, key)


def test_a_role_that_must_be_filled_cannot_be_left_out(asked):
    with pytest.raises(ValueError, match='a job of kind "explain" takes the inputs'):
        job("explain", {"number": 1}, images=asked["images"])
    with pytest.raises(ValueError, match='a job of kind "explain" takes the inputs'):
        job("explain", {"number": 1}, images=asked["images"], teacher=asked["images"])
    with pytest.raises(ValueError, match='a job of kind "student" takes the inputs'):
        job("student", {"number": 1}, images=asked["images"], teacher=asked["teacher"])


def test_golden_ranks(asked, learned, results, make):
    numbers = (NUMBER, NUMBER + 1, NUMBER + 2)
    key = make(job("rank", {"numbers": numbers[::-1]} | QUICK, **inputs_of(asked)))
    assert KINDS["rank"].version == 1
    assert described(results, key) == {
        "numbers": "<i8 [3]",
        "predicted": "<i4 [3]",
        "deletion": "<f4 [3, 2, 6]",
        "insertion": "<f4 [3, 2, 6]",
    }
    meta, areas = results.meta(key), results.array(key, "deletion")
    one = make(job("explain", {"number": NUMBER + 1, "check": False} | QUICK, **inputs_of(asked)))
    for column, told in enumerate(results.meta(one)["methods"]):
        assert areas[1, 0, column] == pytest.approx(told["deletion"]["signed"], abs=5e-3)
        row = meta["methods"][column]
        assert row["name"] == told["name"]
        assert row["deletion"]["signed"]["mean"] == pytest.approx(areas[:, 0, column].mean(), abs=1e-5)
        deviation = areas[:, 0, column].std(ddof=1)
        assert row["deletion"]["signed"]["reach"] == pytest.approx(1.96 * deviation / np.sqrt(3), abs=1e-3)
    alone = make(job("rank", {"numbers": (NUMBER,)} | QUICK, **inputs_of(asked, vae=False)))
    assert results.meta(alone)["methods"][0]["deletion"]["signed"]["reach"] is None


def test_t_sne_lays_them_out_too(asked, results, make):
    params = {"number": NUMBER, "check": False, "plane": "tsne", "methods": ("relabel",), "n_samples": 80}
    key = make(job("explain", params, **inputs_of(asked)))
    assert results.array(key, "synthetic_places").shape == (100, 2)


def held(results, key):
    return sum(len(results.blob(key, name)) for name in results.meta(key)["arrays"])


def test_results_are_no_larger_than_foretold(asked, results, make):
    metas = {role: results.meta(asked[role].key) for role in ("images", "teacher", "vae", "codes")}
    params = {"number": NUMBER} | QUICK
    key = make(job("explain", params, **inputs_of(asked)))
    assert held(results, key) <= explain_bytes(ExplainParams(**params), metas)
    params = {"numbers": (NUMBER, NUMBER + 1, NUMBER + 2)} | QUICK
    key = make(job("rank", params, **inputs_of(asked)))
    assert held(results, key) <= rank_bytes(RankParams(**params), metas)


def test_no_such_image_is_said(asked, results, jobs):
    spec = job("explain", {"number": 1797} | QUICK, **inputs_of(asked))
    assert "There is no image 1797; images are numbered 0 to 1796." in complaint(jobs, results, spec)


def test_a_class_activation_map_is_answered(asked, learned, results, make):
    images, teacher = asked["images"].key, asked["teacher"].key
    epoch = results.meta(teacher)["stored_epochs"][-1]
    told = cam(results, images, teacher, epoch, NUMBER, "")
    wanted = attribute("grad-cam", learned[0], digits().images[NUMBER])[0]
    found = np.frombuffer(base64.b64decode(told["data"]), np.uint8).reshape(told["shape"])
    assert found == pytest.approx(255 * wanted / wanted.max(), abs=1)
    assert told["is_blank"] is False
    with pytest.raises(ValueError, match="layer must be one with feature maps"):
        cam(results, images, teacher, epoch, NUMBER, "output")
