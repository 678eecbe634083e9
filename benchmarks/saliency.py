"""Saliency: how long re-label distillation and the curves of an image take, and which method is the most faithful.

    uv run python -m benchmarks.saliency [--runs 200] [--mnist DIR] [--cifar DIR --weights FILE] [--keep DIR] [--more 64]

Times first: re-label distillation of 1,000 synthetic images, and deletion and insertion of one image by one map, all steps in
one batch, beside a loop that classifies one step after another. Then for `runs` test images the mean area under deletion (low
is good) and insertion (high is good) of every method with a 95 % interval, ranked by deletion; re-label distillation moreover,
on a quarter of the images, by other settings, and on MNIST with a VAE of `more` latent values, to see what helps it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.harness import machine, median, met, ms, read_runs, table, timed
from benchmarks.nets import PLACES, Nets, cifar_nets, mnist_nets
from models.faithfulness import auc, baselines, curves, falling
from models.relabel import relabel_distillation
from models.saliency import METHODS, ask, question, signed
from models.teacher import softmax

TIMED = 10  # images
CURVES_SECONDS = 0.05
Z95 = 1.959964  # of a normal, 95 %
RELABELS = ("relabel", "relabel-contribution")
BESIDE = ("integrated-gradients", "rise")  # where other settings are compared
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "no L2, the paper's loss": {"l2": 0.0},
    "L2 0.03": {"l2": 0.03},
    "scale 4": {"scale": 4.0},
    "4,000 synthetic images": {"n_samples": 4000},
    "4,000, L2 0.01": {"n_samples": 4000, "l2": 0.01},
    "no residual": {"residual": False},
}


def step_by_step(nets: Nets, image: np.ndarray, saliency: np.ndarray, label: int) -> np.ndarray:
    """Deletion and insertion as a loop would make them: (2, n + 1)."""
    gone, width = baselines(nets.teacher, image), image.shape[2]
    order = falling(saliency[np.newaxis])[0]
    scores = []
    for start, fill in ((image, gone["deletion"]), (gone["insertion"], image)):
        now = start.copy().reshape(len(image), -1)
        filled, row = fill.reshape(len(image), -1), []
        for step in range(0, len(order) + width, width):
            taken = order[max(step - width, 0) : step]
            now[:, taken] = filled[:, taken]
            row.append(softmax(nets.teacher.classify(now.reshape(1, *image.shape)))[0, label])
        scores.append(row)
    return np.array(scores)


def times(nets: Nets, numbers: np.ndarray, seconds: float) -> None:
    """What one image costs; one call before, which warms up."""
    relabels, batched, looped = [], [], []
    for row, number in enumerate(numbers[: TIMED + 1]):
        image = nets.images.floats([number])[0]
        label = int(nets.teacher.classify(image[np.newaxis])[0].argmax())
        saliency = np.random.default_rng(row).random(image.shape[1:])
        once = [
            timed(lambda image=image: relabel_distillation(nets.teacher, nets.vae, image)),
            timed(lambda image=image, saliency=saliency: curves(nets.teacher, image, saliency[np.newaxis])),
            timed(lambda image=image, saliency=saliency, label=label: step_by_step(nets, image, saliency, label)),
        ]
        told = curves(nets.teacher, image, saliency[np.newaxis], label)
        both = np.stack([told.deletion[0], told.insertion[0]])
        assert np.abs(both - step_by_step(nets, image, saliency, label)).max() < 1e-4
        if row:
            for column, value in zip((relabels, batched, looped), once, strict=True):
                column.append(value)
    took, one_go, loop = median(relabels), median(batched), median(looped)
    rows = [
        ["re-label distillation, 1,000 images", ms(took), "", met(took, seconds)],
        ["deletion and insertion, batched", ms(one_go), f"{loop / one_go:.1f} × faster", met(one_go, CURVES_SECONDS)],
        ["the same, step by step", ms(loop), "", ""],
    ]
    print(table(f"{nets.title}: medians of {TIMED} images", ["", "time", "", ""], rows))


def faithful(nets: Nets, numbers: np.ndarray, names: Sequence[str], settings: Mapping[str, Mapping[str, Any]]) -> None:
    """A table of methods, by the mean area under deletion; of re-label distillation by other settings too."""
    areas: dict[str, list[tuple[float, float]]] = {}
    flipped, scales, seconds = [], [], {}
    for number in numbers:
        image = nets.images.images[number]
        maps: dict[str, np.ndarray] = {}
        asked = question(nets.teacher, image, vae=nets.vae, spans=nets.spans)
        for name in names:
            seconds.setdefault(METHODS[name].title, []).append(
                timed(lambda name=name, asked=asked, maps=maps: maps.update({METHODS[name].title: ask(name, asked)}))
            )
        assert asked.relabelled is not None
        flipped.append(asked.relabelled.flipped)
        scales.append(asked.relabelled.scale)
        for words, chosen in settings.items():
            other = question(nets.teacher, image, asked.label, vae=nets.vae, relabel=chosen)
            for name in RELABELS:
                maps[f"{METHODS[name].title}, {words}"] = ask(name, other)
        told = curves(nets.teacher, image, np.stack([signed(each) for each in maps.values()]), asked.label)
        for name, deletion, insertion in zip(maps, auc(told.deletion), auc(told.insertion), strict=True):
            areas.setdefault(name, []).append((float(deletion), float(insertion)))
    rows = []
    for name, found in sorted(areas.items(), key=lambda item: np.mean(item[1], axis=0)[0]):
        means = np.mean(found, axis=0)
        reach = Z95 * np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
        cells = [f"{mean:.4f} ± {far:.4f}" for mean, far in zip(means, reach, strict=True)]
        rows.append([name, *cells, ms(median(seconds[name])) if name in seconds else ""])
    title = f"{nets.title}: {len(numbers)} test images, mean area with 95 % intervals"
    print(table(title, ["", "deletion", "insertion", "time"], rows))
    enough = np.mean([0.2 <= share <= 0.8 for share in flipped])
    print(
        f"\nof the synthetic images {np.mean(flipped):.0%} get another label, at a median scale of {median(scales):g}; "
        f"between 20 and 80 % for {enough:.0%} of the images",
        flush=True,
    )


def test_numbers(nets: Nets, count: int) -> np.ndarray:
    """Test images by a seed."""
    return np.random.default_rng(0).choice(nets.images.test_ids, count, replace=False)


def main() -> None:
    more = (64, "latent values of MNIST's second VAE; 0 for none")
    chosen = read_runs(__doc__, 200, **PLACES, more=more)
    print(machine())
    mnist = mnist_nets(chosen)
    sets = [(mnist, 1.0)]
    if chosen.cifar and chosen.weights:
        sets.append((cifar_nets(chosen, fine_tuned=True), 2.5))
    for nets, seconds in sets:
        times(nets, test_numbers(nets, TIMED + 1), seconds)
    print("\nlimit: of the curves a forward pass of as many images, of re-label distillation decoding and asking 1,250")
    few = chosen.runs // 4
    for nets, _ in sets if chosen.runs else []:
        numbers = test_numbers(nets, chosen.runs)
        faithful(nets, numbers, list(METHODS), {})
        faithful(nets, numbers[:few], [*RELABELS, *BESIDE], SETTINGS)
    if chosen.more and chosen.runs:
        wider = mnist_nets(chosen, chosen.more)
        faithful(wider, test_numbers(wider, chosen.runs)[:few], [*RELABELS, *BESIDE], {})


if __name__ == "__main__":
    main()
