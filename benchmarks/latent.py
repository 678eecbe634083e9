"""How soon the page shows what a hand does on the latent axes: in a headless Chromium, over plain HTTP, on two cores.

    uv run python -m benchmarks.latent [--runs 60] [--mnist DIR | --study FILE]

From a move of the pointer that drags a point of the line to the frame in which the image, the teacher's answer and its places
on the maps show that move or a later one; with 10 and with 128 latent values, idle and while a VAE is trained by a worker for
jobs. Then 512 neighbours, from the press of "Draw others" to the painted grid, and a student with its defaults, from the press
of "Generate & train" to its painted maps. The study is the digits, or MNIST where DIR holds its four files, or that of a FILE
(see workers/study_file.py). Beside it: the call alone, asked from here, without any page.
"""

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.harness import Darkroom, folder, machine, median, met, ms, percentile, read_runs, table
from benchmarks.studies import PATIENCE, finished, mnist
from tests.browser.desk import FLAGS, find_browser
from workers.engine import Engine
from workers.kinds import job
from workers.studies import Study, digits_study
from workers.study_check import checked_study

SIZES = (10, 128)
EPOCHS = 3  # of the VAEs: how well they decode is no matter here
MEDIAN_SECONDS, P95_SECONDS, NEIGHBOUR_SECONDS, STUDENT_SECONDS = 0.060, 0.120, 0.300, 1.5
STUDENT_SECONDS_IN_COLOUR = 2.5
STEP, PAUSE_MS = 3, 30  # px a move, and until the next: a hand that goes on
MOVES = 30  # in a drag
MOST_RESAMPLES = 10

# Of each move of the line: when, and in which frame it, or a later one, was on the page.
WATCH = """() => {
  const {latent} = window.darkroom, waiting = [];
  const isWatched = Boolean(window.took);
  window.took = [];
  if (isWatched) return;
  const move = latent.move.bind(latent);
  latent.move = (values) => { move(values); waiting.push([latent.moves, performance.now()]); };
  latent.addEventListener('answer', () => {
    const {shown} = latent;
    requestAnimationFrame(() => {
      while (waiting.length && waiting[0][0] <= shown) window.took.push(performance.now() - waiting.shift()[1]);
    });
  });
}"""
IS_STILL = "() => !window.darkroom.latent.flying"
WATCH_NEIGHBOURS = """() => {
  window.painted = null;
  const grid = document.querySelector('#neighbours'), before = grid.dataset.turn, began = performance.now();
  const look = () => requestAnimationFrame(grid.dataset.turn === before ? look : () => {
    window.painted = performance.now() - began;
  });
  look();
}"""


WATCH_STUDENT = """() => {
  window.painted = null;
  const shown = () => document.querySelector('#student-maps')?.dataset.shown, before = shown(), began = performance.now();
  const look = () => requestAnimationFrame(shown() === before ? look : () => {
    window.painted = performance.now() - began;
  });
  look();
}"""


def with_vae(page: Darkroom, engine: Engine, study: Study, latents: int) -> Study:
    """The study with a VAE of so many latent values, and its codes."""
    images, teacher = (engine.jobs.spec(study.keys[role]) for role in ("images", "teacher"))
    vae = job("vae", {"latent_size": latents, "epochs": EPOCHS}, images=images, teacher=teacher)
    engine.studies.add(study.id, "vae", vae)
    return finished(
        page, engine, engine.studies.add(study.id, "codes", job("codes", images=images, teacher=teacher, vae=vae))
    )


