"""Images moved through the latent space, as calls and as a job. What is answered is held against the science itself."""

import base64
import inspect

import numpy as np
import pytest

from models.counterfactual import Scale, find_counterfactual
from models.data import digits
from models.latent import ImageFunction, step_effects
from models.morph import morph
from models.neighbours import checked_band, make_neighbours, sample_codes
from models.teacher import softmax
from tests.workers.by_hand import NEVER, complaint
from tests.workers.test_tasks import described
from workers import tasks
from workers.darksight import warm_map
from workers.kinds import KINDS, job
from workers.latent import latent_effects, morph_of, neighbour_codes, neighbour_places, neighbours
from workers.latent_params import CounterfactualParams
from workers.sizes import counterfactual_bytes

assert tasks  # registers what the kinds do

NUMBER = 1600
SETTINGS = {"epoch": 1, "number": NUMBER, "residual": True}


def keys(asked, *roles):
    return {role: asked[role].key for role in roles}


ALL = ("images", "teacher", "vae", "codes")


def numbers(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def function(learned, residual=True, number=NUMBER):
    return ImageFunction.of(learned[1], digits().images[number], residual)


# ---- effects ----


def test_effects_are_those_of_a_deviation_of_the_codes(asked, learned, results):
    spread = results.array(asked["codes"].key, "spread")
    for values, residual in ((None, True), ([0.5, -0.2, 0.1, 1.0], False)):
        told = latent_effects(results, **keys(asked, *ALL), **SETTINGS | {"residual": residual}, values=values)
        own = function(learned, residual)
        wanted = step_effects(own, learned[0], own.code if values is None else np.array(values), spread)
        assert told["effects"] == pytest.approx(wanted.changes, abs=1e-4)
        assert told["toward"] == wanted.toward.tolist()
        assert told["predicted"] == wanted.probabilities.argmax()


# ---- morphs ----


def test_a_morph_is_that_of_the_science(asked, learned, results):
    told = morph_of(
        results, **keys(asked, "images", "teacher", "vae"), epoch=1, first=NUMBER, second=1500, steps=5,
        way="spherical", residual=True,
    )  # fmt: skip
    wanted = morph(function(learned), function(learned, number=1500), learned[0], 5, "spherical")
    pixels = np.frombuffer(base64.b64decode(told["pixels"]["data"]), np.uint8).reshape(told["pixels"]["shape"])
    assert pixels == pytest.approx(np.rint(255 * wanted.images), abs=1)
    assert np.array_equal(pixels[[0, -1]], digits().images[[NUMBER, 1500]])
    assert told["at"] == pytest.approx(wanted.at)
    assert told["codes"] == pytest.approx(wanted.codes, abs=1e-4)
    assert np.array(told["probabilities"]) == pytest.approx(wanted.probabilities, abs=1e-3)
    assert told["top"] == wanted.probabilities.argmax(axis=1).tolist()
    assert told["shares"] == pytest.approx(wanted.probabilities.max(axis=1), abs=1e-3)
    assert [(flip["from"], flip["to"]) for flip in told["flips"]] == [flip[1:3] for flip in wanted.flips]
    assert [flip["at"] for flip in told["flips"]] == pytest.approx([flip.at for flip in wanted.flips], abs=1e-2)
    assert len(told["flips"]) > 0
    assert np.shape(told["flips"][0]["code"]) == (4,)


def test_frames_lie_on_maps_about_where_their_images_do(asked, results, make):
    """The first and the last are images of the set, whose places are known."""
    predictions = job("predictions", images=asked["images"], teacher=asked["teacher"])
    shown = make(job("embedding", {"of": "logits"}, images=asked["images"], predictions=predictions))
    told = morph_of(
        results, **keys(asked, *ALL), predictions=predictions.key, epoch=1, first=NUMBER, second=1500, steps=3,
        way="linear", residual=True, maps=[shown],
    )  # fmt: skip
    known = results.array(shown, "places")
    first, _, last = told["places"][shown]
    near = 0.02 * float(np.ptp(known))
    assert np.array([first, last]) == pytest.approx(known[[NUMBER, 1500]], abs=near)


# ---- neighbours ----


BAND = {
    "centre": None,
    "widths": [[0.4, 0.4], [0.2, 0.6], [0.5, 0.5], [0, 0]],
    "count": 70,
    "distribution": "normal",
    "seed": 3,
}


def test_neighbours_are_those_of_the_science(asked, learned, results):
    told = neighbours(results, **keys(asked, *ALL), **SETTINGS, **BAND)
    own = function(learned)
    lower, upper = (results.array(asked["codes"].key, name) for name in ("lower", "upper"))
    band = checked_band(own.code, np.array(BAND["widths"]), lower, upper)
    wanted = make_neighbours(own, learned[0], band, sample_codes(band, 70, "normal", 3))
    top = wanted.probabilities.argmax(axis=1)
    assert (numbers(told["top"], np.int16) == top).mean() > 0.97
    assert numbers(told["shares"], np.float32) == pytest.approx(wanted.probabilities.max(axis=1), abs=1e-3)
    original = learned[0].classify(digits().images[NUMBER : NUMBER + 1])[0].argmax()
    assert told["original"] == original
    assert numbers(told["own"], np.float32) == pytest.approx(wanted.probabilities[:, original], abs=1e-3)
    assert numbers(told["distances"], np.float32) == pytest.approx(wanted.distances, abs=1e-4)
    assert told["label_shares"] == pytest.approx(np.bincount(top, minlength=10) / 70, abs=0.03)
    assert (told["count"], told["columns"], told["cut"]) == (70, 32, band.cut)

    sent = neighbour_codes(results, **keys(asked, "images", "vae", "codes"), number=NUMBER, **BAND)
    assert numbers(sent["codes"], np.float32).reshape(-1, 4) == pytest.approx(wanted.codes, abs=1e-4)

    import io

    from PIL import Image

    page = np.asarray(Image.open(io.BytesIO(base64.b64decode(told["page"]))))
    assert (told["media_type"], told["tile_width"], told["tile_height"]) == ("image/png", 28, 28)
    assert page.shape == (3 * 28, 32 * 28)
    assert page[2 * 28 : 3 * 28, 5 * 28 : 6 * 28] == pytest.approx(np.rint(255 * wanted.images[69, 0]), abs=1)


def test_from_another_centre_the_original_is_still_the_image(asked, learned, results):
    centre = results.array(asked["codes"].key, "codes")[1500].tolist()
    told = neighbours(results, **keys(asked, *ALL), **SETTINGS, **BAND | {"centre": centre})
    here = neighbours(results, **keys(asked, *ALL), **SETTINGS, **BAND)
    assert told["original"] == here["original"]
    assert told["page"] != here["page"]


def test_neighbours_lie_on_a_darksight_map_where_it_places_their_answers(asked, learned, results, make):
    predictions = job("predictions", images=asked["images"], teacher=asked["teacher"])
    make(predictions)
    key = make(job("darksight", {"effort": "quick"}, images=asked["images"], predictions=predictions))
    question = {**keys(asked, *ALL), **SETTINGS, **BAND}
    told = neighbour_places(results, **question, maps=[key])
    own = function(learned)
    lower, upper = (results.array(asked["codes"].key, name) for name in ("lower", "upper"))
    band = checked_band(own.code, np.array(BAND["widths"]), lower, upper)
    said = softmax(learned[0].classify(own(sample_codes(band, 70, "normal", 3))))
    wanted = warm_map(results, key).transform(said)
    assert np.array(told["places"][key]) == pytest.approx(wanted, abs=0.01 * float(np.ptp(wanted)))
    assert neighbour_places(results, **question, maps=[]) == {"places": {}}


WRONG = (
    ({"widths": [[0, 0]] * 4}, "width 0 on every axis"),
    ({"widths": [[0, -1]] * 4}, "half-widths of a band must be 0 or more; on axis 0"),
    ({"widths": [[1, 1]] * 3}, "for 4 axes"),
    ({"widths": 3}, "two half-widths an axis, below and above"),
    ({"widths": [[1, 1], [1]]}, "two half-widths an axis, below and above, for 4 axes"),
    ({"centre": [1.0]}, "must be 4 finite numbers"),
    ({"centre": [99.0, 0, 0, 0]}, "outside the data's codes"),
    ({"count": 0}, "count must be a whole number, 1 or more"),
    ({"count": 1025}, "1,024 neighbours at most, not 1,025"),
    ({"distribution": "cauchy"}, '"uniform" or "normal"'),
    ({"number": 1797}, "There is no image 1797; images are numbered 0 to 1796"),
)


def test_neighbours_that_cannot_be_are_named(asked, results):
    for wrong, named in WRONG:
        with pytest.raises(ValueError, match=named):
            neighbours(results, **keys(asked, *ALL), **SETTINGS | BAND | wrong)


def test_codes_of_another_vae_are_refused(asked, results, make, jobs):
    """The codes know whose they are."""
    given = {"images": asked["images"], "teacher": asked["teacher"]}
    other = make(job("vae", {"latent_size": 2, "epochs": 1}, **given))
    wrong = keys(asked, *ALL) | {"vae": other}
    with pytest.raises(ValueError, match="codes are another VAE's"):
        latent_effects(results, **wrong, **SETTINGS, values=None)
    with pytest.raises(ValueError, match="codes are another VAE's"):
        neighbours(results, **wrong, **SETTINGS, **BAND)
    vae = job("vae", {"latent_size": 2, "epochs": 1}, **given)
    spec = job("counterfactual", {"number": 0, "target": 3}, **given, vae=vae, codes=asked["codes"])
    assert "codes are another VAE's" in complaint(jobs, results, spec)


# ---- counterfactuals ----


def test_the_defaults_are_those_of_the_science():
    known = inspect.signature(find_counterfactual).parameters
    ours = {name: CounterfactualParams.model_fields[name].default for name in ("max_steps", "seed")}
    assert ours == {name: known[name].default for name in ours}
    assert CounterfactualParams.model_fields["residual"].default is True


def test_golden_counterfactual(asked, learned, results, make):
    """To the class that most reconstructions are taken for."""
    own = function(learned, residual=False)
    counts = np.bincount(results.array(asked["codes"].key, "predicted"), minlength=10)
    counts[learned[0].classify(own(own.code[np.newaxis]))[0].argmax()] = 0
    target = int(counts.argmax())
    asking = {"number": NUMBER, "target": target, "max_steps": 60, "residual": False}
    key = make(job("counterfactual", asking, **{role: asked[role] for role in ALL}))
    assert KINDS["counterfactual"].version == 1
    assert described(results, key) == {
        "code": "<f4 [4]",
        "start": "<f4 [4]",
        "before": "|u1 [1, 28, 28]",
        "image": "|u1 [1, 28, 28]",
        "probabilities": "<f4 [2, 10]",
    }
    meta, array = results.meta(key), lambda name: results.array(key, name)
    codes = {
        name: results.array(asked["codes"].key, name) for name in ("spread", "lower", "upper", "codes", "predicted")
    }
    wanted = find_counterfactual(
        own,
        learned[0],
        target,
        Scale(codes["spread"], codes["lower"], codes["upper"]),
        codes["codes"][codes["predicted"] == target],
        max_steps=60,
    )
    assert meta["reached"] is wanted.reached is True
    assert meta["words"] == ""
    assert (meta["target"], meta["number"], meta["residual"]) == (target, NUMBER, False)
    assert meta["distance"] == pytest.approx(wanted.distance, rel=0.05)
    assert meta["distance"] == pytest.approx(np.linalg.norm(meta["moved"]))
    assert meta["moved"] == pytest.approx((array("code") - array("start")) / codes["spread"], abs=1e-4)
    assert array("start") == pytest.approx(own.code, abs=1e-5)
    assert array("before") == pytest.approx(np.rint(255 * own(own.code[np.newaxis])[0]), abs=1)
    flipped = softmax(learned[0].classify(array("image")[np.newaxis]))[0]
    assert flipped.argmax() == array("probabilities")[1].argmax() == target
    assert array("probabilities")[0].argmax() == meta["original"] != target
    metas = {role: results.meta(spec.key) for role, spec in asked.items()}
    held = sum(len(results.blob(key, name)) for name in meta["arrays"])
    assert held <= counterfactual_bytes(CounterfactualParams(**asking), metas) <= 3 * held


def test_a_class_out_of_reach_is_no_failure(asked, learned, results, make):
    key = make(job("counterfactual", {"number": NUMBER, "target": NEVER, "max_steps": 2}, **asked))
    meta = results.meta(key)
    assert meta["reached"] is False
    share = results.array(key, "probabilities")[1, NEVER]
    assert np.array_equal(results.array(key, "before"), digits().images[NUMBER])
    assert meta["words"] == (
        f"No code within the range of the data's was found at which the teacher takes image {NUMBER} for {NEVER}; it came "
        f"nearest at {share:.1%}."
    )


def test_a_counterfactual_that_cannot_be_asked_says_why(asked, learned, results, jobs):
    inputs = {role: asked[role] for role in ALL}
    mine = int(learned[0].classify(digits().images[NUMBER : NUMBER + 1])[0].argmax())
    for params, named in (
        ({"number": NUMBER, "target": 10}, "numbered 0 to 9; there is no 10"),
        ({"number": 1797, "target": 3}, "There is no image 1797"),
        ({"number": NUMBER, "target": mine}, f"takes the image for class {mine} already"),
    ):
        assert named in complaint(jobs, results, job("counterfactual", params, **inputs))
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        CounterfactualParams(number=-1, target=0)
