"""Ids of the DarkSight view."""

# ---- what its panels share ----

FIT = "darksight-fit"  # {"key", "split"}: the finished map that is shown, and the images it was learned from; or None
SPLIT = "darksight-split"  # the images that are shown
# {"map", "tool": "lasso", "box" or "line", "x", "y": corners, "at"} of what was drawn last on the map; or None
OUTLINE = "darksight-outline"
# {"map", "outlines": [{"x", "y"}], "least": {measure: score}}: the rule in the making, where it refuses to answer; or None
REGIONS = "darksight-regions"
UNSHOWN = "darksight-unshown"  # {"grouping", "hidden": numbers} of the classes that the map's legend hides; or None
OTHER = "darksight-other"  # {"key"}: the finished map of another method that is shown beside; or None
DOWNLOAD = "darksight-download"
MAPS_DECK = "darksight-maps-deck"  # about whole maps
POINTS_DECK = "darksight-points-deck"  # about points of the map

# ---- the map ----

MAP = "darksight"  # of its `MapPlace`
FITS = "darksight-fits"  # the picker of maps: its value is the key of one, finished or not
LEVELS = "darksight-levels"
SEEN = "darksight-seen"
TABLE_MAP = "take-darksight"
TAKE_FITTED = "take-darksight-fitted"

# ---- another map beside ----

OTHER_PANEL = "other-map-panel"
OTHER_MAP = "other-map"  # of its `MapPlace` and `SettingsPlace`
OTHER_MAPS = "other-map-chosen"  # the picker of maps: its value is the key of one, finished or not
OTHER_OF = "other-map-of"
OTHER_METHOD = "other-map-method"
OTHER_ASKED = "other-map-asked"  # settings by name, those that a map was asked for with last
OTHER_WANTED = "other-map-wanted"  # {"key", "title", "study": its id} of the map that was asked for last
OTHER_SEEN = "other-map-seen"
TABLE_OTHER = "take-other-map"

# ---- what maps are worth ----

FIDELITY_PANEL = "fidelity-panel"
FIDELITY = "fidelity"
FIDELITY_WORDS = "fidelity-words"
FIDELITY_SAID = "fidelity-said"  # how the maps compare
FIDELITY_K = "fidelity-k"
FIDELITY_OF = "fidelity-of"  # what t-SNE maps at several perplexities
FIDELITY_ALL = "fidelity-all"
FIDELITY_SWEEP = "fidelity-sweep"
FIDELITY_SWEPT = "fidelity-swept"  # how far that is
FIDELITY_CANCEL = "fidelity-cancel"
FIDELITY_FOOT = "fidelity-foot"  # what can be found out
FIDELITY_SEEN = "fidelity-seen"
TABLE_FIDELITY = "take-fidelity"

# ---- fits ----

FITS_PANEL = "fits-panel"
FITS_WHAT = "fits-what"  # a table of the maps, or two of them compared
FITS_TABLE = "fits-table"
FITS_TABLE_PLACE = "fits-table-place"
FITS_WORDS = "fits-words"
FITS_PRESSED = "fits-pressed"  # {"action", "key", "at"} of what was pressed last in the table
FITS_SEEN = "fits-seen"
FITS_SECOND = "fits-second"  # key of the map that the shown one is compared with
FITS_GRAPH = "fits-graph"
FITS_COMPARED = "fits-compared"
FITS_NUMBERS = "fits-numbers"
FITS_MOVED = "fits-moved"
TABLE_FITS = "take-fits"
TABLE_MOVED = "take-fits-moved"

# ---- a new map ----


def new_fit(place: str, what: str) -> str:
    """What asks for maps, where it stands: "fits", or "map"."""
    return f"new-fit-{place}-{what}"


def new_setting(place: str, name: str) -> str:
    """The field of a setting."""
    return new_fit(place, f"set-{name}")


# ---- the map in parts ----

