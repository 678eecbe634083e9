"""The map's callbacks, asked over HTTP as the browser does: what is offered, asked for, drawn from and selected."""

import csv
import io

import numpy as np
import pytest

from dashboard.links import make_selection, study_data
from dashboard.measures import in_split, pack_bits, unpack_bits
from dashboard.server import build
from dashboard.theme import class_colours
from tests.dashboard.asking import Page
from workers.kinds import KINDS, job

N, N_TRAIN = 1797, 1438


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def study(own, own_page, digits):
    return own.copy_study(digits)


@pytest.fixture
def given(own, own_page, tmp_path):
    """Predictions of a file: probabilities, and nothing else."""
    np.savez(tmp_path / "told.npz", probs=np.random.default_rng(0).dirichlet(np.ones(3), 30))
    return own.give_study(tmp_path / "told.npz")


def asked(page, output, study, of, *, ready=None, changed="scatter-of.value", **given):
    told = {"ready__data": list(study.keys) if ready is None else ready, "scatter_of__value": of}
    return page.ask(output, changed, study__data=study_data(study), **told, **given)


def words_of(page, study, of, ready=None):
    """What stands in place of the map; None where the map is."""
    said = asked(page, "scatter-words.children", study, of, ready=ready)["scatter-words"]
    return said["children"] if said["style"] == {} else None


def test_all_of_a_teachers_can_be_mapped_and_the_features_are_at_once(own_page, study):
    told = asked(own_page, "scatter-of.data", study, "features", changed="ready.data")["scatter-of"]
    assert [(option["value"], option["disabled"]) for option in told["data"]] == [
        ("features", False), ("logits", False), ("probabilities", False),
    ]  # fmt: skip
    assert "value" not in told  # stays
    source = asked(own_page, "scatter-source.data", study, "features")["scatter-source"]["data"]
    keys = study.keys
    assert (source["map"], source["images"], source["predictions"]) == (
        keys["embedding"], keys["images"], keys["predictions"],
    )  # fmt: skip
    assert (source["count"], source["n_train"], source["labels"], source["method"]) == (N, N_TRAIN, True, "PCA")
    assert source["colours"] == class_colours(10)
    assert 0.2 < sum(source["explained_variance"]) < 1
    assert words_of(own_page, study, "features") is None
    assert asked(own_page, "study.data", study, "features") == {}


def test_another_map_is_asked_for_once_and_told_of_until_it_is_there(own_page, own, study):
    assert words_of(own_page, study, "logits") == "The map of logits is asked for."
    assert asked(own_page, "scatter-source.data", study, "logits")["scatter-source"]["data"] is None
    grown = asked(own_page, "study.data", study, "logits")["study"]["data"]
    assert list(grown["keys"]) == [*study.keys, "embedding-logits"]
    assert grown == study_data(own.engine.studies.get(study.id))
    record = own.engine.jobs.get(grown["keys"]["embedding-logits"])
    assert (record.kind, record.params["of"], record.state) == ("embedding", "logits", "queued")
    grown = own.engine.studies.get(study.id)
    before = list(study.keys)
    assert words_of(own_page, grown, "logits", before) == "Map of logits: waits for a worker"
    assert asked(own_page, "study.data", grown, "logits", ready=before) == {}
    own.engine.jobs.cancel(record.key)
    assert words_of(own_page, grown, "logits", before) == "Map of logits: stopped on request"
    # The second tab still holds the study as it was, and is told the same.
    assert asked(own_page, "study.data", study, "logits")["study"]["data"] == study_data(grown)


def test_before_the_predictions_there_is_nothing_to_map(own_page, study):
    ready = ["images", "teacher"]
    assert words_of(own_page, study, "features", ready) == "The map appears when the predictions are there."
    assert asked(own_page, "study.data", study, "logits", ready=ready) == {}
    assert own_page.ask("scatter-source.data", "ready.data", ready__data=[])["scatter-source"]["data"] is None


