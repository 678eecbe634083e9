"""Refusal in the browser: a threshold by click and key, what it refuses in the other views, a rule drawn, taken along, read."""

import json
import re

import numpy as np
import pytest

from dashboard.darksight.fits import ask_for, spec_of
from dashboard.darksight.worths import ask_confidence, ask_worth
from dashboard.links import study_data
from dashboard.measures import unpack_bits
from models.refusal import RefusalRule
from workers.darksight_params import DarkSightParams

pytestmark = pytest.mark.slow

N, N_TRAIN = 1797, 1438
ASKED = DarkSightParams(effort="quick")
LINE = "document.querySelector('#refuse .js-plotly-plot')?.layout.shapes?.[0]?.x0"


@pytest.fixture(scope="module")
def darksight(digits, darksight_own):
    """The digits study with its DarkSight map and all measures: engine, study, key of the map."""
    own = darksight_own
    study = own.copy_study(digits)
    own._run(spec_of(own.engine, study.keys, ASKED))
    study, fit = ask_for(own.engine, study_data(study), ASKED)
    study = ask_confidence(own.engine, study_data(study), "test")
    study = ask_worth(own.engine, study_data(study), fit, "test")
    for role in (f"confidence-{list(study.keys.values())[-2][:8]}", f"worth-{list(study.keys.values())[-1][:8]}"):
        own._run(own.engine.jobs.spec(study.keys[role]))
    return own.engine, own.engine.studies.get(study.id), fit


@pytest.fixture
def refuse_desk(darksight_desk, darksight):
    desk = darksight_desk(darksight[1].id)
    desk.wait("document.querySelectorAll('button.refuse-entry').length === 7")
    desk.wait(f"{LINE} > 0")
    return desk


def scores(darksight, name):
    engine, study, _ = darksight
    return engine.results.array(next(key for role, key in study.keys.items() if role.startswith("confidence")), name)


def test_a_threshold_by_click_and_key(refuse_desk, darksight):
    desk, entropy = refuse_desk, scores(darksight, "score-entropy")
    desk.at(
        "button.refuse-entry",
    ).filter(has_text="Entropy").click()
    desk.wait_data("refuse-at", "data?.measure === 'entropy'")
    desk.wait("document.querySelector('.refuse-entry[aria-pressed=true]')?.innerText.startsWith('Entropy')")
    desk.wait(
        "document.querySelector('#refuse .js-plotly-plot').data.find(trace => trace.name === 'Entropy').line.width === 3"
    )
    desk.sees("#refuse-told", re.compile("^Entropy of "))  # the field has the measure's own threshold by now
    field = desk.at("#refuse-share")
    field.fill("90")
    field.press("Enter")
    kept = int(np.ceil(0.9 * (N - N_TRAIN)))
    desk.sees("#refuse-told", re.compile(rf"^Entropy of [\d.]+ bits or less keeps {kept} of {N - N_TRAIN} test images"))
    desk.wait(f"Math.abs({LINE} - {kept} / {N - N_TRAIN}) < 1e-4")
    desk.at("#refuse-slider [role=slider]").press("ArrowLeft")
    desk.wait_data("refuse-at", "data.share === 89.9")
    desk.at("#refuse-slider [role=slider]").press("ArrowRight")
    desk.wait_data("refuse-at", "data.share === 90")
    refused = (N - N_TRAIN) - kept
    desk.sees("#refuse-select", f"Select the {refused} refused")
    desk.at("#refuse-select").click()
    made = desk.wait_selected(f"{refused} least sure by entropy")
    test = np.arange(N) >= N_TRAIN
    assert np.array_equal(unpack_bits(made["bits"], N), test & (entropy < np.sort(entropy[test])[refused]))


def test_a_rule_is_drawn_taken_along_and_read(refuse_desk, darksight):
    desk, (engine, _, fit) = refuse_desk, darksight
    places = engine.results.array(fit, "places")
    left, bottom, right, top = (
        float(number) for number in (*(places.min(axis=0) - 1), np.median(places[:, 0]), places[:, 1].max())
    )
    outline = {"map": fit, "tool": "box", "x": [left, right, right, left], "y": [bottom, bottom, top, top], "at": 1}
    desk.js("data => dash_clientside.set_props('darksight-outline', {data})", outline)
    desk.choose("refuse-what", "Rule")
    desk.at("#refuse-drawn").click()
    inside = (places[:, 0] < right) & (places[:, 1] < top)
    test = np.arange(N) >= N_TRAIN
    desk.sees("#refuse-parts li", re.compile(rf"^Region 1{(inside & test).sum()} images, "))
    desk.sees(
        "#refuse-rule-told p:first-child",
        re.compile(r"of \d+ test images.*It was set on these, so it flatters itself\.$"),
    )
    desk.sees(
        "#refuse-rule-told p:last-child", re.compile(r"of 1,438 train images.*but the teacher learned from them\.$")
    )
    desk.page.get_by_role("button", name="Export: Refusal").click()
    with desk.page.expect_download() as download:
        desk.page.get_by_role("menuitem", name="Rule, JSON").click()
    text = download.value.path().read_text()
    rule = RefusalRule.from_json(text)
    assert rule.of == fit
    assert np.array_equal(rule.refuses(places), inside)
    desk.at("#refuse-clear").click()
    desk.sees("#refuse-parts li", re.compile("^The rule is empty."))
    # Bad input first, then what was taken along.
    desk.page.get_by_role("button", name="Read a rule").click()
    field = desk.at("#refuse-text")
    field.fill(json.dumps(json.loads(text) | {"regions": [[[0, 0], [1, 1]]]}))
    desk.at("#refuse-read").click()
    desk.sees(
        "#refuse-read-words",
        "Nothing is read from what was pasted, as region 1 must be three corners or more, each of them two finite numbers.",
    )
    field.fill(text)
    desk.at("#refuse-read").click()
    desk.sees("#refuse-read-words", f"It refuses {(inside & test).sum()} of the test images, which are selected.")
    made = desk.wait_selected(f"{(inside & test).sum()} refused by the rule")
    assert np.array_equal(unpack_bits(made["bits"], N), inside & test)
