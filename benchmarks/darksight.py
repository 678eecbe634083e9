"""DarkSight: how well its map mimics a classifier, how long that takes, and how both grow.

    uv run python -m benchmarks.darksight [--logits FILE] [--mnist DIR] [--runs N] [--large 0]

FILE is an .npz with an array of logits (N, K); without one, logits of the recipe below, 10 classes. DIR holds MNIST: a LeNet
learns it for two epochs, and its logits of the test images are mapped too. One thread, `fit` alone,
torch loaded and warm; seconds are of the CPU, which a busy machine does not change much. The divergence is computed here, from
what the map's student says of its places. Recipe of synthetic logits: centres of K classes and noise of deviation 0.5 in 8
dimensions, both normal, seed 0; a logit is -3 times the squared distance to a centre. More points than the file holds: its
rows drawn anew, with noise of deviation 0.5 on each logit.
"""

import resource
import sys
import time
from typing import Any

import numpy as np

from benchmarks.harness import machine, median, met, read_runs, table

EPS = 1e-12
SETTINGS: dict[str, tuple[dict[str, Any], float, float]] = {  # settings, divergence and seconds to reach
    "quicker": ({"n_init": 1, "max_iter": 15}, 0.035, 1.0),
    "default": ({}, 0.0176, 3.0),
    "finer": ({"n_init": 12, "max_iter": 60}, 0.015, 6.0),
}
PUBLISHED = [  # the authors' code on a LeNet's 10,000 logits of MNIST, as it was measured once, not in this run
    ["published code, its demo", "0.022 to 0.041", "", "99.2 to 99.6 %", "20 s"],
    ["published code, best tuned", "0.0176 to 0.0191", "", "", "11 s"],
]
LIMIT = (
    "limit: a place is two numbers and cannot say all that K - 1 shares do, so the divergence has a floor above 0; it is not "
    "known. The best map of LeNet's logits that was met had 0.0134."
)
AGREEMENT, AGREEMENT_OF_MANY = 0.999, 0.99
FIDELITY, NEIGHBOURS = 0.0300, 100
MANY_SECONDS, LARGE_SECONDS, LARGE_GB, SLACK = 20.0, 300.0, 3.0, 1.2


