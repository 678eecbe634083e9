"""How soon a stored study is seen, and how much each gesture sends: in a headless Chromium, over plain HTTP.

    uv run python -m benchmarks.paint [--mnist DIR]

The digits, 10,000 predictions of 100 classes and, where DIR holds the four files of MNIST, its 70,000 images. A paint is
done when the map and the matrix are drawn and the images in view are painted. Beside it: a page of the same libraries
that shows one graph and asks nothing, without which no page made with them can be.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import dcc
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, sync_playwright
from waitress.server import create_server

from benchmarks.harness import Darkroom, folder, free_port, machine, median, met, read_runs, table
from benchmarks.studies import finished, mnist, predictions_alone
from tests.browser.desk import FLAGS, IS_PAINTED, Desk, find_browser
from workers.studies import Study

PAINT_SECONDS, PAYLOAD_KB = 1.5, 50.0
N_GIVEN, N_CLASSES = 10_000, 100
QUIET_SECONDS = 2.0  # without a request, after which a gesture is over
VISITS = 4  # before a browser is said to know the page

# Notes when something is there, in ms since the navigation began.
WATCH = """
const look = () => {{
  if ({}) window.painted = performance.now();
  else requestAnimationFrame(look);
}};
requestAnimationFrame(look);
"""
DRAWN = "document.querySelector('.js-plotly-plot')?.calcdata?.length"
PAINTED = (
    "document.querySelector('#matrix .js-plotly-plot')?.calcdata?.length"
    f" && document.querySelector('#scatter .scatter-plot')?.calcdata?.length && {IS_PAINTED}(window.darkroom.maps.scatter)"
    " && document.querySelector('#grid')?.dataset.ready === 'true'"
)


# ---- first paint -----------------------------------------------------------------------------------------------------


def painted(tab: Page, address: str) -> float:
    """Seconds from the navigation to the moment when what the tab watches for is there."""
    tab.goto(address)
    tab.wait_for_function("window.painted", timeout=60_000)
    seconds = tab.evaluate("window.painted") / 1000
    tab.wait_for_timeout(1000)  # what is drawn after it does not slow the next
    return seconds


def new_tab(context: BrowserContext, there: str) -> Page:
    tab = context.new_page()
    tab.add_init_script(WATCH.format(there))
    return tab


def paints(browser: BrowserType, address: str, runs: int, there: str = PAINTED) -> tuple[float, float, float]:
    """Medians of a first visit with a new profile, and, after some visits, in a new tab and in an open one: a browser keeps
    what it has compiled from the third visit on."""
    first, new, open_ = [], [], []
    for _ in range(runs):
        with TemporaryDirectory() as profile:
            context = browser.launch_persistent_context(
                profile, executable_path=find_browser(), args=FLAGS, viewport={"width": 1440, "height": 900}
            )
            tab, visits = context.pages[0], []
            for _ in range(1 + VISITS):
                tab.goto("about:blank")  # two pages at once would share the processor
                tab = new_tab(context, there)
                visits.append(painted(tab, address))
            first.append(visits[0])
            new.append(visits[-1])
            open_.append(median([painted(tab, address) for _ in range(3)]))
            context.close()
    return median(first), median(new), median(open_)


@contextmanager
def bare_page() -> Iterator[str]:
    """The address of a page of the same libraries, with one graph and without callbacks."""
    bare = dash.Dash("bare", serve_locally=True)
    bare.layout = dmc.MantineProvider(dcc.Graph(figure={"data": [{"type": "heatmap", "z": [[1]]}]}))
    port = free_port()
    server = create_server(bare.server, host="127.0.0.1", port=port, threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{port}"
    server.close()


# ---- what a gesture sends --------------------------------------------------------------------------------------------


class Wire:
    """Counts what one tab sends and gets, as the browser's own protocol tells it; not the page's regular beat. Pages of
    thumbnails are counted apart: each is fetched once, when it comes into view."""

    def __init__(self, tab: Page):
        self._tab = tab
        self._open: dict[str, str] = {}  # request -> address
        self._last = time.monotonic()
        self.page = self.pictures = 0
        protocol = tab.context.new_cdp_session(tab)
        protocol.send("Network.enable")
        protocol.on("Network.requestWillBeSent", self._begin)
        protocol.on("Network.loadingFinished", self._end)
        protocol.on("Network.loadingFailed", self._end)

    def _begin(self, event: Mapping[str, Any]) -> None:
        body = event["request"].get("postData", "")
        if '"changedPropIds":["pulse.n_intervals"]' in body:
            return
        self._open[event["requestId"]] = event["request"]["url"]
        self.page += len(body.encode())
        self._last = time.monotonic()

    def _end(self, event: Mapping[str, Any]) -> None:
        address = self._open.pop(event["requestId"], None)
        if address is not None:
            length = int(event.get("encodedDataLength", 0))
            if "/atlas/" in address:
                self.pictures += length
            else:
                self.page += length
            self._last = time.monotonic()

    def of(self, gesture: Callable[[], object]) -> tuple[float, float]:
        """kB that a gesture sends and gets, all that follows from it included; and kB of thumbnails."""
        self.page = self.pictures = 0
        self._last = time.monotonic()
        gesture()
        while self._open or time.monotonic() - self._last < QUIET_SECONDS:
            self._tab.wait_for_timeout(50)
        return self.page / 1000, self.pictures / 1000


def gestures(desk: Desk) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is done, one after the other; those that a study does not have are left out."""
    yield "a cell of the matrix", lambda: desk.click_cell(1, 1)
    yield "an image", lambda: desk.click_image(desk.grid_ids()[0])
    yield "a step by a key", lambda: desk.page.keyboard.press("ArrowRight")
    if desk.at("#focus-epoch [role=slider]").is_visible():
        yield "an earlier epoch", lambda: desk.at("#focus-epoch [role=slider]").press("Home")
    yield "undo", lambda: desk.at("#undo").click()
    yield "the selection cleared", lambda: desk.at("#clear-selection").click()
    yield "wrong only", lambda: desk.at("#wrong-button").click()
    yield "least sure first", lambda: desk.js("window.dash_clientside.set_props('grid-sort', {value: 'confidence'})")
    yield "chord diagram", lambda: desk.choose("matrix-diagram", "Chord")
    yield "matrix", lambda: desk.choose("matrix-diagram", "Matrix")
    if desk.at("#matrix-split").is_visible():
        yield "train images", lambda: desk.choose("matrix-split", "Train")
    yield "the Jobs view beside", lambda: desk.at("#nav-jobs-beside").click()
    yield "the Jobs view alone", lambda: desk.at("#nav-jobs").click()
    yield "the Teacher view again", lambda: desk.at("#nav-teacher").click()


