"""Ids of the DarkSight view."""

# ---- what its panels share ----

FIT = "darksight-fit"  # {"key", "split"}: the finished map that is shown, and the images it was learned from; or None
SPLIT = "darksight-split"  # the images that are shown
# {"map", "tool": "lasso", "box" or "line", "x", "y": corners, "at"} of what was drawn last on the map; or None
OUTLINE = "darksight-outline"
# {"map", "outlines": [{"x", "y"}], "least": {measure: score}}: the rule in the making, where it refuses to answer; or None
REGIONS = "darksight-regions"
OTHER = "darksight-other"  # {"key"}: the finished map of another method that is shown beside; or None
MAPS_DECK = "darksight-maps-deck"  # about whole maps
POINTS_DECK = "darksight-points-deck"  # about points of the map

# ---- the map ----

MAP = "darksight"  # of its `MapPlace`
FITS = "darksight-fits"  # the picker of maps: its value is the key of one, finished or not
LEVELS = "darksight-levels"
SEEN = "darksight-seen"
TABLE_MAP = "take-darksight"

# ---- another map beside ----

OTHER_PANEL = "other-map-panel"
OTHER_MAP = "other-map"

# ---- what maps are worth ----

FIDELITY_PANEL = "fidelity-panel"

# ---- fits ----

FITS_PANEL = "fits-panel"

# ---- the map in parts ----

PARTS_PANEL = "parts-panel"

# ---- the focused image ----

USUAL_PANEL = "usual-panel"

# ---- a bridge between clusters ----

BRIDGE_PANEL = "bridge-panel"

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
