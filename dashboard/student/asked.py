"""The students of a study: what is asked for, and which there are of an image."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError

from dashboard.asking import ask_for, record_of
from dashboard.student.settings import short
from workers.engine import Engine
from workers.jobs import Job
from workers.params import Params
from workers.student_params import DistilParams, StudentParams
from workers.studies import Study

ROLE = "student"  # begins a student's role in a study
SELECTION_ROLE = "students"
SAME = 1e-4  # of an axis' range: half-widths that differ by less are one width


@dataclass(frozen=True)
class Known:
    """A student of an image.

    Attributes
    ----------
    title : what it was asked for with, as far as that is unusual.
    meta : of its result; None while there is none.
    """

    key: str
    title: str
    asked: StudentParams
    job: Job
    meta: Mapping[str, Any] | None


def students_of(engine: Engine, keys: Mapping[str, str], number: int) -> list[Known]:
    """The students of an image, those that were asked for last first; not those of which there is no record, or one of
    settings that this version does not know."""
    wanted = [key for role, key in keys.items() if role.startswith(f"{ROLE}-")]
    there, found = engine.results.which(wanted), []
    for key in wanted:
        job = record_of(engine, key)
        if job is None or job.params["number"] != number:
            continue
        try:
            asked = StudentParams.model_validate(job.params)
        except ValidationError:
            continue
        found.append(Known(key, title_of(asked), asked, job, engine.results.meta(key) if key in there else None))
    return found[::-1]


def title_of(asked: StudentParams) -> str:
    """What tells a student from others of its image."""
    parts = [short(asked.model_dump()), "moved line" if asked.centre else "", "own band" if asked.widths else ""]
    return ", ".join(part for part in parts if part) or "usual settings"


def asked_of(
    source: Mapping[str, Any],
    line: Mapping[str, Any] | None,
    band: Mapping[str, Any] | None,
    settings: DistilParams,
    spans: np.ndarray,
) -> StudentParams:
    """What is asked for: about the line and within the band that somebody has drawn for this image, else about its own code and
    in the band of the settings' width.

    Parameters
    ----------
    spans : (d,) the range of each axis.
    """
    given: dict[str, Any] = settings.model_dump() | {"number": source["number"]}
    if line is not None and line["of"] == source["id"] and line["values"]:
        given["centre"] = line["values"]
    if band is not None and band["of"] == source["id"]:
        drawn = np.stack([band["below"], band["above"]], axis=1)
        width = width_of(drawn, spans)
        given |= {"widths": drawn.tolist()} if width is None else {"width": width}
    return StudentParams.model_validate(given)


def ask_again(engine: Engine, study: Mapping[str, Any], kind: str, asked: Params) -> tuple[Study, str]:
    """As `dashboard.asking.ask_for`; the same question is asked once more where it failed, or was stopped."""
    added, key = ask_for(engine, study, kind, asked)
    made = record_of(engine, key)
    if made is not None and not made.is_open and not engine.results.which([key]):
        engine.jobs.retry(key)
    return added, key


def width_of(drawn: np.ndarray, spans: np.ndarray) -> float | None:
    """The width of a band in percent of each axis' range, where it is the same on all; else None."""
    used = spans > 0
    if not used.any():
        return None
    shares = 200 * drawn[used] / spans[used, np.newaxis]
    width = round(float(shares.mean()), 3)
    return width if 0 < width <= 200 and np.ptp(shares) < 200 * SAME else None


def band_words(source: Mapping[str, Any] | None, line: Any, band: Any, spans: np.ndarray) -> str:
    """Which neighbours a student would learn from now; empty where the settings alone say it."""
    if source is None:
        return ""
    moved = line is not None and line["of"] == source["id"] and line["values"]
    parts = ["about the moved line" if moved else ""]
    if band is not None and band["of"] == source["id"]:
        width = width_of(np.stack([band["below"], band["above"]], axis=1), spans)
        parts.append("in the band drawn on the latent axes" if width is None else f"in the axes' band of {width:g} %")
    return " ".join(part for part in parts if part)