def payloads(browser: Browser, site: str, study: Study) -> dict[str, tuple[float, float]]:
    """kB of each gesture, and of thumbnails with it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    desk = Desk(context.new_page(), site).open(f"/?study={study.id}")
    wire = Wire(desk.page)
    wire.of(lambda: None)
    found = {}
    for name, gesture in gestures(desk):
        found[name] = wire.of(gesture)
    context.close()
    return found


def main() -> None:
    chosen = read_runs(__doc__, 7, mnist=("", "folder that holds MNIST"))
    print(machine())
    with folder() as parent, Darkroom(parent / "data") as page, sync_playwright() as playwright, bare_page() as bare:
        page.wait(page.answers, "the page answers")
        page.wait_for_workers()
        engine = page.engine()
        studies = [finished(page, engine, page.wait(engine.studies.all, "the first study is there", pause=0.05)[0])]
        studies.append(predictions_alone(page, engine, parent, N_GIVEN, N_CLASSES))
        if chosen.mnist:
            studies.append(mnist(page, engine, chosen.mnist))
        site = f"http://127.0.0.1:{page.port}"
        limit = paints(playwright.chromium, bare, chosen.runs, DRAWN)
        seen = {study.title: paints(playwright.chromium, f"{site}/?study={study.id}", chosen.runs) for study in studies}
        rows = [
            [title, *(f"{ours:.2f} s, {ours / theirs:.2f} ×" for ours, theirs in zip(times, limit, strict=True))]
            for title, times in seen.items()
        ]
        rows.append(["a page with one graph", *(f"{seconds:.2f} s" for seconds in limit)])
        head = ["", "first visit", "later, new tab", "later, open tab"]
        print(table(f"First paint, medians of {chosen.runs}", head, rows), flush=True)
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        sent = {study.title: payloads(browser, site, study) for study in studies}
        browser.close()
    names = list(dict.fromkeys(name for of in sent.values() for name in of))
    rows = [[name, *(told(of[name]) if name in of else "" for of in sent.values())] for name in names]
    print(table("Sent and received after a gesture, and thumbnails fetched with it", ["", *sent], rows))
    new, open_ = (max(times[place] for times in seen.values()) for place in (1, 2))
    most = max(page for of in sent.values() for page, _ in of.values())
    print(f"\nfirst paint ≤ {PAINT_SECONDS:g} s: in an open tab {met(open_, PAINT_SECONDS)}, ", end="")
    print(f"in a new one {met(new, PAINT_SECONDS)}; a gesture ≤ {PAYLOAD_KB:g} kB: {met(most, PAYLOAD_KB)}")
    print("limit: what the browser takes to load the libraries and draw one graph; then our multiple of it")


def told(sizes: tuple[float, float]) -> str:
    page, pictures = sizes
    return f"{page:.1f} kB" + (f" + {pictures:.0f}" if pictures else "")


if __name__ == "__main__":
    main()
