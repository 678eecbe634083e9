"""Library networks: are they the definition's, how long do they take, do they foretell the net, and what do they detect?

    uv run python -m benchmarks.library [--runs 3] [--mnist DIR] [--keep DIR] [--whole 60000] [--images 1000] [--fashion FILE]

LeNet (PyTorch's MNIST example of the paper's day), four layers before their ReLU, 10,000 library images, thresholds of Table 1,
set 1. First the block version beside the one-by-one definition, node for node. Then seconds of CPU, medians of `runs`, beside
what the published code does (an image at a time, a product of a matrix and a vector, on some images and extrapolated) and the
bound, each example with each node in one product at the rate of a large product in the same run; and all training images
(`whole`; 0 for none) in a process of their own, for its memory. Then agreement with the net's answers. Last, on `images` clean
and as many changed images, all different and all answered right: AUROC of consistency for PGD, for clipping alone, for letters
and noise, and for Fashion-MNIST where FILE, an .npz, has it; with variants of the libraries, of which one is chosen by clean
images alone.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch

from benchmarks.harness import ROOT, folder, machine, median, met, read_runs, table
from benchmarks.nets import PLACES, fresh, kept
from models.adversarial import attack, clipped_only
from models.data import ImageSet
from models.hypercube import Hypercube
from models.libraries import PUBLISHED_TOP, TOP, Libraries, LibrarySettings
from models.library import LibraryNetwork
from models.library_measures import agreement, auroc, consistency
from models.library_thresholds import threshold_for
from models.outside import fitted, letters, noise
from models.sources import make_source
from models.teacher import Teacher
from models.training import train

LAYERS = ("conv1", "conv2", "hidden", "output")
AFTER = ("pool1", "pool2", "relu")
TABLE_1 = (
    (0.55, 0.75, 0.75, 0.8), (0.6, 0.75, 0.8, 0.85), (0.55, 0.65, 0.65, 0.65), (0.55, 0.75, 0.8, 0.85), (0.6, 0.7, 0.75, 0.75),
    (0.6, 0.7, 0.8, 0.8), (0.6, 0.7, 0.85, 0.85),
)  # fmt: skip
SET_1, HIGHER = TABLE_1[0], ((0.65, 0.85, 0.85, 0.9), (0.75, 0.9, 0.9, 0.95))
LIBRARY, EXACT, SAMPLED = 10_000, 2_000, 200  # images
CPU_SECONDS, WHOLE_SECONDS, WHOLE_BYTES = 20.0, 240.0, 6e9
FORETOLD = (
    (0.82, 0.94, 0.96, 0.97),
    (0.96, 0.99, 0.995, 0.999),
)  # the paper's neighbourhood: the best answer, the best three
EPSILONS = (0.1, 0.2, 0.3)
WANTED = 0.85  # AUROC at ε 0.2
CHOOSING = 2_000  # clean test images by which a variant is chosen
RESAMPLED = 1_000
SHARES = (0.02, 0.08)  # of the library images, that a library holds
CLASSES = 10


def of_images(teacher: Teacher, images: np.ndarray) -> Hypercube:
    """What layers give for these images, 0 to N − 1."""
    return Hypercube(lambda _epoch: teacher, lambda numbers: images[list(numbers)], budget=2**31)


def rows_of(cube: Hypercube, layer: str, numbers: Sequence[int]) -> np.ndarray:
    """A layer's activations, (N, D)."""
    return cube.slice(numbers, [layer], 0)[layer].reshape(len(numbers), -1)


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU, of all threads, that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


# ---- the definition, and how long it takes ---------------------------------------------------------------------------


def one_by_one(rows: np.ndarray, threshold: float) -> list[int]:
    """The rule as the paper has it, in double precision."""
    unit = rows.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    held, nodes = np.empty_like(unit), list[int]()
    for place, row in enumerate(unit):
        if not nodes or (held[: len(nodes)] @ row).max() < threshold:
            held[len(nodes)] = row
            nodes.append(place)
    return nodes


