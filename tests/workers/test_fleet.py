import os
import signal
import subprocess
import sys
import time

import pytest

from tests.engines import gone, running_fleet, wait_until
from workers import names, supervisor
from workers.fleet import compiled_code, thread_limits, worker_children
from workers.kinds import job
from workers.presence import workers_present


def test_threads_are_limited_before_numpy_is_loaded_unless_the_user_says_otherwise(monkeypatch):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    assert thread_limits(3) == {
        "OMP_NUM_THREADS": "3",
        "MKL_NUM_THREADS": "3",
        "OPENBLAS_NUM_THREADS": "3",
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert thread_limits(3)["OMP_NUM_THREADS"] == "7"


def test_what_numba_compiles_is_kept_in_the_data_folder_unless_the_user_says_otherwise(monkeypatch, store):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    child = worker_children(store.settings, store.url, engine=None)[0]
    assert child.environment["NUMBA_CACHE_DIR"] == str(store.settings.data_dir / "compiled")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    assert compiled_code(store.settings.data_dir) == {"NUMBA_CACHE_DIR": "elsewhere"}


def test_the_workers_that_are_started(store):
    def queues(workers):
        settings = store.settings.model_copy(update={"workers": workers})
        return [child.command[-1] for child in worker_children(settings, store.url, engine=None)]

    assert queues(1) == ["interactive,batch", "calls"]
    assert sorted(queues(3)) == ["calls", "interactive", "interactive,batch", "interactive,batch"]


# ---- with an engine ----


@pytest.fixture(scope="module")
def rough(tmp_path_factory):
    """Workers to be killed: leases of 40 s, so that what is put right sooner was not put right by the reconciler."""
    folder = tmp_path_factory.mktemp("rough")
    with running_fleet(
        folder, task_modules=("tests.probe",), lease_seconds=40.0, cancel_grace=0.5, max_attempts=10, memory=2**27
    ) as fleet:
        yield fleet


def running_worker(fleet, key):
    """The child that computes a job."""
    wait_until(lambda: fleet.engine.jobs.get(key).state == "running")
    return fleet.worker(fleet.engine.jobs.get(key).worker)


def test_a_dead_workers_job_is_taken_up_long_before_its_lease_ends(rough):
    key = rough.engine.jobs.submit(job("probe-die", {"tag": "buried", "times": 1}))
    began = time.monotonic()
    assert rough.wait(key).state == "done"
    assert time.monotonic() - began < 30
    assert rough.engine.jobs.get(key).attempt == 2


def test_a_deaf_worker_is_replaced_after_a_cancel(rough):
    key = rough.engine.jobs.submit(job("probe-deaf", {"tag": "cancelled", "seconds": 60}))
    child = running_worker(rough, key)
    pid = child.process.pid
    rough.engine.jobs.cancel(key)
    wait_until(lambda: gone(pid))
    other = rough.engine.jobs.submit(job("probe-sleep", {"tag": "after the deaf", "seconds": 0.1}))
    assert rough.wait(other).state == "done"
    assert rough.engine.jobs.get(key).state == "cancelled"


@pytest.mark.slow
def test_a_deaf_worker_is_replaced_although_the_job_was_asked_for_again(rough):
    spec = job("probe-deaf", {"tag": "asked for again", "seconds": 4})
    key = rough.engine.jobs.submit(spec)
    pid = running_worker(rough, key).process.pid
    rough.engine.jobs.cancel(key)
    rough.engine.jobs.submit(spec)
    wait_until(lambda: gone(pid))
    assert rough.wait(key).state == "done"
    assert (rough.engine.jobs.get(key).attempt, rough.engine.jobs.get(key).commits) == (2, 1)


def test_a_busy_worker_whose_job_still_counts_is_left_alone(rough):
    key = rough.engine.jobs.submit(job("probe-deaf", {"tag": "left alone", "seconds": 3}))
    child = running_worker(rough, key)
    pid = child.process.pid
    assert rough.wait(key).state == "done"
    assert child.process.pid == pid


def test_workers_go_on_after_the_server_was_killed(rough):
    slow = rough.engine.jobs.submit(job("probe-sleep", {"tag": "over a restart", "seconds": 3}))
    pid = running_worker(rough, slow).process.pid
    rough.store.kill()
    time.sleep(0.5)
    rough.store.start()
    assert rough.wait(slow).state == "done"
    record = rough.engine.jobs.get(slow)
    assert (record.attempt, record.commits) == (1, 1)  # neither lost nor begun again
    assert not gone(pid)
    began = time.monotonic()
    later = [rough.engine.jobs.submit(job("probe-empty", {"tag": f"after {n}"})) for n in range(5)]
    assert {rough.wait(key).state for key in later} == {"done"}
    assert rough.engine.calls.ask("probe-wait", {"answer": 1}, "tab", timeout=20) == 1
    assert time.monotonic() - began < 30


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_hands_its_job_back(rough):
    key = rough.engine.jobs.submit(job("probe-sleep", {"tag": "handed back", "seconds": 2}))
    child = running_worker(rough, key)
    os.kill(child.process.pid, signal.SIGTERM)
    assert rough.wait(key).state == "done"
    assert rough.engine.jobs.get(key).attempt == 2
    assert rough.engine.client.hget(names.job(key), "deaths") == b"0"
    assert any("was stopped; the job goes back into the queue" in line for line in rough.engine.jobs.log(key))


@pytest.mark.slow
def test_all_go_when_the_parent_is_killed(tmp_path):
    """The whole of it in a process of its own, which is then killed: server and workers must go with it."""
    program = (
        "import sys, time; from pathlib import Path; from tests.engines import running_fleet\n"
        "with running_fleet(Path(sys.argv[1]), task_modules=('tests.probe',), memory=2**26) as fleet:\n"
        "    print(fleet.store.pid, *[c.process.pid for c in fleet.supervisor.children()], flush=True)\n"
        "    time.sleep(100)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=supervisor.ROOT
    )
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 4
    parent.kill()
    parent.wait()
    wait_until(lambda: all(gone(pid) for pid in pids))


@pytest.mark.slow
def test_workers_alone_for_a_server_elsewhere(store, client, tmp_path):
    """`python -m workers.fleet`, as a container runs it."""
    environment = os.environ | {
        "REDIS_URL": store.url,
        "DARKROOM_DATA_DIR": str(tmp_path),
        "DARKROOM_TASK_MODULES": '["tests.probe"]',
        "DARKROOM_WORKERS": "1",
    }
    command = [sys.executable, "-m", "workers.fleet"]
    workers = subprocess.Popen(command, env=environment, cwd=supervisor.ROOT, stderr=subprocess.PIPE, text=True)
    try:
        found = wait_until(lambda: (there := workers_present(client)) and len(there) == 2 and there)
        again = subprocess.run(
            command, env=environment, cwd=supervisor.ROOT, capture_output=True, text=True, check=False
        )
        assert (again.returncode, again.stderr.count("\n")) == (2, 1)
        assert "workers already run on this machine for the data folder" in again.stderr
    finally:
        workers.terminate()
        assert workers.wait(15) == 0
    assert all(gone(worker.pid) for worker in found)


@pytest.mark.parametrize(("variables", "why"), [
    ({}, "REDIS_URL is not set; workers alone need the server's address"),
    ({"REDIS_URL": "redis://127.0.0.1:1"}, "no Redis server answers at redis://127.0.0.1:1"),
    ({"REDIS_URL": "redis://127.0.0.1:1", "DARKROOM_WORKERS": "0"}, "--workers cannot be '0'"),
])  # fmt: skip
def test_workers_alone_say_what_is_missing(variables, why):
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"} | variables
    told = subprocess.run(
        [sys.executable, "-m", "workers.fleet"],
        env=environment, cwd=supervisor.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert told.stderr.startswith(f"darkroom: {why}")
