"""Library networks as jobs: of the layers of a teacher, and of what is shown to them from outside; a path as a call."""

import base64
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.adversarial import attack, clipped_only
from models.hypercube import Hypercube
from models.libraries import Libraries, LibrarySettings, usual_layers, usual_top
from models.library_measures import agreement, confusion_index
from models.outside import fitted, letters, noise
from models.progress import part_of
from models.teacher import Teacher, softmax
from workers.library_params import CONFUSIONS, SHARES, SHOWN_OUTSIDE, USUAL_SHARE, LibraryParams, OutsideParams
from workers.pieces import split_of
from workers.pixels import pixels_of
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs
from workers.slicer import cube_of
from workers.vae import as_bytes, last_teacher
from workers.warm import all_cores, data_dir, device, warm_teacher

FITTED = 0.8  # of the work of a library; what it says of test images is the rest
NEAREST = 6  # stored examples of a layer that a path tells of
OPEN = 3  # sets of libraries at hand for calls


@runs("library")
def library(params: LibraryParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """Libraries of layers of a teacher at several sets of thresholds, and what they say of test images."""
    images, teacher = inputs["images"], inputs["teacher"]
    cube, epoch = cube_of(images.results, images.key, teacher.key), teacher.meta["stored_epochs"][-1]
    known = list(cube.layers(epoch).values())
    names = list(params.layers) or usual_layers(known)
    random, told = np.random.default_rng(params.seed), inputs["predictions"].array("predicted")
    numbers = drawn(random.permutation(ids(images, "train")), params.n_images)
    tested = np.sort(drawn(random.permutation(ids(images, "test")), params.n_tested))
    n_classes = images.meta["n_classes"]
    sizes = sorted({min(max(round(share * len(numbers)), n_classes), len(numbers)) for share in SHARES})
    settings = LibrarySettings(params.kernel, params.top or usual_top(known), params.projection, params.seed, device())
    with all_cores():
        attempt.stage("making libraries")
        made = Libraries.fit(
            cube, epoch, names, numbers.tolist(), told[numbers], n_classes, settings, params.thresholds, sizes,
            callback=part_of(attempt, 0, FITTED),
        )  # fmt: skip
        attempt.stage("asking them")
        asked = made.ask(cube, epoch, tested.tolist(), part_of(attempt, FITTED, 1))
    arrays: dict[str, np.ndarray] = {
        "numbers": numbers,
        "tested": tested,
        "thresholds": np.array([[each.threshold for each in row] for row in made.sets]),
        "sizes": np.array([[each.size_ for each in row] for row in made.sets], np.int32),
        "agreement": np.array(
            [[[agreement(each, told[tested], best) for best in (1, 3)] for each in row] for row in asked.scores],
            np.float32,
        ),
        "answers": asked.scores.argmax(axis=3).astype(np.int16),
        "consistency": asked.consistency,
    }
    for layer in range(len(names)):
        found = [[confusion_index(row[layer], told[tested], form) for form in CONFUSIONS] for row in asked.scores]
        arrays[f"confusion-{layer}"] = np.array([[each.index for each in row] for row in found], np.float32)
        arrays[f"counts-{layer}"] = np.array([row[0].counts for row in found], np.int32)
        for at, row in enumerate(made.sets):
            arrays[f"nodes-{layer}-{at}"] = numbers[row[layer].nodes_]
            arrays[f"links-{layer}-{at}"] = row[layer].links_
    shapes = {layer.name: layer for layer in known}
    usual = int(np.abs(np.array(sizes) - USUAL_SHARE * len(numbers)).argmin())
    return Made(
        arrays,
        {
            "layers": [
                {"name": name, "kind": shapes[name].kind, "type": shapes[name].type, "shape": list(shapes[name].shape)}
                for name in names
            ],
            "n_images": len(numbers),
            "n_tested": len(tested),
            "n_sets": len(made.sets),
            "usual": 0 if params.thresholds else usual,
            "by_size": not params.thresholds,
            "kernel": settings.kernel,
            "top": settings.top,
            "projection": settings.projection,
            "seed": params.seed,
            "epoch": epoch,
        },
    )


def ids(images: Input, split: str) -> np.ndarray:
    """The numbers of the train or test images."""
    rows = split_of(images.meta, split)
    return np.arange(rows.start, rows.stop)


def drawn(numbers: np.ndarray, most: int) -> np.ndarray:
    """The first so many."""
    return numbers[:most].astype(np.int64)


def given_cube(net: Teacher, images: np.ndarray) -> Hypercube:
    """dCNN of a net, for images that are in no set."""
    return Hypercube(lambda _epoch: net, lambda numbers: images[list(numbers)])


def stored_libraries(results: Results, key: str, images: str, teacher: str, sets: Sequence[int]) -> Libraries:
    """Libraries of a result: their nodes' activations are computed anew, from the images that they store."""
    meta = results.meta(key)
    names, epoch = [layer["name"] for layer in meta["layers"]], meta["epoch"]
    settings = LibrarySettings(meta["kernel"], meta["top"], meta["projection"], meta["seed"], device())
    cube, thresholds = cube_of(results, images, teacher), results.array(key, "thresholds")
    of_layers = []
    for layer, name in enumerate(names):
        nodes = [results.array(key, f"nodes-{layer}-{at}") for at in sets]
        all_nodes = np.unique(np.concatenate(nodes))
        rows = np.concatenate(
            [settings.rows(given[name]) for _, given in cube.batches(all_nodes.tolist(), [name], epoch)]
        )
        of_layers.append(
            [
                settings.library(float(thresholds[at, layer])).restore(
                    rows[np.searchsorted(all_nodes, stored)], stored, results.array(key, f"links-{layer}-{at}")
                )
                for at, stored in zip(sets, nodes, strict=True)
            ]
        )
    return Libraries(names, list(zip(*of_layers, strict=True)), settings)


@runs("outside")
def outside(params: OutsideParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """What libraries say of attacked test images, or of images that the net was not trained for."""
    images, library = inputs["images"], inputs["library"]
    net = last_teacher(inputs["teacher"])
    with all_cores():
        attempt.stage("opening the libraries")
        sets = range(library.meta["n_sets"])
        libraries = stored_libraries(library.results, library.key, images.key, inputs["teacher"].key, sets)
        conditions = shown(params, inputs, net, attempt)
        attempt.stage("asking the libraries")
        share = 0.3 / len(conditions)
        asked = [
            libraries.ask(
                given_cube(net, each["images"]), library.meta["epoch"], range(len(each["images"])),
                part_of(attempt, 0.7 + at * share, 0.7 + (at + 1) * share),
            )
            for at, each in enumerate(conditions)
        ]  # fmt: skip
    return Made(
        {
            "answers": np.stack([each["answers"] for each in conditions]).astype(np.int32),
            "libraries": np.stack([each.scores.argmax(axis=3) for each in asked]).astype(np.int16),
            "consistency": np.stack([each.consistency for each in asked]),
            "shown": np.stack([as_pixels(each["images"][:SHOWN_OUTSIDE]) for each in conditions]),
            "numbers": conditions[0]["numbers"],
        },
        {
            "source": params.source,
            "norm": params.norm,
            "count": len(conditions[0]["images"]),
            "warning": next((each["warning"] for each in conditions if each["warning"]), ""),
            "conditions": [
                {name: each[name] for name in ("title", "epsilon", "is_control", "success")} for each in conditions
            ],
        },
    )


def shown(params: OutsideParams, inputs: Mapping[str, Input], net: Teacher, attempt: Attempt) -> list[dict[str, Any]]:
    """What is shown to the libraries: images, and what the net answers; the control first where test images are attacked."""
    if params.source in ("pgd", "fgsm"):
        return attacked(params, inputs, net, attempt)
    attempt.stage("drawing images")
    made = foreign(params, inputs, tuple(inputs["images"].meta["shape"]))
    given = {"epsilon": None, "is_control": False, "success": None, "warning": "", "numbers": np.empty(0, np.int64)}
    return [given | {"title": title_of(params, inputs), "images": made, "answers": net.classify(made).argmax(axis=1)}]


def foreign(params: OutsideParams, inputs: Mapping[str, Input], shape: tuple[int, int, int]) -> np.ndarray:
    """Images that the net was not trained for, uint8 (N, C, H, W)."""
    if params.source != "images":
        return (letters if params.source == "letters" else noise)(shape, params.n_images, params.seed)
    if "foreign" not in inputs:
        raise ValueError("Which images are to be shown is not said: choose an image set.")
    other = inputs["foreign"]
    chosen = np.random.default_rng(params.seed).permutation(other.meta["count"])[: params.n_images]
    return fitted(pixels_of(other.results, other.key, data_dir()).read(np.sort(chosen)), shape)


def title_of(params: OutsideParams, inputs: Mapping[str, Input]) -> str:
    """What images from outside are called."""
    if params.source == "images":
        return inputs["foreign"].meta["name"]
    return {"letters": "Letters", "noise": "Noise"}[params.source]


def attacked(
    params: OutsideParams, inputs: Mapping[str, Input], net: Teacher, attempt: Attempt
) -> list[dict[str, Any]]:
    """Test images that the net gets right, clipped as the published code does, and attacked by each ε."""
    images = inputs["images"]
    tested, told = inputs["library"].array("tested"), inputs["predictions"].array("predicted")
    right = tested[told[tested] == images.array("labels")[tested]]
    chosen = np.sort(np.random.default_rng(params.seed).permutation(right)[: params.n_images])
    if not len(chosen):
        raise ValueError("The net gets none of the tested images right: there is nothing to attack.")
    clean = pixels_of(images.results, images.key, data_dir()).read(chosen)
    made, said = clipped_only(net, clean)
    same = {"numbers": chosen, "warning": ""}
    control = {"title": "Clipped only", "epsilon": 0.0, "is_control": True, "images": made, "answers": said}
    conditions = [same | control | {"success": float((said != told[chosen]).mean())}]
    attempt.stage("attacking")
    share = 0.7 / len(params.epsilons)
    for at, epsilon in enumerate(params.epsilons):
        one_step: dict[str, Any] = {"steps": 1, "step_size": epsilon, "random_start": False}
        many: dict[str, Any] = {"steps": params.steps, "step_size": params.step_size, "random_state": params.seed}
        found = attack(
            net, clean, epsilon, params.norm, callback=part_of(attempt, at * share, (at + 1) * share),
            **(one_step if params.source == "fgsm" else many),
        )  # fmt: skip
        conditions.append(
            same
            | {
                "title": f"{params.source.upper()} ε {epsilon:g}",
                "epsilon": epsilon,
                "is_control": False,
                "images": found.images,
                "answers": found.answers,
                "success": found.success,
                "warning": found.warning,
            }
        )
    return conditions


def as_pixels(images: np.ndarray) -> np.ndarray:
    """Images as bytes, 0 to 255."""
    return images if images.dtype == np.uint8 else as_bytes(images)


# A set of libraries is opened once; keyed by content address, so never stale.
@functools.lru_cache(OPEN)
def warm_libraries(results: Results, key: str, images: str, teacher: str, at: int) -> Libraries:
    """One set of the libraries of a result."""
    return stored_libraries(results, key, images, teacher, [at])


@answers("library-path")
def library_path(
    results: Results,
    library: str,
    images: str,
    teacher: str,
    predictions: str,
    at: int,
    number: int | None = None,
    pixels: str | None = None,
) -> dict[str, Any]:
    """What each layer takes an image for, and the stored examples that it is most like; how consistent that is, and of how many
    clean test images it is less.

    Parameters
    ----------
    library, images, teacher, predictions : keys of the results.
    at : which set of thresholds.
    number : of an image of the set; or
    pixels : an image in the net's own shape, base64 of its bytes (C, H, W).
    """
    meta = results.meta(library)
    if not 0 <= at < meta["n_sets"]:
        raise ValueError(f"There is no set {at} of thresholds; sets are numbered 0 to {meta['n_sets'] - 1}.")
    net = warm_teacher(results, teacher, meta["epoch"])
    image = one_image(results, images, net, number, pixels)
    found = warm_libraries(results, library, images, teacher, at)
    cube, told, labels = (
        given_cube(net, image),
        results.array(predictions, "predicted"),
        results.array(images, "labels"),
    )
    asked = found.ask(cube, meta["epoch"], [0])
    activations = cube.slice([0], found.names, meta["epoch"])
    layers = []
    for layer, name in enumerate(found.names):
        stored = found.sets[0][layer]
        cosines, places = stored.most_active(found.settings.rows(activations[name]), NEAREST)
        nodes = stored.nodes_[places[0]]
        layers.append(
            {
                "name": name,
                "answer": int(asked.scores[0, layer, 0].argmax()),
                "scores": asked.scores[0, layer, 0].tolist(),
                "threshold": stored.threshold,
                "size": stored.size_,
                "nearest": [
                    {
                        "number": int(node),
                        "cosine": float(cosine),
                        "answer": int(told[node]),
                        "label": int(labels[node]),
                    }
                    for node, cosine in zip(nodes, cosines[0], strict=True)
                ],
            }
        )
    clean = results.array(library, "consistency")[:, at]
    agreed = asked.consistency[:, 0, 0]
    probabilities = softmax(net.classify(image))[0]
    return {
        "number": number,
        "at": at,
        "answer": int(probabilities.argmax()),
        "probability": float(probabilities.max()),
        "layers": layers,
        "consistency": agreed.tolist(),
        "lower": [float((row < value).mean()) for row, value in zip(clean, agreed, strict=True)],
    }


def one_image(results: Results, images: str, net: Teacher, number: int | None, pixels: str | None) -> np.ndarray:
    """The image that is asked about, uint8 (1, C, H, W).

    Raises
    ------
    ValueError
        It is neither in the set, nor of the net's shape.
    """
    if number is not None:
        return pixels_of(results, images, data_dir()).read([number])
    given = np.frombuffer(base64.b64decode(pixels or ""), np.uint8)
    shape = tuple(net.in_shape)
    if given.size != np.prod(shape):
        raise ValueError(
            f"An image for this net has {np.prod(shape):,} bytes ({shape[0]} × {shape[1]} × {shape[2]}), not {given.size:,}."
        )
    return given.reshape(1, *shape)
