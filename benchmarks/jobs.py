"""From `submit` to running and to done, for a job that does nothing.

Beside it: a task of plain Celery with its own result backend, and one push to a Redis list that a waiting process pops,
below which nothing that goes through Redis can be. All over the same server and the same kind of socket.
"""

import json
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import redis

from benchmarks.harness import PROBES, Darkroom, Process, folder, machine, median, met, ms, percentile, read_runs, table
from benchmarks.plain import ANSWERED, ASKED
from benchmarks.rivals import rivals
from workers.engine import Engine
from workers.kinds import job

TARGET_SECONDS = 0.050


def through_darkroom(engine: Engine) -> tuple[float, float]:
    """Seconds from submitting to running and to done, by the server's clock."""
    spec = job("probe-empty", {"tag": uuid.uuid4().hex})
    began = engine.jobs.now()
    key = engine.jobs.submit(spec)
    while engine.jobs.get(key).is_open:
        time.sleep(0.002)
    record = engine.jobs.get(key)
    if record.state != "done" or record.started is None or record.finished is None:
        raise SystemExit(f"the empty job ended as {record.state}: {record.error}")
    return record.started - began, record.finished - began


def through_celery(ask: Callable[[float], Any]) -> tuple[float, float]:
    """The same for a task of plain Celery: when it began, and when its answer was here."""
    began = time.time()
    started = ask(0).get(timeout=30)
    return started - began, time.time() - began


def through_list(client: redis.Redis) -> tuple[float, float]:
    """The same for one push to a list, and one back."""
    began = time.time()
    client.rpush(ASKED, "1")
    popped = client.brpop([ANSWERED], timeout=30)
    assert isinstance(popped, tuple), "nobody answers on the list"
    return json.loads(popped[1]) - began, time.time() - began


def main() -> None:
    import tests.probe  # noqa: F401 (its job kinds)

    runs = read_runs(__doc__, 200).runs
    print(machine())
    with (
        folder() as parent,
        Darkroom(parent / "data", "--no-worker", DARKROOM_TASK_MODULES="[]") as page,
    ):
        page.wait(page.answers, "the page answers")
        engine = page.engine()
        worker = Process(
            [sys.executable, "-m", "workers.worker", "bench@jobs", "interactive,batch"],
            parent / "worker.out",
            REDIS_URL=page.redis_url,
            DARKROOM_TASK_MODULES=json.dumps([PROBES]),
            DARKROOM_DATA_DIR=str(parent / "worker"),
        )
        try:
            with rivals(page.redis_url, parent) as (ask, client):
                page.wait(page.workers, "a worker")
                measured = {"Darkroom": [], "plain Celery": [], "bare Redis list": []}
                for _ in range(3):  # connections and scripts are there from now on
                    through_darkroom(engine)
                    through_celery(ask)
                    through_list(client)
                for _ in range(runs):
                    measured["Darkroom"].append(through_darkroom(engine))
                    measured["plain Celery"].append(through_celery(ask))
                    measured["bare Redis list"].append(through_list(client))
        finally:
            worker.kill()
    rows = []
    for name, times in measured.items():
        running, done = [run[0] for run in times], [run[1] for run in times]
        rows.append([name, ms(median(running)), ms(percentile(running, 0.95)), ms(median(done))])
    columns = ["", "to running", "p95", "to done"]
    print(table(f"An empty job, medians of {runs}", columns, rows))
    ours, celery, bare = (median([run[0] for run in times]) for times in measured.values())
    print(f"\nsubmit to running ≤ {ms(TARGET_SECONDS)}: {met(ours, TARGET_SECONDS)}")
    print(f"against plain Celery: {ours / celery:.2f} ×; limit: one hop over Redis, we take {ours / bare:.1f} × that")


if __name__ == "__main__":
    main()
