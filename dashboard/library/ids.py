"""Ids of the Library view."""

# ---- what its panels share ----

SOURCE = "library-source"  # the net whose layers are offered, {"images", "teacher", "epoch"}; or None
SHOWN = "library-shown"  # the libraries that are shown, as `asked.shown_of` tells of them; or None
CHOSEN = "library-chosen"  # key of the libraries that were asked for last
SET = "library-set"  # which set of thresholds all panels look at, a slider
SET_SAID = "library-set-said"
SCOPE = "library-scope"  # whether paths and confusions are of all test images, or of the selection
DOWNLOAD = "library-download"
LEFT_DECK, RIGHT_DECK = "library-left-deck", "library-right-deck"

# ---- libraries ----

LIBRARIES_PANEL = "library-libraries-panel"
LIBRARIES_GRAPH = "library-libraries-graph"
LIBRARIES_WORDS = "library-libraries-words"
LAYERS = "library-layers"
THRESHOLDS = "library-thresholds"
MAKE = "library-make"
RUN, TOLD, CANCEL, RETRY = "library-run", "library-told", "library-cancel", "library-retry"
SEEN = "library-seen"
TABLE_LIBRARIES = "take-library-libraries"

# ---- confusion ----

CONFUSION_PANEL = "library-confusion-panel"
CONFUSION_GRAPH = "library-confusion-graph"
CONFUSION_FORM = "library-confusion-form"
CONFUSION_WORDS = "library-confusion-words"
TABLE_CONFUSION = "take-library-confusion"

# ---- flow chart of the net ----

NET_PANEL = "library-net-panel"
NET_GRAPH = "library-net-graph"
NET_WORDS = "library-net-words"
TABLE_NET = "take-library-net"

# ---- decision flow ----

FLOW_PANEL = "library-flow-panel"
FLOW_WAY = "library-flow-way"  # sunburst or Sankey
FLOW_PATHS = "library-flow-paths"  # what the sunburst is drawn from
FLOW_OWN = "library-flow-own"  # the path of the focused image, {"number", "path": [class, ...]}; None where it has none
FLOW_BURST = "library-flow-burst"  # the sunburst, drawn by `assets/library_burst.js`
FLOW_SANKEY = "library-flow-sankey"
FLOW_WORDS = "library-flow-words"
FLOW_PICKED = "library-flow-picked"  # a path that was clicked, {"path": [class or None, ...], "turn"}; its beginning
FLOW_PAINTED = "library-flow-painted"
TABLE_FLOW = "take-library-flow"

# ---- the path of an image ----

PATH_PANEL = "library-path-panel"
PATH = "library-path"  # drawn by `assets/library_path.js`
PATH_WORDS = "library-path-words"
PATH_GIVE = "library-path-give"  # a button: an image of one's own
PATH_PAINTED = "library-path-painted"

# ---- does it belong? ----

BELONGS_PANEL = "library-belongs-panel"
BELONGS_BODY = "library-belongs-body"
BELONGS_HISTOGRAM = "library-belongs-histogram"
BELONGS_ROC = "library-belongs-roc"
BELONGS_AUROC = "library-belongs-auroc"
BELONGS_FORM = "library-belongs-form"  # raw or published consistency
BELONGS_SHOWN = "library-belongs-shown"  # which inputs from outside are compared
BELONGS_CONDITION = "library-belongs-condition"  # which of their conditions the histogram has
BELONGS_THRESHOLD = "library-belongs-threshold"  # below which images are selected, a slider
BELONGS_AT = "library-belongs-at"  # the threshold, written
BELONGS_SAID = "library-belongs-said"
BELONGS_SOURCE = "library-belongs-source"
BELONGS_FOREIGN = "library-belongs-foreign"  # which image set is shown
BELONGS_EPSILONS = "library-belongs-epsilons"
BELONGS_MAKE = "library-belongs-make"
BELONGS_RUN, BELONGS_TOLD = "library-belongs-run", "library-belongs-told"
BELONGS_CANCEL, BELONGS_RETRY = "library-belongs-cancel", "library-belongs-retry"
BELONGS_CHOSEN = "library-belongs-chosen"  # key of what was shown to the libraries last
BELONGS_SEEN = "library-belongs-seen"
BELONGS_WORDS = "library-belongs-words"
BELONGS_WARNING = "library-belongs-warning"  # why an attack would be weaker than its ε says
BELONGS_RESULT = "library-belongs-result"  # key of what the clean images are compared with, or None
BELONGS_BASIS = "library-belongs-basis"  # what the threshold was set on: {"library", "at", "form"}
BELONGS_DRAWN = "library-belongs-drawn"  # what the charts show, as `belongs_groups.Asked` tells of it
BELONGS_CHARTS = "library-belongs-charts"
BELONGS_SELECT = "library-belongs-select"
BELONGS_STRIP = "library-belongs-strip"  # some images of the condition
BELONGS_PRESSED = "library-belongs-pressed"  # one of them that was clicked
TABLE_BELONGS = "take-library-belongs"


def setting(name: str) -> str:
    """The field of a setting of libraries."""
    return f"library-set-{name.replace('_', '-')}"


def outside_setting(name: str) -> str:
    """The field of a setting of inputs from outside."""
    return f"library-outside-set-{name.replace('_', '-')}"
