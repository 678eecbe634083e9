"""Studies in a store of a test's own, without a worker: the digits copied from where they were computed, predictions of a
file computed here."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engines import Store, wait_until
from workers.engine import Engine
from workers.kinds import JobSpec, job
from workers.params import GivenParams
from workers.settings import Settings
from workers.studies import Study, digits_study, given_study

EPOCHS = 3  # as in tests/conftest.py
BUDGET = 2**28


@dataclass
class Own:
    """A store that a test may fill, kill and empty."""

    store: Store
    settings: Settings
    engine: Engine

    def copy_study(self, digits, title: str = "Digits") -> Study:
        """Makes the results of the digits study be here too, as if a worker had committed them."""
        study = self.engine.studies.create(title, digits_study(teacher={"epochs": EPOCHS}))
        for key in study.keys.values():
            job = self.engine.jobs.claim(key, "copier")
            if job is None:
                continue  # it is here already
            meta = digits.engine.results.meta(key)
            contents = {name: digits.engine.results.blob(key, name) for name in meta["arrays"]}
            size, _ = self.engine.results.stage(key, job.attempt, contents)
            assert self.engine.jobs.commit(key, job.attempt, size, meta) == "ok"
        return study

    def give_study(self, path: Path, title: str = "Given") -> Study:
        """A study of the predictions in a file."""
        found = self._run(job("look", {"what": "predictions", "path": str(path), "asked": time.time()}))
        asked = {name: found[name] for name in GivenParams.model_fields if name in found and name != "outputs"}
        specs = given_study(asked, str(path))
        study = self.engine.studies.create(title, specs)
        for role in ("images", "embedding"):
            self._run(specs[role])
        return study

    def _run(self, spec: JobSpec) -> dict[str, Any]:
        """Does a job as a worker would; returns the metadata of its result."""
        from workers import tasks  # registers what the kinds do, and takes torch
        from workers.runner import Runner

        assert tasks
        self.engine.jobs.submit(spec)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DARKROOM_DATA_DIR", str(self.settings.data_dir))
            Runner(self.engine.jobs, self.engine.results, "here", 60.0, {}).run(spec.key)
        assert self.engine.jobs.get(spec.key).state == "done", self.engine.jobs.get(spec.key).error
        return self.engine.results.meta(spec.key)

    def empty(self) -> None:
        """Forgets everything, also what the engine has kept of it."""
        self.engine.results._cache.clear()
        self.engine.client.flushall()
        self.engine.results.set_budget(BUDGET)


@contextmanager
def own_store(folder: Path, **settings) -> Iterator[Own]:
    """A running store and an engine as the page has one: it does not wait for a server that is away."""
    store = Store(folder, memory=BUDGET, **settings).start()
    wait_until(store.is_loaded, what="the end of loading")
    chosen = Settings(data_dir=folder, redis_url=store.url, memory=BUDGET, **settings)
    engine = Engine.connect(chosen, store.url, patient=False)
    engine.results.set_budget(BUDGET)
    try:
        yield Own(store, chosen, engine)
    finally:
        store.stop()
