"""Ids of the study bar and the Jobs view."""

from typing import Any

BAR = "study-bar"
STEPS = "study-steps"
CANCEL = "study-cancel"
RETRY = "study-retry"
START = "study-start"
SEEN = "pulse-seen"  # what the page shows already, so that the pulse sends changes only
PROGRESS = "progress"  # changes when the live curve of the teacher's training does; whoever draws it reads the points

PRESSED = "jobs-pressed"  # {"action", "key", "at"} of the button that was pressed last; `assets/jobs.js` sets it

JOBS_PANEL = "jobs-panel"
FILTER = "jobs-filter"
ONLY = "jobs-only"
LIST = "jobs-list"  # what the table is told: the order of its rows, and those that have changed
SHOWN = "jobs-shown"  # what it shows since: row -> mark
ROWS = "jobs-rows"
NO_ROWS = "jobs-no-rows"

CHOSEN = "jobs-chosen"  # key of the job that is looked at, or None
JOB_PLACE = "job-place"
JOB_PANEL = "job-panel"
JOB_FACTS = "job-facts"
JOB_WHAT = "job-what"
JOB_CURVE = "job-curve"
JOB_CURVE_PLACE = "job-curve-place"
JOB_LOG = "job-log"
JOB_SEEN = "job-seen"
TAKE_LOG = "take-job-log"
TAKE_METRICS = "take-job-metrics"
TAKE_RECORD = "take-job-record"

WORKERS_PANEL = "workers-panel"
WORKERS = "jobs-workers"
STORE_PANEL = "store-panel"
STORE = "jobs-store"
STUDIES = "jobs-studies"
RENAMING = "jobs-renaming"  # id of the study whose title is being typed, or None
TITLE = "jobs-title"
VIEW_SEEN = "jobs-seen"


def study_row(study: str) -> dict[str, str]:
    """The row of a study in the table of the store."""
    return {"type": "jobs-study", "study": study}


def pressing(action: str, key: str | None = None, into: str | None = None) -> Any:
    """The attributes of a button that does `action` to a job or a study, or to whatever else `key` names where a store
    other than `PRESSED` is told of it; `assets/jobs.js` hears it."""
    told = {"data-press": action, "data-key": key, "data-into": into}
    return {name: value for name, value in told.items() if value is not None}
