"""Maps as jobs. PCA has golden values; t-SNE and UMAP, whose numbers differ from machine to machine, are held to keeping
clusters together."""

import io
import threading
import time

import numpy as np
import pytest
import redis

from models.embedding import PCA, TSNE, UMAP
from models.predictions_file import predictions_manifest
from tests.models.clusters import clusters, purity
from workers import previews, tasks
from workers.kinds import KINDS, job
from workers.params import METHOD_SETTINGS, EmbeddingParams
from workers.runner import Attempt, Runner
from workers.studies import given_study

assert tasks  # registers what the kinds do


# ---- settings ----


def test_what_a_method_does_not_ask_for_makes_no_other_question():
    assert EmbeddingParams(perplexity=7, n_neighbors=7, min_dist=0.7, seed=7) == EmbeddingParams()
    plane = EmbeddingParams(method="tsne", perplexity=7, n_neighbors=7, min_dist=0.7, seed=7)
    assert plane == EmbeddingParams(method="tsne", perplexity=7, seed=7)
    assert plane.settings == {"perplexity": 7, "seed": 7}
    near = EmbeddingParams(method="umap", perplexity=7, n_neighbors=7, min_dist=0.7, seed=7)
    assert near.settings == {"n_neighbors": 7, "min_dist": 0.7, "seed": 7}
    assert near.perplexity == EmbeddingParams().perplexity
    assert EmbeddingParams.model_validate(near.model_dump()) == near


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"method": "isomap"}, "method"),
        ({"of": "images"}, "of"),
        ({"n_components": 4}, "n_components"),
        ({"method": "tsne", "perplexity": 0.5}, "perplexity"),
        ({"method": "tsne", "perplexity": 501}, "perplexity"),
        ({"method": "umap", "n_neighbors": 1}, "n_neighbors"),
        ({"method": "umap", "min_dist": 1.5}, "min_dist"),
        ({"method": "umap", "seed": -1}, "seed"),
        ({"perplexty": 30}, "perplexty"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(asked, named):
    with pytest.raises(ValueError, match=named):
        EmbeddingParams(**asked)


def test_the_defaults_are_those_of_the_science():
    for made, method in ((PCA(), "pca"), (TSNE(), "tsne"), (UMAP(), "umap")):
        ours = EmbeddingParams(method=method)
        theirs = vars(made)
        assert ours.n_components == theirs["n_components"]
        assert ours.seed == theirs["random_state"]
        assert all(ours.settings[name] == theirs[name] for name in METHOD_SETTINGS[method] if name != "seed")


def test_a_form_can_be_made_of_it():
    for name, field in EmbeddingParams.model_fields.items():
        assert field.title, name
        assert field.description, name


def test_short_maps_do_not_wait_behind_long_ones():
    def queue(method):
        return KINDS["embedding"].queue_for(EmbeddingParams(method=method).model_dump())

    assert [queue(method) for method in ("pca", "tsne", "umap")] == ["interactive", "batch", "batch"]


# ---- maps ----


@pytest.fixture
def told(jobs, results):
    """Stores predictions that hold these arrays, as if a worker had made them; returns both inputs of a map."""

    def put(**vectors):
        count = len(next(iter(vectors.values())))
        images = job("images")
        made = job("predictions", images=images, teacher=job("teacher", images=images))
        for spec in (*made.inputs.values(), made):
            jobs.submit(spec)
            attempt = jobs.claim(spec.key, "here").attempt
            size, arrays = results.stage(spec.key, attempt, vectors if spec is made else {})
            jobs.commit(spec.key, attempt, size, {"arrays": arrays, "count": count})
        return {"images": images, "predictions": made}

    return put


def test_golden_pca(make, results, told):
    """Of vectors that are the same everywhere, so that nothing but the kind itself is measured."""
    angles = np.linspace(0, 2 * np.pi, 9, dtype=np.float32)[:8]
    vectors = np.stack([3 * np.cos(angles), np.sin(angles), np.zeros(8)], axis=1).astype(np.float32) + 5
    given = told(logits=vectors)
    assert KINDS["embedding"].version == 2
    key = make(job("embedding", {"of": "logits"}, **given))
    assert results.meta(key)["arrays"]["places"] | {"parts": 1} == {
        "parts": 1, "bytes": 192, "dtype": "<f4", "shape": [8, 2],
    }  # fmt: skip
    assert results.array(key, "places") == pytest.approx(vectors[:, :2] - 5, abs=1e-5)
    meta = results.meta(key)
    assert meta["explained_variance"] == pytest.approx([0.9, 0.1])
    assert {name: meta[name] for name in ("method", "of", "n_components", "settings", "kl_divergence", "reduced_to")} == {
        "method": "pca", "of": "logits", "n_components": 2, "settings": {}, "kl_divergence": None, "reduced_to": None,
    }  # fmt: skip
    space = make(job("embedding", {"of": "logits", "n_components": 3}, **given))
    assert results.array(space, "places") == pytest.approx(vectors - 5, abs=1e-5)
    assert results.meta(space)["explained_variance"] == pytest.approx([0.9, 0.1, 0])


def test_tsne(make, results, told):
    vectors, which = clusters(60, 60)
    key = make(job("embedding", {"method": "tsne", "perplexity": 5, "n_components": 3}, **told(features=vectors)))
    assert results.array(key, "places").shape == (60, 3)
    assert purity(results.array(key, "places"), which) == 1
    meta = results.meta(key)
    assert (meta["method"], meta["n_components"], meta["explained_variance"]) == ("tsne", 3, None)
    assert meta["settings"] == {"perplexity": 5.0, "seed": 0}
    assert (meta["reduced_to"], meta["kl_divergence"] > 0) == (50, True)


@pytest.mark.slow  # for its code is compiled first
def test_umap(make, results, told):
    vectors, which = clusters(60, 5)
    key = make(job("embedding", {"method": "umap", "n_neighbors": 5}, **told(features=vectors)))
    assert purity(results.array(key, "places"), which) == 1
    meta = results.meta(key)
    assert meta["settings"] == {"n_neighbors": 5, "min_dist": 0.1, "seed": 0}
    assert (meta["reduced_to"], meta["kl_divergence"], meta["explained_variance"]) == (None, None, None)


def test_pixels(make, results, jobs):
    images = job("images")
    make(images)
    predictions = job("predictions", images=images, teacher=job("teacher", images=images))
    for spec in (predictions.inputs["teacher"], predictions):
        jobs.submit(spec)
        attempt = jobs.claim(spec.key, "here").attempt
        size, arrays = results.stage(spec.key, attempt, {})
        jobs.commit(spec.key, attempt, size, {"arrays": arrays})
    key = make(job("embedding", {"of": "pixels"}, images=images, predictions=predictions))
    pixels = results.array(images.key, "images").reshape(1797, -1)
    assert results.array(key, "places") == pytest.approx(PCA().fit(pixels).embedding_, abs=1)
    assert 0.2 < sum(results.meta(key)["explained_variance"]) < 0.5


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"of": "logits"}, "These predictions hold no logits; ask for a map of something else."),
        ({"method": "tsne"}, "perplexity 30 is too large for 40 vectors: "),
        ({"method": "umap", "n_neighbors": 40}, "n_neighbors 40 is too large for 40 vectors; 39 is the largest that will do."),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_says_why(jobs, results, told, asked, complaint):
    spec = job("embedding", asked, **told(features=np.eye(40, 3, dtype=np.float32)))
    jobs.submit(spec)
    Runner(jobs, results, "here", 60.0, {}).run(spec.key)
    assert jobs.get(spec.key).state == "failed"
    assert jobs.get(spec.key).error.startswith(complaint)