def exactness(teacher: Teacher, images: np.ndarray) -> None:
    told = []
    for layer, threshold in zip(LAYERS[1:3], SET_1[1:3], strict=True):
        rows = rows_of(of_images(teacher, images), layer, range(EXACT))
        nodes: list[int] = []
        plain = cpu(lambda rows=rows, threshold=threshold, nodes=nodes: nodes.extend(one_by_one(rows, threshold)))
        library = LibraryNetwork(threshold)
        ours = cpu(lambda rows=rows, library=library: library.partial_fit(rows))
        same = "the same" if library.nodes_.tolist() == nodes else "DIFFERENT"
        told.append([f"{layer}, θ {threshold:g}", f"{len(nodes):,}", same, f"{ours:.2f} s", f"{plain:.2f} s"])
    columns = ["", "nodes", "node for node", "in blocks", "one by one, double"]
    print(table(f"{EXACT:,} MNIST images, seconds of CPU", columns, told), flush=True)


def made(teacher: Teacher, images: np.ndarray) -> Libraries:
    """Libraries of all four layers by set 1."""
    answers = teacher.classify(images).argmax(axis=1)
    cube, settings = of_images(teacher, images), LibrarySettings()
    return Libraries.fit(cube, 0, LAYERS, range(len(images)), answers, CLASSES, settings, [SET_1])


def published_seconds(libraries: Libraries, teacher: Teacher, images: np.ndarray, tested: np.ndarray) -> float:
    """Seconds of CPU that making and asking take an image at a time: compared with the nodes until then, then with all for
    its links, and a test image with all; some images, extrapolated. On one thread, as more only wait for memory."""
    total, cube = 0.0, of_images(teacher, images)
    some = np.linspace(0, len(images) - 1, SAMPLED).astype(int)
    targets = torch.where(torch.eye(CLASSES) > 0, 1.0, -1.0)[teacher.classify(images[some]).argmax(axis=1)]
    for layer, library in zip(LAYERS, libraries.sets[0], strict=True):
        nodes, shown = (torch.from_numpy(rows_of(cube, layer, which.tolist())) for which in (library.nodes_, some))
        nodes /= nodes.norm(dim=1, keepdim=True)
        asked = torch.from_numpy(rows_of(of_images(teacher, tested), layer, range(SAMPLED)))
        links = torch.zeros(len(nodes), CLASSES)
        torch.set_num_threads(1)
        began = time.process_time()
        for row, known, target in zip(shown, np.searchsorted(library.nodes_, some).tolist(), targets, strict=True):
            unit = row / row.norm()
            if known:
                (nodes[:known] @ unit).max()
            links += torch.outer(((nodes @ unit - 1) / library.kernel).exp(), target)
        for row in asked:
            active, best = (nodes @ (row / row.norm())).topk(TOP)
            _ = active @ links[best]
        total += (time.process_time() - began) * len(images) / SAMPLED
        torch.set_num_threads(2)
    return total


