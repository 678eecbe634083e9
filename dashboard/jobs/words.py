"""What is said of jobs: what they do, how long, and when."""

import time

from dash import html
from humanize import precisedelta

from workers.jobs import Job

STATE_COLOURS = {
    "waiting": "gray",
    "queued": "gray",
    "running": "violet",
    "done": "teal",
    "failed": "red",
    "cancelled": "orange",
}
NONE = "–"


def told(job: Job, now: float) -> str:
    """What a job is doing, how long it has and how long it still takes; or why it ended."""
    remaining = job.remaining(now)
    parts = [doing(job), f"{duration(remaining)} left" if remaining is not None else ""]
    if job.state == "running" and job.deaths:
        parts.append(f"its worker died {job.deaths} time{'s' if job.deaths > 1 else ''}, trying again")
    return " · ".join(part for part in parts if part)


def doing(job: Job) -> str:
    """What a job is doing, or why it ended; of one that is done, nothing."""
    if job.state == "done":
        return ""
    if job.state in ("failed", "cancelled"):
        return job.error or "stopped on request"
    if job.state == "waiting":
        return "waits for what it needs"
    if job.state == "queued":
        return "waits for a worker" + (" again, as the last one died" if job.deaths else "")
    parts = [job.message or job.stage, f"{job.fraction:.0%}" if job.fraction is not None else ""]
    return " · ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """A time as a person says it: "0.3 s", "8 s", "3 minutes"."""
    if seconds < 3:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return precisedelta(round(seconds / 60) * 60, minimum_unit="minutes", format="%0.0f")


def clock(seconds: float | None) -> str:
    """A time as a table has room for it: "8 s", "3:20", "1:03:20"; a dash when there is none."""
    if seconds is None:
        return NONE
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(seconds: float | None, *, only_day: bool = False) -> html.Time | str:
    """A time since 1970, which the browser writes in its own zone (`assets/moments.js`): date and time of day, or the day
    without its year. A dash when there is none."""
    if not seconds:
        return NONE
    return html.Time(
        dateTime=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)), className="day" if only_day else "moment"
    )
