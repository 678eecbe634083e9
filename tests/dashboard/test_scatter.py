"""The map's callbacks, asked over HTTP as the browser does: what is offered, asked for, drawn from and selected."""

import csv
import io
import re

import numpy as np
import pytest

from dashboard.links import make_selection, study_data
from dashboard.maps import job_words, map_words, too_few
from dashboard.measures import in_split, pack_bits, unpack_bits
from dashboard.server import build
from dashboard.theme import class_colours
from tests.dashboard.asking import Page
from workers.jobs import Job
from workers.kinds import KINDS, job
from workers.params import EmbeddingParams

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


def asked(
    page, output, study, of="features", *, method="pca", dims="2", ready=None, changed="scatter-of.value", **given
):
    told = {"ready__data": list(study.keys) if ready is None else ready, "scatter_of__value": of}
    told |= {"scatter_method__value": method, "scatter_dims__value": dims}
    return page.ask(output, changed, study__data=study_data(study), **told | given)


def words_of(page, study, of="features", **given):
    """What stands in place of the map; None where the map is, or its job is told of."""
    said = asked(page, "scatter-words.children", study, of, **given)["scatter-words"]
    return said["children"] if said["style"] == {} else None


def run_of(page, study, of="features", **given):
    """What is told of the map's job, and whether it can be cancelled and tried again; None where there is no such job."""
    said = asked(page, "scatter-words.children", study, of, **given)
    if said["scatter-run"]["hidden"]:
        return None
    shown = [said[button]["display"] == "block" for button in ("scatter-cancel", "scatter-retry")]
    return said["scatter-told"]["children"][0], *shown


def source_of(page, study, of="features", **given):
    return asked(page, "scatter-source.data", study, of, **given)["scatter-source"]["data"]


def test_all_of_a_teachers_can_be_mapped_and_the_features_are_at_once(own_page, study):
    told = asked(own_page, "scatter-of.data", study, changed="ready.data")
    assert [(option["value"], option["disabled"]) for option in told["scatter-of"]["data"]] == [
        ("pixels", False), ("features", False), ("logits", False), ("probabilities", False),
    ]  # fmt: skip
    assert "value" not in told["scatter-of"]  # else the browser would forget what was chosen while the view is away
    assert not any(option["disabled"] for option in told["scatter-colour"]["data"])
    source, keys = source_of(own_page, study), study.keys
    assert (source["map"], source["images"], source["predictions"]) == (
        keys["embedding"], keys["images"], keys["predictions"],
    )  # fmt: skip
    assert (source["count"], source["n_train"], source["labels"], source["dims"]) == (N, N_TRAIN, True, 2)
    assert source["colours"] == class_colours(10)
    assert re.fullmatch(r"PCA: \d\d% \+ \d\d% of variance", source["words"])
    assert (words_of(own_page, study), run_of(own_page, study)) == (None, None)
    assert asked(own_page, "study.data", study) == {}


def test_what_the_page_shows_already_is_not_sent_again(own_page, study):
    marks = asked(own_page, "scatter-source.data", study)["scatter-seen"]["data"]
    again = asked(own_page, "scatter-source.data", study, scatter_seen__data=marks)
    assert again == {"scatter-seen": {"data": marks}}


