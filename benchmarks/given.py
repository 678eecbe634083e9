"""A study of 10,000 predictions alone: from the file to a confusion matrix that can be read, the look at the file included.

Beside it: numpy.load or numpy.loadtxt, and the matrix by numpy.add.at, as a notebook would. The limit is Darkroom's own
reading and arithmetic in a process that has imported all of it: what is above that is the engine's.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.harness import Darkroom, folder, machine, median, met, ms, read_runs, table
from workers.engine import Engine
from workers.kinds import job
from workers.params import GivenParams
from workers.studies import given_study

TARGET_SECONDS = 3.0
N, K = 10_000, 10


def write(path: Path, seed: int) -> None:
    """Logits and labels that no other seed gives, so that no result is there already."""
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 4, (N, K)).astype(np.float32), rng.integers(0, K, N)
    if path.suffix == ".npz":
        np.savez(path, logits=logits, labels=labels)
    else:
        names = ",".join(f"class {number}" for number in range(K))
        np.savetxt(path, np.c_[logits, labels], ["%.7g"] * K + ["%d"], ",", header=f"{names},label", comments="")


def by_engine(engine: Engine, page: Darkroom, path: Path) -> np.ndarray:
    """As the page does it: a look at the file, a study of what was found, and the matrix when it is there."""
    look = engine.jobs.submit(job("look", {"what": "predictions", "path": str(path), "asked": time.time()}))
    page.wait(lambda: engine.results.which([look]), "the look is done", pause=0.005)
    found = engine.results.meta(look)
    asked = {name: found[name] for name in GivenParams.model_fields if name != "outputs"}
    key = engine.studies.create(path.stem, given_study(asked, str(path))).keys["predictions"]
    page.wait(lambda: engine.results.which([key]), "the predictions are there", pause=0.005)
    return engine.results.array(key, "confusion_test")


def by_hand(path: Path) -> np.ndarray:
    """What the engine's two jobs compute, here."""
    from models.predictions_file import predictions_manifest, read_predictions
    from models.teacher import softmax
    from workers.pieces import said_of

    for _ in ("the look", "the job"):
        predictions_manifest(path)
        told = read_predictions(path)
    return said_of(softmax(told.outputs), told.labels, n_train=0)[0]["confusion_test"]


def by_numpy(path: Path) -> np.ndarray:
    """The shortest way there is, without a check."""
    if path.suffix == ".npz":
        with np.load(path) as file:
            logits, labels = file["logits"], file["labels"]
    else:
        numbers = np.loadtxt(path, delimiter=",", skiprows=1)
        logits, labels = numbers[:, :K], numbers[:, K].astype(int)
    confusion = np.zeros((K, K), np.int64)
    np.add.at(confusion, (labels, logits.argmax(axis=1)), 1)
    return confusion


def main() -> None:
    runs = read_runs(__doc__, 7).runs
    print(machine())
    with folder() as parent, Darkroom(parent / "data") as page:
        page.wait(page.answers, "the page answers")
        page.wait_for_workers()
        engine = page.engine()
        first = page.wait(engine.studies.all, "the first study is there", pause=0.05)[0]
        keys = list(first.keys.values())
        page.wait(lambda: engine.results.which(keys) == set(keys), "the first study is done", 600, pause=0.1)
        ways: dict[str, Callable[[Path], np.ndarray]] = {
            "look and study": lambda path: by_engine(engine, page, path),
            "without the engine": by_hand,
            "numpy alone": by_numpy,
        }
        rows, ours, limits = [], [], []
        for suffix in (".npz", ".csv"):
            times = {name: [] for name in ways}
            for seed in range(runs):
                path = parent / f"told-{seed}{suffix}"
                write(path, seed)
                matrices = []
                for name, way in ways.items():
                    began = time.perf_counter()
                    matrices.append(way(path))
                    times[name].append(time.perf_counter() - began)
                if not all(np.array_equal(matrices[0], matrix) for matrix in matrices):
                    raise SystemExit(f"the matrices of {path.name} differ")
            medians = {name: median(measured) for name, measured in times.items()}
            rows.append([suffix, *[ms(value) for value in medians.values()], ms(max(times["look and study"]))])
            ours.append(medians["look and study"])
            limits.append(medians["without the engine"])
    print(table(f"{N:,} predictions, {K} classes, medians of {runs}", ["", *ways, "slowest study"], rows))
    print(f"\nfrom file to matrix ≤ {TARGET_SECONDS:g} s: {met(max(ours), TARGET_SECONDS)}")
    told = ", ".join(f"{ms(a - b)} more, {a / b:.2f} ×" for a, b in zip(ours, limits, strict=True))
    print(f"limit: the same reading and arithmetic without the engine; we take {told}")


if __name__ == "__main__":
    main()
