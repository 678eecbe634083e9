"""Kills in quick succession: nothing may be lost, and nothing done twice."""

import os
import random
import signal
import time
from collections import Counter

import pytest

from tests import probe
from tests.engines import running_fleet
from workers.kinds import job

assert probe

JOBS, KILLS, KILL_SECONDS, SERVER_DIES, ROUND_SECONDS = 30, 16, 2.0, 12.0, 150.0


@pytest.mark.slow
@pytest.mark.timeout(ROUND_SECONDS + 60)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_job_is_done_once_whatever_dies(tmp_path, seed):
    chance = random.Random(seed)
    with running_fleet(
        tmp_path, task_modules=("tests.probe",), workers=2, lease_seconds=3.0, max_attempts=20, memory=2**27
    ) as fleet:
        # Both workers take long jobs here.
        workers = [child for child in fleet.supervisor.children() if child.name.startswith("worker-")]
        for child in workers:
            child.command = [*child.command[:-1], "interactive,batch"]
        lengths = [chance.choice([0.2, 0.5, 1.0, 2.0, 4.0]) for _ in range(JOBS)]
        keys = [
            fleet.engine.jobs.submit(job("probe-sleep", {"tag": f"{seed} {number}", "seconds": length}))
            for number, length in enumerate(lengths)
        ]
        began = killed = time.monotonic()
        kills, server_killed = 0, False
        while fleet.engine.jobs.open_keys() and time.monotonic() - began < ROUND_SECONDS:
            time.sleep(0.05)
            if kills < KILLS and time.monotonic() - killed > KILL_SECONDS:
                killed = time.monotonic()
                child = workers[kills % 2]
                if child.process is not None and child.process.poll() is None:
                    os.kill(child.process.pid, signal.SIGKILL)
                    kills += 1
                child.restarts = 0  # what is tested is not the back-off
            if not server_killed and time.monotonic() - began > SERVER_DIES:
                fleet.store.kill()
                time.sleep(1)
                fleet.store.start()
                server_killed = True
        took = time.monotonic() - began

        records = fleet.engine.jobs.get_many(keys)
        told = f"{took:.0f} s for {sum(lengths):.0f} s of work, {kills} kills"
        print(told, Counter(record.attempt for record in records))
        assert Counter((record.state, record.commits, record.error) for record in records) == {("done", 1, ""): JOBS}, (
            told
        )
        assert fleet.engine.results.which(keys) == set(keys)
        assert server_killed
        assert kills >= KILLS / 2
        assert took < ROUND_SECONDS