def test_another_map_is_asked_for_once_and_told_of_until_it_is_there(own_page, own, study):
    chosen = {"of": "logits", "method": "tsne", "dims": "3", "scatter_settings__data": {"perplexity": 12}}
    assert words_of(own_page, study, **chosen) == "t-SNE of logits, 3-D is asked for."
    assert source_of(own_page, study, **chosen) is None
    grown = asked(own_page, "study.data", study, **chosen)["study"]["data"]
    role = list(grown["keys"])[-1]
    key = grown["keys"][role]
    assert list(grown["keys"]) == [*study.keys, role]
    assert role == f"embedding-{key[:8]}"
    assert grown == study_data(own.engine.studies.get(study.id))
    record = own.engine.jobs.get(key)
    wanted = {"of": "logits", "method": "tsne", "n_components": 3, "perplexity": 12}
    assert (record.kind, record.state, record.params) == ("embedding", "queued", record.params | wanted)
    assert record.inputs == {role: study.keys[role] for role in ("images", "predictions")}
    before, grown = list(study.keys), own.engine.studies.get(study.id)
    title = "t-SNE of logits, 3-D"
    assert run_of(own_page, grown, **chosen, ready=before) == (f"{title}: waits for a worker", True, False)
    assert asked(own_page, "study.data", grown, **chosen, ready=before) == {}

    def press(button):
        told = {f"scatter_{button}__n_clicks": 1}
        return asked(own_page, "pulse.n_intervals", grown, **chosen, **told, changed=f"scatter-{button}.n_clicks")

    assert press("cancel")["pulse"]["n_intervals"] == 1
    words = f"{title}: stopped on request. Change its settings, or try again."
    assert run_of(own_page, grown, **chosen, ready=before) == (words, False, True)
    press("retry")
    assert own.engine.jobs.get(key).state == "queued"
    # The second tab still holds the study as it was, and is told the same.
    assert asked(own_page, "study.data", study, **chosen)["study"]["data"] == study_data(grown)


def test_a_map_in_the_making_is_drawn_as_far_as_it_is(own_page, own, study):
    grown = asked(own_page, "study.data", study, method="tsne")["study"]["data"]
    key = list(grown["keys"].values())[-1]
    grown, ready = own.engine.studies.get(study.id), list(study.keys)
    attempt = own.engine.jobs.claim(key, "worker").attempt
    own.engine.jobs.report(key, attempt, {"message": "iteration 50 of 750", "fraction": 0.1})
    assert source_of(own_page, grown, method="tsne", ready=ready) is None
    own.engine.jobs.preview(key, np.zeros((N, 2)))
    own.engine.jobs.report(key, attempt, {"previews": 3})
    source = source_of(own_page, grown, method="tsne", ready=ready)
    assert (source["map"], source["preview"], source["dims"]) == (key, 3, 2)
    assert source["words"] == "t-SNE, preview: iteration 50 of 750"
    assert run_of(own_page, grown, method="tsne", ready=ready)[0].startswith("iteration 50 of 750 · 10%")
    own.engine.jobs.fail(key, attempt, "The disk is full.")
    assert source_of(own_page, grown, method="tsne", ready=ready) is None
    words = "t-SNE of features: The disk is full. Change its settings, or try again."
    assert run_of(own_page, grown, method="tsne", ready=ready) == (words, False, True)


def test_a_map_is_drawn_before_the_pulse_tells_of_it_and_not_once_it_was_evicted(own_page, own, study):
    before = [role for role in study.keys if role != "embedding"]
    assert source_of(own_page, study, ready=before)["map"] == study.keys["embedding"]
    own.engine.client.delete(f"darkroom:result:{study.keys['embedding']}")
    own.engine.results._cache.clear()
    words = "PCA of features: its places have made room for other results. Change its settings, or try again."
    assert run_of(own_page, study, ready=before) == (words, False, True)


def test_a_map_that_needs_more_images_is_not_asked_for(own_page, given):
    """Of 30 images; the perplexity that is set asks for 92."""
    words = (
        "There is no such map: perplexity must be at most 9, as there are 30 images. Open the settings to change it."
    )
    assert words_of(own_page, given, "probabilities", method="tsne") == words
    assert asked(own_page, "study.data", given, "probabilities", method="tsne") == {}
    settings = {"perplexity": 9}
    assert asked(own_page, "study.data", given, "probabilities", method="tsne", scatter_settings__data=settings) != {}