def test_predictions_without_images_have_no_pixels(make, jobs, results, tmp_path):
    path = tmp_path / "told.npz"
    np.savez(path, probabilities=np.full((6, 3), 1 / 3))
    asked = {"count": 6, "n_classes": 3, "has_labels": False, "has_images": False, "has_logits": False}
    given = given_study(asked | {"manifest": predictions_manifest(path)}, str(path))["images"]
    make(given)
    spec = job("embedding", {"of": "pixels"}, images=given, predictions=given)
    jobs.submit(spec)
    Runner(jobs, results, "here", 60.0, {}).run(spec.key)
    assert jobs.get(spec.key).error == (
        "These predictions came without images, so there are no pixels; ask for a map of something else."
    )


# ---- previews ----


def places_of(shown):
    return np.load(io.BytesIO(shown), allow_pickle=False)


def test_a_map_in_the_making_is_seen_and_gone_when_it_is_made(make, jobs, client, told, monkeypatch):
    monkeypatch.setattr("workers.runner.SECONDS_BETWEEN_PREVIEWS", 0)
    spec = job("embedding", {"method": "tsne", "perplexity": 5}, **told(features=clusters(30, 3)[0]))
    seen, keep = [], previews.keep

    def look(client, key, array):
        keep(client, key, array)
        seen.append((key, places_of(previews.read(client, key)), client.ttl(f"darkroom:preview:{key}")))

    monkeypatch.setattr(previews, "keep", look)
    make(spec)
    assert len(seen) > 20
    assert {(key, places.shape, places.dtype) for key, places, _ in seen} == {(spec.key, (30, 2), np.dtype("float32"))}
    assert {ttl for _, _, ttl in seen} <= {119, 120}
    assert jobs.get(spec.key).previews == len(seen)
    assert previews.read(client, spec.key) is None


