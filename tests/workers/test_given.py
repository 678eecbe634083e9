"""Studies of predictions alone: a look at the file, the result that plays two roles, and what goes wrong with either."""

import time

import numpy as np
import pytest

from models.teacher import softmax
from workers.chunks import ChunkIndex
from workers.kinds import KINDS, job
from workers.params import GivenParams
from workers.pixels import chunk_folder, pixels_of
from workers.results import MissingResult
from workers.studies import Studies, given_study
from workers.sweep import chunks_named

N, K = 40, 10
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 4, (N, K)).astype(np.float32)
LABELS = RNG.integers(0, K, N)
PIXELS = RNG.integers(0, 256, (N, 9, 7), np.uint8)
SAID = ("probabilities", "predicted", "confidence", "entropy", "margin")  # of whatever file


@pytest.fixture
def write(tmp_path):
    """Writes arrays as an .npz file."""

    def write(**arrays):
        np.savez(tmp_path / "told.npz", **arrays)
        return tmp_path / "told.npz"

    return write


@pytest.fixture
def look(make, results):
    """What a look at a file says."""

    def look(path, **settings):
        asked = {"what": "predictions", "path": str(path), "asked": time.time()}
        return results.meta(make(job("look", asked | settings)))

    return look


def study_of(found, path, **settings):
    asked = {name: found[name] for name in GivenParams.model_fields if name in found and name != "outputs"}
    return given_study(asked | settings, str(path))


@pytest.fixture
def make_given(make, look):
    """The key of the result that a file comes to, looked at before."""
    return lambda path, **settings: make(study_of(look(path, **settings), path, **settings)["predictions"])


def test_logits_with_labels(make_given, results, write):
    key = make_given(write(logits=LOGITS, labels=LABELS))
    assert KINDS["given"].version == 2
    assert {name: f"{told['dtype']} {told['shape']}" for name, told in results.meta(key)["arrays"].items()} == {
        "logits": "<f4 [40, 10]",
        "probabilities": "<f4 [40, 10]",
        "predicted": "<i4 [40]",
        "confidence": "<f4 [40]",
        "entropy": "<f4 [40]",
        "margin": "<f4 [40]",
        "labels": "<i8 [40]",
        "confusion_train": "<i8 [10, 10]",
        "confusion_test": "<i8 [10, 10]",
    }
    predicted, confusion = results.array(key, "predicted"), results.array(key, "confusion_test")
    assert np.array_equal(results.array(key, "logits"), LOGITS)
    assert np.array_equal(results.array(key, "probabilities"), softmax(LOGITS).astype(np.float32))
    assert np.array_equal(predicted, LOGITS.argmax(axis=1))
    assert np.array_equal(results.array(key, "confidence"), results.array(key, "probabilities").max(axis=1))
    assert all(confusion[t, p] == ((t == LABELS) & (p == predicted)).sum() for t in range(K) for p in range(K))
    assert results.array(key, "confusion_train").sum() == 0
    meta = results.meta(key)
    told = ("name", "notes", "count", "n_train", "class_names", "n_classes", "shape", "atlas")
    assert [meta[name] for name in told] == ["told", [], N, 0, list("0123456789"), K, None, None]
    assert meta["outputs"]["kind"] == "logits"
    assert meta["outputs"]["reason"].endswith("so they are no probabilities but logits.")
    assert meta["test_accuracy"] == (predicted == LABELS).mean()
    assert not {"mean", "std", "chunks"} & set(meta)


def test_probabilities_without_labels_of_a_table(make_given, look, results, tmp_path):
    path = tmp_path / "told.csv"
    np.savetxt(path, softmax(LOGITS), "%.6f", ";", header="a;b;c;d;e;f;g;h;i;j", comments="")
    found = look(path)
    assert [found[name] for name in ("has_labels", "has_images", "has_logits")] == [False, False, False]
    key = make_given(path)
    meta = results.meta(key)
    assert set(meta["arrays"]) == {*SAID}
    assert results.array(key, "probabilities").sum(axis=1) == pytest.approx(np.ones(N), abs=1e-6)
    assert np.array_equal(results.array(key, "predicted"), LOGITS.argmax(axis=1))
    assert meta["class_names"] == list("abcdefghij")
    assert meta["outputs"]["kind"] == "probabilities"
    assert "test_accuracy" not in meta


def test_images_come_along_in_chunks_and_on_atlas_pages(make_given, look, results, write, tmp_path):
    path = write(probs=softmax(LOGITS), images=PIXELS)
    found = look(path)
    assert (found["has_images"], found["shape"]) == (True, [1, 9, 7])
    key = make_given(path)
    meta = results.meta(key)
    assert set(meta["arrays"]) == {*SAID, "page-0"}
    assert (meta["shape"], meta["atlas"]["tile_height"]) == ([1, 9, 7], 9)
    assert np.array_equal(pixels_of(results, key, tmp_path / "data").read_all(), PIXELS[:, np.newaxis])
    assert meta["mean"] + meta["std"] == pytest.approx([(PIXELS / 255).mean(), (PIXELS / 255).std()])
    digests = ChunkIndex.from_json(meta["chunks"]).digests
    assert chunks_named(results) == set(digests)  # or a sweep would take them
    assert {file.stem for file in chunk_folder(tmp_path / "data").rglob("*.npy")} == set(digests)


