"""Ids of what all views share: the stores, the clock, the frame."""

URL = "url"
PULSE = "pulse"  # the one Interval behind everything that changes by itself

STUDY = "study"  # {"id", "title", "keys": {role: result key}} or None
READY = "ready"  # roles of the study whose results are there
SELECTION = "selection"  # {"id", "images", "bits", "count", "label", "origin", ...} or None
FOCUS = "focus"  # image id or None
PINNED = "pinned"  # id of the image that the focused one is compared with, or None
# {"of", "values"}: the code that the focused image was moved to, None for its own; "of" is the id of what the VAE view looks
# at. What the latent axes tell has a "turn" besides, by which they know their own echo.
LINE = "vae-line"
BAND = "vae-band"  # {"of", "below", "above"}: half-widths of the band about it, an axis each; "turn" as well
STUDENT = (
    "student-written"  # the settings of the Student view that are not the usual ones, as they stand in the address
)
WORKSPACE = "workspace"  # names of the views that are shown
KEPT = "kept"  # by id, what controls of views were set to when their view went
TAB = "tab"  # names this browser tab to the engine's calls

NOTICES = "notices"
TOASTS = "toasts"
DOWNLOAD = "download"
UNDO = "undo"
REDO = "redo"
HELP = "help"
HELP_BUTTON = "help-button"
ENGINE_LIGHT = "engine-light"
ENGINE_TEXT = "engine-text"
STUDY_PICKER = "study-picker"
STUDY_MENU = "study-menu"
STUDY_CAN = "study-can"
STUDY_COPY = "study-copy"
STUDY_SAVE = "study-save"
STUDY_ABILITIES = "study-abilities"


def nav(view: str) -> str:
    """The navigation's button that shows a view alone."""
    return f"nav-{view}"


def nav_beside(view: str) -> str:
    """The button that shows a view beside the others, or no longer."""
    return f"nav-{view}-beside"


def nav_item(view: str) -> str:
    """What holds both."""
    return f"nav-{view}-item"


def nav_badge(view: str) -> str:
    """What the navigation says of a view beside its title, such as how many jobs run."""
    return f"nav-{view}-badge"


def pane(view: str) -> str:
    """Where the workspace shows a view."""
    return f"pane-{view}"
