"""Ids of the Slicer view."""

# ---- what its panels share ----

SOURCE = "slicer-source"  # the network that is asked, its epochs and the classes; or None
QUERY = "slicer-query"  # what is cut out of the hypercube, as both drawings set it; None for the usual
CHOSEN = "slicer-chosen"  # key of the slice that was asked for last
SHOWN = "slicer-shown"  # the slice that is shown: its key, layers, epochs, pairs; or None
EPOCH = "slicer-epoch"  # of training, for all panels
PLAY = "slicer-play"
LAYER = "slicer-layer"  # whose channels are looked at
PICKED = "slicer-picked"  # {"of": key of a slice, "filters": [[layer, channel], ...]} or None
CLASS_PICKED = "slicer-class-picked"  # a class that was clicked, {"class", "turn"}
DOWNLOAD = "slicer-download"
LEFT_DECK, TOP_DECK, LOW_DECK = "slicer-left-deck", "slicer-top-deck", "slicer-low-deck"

# ---- query ----

QUERY_PANEL = "slicer-query-panel"
NET = "slicer-net"  # the architecture as a strip
CUBE = "slicer-cube"  # the hypercube
QUERY_BODY = "slicer-query-body"
QUERY_WORDS = "slicer-query-words"
QUERY_PAINTED = "slicer-query-painted"
INPUTS = "slicer-inputs"
MOST = "slicer-most"  # inputs at most
PAIRS = "slicer-pairs"
ASK = "slicer-ask"
ESTIMATE = "slicer-estimate"  # what the slice would take, filled by the browser
RUN, TOLD, CANCEL, RETRY = "slicer-run", "slicer-told", "slicer-cancel", "slicer-retry"
SEEN = "slicer-seen"

# ---- training performance ----

TRAINING_PANEL = "slicer-training-panel"
TRAINING_BODY = "slicer-training-body"
MATRIX = "slicer-matrix"
GIVEN_PREDICTED = "slicer-given-predicted"  # H(label | predicted i)
GIVEN_LABEL = "slicer-given-label"  # H(predicted | label i)
CURVE = "slicer-curve"
CLASSES = "slicer-classes"
TRAINING_WORDS = "slicer-training-words"
TABLE_TRAINING = "take-slicer-training"

# ---- subsets ----

SUBSETS_PANEL = "slicer-subsets-panel"
SUBSETS_GRAPH = "slicer-subsets-graph"
SUBSETS_WHAT = "slicer-subsets-what"
SUBSETS_WORDS = "slicer-subsets-words"
SUBSETS_MAKE = "slicer-subsets-make"
SUBSETS_CHOSEN = "slicer-subsets-chosen"
SUBSETS_RUN, SUBSETS_TOLD, SUBSETS_CANCEL = "slicer-subsets-run", "slicer-subsets-told", "slicer-subsets-cancel"
SUBSETS_SEEN = "slicer-subsets-seen"
TABLE_SUBSETS = "take-slicer-subsets"

# ---- layers ----

LAYERS_PANEL = "slicer-layers-panel"
LAYERS_GRAPH = "slicer-layers-graph"
LAYERS_OVER = "slicer-layers-over"
LAYERS_IN = "slicer-layers-in"
LAYERS_WORDS = "slicer-layers-words"
TABLE_LAYERS = "take-slicer-layers"

# ---- capacity ----

CAPACITY_PANEL = "slicer-capacity-panel"
CAPACITY_BODY = "slicer-capacity-body"
CAPACITY_GRAPH = "slicer-capacity-graph"
CAPACITY_PAIRS = "slicer-capacity-pairs"
CAPACITY_EPOCHS = "slicer-capacity-epochs"
CAPACITY_ORDER = "slicer-capacity-order"
CAPACITY_NULL = "slicer-capacity-null"
CAPACITY_ALIKE = "slicer-capacity-alike"  # filters that are nearly the same
CAPACITY_WORDS = "slicer-capacity-words"
TABLE_CAPACITY = "take-slicer-capacity"

# ---- channels ----

CHANNELS_PANEL = "slicer-channels-panel"
CHANNELS = "slicer-channels"
CHANNELS_WORDS = "slicer-channels-words"
CHANNELS_PAINTED = "slicer-channels-painted"
TABLE_CHANNELS = "take-slicer-channels"

CIRCLES_PANEL = "slicer-circles-panel"
CIRCLES = "slicer-circles"
CIRCLES_WORDS = "slicer-circles-words"
CIRCLES_PAINTED = "slicer-circles-painted"

# ---- feature maps ----

MAPS_PANEL = "slicer-maps-panel"
MAPS = "slicer-maps"
MAPS_WORDS = "slicer-maps-words"
MAPS_PAINTED = "slicer-maps-painted"


def setting(name: str) -> str:
    """The field of a setting of a slice."""
    return f"slicer-set-{name.replace('_', '-')}"


def subsets_setting(name: str) -> str:
    """The field of a setting of the subsets."""
    return f"slicer-subsets-set-{name.replace('_', '-')}"
