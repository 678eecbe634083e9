"""Information in a net: how long CNNSlicer's entropies take, how near they come to the paper's, and how the page follows.

    uv run python -m benchmarks.information [--runs 5] [--mnist DIR]

Channel capacity of 32 × 64 channels over 500 inputs beside `numpy.histogram2d` for each two channels (some of them, the rest
extrapolated), on the same distances; and the bound, an increment a pair of inputs and of channels. Inter-sample entropy of
10,000 × 784 numbers. With MNIST, where DIR holds its four files: inter-sample entropy of subsets beside the paper's figures,
and a slice of LeNet, all layers at ten epochs. Last the slider of epochs of the Slicer view, in a headless Chromium.
"""

import numpy as np
import psutil
import torch
from numba import get_num_threads, njit, prange
from playwright.sync_api import sync_playwright

from benchmarks.harness import Darkroom, folder, machine, median, met, ms, percentile, read_runs, table, timed
from benchmarks.nets import PLACES, fresh
from benchmarks.studies import finished
from models.data import ImageSet
from models.hypercube import Hypercube
from models.hypercube import layers as layers_of
from models.information import binned, capacity, channel_capacity, distances, inter_sample, intra_sample_entropy
from models.sources import make_source
from models.teacher import Teacher
from models.training import train
from tests.browser.desk import FLAGS, find_browser
from workers.kinds import job
from workers.studies import digits_study

INPUTS, A_CHANNELS, B_CHANNELS, BINS = 500, 32, 64, 32
SAMPLED = 40  # pairs of channels that histogram2d counts
CAPACITY_SECONDS, TIMES_FASTER = 0.6, 20
POINTS, SIDE, INTER_SECONDS, INTER_BYTES = 10_000, 784, 6.0, 2 * 2**30
PAPER = {100: 19.89815, 500: 22.959736, 1000: 24.09423, 2000: 25.161577}  # bits, by images a class
K, WITHIN = 1700, 0.01
RECORD_SECONDS, RECORDED, EPOCHS = 60.0, 1000, 10
STEP_SECONDS = 0.15
STEPS = 20


@njit(parallel=True)
def increments(numbers: np.ndarray, times: int) -> int:
    """As many increments of a small histogram as the capacity needs, and nothing else."""
    total = 0
    for turn in prange(times):
        counts = np.zeros((4, BINS * BINS), np.int32)
        for start in range(0, len(numbers) - 3, 4):
            for beside in range(4):
                counts[beside, numbers[start + beside]] += 1
        total += counts[0, turn % BINS]
    return total


