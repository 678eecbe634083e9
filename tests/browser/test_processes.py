"""Several web processes beside several workers over one store, as in the compose file."""

import re

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.test_whole import free_port, program
from tests.engines import Store, wait_until
from workers import names
from workers.engine import Engine
from workers.settings import Settings
from workers.studies import digits_study

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WEB_PROCESSES = 2
LOST = "ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|server did not respond|ERR_SOCKET_NOT_CONNECTED"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("several"), memory=2**28).start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def engine(store):
    engine = Engine.connect(Settings(), store.url, patient=True)
    engine.client.set(names.WELCOMED, 1)  # the first study is left to the tests
    return engine


@pytest.fixture(scope="module")
def fronts(store, engine, tmp_path_factory):
    """Two web servers of two processes each, and two workers for jobs: the masters' pids and the addresses."""
    environment = {"REDIS_URL": store.url, "DARKROOM_MEMORY": str(2**28)}
    data = {"DARKROOM_DATA_DIR": str(tmp_path_factory.mktemp("data")), "DARKROOM_WORKERS": "2"}
    ports = [free_port(), free_port()]
    web = ("-m", "gunicorn", "-w", str(WEB_PROCESSES), "--threads", "8")
    with (
        program("-m", "workers.fleet", **environment, **data) as workers,
        program(*web, "-b", f"127.0.0.1:{ports[0]}", "app:page()", **environment, **data) as first,
        program(*web, "-b", f"127.0.0.1:{ports[1]}", "app:page()", **environment, **data) as second,
    ):
        for front in (first, second):
            wait_until(lambda front=front: front.said("Listening at"), 60, "the web server")
        wait_until(lambda: workers.said("") and len(engine.health().workers) == 3, 120, "the workers")
        yield [
            (front.process.pid, f"http://127.0.0.1:{port}") for front, port in zip((first, second), ports, strict=True)
        ]


def kill_one(pid):
    """Kills one of a web server's processes; waits until it has been replaced."""
    children = psutil.Process(pid).children()
    assert len(children) == WEB_PROCESSES
    children[0].kill()
    wait_until(
        lambda: (
            children[0].pid not in (pids := {child.pid for child in psutil.Process(pid).children()})
            and len(pids) == WEB_PROCESSES
        ),
        60,
        "the replacement",
    )


def test_what_is_begun_here_is_watched_there(free_desks, fronts, engine):
    free_desks.watch.allow(LOST)
    (first_pid, first_address), (_, second_address) = fronts
    here, there = free_desks(site=first_address), free_desks(site=second_address)
    for tab in (here, there):
        tab.page.goto(tab.site)
        expect(tab.at("#study-start")).to_be_visible()
    here.at("#study-start").click()
    for tab in (here, there):
        tab.wait("document.querySelectorAll('#study-steps .step').length === 4")
        tab.wait_notices()
    kill_one(first_pid)
    for tab in (here, there):
        wait_until(lambda tab=tab: tab.steps() == ["done"] * 4, 180, "the study")
        tab.wait_painted()
        tab.wait_notices()

    # What is selected here can be opened there, where another process made the figure or finds it made.
    here.at("#wrong-button").click()
    here.sees("#grid-panel-subtitle", re.compile("^Wrong in test: "))
    here.wait("location.search.includes('selection=')")
    ids = here.grid_ids()
    kill_one(first_pid)
    there.open(here.page.url.replace(first_address, second_address))
    there.wait_grid(ids)
    for _ in range(6):  # whichever of the processes answers
        here.reload()
        here.wait_grid(ids)
    assert engine.jobs.get(engine.studies.all()[0].keys["teacher"]).attempt == 1


def test_what_is_stopped_here_is_tried_again_there(free_desks, fronts, engine):
    free_desks.watch.allow(LOST)
    study = engine.studies.create("Long", digits_study(teacher={"epochs": 400}))
    here, there = (free_desks(site=address) for _, address in fronts)
    for tab in (here, there):
        tab.page.goto(f"{tab.site}/?study={study.id}")
        tab.wait_steps("done", "running", "waiting", "waiting")
    here.at("#study-cancel").click()
    for tab in (here, there):
        tab.wait_steps("done", "cancelled", "cancelled", "cancelled")
    there.at("#study-retry").click()
    for tab in (here, there):
        tab.wait_steps("done", "running", "waiting", "waiting")
    kill_one(fronts[1][0])
    there.at("#study-cancel").click()
    for tab in (here, there):
        tab.wait_steps("done", "cancelled", "cancelled", "cancelled")


def test_the_live_question_is_answered_whoever_asks(free_desks, fronts, engine):
    tab = free_desks(site=fronts[0][1])
    study = next(study for study in engine.studies.all() if study.title == "Digits")
    tab.open(f"/?study={study.id}&focus=1500")
    tab.wait_focus(1500)
    for _ in range(4):
        tab.at("#focus-epoch [role=slider]").focus()
        tab.page.keyboard.press("Home")
        tab.sees("#focus-epoch-text", "after epoch 0 of 12 (untrained)")
        tab.page.keyboard.press("End")
        tab.sees("#focus-epoch-text", "after epoch 12 of 12")
