"""Another map and what maps are worth, in the browser: linked with the DarkSight map, asked for, compared."""

import re

import numpy as np
import pytest

from dashboard import maps
from dashboard.darksight.worths import ask_worth, worth_key
from dashboard.links import study_data
from dashboard.measures import unpack_bits
from tests.dashboard.mapped import add_map, finish_other, finish_worth
from workers.params import EmbeddingParams

N, N_TRAIN = 1797, 1438
OTHER = "other-map"
CHANCE = np.random.default_rng(1)
PLACES = CHANCE.integers(-3, 4, (N, 2)) + CHANCE.uniform(-0.2, 0.2, (N, 2))  # in heaps, so that a lasso goes between
TSNE = EmbeddingParams(method="tsne", of="probabilities", perplexity=5)


@pytest.fixture(scope="module")
def darksight(digits, darksight_own):
    """The digits with a DarkSight map and a t-SNE: (engine, study, fit)."""
    own = darksight_own
    study = maps.ask_for(own.engine, study_data(own.copy_study(digits)), TSNE)
    finish_other(own.engine, maps.key_of(study.keys, TSNE), PLACES)
    return own.engine, *add_map(own.engine, study)


@pytest.fixture
def maps_desk(darksight_desk, darksight):
    return darksight_desk(darksight[1].id)


def test_another_map_is_linked_with_the_darksight_map(maps_desk, darksight):
    engine, study, fit = darksight
    desk = maps_desk
    desk.wait_map(OTHER)
    desk.sees("#other-map-panel-subtitle", re.compile("t-SNE: perplexity 5, KL 0.50 · 359 test images"))
    # What is enclosed here is selected for all.
    desk.lasso((-0.5, -0.5, 0.5, 0.5), on=OTHER)
    inside = np.flatnonzero((np.abs(PLACES) < 0.5).all(axis=1) & (np.arange(N) >= N_TRAIN))
    selected = desk.wait_data("selection", "data")
    assert np.flatnonzero(unpack_bits(selected["bits"], N)).tolist() == inside.tolist()
    assert (selected["label"], selected["origin"]) == (f"Lasso of {len(inside)} images", OTHER)
    # What is hovered there is ringed here; what is focused, too.
    image = int(inside[0])
    hovered = {"id": image, "origin": "darksight"}
    desk.js("detail => window.dispatchEvent(new CustomEvent('darkroom-hover', {detail}))", hovered)
    desk.wait_ring(PLACES[image], "hover", on=OTHER)
    desk.js("id => dash_clientside.set_props('focus', {data: id})", image)
    desk.wait_ring(PLACES[image], on=OTHER)
    # It has the colours of the DarkSight map, those of its density among them.
    desk.js("dash_clientside.set_props('darksight-colour', {value: 'density'})")
    desk.wait(f"window.darkroom.maps['{OTHER}'].colouring.name === 'density'")
    density = engine.results.array(fit["key"], "log_density")
    drawn = desk.js(f"Number(window.darkroom.maps['{OTHER}'].colouring.values[{image}])")
    assert drawn == pytest.approx(float(density[image]))
    desk.js("dash_clientside.set_props('darksight-colour', {value: 'true'})")
    # Another tab in front and back again: it is drawn anew, with what is selected.
    desk.page.get_by_role("tab", name="Fidelity").click()
    desk.wait("!document.querySelector('#other-map')")
    desk.page.get_by_role("tab", name="Another map").click()
    desk.wait_map(OTHER)
    desk.wait_bright(inside.tolist(), on=OTHER)
    # The study's first map instead.
    desk.pick("other-map-chosen", "PCA of features")
    first = engine.results.array(study.keys["embedding"], "places")
    desk.wait_ring(first[image], on=OTHER)
    assert desk.data("darksight-other") == {"key": study.keys["embedding"]}


def test_another_map_is_made_with_the_button(maps_desk, darksight):
    engine, study, _ = darksight
    desk = maps_desk
    desk.wait_map(OTHER)
    desk.page.get_by_role("button", name="Make another map").click()
    desk.pick("other-map-of", "Logits")  # which leaves it open
    desk.choose("other-map-method", "PCA")
    desk.page.get_by_role("button", name="Make this map").click()
    desk.sees("#other-map-told", re.compile("^PCA of logits: waits for a worker"))
    asked = EmbeddingParams(method="pca", of="logits")
    finish_other(engine, maps.key_of(study.keys, asked), PLACES[::-1])
    desk.beat()
    desk.wait_map(OTHER)
    desk.sees("#other-map-panel-subtitle", re.compile("^PCA: 30% \\+ 10% of variance"))


def test_maps_are_compared_and_perplexities_told_of(maps_desk, darksight):
    engine, study, fit = darksight
    desk = maps_desk
    desk.page.get_by_role("tab", name="Fidelity").click()
    desk.sees("#fidelity-words", "DarkSight, seed 0: waits for a worker.")
    tsne = maps.key_of(study.keys, TSNE)
    ask_worth(engine, study_data(study), tsne, "test")
    finish_worth(engine, worth_key(study.keys, fit["key"], "test"), (0.1, 0.2, 0.3))
    finish_worth(engine, worth_key(study.keys, tsne, "test"), (0.05, 0.25, 0.4))
    desk.beat()
    desk.wait("document.querySelector('#fidelity .js-plotly-plot')?.calcdata?.length === 2")
    desk.sees("#fidelity-said", re.compile("^At k = 100 DarkSight's 0.300 is below the best other map"))
    desk.pick("fidelity-k", "1")
    desk.sees("#fidelity-said", re.compile("^At k = 1 DarkSight's 0.100 is above the best other map"))
    desk.sees("#fidelity-swept", re.compile("^6 maps, about "))
    desk.page.get_by_role("button", name="Best perplexity of 2 to 80").click()
    desk.sees("#fidelity-swept", "1 of 7 made: the others wait")
    desk.at("#fidelity-cancel").click()
    desk.sees("#fidelity-swept", re.compile("^1 of 7 made; perplexity 2: stopped on request"))