PARTS_PANEL = "parts-panel"
PARTS_SIZE = "parts-size"
PARTS_ORDER = "parts-order"
PARTS_MAKE = "parts-make"
PARTS_CANCEL = "parts-cancel"
PARTS_TOLD = "parts-told"
PARTS = "parts"
PARTS_PLACE = "parts-place"
PARTS_WORDS = "parts-words"
PARTS_SEEN = "parts-seen"
PARTS_SOURCE = "parts-source"  # [{"key", "classes", "there"}] of the maps of the parts
TABLE_PARTS = "take-parts"

# ---- the focused image ----

USUAL_PANEL = "usual-panel"
USUAL_LEAST = "usual-least"
USUAL_BEFORE = "usual-before"
USUAL_NEXT = "usual-next"
USUAL_BODY = "usual-body"
USUAL_IMAGE = "usual-image"
USUAL_FACTS = "usual-facts"
USUAL_RANKS = "usual-ranks"
USUAL_BARS = "usual-bars"
USUAL_WORDS = "usual-words"
USUAL_HEAT = "usual-heat"
USUAL_HEAT_WORDS = "usual-heat-words"
USUAL_NETWORK = "usual-network"
TABLE_USUAL = "take-usual"

# ---- a bridge between clusters ----

BRIDGE_PANEL = "bridge-panel"
BRIDGE = "bridge"
BRIDGE_WORDS = "bridge-words"
BRIDGE_SET = "bridge-set"  # what the browser needs of the map and its images
BRIDGE_SOURCE = "bridge-source"  # the columns along what was drawn
BRIDGE_WAY = (
    "bridge-way"  # {"map", "at": of the outline, "way": its points, "width": of its corridor, or None}; or None
)
BRIDGE_CLEAR = "bridge-clear"
BRIDGE_ASKED = "bridge-asked"  # {"image"} of which the browser cannot tell in which column it is, as these are means
BRIDGE_FOCUSED = "bridge-focused"  # {"image", "column": or None} of what was asked
BRIDGE_PAINTED = "bridge-painted"
BRIDGE_WIDTH = "bridge-width"  # of the corridor of a line, in percent of the map's longer side
BRIDGE_WIDTH_BOX = "bridge-width-box"
BRIDGE_WIDTH_TEXT = "bridge-width-text"
BRIDGE_SELECT = "bridge-select"
TABLE_BRIDGE = "table-bridge"

# ---- refusal ----

REFUSE_PANEL = "refuse-panel"
REFUSE = "refuse"  # the curves
REFUSE_WHAT = "refuse-what"  # "threshold" or "rule"
REFUSE_THRESHOLD = "refuse-threshold"  # what is seen of the one,
REFUSE_RULE = "refuse-rule"  # and of the other
REFUSE_WORDS = "refuse-words"
REFUSE_SOURCE = "refuse-source"  # as `refuse_measures.source_of` gives it
REFUSE_AT = "refuse-at"  # {"measure": name, "share": percent kept, "score": the threshold itself or None}
REFUSE_PRESSED = "refuse-pressed"  # {"action", "key", "at"} of the button that was pressed last
REFUSE_VERDICT = "refuse-verdict"
REFUSE_LIST = "refuse-list"
REFUSE_SLIDER = "refuse-slider"
REFUSE_SHARE = "refuse-share"
REFUSE_SCORE = "refuse-score"
REFUSE_TOLD = "refuse-told"
REFUSE_SELECT = "refuse-select"
REFUSE_ADD = "refuse-add"
REFUSE_DRAWN = "refuse-drawn"
REFUSE_PARTS = "refuse-parts"
REFUSE_RULE_TOLD = "refuse-rule-told"
REFUSE_RULE_SELECT = "refuse-rule-select"
REFUSE_CLEAR = "refuse-clear"
REFUSE_FILE = "refuse-file"
REFUSE_TEXT = "refuse-text"
REFUSE_READ = "refuse-read"
REFUSE_READ_WORDS = "refuse-read-words"
TABLE_REFUSE = "take-refuse"
TAKE_RULE = "take-rule"