def capacities(runs: int) -> None:
    """Capacity beside NumPy's histograms, and the bound."""
    random = np.random.default_rng(0)
    a = random.normal(size=(INPUTS, A_CHANNELS, 12, 12)).astype(np.float32)
    b = random.normal(size=(INPUTS, B_CHANNELS, 6, 6)).astype(np.float32)
    b[:, :A_CHANNELS] += a[:, :, ::2, ::2]
    channel_capacity(a, b)  # compiles
    ours = median([timed(lambda: channel_capacity(a, b)) for _ in range(runs)])
    apart = [distances(maps).astype(np.float64) for maps in (a, b)]
    some = [tuple(pair) for pair in random.integers(0, (A_CHANNELS, B_CHANNELS), (SAMPLED, 2))]
    wanted: dict[tuple[int, int], float] = {}

    def by_numpy() -> None:
        for one, other in some:
            counts, _, _ = np.histogram2d(apart[0][one], apart[1][other], BINS)
            share = counts / counts.sum()
            there = share > 0
            alone = share.sum(axis=1, keepdims=True) @ share.sum(axis=0, keepdims=True)
            wanted[one, other] = float((share[there] * np.log2(share[there] / alone[there])).sum())

    theirs = median([timed(by_numpy) for _ in range(runs)]) / len(some) * A_CHANNELS * B_CHANNELS
    exact = capacity(binned(apart[0], BINS), binned(apart[1], BINS), BINS)
    whole = channel_capacity(a, b)
    off = max(abs(exact[pair] - value) for pair, value in wanted.items())
    off_in_float32 = max(abs(whole[pair] - value) for pair, value in wanted.items())
    places = random.integers(0, BINS * BINS, INPUTS * (INPUTS - 1) // 2)
    increments(places, 2)
    bound = median([timed(lambda: increments(places, A_CHANNELS * B_CHANNELS)) for _ in range(runs)])
    times = theirs / ours
    rows = [
        ["channel_capacity, distances and all", ms(ours), met(ours, CAPACITY_SECONDS)],
        [
            "numpy.histogram2d a pair",
            ms(theirs),
            f"{times:.0f} × as long, ≥ {TIMES_FASTER}: {met(TIMES_FASTER, times)}",
        ],
        ["increments alone", ms(bound), f"we take {ours / bound:.2f} × that"],
    ]
    title = f"{A_CHANNELS} × {B_CHANNELS} channels, {INPUTS} inputs, {BINS} bins; {get_num_threads()} threads"
    print(table(title, ["", "time", ""], rows))
    print(
        f"\noff by at most {off:.1e} bits on the same distances (≤ 1e-9), {off_in_float32:.1e} with float32 ones (≤ 1e-3)",
        flush=True,
    )


def inter_samples(runs: int) -> None:
    """Time and memory of 10,000 points."""
    points = np.random.default_rng(0).random((POINTS, SIDE)).astype(np.float32)
    inter_sample(points[:500], K)  # compiles
    before = psutil.Process().memory_info().rss
    peak = 0

    def watch(*_: object, **__: object) -> None:
        nonlocal peak
        peak = max(peak, psutil.Process().memory_info().rss)

    took = median([timed(lambda: inter_sample(points, K, callback=watch)) for _ in range(max(runs // 2, 1))])
    product = torch.tensor(points)
    bare = median([timed(lambda: product @ product.T) for _ in range(3)])
    used = peak - before
    rows = [
        ["inter_sample_entropy", f"{took:.1f} s", met(took, INTER_SECONDS)],
        ["memory beyond what was used before", f"{used / 2**20:.0f} MiB", met(used, INTER_BYTES)],
        ["the product of the points with themselves alone", f"{bare:.1f} s", f"we take {took / bare:.1f} × that"],
    ]
    print(table(f"{POINTS:,} × {SIDE}, k = {K:,}", ["", "", ""], rows), flush=True)


def published(images: ImageSet) -> None:
    """Entropies of MNIST's subsets beside the paper's."""
    random, rows = np.random.default_rng(0), []
    labels = images.labels[: images.n_train]
    order = [random.permutation(np.flatnonzero(labels == label)) for label in range(images.n_classes)]
    for size, wanted in PAPER.items():
        part = np.concatenate([of_class[:size] for of_class in order])
        found = inter_sample(images.floats(part), K)
        off = abs(found.bits - wanted) / wanted
        told = met(off, WITHIN) if size > 100 else "no target"
        figures = [
            f"{found.bits:.2f}",
            f"{wanted:.2f}",
            f"{off:.2%}",
            f"{found.n_neighbors:,}",
            f"{found.normalized:.3f}",
        ]
        rows.append([f"{size:,} a class", *figures, told])
    columns = ["", "bits", "the paper", "off", "k", "normalised", ""]
    print(table("Inter-sample entropy of MNIST", columns, rows), flush=True)


def recording(images: ImageSet) -> None:
    """A slice of LeNet: all layers, ten epochs, 1,000 images, all intra-sample entropies."""
    teacher = fresh("lenet", images)
    record = train(teacher, images, epochs=EPOCHS, batch_size=512, stored_epochs=range(1, EPOCHS + 1))
    stored = {epoch: Teacher.from_bytes(weights, "cpu") for epoch, weights in record.weights.items() if epoch}
    cube = Hypercube(stored.__getitem__, lambda numbers: images.images[list(numbers)])
    numbers = images.test_ids[:RECORDED].tolist()
    names = [layer.name for layer in layers_of(teacher) if layer.has_maps]

    def measure() -> None:
        ranges = [cube.statistics(numbers, names, epoch) for epoch in stored]
        for epoch in stored:
            for name, maps in cube.slice(numbers, names, epoch).items():
                low = np.min([found[name].low for found in ranges], axis=0)
                high = np.max([found[name].high for found in ranges], axis=0)
                intra_sample_entropy(maps, BINS, low, high)

    took = timed(measure)
    bare = timed(lambda: [each.classify(images.images[numbers]) for each in stored.values()])
    rows = [
        ["recorded and measured", f"{took:.1f} s", met(took, RECORD_SECONDS)],
        ["the forward passes alone, once", f"{bare:.1f} s", f"we take {took / bare:.1f} × that"],
    ]
    title = f"LeNet on MNIST, {len(names)} layers with maps, {len(stored)} epochs, {len(numbers):,} images"
    print(table(title, ["", "", ""], rows), flush=True)


# Of a step of the slider: how long until charts of channels, heat-map and training are of that epoch.
WATCH = """epoch => {
  window.took = null;
  const began = performance.now();
  const title = () => document.querySelector('#slicer-capacity-graph .annotation-text')?.textContent ?? '';
  const line = () => Number(document.querySelector('#slicer-given-label .slicer-mark')?.dataset.epoch);
  const matrix = () => document.querySelector('#slicer-matrix .js-plotly-plot')?.layout.meta?.at;
  window.dash_clientside.set_props('slicer-epoch', {value: epoch});
  const look = () => {
    const isThere = document.querySelector('#slicer-channels').dataset.epoch === String(epoch)
      && title().endsWith(`epoch ${epoch}`) && line() === epoch && matrix() === epoch;
    if (isThere) window.took = performance.now() - began;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def slider() -> None:
    """Steps of the slider, with stored results."""
    with folder() as data_dir, Darkroom(data_dir / "data", "--workers", "1") as page, sync_playwright() as playwright:
        page.wait_for_workers(2)
        engine = page.engine()
        study = finished(page, engine, engine.studies.create("Digits", digits_study(teacher={"epochs": 9})))
        images, teacher = (engine.jobs.spec(study.keys[role]) for role in ("images", "teacher"))
        asked = {
            "numbers": list(range(1438, 1797)), "layers": ["conv1", "pool1", "conv2"], "epochs": list(range(10)),
            "pairs": [["conv1", "conv2"]],
        }  # fmt: skip
        spec = job("slice", asked, images=images, teacher=teacher)
        study = finished(page, engine, engine.studies.add(study.id, "slice-bench", spec))
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.goto(f"http://127.0.0.1:{page.port}/?study={study.id}&views=slicer")
        tab.wait_for_function("document.querySelector('#slicer-channels')?.dataset.layer")
        tab.get_by_role("tab", name="Capacity").click()
        tab.wait_for_function("document.querySelector('#slicer-capacity-graph .annotation-text')")
        taken = []
        for step in range(STEPS + 2):
            tab.wait_for_timeout(500)
            tab.evaluate(WATCH, step % 9)
            tab.wait_for_function("window.took !== null")
            taken.append(tab.evaluate("window.took") / 1000)
        browser.close()
    taken = taken[2:]
    figures = [ms(median(taken)), ms(percentile(taken, 0.95)), met(median(taken), STEP_SECONDS)]
    rows = [["a step, until channels, heat-map and training show it", *figures]]
    print(table("Epoch slider, 359 digits, 10 epochs", ["", "median", "p95", ""], rows))


def main() -> None:
    chosen = read_runs(__doc__, 5, mnist=PLACES["mnist"])
    print(machine())
    capacities(chosen.runs)
    inter_samples(chosen.runs)
    images = make_source("mnist", folder=chosen.mnist).load()
    published(images)
    recording(images)
    slider()
    print(
        "\nlimit: an increment a pair of inputs and of channels; the product of the points with themselves; the forward passes"
    )


if __name__ == "__main__":
    main()
