"""A server that is emptied between tests, and workers of the probe kinds."""

import pytest

from tests.engines import Store, running_fleet
from tests.workers.by_hand import NEVER
from workers.jobs import Jobs
from workers.kinds import job
from workers.results import Results
from workers.runner import Runner
from workers.store import connect

PROBE = ("tests.probe",)


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"), memory=2**28).start()
    yield store
    store.stop()


@pytest.fixture
def client(store):
    client = connect(store.url, patient=True)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def bells():
    """The doorbells that `jobs` has rung: (key, queue)."""
    return []


@pytest.fixture
def jobs(client, bells):
    """Jobs without workers: a test claims and commits by itself."""
    return Jobs(client, lambda key, queue: bells.append((key, queue)), lease_seconds=0.5, max_attempts=3)


@pytest.fixture
def results(client):
    results = Results(client)
    results.set_budget(2**27)
    return results


@pytest.fixture(scope="session")
def fleet(tmp_path_factory):
    """Two workers and one for calls. Shared: a test tells its jobs apart by their tags, and leaves none behind."""
    folder = tmp_path_factory.mktemp("fleet")
    with running_fleet(folder, task_modules=PROBE, lease_seconds=3.0, cancel_grace=1.0, memory=2**27) as fleet:
        yield fleet


@pytest.fixture
def make(jobs, results, monkeypatch, tmp_path):
    """Has a job of Darkroom's own done, here and on one thread; returns its key."""
    import torch

    from workers import tasks

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setenv("DARKROOM_DEVICE", "cpu")
    monkeypatch.setenv("DARKROOM_DATA_DIR", str(tmp_path / "data"))
    tasks.device.cache_clear()

    def run(spec):
        for needed in spec.inputs.values():
            if not results.which([needed.key]):
                run(needed)
        jobs.submit(spec)
        Runner(jobs, results, "here", 60.0, {}).run(spec.key)
        assert jobs.get(spec.key).state == "done", jobs.get(spec.key).error
        return spec.key

    yield run
    torch.set_num_threads(threads)
    tasks.device.cache_clear()


@pytest.fixture(scope="session")
def learned():
    """A teacher after one epoch, which is kept from ever answering 5, and a VAE of four latent values after three."""
    import torch

    from models.data import digits
    from models.data import statistics as statistics_of
    from models.teacher import Teacher
    from models.training import train
    from models.vae import VAE, train_vae

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    images = digits()
    told = statistics_of(images)
    teacher = Teacher.create("lenet", (1, 28, 28), 10, told["mean"], told["std"], device="cpu")
    train(teacher, images, epochs=1)
    with torch.no_grad():
        list(teacher.module.parameters())[-1][NEVER] -= 1000
    vae = VAE.create((1, 28, 28), 4, device="cpu")
    train_vae(vae, images, epochs=3, batch_size=32)
    torch.set_num_threads(threads)
    return teacher, vae


@pytest.fixture
def asked(learned, make, jobs, results):
    """The keys of a study with that teacher and that VAE, and with the codes; the jobs under "jobs"."""
    teacher, vae = learned
    images = job("images")
    make(images)
    specs = {"images": images, "teacher": job("teacher", {"epochs": 1}, images=images)}
    specs["vae"] = job("vae", {"latent_size": 4, "epochs": 3}, **specs)
    for role, array, made, facts in (
        ("teacher", "weights-1", teacher, {"stored_epochs": [1]}),
        ("vae", "state", vae, {"latent_size": 4}),
    ):
        jobs.submit(specs[role])
        attempt = jobs.claim(specs[role].key, "here").attempt
        size, arrays = results.stage(specs[role].key, attempt, {array: made.to_bytes()})
        meta = {"arrays": arrays, "inputs": specs[role].input_keys, **facts}
        jobs.commit(specs[role].key, attempt, size, meta)
    specs["codes"] = job("codes", **specs)
    make(specs["codes"])
    return specs
