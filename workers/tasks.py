"""What the job kinds and the calls do: load the inputs, call the science, name what is to be stored.

With `workers.given`, `workers.maps`, `workers.darksight`, `workers.confidence`, `workers.vae`, `workers.latent`,
`workers.student`, `workers.explain`, `workers.slicer`, `workers.library`, `workers.pieces` and `workers.warm` the only
module that imports `models` at large; the page never imports it.
"""

import functools
import logging
import time
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

import workers.confidence
import workers.darksight
import workers.explain
import workers.latent
import workers.library
import workers.maps
import workers.slicer
import workers.student
import workers.vae  # noqa: F401 (their job kinds)
from models.architecture_files import load_architectures
from models.architectures import ARCHITECTURES
from models.data import ImageSet, statistics
from models.devices import pick_device
from models.hierarchy import ClassHierarchy
from models.optimisation import Optimizer
from models.sources import SOURCES, Source, make_source
from models.speed import Speed, measure_speed
from models.teacher import Teacher, softmax
from models.training import train
from models.weights import load_teacher, normalisation, read_weights
from workers.chunks import digest_of
from workers.given import look_at_predictions
from workers.kept import KeptWork
from workers.params import (
    FolderSource,
    HierarchyParams,
    ImagesParams,
    LookParams,
    NpzSource,
    PredictionsParams,
    TeacherParams,
)
from workers.pieces import all_pixels, atlas_of, check_manifest, image_set_of, keep_pixels, said_of
from workers.pixels import pixels_of
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs
from workers.settings import Settings
from workers.sizes import N_WEIGHTS, learn_sizes
from workers.warm import data_dir, device, warm_teacher

logger = logging.getLogger("darkroom.tasks")

WARM_SPEEDS = 64
SPEED_SECONDS = 600  # that a measurement is good for: what else runs on the machine changes


def device_name(chosen: torch.device) -> str:
    """What people call it."""
    return torch.cuda.get_device_name(chosen) if chosen.type == "cuda" else str(chosen)


def describe(settings: Settings) -> dict[str, Any]:
    """What this module offers, for the page, which cannot look for itself. Loads the architectures of the user's own.

    Raises
    ------
    ValueError
        The device is not there, or a file of --models cannot be used.
    """
    name = device_name(pick_device(settings.device))
    own = load_own(settings.models)
    return {
        "device": name,
        "choices": {
            "image_sets": {kind: source.title for kind, source in SOURCES.items()},
            "architectures": {
                architecture: {
                    "title": known.title,
                    "min_size": known.min_size,
                    "n_weights": N_WEIGHTS[architecture],
                    **own.get(architecture, {"faults": [], "convolutions": True}),
                }
                for architecture, known in ARCHITECTURES.items()
            },
        },
        "made_by": {"device": name, "torch": torch.__version__, "numpy": version("numpy")},
    }


