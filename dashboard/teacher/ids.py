"""Ids of the Teacher view."""

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
TABLE_PICKED = "table-picked"  # as SCATTER_PICKED, and "by_outcome"
CLEAR_BUTTON = "clear-selection"

FOCUS_PANEL = "focus-panel"
FOCUS_IMAGE = "focus-image"
FOCUS_FACTS = "focus-facts"
FOCUS_BARS = "focus-bars"
FOCUS_WORDS = "focus-words"
FOCUS_INDEX = "focus-index"
EPOCH = "focus-epoch"
EPOCH_TEXT = "focus-epoch-text"

TABLE_SCATTER = "take-scatter"
TABLE_MATRIX = "take-matrix"
TABLE_TRAINING = "take-training"
TABLE_SELECTION = "take-selection"
IDS_SELECTION = "take-selection-ids"
