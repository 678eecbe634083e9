"""A real Chromium, and the page over the computed digits study."""

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from tests.browser.desk import FLAGS, Desk, Desks, find_browser, served
from tests.dashboard.borrowed import own_store
from workers.engine import Engine

N_TRAIN = 1438  # of the digits


@pytest.fixture(scope="session")
def browser():
    executable = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(digits):
    """The address of a page over the digits study; not to be changed by a test."""
    with served(Engine.connect(digits.settings, digits.url, patient=False), digits.settings) as address:
        yield address


def watched(browser, site):
    desks = Desks(browser, site)
    try:
        yield desks
    finally:
        desks.close()
    desks.watch.check()


@pytest.fixture
def desks(browser, site):
    """Opens tabs; when the test is over, none of them may have complained."""
    yield from watched(browser, site)


@pytest.fixture(scope="session")
def first_desk(browser, site):
    """One tab for many tests: a second page in it comes twice as fast as one in a new tab."""
    desks = Desks(browser, site)
    yield desks(), desks.watch
    desks.close()


def load(desk: Desk) -> Desk:
    """The page as somebody sees it who has never been here, the study done and painted."""
    desk.page.goto(f"{desk.site}/health")
    desk.js("localStorage.clear(), sessionStorage.clear()")
    desk.page.mouse.move(0, 0)
    return desk.open()


@pytest.fixture
def desk(first_desk):
    """The study done and painted, nothing selected; when the test is over, the page may not have complained. For tests
    that leave nothing behind but what lies in the view: a page that is there already is used again."""
    desk, watch = first_desk
    watch.forget()
    yield desk.begin_again() if desk.js("Boolean(document.querySelector('#matrix'))") else load(desk)
    watch.check()


@pytest.fixture
def fresh_desk(first_desk):
    """As `desk`, for tests of the page itself: it has just been loaded, and is not used again."""
    desk, watch = first_desk
    watch.forget()
    yield load(desk)
    desk.page.goto("about:blank")
    watch.check()


@pytest.fixture
def free_desks(browser):
    """As `desks`, for tests that serve a page of their own: `free_desks(site=address)`."""
    yield from watched(browser, "")


@pytest.fixture(scope="session")
def darksight_store(tmp_path_factory):
    """A store for all tests of the DarkSight view, and the address of its page."""
    with own_store(tmp_path_factory.mktemp("darksight")) as own, served(own.engine, own.settings) as address:
        yield own, address


@pytest.fixture(scope="session")
def darksight_tab(browser, darksight_store):
    desks = Desks(browser, darksight_store[1])
    yield desks(), desks.watch
    desks.close()


@pytest.fixture(scope="module")
def darksight_own(darksight_store, darksight_tab):
    """The store, empty for each module; nobody looks at what was in it before."""
    darksight_tab[0].page.goto("about:blank")
    darksight_store[0].empty()
    return darksight_store[0]


@pytest.fixture
def darksight_desk(darksight_tab):
    """Opens the DarkSight view of a study as somebody sees it who has never been here, in one tab for all tests; when the test
    is over, the page may not have complained."""
    desk, watch = darksight_tab
    watch.forget()
    watch.allow("preloaded using link preload")
    yield desk.open_darksight
    watch.check()


@pytest.fixture(scope="session")
def arrays(digits):
    """Arrays of the digits study by name: what the page must agree with."""
    roles = {}
    for key in digits.study.keys.values():
        for name in digits.engine.results.meta(key)["arrays"]:
            roles[name] = key
    return lambda name: digits.engine.results.array(roles[name], name)


@pytest.fixture(scope="session")
def ids_of(arrays):
    """The ids of a cell of a split's matrix, of those taken for something else, or of all."""
    labels, predicted = arrays("labels"), arrays("predicted")

    def ids_of(true=None, taken=None, split="test"):
        inside = (np.arange(len(labels)) >= N_TRAIN) == (split == "test")
        wrong = labels != predicted if true is None else (labels == true) & (predicted == taken)
        return np.flatnonzero(inside & wrong).tolist()

    return ids_of


@pytest.fixture(scope="session")
def wrong_cell(arrays):
    """The error that is made most often: (true, predicted)."""
    confusion = arrays("confusion_test").copy()
    np.fill_diagonal(confusion, 0)
    return tuple(int(number) for number in np.unravel_index(confusion.argmax(), confusion.shape))
