"""The round trip of a live call whose work takes 10 ms, from a process like the page's.

Beside it: the same work as a job of its own, and as a task of plain Celery whose answer is waited for. The limit is the
work and two hops over Redis.
"""

import contextlib
import json
import time
import uuid
from collections.abc import Callable

from benchmarks.harness import PROBES, Darkroom, folder, machine, median, met, ms, percentile, read_runs, table, timed
from benchmarks.jobs import through_list
from benchmarks.rivals import rivals
from workers.kinds import job

WORK_SECONDS = 0.010
TARGET_SECONDS = 0.016


def main() -> None:
    import tests.probe  # noqa: F401 (its job kinds)

    runs = read_runs(__doc__, 200).runs
    print(machine())
    with (
        folder() as parent,
        Darkroom(parent / "data", DARKROOM_TASK_MODULES=json.dumps([PROBES])) as page,
        contextlib.ExitStack() as others,
    ):
        page.wait(page.answers, "the page answers")
        page.wait_for_workers()
        engine = page.engine()
        ask, client = others.enter_context(rivals(page.redis_url, parent))

        def call() -> None:
            engine.calls.ask("probe-wait", {"ms": 1000 * WORK_SECONDS}, tab="bench")

        def as_job() -> None:
            key = engine.jobs.submit(job("probe-sleep", {"seconds": WORK_SECONDS, "tag": uuid.uuid4().hex}))
            while engine.jobs.get(key).is_open:
                time.sleep(0.002)

        ways: dict[str, Callable[[], object]] = {
            "call": call,
            "job": as_job,
            "plain Celery": lambda: ask(WORK_SECONDS).get(timeout=30),
            "bare Redis list and the work": lambda: (time.sleep(WORK_SECONDS), through_list(client)),
        }
        for way in ways.values():
            way()
        measured = {name: [] for name in ways}
        for _ in range(runs):
            for name, way in ways.items():
                measured[name].append(timed(way))
    medians = {name: median(times) for name, times in measured.items()}
    rows = [
        [name, ms(medians[name]), ms(percentile(times, 0.95)), f"{medians[name] / medians['call']:.2f} ×"]
        for name, times in measured.items()
    ]
    print(table(f"10 ms of work, asked for and answered, medians of {runs}", ["", "median", "p95", "to a call"], rows))
    ours, bare = medians["call"], medians["bare Redis list and the work"]
    print(f"\na call ≤ {ms(TARGET_SECONDS)}: {met(ours, TARGET_SECONDS)}")
    print(f"limit: the work and two hops over Redis, {ms(bare)}; we take {ms(ours - bare)} more, {ours / bare:.2f} ×")


if __name__ == "__main__":
    main()
