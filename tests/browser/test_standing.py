"""What stands in the way, and goes by itself: no worker, other versions, a store that is away, full or loading. And what the
Jobs view does. The study is copied into a store of the test's own; no worker runs unless the test starts one."""

import re
import threading
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.links import make_selection
from tests.browser.desk import Desks, served
from tests.dashboard.borrowed import own_store
from tests.engines import wait_until
from workers import names
from workers.fleet import worker_children
from workers.presence import Presence, Worker, code_version
from workers.studies import digits_study
from workers.supervisor import Supervisor

pytestmark = pytest.mark.slow  # stores and workers are started and stopped

QUEUES = ("interactive", "batch", "calls")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with own_store(tmp_path_factory.mktemp("standing"), workers=1, device="cpu") as own:
        yield own


@pytest.fixture
def study(own, digits):
    """The one study of the store, done."""
    own.empty()
    return own.copy_study(digits)


def presence(own, name="worker-1@test", version=None):
    """A worker, in word only."""
    return Presence(own.engine.client, Worker(name, version or code_version(), QUEUES, "cpu", 1))


@pytest.fixture
def greet(own):
    """Has a worker announced, in word only, until the test is over."""
    over = threading.Event()
    threads = []

    def greet(*who):
        threads.append(threading.Thread(target=presence(own, *who).beat, args=(over,), daemon=True))
        threads[-1].start()

    yield greet
    over.set()
    for thread in threads:
        thread.join()


@pytest.fixture(scope="module")
def first_tab(browser, own):
    """Only the page, as with --no-worker, and one tab for many tests."""
    with served(own.engine, own.settings.model_copy(update={"worker": False})) as address:
        desks = Desks(browser, address)
        yield desks(), desks.watch
        desks.close()


@pytest.fixture
def bare_tab(first_tab, study):
    """A tab that shows nothing yet."""
    tab, watch = first_tab
    tab.page.goto("about:blank")
    watch.forget()
    yield tab
    tab.page.goto("about:blank")
    watch.check()


@pytest.fixture
def tab(bare_tab):
    """A tab that shows the study."""
    return bare_tab.open()


def test_no_worker_is_said_until_one_comes(tab, greet):
    tab.wait_notices("no-worker")
    tab.sees("#engine-text", "no worker")
    expect(tab.at("#notice-no-worker")).to_contain_text("No worker is running. Jobs wait in the store")
    greet()
    tab.wait_notices()  # by itself, within one pulse
    tab.sees("#engine-text", "ready · 1 worker")


def test_a_worker_of_another_version_is_named(tab, greet):
    greet()
    tab.beat()
    tab.wait_notices()
    greet("worker-9@elsewhere", "0.0.1 (images-0)")
    tab.beat()
    tab.wait_notices("outdated-worker-9@elsewhere")
    expect(tab.at("#notices")).to_contain_text("Worker worker-9@elsewhere runs 0.0.1 (images-0), this page")


def test_a_worker_that_falls_silent_is_missed(tab, own):
    presence(own).announce()
    tab.beat()
    tab.wait_notices()
    tab.wait_notices("no-worker")


def test_a_store_that_dies_is_noticed_and_all_goes_on_when_it_is_back(tab, own, greet):
    greet()
    tab.beat()
    tab.wait_notices()
    shown = tab.grid_ids()
    own.store.kill()
    tab.wait_notices("store-away")
    tab.sees("#engine-text", "store away")
    assert tab.steps() == ["done"] * 4  # what is shown stays
    assert tab.grid_ids() == shown
    tab.click_image(shown[3])  # what the page has at hand it still shows
    tab.wait(f"location.search.endsWith('focus={shown[3]}')")
    tab.at("#wrong-button").click()  # needs the store: nothing happens, the notice has said why
    own.store.start()
    wait_until(lambda: own.engine.health().reachable, what="the store")
    tab.wait_notices()
    expect(tab.at(".mantine-Notification-root")).to_have_count(0)
    tab.at("#wrong-button").click()
    tab.sees("#grid-panel-subtitle", re.compile("^Wrong in test: "))


