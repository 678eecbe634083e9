"""Ids of the Student view."""

# ---- what its panels share ----

SOURCE = "student-source"  # what is looked at, as that of the VAE view
CHOSEN = "student-chosen"  # key of the student that was asked for last, or picked; or None
LANDED = "student-landed"  # key of the last one that was waited for
# {"key", "number", "title", "names", "colours", "true", "predicted"} of the student that is shown, with "other" and
# "other_title" of the one beside it; or None. No panel shows anything of another image.
SHOWN = "student-shown"
COMPARED = "student-compared"  # key of the one beside it, or None
FOLLOWED = "student-followed"
DOWNLOAD = "student-download"
MAIN_DECK = "student-main-deck"
DECK = "student-deck"
SIDE_DECK = "student-side-deck"

# ---- the student, and how it is asked for ----

PANEL = "student-panel"
BODY = "student-body"
MAPS = "student-maps"
WORDS = "student-words"
TOLD = "student-told"
RUN = "student-run"
CANCEL = "student-cancel"
RETRY = "student-retry"
SEEN = "student-seen"
PAINTED = "student-painted"
GENERATE = "student-generate"
ORDER = "student-order"
SCALE = "student-scale"
TABLE = "take-student"
TABLE_WEIGHTS = "take-student-weights"

FORM = "student-form"
PRESET = "student-preset"
OWN_PRESETS = "student-own-presets"  # name -> settings that differ from the defaults; kept by the browser
PRESET_NAME = "student-preset-name"
PRESET_SAVE = "student-preset-save"
PRESET_DELETE = "student-preset-delete"

# ---- what it is worth ----

FIDELITY_PANEL = "student-fidelity-panel"
FIDELITY_BODY = "student-fidelity-body"
FIDELITY_FIGURES = "student-fidelity-figures"
FIDELITY_WARNING = "student-fidelity-warning"
FIDELITY_GRAPH = "student-fidelity-graph"
FIDELITY_WHAT = "student-fidelity-what"
FIDELITY_WORDS = "student-fidelity-words"
TABLE_FIDELITY = "take-student-fidelity"

# ---- two classes ----

PAIR_PANEL = "student-pair-panel"
PAIR = "student-pair"
PAIR_WORDS = "student-pair-words"
PAIR_FIRST = "student-pair-first"
PAIR_SECOND = "student-pair-second"
PAIR_PAINTED = "student-pair-painted"
TABLE_PAIR = "take-student-pair"

# ---- the tree ----

TREE_PANEL = "student-tree-panel"
TREE_BODY = "student-tree-body"
TREE_SAID = "student-tree-said"
TREE_GRAPH = "student-tree-graph"
TREE_WORDS = "student-tree-words"
TABLE_TREE = "take-student-tree"

# ---- the students of the image ----

HISTORY_PANEL = "student-history-panel"
HISTORY = "student-history"
HISTORY_PRESSED = "student-history-pressed"
HISTORY_WORDS = "student-history-words"
TABLE_HISTORY = "take-student-history"

# ---- of a selection ----

SELECTION_PANEL = "students-panel"
SELECTION = "students"
SELECTION_WORDS = "students-words"
SELECTION_MAKE = "students-make"
SELECTION_TOLD = "students-told"
SELECTION_RUN = "students-run"
SELECTION_CANCEL = "students-cancel"
SELECTION_SHOWN = "students-shown"  # {"key", "names", "colours", "images"} of what is shown, or None
SELECTION_CHOSEN = "students-chosen"  # key of what was asked for last
SELECTION_PICKED = "students-picked"  # {"true", "predicted", "at"} of the pair whose images are wanted
SELECTION_PAINTED = "students-painted"
SELECTION_SEEN = "students-seen"
TABLE_SELECTION = "take-students"


def setting(name: str) -> str:
    """The field of a setting."""
    return f"student-set-{name.replace('_', '-')}"