def test_without_images_there_are_no_pixels(make_given, results, write, tmp_path):
    key = make_given(write(logits=LOGITS))
    with pytest.raises(MissingResult, match="is of the kind given and holds no images"):
        pixels_of(results, key, tmp_path / "data")


def test_what_is_stated_counts(make_given, look, results, write):
    path = write(outputs=softmax(LOGITS))
    assert look(path)["outputs"]["kind"] == "probabilities"
    found = look(path, outputs="logits")
    assert (found["has_logits"], found["outputs"]["reason"]) == (True, "Stated to be logits.")
    key = make_given(path, outputs="logits")
    assert np.array_equal(results.array(key, "logits"), softmax(LOGITS).astype(np.float32))
    assert key != make_given(path)


@pytest.mark.parametrize("more", [{}, {"labels": LABELS}])
def test_the_size_that_was_expected_is_about_right(make_given, results, write, more):
    arrays = {name: np.concatenate([array] * 40) for name, array in ({"logits": LOGITS} | more).items()}
    key = make_given(write(**arrays))
    params = GivenParams.model_validate(results.meta(key)["params"])
    assert params.count == 40 * N
    assert KINDS["given"].size(params, {}) == pytest.approx(results.sizes()[key], rel=0.05)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"logits": np.where(LOGITS > 11, np.nan, LOGITS)}, r"must be finite numbers, but row \d+, column \d is nan"),
        (
            {"logits": np.full((N, K), 1e300)},
            r"must lie within ±3.4e\+38, as it is kept as float32, but goes to 1e\+300",
        ),
        ({"logits": LOGITS, "labels": np.arange(N) % 12}, r"as there are 10 classes, but the label of image 10 is 10"),
        (
            {"logits": LOGITS, "class_names": np.array(list("abcdefghijkl"))},
            r"has 10 outputs an image, but names 12 classes",
        ),
        ({"images": PIXELS}, r"must hold an array logits or probabilities, but holds images"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_by_the_look(look, write, arrays, sentence):
    with pytest.raises(AssertionError, match=sentence):
        look(write(**arrays))


def test_a_cell_with_a_text_is_named(look, tmp_path):
    (tmp_path / "told.csv").write_text("1.5,2.5\n7,oops\n")
    with pytest.raises(AssertionError, match=r"row 1 \(line 2\), column 1 must be a number, not 'oops'"):
        look(tmp_path / "told.csv")


def test_a_file_that_has_changed_since_is_refused_and_may_be_tried_again(make, look, jobs, results, write):
    path = write(logits=LOGITS, labels=LABELS)
    specs = study_of(look(path), path)
    path = write(logits=LOGITS, labels=LABELS[::-1])
    with pytest.raises(AssertionError, match="does not hold any more what was found there when this was asked for"):
        make(specs["images"])
    path = write(logits=LOGITS, labels=LABELS)
    make(specs["images"])
    path.rename(path.with_name("elsewhere.npz"))
    moved = study_of(look(path.with_name("elsewhere.npz")), path.with_name("elsewhere.npz"))
    assert moved["images"].key == specs["images"].key


# ---- one result in two roles ----


def without_map(specs):
    """The jobs of a study but for its map: one result alone."""
    return {role: spec for role, spec in specs.items() if role != "embedding"}


def test_a_study_of_one_result(make, look, jobs, results, client, bells, write):
    """Asked for once, cancelled, tried again, computed and deleted as one."""
    path = write(logits=LOGITS, labels=LABELS)
    specs = without_map(study_of(look(path), path))
    bells.clear()
    studies = Studies(client, jobs)
    study = studies.create("Told", specs)
    key = study.keys["images"]
    assert study.keys == {"images": key, "predictions": key}
    assert (study.id, bells) == (key[:12], [(key, "interactive")])
    studies.cancel(study)
    assert jobs.get(key).state == "cancelled"
    studies.retry(study)
    assert (jobs.get(key).state, jobs.get(key).place, len(bells)) == ("queued", str(path), 2)
    make(specs["images"])
    studies.retry(study)
    assert (jobs.get(key).state, jobs.get(key).commits) == ("done", 1)
    size = results.sizes()[key]
    assert studies.delete(study.id) == size
    assert results.which([key]) == set()


def test_a_pinned_study_of_one_result_is_not_evicted(make, look, jobs, results, client, write):
    path = write(logits=LOGITS, labels=LABELS)
    specs = without_map(study_of(look(path), path))
    key = make(specs["images"])
    studies = Studies(client, jobs)
    study = studies.create("Told", specs)
    studies.pin(study.id)
    results.set_budget(results.used())
    assert not jobs.reserve(results.sizes()[key])
    studies.pin(study.id, False)
    assert jobs.reserve(results.sizes()[key])
    assert results.which([key]) == set()


def test_what_a_file_says_can_be_mapped(make, look, results, write):
    path = write(logits=LOGITS)
    specs = study_of(look(path), path)
    make(specs["predictions"])
    assert results.array(make(specs["embedding"]), "places").shape == (N, 2)
    assert specs["embedding"].params.of == "logits"
