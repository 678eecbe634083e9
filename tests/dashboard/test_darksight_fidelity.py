"""What maps are worth: which curves are drawn and how, what is asked for and when, t-SNE at several perplexities."""

import csv
import io

import numpy as np
import pytest

from dashboard import maps
from dashboard.darksight import ids
from dashboard.darksight.fidelity import comparison, fidelity_table
from dashboard.darksight.fidelity_figure import fidelity_figure, leaders
from dashboard.darksight.fits import ask_for
from dashboard.darksight.known_maps import DARKSIGHT, Curve, KnownMap, setting_of
from dashboard.darksight.perplexities import PERPLEXITIES, possible
from dashboard.darksight.worths import worth_key
from dashboard.links import study_data
from dashboard.server import build
from dashboard.theme import ACCENT_COLOUR
from tests.dashboard.asking import Page
from tests.dashboard.mapped import finish, finish_other, finish_worth
from workers.darksight_params import DarkSightParams
from workers.params import EmbeddingParams

KS = (1, 10, 100)
N = 1797
PLACES = np.zeros((N, 2))


def curve(group, setting, fidelity, ks=KS):
    return Curve(KnownMap(f"{group} {setting}", group, setting), ks, tuple(fidelity), 359)


FIRST = curve(DARKSIGHT, "seed 0", (0.10, 0.12, 0.20))
SECOND = curve(DARKSIGHT, "seed 1", (0.11, 0.12, 0.19))
TSNE = "t-SNE of probabilities"
FINE, COARSE = curve(TSNE, "perplexity 5", (0.02, 0.15, 0.40)), curve(TSNE, "perplexity 50", (0.05, 0.12, 0.30))
PCA = curve("PCA of features", "", (0.3, 0.4, 0.5))
ALL = [FIRST, SECOND, FINE, COARSE, PCA]

# ---- pure ----


def test_of_each_group_the_best_at_k_leads_and_of_darksight_the_one_that_is_shown():
    assert leaders(ALL, 100, FIRST.of.key) == [FIRST, COARSE, PCA]
    assert leaders(ALL, 1, FIRST.of.key) == [FINE, FIRST, PCA]
    assert leaders(ALL, 100, None) == [SECOND, COARSE, PCA]
    assert leaders([], 100, None) == []


def test_a_curve_that_ends_sooner_is_compared_where_it_ends():
    short = curve(DARKSIGHT, "seed 0", (0.1, 0.2), (1, 10))
    assert (short.at(100), short.at(5), short.at(10)) == ((10, 0.2), (1, 0.1), (10, 0.2))


def test_the_figure_names_the_leaders_the_best_first_and_draws_the_others_thin():
    figure = fidelity_figure(ALL, 100, FIRST.of.key)
    named = [trace for trace in figure.data if trace.showlegend]
    assert [trace.name for trace in reversed(named)] == [
        "<b>0.200</b> DarkSight<br>seed 0",
        "<b>0.300</b> t-SNE of probabilities<br>perplexity 50, best of 2",
        "<b>0.500</b> PCA of features",
    ]
    assert figure.layout.legend.traceorder == "reversed"
    assert [trace.line.width for trace in named] == [2, 2, 3]  # the one that is shown, on top
    thin = [trace for trace in figure.data if not trace.showlegend]
    assert {(trace.name, trace.line.width) for trace in thin} == {
        ("DarkSight, seed 1", 1), ("t-SNE of probabilities, perplexity 5", 1),
    }  # fmt: skip
    assert [trace.line.color for trace in figure.data if "DarkSight" in trace.name] == [ACCENT_COLOUR] * 2
    assert figure.data[-1].y.tolist() == pytest.approx(FIRST.fidelity)
    assert (figure.layout.xaxis.type, list(figure.layout.xaxis.tickvals)) == ("log", [1, 10, 100])
    assert figure.layout.shapes[0].x0 == 100


def test_names_of_classes_are_no_markup():
    figure = fidelity_figure([curve(DARKSIGHT, "<b>cat", (1, 2, 3))], 1, None)
    assert figure.data[0].name == "<b>1.000</b> DarkSight<br>&lt;b&gt;cat"