def drags(page: Page, runs: int) -> list[float]:
    """Seconds of each of `runs` moves at least, in drags of points of the line up and down."""
    page.evaluate(WATCH)
    handles = page.locator(".latent-handle")
    for turn in range(-(-runs // MOVES)):
        box = handles.nth(turn % handles.count()).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for move in range(MOVES):
            page.mouse.move(x, y + STEP * (move if move < MOVES / 2 else MOVES - move))
            page.wait_for_timeout(PAUSE_MS)
        page.mouse.up()
        page.wait_for_function(IS_STILL)
    return [took / 1000 for took in page.evaluate("() => window.took")]


def resamples(page: Page, runs: int) -> list[float]:
    """Seconds from a press of "Draw others" to the painted grid."""
    taken = []
    for _ in range(runs):
        page.wait_for_timeout(500)
        page.evaluate(WATCH_NEIGHBOURS)
        page.click("#neighbours-again")
        page.wait_for_function("() => window.painted !== null")
        taken.append(page.evaluate("() => window.painted") / 1000)
    return taken


def students(page: Page, runs: int) -> list[float]:
    """Seconds from a press of "Generate & train" to the painted student, each with another seed."""
    taken = []
    for seed in range(1, runs + 2):  # the first has models to load
        page.evaluate(f"() => window.dash_clientside.set_props('student-set-seed', {{value: {seed}}})")
        page.wait_for_timeout(700)
        page.evaluate(WATCH_STUDENT)
        page.click("#student-generate")
        page.wait_for_function("() => window.painted !== null")
        taken.append(page.evaluate("() => window.painted") / 1000)
    return taken[1:]


def call_alone(engine: Engine, study: Study, runs: int) -> float:
    """Median seconds of the call that a move makes, without maps."""
    keys = {role: study.keys[role] for role in ("images", "teacher", "vae", "codes", "predictions")}
    epoch = engine.results.meta(study.keys["teacher"])["stored_epochs"][-1]
    asked = keys | {"epoch": epoch, "number": 0, "values": None, "residual": True, "maps": []}

    def ask() -> float:
        began = time.perf_counter()
        engine.calls.ask("decode", asked, "bench")
        return time.perf_counter() - began

    return median([ask() for _ in range(runs)][5:])


def busy(page: Darkroom, engine: Engine, study: Study, work: Callable[[], list[float]]) -> list[float]:
    """What `work` takes while a VAE is trained."""
    images, teacher = (engine.jobs.spec(study.keys[role]) for role in ("images", "teacher"))
    key = engine.jobs.submit(job("vae", {"epochs": 1000, "seed": 7}, images=images, teacher=teacher))
    page.wait(lambda: (engine.jobs.get(key).fraction or 0) > 0, "the training has begun", PATIENCE)
    try:
        return work()
    finally:
        engine.jobs.cancel(key)


def main() -> None:
    chosen = read_runs(__doc__, 60, mnist=("", "folder that holds MNIST"), study=("", "file of a study"))
    print(machine())
    rows, verdicts = [], []
    with folder() as parent, Darkroom(parent / "data") as page, sync_playwright() as playwright:
        page.wait(page.answers, "the page answers")
        page.wait_for_workers()
        engine = page.engine()
        if chosen.mnist:
            base = mnist(page, engine, chosen.mnist)
        else:
            title, specs = checked_study(Path(chosen.study))[:2] if chosen.study else ("Digits", digits_study())
            base = finished(page, engine, engine.studies.create(title, specs))
        channels = engine.results.meta(base.keys["images"])["shape"][0]
        student_seconds = STUDENT_SECONDS if channels == 1 else STUDENT_SECONDS_IN_COLOUR
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for latents in SIZES:
            study = with_vae(page, engine, base, latents)
            tab = browser.new_page(viewport={"width": 1440, "height": 900})
            number = engine.results.meta(study.keys["images"])["n_train"]
            tab.goto(f"http://127.0.0.1:{page.port}/?study={study.id}&views=teacher,vae&focus={number}")
            tab.wait_for_function("() => window.darkroom?.latent?.now && window.darkroom.maps.scatter?.source")
            drags(tab, MOVES)  # the first has models to load
            alone = call_alone(engine, study, chosen.runs)
            for state, taken in (
                ("idle", drags(tab, chosen.runs)),
                ("while a VAE is trained", busy(page, engine, study, lambda tab=tab: drags(tab, chosen.runs))),
            ):
                p50, p95 = median(taken), percentile(taken, 0.95)
                rows.append([f"{latents} latent values, {state}", str(len(taken)), ms(p50), ms(p95), ms(alone)])
                verdicts.append(
                    f"{latents}, {state}: median ≤ {ms(MEDIAN_SECONDS)}: {met(p50, MEDIAN_SECONDS)}; "
                    f"p95 ≤ {ms(P95_SECONDS)}: {met(p95, P95_SECONDS)}"
                )
            taken = resamples(tab, min(MOST_RESAMPLES, chosen.runs))
            rows.append(
                [
                    f"512 neighbours, {latents} latent values",
                    str(len(taken)),
                    ms(median(taken)),
                    ms(percentile(taken, 0.95)),
                    "",
                ]
            )
            verdicts.append(
                f"512 neighbours, {latents}: ≤ {ms(NEIGHBOUR_SECONDS)}: {met(median(taken), NEIGHBOUR_SECONDS)}"
            )
            tab.goto(f"http://127.0.0.1:{page.port}/?study={study.id}&views=student&focus={number}")
            tab.wait_for_selector("#student-generate:not([disabled])")
            taken = students(tab, min(MOST_RESAMPLES, chosen.runs))
            middle, p95 = median(taken), percentile(taken, 0.95)
            rows.append([f"a student, {latents} latent values", str(len(taken)), ms(middle), ms(p95), ""])
            verdicts.append(f"a student, {latents}: ≤ {ms(student_seconds)}: {met(middle, student_seconds)}")
            tab.close()
        browser.close()
    print(
        table(
            "From a move of the hand to what is painted", ["", "moves", "median", "p95", "the call alone, median"], rows
        )
    )
    print("\n" + "\n".join(verdicts))
    print(
        "limit: the call alone, which is decoding, the teacher's forward pass and two hops through the store, and a frame"
    )


if __name__ == "__main__":
    main()
