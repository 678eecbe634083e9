"""From `app.py` to the first page that is answered, on a data folder that holds a finished digits study.

Beside it: the same with torch imported by the page's process, as it would be without the import contract; and what Python
takes to import the page's own libraries, below which no page of Dash can start.
"""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.harness import Browser, Darkroom, environment, folder, machine, median, met, read_runs, table

TARGET_SECONDS, TARGET_MB = 5.0, 250
LIBRARIES = (
    "dash, dash_mantine_components, plotly.graph_objects, flask_caching, celery, redis, pydantic_settings, psutil"
)


def make_study(data_dir: Path) -> None:
    """Starts Darkroom on an empty folder and stops it when the digits study is done."""
    with Darkroom(data_dir) as darkroom:
        darkroom.wait(darkroom.answers, "the page answers")
        engine = darkroom.engine()
        keys = list(darkroom.wait(engine.studies.all, "the study is there", pause=0.2)[0].keys.values())
        darkroom.wait(lambda: engine.results.which(keys) == set(keys), "the study is done", 600, pause=0.2)


def start(data_dir: Path, first: str = "") -> tuple[float, float, float, bool]:
    """Seconds to the first page, seconds to the first that has its results, MB, and whether torch is in it."""
    with Darkroom(data_dir, first=first) as darkroom:
        darkroom.wait(darkroom.answers, "the page answers")
        answered = darkroom.seconds()
        browser = Browser(darkroom.port)
        browser.load()
        darkroom.wait(lambda: browser.pulse() and "predictions" in browser.props.get("ready.data", []), "results")
        filled = darkroom.seconds()
        browser.close()
        return answered, filled, darkroom.memory() / 2**20, darkroom.has_torch()


def imports() -> float:
    """Seconds in which a fresh Python imports what the page is made of."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], env=environment(), check=True)
    return time.perf_counter() - began


def main() -> None:
    runs = read_runs(__doc__, 5).runs
    print(machine())
    with folder() as parent:
        data_dir = parent / "data"
        make_study(data_dir)
        ours, with_torch, floor = [], [], []
        for _ in range(runs):
            ours.append(start(data_dir))
            with_torch.append(start(data_dir, first="import torch"))
            floor.append(imports())
    rows, medians = [], {}
    for name, measured in (("app.py", ours), ("app.py with torch in the page", with_torch)):
        answered, filled, megabytes = (median([run[column] for run in measured]) for column in range(3))
        medians[name] = answered, megabytes
        torch = "yes" if any(run[3] for run in measured) else "no"
        rows.append([name, f"{answered:.2f} s", f"{filled:.2f} s", f"{megabytes:.0f} MB", torch])
    rows.append(["importing the libraries alone", f"{median(floor):.2f} s", "", "", ""])
    print(
        table(
            f"Start on a finished study, medians of {runs}",
            ["", "first page", "with results", "page's memory", "torch"],
            rows,
        )
    )
    answered, megabytes = medians["app.py"]
    other = medians["app.py with torch in the page"]
    print(f"\nfirst page ≤ {TARGET_SECONDS:g} s: {met(answered, TARGET_SECONDS)}; ", end="")
    print(f"memory ≤ {TARGET_MB} MB: {met(megabytes, TARGET_MB)}; no torch: {rows[0][4] == 'no'}")
    print(f"against torch in the page: {other[0] / answered:.2f} × the time, {other[1] / megabytes:.2f} × the memory")
    print(f"limit: the imports alone; we take {answered / median(floor):.2f} × that")


if __name__ == "__main__":
    main()
