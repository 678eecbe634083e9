"""The VAE and its codes as jobs, and codes that are moved by hand. What is stored is held against the VAE itself."""

import base64
import inspect

import numpy as np
import pytest

from models.data import digits
from models.teacher import Teacher, softmax
from models.vae import VAE, Codes, train_vae
from models.vae.network import LEAST, MOST
from models.vae.training import mean_divergences
from tests.workers.by_hand import complaint
from workers import tasks
from workers.kinds import KINDS, job
from workers.runner import Attempt
from workers.sizes import VAE_SIDE, codes_bytes, vae_bytes
from workers.vae import as_pixels, correlation, decode, focused_image
from workers.vae_params import CodesParams, VaeParams

assert tasks  # registers what the kinds do

QUICK = {"epochs": 1, "latent_size": 3}
NUMBER = 1500


def test_the_defaults_are_those_of_the_science():
    known = inspect.signature(train_vae).parameters
    ours = {name: field.default for name, field in VaeParams.model_fields.items()}
    assert ours.pop("latent_size") == inspect.signature(VAE.create).parameters["latent_size"].default
    assert ours == {name: known[name].default for name in ours}
    assert VAE_SIDE == MOST
    assert LEAST == 28  # as `vae_bytes` reckons


@pytest.mark.parametrize("size", [2, 256])
def test_the_science_takes_what_lies_at_the_ends_of_a_range(size):
    VaeParams(latent_size=size)
    assert VAE.create((1, 28, 28), size, device="cpu").latent_size == size
    with pytest.raises(ValueError, match="latent_size"):
        VaeParams(latent_size=257)


@pytest.fixture
def asked(make):
    """The jobs of a VAE and its codes, done: images, teacher, predictions, vae, codes."""
    images = job("images")
    make(images)
    teacher = job("teacher", {"epochs": 0}, images=images)
    vae = job("vae", QUICK, images=images, teacher=teacher)
    codes = job("codes", images=images, teacher=teacher, vae=vae)
    predictions = job("predictions", images=images, teacher=teacher)
    for spec in (codes, predictions):
        make(spec)
    return {"images": images, "teacher": teacher, "vae": vae, "codes": codes, "predictions": predictions}


def test_golden_vae_and_codes(asked, results):
    """Both in one test, as to make them takes seconds."""
    images, teacher = digits(), Teacher.from_bytes(results.blob(asked["teacher"].key, "weights-0"), "cpu")
    key = asked["vae"].key
    assert (KINDS["vae"].version, KINDS["codes"].version) == (1, 1)
    meta = results.meta(key)
    made = VAE.from_bytes(results.blob(key, "state"), "cpu")
    by_hand = VAE.create((1, 28, 28), 3, device="cpu")
    record = train_vae(by_hand, images, epochs=1)
    assert results.array(key, "test_mse") == pytest.approx(record.test_mse, rel=1e-3)
    assert results.array(key, "test_mse") == pytest.approx([0.2305, 0.0377], abs=2e-3)
    assert results.array(key, "strips").shape == (2, 10, 1, 28, 28)
    assert results.array(key, "kl_per_dim").shape == (2, 3)
    assert (meta["latent_size"], meta["epochs"], meta["size"], meta["resized"]) == (3, 1, [28, 28], False)
    assert meta["test_mse"] == results.array(key, "test_mse")[-1]
    test = images.images[images.n_train :]
    decoded = made.decode(made.encode(test).means)
    alike = teacher.classify(decoded).argmax(1) == teacher.classify(test).argmax(1)
    assert meta["agreement"] == pytest.approx(alike.mean(), abs=0.01)
    assert meta["n_agreement"] == 359

    key = asked["codes"].key
    meta, array = results.meta(key), lambda name: results.array(key, name)
    codes = made.encode(images.images)
    decoded = made.decode(codes.means)
    shares = softmax(teacher.classify(decoded))
    assert array("codes") == pytest.approx(codes.means, abs=1e-4)
    assert array("deviations") == pytest.approx(codes.deviations, rel=1e-3)
    assert array("confidence") == pytest.approx(shares.max(axis=1), abs=1e-4)
    assert (array("predicted") == shares.argmax(axis=1)).mean() > 0.99
    assert array("error") == pytest.approx(((decoded - images.floats()) ** 2).mean(axis=(1, 2, 3)), rel=1e-3)
    assert array("kl") == pytest.approx(mean_divergences(Codes(array("codes"), array("deviations"))), rel=1e-3)
    assert array("correlation") == pytest.approx(np.corrcoef(array("codes").T), abs=1e-4)
    assert array("spread") == pytest.approx(array("codes").std(axis=0), rel=1e-4)
    assert (array("lower") == array("codes").min(axis=0)).all()
    assert (array("upper") == array("codes").max(axis=0)).all()
    assert array("histogram").sum(axis=1).tolist() == [1797] * 3
    assert meta["agreement"]["test"] == pytest.approx(alike.mean(), abs=0.01)
    assert meta["mse"]["test"] == pytest.approx(array("error")[1438:].mean())
    assert meta["n_active"] == sum(meta["active"]) == int((array("spread") ** 2 > 0.01).sum())

    metas = {role: results.meta(spec.key) for role, spec in asked.items()}
    for kind, expected in (
        ("vae", vae_bytes(VaeParams(**QUICK), metas)),
        ("codes", codes_bytes(CodesParams(), metas)),
    ):
        held = sum(len(results.blob(asked[kind].key, name)) for name in results.meta(asked[kind].key)["arrays"])
        assert held <= expected <= 1.2 * held