def test_settings_are_taken_over_or_it_is_said_what_is_wrong(own_page, given):
    def make(method, before=None, **typed):
        told = {"scatter_settings__data": before} | {f"map_{name}__value": value for name, value in typed.items()}
        told |= {"map_make__n_clicks": 1, "scatter_method__value": method}
        return asked(own_page, "scatter-settings.data", given, changed="map-make.n_clicks", **told)

    told = make("tsne", perplexity=9, seed=3)
    assert told["scatter-settings"]["data"] == {"perplexity": 9, "seed": 3}
    assert told["map-settings"]["opened"] is False
    told = make("umap", n_neighbors=5, min_dist=0.5, seed=0, before={"perplexity": 9})  # which t-SNE keeps
    assert told["scatter-settings"]["data"] == {"perplexity": 9, "n_neighbors": 5, "min_dist": 0.5, "seed": 0}
    told = make("tsne", perplexity=10, seed="")
    assert told["map-seed"]["error"] == "needs a value"
    told = make("tsne", perplexity=10, seed=0)
    assert told["map-perplexity"]["error"] == "must be at most 9, as there are 30 images"
    assert "scatter-settings" not in told
    told = make("umap", n_neighbors=30, min_dist=0.1, seed=0)
    assert told["map-n-neighbors"]["error"] == "must be at most 29, as there are 30 images"
    told = make("umap", n_neighbors=1, min_dist=2, seed=0)
    assert (told["map-n-neighbors"]["error"], told["map-min-dist"]["error"]) == (
        "must be at least 2", "must be at most 1",
    )  # fmt: skip


def test_the_gear_shows_the_settings_of_the_method(own_page):
    def shown(method):
        told = own_page.ask("map-make.display", "scatter-method.value", scatter_method__value=method)
        return [name for name, props in told.items() if props.get("hidden") is False]

    assert shown("pca") == []
    assert shown("tsne") == ["map-perplexity-place", "map-seed-place"]
    assert shown("umap") == ["map-n-neighbors-place", "map-min-dist-place", "map-seed-place"]


@pytest.mark.parametrize(
    ("asked", "count", "wrong"),
    [
        ({"method": "tsne", "perplexity": 30}, 92, {}),
        ({"method": "tsne", "perplexity": 30}, 91, {"perplexity": "must be at most 29, as there are 91 images"}),
        ({"method": "tsne", "perplexity": 1}, 4, {"perplexity": "needs 5 images"}),
        ({"method": "tsne", "perplexity": 1}, 5, {}),
        ({"method": "umap", "n_neighbors": 15}, 16, {}),
        ({"method": "umap", "n_neighbors": 15}, 15, {"n_neighbors": "must be at most 14, as there are 15 images"}),
        ({"method": "pca"}, 2, {}),
    ],
)
def test_what_needs_more_images_than_there_are(asked, count, wrong):
    assert too_few(EmbeddingParams(**asked), count) == wrong


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        (
            {"method": "pca", "explained_variance": [0.25, 0.1, 0.052], "settings": {}},
            "PCA: 25% + 10% + 5% of variance",
        ),
        (
            {"method": "tsne", "kl_divergence": 0.614, "settings": {"perplexity": 30.0, "seed": 0}},
            "t-SNE: perplexity 30, KL 0.61",
        ),
        (
            {"method": "umap", "settings": {"n_neighbors": 15, "min_dist": 0.1, "seed": 0}},
            "UMAP: 15 neighbours, least distance 0.1",
        ),
    ],
)
def test_a_finished_map_says_how_it_was_made(meta, words):
    assert map_words(meta) == words


def test_of_many_images_it_is_said_that_a_map_takes_long():
    made = Job(key="k", kind="embedding", params={}, inputs={}, state="running")
    words = "Of 1,000,000 images t-SNE may take hours, and gigabytes of memory; PCA takes seconds."
    assert words in job_words(EmbeddingParams(method="tsne"), made, 0.0, 1_000_000)
    assert "hours" not in job_words(EmbeddingParams(method="tsne"), made, 0.0, 100_000)
    assert "hours" not in job_words(EmbeddingParams(method="pca"), made, 0.0, 1_000_000)


def test_before_the_predictions_there_is_nothing_to_map(own_page, study):
    ready = ["images", "teacher"]
    assert words_of(own_page, study, ready=ready) == "The map appears when the predictions are there."
    assert asked(own_page, "study.data", study, "logits", ready=ready) == {}
    assert own_page.ask("scatter-source.data", "ready.data", ready__data=[])["scatter-source"]["data"] is None