def test_a_preview_a_second_at_most(jobs, client, monkeypatch):
    jobs.submit(job("images"))
    record = jobs.claim(job("images").key, "somebody")
    with Attempt(jobs, record, 60.0, threading.Event()) as attempt:
        for number in range(20):
            attempt.preview(np.array([number]))
        attempt.send()
        assert jobs.get(record.key).previews == 1
        assert places_of(previews.read(client, record.key)).tolist() == [0]
        monkeypatch.setattr("workers.runner.SECONDS_BETWEEN_PREVIEWS", 0)
        attempt.preview(np.array([20]), beside=np.array([3, 4]))
        attempt.send()
        assert places_of(previews.read(client, record.key, "beside")).tolist() == [3, 4]
        assert jobs.get(record.key).previews == 2
        assert places_of(previews.read(client, record.key)).tolist() == [20]
    assert previews.read(client, record.key) is None
    jobs.bury("somebody")
    assert jobs.claim(record.key, "another").previews == 0


def test_work_goes_on_where_a_preview_cannot_be_kept(jobs, monkeypatch):
    jobs.submit(job("images"))
    record = jobs.claim(job("images").key, "somebody")

    def away(*_):
        raise redis.OutOfMemoryError("full")

    monkeypatch.setattr(previews, "keep", away)
    with Attempt(jobs, record, 60.0, threading.Event()) as attempt:
        attempt.preview(np.zeros(2))
        attempt(0.5)
        attempt.send()
    assert (jobs.get(record.key).previews, jobs.get(record.key).fraction) == (0, 0.5)


def test_cancel_stops_tsne_and_takes_its_preview(jobs, results, client, told):
    vectors = np.random.default_rng(0).normal(size=(2500, 50)).astype(np.float32)  # a minute's work
    spec = job("embedding", {"method": "tsne"}, **told(features=vectors))
    jobs.submit(spec)
    worker = threading.Thread(target=Runner(jobs, results, "here", 60.0, {}).run, args=(spec.key,))
    worker.start()
    deadline = time.monotonic() + 60
    while not jobs.get(spec.key).previews:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert places_of(previews.read(client, spec.key)).shape == (2500, 2)
    jobs.cancel(spec.key)
    worker.join(60)
    assert not worker.is_alive()
    assert (jobs.get(spec.key).state, jobs.get(spec.key).fraction < 1) == ("cancelled", True)
    assert previews.read(client, spec.key) is None
    assert not results.which([spec.key])
