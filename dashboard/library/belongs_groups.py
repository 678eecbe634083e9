"""Clean test images and inputs from outside, by how far the layers' libraries agree on them: what their consistency (CPL) tells
apart."""

import functools
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from dashboard.components.tables import to_csv
from dashboard.measures import auroc, auroc_interval
from workers.engine import Engine
from workers.library_params import FORMS

FEWEST_UNTOUCHED = 100  # clean images that were not attacked, from which on these alone are compared
USUAL_SHARE = 0.05  # of clean images, that lie below the threshold before one is set


class Asked(NamedTuple):
    """What is compared: keys of results, `outside` empty while there are clean images alone."""

    library: str
    images: str
    predictions: str
    outside: str
    form: int
    at: int


def asked_of(shown: Mapping[str, Any], outside: str | None, form: str, at: int) -> Asked:
    """The results by the libraries that are shown; `form` of consistency, `at` which set of thresholds."""
    return Asked(shown["key"], shown["images"], shown["predictions"], outside or "", FORMS.index(form), at)


def clean_of(engine: Engine, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    """Consistency (n,) of the tested images, and which of them the net gets right."""
    tested = engine.results.array(asked.library, "tested")
    told, labels = engine.results.array(asked.predictions, "predicted"), engine.results.array(asked.images, "labels")
    return engine.results.array(asked.library, "consistency")[asked.form, asked.at], told[tested] == labels[tested]


def inside_of(engine: Engine, asked: Asked) -> np.ndarray:
    """Consistency of the clean images that inputs from outside are compared with: those that the net gets right and that were
    not attacked; where these are too few, all that it gets right."""
    clean, is_right = clean_of(engine, asked)
    attacked = engine.results.array(asked.outside, "numbers")
    untouched = is_right & ~np.isin(engine.results.array(asked.library, "tested"), attacked)
    return clean[untouched if untouched.sum() >= FEWEST_UNTOUCHED else is_right]


def outside_of(engine: Engine, asked: Asked, condition: int) -> np.ndarray:
    """Consistency (m,) of the images of a condition."""
    return engine.results.array(asked.outside, "consistency")[condition, asked.form, asked.at]


def conditions_of(engine: Engine, outside: str) -> list[dict[str, Any]]:
    """The conditions of a result."""
    return engine.results.meta(outside)["conditions"]


def condition_at(conditions: list[dict[str, Any]], title: str | None) -> int:
    """The place of the condition of that title; else the last, the strongest attack."""
    titles = [each["title"] for each in conditions]
    return titles.index(title) if title in titles else len(titles) - 1


# Keys are content addresses, so what was computed is never stale.
@functools.lru_cache(1024)
def separation(engine: Engine, asked: Asked, condition: int) -> float:
    """AUROC of a condition."""
    inside = inside_of(engine, asked)
    return auroc(inside, outside_of(engine, asked, condition)) if len(inside) else float("nan")


@functools.lru_cache(1024)
def how_sure(engine: Engine, asked: Asked, condition: int) -> tuple[float, float]:
    """The 95 % interval of it."""
    inside = inside_of(engine, asked)
    if not len(inside):
        return float("nan"), float("nan")
    return auroc_interval(inside, outside_of(engine, asked, condition))


def separations(engine: Engine, asked: Asked, n_sets: int) -> np.ndarray:
    """AUROC of every condition at every set of thresholds, (C, S)."""
    conditions = range(len(conditions_of(engine, asked.outside)))
    return np.array([[separation(engine, asked._replace(at=at), each) for at in range(n_sets)] for each in conditions])


def set_title(shown: Mapping[str, Any], at: int) -> str:
    """What a set of thresholds is called: the share of the images that its largest library holds."""
    if not shown["by_size"]:
        return f"set {at + 1}"
    return f"{max(shown['sizes'][at]) / shown['n_images']:.1%}"


class Span(NamedTuple):
    """From where to where a threshold goes, and with how many decimals it is written."""

    least: float
    most: float
    decimals: int


def span_of(engine: Engine, asked: Asked) -> Span:
    """The thresholds there can be: over all that is compared, in a hundred steps or up to a thousand."""
    values = engine.results.array(asked.library, "consistency")[asked.form, asked.at]
    if asked.outside:
        outside = engine.results.array(asked.outside, "consistency")[:, asked.form, asked.at]
        values = np.concatenate([values, outside.ravel()])
    low, high = float(values.min()), float(values.max())
    decimals = max(3, -math.floor(math.log10(max(high - low, 1e-6) / 100)))
    scale = 10**decimals
    return Span(math.floor(low * scale) / scale, math.ceil(high * scale) / scale, decimals)


def threshold_at(clean: np.ndarray, share: float, decimals: int) -> float:
    """The threshold under which about that share of the clean images lies."""
    return round(float(np.quantile(clean, share)), decimals)


def table_of(engine: Engine, asked: Asked, shown: Mapping[str, Any]) -> str:
    """A row a condition, set of thresholds and form: AUROC, its interval, and the share of answers that were changed."""
    rows = []
    for number, condition in enumerate(conditions_of(engine, asked.outside)):
        for at in range(shown["n_sets"]):
            for form, name in enumerate(FORMS):
                each = asked._replace(at=at, form=form)
                area, interval = separation(engine, each, number), how_sure(engine, each, number)
                rows.append(
                    [condition["title"], condition["epsilon"], at + 1, name, area, *interval, condition["success"]]
                )
    return to_csv(["condition", "epsilon", "set", "form", "auroc", "low", "high", "answers_changed"], rows)
