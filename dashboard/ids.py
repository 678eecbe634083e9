"""Ids of what all views share: the stores, the clock, the frame."""

URL = "url"
PULSE = "pulse"  # the one Interval behind everything that changes by itself

STUDY = "study"  # {"id", "title", "keys": {role: result key}} or None
READY = "ready"  # roles of the study whose results are there
SELECTION = "selection"  # {"id", "images", "bits", "count", "label", "origin", ...} or None
FOCUS = "focus"  # image id or None
TAB = "tab"  # names this browser tab to the engine's calls

NOTICES = "notices"
TOASTS = "toasts"
DOWNLOAD = "download"
HELP = "help"
HELP_BUTTON = "help-button"
JOBS_BUTTON = "jobs-button"
ENGINE_LIGHT = "engine-light"
ENGINE_TEXT = "engine-text"
STUDY_PICKER = "study-picker"
