"""Pieces of results that several job kinds make: pixels, what the grid draws of them, and what a classifier says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.atlas import atlas_pages, page_layout
from models.certainty import entropy, margin
from models.data import ImageSet
from models.teacher import confusion_matrix
from workers.chunks import write_images
from workers.pixels import chunk_folder, pixels_of
from workers.runner import Attempt, Input
from workers.warm import data_dir


def check_manifest(found: str, wanted: str, place: str) -> None:
    """Makes sure that a place still holds what the job's key says.

    Raises
    ------
    ValueError
    """
    if found != wanted:
        raise ValueError(
            f"{place} does not hold any more what was found there when this was asked for; look at it again."
        )


def all_pixels(given: Input) -> np.ndarray:
    """The pixels, uint8 (N, C, H, W), of an "images" result."""
    return pixels_of(given.results, given.key, data_dir()).read_all()


def image_set_of(given: Input) -> ImageSet:
    """The image set that an "images" result holds."""
    return ImageSet(
        name=given.meta["name"],
        images=all_pixels(given),
        labels=given.array("labels"),
        class_names=tuple(given.meta["class_names"]),
        n_train=given.meta["n_train"],
    )


def keep_pixels(images: np.ndarray, data_dir: Path, attempt: Attempt) -> dict[str, Any]:
    """Writes images, uint8 (N, C, H, W), as chunks on disk; returns what the result's metadata say of them."""
    attempt.stage("storing")
    return {"chunks": write_images(chunk_folder(data_dir), images, attempt).as_json()}


def atlas_of(images: np.ndarray, attempt: Attempt) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The atlas pages of images, uint8 (N, C, H, W), as a result names them, and how tiles lie on them."""
    attempt.stage("atlas")
    layout = page_layout(images)
    pages = {}
    for number, page in enumerate(atlas_pages(images)):
        pages[f"page-{number}"] = page
        attempt((number + 1) / layout.n_pages, f"page {number + 1} of {layout.n_pages}")
    return pages, {
        "tile_width": layout.tile_width,
        "tile_height": layout.tile_height,
        "n_pages": layout.n_pages,
        "media_type": layout.media_type,
    }


def said_of(
    probabilities: np.ndarray, labels: np.ndarray | None, n_train: int
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What comes of class probabilities (N, K): arrays as "predictions" results name them, and the accuracy on test.

    Without `labels` (N,) there are no matrices and no accuracy.
    """
    predicted = probabilities.argmax(axis=1)
    said = {
        "probabilities": probabilities.astype(np.float32),
        "predicted": predicted.astype(np.int32),
        "confidence": probabilities.max(axis=1).astype(np.float32),
        "entropy": entropy(probabilities).astype(np.float32),  # bits
        "margin": margin(probabilities).astype(np.float32),
    }
    if labels is None:
        return said, {}
    n_classes = probabilities.shape[1]
    for split, part in (("train", slice(0, n_train)), ("test", slice(n_train, None))):
        said[f"confusion_{split}"] = confusion_matrix(labels[part], predicted[part], n_classes)
    return said, {"test_accuracy": float((predicted[n_train:] == labels[n_train:]).mean())}


def split_of(images: Mapping[str, Any], split: str) -> slice:
    """Which images are "train" or "test", by the metadata of their set; where nothing is kept for training, all are test.

    Raises
    ------
    ValueError
        There are none.
    """
    count, n_train = images["count"], images["n_train"]
    rows, other = (slice(0, n_train), "test") if split == "train" else (slice(n_train, count), "train")
    if rows.start == rows.stop:
        raise ValueError(f"This study has no {split} images; ask for the {other} images instead.")
    return rows
