"""A DarkSight map for tests of what is done with one: its places are set by hand, so that bridges lie where tests look; and
results of other jobs, as if a worker had made them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.darksight.fits import ROLE, spec_of
from workers.darksight_params import DarkSightParams
from workers.engine import Engine
from workers.params import EmbeddingParams
from workers.sizes import DENSITY_GRID
from workers.studies import Study

RADIUS = 5.0
LEAST_MASS = 0.05  # in the classes of a map: what has less is hidden
TEMPERATURE = 0.35  # power of the probabilities: what is uncertain comes to lie well between the classes


def anchors(n_classes: int) -> np.ndarray:
    """Where the classes (K, 2) are: round a circle, class 0 on the right."""
    angles = 2 * np.pi * np.arange(n_classes) / n_classes
    return RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def places_of(probabilities: np.ndarray) -> np.ndarray:
    """Places (N, 2) between the classes, by how likely each is, and a little beside."""
    soft = probabilities.astype(float) ** TEMPERATURE
    soft /= soft.sum(axis=1, keepdims=True)
    aside = np.random.default_rng(0).normal(0, 0.25, (len(soft), 2))
    return (soft @ anchors(soft.shape[1]) + aside).astype(np.float32)


def add_map(
    engine: Engine,
    study: Study,
    places: np.ndarray | None = None,
    asked: DarkSightParams = DarkSightParams(),  # noqa: B008 (it cannot be changed)
    **told: Any,
) -> tuple[Study, dict[str, Any]]:
    """The study with a map, and the map as the view's store has it; without a worker, in a store of the test's own.
    `told` is in its metadata, in place of what is there else."""
    spec = spec_of(engine, study.keys, asked)
    study = engine.studies.add(study.id, f"{ROLE}{spec.key[:8]}", spec)
    claimed = engine.jobs.claim(spec.key, "a test")
    assert claimed is not None
    said = engine.results.array(study.keys["predictions"], "probabilities")
    classes = np.arange(said.shape[1]) if asked.classes is None else np.array(asked.classes)
    mass = said[:, classes].sum(axis=1)
    said = said[:, classes] / np.maximum(mass, 1e-12)[:, np.newaxis]
    places = places_of(said) if places is None else places.astype(np.float32)
    places[mass < LEAST_MASS] = np.nan
    means = anchors(len(classes))
    order = np.argsort(-said, axis=1, kind="stable")[:, :3]
    shares = np.take_along_axis(said, order, axis=1).astype(np.float32)
    likeliest = classes[order].astype(np.uint16)
    line = np.linspace(-1.5 * RADIUS, 1.5 * RADIUS, DENSITY_GRID)
    contents = {
        "places": places,
        "log_density": log_density(places, means),
        "means": means.astype(np.float32),
        "class_log_prior": np.full(len(means), -np.log(len(means)), np.float32),
        "classes": classes.astype(np.int32),
        "teacher_classes": likeliest,
        "teacher_shares": shares,
        "student_classes": likeliest,
        "student_shares": (0.9 * shares).astype(np.float32),
        "state": b"the fitted map",
        "grid_x": line.astype(np.float32),
        "grid_y": line.astype(np.float32),
        "grid_log_density": log_density(np.stack(np.meshgrid(line, line), axis=-1), means),
    }
    size, described = engine.results.stage(spec.key, claimed.attempt, contents)
    meta = {
        "kind": "darksight", "version": 1, "seconds": 1.0, "arrays": described, "split": "test", "settings": {},
        "kl_divergence": 0.01, "agreement": 0.99, "n_iter": 1, "n_hidden": int(np.isnan(places[:, 0]).sum()), "eps": 1e-12,
        "accuracy": None, "agreement_other": None, "kl_divergence_other": None, "parametric": False, "n_fitted": len(said),
        "fit_seconds": 0.5,
    }  # fmt: skip
    assert engine.jobs.commit(spec.key, claimed.attempt, size, meta | told) == "ok"
    return study, {"key": spec.key, "split": "test"}


def log_density(places: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Of places (..., 2) under a student that is normal about the centres of the classes (K, 2), but for a constant."""
    squared = ((places[..., None, :] - means) ** 2).sum(axis=-1)
    return np.log(np.exp(-squared / 2).mean(axis=-1) + 1e-12).astype(np.float32)


def finish(engine: Engine, key: str, contents: Mapping[str, np.ndarray], **meta: Any) -> None:
    """Has a job that was asked for be done."""
    claimed = engine.jobs.claim(key, "a test")
    assert claimed is not None
    size, described = engine.results.stage(key, claimed.attempt, contents)
    told = {"kind": claimed.kind, "inputs": claimed.inputs, "arrays": described}
    assert engine.jobs.commit(key, claimed.attempt, size, told | meta) == "ok"


def finish_worth(engine: Engine, key: str, fidelity: Sequence[float], ks: Sequence[int] = (1, 10, 100)) -> None:
    """Has it be known what a map is worth."""
    contents = {"ks": np.array(ks, np.int32), "fidelity": np.array(fidelity, float)}
    finish(engine, key, contents, count=359, measures=[])


def finish_other(engine: Engine, key: str, places: np.ndarray) -> None:
    """Has a map of another method be there."""
    params = EmbeddingParams.model_validate(engine.jobs.get(key).params)
    told = {"method": params.method, "of": params.of, "n_components": params.n_components, "settings": params.settings}
    facts = {"kl_divergence": 0.5, "explained_variance": [0.3, 0.1] if params.method == "pca" else None}
    finish(engine, key, {"places": places.astype(np.float32)}, **told, **facts)