def speed(teacher: Teacher, images: np.ndarray, tested: np.ndarray, runs: int) -> None:
    """Libraries of set 1 fitted on some images, and asked about others; what they foretell."""
    held: list[Libraries] = []
    asked = of_images(teacher, tested)
    fits = [cpu(lambda: held.append(made(teacher, images))) for _ in range(runs)]
    libraries, said = held[-1], []
    asks = [cpu(lambda: said.append(libraries.ask(asked, 0, range(len(tested))))) for _ in range(runs)]
    took = median([one + other for one, other in zip(fits, asks, strict=True)])
    passes = cpu(lambda: teacher.classify(images))
    for given in (images, tested):
        passes += cpu(lambda given=given: list(of_images(teacher, given).batches(range(len(given)), ["output"], 0)))
    theirs = median([published_seconds(libraries, teacher, images, tested) for _ in range(runs)]) + passes
    widths = [int(np.prod(asked.layers(0)[layer].shape)) for layer in LAYERS]
    sizes = [library.size_ for library in libraries.sets[0]]
    flops = 2.0 * sum(size * width for size, width in zip(sizes, widths, strict=True)) * (len(images) + len(tested))
    square = torch.rand(2048, 2048)
    rate = 2 * 2048**3 / min(cpu(lambda: square @ square) for _ in range(6))
    bound = flops / rate + passes
    rows = [
        ["libraries fitted and asked", f"{took:.1f} s", met(took, CPU_SECONDS)],
        ["fitting; asking", f"{median(fits):.1f}; {median(asks):.1f} s", ""],
        ["an image at a time", f"{theirs:.1f} s", f"{theirs / took:.1f} × as long"],
        [
            f"{flops / 1e9:,.0f} GFLOP at {rate / 1e9:.0f}, and forward passes",
            f"{bound:.1f} s",
            f"we take {took / bound:.2f} ×",
        ],
    ]
    print(table(f"{len(images):,} library and {len(tested):,} test images, seconds of CPU", ["", "", ""], rows))
    answers, told = teacher.classify(tested).argmax(axis=1), []
    for place, (layer, size) in enumerate(zip(LAYERS, sizes, strict=True)):
        best = [f"{agreement(said[-1].scores[0, place], answers, count):.2%}" for count in (1, 3)]
        about = [f"{foretold[place]:.1%}" for foretold in FORETOLD]
        told.append([f"{layer}, θ {SET_1[place]:g}", f"{size:,}", best[0], about[0], best[1], about[1]])
    columns = ["", "nodes", "best answer", "about", "best three", "about"]
    print(table("The net's answers on test images, foretold", columns, told), flush=True)


def whole(mnist: str, weights: str, count: int) -> None:
    """Prints what libraries of so many images, and asking them, take of this process; for `alone`."""
    torch.set_num_threads(2)
    images, teacher = make_source("mnist", folder=mnist).load(), Teacher.from_bytes(Path(weights).read_bytes(), "cpu")
    tested = images.images[images.test_ids]
    libraries: list[Libraries] = []
    fit = cpu(lambda: libraries.append(made(teacher, images.images[:count])))
    ask = cpu(lambda: libraries[0].ask(of_images(teacher, tested), 0, range(len(tested))))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    sizes = [library.size_ for library in libraries[0].sets[0]]
    print(json.dumps({"fit": fit, "ask": ask, "peak": peak, "sizes": sizes}))


def alone(teacher: Teacher, mnist: str, count: int) -> None:
    """`whole` in a process of its own."""
    with folder() as scratch:
        weights = scratch / "teacher.safetensors"
        weights.write_bytes(teacher.to_bytes())
        script = f"from benchmarks.library import whole; whole({mnist!r}, {str(weights)!r}, {count})"
        told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(told.stdout.splitlines()[-1])
    took = found["fit"] + found["ask"]
    rows = [
        ["seconds of CPU", f"{took:.0f} s ({found['fit']:.0f} + {found['ask']:.0f})", met(took, WHOLE_SECONDS)],
        ["memory at most", f"{found['peak'] / 1e9:.1f} GB", met(found["peak"], WHOLE_BYTES)],
        ["nodes", ", ".join(f"{size:,}" for size in found["sizes"]), ""],
    ]
    print(
        table(f"{count:,} library images and all test images, in a process of its own", ["", "", ""], rows), flush=True
    )


# ---- what they detect ------------------------------------------------------------------------------------------------


class Variant(NamedTuple):
    """Which libraries are asked, and how.

    Attributes
    ----------
    sets : of (layer, threshold): the consistency of each set is taken, and their mean.
    top : nodes that speak.
    form : of consistency.
    own : whether the net's own answer, ±1, counts as one layer more.
    """

    sets: Sequence[Sequence[tuple[str, float]]]
    top: int = TOP
    form: Literal["raw", "published"] = "raw"
    own: bool = False


Heard = Mapping[
    tuple[str, float], tuple[np.ndarray, np.ndarray]
]  # the most active nodes of each library, PUBLISHED_TOP


def with_after(of_set: Sequence[float]) -> list[tuple[str, float]]:
    """A set of thresholds, the layers after pooling and ReLU with those of the layers that they follow, or the next."""
    return [*zip(LAYERS, of_set, strict=True), *zip(AFTER, (of_set[1], of_set[1], of_set[2]), strict=True)]