def test_predictions_of_another_version_are_not_mapped_and_it_says_why(own_page, study, own, monkeypatch):
    key = study.keys["predictions"]
    own.engine.client.hset(f"darkroom:job:{key}", "version", KINDS["predictions"].version + 1)
    assert asked(own_page, "study.data", study, "logits") == {}
    assert words_of(own_page, study, "logits").startswith(
        f"There is no map: the predictions job {key[:12]} was asked for by another version of Darkroom"
    )


def test_predictions_of_a_file_offer_what_they_hold(own_page, own, given):
    told = asked(own_page, "scatter-of.data", given, "features", changed="ready.data")["scatter-of"]
    assert [option["disabled"] for option in told["data"]] == [True, True, False]
    assert told["value"] == "probabilities"
    source = asked(own_page, "scatter-source.data", given, "probabilities")["scatter-source"]["data"]
    assert (source["map"], source["labels"]) == (given.keys["embedding"], False)
    assert asked(own_page, "study.data", given, "features") == {}


def pick(page, study, mask, tool="Lasso", images=None, onto=False, before=None):
    picked = {"images": images or study.keys["images"], "bits": pack_bits(mask), "tool": tool, "onto": onto}
    return page.ask(
        "selection.data",
        "scatter-picked.data",
        scatter_picked__data=picked,
        matrix_split__value="test",
        study__data=study_data(study),
        selection__data=before,
    )


@pytest.mark.parametrize(("ids", "label"), [([1438, 1500], "Lasso of 2 images"), ([1796], "Box of 1 image")])
def test_what_an_outline_encloses_is_selected(own_page, own, study, ids, label):
    mask = np.isin(np.arange(N), ids)
    made = pick(own_page, study, mask, label.split()[0])["selection"]["data"]
    assert (made["label"], made["count"], made["origin"], made["split"]) == (label, len(ids), "scatter", "test")
    assert np.flatnonzero(unpack_bits(made["bits"], N)).tolist() == ids
    assert own.engine.selection(made["id"]) == {name: value for name, value in made.items() if name != "id"}


@pytest.mark.parametrize(("onto", "chosen", "told"), [(True, True, True), (True, False, False), (False, True, False)])
def test_what_is_added_to_a_choice_by_outcome_is_one(own_page, own, study, onto, chosen, told):
    mask = np.arange(N) < 9
    before = make_selection(own.engine, study.keys["images"], mask, "4 taken for 9", "matrix", by_outcome=chosen)
    made = pick(own_page, study, ~mask, onto=onto, before=before)["selection"]["data"]
    assert made["by_outcome"] is told


def test_an_outline_of_another_image_set_selects_nothing(own_page, study):
    assert pick(own_page, study, np.ones(N, bool), images=job("images", {"source": {"kind": "mnist"}}).key) == {}


def test_the_places_can_be_taken_along(own_page, own, study):
    def take(of, ready=None):
        told = {"matrix_split__value": "test", "take_scatter__n_clicks": 1}
        return asked(own_page, "download.data", study, of, changed="take-scatter.n_clicks", ready=ready, **told)

    taken = take("features")["download"]["data"]
    assert taken["filename"] == "map-of-features-test.csv"
    header, *rows = csv.reader(io.StringIO(taken["content"]))
    assert header == ["image", "x", "y", "true", "predicted", "confidence"]
    assert [int(row[0]) for row in rows] == np.flatnonzero(in_split(N, N_TRAIN, "test")).tolist()
    places = own.engine.results.array(study.keys["embedding"], "places")
    assert np.array_equal(np.array([row[1:3] for row in rows], np.float32), places[N_TRAIN:])
    labels = own.engine.results.array(study.keys["images"], "labels")
    assert [row[3] for row in rows] == [str(label) for label in labels[N_TRAIN:]]
    assert "before the map of logits is there" in str(take("logits"))
