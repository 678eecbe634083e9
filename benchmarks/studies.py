"""Studies that benchmarks of the page look at."""

import time
from pathlib import Path

import numpy as np

from benchmarks.harness import Darkroom
from workers.engine import Engine
from workers.kinds import job
from workers.params import GivenParams
from workers.studies import Study, given_study, teacher_study

PATIENCE = 1800.0  # seconds that a study may take


def finished(page: Darkroom, engine: Engine, study: Study) -> Study:
    """The study, once all of it is there."""
    keys = set(study.keys.values())
    page.wait(lambda: engine.results.which(list(keys)) == keys, f"{study.title} is done", PATIENCE, pause=0.2)
    return study


def mnist(page: Darkroom, engine: Engine, place: str) -> Study:
    """LeNet on MNIST after one epoch; `place` is the folder that holds the four files."""
    images = job("images", {"source": {"kind": "mnist"}}, place=place)
    specs = teacher_study(images, job("teacher", {"epochs": 1}, images=images))
    return finished(page, engine, engine.studies.create("MNIST", specs))


def predictions_alone(page: Darkroom, engine: Engine, folder: Path, count: int, n_classes: int) -> Study:
    """Logits and labels of a file, right about two times in three, those of a class close to each other."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, n_classes, count)
    logits = rng.normal(0, 1, (count, n_classes)).astype(np.float32)
    logits[np.arange(count), labels] += 3
    title = f"{count:,} of {n_classes} classes"
    place = folder / f"{count}-{n_classes}.npz"
    np.savez(place, logits=logits, labels=labels)
    look = engine.jobs.submit(job("look", {"what": "predictions", "path": str(place), "asked": time.time()}))
    page.wait(lambda: engine.results.which([look]), "the look is done", PATIENCE)
    found = engine.results.meta(look)
    asked = {name: found[name] for name in GivenParams.model_fields if name != "outputs"}
    return finished(page, engine, engine.studies.create(title, given_study(asked, str(place))))
