"""The digits study in a store of a test's own, without a worker: copied from where it was computed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engines import Store
from workers.engine import Engine
from workers.settings import Settings
from workers.studies import Study, digits_study

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

    def empty(self) -> None:
        """Forgets everything, also what the engine has kept of it."""
        self.engine.results._cache.clear()
        self.engine.client.flushall()
        self.engine.results.set_budget(BUDGET)


@contextmanager
def own_store(folder: Path, **settings) -> Iterator[Own]:
    """A running store and an engine as the page has one: it does not wait for a server that is away."""
    store = Store(folder, memory=BUDGET, **settings).start()
    chosen = Settings(data_dir=folder, redis_url=store.url, memory=BUDGET, **settings)
    engine = Engine.connect(chosen, store.url, patient=False)
    engine.results.set_budget(BUDGET)
    try:
        yield Own(store, chosen, engine)
    finally:
        store.stop()