def load_own(files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Makes the architectures in files of the user's own known here.

    Returns
    -------
    dict
        By name: "faults", what makes hooks on its layers lie; "convolutions", whether it has any.

    Raises
    ------
    ValueError
        Names the file, and what is wrong with it.
    """
    found = {}
    for file in files:
        try:
            loaded = load_architectures(file)
        except ValueError as error:
            raise ValueError(f"--models: {error}") from error
        for own in loaded:
            learn_sizes({own.name: {"n_weights": own.n_weights}})
            found[own.name] = {"faults": list(own.faults), "convolutions": own.n_convolutions > 0}
            logger.info("architecture=%s loaded from %s", own.name, file)
            for fault in own.faults:
                logger.warning("architecture=%s %s", own.name, fault)
    return found


# ---- image sets ------------------------------------------------------------------------------------------------------


@runs("images")
def images(params: ImagesParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """An image set as results keep it: labels, statistics, the atlas pages that the grid draws from, and the pixels, or
    where they lie on disk."""
    asked = params.source
    source = source_of(asked.model_dump(exclude={"manifest", "count"}), attempt.job.place)
    attempt.stage("looking for the files")
    source.fetch(attempt)
    if isinstance(asked, FolderSource | NpzSource):
        check_manifest(source.manifest(attempt), asked.manifest, attempt.job.place)
    attempt.stage("reading")
    image_set = source.load(attempt)
    kept, where = {"images": image_set.images}, {}
    if asked.kind != "digits":
        kept, where = {}, keep_pixels(image_set.images, data_dir(), attempt)
    pages, atlas = atlas_of(image_set.images, attempt)
    told = statistics(image_set)
    return Made(
        {"labels": image_set.labels, **kept, **pages, **told},
        {
            **facts_of(image_set),
            "n_classes": image_set.n_classes,
            "mean": told["mean"].tolist(),
            "std": told["std"].tolist(),
            "atlas": atlas,
            **where,
        },
    )


def source_of(settings: Mapping[str, Any], place: str) -> Source:
    """The source that these settings name, at its place on this machine.

    Raises
    ------
    ValueError
        A setting is out of its range.
    """
    settings = dict(settings)
    kind = settings.pop("kind")
    if kind == "digits":
        where = {}
    elif kind == "npz":
        where = {"path": place}
    else:
        where = {"folder": place or data_dir() / "image-sets"}
    return make_source(kind, **where, **settings)


@runs("look")
def look(params: LookParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """What lies at a place: its manifest, and what a study can be made of. Whatever is wrong with it is said here."""
    attempt.stage("looking")
    if params.what == "weights":
        weights = read_weights(params.path)
        numbers = sum(tensor.numel() for tensor in weights.values())
        return Made({}, {"manifest": digest_of(Path(params.path)), "tensors": len(weights), "numbers": numbers})
    if params.what == "predictions":
        return look_at_predictions(params, attempt)
    settings = {"kind": params.what} | ({"size": params.size} if params.what == "folder" else {})
    source = source_of(settings, params.path)
    manifest = source.manifest(attempt)
    return Made({}, {"manifest": manifest, **facts_of(source.load(attempt))})


def facts_of(image_set: ImageSet) -> dict[str, Any]:
    """What is worth knowing of an image set without its pixels."""
    return {
        "name": image_set.name,
        "notes": list(image_set.notes),
        "count": len(image_set),
        "n_train": image_set.n_train,
        "class_names": list(image_set.class_names),
        "shape": list(image_set.images.shape[1:]),
    }


# ---- teachers --------------------------------------------------------------------------------------------------------


@runs("teacher")
def teacher(params: TeacherParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """A classifier, trained here or elsewhere: its weights at the stored epochs, and how training went."""
    given = inputs["images"]
    untrained = begin_teacher(params, given.meta, attempt.job.place)
    attempt.stage("training" if params.epochs else "measuring")
    kept = KeptWork(data_dir(), attempt.job.key)
    settings = params.model_dump(exclude={"architecture", "weights"})
    record = train(
        untrained, image_set_of(given), **settings, callback=attempt, checkpoint=kept.keep, resume=kept.read()
    )
    curves = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds", "test_confusion")
    arrays: dict[str, np.ndarray | bytes] = {name: getattr(record, name) for name in curves}
    kept.drop()
    return Made(
        arrays | {f"weights-{epoch}": weights for epoch, weights in record.weights.items()},
        {
            "architecture": params.architecture,
            "epochs": len(record.test_loss) - 1,
            "from_file": params.weights is not None,
            "stopped_after": record.stopped_after,
            "stored_epochs": list(record.weights),
            "test_accuracy": float(record.test_accuracy[-1]),
            "train_accuracy": float(record.train_accuracy[-1]),
            "layers": untrained.layers(),
            "faults": untrained.hook_faults(),
        },
    )


def begin_teacher(params: TeacherParams, images: Mapping[str, Any], place: str) -> Teacher:
    """The teacher before training: with random weights, or with those of a file.

    Raises
    ------
    ValueError
        The images are too small for the architecture, or the file holds other weights than asked for.
    """
    shape, n_classes = images["shape"], images["n_classes"]
    if params.weights is None:
        return Teacher.create(
            params.architecture, shape, n_classes, images["mean"], images["std"], seed=params.seed, device=device()
        )
    check_manifest(digest_of(Path(place)), params.weights.manifest, place)
    mean, std = normalisation(params.weights.normalisation, (images["mean"], images["std"]))
    return load_teacher(place, params.architecture, shape, n_classes, mean, std, device())


@runs("predictions")
def predictions(params: PredictionsParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """What the teacher says of every image, train and test."""
    given, trained = inputs["images"], inputs["teacher"]
    attempt.stage("predicting")
    last = trained.meta["stored_epochs"][-1]
    asked = Teacher.from_bytes(trained.blob(f"weights-{last}"), device())
    labels = given.array("labels")
    told = asked.predict(all_pixels(given), callback=attempt)
    said, facts = said_of(softmax(told.logits), labels, given.meta["n_train"])
    return Made({"logits": told.logits, "features": told.features, **said}, facts)


@runs("hierarchy")
def hierarchy(params: HierarchyParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """The classes as a tree: those that the test images show the teacher to hold for alike lie close together. Where the
    true classes are not known, the images of a class are those that are taken for it."""
    images, given = inputs["images"], inputs["predictions"]
    known = "labels" in images.meta["arrays"]
    labels = images.array("labels") if known else given.array("predicted")
    test = slice(images.meta["n_train"], None)
    attempt.stage("comparing the classes")
    fitted = ClassHierarchy().fit(given.array("probabilities")[test], labels[test])
    return Made(
        {
            "classes": fitted.classes_.astype(np.int32),
            "leaves": fitted.leaves_.astype(np.int32),
            "linkage": fitted.linkage_,
            "mean_probabilities": fitted.mean_probabilities_.astype(np.float32),
        },
        {
            "classes_of": "true" if known else "predicted",
            "distance": "Jensen-Shannon distance",
            "left_out": np.setdiff1d(np.arange(images.meta["n_classes"]), fitted.classes_).tolist(),
        },
    )


@answers("predict")
def predict(results: Results, images: str, teacher: str, epoch: int, numbers: list[int]) -> dict[str, Any]:
    """What the teacher of one stored epoch says of a few images: probabilities (B, K), as lists."""
    asked = warm_teacher(results, teacher, epoch)
    told = asked.predict(pixels_of(results, images, data_dir()).read(numbers))
    return {"epoch": epoch, "numbers": numbers, "probabilities": softmax(told.logits).tolist()}


@answers("estimate")
def estimate(
    results: Results, architecture: str, shape: list[int], n_classes: int, batch_size: int, optimizer: Optimizer
) -> dict[str, Any]:
    """What training and asking such a teacher would take here: seconds a step, seconds an image, and on what."""
    now = int(time.time() // SPEED_SECONDS)
    speed = speed_of(now, architecture, tuple(shape), n_classes, batch_size, optimizer)
    return {"step": speed.step, "forward": speed.forward, "device": device_name(device())}


@functools.lru_cache(WARM_SPEEDS)
def speed_of(
    now: int, architecture: str, shape: tuple[int, ...], n_classes: int, batch_size: int, optimizer: Optimizer
) -> Speed:
    """What was measured lately; `now` counts the times after which it is measured again, for a second or two."""
    return measure_speed(architecture, shape, n_classes, batch_size, optimizer, device())
