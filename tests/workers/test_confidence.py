"""Measures of confidence as jobs, and what maps are worth: what is stored is held against the definitions."""

import numpy as np
import pytest

from models.certainty import entropy, margin
from models.confidence import CONFIDENCES
from models.densities import MapKDE
from models.dirichlet import DirichletMixture
from tests.models.predicted import predictions
from tests.workers.by_hand import complaint, told
from workers import tasks
from workers.confidence import KS, facts_of
from workers.darksight_params import ConfidenceParams, MapWorthParams
from workers.kinds import KINDS, canonical, job
from workers.params import EmbeddingParams
from workers.sizes import CURVE_POINTS, N_MAP_MEASURES, N_MEASURES, confidence_bytes, map_worth_bytes

assert tasks  # registers what the kinds do

MEASURES = ["kde", "dirichlet-mixture", "entropy", "maximum", "margin"]
MAP_MEASURES = ["map-kde", "map-mixture"]
P = predictions(1200, 5)
LABELS = np.where(np.arange(1200) % 10, P.argmax(1), (P.argmax(1) + 1) % 5)  # nine of ten are told right


def described(results, key):
    return {name: f"{what['dtype']} {what['shape']}" for name, what in results.meta(key)["arrays"].items()}


def kept_accuracy(scores, correct):
    """The accuracy of the surest so many, for all numbers; where no two scores are the same."""
    return np.cumsum(correct[np.argsort(-scores)]) / np.arange(1, len(scores) + 1)


def test_forms_and_measures_are_those_of_the_science():
    for params in (ConfidenceParams, MapWorthParams):
        assert all(field.title and field.description for field in params.model_fields.values())
        assert params().model_dump() == {"split": "test", "seed": 0}
    of_each = {
        need: [name for name, known in CONFIDENCES.items() if known.needs == need] for need in ("probabilities", "map")
    }
    assert of_each == {"probabilities": MEASURES, "map": MAP_MEASURES}
    assert (len(MEASURES), len(MAP_MEASURES)) == (N_MEASURES, N_MAP_MEASURES)


# ---- of probabilities ----


@pytest.fixture
def measured(make, jobs, results):
    """Of the test images, the last 900 of 1,200; key and inputs."""
    given = told(jobs, results, P, LABELS, n_train=300)
    return make(job("confidence", **given)), given


def test_golden_confidence(measured, results):
    key, given = measured
    assert KINDS["confidence"].version == 1
    curve = f"<f8 [{CURVE_POINTS}]"
    assert described(results, key) == {
        **{f"score-{name}": "<f8 [1200]" for name in MEASURES},
        **{f"curve-{name}": curve for name in MEASURES},
        "kept": curve,
        "best": curve,
    }
    scores = {name: results.array(key, f"score-{name}") for name in MEASURES}
    p = P.astype(np.float32).astype(float)
    p /= p.sum(1, keepdims=True)
    assert scores["entropy"] == pytest.approx(-entropy(p), abs=1e-9)
    assert scores["maximum"] == pytest.approx(p.max(1), abs=1e-9)
    assert scores["margin"] == pytest.approx(margin(p), abs=1e-9)
    # The density by Scott's rule, from the test images alone, at ten of the training images.
    known, asked = p[300:], p[:10]
    width = np.sqrt(known.var(0, ddof=1).sum() / 4) * 900 ** (-1 / 8)
    kernels = np.exp(-((asked[:, None] - known) ** 2).sum(2) / (2 * width**2)) / (2 * np.pi * width**2) ** 2
    assert scores["kde"][:10] == pytest.approx(np.log(kernels.mean(1)), abs=1e-6)
    mixture = DirichletMixture(5, random_state=0).fit(p[300:])
    assert scores["dirichlet-mixture"] == pytest.approx(mixture.score_samples(p), abs=0.1)
    assert scores["dirichlet-mixture"].mean() == pytest.approx(43.8, abs=2)
    expected = confidence_bytes(ConfidenceParams(), {"images": results.meta(given["images"].key)})
    assert 0.7 * expected < results.sizes()[key] < 1.2 * expected


