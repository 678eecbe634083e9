"""Ids of the study bar and the Jobs view."""

BAR = "study-bar"
STEPS = "study-steps"
CANCEL = "study-cancel"
RETRY = "study-retry"
START = "study-start"
SEEN = "pulse-seen"  # what the page shows already, so that the pulse sends changes only
PROGRESS = "progress"  # changes when the live curve of the teacher's training does; whoever draws it reads the points

JOBS = "jobs-jobs"
STUDIES = "jobs-studies"
STORE = "jobs-store"
WORKERS = "jobs-workers"
VIEW_SEEN = "jobs-seen"


def job_button(action: str, key: str) -> dict[str, str]:
    """Buttons in the view: "cancel", "retry" a job; "pin", "unpin", "delete" a study."""
    return {"type": "jobs-button", "action": action, "key": key}
