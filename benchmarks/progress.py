"""How late the page is: from a report in the worker until the page's pulse shows it, asked for every 500 ms.

Beside it: a reader that looks into the store every 5 ms, which is what a push to the browser could show. The limit of
any polling is its beat: half of it on average.
"""

import json
import re
import threading
import time

from benchmarks.harness import Browser, Darkroom, folder, machine, median, met, ms, percentile, read_runs, table
from workers.engine import Engine
from workers.kinds import job

TARGET_SECONDS = 1.0
BEAT_SECONDS = 0.5
TOLD = re.compile(r"told at (\d+\.\d+)")


def watch_store(engine: Engine, key: str, lags: dict[str, float]) -> None:
    """Notes how late each report is when it can be read from the store."""
    while (record := engine.jobs.get(key)).is_open:
        if told := TOLD.search(record.message):
            lags.setdefault(told[1], time.time() - float(told[1]))
        time.sleep(0.005)


def main() -> None:
    import benchmarks.clock  # noqa: F401 (its job kind)

    reports = read_runs(__doc__, 60).runs
    print(machine())
    modules = json.dumps(["benchmarks.clock"])
    with (
        folder() as parent,
        Darkroom(parent / "data", first="import benchmarks.clock", DARKROOM_TASK_MODULES=modules) as page,
    ):
        page.wait(page.answers, "the page answers")
        page.wait_for_workers()
        engine = page.engine()
        study = engine.studies.create("Clock", {"clock": job("bench-clock", {"reports": reports})})
        key = study.keys["clock"]
        store_lags: dict[str, float] = {}
        watcher = threading.Thread(target=watch_store, args=(page.engine(), key, store_lags))
        watcher.start()
        browser = Browser(page.port)
        browser.load()
        shown: dict[str, float] = {}
        answers: list[float] = []
        while watcher.is_alive():
            due = time.perf_counter() + BEAT_SECONDS
            asked = time.perf_counter()
            told = TOLD.search(json.dumps(browser.pulse().get("study-steps.children", "")))
            answers.append(time.perf_counter() - asked)
            if told:
                shown.setdefault(told[1], time.time() - float(told[1]))
            time.sleep(max(0.0, due - time.perf_counter()))
        watcher.join()
        ended = engine.jobs.get(key)
        if ended.state != "done" or not shown:
            raise SystemExit(f"the clock ended as {ended.state}, {len(shown)} of its reports were shown: {ended.error}")
    page_lags, lags = list(shown.values()), list(store_lags.values())
    rows = [
        [
            "on the page",
            ms(median(page_lags)),
            ms(percentile(page_lags, 0.95)),
            ms(max(page_lags)),
            str(len(page_lags)),
        ],
        ["in the store", ms(median(lags)), ms(percentile(lags, 0.95)), ms(max(lags)), str(len(lags))],
    ]
    columns = ["", "median", "p95", "max", "seen"]
    print(table(f"Age of a report when it can be seen, {reports} reports", columns, rows))
    print(f"\non the page, at worst ≤ {TARGET_SECONDS:g} s: {met(max(page_lags), TARGET_SECONDS)}")
    beat = f"limit: half a beat, {ms(BEAT_SECONDS / 2)} on average, a whole one at worst"
    print(f"{beat}; we take {median(page_lags) / (BEAT_SECONDS / 2):.2f} × the former")
    ratio = median(page_lags) / median(lags)
    print(f"a pulse takes {ms(median(answers))}; a push could be {ratio:.0f} × as fresh")


if __name__ == "__main__":
    main()