def test_a_page_that_is_opened_while_the_store_is_away_fills_when_it_comes(bare_tab, own, greet):
    tab = bare_tab
    own.engine.client.execute_command("WAITAOF", 1, 0, 10_000)  # a busy disk has the study up to two seconds later
    own.store.kill()
    tab.page.goto(tab.site)
    tab.wait_notices("store-away")
    own.store.start()
    greet()
    tab.wait_notices()
    tab.wait_painted()
    assert tab.steps() == ["done"] * 4


def test_an_address_that_is_opened_while_the_store_is_away_is_kept_until_it_comes(bare_tab, own, study, greet):
    tab = bare_tab
    own.engine.studies.create("Newest", digits_study(images={"seed": 3}))
    mask = np.arange(1797) % 500 == 7
    selection = make_selection(own.engine, study.keys["images"], mask, "Every 500th", "matrix", split="train")
    address = f"?study={study.id}&selection={selection['id']}&focus=507"
    own.engine.client.execute_command("WAITAOF", 1, 0, 10_000)  # a busy disk has it up to two seconds later
    own.store.kill()
    tab.page.goto(f"{tab.site}/{address}")
    tab.wait_notices("store-away")
    assert tab.js("location.search") == address
    own.store.start()
    greet()
    tab.wait_notices()
    tab.wait_grid([7, 507, 1007, 1507])
    tab.wait_focus(507)
    assert tab.data("study")["id"] == study.id
    assert tab.js("location.search") == address


def test_a_store_that_loads_says_how_far(tab, own, greet):
    pipeline = own.engine.client.pipeline(transaction=False)
    for number in range(1500):
        pipeline.set(f"ballast:{number}", "x" * 200)
    pipeline.execute()
    own.engine.client.bgrewriteaof()  # an RDB file, in whose loading the server answers now and then
    wait_until(lambda: not own.engine.client.info("persistence")["aof_rewrite_in_progress"], what="the rewrite")
    own.store.kill()
    tab.wait_notices("store-away")
    config = own.settings.data_dir / "run" / "server.conf"
    written = config.read_text()
    # Five milliseconds a key, as if there were a thousand times as much.
    config.write_text(written + "key-load-delay 5000\nloading-process-events-interval-bytes 1024\n")
    try:
        own.store.start()
        tab.wait_notices("store-loading")
        expect(tab.at("#notices")).to_contain_text(
            re.compile(r"The store is loading: \d+%\. The page fills by itself\.")
        )
        wait_until(lambda: own.engine.health().reachable, 60, "the store")
        greet()
        tab.wait_notices()
    finally:
        config.write_text(written)
    own.store.kill()
    own.store.start()


def test_a_page_that_is_slow_to_come_stays_quiet(own, study, bare_tab):
    """What runs every second in the browser finds no page for the first seconds."""
    tab = bare_tab

    def late(route):
        time.sleep(2.5)
        route.continue_()

    tab.page.route("**/_dash-layout", late)
    tab.open()
    tab.page.unroute("**/_dash-layout")


@pytest.mark.parametrize(
    "refusal",
    [lambda route: route.fulfill(status=502, body="Bad gateway"), lambda route: route.abort("connectionreset")],
)
def test_a_page_whose_own_server_fails_for_a_moment_goes_on(tab, first_tab, greet, refusal):
    """A proxy says that the web server is away, or it is cut off: the pulse must not stop for ever."""
    _, watch = first_tab
    watch.allow("_dash-update-component|Callback|Failed to load resource|server did not respond")
    tab.wait_notices("no-worker")
    answered = []

    def refuse(route):
        answered.append(route)
        refusal(route)

    tab.page.route("**/_dash-update-component*", refuse)
    tab.beat()
    for _ in range(100):
        if answered:
            break
        tab.page.wait_for_timeout(50)
    tab.page.unroute("**/_dash-update-component*")
    assert answered
    greet()
    tab.wait_notices()  # by itself