def test_curves_are_of_the_split(measured, results):
    key, correct = measured[0], (P.argmax(1) == LABELS)[300:]
    kept, meta = results.array(key, "kept"), results.meta(key)
    counts = np.rint(kept * 900).astype(int)
    assert (kept[0] > 0, kept[-1], len(kept)) == (True, 1, CURVE_POINTS)
    assert (np.diff(kept) > 0).all()
    for told_of in meta["measures"]:
        name, known = told_of["name"], CONFIDENCES[told_of["name"]]
        assert (told_of["title"], told_of["unit"], told_of["note"]) == (known.title, known.unit, None)
        scores = results.array(key, f"score-{name}")[300:]
        if len(np.unique(scores)) == 900:
            whole = kept_accuracy(scores, correct)
            assert results.array(key, f"curve-{name}") == pytest.approx(whole[counts - 1])
            assert told_of["mean"] == pytest.approx(whole.mean())
    assert [told_of["name"] for told_of in meta["measures"]] == MEASURES
    best = np.minimum(np.arange(1, 901), correct.sum()) / np.arange(1, 901)
    assert results.array(key, "best") == pytest.approx(best[counts - 1])
    assert meta["best_mean"] == pytest.approx(best.mean())
    assert meta["chance"] == pytest.approx(0.9)
    assert (meta["split"], meta["count"]) == ("test", 900)
    assert canonical(meta)


def test_few_images_have_their_whole_curve(make, results, measured):
    key = make(job("confidence", {"split": "train"}, **measured[1]))
    assert results.array(key, "kept") == pytest.approx(np.arange(1, 301) / 300)
    assert (results.meta(key)["split"], results.meta(key)["count"]) == ("train", 300)
    assert results.array(key, "score-kde").shape == (1200,)


def test_without_labels_there_are_scores_and_no_curves(make, jobs, results):
    """And of two classes, without training images."""
    key = make(job("confidence", **told(jobs, results, predictions(80, 2))))
    assert described(results, key) == {**{f"score-{name}": "<f8 [80]" for name in MEASURES}, "kept": "<f8 [80]"}
    meta = results.meta(key)
    assert (meta["best_mean"], meta["chance"], meta["count"]) == (None, None, 80)
    assert {(told_of["mean"], told_of["note"]) for told_of in meta["measures"]} == {(None, None)}
    assert canonical(meta)


def test_equal_scores_say_so(make, jobs, results):
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.7, 0.2], [0.2, 0.1, 0.7], [0.7, 0.1, 0.2]])
    key = make(job("confidence", **told(jobs, results, p, np.array([0, 1, 2, 1]))))
    notes = {told_of["name"]: told_of["note"] for told_of in results.meta(key)["measures"]}
    assert notes["maximum"] == "All 4 scores are 0.7: they put nothing before anything else."
    assert results.array(key, "curve-maximum").tolist() == [0.75] * 4


@pytest.mark.parametrize(
    ("asked", "p", "says"),
    [
        ({"split": "train"}, P, "This study has no train images; ask for the test images instead."),
        ({}, np.full((9, 3), 1 / 3), "a density needs probabilities that differ; all 9 are the same."),
    ],
)
def test_what_cannot_be_measured_says_why(jobs, results, asked, p, says):
    assert complaint(jobs, results, job("confidence", asked, **told(jobs, results, p))) == says


# ---- of maps ----


