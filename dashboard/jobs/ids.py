"""Ids of the study bar and the jobs drawer."""

BAR = "study-bar"
STEPS = "study-steps"
CANCEL = "study-cancel"
RETRY = "study-retry"
START = "study-start"
SEEN = "pulse-seen"  # what the page shows already, so that the pulse sends changes only
PROGRESS = "progress"  # changes when the live curve of the teacher's training does; whoever draws it reads the points

DRAWER = "jobs-drawer"
DRAWER_JOBS = "drawer-jobs"
DRAWER_STUDIES = "drawer-studies"
DRAWER_STORE = "drawer-store"
DRAWER_WORKERS = "drawer-workers"
DRAWER_SEEN = "drawer-seen"


def job_button(action: str, key: str) -> dict[str, str]:
    """Buttons in the drawer: "cancel", "retry" a job; "pin", "unpin", "delete" a study."""
    return {"type": "drawer-button", "action": action, "key": key}
