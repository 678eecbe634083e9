"""Ids of the Teacher view."""

STRIP_WORDS = "strip-words"
ADD_IDS = "add-ids"
ADD_BUTTON = "add-button"

SAVED_BUTTON = "saved-button"
SAVED_NAME = "saved-name"
SAVE_BUTTON = "save-button"
SAVED_LIST = "saved-list"
SAVED_PRESSED = "saved-pressed"  # {"action", "key": name, "at"} of the button that was pressed last
SAVED_RENAMING = "saved-renaming"  # name of the selection whose name is being typed, or None
SAVED_RENAME = "saved-rename"

EXCHANGE_CSV = "exchange-csv"
EXCHANGE_JSON = "exchange-json"
EXCHANGE_FILE = "exchange-file"
EXCHANGE_TEXT = "exchange-text"
EXCHANGE_BUTTON = "exchange-button"
EXCHANGE_WORDS = "exchange-words"

SCATTER = "scatter"  # of its `MapPlace`
SCATTER_OF = "scatter-of"
SCATTER_METHOD = "scatter-method"
SCATTER_DIMS = "scatter-dims"
SCATTER_SETTINGS = "scatter-settings"  # settings of the map by name, those that were taken over last
SCATTER_SEEN = "scatter-seen"
MAP_SETTINGS = "map"  # of its `SettingsPlace`

MATRIX_PANEL = "matrix-panel"
MATRIX = "matrix"
MATRIX_BODY = "matrix-body"
MATRIX_WORDS = "matrix-words"
DIAGRAM = "matrix-diagram"
CHORD = "chord"
CONFUSION_LIST = "confusion-list"
CONFUSIONS = "confusions"  # what the browser tells, lists and draws of them
CONFUSIONS_PAINTED = "confusions-painted"
CONFUSIONS_PICKED = "confusions-picked"  # what was clicked: {"what", "at", "how"}
SPLIT = "matrix-split"
SHADE = "matrix-shade"
CELLS = "matrix-cells"
ORDER = "matrix-order"
HITS = "matrix-hits"
WRONG_BUTTON = "wrong-button"

# A browser asks what each button of a view that is laid out anew comes to, unless the answer stays within the view.
DOWNLOAD = "teacher-download"

DECK = "deck"  # holds the panel that is looked at, of those of which one is seen at a time

TRAINING_PANEL = "training-panel"
TRAINING = "training"
TRAINING_WORDS = "training-words"
TRAINING_WHAT = "training-what"

CLASSES_PANEL = "classes-panel"
CLASSES = "classes"
CLASSES_WORDS = "classes-words"
CLASSES_WHAT = "classes-what"
CLASSES_LEVELS = "classes-levels"
CLASSES_LEVELS_TEXT = "classes-levels-text"
CLASSES_CRUMBS = "classes-crumbs"
CLASSES_PATH = "classes-path"
CLASSES_SOURCE = "classes-source"  # {"key", "words"}: the tree, or why there is none
CLASSES_HEARS = "classes-hears"
CLASSES_PICKED = "classes-picked"  # what was clicked: {"key", "node", "add"}
CLASSES_ZOOM = "classes-zoom"  # what was double-clicked: {"key", "node"}

GRID_PANEL = "grid-panel"
GRID = "grid"
GRID_SOURCE = "grid-source"
GRID_WORDS = "grid-words"
GRID_SIZE = "grid-size"
GRID_ARRANGE = "grid-arrange"
GRID_SORT = "grid-sort"
GRID_DIRECTION = "grid-direction"
GRID_GROUP = "grid-group"
GRID_AS = "grid-as"  # "tiles" or "table"
GRID_AGAIN = "grid-again"  # changes when the browser draws the grid once more, after it could not
GRID_PAINTED = "grid-painted"
IMAGE_TABLE = "image-table"
TABLE_BOX = "table-box"
TABLE_PLACE = "table-place"  # where the table is laid out when it is first wanted
TABLE_SCRIPT = "table-script"  # where AG Grid's script lies
TABLE_LOADED = "table-loaded"  # True once it is there
TABLE_AGAIN = "table-again"  # as GRID_AGAIN
TABLE_PAINTED = "table-painted"
TABLE_EMPTY = "table-empty"
TABLE_WORDS = "table-words"
TABLE_TICKED = "table-ticked"
TABLE_FILTERED = "table-filtered"
TABLE_PICKED = "table-picked"  # as `MapPlace.picked`, and "by_outcome"
CLEAR_BUTTON = "clear-selection"

FOCUS_PANEL = "focus-panel"
FOCUS_IMAGES = "focus-images"
FOCUS_IMAGE = "focus-image"
PINNED_IMAGE = "pinned-image"
CAM = "focus-cam-switch"
CAM_OF = "focus-cam-of"  # {"images", "teacher", "last": its last stored epoch}, or None
CAM_PAINTED = "focus-cam-painted"
FOCUS_FACTS = "focus-facts"
FOCUS_NUMBERS = "focus-numbers"
FOCUS_BARS = "focus-bars"
FOCUS_SCALE = "focus-scale"
PIN = "focus-pin"
SWAP = "focus-swap"
FOCUS_WORDS = "focus-words"
FOCUS_INDEX = "focus-index"
EPOCH = "focus-epoch"
EPOCH_TEXT = "focus-epoch-text"

TABLE_SCATTER = "take-scatter"
TABLE_MATRIX = "take-matrix"
TABLE_CLASSES = "take-classes"
TABLE_CONFUSIONS = "take-confusions"
TABLE_TRAINING = "take-training"
TABLE_SELECTION = "take-selection"
TABLE_FOCUS = "take-focus"