@pytest.mark.parametrize(
    ("curves", "k", "shown", "words"),
    [
        (ALL, 100, FIRST, "At k = 100 DarkSight's 0.200 is below the best other map (33% less): "
                          "t-SNE of probabilities, perplexity 50, 0.300."),
        (ALL, 1, FIRST, "At k = 1 DarkSight's 0.100 is above the best other map (400% more): "
                        "t-SNE of probabilities, perplexity 5, 0.020."),
        (ALL, 10, FIRST, "At k = 10 DarkSight's 0.120 equals the best other map: "
                         "t-SNE of probabilities, perplexity 50, 0.120."),
        ([FINE, COARSE], 100, None, "At k = 100 the best is t-SNE of probabilities, perplexity 50: 0.300."),
        ([FIRST, SECOND], 100, FIRST, "At k = 100 the best is DarkSight, seed 0: 0.200."),
        ([FIRST], 100, FIRST, ""),
        ([PCA], 100, None, ""),
    ],
)  # fmt: skip
def test_how_the_map_that_is_shown_compares(curves, k, shown, words):
    assert comparison(curves, k, shown and shown.of.key) == words


def test_the_table_has_a_row_a_map_and_number_of_neighbours():
    rows = list(csv.reader(io.StringIO(fidelity_table([FIRST, PCA]))))
    assert rows[0] == ["map", "settings", "images", "k", "M_k, nats^(1/2)"]
    assert rows[1:3] == [["DarkSight", "seed 0", "359", "1", "0.1"], ["DarkSight", "seed 0", "359", "10", "0.12"]]
    assert len(rows) == 1 + 2 * len(KS)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"method": "pca"}, ""),
        ({"method": "tsne", "perplexity": 12.5}, "perplexity 12.5"),
        ({"method": "tsne", "perplexity": 30, "seed": 2}, "perplexity 30, seed 2"),
        ({"method": "umap"}, "15 neighbours, least distance 0.1"),
    ],
)
def test_what_tells_maps_of_a_group_apart(asked, words):
    assert setting_of(EmbeddingParams(**asked)) == words


@pytest.mark.parametrize(("count", "most"), [(10_000, 80), (242, 80), (241, 50), (32, 10), (8, 2), (7, None)])
def test_only_perplexities_that_the_images_allow_are_tried(count, most):
    """Of N images, 3 x perplexity < N - 1."""
    assert possible("logits", count) == [each for each in PERPLEXITIES if most is not None and each <= most]


# ---- asked over HTTP ----


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def study(own, own_page, digits):
    return own.copy_study(digits)


@pytest.fixture
def fit(own, study):
    """A DarkSight map of the study; the study as it is with it, and what the view says is shown."""
    grown, key = ask_for(own.engine, study_data(study), DarkSightParams())
    finish(own.engine, key, {})
    return grown, {"key": key, "split": "test"}


def given(study, fit=None, *, ready=None, k="100", of="probabilities", **more):
    return {
        "study__data": study_data(study), "ready__data": list(study.keys) if ready is None else ready,
        "darksight_fit__data": fit, "fidelity_k__value": k, "fidelity_of__value": of,
        "darksight_maps_deck__value": ids.FIDELITY_PANEL,
    } | more  # fmt: skip


def shown(page, study, fit=None, **more):
    told = page.ask("fidelity-words.children", "fidelity-k.value", **given(study, fit, **more))
    return {f"{name}.{prop}": value for name, props in told.items() for prop, value in props.items()}


def press(page, name, study, fit=None, **more):
    told = given(study, fit, **more) | {f"fidelity_{name}__n_clicks": 1}
    return page.ask("study.data", f"fidelity-{name}.n_clicks", **told)


def test_the_map_that_is_shown_is_compared_when_somebody_looks_and_only_once(own_page, own, fit):
    grown, shown_fit = fit

    def ask(study, **more):
        return own_page.ask("study.data", "darksight-maps-deck.value", **given(study, shown_fit, **more))

    assert ask(grown, darksight_maps_deck__value=ids.OTHER_PANEL) == {}
    told = ask(grown)["study"]["data"]
    key = worth_key(grown.keys, shown_fit["key"], "test")
    assert told["keys"][f"worth-{key[:8]}"] == key
    assert own.engine.jobs.get(key).state == "queued"
    again = own.engine.studies.get(grown.id)
    assert ask(again) == {}
    assert [role for role in again.keys if role.startswith("worth-")] == [f"worth-{key[:8]}"]  # PCA is not asked for
    seen = shown(own_page, again, shown_fit)
    assert seen["fidelity-words.children"] == "DarkSight, seed 0: waits for a worker."
    finish_worth(own.engine, key, (0.1, 0.2, 0.3))
    seen = shown(own_page, again, shown_fit)
    assert seen["fidelity-words.style"] == {"display": "none"}
    assert [trace["name"] for trace in seen["fidelity.figure"]["data"]] == ["<b>0.300</b> DarkSight<br>seed 0"]
    assert seen["fidelity-panel-subtitle.children"].startswith("M_k over 359 test images")
    assert seen["fidelity-k.data"] == ["1", "10", "100"]


