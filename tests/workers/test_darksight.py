"""DarkSight maps as jobs, and questions asked of them. No two machines make the same map, so what is stored is held
against the map itself, and that against what the science promises of one."""

import inspect
import threading
import time
from typing import get_args

import annotated_types
import numpy as np
import pytest

from models.darksight import DarkSight, ParametricDarkSight
from models.darksight.efforts import EFFORTS
from models.data import digits, statistics
from models.teacher import Teacher
from tests.models.predicted import predictions, symmetric
from tests.workers.by_hand import complaint, told
from workers import previews, tasks
from workers.darksight import place_on_map, untrained, usual_pixels
from workers.darksight_params import EFFORTS as NAMES_OF_EFFORTS
from workers.darksight_params import DarkSightParams
from workers.kinds import KINDS, canonical, job
from workers.runner import Runner
from workers.sizes import DENSITY_GRID, darksight_bytes

assert tasks  # registers what the kinds do

QUICK = {"effort": "quick"}
OF_EACH_IMAGE = ("places", "log_density", "teacher_classes", "teacher_shares", "student_classes", "student_shares")
P = predictions(400, 6)
LABELS = np.where(np.arange(400) % 10, P.argmax(1), (P.argmax(1) + 1) % 6)  # nine of ten are told right


# ---- settings ----


def test_the_defaults_are_those_of_the_science():
    known = inspect.signature(DarkSight).parameters
    ours = {name: field.default for name, field in DarkSightParams.model_fields.items()}
    shared = ("classes", "temperature", "conditional", "df", "optimizer")
    assert {name: ours[name] for name in shared} == {name: known[name].default for name in shared}
    for name in ("conditional", "optimizer"):
        assert str(get_args(DarkSightParams.model_fields[name].annotation)) == str(get_args(known[name].annotation))
    assert ours["effort"] == "usual"
    assert EFFORTS["usual"] == {}
    assert list(EFFORTS) == list(NAMES_OF_EFFORTS) == list(get_args(DarkSightParams.model_fields["effort"].annotation))
    assert all(set(settings) <= set(known) for settings in EFFORTS.values())


@pytest.mark.parametrize("name", ["temperature", "df"])
def test_the_science_takes_what_lies_at_the_ends_of_a_range(name):
    least, most = [], []
    for told_of in DarkSightParams.model_fields[name].metadata:
        least += [told_of.ge] if isinstance(told_of, annotated_types.Ge) else []
        least += [0.01] if isinstance(told_of, annotated_types.Gt) else []
        most += [told_of.le] if isinstance(told_of, annotated_types.Le) else []
    for value in (*least, *most):
        DarkSightParams(**{name: value})
        fitted = DarkSight(**{name: value}, n_init=1, max_iter=2, random_state=0, device="cpu").fit(P[:60])
        assert np.isfinite(fitted.embedding_).all()
    assert len(least + most) == 2


def test_a_form_can_be_made_of_it():
    for name, field in DarkSightParams.model_fields.items():
        assert field.title, name
        assert field.description, name


