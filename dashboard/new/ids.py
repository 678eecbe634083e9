"""Ids of the form for a new study."""

BUTTON = "new-button"
WINDOW = "new-window"
PRESET = "new-preset"  # the beginning of the ids of the menu's items
MADE_OF = "new-made-of"  # "teacher", with an image set, or "predictions" alone
IMAGE_SET = "new-image-set"
TEACHER = "new-teacher"
PREDICTIONS = "new-predictions"
KIND = "new-kind"
START_FROM = "new-start-from"  # "random" or "file"
TITLE = "new-title"
SIZE = "new-size"
TIME = "new-time"
WITHOUT = "new-without"
MISSING = "new-missing"
START = "new-start"
FAULTS = "new-faults"
NO_FIELDS = "new-no-fields"
WEIGHTS = "new-weights"
WEIGHTS_USES = "new-weights-uses"
MEASURE = "new-measure"
FINE_TUNE = "new-fine-tune"
DUPLICATE = "new-duplicate"  # {"study": id, "at": time}: somebody wants the form with the settings of that study
FILL = "new-fill"  # the same, once the form is laid out
FILLED = "new-filled"  # [optimiser, learning rate] as they were filled in for a duplicate; None when they were seen
WORK = "new-work"  # `effort.Work`, or None
QUESTION = "new-question"  # what a worker is asked to measure
SPEED = "new-speed"  # its answer, and the question


def field(part: str, name: str) -> str:
    """The input of a setting; `part` is a source's kind, "weights", "teacher" or "predictions"."""
    return f"new-{part}-{name.replace('_', '-')}"


def section(kind: str) -> str:
    """The settings of one kind of source."""
    return f"new-source-{kind}"


def preset(number: int) -> str:
    """An item of the menu of presets."""
    return f"{PRESET}-{number}"


def path(what: str) -> str:
    """Where the files lie; `what` is "folder", "npz", "weights" or "predictions", here and below."""
    return f"new-{what}-path"


def look(what: str) -> str:
    """The button that has a worker look there."""
    return f"new-{what}-look"


def asked(what: str) -> str:
    """{"key", "path"} of the look under way, or None."""
    return f"new-{what}-asked"


def clock(what: str) -> str:
    """Ticks while a look is under way."""
    return f"new-{what}-clock"


def told(what: str) -> str:
    """How far the look is, and what it found."""
    return f"new-{what}-told"


def found(what: str) -> str:
    """What the look found: the metadata of its result, and "path"; or None."""
    return f"new-{what}-found"