def test_a_fit_of_the_study_before_is_not_compared(own_page, study):
    told = given(study, {"key": "a" * 64, "split": "test"})
    assert own_page.ask("study.data", "darksight-maps-deck.value", **told) == {}


def test_what_is_shown_already_is_not_sent_again(own_page, study):
    told = given(study)
    marks = own_page.ask("fidelity-words.children", "fidelity-k.value", **told)["fidelity-seen"]["data"]
    again = own_page.ask("fidelity-words.children", "fidelity-k.value", **told | {"fidelity_seen__data": marks})
    assert again == {"fidelity-seen": {"data": marks}}


def test_while_nobody_looks_nothing_is_drawn(own_page, study):
    assert shown(own_page, study, darksight_maps_deck__value=ids.OTHER_PANEL) == {}


def test_all_maps_of_the_study_are_compared_when_asked_and_those_in_space_are_not(own_page, own, study):
    flat = study.keys["embedding"]
    spatial = EmbeddingParams(method="pca", of="logits", n_components=3)
    grown = maps.ask_for(own.engine, study_data(study), spatial)
    finish_other(own.engine, maps.key_of(grown.keys, spatial), np.zeros((N, 3)))
    seen = shown(own_page, grown)
    assert (seen["fidelity-all.children"], seen["fidelity-all.display"]) == ("Compare 1 more map", "block")
    told = press(own_page, "all", grown)["study"]["data"]
    key = worth_key(study.keys, flat, "test")
    assert [each for role, each in told["keys"].items() if role.startswith("worth-")] == [key]
    finish_worth(own.engine, key, (0.3, 0.4, 0.5))
    seen = shown(own_page, own.engine.studies.get(study.id), k="50")
    assert seen["fidelity-all.display"] == "none"
    assert [trace["name"] for trace in seen["fidelity.figure"]["data"]] == ["<b>0.400</b> PCA of features"]
    assert seen["fidelity-k.value"] == "10"  # there is no 50; the largest below


def test_a_comparison_that_failed_says_why_and_can_be_asked_for_again(own_page, own, fit):
    grown, shown_fit = fit
    own_page.ask("study.data", "darksight-maps-deck.value", **given(grown, shown_fit))
    grown = own.engine.studies.get(grown.id)
    key = worth_key(grown.keys, shown_fit["key"], "test")
    own.engine.jobs.fail(key, own.engine.jobs.claim(key, "here").attempt, "The disk is full.")
    seen = shown(own_page, grown, shown_fit)
    assert seen["fidelity-words.children"] == "DarkSight, seed 0: The disk is full."
    assert seen["fidelity-all.children"] == "Compare 2 more maps"
    press(own_page, "all", grown, shown_fit)
    assert own.engine.jobs.get(key).state == "queued"


