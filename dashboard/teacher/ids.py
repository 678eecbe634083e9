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

SCATTER_PANEL = "scatter-panel"
SCATTER = "scatter"
SCATTER_OF = "scatter-of"
SCATTER_WORDS = "scatter-words"
SCATTER_SOURCE = "scatter-source"
SCATTER_AGAIN = "scatter-again"  # as GRID_AGAIN
SCATTER_PAINTED = "scatter-painted"
SCATTER_PICKED = "scatter-picked"  # what a lasso or a box enclosed: {"images", "bits", "tool"}

MATRIX_PANEL = "matrix-panel"
MATRIX = "matrix"
MATRIX_WORDS = "matrix-words"
SPLIT = "matrix-split"
SHADE = "matrix-shade"
WRONG_BUTTON = "wrong-button"

TRAINING_PANEL = "training-panel"
TRAINING = "training"
TRAINING_WORDS = "training-words"
TRAINING_WHAT = "training-what"

GRID_PANEL = "grid-panel"
GRID = "grid"
GRID_SOURCE = "grid-source"
GRID_WORDS = "grid-words"
GRID_SIZE = "grid-size"
GRID_SORT = "grid-sort"
GRID_AGAIN = "grid-again"  # changes when the browser draws the grid once more, after it could not
GRID_PAINTED = "grid-painted"
CLEAR_BUTTON = "clear-selection"

FOCUS_PANEL = "focus-panel"
FOCUS_IMAGES = "focus-images"
FOCUS_IMAGE = "focus-image"
PINNED_IMAGE = "pinned-image"
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
TABLE_TRAINING = "take-training"
TABLE_SELECTION = "take-selection"
TABLE_FOCUS = "take-focus"
