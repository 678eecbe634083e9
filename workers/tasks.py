"""What the job kinds and the calls do: load the inputs, call the science, name what is to be stored.

The only module that imports `models` at large; the page never imports it.
"""

import functools
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from models.atlas import atlas_pages, page_layout
from models.data import IMAGE_SETS, ImageSet, load_image_set, statistics
from models.teacher import ARCHITECTURES, Teacher, confusion_matrix, pick_device, softmax
from models.training import train
from workers.kinds import ImagesParams, PredictionsParams, TeacherParams
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs
from workers.settings import read_settings

WARM_TEACHERS = 16  # kept by the worker that answers calls


@functools.cache
def device() -> torch.device:
    """Where this worker's models run, as the settings say."""
    return pick_device(read_settings().device)


def describe(wanted_device: str) -> dict[str, Any]:
    """What this module offers, for the page, which cannot look for itself."""
    chosen = pick_device(wanted_device)
    name = torch.cuda.get_device_name(chosen) if chosen.type == "cuda" else str(chosen)
    architectures = {
        architecture: Teacher.create(architecture, (1, 28, 28), 10, (0.5,), (0.5,), device="cpu").layers()
        for architecture in ARCHITECTURES
    }
    return {
        "device": name,
        "choices": {"image_sets": sorted(IMAGE_SETS), "architectures": architectures},
        "made_by": {"device": name, "torch": torch.__version__, "numpy": version("numpy")},
    }


@runs("images")
def images(params: ImagesParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """An image set as results keep it: pixels, labels, statistics, and the atlas pages that the grid draws from."""
    attempt.stage("loading")
    image_set = load_image_set(params.source, seed=params.seed, test_fraction=params.test_fraction)
    layout = page_layout(image_set.images)
    arrays: dict[str, np.ndarray | bytes] = {"images": image_set.images, "labels": image_set.labels}
    attempt.stage("atlas")
    for number, page in enumerate(atlas_pages(image_set.images)):
        arrays[f"page-{number}"] = page
        attempt((number + 1) / layout.n_pages, f"page {number + 1} of {layout.n_pages}")
    told = statistics(image_set)
    return Made(
        arrays | told,
        {
            "name": image_set.name,
            "count": len(image_set),
            "n_train": image_set.n_train,
            "n_classes": image_set.n_classes,
            "class_names": list(image_set.class_names),
            "shape": list(image_set.images.shape[1:]),
            "mean": told["mean"].tolist(),
            "std": told["std"].tolist(),
            "atlas": {
                "tile_width": layout.tile_width,
                "tile_height": layout.tile_height,
                "n_pages": layout.n_pages,
                "media_type": layout.media_type,
            },
        },
    )


@runs("teacher")
def teacher(params: TeacherParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """A trained classifier: its weights at the stored epochs, and how training went."""
    given = inputs["images"]
    untrained = Teacher.create(
        params.architecture,
        given.meta["shape"],
        given.meta["n_classes"],
        given.meta["mean"],
        given.meta["std"],
        seed=params.seed,
        device=device(),
    )
    attempt.stage("training")
    record = train(
        untrained,
        as_image_set(given),
        epochs=params.epochs,
        batch_size=params.batch_size,
        learning_rate=params.learning_rate,
        optimizer=params.optimizer,
        weight_decay=params.weight_decay,
        seed=params.seed,
        callback=attempt,
    )
    curves = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds", "test_confusion")
    arrays: dict[str, np.ndarray | bytes] = {name: getattr(record, name) for name in curves}
    return Made(
        arrays | {f"weights-{epoch}": weights for epoch, weights in record.weights.items()},
        {
            "architecture": params.architecture,
            "epochs": params.epochs,
            "stored_epochs": list(record.weights),
            "test_accuracy": float(record.test_accuracy[-1]),
            "train_accuracy": float(record.train_accuracy[-1]),
            "layers": untrained.layers(),
        },
    )


@runs("predictions")
def predictions(params: PredictionsParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """What the teacher says of every image, train and test."""
    given, trained = inputs["images"], inputs["teacher"]
    attempt.stage("predicting")
    last = trained.meta["stored_epochs"][-1]
    asked = Teacher.from_bytes(trained.blob(f"weights-{last}"), device())
    labels = given.array("labels")
    told = asked.predict(given.array("images"), callback=attempt)
    probabilities = softmax(told.logits)
    predicted = probabilities.argmax(axis=1)
    n_train = given.meta["n_train"]
    return Made(
        {
            "logits": told.logits,
            "features": told.features,
            "probabilities": probabilities.astype(np.float32),
            "predicted": predicted.astype(np.int32),
            "confidence": probabilities.max(axis=1).astype(np.float32),
            "confusion_train": confusion_matrix(labels[:n_train], predicted[:n_train], given.meta["n_classes"]),
            "confusion_test": confusion_matrix(labels[n_train:], predicted[n_train:], given.meta["n_classes"]),
        },
        {"test_accuracy": float((predicted[n_train:] == labels[n_train:]).mean())},
    )


@answers("predict")
def predict(results: Results, images: str, teacher: str, epoch: int, image: int) -> dict[str, Any]:
    """What the teacher of one stored epoch says of one image: probabilities (K,), as a list."""
    asked = warm_teacher(results, teacher, epoch)
    told = asked.predict(results.array(images, "images")[[image]])
    return {"epoch": epoch, "image": image, "probabilities": softmax(told.logits)[0].tolist()}


# Keyed by content address, so never stale; the results object is the worker's only one.
@functools.lru_cache(WARM_TEACHERS)
def warm_teacher(results: Results, key: str, epoch: int) -> Teacher:
    """The teacher as it was after `epoch`, loaded once."""
    return Teacher.from_bytes(results.blob(key, f"weights-{epoch}"), device())


def as_image_set(given: Input) -> ImageSet:
    """The image set that an "images" result holds."""
    return ImageSet(
        name=given.meta["name"],
        images=given.array("images"),
        labels=given.array("labels"),
        class_names=tuple(given.meta["class_names"]),
        n_train=given.meta["n_train"],
    )