def variants(by_size: Mapping[float, Sequence[tuple[str, float]]]) -> dict[str, Variant]:
    """By what they are; the first is the default."""
    plain = [list(zip(LAYERS, each, strict=True)) for each in (*TABLE_1, *HIGHER)]
    of_table, higher = plain[: len(TABLE_1)], plain[len(TABLE_1) :]
    known = {"set 1, raw, top 3": Variant(of_table[:1])}
    known |= {f"set {number}": Variant([each]) for number, each in enumerate(of_table[1:], 2)}
    known |= {f"θ {', '.join(f'{theta:g}' for _, theta in each)}": Variant([each]) for each in higher}
    known |= {
        "set 1, as published: soft-max, top 20": Variant(of_table[:1], PUBLISHED_TOP, "published"),
        "set 1, top 1": Variant(of_table[:1], 1),
        "set 1, top 8": Variant(of_table[:1], 8),
        "set 1, top 20": Variant(of_table[:1], 20),
        "set 1 and the net's own answer": Variant(of_table[:1], own=True),
        "mean of the 7 sets": Variant(of_table),
        "mean of the 7 sets and the two higher": Variant(plain),
        "set 1, layers after pooling and ReLU too": Variant([with_after(SET_1)]),
        "the higher, those layers too": Variant([with_after(HIGHER[0])]),
        "the highest, those layers too": Variant([with_after(HIGHER[1])]),
        "mean of these three": Variant([with_after(each) for each in (SET_1, *HIGHER)]),
    }
    return known | {f"as many nodes a layer, {share:.0%}": Variant([each]) for share, each in by_size.items()}


def ask(
    variant: Variant, libraries: Mapping[tuple[str, float], LibraryNetwork], heard: Heard, answers: np.ndarray
) -> list[list[np.ndarray]]:
    """P of Eq. 3 by set and layer."""
    own = [np.where(np.eye(CLASSES, dtype=bool), 1.0, -1.0)[answers]] if variant.own else []
    return [
        [libraries[name].scores(*(each[:, : variant.top] for each in heard[name])) for name in of_set] + own
        for of_set in variant.sets
    ]