def test_several_perplexities_are_made_when_asked_told_of_and_stopped(own_page, own, study):
    jobs = own.engine.jobs
    seen = shown(own_page, study)
    assert seen["fidelity-sweep.children"] == "Best perplexity of 2 to 80"
    # 7 maps of 1,797 images at 3 ms each
    assert seen["fidelity-swept.children"] == "7 maps, about 38 s"
    press(own_page, "sweep", study)
    grown = own.engine.studies.get(study.id)
    added = [key for role, key in grown.keys.items() if role.startswith("embedding-")]
    params = [jobs.get(key).params for key in added]
    assert [each["perplexity"] for each in params] == list(PERPLEXITIES)
    assert {(each["method"], each["of"], each["n_components"]) for each in params} == {("tsne", "probabilities", 2)}
    assert len([role for role in grown.keys if role.startswith("worth-")]) == len(PERPLEXITIES)
    seen = shown(own_page, grown)
    assert seen["fidelity-swept.children"] == "0 of 7 made: the others wait"
    assert (seen["fidelity-cancel.display"], seen["fidelity-sweep.display"]) == ("block", "none")

    for key, fidelity in zip(added[:2], ((0.1, 0.2, 0.4), (0.2, 0.2, 0.3)), strict=True):
        finish_other(own.engine, key, PLACES)
        finish_worth(own.engine, worth_key(grown.keys, key, "test"), fidelity)
    attempt = jobs.claim(added[2], "here").attempt
    jobs.report(added[2], attempt, {"message": "iteration 50 of 750", "fraction": 0.25})
    seen = shown(own_page, grown)
    assert seen["fidelity-swept.children"] == "2 of 7 made: perplexity 10, iteration 50 of 750 · 25%"
    names = [trace["name"] for trace in seen["fidelity.figure"]["data"]]
    assert "<b>0.300</b> t-SNE of probabilities<br>perplexity 5, best of 2" in names
    assert seen["fidelity-said.children"].startswith(
        "At k = 100 the best is t-SNE of probabilities, perplexity 5: 0.300."
    )

    press(own_page, "cancel", grown)
    assert {jobs.get(key).state for key in grown.keys.values() if key not in own.engine.results.which([key])} == {
        "cancelled"
    }
    seen = shown(own_page, grown)
    assert seen["fidelity-swept.children"] == "2 of 7 made; perplexity 10: stopped on request"
    assert (seen["fidelity-cancel.display"], seen["fidelity-sweep.display"]) == ("none", "block")
    assert seen["fidelity-sweep.children"] == "Make the other 5"
    press(own_page, "sweep", grown)
    assert jobs.get(added[2]).state == "queued"


def test_when_all_perplexities_are_made_it_is_said_which_is_best_at_k(own_page, own, study):
    press(own_page, "sweep", study)
    grown = own.engine.studies.get(study.id)
    added = [key for role, key in grown.keys.items() if role.startswith("embedding-")]
    for number, key in enumerate(added):
        finish_other(own.engine, key, PLACES)
        finish_worth(own.engine, worth_key(grown.keys, key, "test"), (0.1 + 0.01 * number, 0.2, 0.4 - 0.01 * number))

    def swept(k):
        seen = shown(own_page, grown, k=k)
        assert (seen["fidelity-sweep.display"], seen["fidelity-cancel.display"]) == ("none", "none")
        return seen["fidelity-swept.children"]

    assert swept("100") == "Of perplexities 2, 5, 10, 20, 30, 50, 80 the best at k = 100 is 80."
    assert swept("1") == "Of perplexities 2, 5, 10, 20, 30, 50, 80 the best at k = 1 is 2."


def test_before_the_predictions_nothing_is_offered(own_page, study):
    seen = shown(own_page, study, ready=["images"])
    assert seen["fidelity-words.children"].startswith("The curves appear")
    assert seen["fidelity-foot.style"] == {"display": "none"}


def test_predictions_of_a_file_offer_what_they_hold(own_page, own, tmp_path):
    np.savez(tmp_path / "told.npz", probs=np.random.default_rng(0).dirichlet(np.ones(3), 30))
    seen = shown(own_page, own.give_study(tmp_path / "told.npz"), of="logits")
    assert [option["value"] for option in seen["fidelity-of.data"]] == ["probabilities"]
    assert seen["fidelity-of.value"] == "probabilities"
    assert seen["fidelity-sweep.children"] == "Best perplexity of 2 to 5"  # 3 x 10 > 28


def test_the_curves_can_be_taken_along(own_page, own, study):
    def take(study):
        told = given(study) | {"take_fidelity__n_clicks": 1}
        return own_page.ask("darksight-download.data", "take-fidelity.n_clicks", **told)

    words = "There is nothing to export before a map of this study has been compared."
    assert take(study)["toasts"]["sendNotifications"][0]["message"] == words
    press(own_page, "all", study)
    finish_worth(own.engine, worth_key(study.keys, study.keys["embedding"], "test"), (0.3, 0.4, 0.5))
    sent = take(own.engine.studies.get(study.id))["darksight-download"]["data"]
    assert sent["filename"] == "fidelity-test.csv"
    assert sent["content"].splitlines()[1] == "PCA of features,,359,1,0.3"