def test_a_latent_value_that_never_changes_goes_with_none():
    codes = np.random.default_rng(0).normal(size=(50, 3))
    codes[:, 1] = 2.0
    together = correlation(codes)
    assert together[1].tolist() == together[:, 1].tolist() == [0, 0, 0]
    assert together[0, 2] == pytest.approx(np.corrcoef(codes[:, 0], codes[:, 2])[0, 1])


def test_a_killed_training_goes_on(make, jobs, results, monkeypatch):
    """What an attempt kept is used by the next, and gone at the end."""
    from workers.kept import KeptWork

    monkeypatch.setattr("workers.kept.KEEP_SECONDS", 0.0)
    images = job("images")
    make(images)
    teacher = job("teacher", {"epochs": 0}, images=images)
    make(teacher)
    spec = job("vae", QUICK | {"epochs": 2}, images=images, teacher=teacher)
    heard = Attempt.__call__

    def die(self, fraction=None, message="", **metrics):
        if metrics.get("epoch") == 1 and "test_mse" in metrics:
            raise RuntimeError("killed")
        heard(self, fraction, message, **metrics)

    monkeypatch.setattr(Attempt, "__call__", die)
    assert complaint(jobs, results, spec) == "killed"
    monkeypatch.setattr(Attempt, "__call__", heard)
    work = KeptWork(tasks.data_dir(), spec.key)
    assert work.read() is None  # the epoch was not over
    make(spec)
    assert work.read() is None
    assert len(results.array(spec.key, "test_mse")) == 3


def pixels(answer):
    return np.frombuffer(base64.b64decode(answer["pixels"]["data"]), np.uint8).reshape(answer["pixels"]["shape"])


def call(results, asked, **params):
    keys = {role: spec.key for role, spec in asked.items()}
    settings = {"epoch": 0, "number": NUMBER, "values": None, "residual": False, "maps": []}
    return decode(results, **keys, **settings | params)


def test_a_moved_code_is_decoded_and_asked_of(asked, results, make):
    """What the answer says is what VAE and teacher say; and where it lies, at the place of an image that is not moved."""
    image = digits().images[NUMBER : NUMBER + 1]
    made = VAE.from_bytes(results.blob(asked["vae"].key, "state"), "cpu")
    teacher = Teacher.from_bytes(results.blob(asked["teacher"].key, "weights-0"), "cpu")
    code = made.encode(image).means
    own = call(results, asked)
    assert pixels(own) == pytest.approx(np.rint(255 * made.decode(code)), abs=1)
    assert own["places"] == {}
    whole = call(results, asked, residual=True)
    assert pixels(whole) == pytest.approx(image, abs=1)
    assert whole["probabilities"] == pytest.approx(softmax(teacher.classify(image))[0], abs=1e-4)

    moved = code + np.array([[0.5, -1.0, 0.0]])
    answer = call(results, asked, values=moved[0].tolist(), residual=True)
    residual = image / 255 - made.decode(code)
    wanted = np.clip(made.decode(moved) + residual, 0, 1)
    assert pixels(answer) == pytest.approx(np.rint(255 * wanted), abs=1)
    assert answer["probabilities"] == pytest.approx(softmax(teacher.classify(wanted.astype(np.float32)))[0], abs=1e-4)

    given = {"images": asked["images"], "predictions": asked["predictions"]}
    maps = [job("embedding", {"of": of}, **given) for of in ("features", "logits", "probabilities", "pixels")]
    maps.append(job("darksight", {"effort": "quick"}, **given))
    keys = [make(spec) for spec in maps]
    placed = call(results, asked, residual=True, maps=keys)["places"]
    for key in keys[:3]:
        near = results.array(key, "places")
        assert placed[key] == pytest.approx(near[NUMBER], abs=0.02 * float(np.ptp(near)))
    assert all(len(placed[key]) == 2 for key in keys)
    near = results.array(keys[3], "places")  # of pixels: by codes, of which this one's is the nearest
    assert call(results, asked, maps=keys[3:4])["places"][keys[3]] == pytest.approx(near[NUMBER], abs=1e-2)


def test_what_cannot_be_decoded_is_said(asked, results, make):
    with pytest.raises(ValueError, match=r"There is no image 1797; images are numbered 0 to 1796\."):
        call(results, asked, number=1797)
    with pytest.raises(ValueError, match="codes must be finite numbers of the shape"):
        call(results, asked, values=[1.0])
    others = job("images", {"source": {"kind": "digits", "seed": 5}})
    make(others)
    with pytest.raises(ValueError, match="This VAE was trained on other images than those of the study"):
        focused_image(results, others.key, asked["vae"].key, 0)


def test_pixels_travel_as_bytes():
    images = np.linspace(0, 1, 24, dtype=np.float32).reshape(2, 3, 2, 2)
    told = as_pixels(images)
    assert told["shape"] == [2, 3, 2, 2]
    assert base64.b64decode(told["data"]) == np.rint(255 * images).astype(np.uint8).tobytes()
