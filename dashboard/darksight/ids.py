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
OTHER_MAP = "other-map"

# ---- what maps are worth ----

FIDELITY_PANEL = "fidelity-panel"

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

# ---- refusal ----

REFUSE_PANEL = "refuse-panel"