def test_classes_in_another_order_are_the_same_question():
    assert DarkSightParams(classes=[3, 1, 3]) == DarkSightParams(classes=(1, 3))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"classes": [3]}, "two different classes"),
        ({"classes": [-1, 3]}, "by number from 0"),
        ({"temperature": 0}, "temperature"),
        ({"df": 0}, "df"),
        ({"effort": "most"}, "effort"),
        ({"split": "all"}, "split"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(asked, named):
    with pytest.raises(ValueError, match=named):
        DarkSightParams(**asked)


# ---- maps ----


def described(results, key):
    return {
        name: f"{what['dtype']} {what['shape']}" if "dtype" in what else "bytes"
        for name, what in results.meta(key)["arrays"].items()
    }


def shares_of(means, log_prior, places):
    """What a student of two degrees of freedom says (M, K) of places, and the log of its density (M,): Eq. 3, by hand."""
    variance = np.sqrt(np.log(len(means)))
    square = ((places[:, None].astype(float) - means) ** 2).sum(2)
    joint = np.exp(log_prior) / (2 * np.pi * variance) * (1 + square / (2 * variance)) ** -2
    return joint / joint.sum(1, keepdims=True), np.log(joint.sum(1))


@pytest.fixture
def learned(make, jobs, results):
    """A quick map of the test images, the last 300 of 400; key and inputs."""
    given = told(jobs, results, P, LABELS, n_train=100)
    return make(job("darksight", QUICK, **given)), given


def test_golden_darksight(learned, results):
    key, given = learned
    assert KINDS["darksight"].version == 1
    assert described(results, key) == {
        "places": "<f4 [400, 2]",
        "log_density": "<f4 [400]",
        "means": "<f4 [6, 2]",
        "class_log_prior": "<f4 [6]",
        "classes": "<i4 [6]",
        "teacher_classes": "<u2 [400, 3]",
        "teacher_shares": "<f4 [400, 3]",
        "student_classes": "<u2 [400, 3]",
        "student_shares": "<f4 [400, 3]",
        "grid_x": f"<f4 [{DENSITY_GRID}]",
        "grid_y": f"<f4 [{DENSITY_GRID}]",
        "grid_log_density": f"<f4 [{DENSITY_GRID}, {DENSITY_GRID}]",
        "state": "bytes",
    }
    meta = results.meta(key)
    facts = {"split", "settings", "parametric", "kl_divergence", "kl_divergence_other", "agreement", "agreement_other"}
    facts |= {"accuracy", "n_fitted", "n_hidden", "n_iter", "eps", "fit_seconds"}
    facts |= {"kind", "version", "params", "inputs", "arrays", "seconds", "made_by"}
    assert set(meta) == facts
    assert meta["kl_divergence"] == pytest.approx(0.022, abs=0.01)
    assert (meta["split"], meta["parametric"], meta["eps"]) == ("test", False, 1e-12)
    assert (meta["n_fitted"], meta["n_hidden"]) == (300, 0)
    assert meta["settings"] == DarkSightParams(**QUICK).model_dump(mode="json")
    assert 0 < meta["fit_seconds"] <= meta["seconds"]
    expected = darksight_bytes(DarkSightParams(**QUICK), {"images": results.meta(given["images"].key)})
    assert 0.7 * expected < results.sizes()[key] < 1.2 * expected


def test_what_is_stored_is_what_the_map_says(learned, results):
    key = learned[0]
    a = {name: results.array(key, name) for name in described(results, key) if name != "state"}
    meta, test = results.meta(key), slice(100, None)
    q, log_density = shares_of(a["means"], a["class_log_prior"], a["places"])
    assert a["log_density"] == pytest.approx(log_density, abs=1e-4)
    for who, shares in (("teacher", P), ("student", q)):
        assert a[f"{who}_shares"] == pytest.approx(-np.sort(-shares)[:, :3], abs=1e-5)
        assert np.take_along_axis(shares, a[f"{who}_classes"].astype(int), 1) == pytest.approx(
            a[f"{who}_shares"], abs=1e-5
        )
    apart, alike = symmetric(P, q), q.argmax(1) == P.argmax(1)
    assert meta["kl_divergence"] == pytest.approx(apart[test].mean(), rel=1e-3)
    assert meta["kl_divergence_other"] == pytest.approx(apart[:100].mean(), rel=1e-3)
    assert meta["kl_divergence_other"] < 2 * meta["kl_divergence"] + 0.01
    assert (meta["agreement"], meta["agreement_other"]) == (alike[test].mean(), alike[:100].mean())
    assert meta["accuracy"]["teacher"] == pytest.approx(0.9)
    assert meta["accuracy"]["student"] == (q.argmax(1) == LABELS)[test].mean()
    x, y = np.meshgrid(a["grid_x"], a["grid_y"])
    seen = shares_of(a["means"], a["class_log_prior"], np.stack([x.ravel(), y.ravel()], 1))[1]
    assert a["grid_log_density"].ravel() == pytest.approx(seen, abs=1e-4)
    assert (a["places"][test] >= [a["grid_x"][0], a["grid_y"][0]]).all()
    assert (a["places"][test] <= [a["grid_x"][-1], a["grid_y"][-1]]).all()


def test_images_outside_the_split_lie_where_the_map_places_them(learned, results):
    key = learned[0]
    fitted, places = DarkSight.from_bytes(results.blob(key, "state"), "cpu"), results.array(key, "places")
    assert np.array_equal(places[100:], fitted.embedding_)
    assert places[:100] == pytest.approx(fitted.transform(P[:100].astype(np.float32)), abs=1e-4)


def test_the_map_of_the_training_images_places_the_test_images(make, jobs, results, learned):
    key = make(job("darksight", QUICK | {"split": "train"}, **learned[1]))
    fitted = DarkSight.from_bytes(results.blob(key, "state"), "cpu")
    assert np.array_equal(results.array(key, "places")[:100], fitted.embedding_)
    assert (results.meta(key)["split"], results.meta(key)["n_fitted"]) == ("train", 100)
    assert not np.isnan(results.array(key, "places")).any()


@pytest.mark.parametrize("effort", list(EFFORTS))
def test_settings_reach_the_science(effort):
    asked = DarkSightParams(effort=effort, conditional="gaussian", df=3, temperature=2, optimizer="coordinate", seed=5)
    made = workers_map(asked)
    wanted = {"conditional": "gaussian", "df": 3, "temperature": 2, "optimizer": "coordinate", "random_state": 5}
    wanted |= {"n_init": 4, "max_iter": 45} | EFFORTS[effort]
    assert wanted.items() <= made.get_params(deep=False).items()
    network = workers_map(asked.model_copy(update={"parametric": True, "classes": (1, 2)}))
    assert isinstance(network, ParametricDarkSight)
    assert network.random_state == 5
    assert (wanted | {"classes": (1, 2)}).items() <= network.darksight.get_params(deep=False).items()


def workers_map(params):
    return untrained(params, lambda *_, **__: None)


def test_without_labels_and_training_images_the_rest_is_there(make, jobs, results):
    """And of two classes."""
    p = predictions(60, 2)
    key = make(job("darksight", QUICK, **told(jobs, results, p)))
    meta = results.meta(key)
    assert meta["accuracy"] == {"student": None, "teacher": None}
    assert (meta["kl_divergence_other"], meta["agreement_other"], meta["n_fitted"]) == (None, None, 60)
    assert meta["kl_divergence"] < 0.02
    assert results.array(key, "teacher_classes").shape == results.array(key, "student_shares").shape == (60, 2)
    assert np.array_equal(results.array(key, "teacher_classes")[:, 0], p.argmax(1))
    assert canonical(meta)


def test_some_classes_hide_the_images_that_have_nothing_in_them(make, jobs, results):
    given = told(jobs, results, P, LABELS, n_train=100)
    key = make(job("darksight", QUICK | {"classes": [5, 1, 2]}, **given))
    hidden = P.astype(np.float32)[:, [1, 2, 5]].sum(1) < 0.05
    assert 0 < hidden[100:].sum() < 300
    meta, a = results.meta(key), {name: results.array(key, name) for name in OF_EACH_IMAGE}
    assert results.array(key, "classes").tolist() == [1, 2, 5]
    for name in ("places", "log_density", "teacher_shares", "student_shares"):
        assert np.array_equal(np.isnan(a[name]).reshape(400, -1).all(1), hidden)
        assert np.array_equal(np.isnan(a[name]).reshape(400, -1).any(1), hidden)
    assert (meta["n_hidden"], meta["n_fitted"]) == (hidden[100:].sum(), (~hidden[100:]).sum())
    of_them = P[:, [1, 2, 5]] / P[:, [1, 2, 5]].sum(1, keepdims=True)
    shown = np.flatnonzero(~hidden)
    assert a["teacher_shares"][shown] == pytest.approx(-np.sort(-of_them[shown]), abs=1e-5)
    assert np.array_equal(a["teacher_classes"][shown, 0], np.array([1, 2, 5])[of_them[shown].argmax(1)])
    assert set(a["student_classes"][shown, 0].tolist()) == {1, 2, 5}
    mine = shown[shown >= 100]
    right = a["teacher_classes"][:, 0] == LABELS
    assert meta["accuracy"]["teacher"] == right[mine].mean() < 0.95
    assert np.mean(a["teacher_classes"][mine, 0] == a["student_classes"][mine, 0]) == meta["agreement"]
    assert canonical(meta)
    new = place_on_map(results, key, P[:50].tolist())["places"]
    assert [spot is None for spot in new] == hidden[:50].tolist()


@pytest.mark.parametrize(
    ("asked", "n_train", "says"),
    [
        ({"classes": [2, 6]}, 0, "The classes of this study are numbered 0 to 5; there is no class 6 to be mapped."),
        ({"split": "train"}, 0, "This study has no train images; ask for the test images instead."),
        ({}, 400, "This study has no test images; ask for the train images instead."),
        ({}, 397, "P must have at least as many points as classes, to learn a map from, but n_samples = 3 for 6 classes."),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_says_why(jobs, results, asked, n_train, says):
    given = told(jobs, results, P, n_train=n_train)
    assert complaint(jobs, results, job("darksight", QUICK | asked, **given)) == says


# ---- while it is made ----


@pytest.mark.parametrize("parametric", [False, True])
def test_a_map_in_the_making_is_seen(make, jobs, results, monkeypatch, parametric):
    monkeypatch.setattr("workers.runner.SECONDS_BETWEEN_PREVIEWS", 0)
    seen, fractions = [], []
    monkeypatch.setattr(previews, "keep", lambda client, key, array: seen.append((key, array.copy())))
    report = jobs.report
    monkeypatch.setattr("workers.runner.REPORTS_PER_SECOND", 1e9)

    def listen(key, attempt, fields, points, lines):
        fractions.extend([fields["fraction"]] if "fraction" in fields else [])
        return report(key, attempt, fields, points, lines)

    monkeypatch.setattr(jobs, "report", listen)
    spec = job("darksight", QUICK | {"parametric": parametric}, **told(jobs, results, P, n_train=100))
    make(spec)
    assert len(seen) >= 2
    for key, places in seen:
        assert (key, places.shape, places.dtype) == (spec.key, (400, 2), np.float32)
        assert np.isnan(places[:100]).all()
        assert not np.isnan(places[100:]).any()
    points = [point["kl_divergence"] for point in jobs.metrics(spec.key) if "kl_divergence" in point]
    assert len(points) > 5
    assert points[-1] == pytest.approx(results.meta(spec.key)["kl_divergence"], rel=1e-6)
    assert fractions[-1] == 1
    assert fractions == sorted(fractions)


@pytest.mark.parametrize("parametric", [False, True])
def test_cancel_stops_it(jobs, results, parametric):
    p = predictions(6000, 6)  # some ten seconds' work
    asked = {"effort": "fine", "parametric": parametric}
    spec = job("darksight", asked, **told(jobs, results, p))
    jobs.submit(spec)
    worker = threading.Thread(target=Runner(jobs, results, "here", 60.0, {}).run, args=(spec.key,))
    worker.start()
    deadline = time.monotonic() + 60
    while not jobs.get(spec.key).fraction:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    jobs.cancel(spec.key)
    worker.join(60)
    assert not worker.is_alive()
    assert (jobs.get(spec.key).state, jobs.get(spec.key).fraction < 1) == ("cancelled", True)
    assert not results.which([spec.key])


# ---- calls ----


def test_predictions_of_the_map_are_placed_where_they_are_answered_alike(learned, results):
    key = learned[0]
    new = np.array(place_on_map(results, key, P[100:200].tolist())["places"])
    a = {name: results.array(key, name) for name in ("means", "class_log_prior", "places")}
    q, _ = shares_of(a["means"], a["class_log_prior"], new)
    before, _ = shares_of(a["means"], a["class_log_prior"], a["places"][100:200])
    assert np.mean(q.argmax(1) == before.argmax(1)) >= 0.99
    assert symmetric(P[100:200], q).mean() <= symmetric(P[100:200], before).mean() + 1e-3


def test_what_has_no_place_and_what_has_no_pixels_says_why(learned, results):
    with pytest.raises(ValueError, match="P must be probabilities"):
        place_on_map(results, learned[0], [[2.0, 0, 0, 0, 0, 0]])
    with pytest.raises(ValueError, match="features"):
        place_on_map(results, learned[0], [[0.5, 0.5]])
    with pytest.raises(ValueError, match="have it made by a network"):
        usual_pixels(results, "images", "teacher", learned[0], 0, 0)


@pytest.fixture
def asked(make, jobs, results):
    """A map by a network of what an untrained teacher says of some digits, and what the call for pixels takes."""
    images = job("images")
    make(images)
    means = statistics(digits())
    teacher = Teacher.create("lenet", (1, 28, 28), 10, means["mean"], means["std"], seed=0, device="cpu")
    trained = job("teacher", images=images)
    jobs.submit(trained)
    attempt = jobs.claim(trained.key, "here").attempt
    size, arrays = results.stage(trained.key, attempt, {"weights-0": teacher.to_bytes()})
    jobs.commit(trained.key, attempt, size, {"stored_epochs": [0], "arrays": arrays})
    said = job("predictions", images=images, teacher=trained)
    key = make(job("darksight", QUICK | {"parametric": True}, images=images, predictions=said))
    return {"images": images.key, "teacher": trained.key, "darksight": key, "epoch": 0, "number": 1500}, teacher


def test_the_gradient_is_that_of_the_log_of_the_density(asked, results, monkeypatch):
    params, teacher = asked
    answer = usual_pixels(results, **params)
    gradient = np.array(answer["gradient"])
    assert gradient.shape == (1, 28, 28)
    assert results.meta(params["darksight"])["parametric"] is True
    assert answer["place"] == pytest.approx(results.array(params["darksight"], "places")[1500], abs=1e-3)
    assert answer["log_density"] == pytest.approx(results.array(params["darksight"], "log_density")[1500], abs=1e-3)
    fitted = ParametricDarkSight.from_bytes(results.blob(params["darksight"], "state"), "cpu")
    pixels = digits().images[1500:1501] / np.float32(255)
    inner = (pixels[0] > 0.1) & (pixels[0] < 0.9)
    step = gradient * inner
    step *= 0.01 / np.abs(step).max()

    def density(images):
        p = teacher.predict(images.astype(np.float32)).logits.astype(float)
        p = np.exp(p) / np.exp(p).sum()
        return fitted.score_samples(fitted.transform(p))[0]

    rise = density(pixels + step) - density(pixels - step)
    assert rise > 0.02
    assert rise / 2 == pytest.approx((gradient * step).sum(), rel=0.05)
    with pytest.raises(ValueError, match="ids must lie in 0 to 1796"):
        usual_pixels(results, **params | {"number": 1797})
    monkeypatch.setattr(
        ParametricDarkSight, "transform", lambda self, p: np.full((1, 2), np.nan)
    )  # as if it were hidden
    with pytest.raises(ValueError, match="Image 1500 has too little in the classes of this map, and no place on it"):
        usual_pixels(results, **params)
