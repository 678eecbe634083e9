"""How soon the page answers a gesture of the Teacher view: in a headless Chromium with software WebGL, over plain HTTP.

    uv run python -m benchmarks.gestures [--mnist DIR] [--most 100000]

The test images of MNIST, where DIR holds its four files, and predictions alone, up to as many as --most says. From the
release of a lasso round points of the map, and from a click on a cell of the matrix, to the moment when the images in
view are painted. Beside it: the same lasso without anything of ours listening, which is what Plotly takes.
"""

import random
from collections.abc import Callable

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import TimeoutError as NoAnswer

from benchmarks.harness import Darkroom, folder, machine, median, met, ms, percentile, read_runs, table
from benchmarks.studies import mnist, predictions_alone
from tests.browser.desk import FLAGS, Desk, find_browser
from workers.studies import Study

SMALL, LARGE = 10_000, 100_000
LASSO_SECONDS = {SMALL: 0.3, LARGE: 0.6}
CELL_SECONDS = 0.2
N_CLASSES = 10

# Notes how long it takes from the release of the mouse until the grid has painted another selection.
WATCH = """
window.watch = () => addEventListener('pointerup', () => {
  const began = performance.now(), grid = document.querySelector('#grid'), before = grid.dataset.count;
  window.took = null;
  const look = () => {
    if (grid.dataset.ready === 'true' && grid.dataset.count !== before) window.took = performance.now() - began;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}, {capture: true, once: true});
"""
# What Plotly alone takes for a lasso: from the release of the mouse to its own event.
PLOTLY = """
window.watch = () => addEventListener('pointerup', () => {
  const began = performance.now();
  window.took = null;
  window.darkroom.scatter.plot.once('plotly_selected', () => { window.took = performance.now() - began; });
}, {capture: true, once: true});
"""


def timed(desk: Desk, gesture: Callable[[], object]) -> float | None:
    """Seconds that the page takes for a gesture; None where it changes nothing."""
    desk.js("() => { window.took = undefined; window.watch(); }")
    gesture()
    try:
        desk.page.wait_for_function("typeof window.took === 'number'", timeout=20_000)
    except NoAnswer:
        return None
    return desk.js("() => window.took") / 1000


def measured(browser: Browser, site: str, study: Study, runs: int, watch: str) -> tuple[list[float], list[float]]:
    """Seconds of lassos round changing parts of the map, and of clicks on cells of the matrix."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(watch)
    desk = Desk(context.new_page(), site).open(f"/?study={study.id}")
    desk.wait_map()
    box = desk.js("() => { const {xaxis, yaxis} = window.darkroom.scatter.plot._fullLayout;"
                  " return [...xaxis.range, ...yaxis.range] }")  # fmt: skip
    random.seed(0)
    lassos = [timed(desk, lambda: desk.lasso(part_of(box))) for _ in range(runs)]
    cells = [divmod(number, N_CLASSES) for number in random.sample(range(N_CLASSES**2), runs)]
    clicks = [timed(desk, lambda cell=cell: desk.click_cell(*cell)) for cell in cells]
    context.close()
    return [took for took in lassos if took], [took for took in clicks if took]


def part_of(box: list[float]) -> tuple[float, float, float, float]:
    """A random part of the map, a ninth to a quarter of it: left, bottom, right, top."""
    left, right, bottom, top = box
    share = random.uniform(1 / 3, 1 / 2)
    width, height = share * (right - left), share * (top - bottom)
    x, y = random.uniform(left, right - width), random.uniform(bottom, top - height)
    return x, y, x + width, y + height


def main() -> None:
    chosen = read_runs(__doc__, 20, mnist=("", "folder that holds MNIST"), most=(LARGE, "predictions alone, at most"))
    print(machine())
    rows, verdicts = [], []
    with folder() as parent, Darkroom(parent / "data") as page, sync_playwright() as playwright:
        page.wait(page.answers, "the page answers")
        page.wait_for_workers()
        engine = page.engine()
        counts = [count for count in (SMALL, LARGE, 10 * LARGE) if count <= chosen.most]
        studies = {count: predictions_alone(page, engine, parent, count, N_CLASSES) for count in counts}
        if chosen.mnist:
            studies[SMALL] = mnist(page, engine, chosen.mnist)
        site = f"http://127.0.0.1:{page.port}"
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for count, study in studies.items():
            lassos, clicks = measured(browser, site, study, chosen.runs, WATCH)
            alone, _ = measured(browser, site, study, max(3, chosen.runs // 4), PLOTLY)
            for name, seconds, limit in (
                ("lasso released → grid", lassos, LASSO_SECONDS.get(count)),
                ("confusion click → grid", clicks, CELL_SECONDS if count == SMALL else None),
            ):
                if not seconds:
                    rows.append([f"{study.title}: {name}", "no answer", "", "", ""])
                    continue
                p95 = percentile(seconds, 0.95)
                plotly = ms(median(alone)) if alone and "lasso" in name else ""
                rows.append([f"{study.title}: {name}", str(len(seconds)), ms(median(seconds)), ms(p95), plotly])
                if limit:
                    verdicts.append(f"{name} of {count:,} ≤ {ms(limit)}: {met(p95, limit)}")
        browser.close()
    print(table("From a gesture to the painted grid", ["", "runs", "median", "p95", "Plotly alone, median"], rows))
    print("\n" + "\n".join(verdicts))
    print("limit: what Plotly takes to find the points in a lasso, and one round trip to the server")


if __name__ == "__main__":
    main()