def test_golden_map_worth(make, jobs, results):
    """Of a map of some classes, which hides images."""
    given = told(jobs, results, P, LABELS, n_train=300)
    darksight = job("darksight", {"effort": "quick", "classes": [0, 2, 3]}, **given)
    key = make(job("map-worth", map=darksight, **given))
    assert KINDS["map-worth"].version == 1
    places = results.array(darksight.key, "places")
    shown = np.flatnonzero(~np.isnan(places[:, 0]))
    mine = shown[shown >= 300]
    n_points = min(CURVE_POINTS, len(mine))
    curve = f"<f8 [{n_points}]"
    ks = [k for k in KS if k < len(mine)]
    assert 300 < len(mine) < 850
    assert described(results, key) == {
        **{f"score-{name}": "<f8 [1200]" for name in MAP_MEASURES},
        **{f"curve-{name}": curve for name in MAP_MEASURES},
        "kept": curve,
        "best": curve,
        "ks": f"<i4 [{len(ks)}]",
        "fidelity": f"<f8 [{len(ks)}]",
    }
    for name in MAP_MEASURES:
        scores = results.array(key, f"score-{name}")
        assert np.array_equal(np.flatnonzero(~np.isnan(scores)), shown)
        whole = kept_accuracy(scores[mine], (P.argmax(1) == LABELS)[mine])
        counts = np.rint(results.array(key, "kept") * len(mine)).astype(int)
        off = (results.array(key, f"curve-{name}") - whole[counts - 1]) * counts
        assert np.abs(off).max() < 1.5  # of equal scores either may come first
    assert results.array(key, "score-map-kde")[shown] == pytest.approx(
        MapKDE().fit(places[mine]).score_samples(places[shown])
    )
    assert results.array(key, "ks").tolist() == ks
    meta = results.meta(key)
    assert meta["map"] == {"kind": "darksight", "title": "DarkSight"}
    assert (meta["split"], meta["count"]) == ("test", len(mine))
    assert [told_of["name"] for told_of in meta["measures"]] == MAP_MEASURES
    assert meta["chance"] == pytest.approx((P.argmax(1) == LABELS)[mine].mean())
    assert canonical(meta)
    expected = map_worth_bytes(MapWorthParams(), {"images": results.meta(given["images"].key)})
    assert 0.7 * expected < results.sizes()[key] < 1.2 * expected


def test_neighbours_are_compared_by_what_the_teacher_says(make, jobs, results):
    p = P[:60]
    given = told(jobs, results, p, logits=np.log(p))
    embedding = job("embedding", {"of": "logits"}, **given)
    key = make(job("map-worth", map=embedding, **given))
    places = results.array(embedding.key, "places").astype(float)
    far = ((places[:, None] - places) ** 2).sum(2)
    np.fill_diagonal(far, np.inf)
    nearest = np.argsort(far, axis=1)

    def entropy_of(q):
        return -(q * np.log(np.maximum(q, 1e-300))).sum(-1)

    q = p.astype(np.float32).astype(float)
    apart = np.sqrt(np.maximum(entropy_of((q[:, None] + q) / 2) - (entropy_of(q)[:, None] + entropy_of(q)) / 2, 0))
    each = np.take_along_axis(apart, nearest, axis=1)
    assert results.array(key, "ks").tolist() == [1, 2, 5, 10, 20, 50]
    assert results.array(key, "fidelity") == pytest.approx(
        [each[:, :k].mean() for k in (1, 2, 5, 10, 20, 50)], abs=1e-5
    )
    assert "curve-map-kde" not in described(results, key)
    assert results.meta(key)["map"] == {"kind": "embedding", "title": "PCA of logits"}
    assert not np.isnan(results.array(key, "score-map-mixture")).any()


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ({"method": "tsne", "perplexity": 30, "of": "logits"}, "t-SNE of logits, perplexity 30"),
        ({"method": "umap", "min_dist": 0.25}, "UMAP of features, 15 neighbours, least distance 0.25"),
    ],
)
def test_a_map_is_called_by_its_settings(asked, title):
    params = EmbeddingParams(**asked)
    meta = {"kind": "embedding", "method": params.method, "of": params.of, "settings": params.settings}
    assert facts_of(meta) == {"kind": "embedding", "title": title}


def test_what_a_map_is_not_worth_says_why(make, jobs, results):
    given = told(
        jobs, results, P[:40], n_train=1, features=np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    )
    space, plane = (job("embedding", {"n_components": n}, **given) for n in (3, 2))
    make(space)
    assert complaint(jobs, results, job("map-worth", map=space, **given)) == (
        "This map is in 3-D, but measures of a map need a plane; ask for a map in 2-D."
    )
    make(plane)
    assert complaint(jobs, results, job("map-worth", {"split": "train"}, map=plane, **given)) == (
        "This map shows 1 of the train images, and its measures need two or more; ask for a map of other classes."
    )
