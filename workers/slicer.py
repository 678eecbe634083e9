"""Slices of the hypercube as jobs, teachers trained on subsets; feature maps and deconvolutions as calls."""

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from models.deconvnet import deconvolve
from models.hypercube import Hypercube, Layer
from models.information import (
    Binned,
    binned,
    capacity,
    conditional_entropies,
    distances,
    inter_sample,
    intra_sample_entropy,
)
from models.progress import Callback, part_of
from models.teacher import Teacher
from models.training import train
from workers.pieces import image_set_of
from workers.pixels import pixels_of
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs
from workers.slicer_params import SliceParams, SubsetsParams
from workers.warm import all_cores, data_dir, device, warm_teacher

RANGES = 0.3  # of the work of a slice: what is smallest and largest in each channel
TRIED = 16  # inputs by which an estimate is made
DEAD, SATURATED = 1, 2  # flags of a channel


def cube_of(results: Results, images: str, teacher: str) -> Hypercube:
    """dCNN of a study's teacher."""
    pixels = pixels_of(results, images, data_dir())
    return Hypercube(lambda epoch: warm_teacher(results, teacher, epoch), lambda numbers: pixels.read(list(numbers)))


@runs("slice")
def slice_of(params: SliceParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """Of a slice of dCNN: inter-sample entropy of each layer, intra-sample entropy of each channel by class, capacity between
    the channels of pairs of layers beside its permuted null, at each epoch."""
    images, teacher = inputs["images"], inputs["teacher"]
    _check(params, images, teacher)
    cube = cube_of(images.results, images.key, teacher.key)
    known = cube.layers(params.epochs[0])
    missing = [name for name in params.layers if name not in known]
    if missing:
        raise ValueError(f"There is no layer {missing[0]!r} in this teacher; there are {', '.join(known)}.")
    for name in {name for pair in params.pairs for name in pair}:
        if not known[name].has_maps:
            raise ValueError(f"{name!r} has no channels of feature maps: capacity is between layers that have some.")
    labels = images.array("labels")[list(params.numbers)]
    with all_cores():
        return _Slice(params, cube, known, labels, images.meta["n_classes"]).made(attempt)


def _check(params: SliceParams, images: Input, teacher: Input) -> None:
    """Whether there are such inputs and epochs.

    Raises
    ------
    ValueError
        There are not.
    """
    count, stored = images.meta["count"], teacher.meta["stored_epochs"]
    beyond = [number for number in params.numbers if not 0 <= number < count]
    if beyond:
        raise ValueError(f"There is no image {beyond[0]}; images are numbered 0 to {count - 1}.")
    unknown = [epoch for epoch in params.epochs if epoch not in stored]
    if unknown:
        raise ValueError(f"Epoch {unknown[0]} was not stored; stored are {', '.join(map(str, stored))}.")


class _Slice:
    """What is measured of one slice, epoch by epoch and some layers at a time."""

    def __init__(
        self, params: SliceParams, cube: Hypercube, known: Mapping[str, Layer], labels: np.ndarray, n_classes: int
    ) -> None:
        self.params, self.cube, self.known = params, cube, known
        self.channels = {name: range(first, last + 1) for name, first, last in params.channels}
        # All inputs, then those of each class.
        of_classes = [np.flatnonzero(labels == label) for label in range(n_classes)]
        self.groups_of_classes = [np.arange(len(params.numbers)), *of_classes]
        epochs, random = len(params.epochs), np.random.default_rng(params.seed)
        # Inputs of capacity: some by the seed; and the same in another order, for the null.
        self.paired = np.sort(random.permutation(len(params.numbers))[: params.n_distances])
        self.other_order = random.permutation(len(self.paired))
        self.inter = np.full((len(params.layers), epochs), np.nan)
        self.normalized, self.collapsed = self.inter.copy(), np.zeros(self.inter.shape, np.int32)
        self.with_maps = [name for name in params.layers if known[name].has_maps]
        shape = (epochs, len(self.groups_of_classes))
        self.intra = {name: np.full((*shape, self.width(name)), np.nan, np.float32) for name in self.with_maps}
        self.flags = {name: np.zeros((epochs, self.width(name)), np.uint8) for name in self.with_maps}
        sides = [tuple(self.width(name) for name in pair) for pair in params.pairs]
        self.capacity = [np.empty((epochs, *side), np.float32) for side in sides]
        self.null = [np.empty((epochs, *side), np.float32) for side in sides]
        self.n_neighbors = 0

    def width(self, name: str) -> int:
        """How many channels of a layer are looked at."""
        return len(self.channels.get(name, range(self.known[name].shape[0])))

    def made(self, attempt: Attempt) -> Made:
        """Measures all of it."""
        attempt.stage("ranges of the channels")
        low, high = self._ranges(part_of(attempt, 0, RANGES))
        attempt.stage("measuring")
        for at, epoch in enumerate(self.params.epochs):
            share = (1 - RANGES) / len(self.params.epochs)
            self._epoch(at, epoch, low, high, part_of(attempt, RANGES + at * share, RANGES + (at + 1) * share))
        layers = [
            {
                "name": layer.name,
                "kind": layer.kind,
                "type": layer.type,
                "shape": list(layer.shape),
                "has_maps": layer.has_maps,
                "first": self.channels[layer.name].start if layer.name in self.channels else 0,
            }
            for layer in (self.known[name] for name in self.params.layers)
        ]
        arrays: dict[str, np.ndarray] = {
            "numbers": np.array(self.params.numbers, np.int64),
            "paired": np.array(self.params.numbers, np.int64)[self.paired],
            "inter": self.inter.astype(np.float32),
            "normalized": self.normalized.astype(np.float32),
            "collapsed": self.collapsed,
            "counts": np.array([len(group) for group in self.groups_of_classes], np.int32),
        }
        for at, name in enumerate(self.params.layers):
            if name in self.intra:
                arrays |= {f"intra-{at}": self.intra[name], f"flags-{at}": self.flags[name]}
        for at in range(len(self.params.pairs)):
            arrays |= {f"capacity-{at}": self.capacity[at], f"null-{at}": self.null[at]}
        return Made(
            arrays,
            {
                "count": len(self.params.numbers),
                "n_paired": len(self.paired),
                "layers": layers,
                "epochs": list(self.params.epochs),
                "pairs": [list(pair) for pair in self.params.pairs],
                "n_neighbors": self.n_neighbors,
                "bins": self.params.bins,
            },
        )

    def _of(self, names: Sequence[str]) -> dict[str, range]:
        """Which channels of some layers, where not all."""
        return {name: self.channels[name] for name in names if name in self.channels}

    def _ranges(self, callback: Callback) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """What is smallest and largest in each channel, over the slice and all epochs; and which channels are dead."""
        low: dict[str, np.ndarray] = {}
        high: dict[str, np.ndarray] = {}
        for at, epoch in enumerate(self.params.epochs):
            if self.with_maps:
                found = self.cube.statistics(self.params.numbers, self.with_maps, epoch, self._of(self.with_maps))
                for name, told in found.items():
                    low[name] = np.minimum(low.get(name, told.low), told.low)
                    high[name] = np.maximum(high.get(name, told.high), told.high)
                    self.flags[name][at] = DEAD * told.is_dead + SATURATED * told.is_saturated
            callback((at + 1) / len(self.params.epochs), f"ranges of epoch {epoch}")
        return low, high

    def _epoch(self, at: int, epoch: int, low: dict, high: dict, callback: Callback) -> None:
        """One epoch: layers in groups that fit into memory, what is binned of each is kept until all are there."""
        wanted = {name for pair in self.params.pairs for name in pair}
        kept: dict[str, Binned] = {}
        for group in self.cube.fitting(self.params.layers, len(self.params.numbers), epoch, self.channels):
            for name, values in self.cube.slice(self.params.numbers, group, epoch, self._of(group)).items():
                row = self.params.layers.index(name)
                found = inter_sample(values, self.params.n_neighbors, device=device())
                self.inter[row, at], self.normalized[row, at] = found.bits, found.normalized
                self.collapsed[row, at], self.n_neighbors = found.collapsed, found.n_neighbors
                if name in self.intra:
                    each = intra_sample_entropy(values, self.params.bins, low[name], high[name], self.params.per_map)
                    for group_at, rows in enumerate(self.groups_of_classes):
                        if len(rows):
                            self.intra[name][at, group_at] = each[rows].mean(axis=0)
                if name in wanted:
                    kept[name] = binned(distances(values[self.paired], device()), self.params.bins)
                callback((row + 1) / len(self.params.layers), f"{name}, epoch {epoch}")
        for pair_at, (one, other) in enumerate(self.params.pairs):
            self.capacity[pair_at][at] = capacity(kept[one], kept[other], self.params.bins, device())
            mixed = Binned(_in_order(kept[other].numbers, self.other_order), kept[other].entropies)
            self.null[pair_at][at] = capacity(kept[one], mixed, self.params.bins, device())


def _in_order(of_pairs: np.ndarray, order: np.ndarray) -> np.ndarray:
    """What is known of each two inputs (C, P), of the same inputs in another order."""
    count = len(order)
    rows, columns = np.triu_indices(count, 1)
    place = np.empty((count, count), np.int64)
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    return np.ascontiguousarray(of_pairs[:, place[order[rows], order[columns]]])


@runs("subsets")
def subsets(params: SubsetsParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """Teachers of the study's architecture, each trained on so many images a class: how diverse these are, and how training
    went."""
    given, like = image_set_of(inputs["images"]), inputs["teacher"]
    known = warm_teacher(like.results, like.key, like.meta["stored_epochs"][-1])
    random = np.random.default_rng(params.seed)
    order = [
        random.permutation(np.flatnonzero(given.labels[: given.n_train] == label)) for label in range(given.n_classes)
    ]
    fewest = min(len(rows) for rows in order)
    sizes = [size for size in sorted(params.per_class) if size <= fewest]
    if not sizes:
        raise ValueError(
            f"The rarest class has {fewest:,} training images; ask for so many a class or fewer, not {min(params.per_class):,}."
        )
    curves = {name: [] for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy", "label", "predicted")}
    entropies = []
    whole = sum(sizes)
    done = 0
    for size in sizes:
        attempt.stage(f"{size:,} a class")
        rows = np.concatenate([of_class[:size] for of_class in order])
        ids = np.concatenate([rows, given.test_ids])
        part = replace(given, images=given.images[ids], labels=given.labels[ids], n_train=len(rows))
        found = inter_sample(part.floats(range(len(rows))), params.n_neighbors)
        entropies.append((found.bits, found.normalized, found.n_neighbors))
        made = Teacher.create(
            known.architecture,
            known.in_shape,
            known.n_classes,
            known.mean,
            known.std,
            seed=params.seed,
            device=known.device,
        )
        record = train(
            made, part, epochs=params.epochs, seed=params.seed, stored_epochs=(),
            callback=part_of(attempt, done / whole, (done + size) / whole),
        )  # fmt: skip
        done += size
        told = conditional_entropies(record.test_confusion)
        for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
            curves[name].append(getattr(record, name))
        curves["label"].append(told.label)
        curves["predicted"].append(told.predicted)
    return Made(
        {name: np.stack(values).astype(np.float32) for name, values in curves.items()}
        | {"entropies": np.array(entropies, np.float32)},
        {
            "per_class": sizes,
            "left_out": sorted(set(params.per_class) - set(sizes)),
            "epochs": params.epochs,
            "rarest": fewest,
        },
    )


@answers("slicer-layers")
def slicer_layers(results: Results, images: str, teacher: str, epoch: int) -> list[dict[str, Any]]:
    """The layers of a teacher that can be recorded, the image first."""
    found = cube_of(results, images, teacher).layers(epoch).values()
    return [{**asdict(layer), "has_maps": layer.has_maps} for layer in found]


@answers("slice-estimate")
def slice_estimate(
    results: Results,
    images: str,
    teacher: str,
    count: int,
    layers: list[str],
    epochs: list[int],
    pairs: list[list[str]],
    n_distances: int,
) -> dict[str, Any]:
    """What a slice would take here: seconds, bytes in memory at once, and whether it fits; by trying a few inputs."""
    cube = cube_of(results, images, teacher)
    known = cube.layers(epochs[-1])
    tried = list(range(min(TRIED, results.meta(images)["count"])))
    began = time.perf_counter()
    for _, _given in cube.batches(tried, layers, epochs[-1]):
        pass
    a_pass = (time.perf_counter() - began) / len(tried) * count
    values = sum(int(np.prod(known[name].shape)) for name in layers)
    some = min(count, n_distances)
    cells = sum(known[one].shape[0] * known[other].shape[0] for one, other in pairs)
    # Of each input: two passes, and what is done with each value; of each two inputs: a product a value, a count a cell.
    seconds = (
        2 * a_pass + 4e-9 * count * values + 2e-11 * count**2 * values + 1e-9 * some**2 * cells + 0.02 * len(layers)
    )
    largest = max((known[name] for name in layers), key=lambda layer: layer.nbytes)
    return {
        "seconds": seconds * len(epochs),
        "bytes": min(count * 4 * values, max(cube.budget, count * largest.nbytes)),
        "budget": cube.budget,
        "fits": cube.budget // largest.nbytes,
        "largest": largest.name,
    }


@answers("feature-maps")
def feature_maps(
    results: Results, images: str, teacher: str, epoch: int, wanted: list[list[Any]], numbers: list[int]
) -> dict[str, Any]:
    """Feature maps of a few images: of each wanted [layer, channel] a row of maps, as bytes of 0 to 255 of the row's range."""
    cube = cube_of(results, images, teacher)
    rows = []
    for layer, channel in wanted:
        maps = cube.slice(numbers, [layer], epoch, {layer: [channel]})[layer][:, 0]
        if maps.ndim != 3:
            raise ValueError(f"{layer!r} has no feature maps.")
        rows.append({"layer": layer, "channel": channel, **_as_bytes(maps)})
    return {"epoch": epoch, "numbers": numbers, "rows": rows}


@answers("deconvolve")
def deconvolved(
    results: Results, images: str, teacher: str, epoch: int, layer: str, channel: int, numbers: list[int]
) -> dict[str, Any]:
    """One channel's maps of a few images, carried back to them: bytes of 0 to 255, 0 in the middle, each to its own most."""
    known = warm_teacher(results, teacher, epoch)
    found = deconvolve(known, pixels_of(results, images, data_dir()).read(numbers), layer, channel)
    most = np.abs(found.images).max(axis=(1, 2, 3), keepdims=True)
    scaled = np.rint(127.5 + 127.5 * found.images / np.where(most > 0, most, 1)).astype(np.uint8)
    return {
        "epoch": epoch, "numbers": numbers, "layer": layer, "channel": channel, "method": found.method,
        "images": {"shape": list(scaled.shape), "data": base64.b64encode(scaled.tobytes()).decode()},
        "blank": (most.ravel() == 0).tolist(),
        "maps": _as_bytes(found.maps),
    }  # fmt: skip


def _as_bytes(maps: np.ndarray) -> dict[str, Any]:
    """Maps (N, H, W) as bytes, 0 to 255 from the smallest to the largest of all."""
    low, high = float(maps.min()), float(maps.max())
    scaled = np.rint(255 * (maps - low) / ((high - low) or 1)).astype(np.uint8)
    return {"shape": list(scaled.shape), "data": base64.b64encode(scaled.tobytes()).decode(), "low": low, "high": high}