def test_predictions_of_another_version_are_not_mapped_and_it_says_why(own_page, study, own):
    key = study.keys["predictions"]
    own.engine.client.hset(f"darkroom:job:{key}", "version", KINDS["predictions"].version + 1)
    assert asked(own_page, "study.data", study, "logits") == {}
    assert words_of(own_page, study, "logits").startswith(
        f"There is no map: the predictions job {key[:12]} was asked for by another version of Darkroom"
    )
    assert source_of(own_page, study)["map"] == study.keys["embedding"]  # what there is can be looked at


def test_predictions_of_a_file_offer_what_they_hold(own_page, given):
    told = asked(own_page, "scatter-of.data", given, changed="ready.data")
    assert [option["disabled"] for option in told["scatter-of"]["data"]] == [True, True, True, False]
    assert told["scatter-of"]["value"] == "probabilities"
    assert [option["value"] for option in told["scatter-colour"]["data"] if option["disabled"]] == ["true", "right"]
    source = source_of(own_page, given, "probabilities")
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
    assert own.engine.selections.get(made["id"]) == {name: value for name, value in made.items() if name != "id"}


@pytest.mark.parametrize(("onto", "chosen", "told"), [(True, True, True), (True, False, False), (False, True, False)])
def test_what_is_added_to_a_choice_by_outcome_is_one(own_page, own, study, onto, chosen, told):
    mask = np.arange(N) < 9
    before = make_selection(own.engine, study.keys["images"], mask, "4 taken for 9", "matrix", by_outcome=chosen)
    made = pick(own_page, study, ~mask, onto=onto, before=before)["selection"]["data"]
    assert made["by_outcome"] is told


def test_of_many_points_an_outline_is_told(own_page, own, study):
    def draw(left, how="only", before=None):
        outline = {"x": [left, 100, 100, left], "y": [-100, -100, 100, 100]}
        told = {"images": study.keys["images"], "map": study.keys["embedding"], "tool": "Lasso", "outline": outline}
        told |= {"how": how, "onto": how != "only", "grouping": "true", "hidden": [], "by_outcome": False}
        told = {"scatter_picked__data": told, "matrix_split__value": "test", "selection__data": before}
        return own_page.ask("selection.data", "scatter-picked.data", study__data=study_data(study), **told)["selection"]

    x = own.engine.results.array(study.keys["embedding"], "places")[:, 0]
    inside = (x > 0) & (np.arange(N) >= N_TRAIN)
    made = draw(0)["data"]
    assert made["label"] == f"Lasso of {inside.sum()} images"
    assert (made["origin"], made["split"], made["by_outcome"]) == ("scatter", "test", False)
    assert (unpack_bits(made["bits"], N) == inside).all()
    assert draw(0, "remove", made)["data"] is None
    assert draw(99)["data"] is None


def test_an_outline_of_another_image_set_selects_nothing(own_page, study):
    assert pick(own_page, study, np.ones(N, bool), images=job("images", {"source": {"kind": "mnist"}}).key) == {}


def test_the_places_can_be_taken_along(own_page, own, study):
    def take(method="pca"):
        told = {"matrix_split__value": "test", "take_scatter__n_clicks": 1}
        return asked(own_page, "teacher-download.data", study, method=method, changed="take-scatter.n_clicks", **told)

    taken = take()["teacher-download"]["data"]
    assert taken["filename"] == "pca-of-features-test.csv"
    header, *rows = csv.reader(io.StringIO(taken["content"]))
    assert header == ["image", "x", "y", "true", "predicted", "confidence", "entropy", "margin"]
    assert [int(row[0]) for row in rows] == np.flatnonzero(in_split(N, N_TRAIN, "test")).tolist()
    places = own.engine.results.array(study.keys["embedding"], "places")
    assert np.array_equal(np.array([row[1:3] for row in rows], np.float32), places[N_TRAIN:])
    labels = own.engine.results.array(study.keys["images"], "labels")
    assert [row[3] for row in rows] == [str(label) for label in labels[N_TRAIN:]]
    certainties = [own.engine.results.array(study.keys["predictions"], name)[N_TRAIN:] for name in header[5:]]
    assert np.array_equal(np.array([row[5:] for row in rows], np.float32), np.transpose(certainties))
    assert "before the map is there: UMAP of features" in str(take("umap"))
