"""The kill test: jobs of 0.2 to 4 s, two workers of which one is killed every 2 s, and once the server too.

Every contestant gets the same jobs and the same kills: Darkroom's engine, without the supervisor that would tell it of a
worker's death; plain Celery with late acknowledgement; and that with a short visibility time-out as well. Nothing may be
lost, and nothing done twice.
"""

import json
import random
import signal
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import PROBES, Process, Server, folder, machine, median, read_runs, table
from benchmarks.plain import make_app
from workers.engine import Engine
from workers.kinds import job
from workers.settings import read_settings

LENGTHS = (0.2, 0.5, 1.0, 2.0, 4.0)
LEASE_SECONDS = 4.0
VISIBILITY_SECONDS = 6  # longer than the longest job, or it would be given out while it runs
MAX_ATTEMPTS = 20
SERVER_KILLED, SERVER_AWAY = 15.0, 1.0
QUIET_SECONDS = 45.0  # after the last kill, without anything getting done: what is open then is lost


@dataclass
class Round:
    """How one contestant did in one round."""

    lost: int
    twice: int
    seconds: float
    kills: int


@dataclass
class Contest:
    """What a contestant does: submit all jobs, say which are done how often, command of a worker, its settings."""

    submit: Callable[[list[float]], None]
    done: Callable[[], dict[int, int]]
    command: Callable[[int], list[str]]
    settings: dict[str, str]


def darkroom(server: Server, scratch: Path) -> Contest:
    """Darkroom's jobs."""
    import tests.probe  # noqa: F401 (its job kinds)

    flags = ["--lease-seconds", str(LEASE_SECONDS), "--max-attempts", str(MAX_ATTEMPTS), "--data-dir", str(scratch)]
    engine = Engine.connect(read_settings(flags), server.url, patient=True)
    engine.results.set_budget(2**30)
    keys: list[str] = []

    def submit(lengths: list[float]) -> None:
        for length in lengths:
            spec = job("probe-sleep", {"seconds": length, "tag": uuid.uuid4().hex})
            keys.append(engine.jobs.submit(spec))

    def done() -> dict[int, int]:
        return {number: record.commits for number, record in enumerate(engine.jobs.get_many(keys)) if record.commits}

    settings = {
        "REDIS_URL": server.url,
        "DARKROOM_TASK_MODULES": json.dumps([PROBES]),
        "DARKROOM_LEASE_SECONDS": str(LEASE_SECONDS),
        "DARKROOM_MAX_ATTEMPTS": str(MAX_ATTEMPTS),
        "DARKROOM_DATA_DIR": str(scratch),
    }

    def command(number: int) -> list[str]:
        return [sys.executable, "-m", "workers.worker", f"worker-{number}@bench", "interactive,batch"]

    return Contest(submit, done, command, settings)


def celery(visibility: float) -> Callable[[Server, Path], Contest]:
    """Plain Celery's tasks, acknowledged late."""

    def contest(server: Server, scratch: Path) -> Contest:
        app = make_app(server.url, late=True, visibility=visibility)

        def submit(lengths: list[float]) -> None:
            for number, length in enumerate(lengths):
                app.send_task("plain.count", args=[number, length])

        def done() -> dict[int, int]:
            return {int(number): int(times) for number, times in server.client.hgetall("bench:done").items()}

        def command(number: int) -> list[str]:
            name = f"worker-{number}@bench"
            return [sys.executable, "-m", "celery", "-A", "benchmarks.plain", "worker", "--pool=solo", "-n", name]

        settings = {"BENCH_BROKER": server.url, "BENCH_LATE": "1", "BENCH_VISIBILITY": str(visibility)}
        return Contest(submit, done, command, settings)

    return contest


CONTESTANTS: dict[str, Callable[[Server, Path], Contest]] = {
    "Darkroom": darkroom,
    "Celery, acks_late": celery(0),
    f"the same, visibility {VISIBILITY_SECONDS} s": celery(VISIBILITY_SECONDS),
}


def play(make: Callable[[Server, Path], Contest], lengths: list[float], seed: int, kills: int) -> Round:
    """One round: submits the jobs, kills `kills` workers and one server, and waits until nothing more gets done."""
    chance = random.Random(seed)
    with folder() as scratch:
        (scratch / "store").mkdir()
        with Server(scratch / "store") as server:
            contest = make(server, scratch)
            workers = [
                Process(contest.command(number), scratch / f"worker-{number}.out", **contest.settings)
                for number in range(2)
            ]
            try:
                return disturb(server, contest, workers, lengths, chance, kills)
            finally:
                for worker in workers:
                    worker.kill()


def disturb(
    server: Server, contest: Contest, workers: list[Any], lengths: list[float], chance: random.Random, kills: int
) -> Round:
    """The round itself, with everything up."""
    contest.submit(lengths)
    began = changed = time.monotonic()
    killed, server_killed, done = 0, False, {}
    while len(done) < len(lengths) and time.monotonic() - changed < QUIET_SECONDS:
        time.sleep(0.05)
        if not server_killed and time.monotonic() - began >= SERVER_KILLED:
            server.kill()
            time.sleep(SERVER_AWAY)
            server.start()
            server_killed = True
        if killed < kills and time.monotonic() - began >= 2 * (killed + 1):
            worker = chance.choice(workers)
            worker.kill()
            worker.start()
            killed += 1
            changed = time.monotonic()
        if (now_done := contest.done()) != done:
            done, changed = now_done, time.monotonic()
    seconds = time.monotonic() - began
    time.sleep(2 * LEASE_SECONDS if len(done) == len(lengths) else 0)  # a late twin shows itself now
    done = contest.done()
    return Round(len(lengths) - len(done), sum(times > 1 for times in done.values()), seconds, killed)


def main() -> None:
    chosen = read_runs(__doc__, 3, jobs=(30, "jobs a round"), kills=(30, "workers killed a round, at most"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing of ours is left behind
    print(machine())
    rounds: dict[str, list[Round]] = {name: [] for name in CONTESTANTS}
    for number in range(chosen.runs):
        chance = random.Random(number)
        lengths = [chance.choice(LENGTHS) for _ in range(chosen.jobs)]
        for name, make in CONTESTANTS.items():
            played = play(make, lengths, number, chosen.kills)
            rounds[name].append(played)
            print(f"round {number + 1}, {sum(lengths):.0f} s of work: {name}: {played}", flush=True)
    rows = [
        [
            name,
            str(sum(played.kills for played in results)),
            str(sum(played.lost for played in results)),
            str(sum(played.twice for played in results)),
            f"{median([played.seconds for played in results]):.0f} s",
        ]
        for name, results in rounds.items()
    ]
    total = chosen.runs * chosen.jobs
    columns = ["", "kills", "lost", "done twice", "a round took"]
    print(table(f"{total} jobs in {chosen.runs} rounds, one worker killed every 2 s, the server once", columns, rows))
    lost, twice = (sum(getattr(played, name) for played in rounds["Darkroom"]) for name in ("lost", "twice"))
    print(f"\nnothing lost, nothing done twice: {'met' if lost == twice == 0 else 'MISSED'}")
    print(f"lost: not done {QUIET_SECONDS:g} s after the last kill; Celery gives such tasks out again after an hour")
    print("limit: two undisturbed workers take half the seconds of work that each round names")


if __name__ == "__main__":
    main()
