"""Ids of the DarkSight view."""

# ---- what its panels share ----

FIT = "darksight-fit"  # {"key", "split"}: the finished map that is shown, and the images it was learned from; or None
SPLIT = "darksight-split"  # the images that are shown
# {"map", "tool": "lasso", "box" or "line", "x", "y": corners, "at"} of what was drawn last on the map; or None
OUTLINE = "darksight-outline"
REGIONS = "darksight-regions"  # {"map", "outlines": [{"x", "y"}]}: where the rule in the making refuses to answer
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

# ---- the map in parts ----

PARTS_PANEL = "parts-panel"

# ---- the focused image ----

USUAL_PANEL = "usual-panel"

# ---- a bridge between clusters ----

BRIDGE_PANEL = "bridge-panel"

# ---- refusal ----

REFUSE_PANEL = "refuse-panel"
