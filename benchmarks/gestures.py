"""How soon the page answers a gesture of the Teacher view: in a headless Chromium with software WebGL, over plain HTTP.

    uv run python -m benchmarks.gestures [--mnist DIR] [--most 1000000]

The test images of MNIST, where DIR holds its four files, and predictions alone, up to as many as --most says. From the
release of a lasso round a part of the map, and from a click on a cell of the matrix, to the moment when the images in view
are painted; from a move of the pointer to the ring round the same image in the other view, and how often the server was
asked meanwhile. Beside it: the same lasso with all points drawn and nothing of ours listening, which is what Plotly takes.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import TimeoutError as NoAnswer

from benchmarks.harness import Darkroom, folder, machine, median, met, ms, percentile, read_runs, table
from benchmarks.studies import mnist, predictions_alone
from tests.browser.desk import FLAGS, Desk, find_browser
from workers.studies import Study

SMALL, LARGE, HUGE = 10_000, 100_000, 1_000_000
LASSO_SECONDS = {SMALL: 0.3, LARGE: 0.6}
CELL_SECONDS = 0.2
HOVER_SECONDS = 0.05
PAUSE_SECONDS = 0.7
N_CLASSES = 10
EDGE = 8  # px between a tile and the edge of the grid, so that no half tile is pointed at

# Note how long it takes from an event of the pointer until something is painted: another selection by the grid, another ring
# over the map, another one in the grid, or nothing of ours, only Plotly's own event.
WATCH = """
window.watch = (event, stateOf, isPainted) => addEventListener(event, () => {
  const began = performance.now(), before = stateOf();
  window.took = null;
  const look = () => {
    if (stateOf() !== before && isPainted()) window.took = performance.now() - began;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}, {capture: true, once: true});
window.watchGrid = () => {
  const {dataset} = document.querySelector('#grid');
  window.watch('pointerup', () => `${dataset.count} ${window.darkroom.grid.ids[0]}`, () => dataset.ready === 'true');
};
window.watchRing = () => {
  const {hover} = window.darkroom.maps.scatter.rings;
  window.watch('pointermove', () => hover.style.transform, () => !hover.hidden);
};
window.watchTile = () => window.watch('pointermove', () => window.darkroom.grid.pointedId, () => true);
window.watchPlotly = () => addEventListener('pointerup', () => {
  const began = performance.now(), {plot} = window.darkroom.maps.scatter;
  window.took = null;
  plot.removeAllListeners('plotly_selected');
  plot.once('plotly_selected', () => { window.took = performance.now() - began; });
}, {capture: true, once: true});
"""
AXES = "() => { const {xaxis, yaxis} = window.darkroom.maps.scatter.plot._fullLayout; return [...xaxis.range, ...yaxis.range] }"
# All points, as Plotly draws them by itself.
DRAW_ALL = "() => { window.darkroom.mostDrawn = Infinity; window.darkroom.maps.scatter.draw() }"
ALL_BY_PLOTLY = """() => { const {plot} = window.darkroom.maps.scatter;
    return Plotly.react(plot, plot.pointTraces().map((trace) => ({...trace, type: 'scattergl'})), plot.layout) }"""
# The commonest confusions, so that there is something to paint.
CELLS = "() => window.dash_component_api.getLayout('confusions').props.data.top.map(([true_, taken]) => [true_, taken])"
# Where tiles that are wholly in view are, and points of the map that lie apart from each other, in px of the page.
TILES = """edge => { const {grid} = window.darkroom, box = grid.host.getBoundingClientRect(), places = [];
    for (const id of grid.ids.subarray(0, 500)) {
        const {x, y, width, height} = grid.rectOf(id);
        if (y + height + edge < box.height) places.push([box.left + x + width / 2, box.top + y + height / 2]);
    }
    return places }"""
POINTS = """() => { const {maps: {scatter}, grid} = window.darkroom, box = scatter.host.getBoundingClientRect();
    return [...grid.ids.subarray(0, 500)].map((id) => scatter.drawing.pixelOf(id, scatter.source)).filter(Boolean)
        .map(([x, y]) => [box.left + x, box.top + y]) }"""


@dataclass
class Taken:
    """Seconds by gesture; what changed nothing is not among them."""

    lasso: list[float] = field(default_factory=list)
    cell: list[float] = field(default_factory=list)
    ring: list[float] = field(default_factory=list)
    tile: list[float] = field(default_factory=list)
    plotly: list[float] = field(default_factory=list)
    asked: int = 0  # requests to the server while hovering


def timed(desk: Desk, watch: str, gesture: Callable[[], object], patience: float = 20.0) -> list[float]:
    """Seconds that the page takes for a gesture; none where it changes nothing. Nobody makes the next one at once."""
    desk.page.wait_for_timeout(1000 * PAUSE_SECONDS)
    desk.js(f"() => {{ window.took = undefined; window.{watch}(); }}")
    gesture()
    try:
        desk.page.wait_for_function("typeof window.took === 'number'", timeout=1000 * patience)
    except NoAnswer:
        return []
    return [desk.js("() => window.took") / 1000]


def measured(browser: Browser, site: str, study: Study, count: int, runs: int) -> Taken:
    """Lassos round changing parts of the map, clicks on cells of the matrix, tiles and points that are hovered."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    desk = Desk(context.new_page(), site).open(f"/?study={study.id}")
    desk.wait_map()
    desk.wait(
        "window.darkroom.maps.scatter.members.flat().length || window.darkroom.maps.scatter.plot.layout.images.length"
    )
    random.seed(0)
    box, taken = desk.js(AXES), Taken()
    for _ in range(runs):
        taken.lasso += timed(desk, "watchGrid", lambda: desk.lasso(part_of(box)))
    for true, predicted in random.sample(desk.js(CELLS), runs):
        taken.cell += timed(desk, "watchGrid", lambda cell=(true, predicted): desk.click_cell(*cell))
    hover(desk, taken, runs)
    if count <= LARGE:
        desk.js(DRAW_ALL)
        desk.wait_map()
        desk.js(ALL_BY_PLOTLY)
        for _ in range(max(3, runs // 4)):
            taken.plotly += timed(desk, "watchPlotly", lambda: desk.lasso(part_of(box)))
    context.close()
    return taken


def hover(desk: Desk, taken: Taken, runs: int) -> None:
    """Moves the pointer over tiles, and where points are drawn over those."""
    desk.page.keyboard.press("Escape")
    desk.wait_data("selection", "!data")
    desk.page.wait_for_timeout(2000)
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.post_data or request.url))
    tiles, points = desk.js(TILES, EDGE), desk.js(POINTS)
    for x, y in random.sample(tiles, min(runs, len(tiles))):
        taken.ring += timed(desk, "watchRing", lambda x=x, y=y: desk.page.mouse.move(x, y), 2.0)
    if desk.js("window.darkroom.maps.scatter.members.flat().length"):
        for x, y in random.sample(points, min(runs, len(points))):
            desk.page.mouse.move(5, 5)
            desk.page.wait_for_timeout(100)
            taken.tile += timed(desk, "watchTile", lambda x=x, y=y: desk.page.mouse.move(x, y), 2.0)
    taken.asked = sum('"changedPropIds":["pulse' not in content for content in asked)  # the page's clock asks by itself


def part_of(box: list[float]) -> tuple[float, float, float, float]:
    """A random part of the map, a ninth to a quarter of it: left, bottom, right, top."""
    left, right, bottom, top = box
    share = random.uniform(1 / 3, 1 / 2)
    width, height = share * (right - left), share * (top - bottom)
    x, y = random.uniform(left, right - width), random.uniform(bottom, top - height)
    return x, y, x + width, y + height


def main() -> None:
    chosen = read_runs(__doc__, 20, mnist=("", "folder that holds MNIST"), most=(HUGE, "predictions alone, at most"))
    print(machine())
    rows, verdicts = [], []
    with folder() as parent, Darkroom(parent / "data") as page, sync_playwright() as playwright:
        page.wait(page.answers, "the page answers")
        page.wait_for_workers()
        engine = page.engine()
        counts = [count for count in (SMALL, LARGE, HUGE) if count <= chosen.most]
        studies = {count: predictions_alone(page, engine, parent, count, N_CLASSES) for count in counts}
        if chosen.mnist:
            studies[SMALL] = mnist(page, engine, chosen.mnist)
        site = f"http://127.0.0.1:{page.port}"
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for count, study in studies.items():
            taken = measured(browser, site, study, count, chosen.runs)
            for name, seconds, limit, plotly in (
                ("lasso released → grid", taken.lasso, LASSO_SECONDS.get(count), taken.plotly),
                ("confusion click → grid", taken.cell, CELL_SECONDS if count == SMALL else None, []),
                ("tile hovered → ring on the map", taken.ring, HOVER_SECONDS, []),
                ("point hovered → ring in the grid", taken.tile, HOVER_SECONDS, []),
            ):
                if not seconds:
                    why = "points are drawn when zoomed in" if "point" in name and count > SMALL else "no answer"
                    rows.append([f"{study.title}: {name}", why, "", "", ""])
                    continue
                p95 = percentile(seconds, 0.95)
                alone = ms(median(plotly)) if plotly else ""
                rows.append([f"{study.title}: {name}", str(len(seconds)), ms(median(seconds)), ms(p95), alone])
                if limit:
                    verdicts.append(f"{name} of {count:,} ≤ {ms(limit)}: {met(p95, limit)}")
            verdicts.append(f"requests to the server while hovering, {count:,}: {taken.asked}")
        browser.close()
    print(table("From a gesture to what it paints", ["", "runs", "median", "p95", "Plotly alone, median"], rows))
    print("\n" + "\n".join(verdicts))
    print("limit: what Plotly takes to find the points in a lasso, and one round trip to the server")


if __name__ == "__main__":
    main()