def test_a_full_store_is_said_and_nothing_else_breaks(tab, own, greet):
    greet()
    tab.beat()
    tab.wait_notices()
    limit = own.engine.client.config_get("maxmemory")["maxmemory"]
    own.engine.client.config_set("maxmemory", own.engine.client.info("memory")["used_memory"] // 2)
    try:
        tab.beat()
        tab.wait(  # the worker of this test cannot announce itself in a full store
            "Array.from(document.querySelectorAll('#notices > *'), notice => notice.id).includes('notice-store-full')"
        )
        tab.at("#wrong-button").click()
        tab.toast("The store is full, so this could not be kept; delete a study in the Jobs view.")
        tab.click_image(tab.grid_ids()[2])
        tab.wait_focus(tab.grid_ids()[2])
    finally:
        own.engine.client.config_set("maxmemory", limit)
    tab.wait_notices()
    tab.at("#wrong-button").click()
    tab.sees("#grid-panel-subtitle", re.compile("^Wrong in test: "))


def open_jobs(tab):
    tab.at("#nav-jobs").click()
    expect(tab.at("#jobs-studies tr").first).to_be_visible()


def test_a_study_is_pinned_and_released(tab, own, study):
    open_jobs(tab)
    row = tab.at("#jobs-studies tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Digits")
    expect(tab.at("#jobs-store")).to_contain_text("for results")
    row.get_by_role("button", name="Pin Digits", exact=True).click()
    expect(row.get_by_role("button", name="Unpin Digits")).to_be_visible()
    assert own.engine.studies.get(study.id).pinned
    row.get_by_role("button", name="Unpin Digits").click()
    expect(row.get_by_role("button", name="Pin Digits", exact=True)).to_be_visible()
    assert not own.engine.studies.get(study.id).pinned


def test_a_failed_job_says_why_here_and_in_the_jobs_view(bare_tab, own):
    tab = bare_tab
    other = own.engine.studies.create("Other", digits_study(images={"seed": 3}))
    job = own.engine.jobs.claim(other.keys["images"], "worker-1@test")
    own.engine.jobs.fail(job.key, job.attempt, "The images cannot be read.", ["Traceback", "ValueError: broken"])
    tab.page.goto(f"{tab.site}/?study={other.id}")
    tab.wait_steps(*["failed"] * 4)
    expect(tab.at("#study-steps .step-told").first).to_have_text("The images cannot be read.")
    expect(tab.at("#study-retry")).to_be_visible()
    expect(tab.at("#study-cancel")).to_be_hidden()
    expect(tab.at("#matrix-words")).to_be_visible()
    open_jobs(tab)
    expect(tab.at("#job-panel")).to_be_hidden()
    row = tab.at("#jobs-rows tr").filter(has_text="Image set").filter(has_text="Other")
    row.click()
    expect(tab.at("#job-facts")).to_contain_text("The images cannot be read.")
    expect(tab.at("#job-log")).to_contain_text("ValueError: broken")
    expect(row).to_have_attribute("aria-current", "true")
    row.get_by_role("button", name="Retry").click()
    wait_until(lambda: own.engine.jobs.get(job.key).state == "queued", what="the retry")
    tab.wait("document.querySelector('#study-steps .step')?.className.includes('queued')")
    expect(tab.at("#job-panel-subtitle")).to_have_text("Image set of Other · queued · waits for a worker")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("stopped on request")
    assert own.engine.jobs.get(job.key).state == "cancelled"


def test_the_table_of_jobs_keeps_focus_and_place_while_one_runs(tab, own, study):
    other = own.engine.studies.create("<b>Other", digits_study(images={"seed": 3}))
    job = own.engine.jobs.claim(other.keys["images"], "worker-1@test")
    open_jobs(tab)
    expect(tab.at("#jobs-rows tr")).to_have_count(8)
    tab.sees("#nav-jobs-badge", "4")
    row = tab.at("#jobs-rows tr").filter(has_text="running")
    expect(row).to_contain_text("<b>Other")
    row.get_by_role("button", name="Cancel Image set of <b>Other").focus()
    tab.js("document.activeElement.closest('tr').marked = true")
    own.engine.jobs.report(job.key, job.attempt, {"fraction": 0.5, "message": "page 1 of 2"}, [{"epoch": 1, "kl": 0.5}])
    expect(row).to_contain_text("page 1 of 2 · 50%")
    assert tab.js("document.activeElement.closest('tr').marked")  # neither made anew nor moved
    own.engine.studies.create("Newest", digits_study(images={"seed": 4}))
    expect(tab.at("#jobs-rows tr")).to_have_count(12)
    tab.sees("#nav-jobs-badge", "8")
    assert tab.js("document.activeElement.closest('tr')?.marked")

    tab.at("#jobs-only").click()
    expect(tab.at("#jobs-rows tr")).to_have_count(4)
    tab.sees("#jobs-panel-subtitle", "Showing 4 of 12, newest first; 8 open")
    tab.choose("jobs-filter", "Failed")
    tab.sees("#jobs-no-rows", "No job has failed.")
    tab.at("#jobs-only").click()
    tab.choose("jobs-filter", "Open")
    expect(tab.at("#jobs-rows tr")).to_have_count(8)

    row.get_by_role("button", name="Image set of <b>Other, running: details").press("Enter")
    tab.sees("#job-panel-subtitle", re.compile("^Image set of <b>Other · running · page 1 of 2 · 50%"))
    tab.wait("document.querySelector('#job-curve .js-plotly-plot')?.calcdata?.[0]?.length === 1")
    own.engine.jobs.report(job.key, job.attempt, {}, [{"epoch": 2, "kl": 0.25}], ["page 2 of 2"])
    tab.wait("document.querySelector('#job-curve .js-plotly-plot')?.calcdata?.[0]?.length === 2")
    expect(tab.at("#job-log")).to_contain_text("page 2 of 2")
    with tab.page.expect_download() as taken:
        tab.at("#job-panel").get_by_role("button", name="Export: Job").click()
        tab.page.get_by_role("menuitem", name="Metrics, CSV").click()
    assert taken.value.path().read_text() == "epoch,kl\n1,0.5\n2,0.25\n"
    tab.at("#job-panel").get_by_role("button", name="Close the job").click()
    expect(tab.at("#job-panel")).to_be_hidden()


def test_a_study_is_renamed_where_it_stands(tab, own, study):
    open_jobs(tab)
    tab.at("#jobs-studies").get_by_role("button", name="Rename Digits").click()
    field = tab.at("#jobs-title")
    expect(field).to_be_focused()
    field.fill("  ")
    field.press("Enter")
    expect(tab.at("#jobs-studies")).to_contain_text("A title has 1 to 80 characters, this one has 0.")
    tab.beat()
    field.fill(" Figures & <b>co ")
    tab.beat()
    field.press("Enter")
    expect(tab.at("#jobs-studies a")).to_have_text("Figures & <b>co")
    expect(tab.at("#study-picker")).to_have_value("Figures & <b>co")
    tab.wait_data("study", "data.title === 'Figures & <b>co'")
    expect(tab.at("#jobs-rows tr").first).to_contain_text("Figures & <b>co")
    tab.at("#jobs-studies").get_by_role("button", name="Rename").click()
    field.fill("Not this")
    field.press("Escape")
    expect(tab.at("#jobs-studies a")).to_have_text("Figures & <b>co")
    assert own.engine.studies.get(study.id).title == "Figures & <b>co"
    tab.at("#jobs-studies a").click()
    tab.wait_painted()


def evict(own, *keys):
    """Makes room for something as large as all that was not named: what was named, used longest ago, goes."""
    own.engine.client.zadd(names.RESULTS, dict.fromkeys(keys, 0))
    sizes = own.engine.results.sizes()
    needed = own.engine.results.budget() - own.engine.results.used() + sum(sizes[key] for key in keys)
    assert own.engine.jobs.reserve(needed)
    assert set(sizes) - set(own.engine.results.sizes()) == set(keys)


@pytest.mark.parametrize(
    ("gone", "left"),
    [(("images", "teacher", "predictions", "embedding"), ()), (("teacher",), ("images", "predictions", "embedding"))],
)
def test_results_that_made_room_for_others_are_told_of_and_made_again(tab, own, study, digits, greet, gone, left):
    greet()
    evict(own, *(study.keys[role] for role in gone))
    tab.beat()
    tab.wait_steps(*("done" if role in left else "cancelled" for role in study.keys))
    told = tab.at("#study-steps .step-cancelled .step-told")
    expect(told).to_have_text(["Its result has made room for others."] * len(gone))
    expect(tab.at("#matrix")).to_be_hidden()  # predictions say nothing without their teacher
    shown = "359" if "images" in left else "0"
    expect(tab.at("#grid")).to_have_attribute("data-count", shown)
    tab.at("#study-retry").click()
    expect(tab.at("#study-retry")).to_be_hidden()
    wait_until(lambda: own.engine.jobs.get(study.keys[gone[0]]).state == "queued", what="the retry")
    own.copy_study(digits)
    tab.beat()
    tab.wait_steps(*["done"] * 4)
    tab.wait_painted()
    expect(tab.at("#matrix")).to_be_visible()


def test_a_study_that_is_deleted_in_another_tab_makes_room_for_the_newest(tab, own, study):
    other = own.engine.studies.create("Other", digits_study(images={"seed": 3}))
    image = tab.grid_ids()[3]
    tab.click_image(image)
    tab.wait_focus(image)
    tab.wait("document.querySelector('#focus-image').naturalWidth === 28")
    own.engine.studies.delete(study.id)
    tab.beat()
    tab.toast("The study Digits has been deleted; the newest is shown.")
    tab.wait(f"location.search === '?study={other.id}'")
    tab.wait_steps("queued", "waiting", "waiting", "waiting")
    expect(tab.at("#study-picker")).to_have_value("Other")
    expect(tab.at("#matrix")).to_be_hidden()


def test_another_study_is_picked(tab, own, study):
    other = own.engine.studies.create("Other", digits_study(images={"seed": 3}))
    tab.at("#wrong-button").click()
    tab.sees("#grid-panel-subtitle", re.compile("^Wrong in test: "))
    tab.reload()  # the picker's list is read with the study
    tab.at("#study-picker").click()
    tab.page.get_by_role("option", name="Other").click()
    tab.wait_steps("queued", "waiting", "waiting", "waiting")
    expect(tab.at("#matrix-words")).to_be_visible()
    expect(tab.at("#matrix")).to_be_hidden()
    tab.wait(f"location.search === '?study={other.id}'")  # the selection meant something in the first one only
    assert tab.data("selection") is None
    tab.at("#study-picker").click()
    tab.page.get_by_role("option", name="Digits").click()
    tab.wait(f"location.search === '?study={study.id}'")
    tab.wait_painted()
    tab.wait_steps(*["done"] * 4)


def test_a_study_is_deleted_and_begun_again(tab, own, study, tmp_path):
    open_jobs(tab)
    tab.at("#jobs-studies").get_by_role("button", name="Delete Digits").click()
    confirm = tab.page.get_by_role("menuitem", name=re.compile(r"^Delete Digits for good, which frees [\d.]+ MiB$"))
    expect(confirm).to_be_visible()
    tab.beat()
    tab.beat()
    expect(confirm).to_be_visible()  # the pulse closes nothing
    assert own.engine.studies.all()
    confirm.click()
    expect(tab.at("#jobs-studies")).to_have_text("None.")
    assert not own.engine.studies.all()
    assert not own.engine.results.sizes()
    tab.at("#nav-teacher").click()
    expect(tab.at("#study-start")).to_be_visible()
    assert tab.steps() == []
    tab.wait("window.darkroom.grid.ids.length === 0")
    expect(tab.at("#matrix")).to_be_hidden()
    tab.at("#study-start").click()
    tab.wait_steps("queued", "waiting", "waiting", "waiting")
    expect(tab.at("#study-start")).to_be_hidden()
    tab.wait_notices("no-worker")
    supervisor = Supervisor(tmp_path / "run", tmp_path / "logs")
    supervisor.start()
    try:
        for child in worker_children(own.settings, own.store.url, own.engine):
            supervisor.add(child)
        tab.wait_notices()
        tab.wait("document.querySelectorAll('#study-steps .step-done').length > 0")
        tab.wait("window.darkroom.grid.ids.length === 359")
    finally:
        supervisor.stop()
