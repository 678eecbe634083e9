"""Predictions alone: one result that plays two roles of a study, that of its images and that of its predictions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.data import mean_and_deviation
from models.predictions_file import StoredPredictions, predictions_manifest, read_predictions
from models.teacher import softmax
from workers.params import GivenParams, LookParams
from workers.pieces import atlas_of, check_manifest, keep_pixels, said_of
from workers.runner import Attempt, Input, Made, runs
from workers.settings import read_settings


@runs("given")
def given(params: GivenParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """What the file says, under the names that "images" and "predictions" results use. All of it is test."""
    place = attempt.job.place
    attempt.stage("reading")
    check_manifest(predictions_manifest(place), params.manifest, place)
    told = read_predictions(place, params.outputs, attempt)
    logits = told.kind == "logits"
    said, accuracy = said_of(softmax(told.outputs) if logits else told.outputs, told.labels, n_train=0)
    arrays: dict[str, np.ndarray | bytes] = {**said}
    if logits:
        arrays["logits"] = told.outputs.astype(np.float32)
    if told.labels is not None:
        arrays["labels"] = told.labels
    facts = facts_of(told, place) | {"atlas": None} | accuracy
    if told.images is not None:
        facts |= keep_pixels(told.images, read_settings().data_dir, attempt)
        pages, atlas = atlas_of(told.images, attempt)
        mean, std = mean_and_deviation(told.images)
        arrays |= pages
        facts |= {"atlas": atlas, "mean": mean.tolist(), "std": std.tolist()}
    return Made(arrays, facts)


def look_at_predictions(params: LookParams, attempt: Attempt) -> Made:
    """What a file of predictions holds: all that `GivenParams` asks for, and what people want to know before."""
    manifest = predictions_manifest(params.path)
    told = read_predictions(params.path, params.outputs, attempt)
    return Made(
        {},
        {
            "manifest": manifest,
            "has_labels": told.labels is not None,
            "has_images": told.images is not None,
            "has_logits": told.kind == "logits",
            **facts_of(told, params.path),
        },
    )


def facts_of(told: StoredPredictions, place: str) -> dict[str, Any]:
    """What is worth knowing of predictions without their numbers."""
    return {
        "name": Path(place).stem,
        "notes": list(told.notes),
        "count": len(told.outputs),
        "n_train": 0,
        "class_names": list(told.class_names),
        "n_classes": len(told.class_names),
        "shape": None if told.images is None else list(told.images.shape[1:]),
        "outputs": {"kind": told.kind, "reason": told.reason},
    }
