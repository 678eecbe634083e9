"""What is shown of one job: why it failed, what it was asked for, its curves and its log; and what can be taken along."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dash import html
from humanize import naturalsize
from pydantic import BaseModel, ValidationError

from dashboard.components.tables import to_csv
from dashboard.jobs import ids
from dashboard.jobs.holdings import Holdings
from dashboard.jobs.table import some, title_of
from dashboard.jobs.words import NONE, clock, moment, told
from workers.jobs import Job
from workers.kinds import KINDS

HASH_LETTERS = 64
SHOWN_LETTERS = 12  # of a key or a hash


def job_line(job: Job, holdings: Holdings, now: float) -> str:
    """The line under the panel's title."""
    parts = [title_of(job, holdings.titles(job.key)), job.state, told(job, now) if job.is_open else ""]
    return " · ".join(part for part in parts if part)


def facts(job: Job, holdings: Holdings) -> list:
    """Why it ended, what it was asked for, what it takes, and how it went. Changes only when the job's state does."""
    size = holdings.sizes.get(job.key)
    course = {
        "Studies": some(holdings.titles(job.key)) or NONE,
        "Submitted": moment(job.submitted),
        "Started": moment(job.started),
        "Ended": moment(job.finished),
        "Took": clock(job.seconds(job.finished)) if job.finished else NONE,
        "Attempt": f"{job.attempt or NONE}",
        "Workers that died": f"{job.deaths}",
        "Worker": job.worker or NONE,
        "Result": NONE if size is None else naturalsize(size, binary=True),
        "Key": short(job.key),
    }
    inputs = [
        (role, html.Button(short(key), className="jobs-name", **ids.pressing("choose", key)))
        for role, key in job.inputs.items()
    ]
    place = [("Place of the files", job.place)] if job.place else []
    error = job.error if job.state in ("failed", "cancelled") else ""
    return [
        html.P(error, className="jobs-error") if error else None,
        *section("Parameters", [*parameters(job), *place] or [("None", "")]),
        *(section("Made of", inputs) if inputs else []),
        *section("Course", list(course.items())),
    ]


def section(title: str, pairs: Sequence[tuple[str, Any]]) -> list:
    """A heading, and names with their values below it."""
    entries = [part for name, value in pairs for part in (html.Dt(name), html.Dd(value))]
    return [html.H3(title), html.Dl(entries)]


def parameters(job: Job) -> list[tuple[str, str]]:
    """The settings of a job, by the titles that the forms give them; by their names when another version made it."""
    try:
        pairs = list(titled(KINDS[job.kind].params.model_validate(job.params)))
    except (KeyError, ValidationError):
        pairs = list(named(job.params))
    return [(name, in_words(value)) for name, value in pairs]


def titled(params: BaseModel) -> Iterator[tuple[str, Any]]:
    """Titles and values of a model's fields, those of models within it among them."""
    for name, field in type(params).model_fields.items():
        value = getattr(params, name)
        if isinstance(value, BaseModel):
            yield from titled(value)
        else:
            yield field.title or name.replace("_", " ").capitalize(), value


def named(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values of plain settings, those within others among them."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from named(value)
        else:
            yield name, value


def in_words(value: Any) -> str:
    """A setting's value as a person reads it."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return short(value) if isinstance(value, str) and len(value) == HASH_LETTERS else str(value)


def short(key: str) -> str:
    """The beginning of a key, by which logs name it too."""
    return key[:SHOWN_LETTERS]


def record_text(job: Job) -> str:
    """The record of a job as JSON."""
    return json.dumps(dataclasses.asdict(job), indent=2, ensure_ascii=False)


def metrics_table(points: Sequence[Mapping[str, float]]) -> str:
    """The metric points as CSV: a row a point, a column for each name that any of them has."""
    names = list(dict.fromkeys(name for point in points for name in point))
    return to_csv(names, ([point.get(name, "") for name in names] for point in points))
