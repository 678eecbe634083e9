"""A training that is watched while it runs, from several tabs."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import served
from tests.engines import running_fleet, wait_until
from workers.engine import Engine
from workers.studies import digits_study

pytestmark = pytest.mark.slow  # stores and workers are started and stopped


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with running_fleet(tmp_path_factory.mktemp("live"), workers=1, device="cpu", memory=2**28) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def site(fleet):
    with served(Engine.connect(fleet.settings, fleet.url, patient=False), fleet.settings) as address:
        yield address


@pytest.fixture
def long_study(fleet):
    """A training that nobody waits to see the end of."""
    study = fleet.engine.studies.create("Long", digits_study(teacher={"epochs": 400}))
    yield study
    fleet.engine.studies.cancel(study)


BAR = "Number(document.querySelectorAll('#study-steps [role=progressbar]')[1]?.getAttribute('aria-valuenow'))"
POINTS = "(document.querySelector('#training .js-plotly-plot')?.calcdata?.[0]?.length ?? 0)"
TOLD = "document.querySelectorAll('#study-steps .step-told')[1]?.textContent"


def watches(tab):
    """Waits until a tab shows a training that goes on."""
    tab.wait(f"/epoch \\d+.* · \\d+% · .+ left/.test({TOLD})")
    tab.wait(f"{POINTS} >= 2")
    bar, points = tab.js(BAR), tab.js(POINTS)
    tab.wait(f"{BAR} > {bar} && {POINTS} > {points}")
    assert tab.steps() == ["done", "running", "waiting", "waiting"]
    tab.sees("#training-panel-subtitle", "Live")


def test_a_training_is_watched_by_two_and_stopped_by_one(free_desks, site, fleet, long_study):
    first, second = (free_desks(site=site) for _ in range(2))
    for tab in (first, second):
        tab.page.goto(site)
    for tab in (first, second):
        watches(tab)
    expect(first.at("#study-cancel")).to_be_visible()
    expect(first.at("#study-retry")).to_be_hidden()
    first.sees("#engine-text", re.compile("^working · 2 workers$"))
    assert first.js("window.darkroom.grid.ids.length") == 359  # the images are there before the teacher

    reached = first.js(BAR)
    first.page.reload()
    watches(first)
    assert first.js(BAR) > reached

    first.at("#study-cancel").click()
    for tab in (first, second):
        tab.wait_steps("done", "cancelled", "cancelled", "cancelled")
        expect(tab.at("#study-retry")).to_be_visible()
        expect(tab.at("#study-cancel")).to_be_hidden()
        assert "stopped on request" in tab.js(TOLD)
    assert fleet.engine.jobs.get(long_study.keys["teacher"]).state == "cancelled"

    second.at("#study-retry").click()
    for tab in (first, second):
        tab.wait_steps("done", "running", "waiting", "waiting")
        tab.wait(f"{POINTS} >= 2")


def test_the_axis_stays_while_the_curve_grows(free_desks, site, long_study):
    tab = free_desks(site=site)
    tab.page.goto(f"{site}/?study={long_study.id}")
    tab.wait(f"{POINTS} >= 2")
    assert tab.js("document.querySelector('#training .js-plotly-plot')._fullLayout.xaxis.range[1]") == 1.02 * 400
    tab.choose("training-what", "Accuracy")
    tab.wait("document.querySelector('#training .js-plotly-plot')._fullLayout.yaxis.title.text === 'accuracy'")


def test_a_job_is_stopped_and_tried_again_in_the_jobs_view(free_desks, site, fleet, long_study):
    tab = free_desks(site=site)
    tab.page.goto(f"{site}/?study={long_study.id}&views=jobs")
    tab.wait_steps("done", "running", "waiting", "waiting")
    row = tab.at(f'#jobs-rows tr[data-key="{long_study.keys["teacher"]}"]')
    expect(row).to_contain_text(re.compile(r"epoch \d+"))
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("stopped on request")
    assert fleet.engine.jobs.get(long_study.keys["teacher"]).state == "cancelled"
    row.get_by_role("button", name="Retry").click()
    wait_until(lambda: fleet.engine.jobs.get(long_study.keys["teacher"]).state == "running", what="the retry")
    expect(tab.at("#jobs-workers")).to_contain_text("Teacher of Long, ")


def test_a_short_training_ends_in_a_matrix(free_desks, site, fleet):
    study = fleet.engine.studies.create("Short", digits_study(teacher={"epochs": 2}))
    tab = free_desks(site=site)
    tab.page.goto(f"{site}/?study={study.id}")
    wait_until(lambda: tab.steps() == ["done"] * 4, 120, "the study")
    tab.wait_painted()
    tab.sees("#training-panel-subtitle", re.compile(r"^lenet, 2 epochs in [\d.]+ s on cpu$"))
    tab.sees("#matrix-panel-subtitle", re.compile("^359 test images: "))
    expect(tab.at("#study-cancel")).to_be_hidden()
    tab.at("#wrong-button").click()
    tab.sees("#grid-panel-subtitle", re.compile("^Wrong in test: "))


def test_a_worker_that_is_killed_is_told_of_and_replaced(free_desks, site, fleet, long_study):
    tab = free_desks(site=site)
    tab.page.goto(f"{site}/?study={long_study.id}")
    tab.wait_steps("done", "running", "waiting", "waiting")
    fleet.worker("worker-1").process.kill()
    tab.wait(f"/its worker died 1 time, trying again|the last one died/.test({TOLD})")
    watches(tab)