def synthetic(count: int, classes: int) -> np.ndarray:
    """Logits of the recipe above."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(classes, 8))
    features = centres[random.integers(classes, size=count)] + random.normal(0, 0.5, (count, 8))
    squares = (features**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * features @ centres.T
    return -3 * squares


def enlarged(logits: np.ndarray, count: int) -> np.ndarray:
    """So many, drawn from those."""
    random = np.random.default_rng(0)
    drawn = logits[random.integers(len(logits), size=count)].astype(np.float32)
    return drawn + random.normal(0, 0.5, drawn.shape).astype(np.float32)


def lenet(folder: str) -> np.ndarray:
    """Logits (10,000, 10) of the test images of MNIST, of a LeNet that learned for two epochs."""
    from models.data import statistics
    from models.sources import make_source
    from models.teacher import Teacher
    from models.training import train

    images = make_source("mnist", folder=folder).load()
    known = statistics(images)
    teacher = Teacher.create("lenet", (1, 28, 28), 10, known["mean"], known["std"], device="cpu")
    train(teacher, images, epochs=2)
    return teacher.classify(images.images[images.n_train :]).astype(np.float64)


def probabilities(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def fitted(p: np.ndarray, seed: int, **settings: Any) -> tuple[float, float, float, np.ndarray]:
    """Divergence, agreement, CPU seconds and places."""
    from models.darksight import DarkSight

    began = time.process_time()
    made = DarkSight(random_state=seed, device="cpu", **settings).fit(p)
    seconds = time.process_time() - began
    q = made.predict_proba(made.embedding_)
    clipped = np.maximum(p, EPS, dtype=np.float64)
    clipped /= clipped.sum(1, keepdims=True)
    divergence = ((clipped - q) * (np.log(clipped) - np.log(q))).sum(1).mean() / 2
    return float(divergence), float((q.argmax(1) == p.argmax(1)).mean()), seconds, made.embedding_


def measure_settings(name_of_data: str, p: np.ndarray, runs: int) -> None:
    """The three settings, and the local fidelity of the default."""
    from models.confidence import local_fidelity

    rows, verdicts = [], []
    for name, (settings, divergence, seconds) in SETTINGS.items():
        results = [fitted(p, seed, **settings) for seed in range(runs)]
        of = max if name == "quicker" else median
        losses, agreements, times, _ = zip(*results, strict=True)
        rows.append(
            [name, f"{median(losses):.4f}", f"{max(losses):.4f}", f"{min(agreements):.2%}", f"{median(times):.2f} s"]
        )
        verdicts.append(f"{name}: divergence ≤ {divergence:g}: {met(of(losses), divergence)}")
        verdicts.append(f"{name}: seconds ≤ {seconds:g}: {met(of(times), seconds)}")
        verdicts.append(f"{name}: agreement ≥ {AGREEMENT:.1%}: {met(1 - min(agreements), 1 - AGREEMENT)}")
        if name == "default":
            fidelity = median([float(local_fidelity(p, result[3], [NEIGHBOURS])[0]) for result in results])
            verdicts.append(f"M_k at k = {NEIGHBOURS} ≤ {FIDELITY:.4f}: {fidelity:.4f}, {met(fidelity, FIDELITY)}")
    title = f"DarkSight of {name_of_data}, {len(p):,} × {p.shape[1]} predictions, eps {EPS:g}, {runs} seeds"
    print(table(title, ["", "divergence, median", "worst", "agreement, worst", "seconds, median"], rows + PUBLISHED))
    print("", *verdicts, sep="\n")


def measure_cuda(p: np.ndarray, runs: int) -> None:
    """The three settings on a graphics card, in seconds of the clock."""
    from models.darksight import DarkSight

    DarkSight(n_init=1, max_iter=3, device="cuda").fit(p)
    rows = []
    for name, (settings, _, _) in SETTINGS.items():
        losses, times = [], []
        for seed in range(runs):
            began = time.perf_counter()
            losses.append(DarkSight(random_state=seed, device="cuda", **settings).fit(p).kl_divergence_)
            times.append(time.perf_counter() - began)
        rows.append([name, f"{median(losses):.4f}", f"{median(times):.2f} s"])
    print(table("on CUDA", ["", "divergence, median", "seconds of the clock, median"], rows))


def main() -> None:
    more = {
        "logits": ("", ".npz of logits"),
        "mnist": ("", "folder that holds MNIST"),
        "large": (1, "1 for 1,000 classes, 100,000 and 1,000,000 points too"),
    }
    chosen = read_runs(__doc__, 5, **more)
    print(machine())
    import torch

    torch.set_num_threads(1)
    logits = np.load(chosen.logits)["logits"].astype(np.float64) if chosen.logits else synthetic(10_000, 10)
    fitted(probabilities(synthetic(500, 10)), 0, n_init=1, max_iter=3)  # what is done once only is not counted
    measure_settings("given logits" if chosen.logits else "synthetic logits", probabilities(logits), chosen.runs)
    if chosen.mnist:
        measure_settings("a LeNet on MNIST", probabilities(lenet(chosen.mnist)), chosen.runs)
    if torch.cuda.is_available():
        measure_cuda(probabilities(logits), chosen.runs)

    divergence, agreement, seconds, _ = fitted(probabilities(synthetic(10_000, 100)), 0)
    print(f"\n10,000 × 100 synthetic: divergence {divergence:.3f}, agreement {agreement:.2%}, {seconds:.1f} s")
    print(f"seconds ≤ {MANY_SECONDS:g}: {met(seconds, MANY_SECONDS)}")
    print(f"agreement ≥ {AGREEMENT_OF_MANY:.0%}: {met(1 - agreement, 1 - AGREEMENT_OF_MANY)}")

    if chosen.large:
        divergence, agreement, seconds, _ = fitted(probabilities(synthetic(2_000, 1_000)), 0)
        print(f"\n2,000 × 1,000 synthetic: divergence {divergence:.3f}, agreement {agreement:.2%}, {seconds:.1f} s")
        times = []
        for count in (100_000, 1_000_000):
            divergence, agreement, seconds, _ = fitted(probabilities(enlarged(logits, count)), 0)
            times.append(seconds)
            print(f"\n{count:,} points: divergence {divergence:.4f}, agreement {agreement:.2%}, {seconds:.1f} s")
        gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
        print(f"1,000,000 points, seconds ≤ {LARGE_SECONDS:g}: {met(times[1], LARGE_SECONDS)}")
        print(f"memory, all in all, ≤ {LARGE_GB:g} GB: {gigabytes:.1f}, {met(gigabytes, LARGE_GB)}")
        print(f"time a point ≤ {SLACK:g} of that of 100,000: {met(times[1] / times[0] / 10, SLACK)}")
    print(LIMIT)


if __name__ == "__main__":
    main()
