"""From an empty data folder to the predictions of the digits study, phase by phase.

Beside it: a bare script that does the same in one process, with all cores and without server, workers or page. What
the engine adds to it is what a user waits for it.
"""

import json
import subprocess
import sys
import time

from benchmarks.harness import Darkroom, environment, folder, machine, median, met, read_runs, table

TARGET_SECONDS = 30.0
PHASES = ("page answers", "first worker", "image set done", "teacher done", "predictions done")


def measured() -> tuple[list[float], float]:
    """Seconds from the start to the end of each phase, and the accuracy on test."""
    with folder() as parent, Darkroom(parent / "data") as darkroom:
        began = time.time() - darkroom.seconds()
        darkroom.wait(darkroom.answers, "the page answers")
        answered = darkroom.seconds()
        engine = darkroom.engine()
        study = darkroom.wait(engine.studies.all, "the study is there", pause=0.05)[0]
        keys = list(study.keys.values())
        darkroom.wait(lambda: darkroom.workers() > 0, "a worker", pause=0.05)
        workers = darkroom.seconds()
        darkroom.wait(lambda: engine.results.which(keys) == set(keys), "the study is done", 600, pause=0.1)
        records = engine.jobs.get_many(keys)
        ends = [(record.finished or 0.0) - began for record in records]
        return [answered, workers, *ends], engine.results.meta(study.keys["predictions"])["test_accuracy"]


def bare() -> None:
    """The same science in this process alone; prints seconds of each phase and the accuracy."""
    began = time.perf_counter()
    from models.atlas import atlas_pages
    from models.data import digits as make_digits
    from models.data import statistics
    from models.devices import pick_device
    from models.teacher import Teacher
    from models.training import train

    marks = [time.perf_counter() - began]
    digits = make_digits(seed=0, test_fraction=0.2)
    list(atlas_pages(digits.images))
    told = statistics(digits)
    marks.append(time.perf_counter() - began)
    shape, device = digits.images.shape[1:], pick_device("auto")
    teacher = Teacher.create("lenet", shape, digits.n_classes, told["mean"], told["std"], seed=0, device=device)
    train(teacher, digits)
    marks.append(time.perf_counter() - began)
    predicted = teacher.predict(digits.images).logits.argmax(axis=1)
    marks.append(time.perf_counter() - began)
    accuracy = float((predicted[digits.n_train :] == digits.labels[digits.n_train :]).mean())
    print(json.dumps({"marks": marks, "accuracy": accuracy}))


def bare_run() -> tuple[float, list[float], float]:
    """Seconds of the whole bare script, of its phases, and its accuracy."""
    began = time.perf_counter()
    command = [sys.executable, "-c", "from benchmarks.first_study import bare; bare()"]
    told = json.loads(subprocess.run(command, env=environment(), check=True, capture_output=True, text=True).stdout)
    return time.perf_counter() - began, told["marks"], told["accuracy"]


def main() -> None:
    runs = read_runs(__doc__, 3).runs
    print(machine())
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(measured())
        theirs.append(bare_run())
    ends = [median([run[0][phase] for run in ours]) for phase in range(len(PHASES))]
    rows = [[name, f"{end:.2f} s"] for name, end in zip(PHASES, ends, strict=True)]
    print(table(f"From an empty folder, medians of {runs}", ["app.py", "after"], rows))
    total = median([run[0] for run in theirs])
    marks = [median([run[1][phase] for run in theirs]) for phase in range(4)]
    names = ("imports", "image set and atlas", "teacher", "predictions")
    rows = [[name, f"{mark:.2f} s"] for name, mark in zip(names, marks, strict=True)]
    print(table("One bare process, all cores", ["", "after"], [*rows, ["whole process", f"{total:.2f} s"]]))
    accuracies = sorted({run[1] for run in ours}), sorted({run[2] for run in theirs})
    print(f"\npredictions ≤ {TARGET_SECONDS:g} s: {met(ends[-1], TARGET_SECONDS)}; test accuracy ", end="")
    print(", ".join(f"{accuracy:.2%}" for accuracy in accuracies[0]), end="; bare ")
    print(", ".join(f"{accuracy:.2%}" for accuracy in accuracies[1]))
    print(f"limit: the bare process; we take {ends[-1] / total:.2f} × that, {ends[-1] - total:+.1f} s")


if __name__ == "__main__":
    main()
