"""The table of jobs: what stands in a row, and which rows a page is told of. The browser draws it (`assets/jobs.js`), so
that a row that changes costs that row alone, and keeps its place and the focus."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from humanize import naturalsize

from dashboard.jobs.holdings import Holdings
from dashboard.jobs.words import NONE, clock, doing
from workers.jobs import Job
from workers.kinds import canonical

NAMED_STUDIES = 2  # of those that share a job; the others are counted
ROW_LETTERS = 16  # of a key, to tell rows apart

EMPTY = {
    "all": "No job has run yet. Start a study: press New study.",
    "open": "No job is open.",
    "failed": "No job has failed.",
}


def title_of(job: Job, titles: Sequence[str]) -> str:
    """A job by its kind and its studies: "Teacher of Digits"."""
    return f"{job.title} of {some(titles)}" if titles else job.title


def some(titles: Sequence[str]) -> str:
    """A few of these titles, and how many more there are."""
    more = len(titles) - NAMED_STUDIES
    return ", ".join(titles[:NAMED_STUDIES]) + (f" and {more} more" if more > 0 else "")


def row(job: Job, holdings: Holdings, now: float) -> dict[str, Any]:
    """What stands in the row of a job, and "mark", which is another when anything of it is.

    "bar" is a share of 100, None for work of which nobody knows how far it is; "action" is what its button does.
    """
    titles = holdings.titles(job.key)
    size = holdings.sizes.get(job.key)
    lost = job.state == "done" and size is None
    told = doing(job)
    if job.state == "done":
        told = "its result has made room for others" if size is None else naturalsize(size, binary=True)
    ended = 100 if job.state == "done" else 0
    shown = {
        "row": job.key[:ROW_LETTERS],
        "key": job.key,
        "state": job.state,
        "kind": job.title,
        "title": title_of(job, titles),
        "studies": some(titles) or NONE,
        "bar": ended if job.state != "running" else None if job.fraction is None else round(100 * job.fraction, 1),
        "told": told,
        "elapsed": clock(job.seconds(now)),
        "eta": clock(job.remaining(now)),
        "attempt": f"{job.attempt or NONE}" + (f" ({job.deaths} died)" if job.deaths else ""),
        "worker": job.worker or NONE,
        "action": "cancel" if job.is_open else "retry" if lost or job.state in ("failed", "cancelled") else None,
    }
    return shown | {"mark": hashlib.sha256(canonical(shown).encode()).hexdigest()[:8]}


def picked(jobs: Sequence[Job], states: str, only: Collection[str] | None) -> list[Job]:
    """The jobs that are asked for.

    Parameters
    ----------
    states : "all", "open" or "failed".
    only : keys that are asked for; None for all.
    """
    wanted = {"all": lambda job: True, "open": lambda job: job.is_open, "failed": lambda job: job.state == "failed"}
    return [job for job in jobs if wanted[states](job) and (only is None or job.key in only)]


def news(rows: Sequence[Mapping[str, Any]], shown: Mapping[str, str] | None) -> dict[str, Any] | None:
    """What a table is to be told: the order of its rows, and those that are new or have changed; None when it shows
    just that already.

    Parameters
    ----------
    shown : row -> mark, in the order in which the table shows them; None when it shows nothing yet.
    """
    marks = {row["row"]: row["mark"] for row in rows}
    if shown is not None and list(marks.items()) == list(shown.items()):
        return None
    shown = shown or {}
    return {"order": list(marks), "rows": [row for row in rows if shown.get(row["row"]) != row["mark"]]}


def count_words(n_shown: int, jobs: Sequence[Job]) -> str:
    """How many of how many jobs are shown."""
    n_open = sum(job.is_open for job in jobs)
    return f"Showing {n_shown:,} of {len(jobs):,}, newest first; {n_open or 'none'} open"