def between(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of an AUROC, by resampling both sides."""
    random = np.random.default_rng(0)
    found = [auroc(random.choice(inside, len(inside)), random.choice(outside, len(outside))) for _ in range(RESAMPLED)]
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def foreign(fashion: str, shape: tuple[int, int, int], count: int) -> dict[str, np.ndarray]:
    """Inputs that no net of digits was trained for."""
    shown = {"letters": letters(shape, count), "noise": noise(shape, count)}
    if fashion:
        with np.load(fashion) as file:
            images = next(file[name] for name in file.files if file[name].ndim > 2)
        shown["Fashion-MNIST"] = fitted(images[:count].reshape(-1, 1, *images.shape[-2:]), shape)
    return shown


def detection(teacher: Teacher, images: ImageSet, count: int, fashion: str) -> None:
    """AUROC of consistency, by variant."""
    random, library_images = np.random.default_rng(0), images.images[:LIBRARY]
    order = random.permutation(images.test_ids)
    choosing, rest = order[:CHOOSING], order[CHOOSING:]
    right = rest[teacher.classify(images.images[rest]).argmax(axis=1) == images.labels[rest]]
    clean, attackable = right[:count], right[count : 2 * count]
    changed = images.images[attackable]
    clipped, clipped_answers = clipped_only(teacher, changed)
    shown = {"choosing": images.images[choosing], "clean": images.images[clean], "clipped only": clipped}
    success = {"clipped only": float(np.mean(clipped_answers != images.labels[attackable]))}
    for epsilon in EPSILONS:
        attacked = attack(teacher, changed, epsilon)
        shown[f"ε {epsilon:g}"], success[f"ε {epsilon:g}"] = attacked.images, attacked.success
    shown |= foreign(fashion, images.images.shape[1:], count)
    answers = teacher.classify(library_images).argmax(axis=1)
    by_size: dict[float, list[tuple[str, float]]] = {share: [] for share in SHARES}
    libraries: dict[tuple[str, float], LibraryNetwork] = {}
    heard: dict[str, dict[tuple[str, float], tuple[np.ndarray, np.ndarray]]] = {name: {} for name in shown}
    usual = {name for variant in variants({}).values() for of_set in variant.sets for name in of_set}
    for layer in (*LAYERS, *AFTER):
        rows, least = rows_of(of_images(teacher, library_images), layer, range(LIBRARY)), 0.0
        wanted = {name for name in usual if name[0] == layer}
        if layer in LAYERS:
            for share in SHARES:
                least = threshold_for(lambda rows=rows: [rows], round(share * LIBRARY), least)
                by_size[share].append((layer, least))
                wanted.add((layer, least))
        for name in wanted:
            libraries[name] = LibraryNetwork(name[1]).fit(rows, answers, CLASSES)
        del rows
        for title, those in shown.items():
            activations = rows_of(of_images(teacher, those), layer, range(len(those)))
            for name in wanted:
                heard[title][name] = libraries[name].most_active(activations, PUBLISHED_TOP)
    known = variants(by_size)
    told = {title: teacher.classify(those).argmax(axis=1) for title, those in shown.items()}
    agreed, found = {}, {}
    for title, variant in known.items():
        of_clean = ask(variant._replace(own=False), libraries, heard["choosing"], told["choosing"])
        agreed[title] = float(np.mean([agreement(each, told["choosing"]) for of_set in of_clean for each in of_set]))
        found[title] = {}
        for name in shown:
            said = ask(variant, libraries, heard[name], told[name])
            found[title][name] = np.mean([consistency(each, variant.form) for each in said], axis=0)
    conditions = [name for name in shown if name not in ("choosing", "clean")]
    chosen = max(agreed, key=lambda title: agreed[title])
    rows = [
        [title + ("  <- chosen" if title == chosen else ""), f"{agreed[title]:.2%}"]
        + [f"{auroc(each['clean'], each[name]):.3f}" for name in conditions]
        for title, each in found.items()
    ]
    rows.append(
        ["success: other answers", "", *[f"{success[name]:.1%}" if name in success else "" for name in conditions]]
    )
    columns = ["libraries", "agreement", *conditions]
    print(table(f"AUROC of consistency, {count:,} clean images and {count:,} others", columns, rows))
    for title in dict.fromkeys((next(iter(known)), chosen)):
        for name in conditions:
            low, high = between(found[title]["clean"], found[title][name])
            verdict = f"; upper end ≥ {WANTED}: {'met' if high >= WANTED else 'MISSED'}" if name == "ε 0.2" else ""
            print(f"{title}, {name}: 95 % interval {low:.3f} to {high:.3f}{verdict}")
    if not fashion:
        print("Fashion-MNIST was not shown: no file is named.")
    print(flush=True)


def main() -> None:
    more: dict[str, tuple[float | str, str]] = {
        "whole": (60_000, "library images of the largest run; 0 for none"),
        "images": (1_000, "clean and as many changed images; 0 for none"),
        "fashion": ("", "an .npz with images of Fashion-MNIST"),
    }
    chosen = read_runs(__doc__, 3, mnist=PLACES["mnist"], keep=PLACES["keep"], **more)
    torch.set_num_threads(2)
    print(machine())
    images = make_source("mnist", folder=chosen.mnist).load()

    def learned() -> Teacher:
        made = fresh("lenet", images)
        train(made, images, epochs=2)
        return made

    teacher = kept(chosen.keep, "mnist-lenet", Teacher, learned)
    exactness(teacher, images.images)
    if chosen.runs:
        speed(teacher, images.images[:LIBRARY], images.images[images.test_ids], chosen.runs)
    if chosen.whole:
        alone(teacher, chosen.mnist, chosen.whole)
    if chosen.images:
        detection(teacher, images, chosen.images, chosen.fashion)
    print("\nlimit: each example with each node once, fitted and asked, at the rate of a large product; forward passes")


if __name__ == "__main__":
    main()
