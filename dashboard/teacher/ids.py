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
FOCUS_IMAGE = "focus-image"
FOCUS_FACTS = "focus-facts"
FOCUS_BARS = "focus-bars"
FOCUS_WORDS = "focus-words"
FOCUS_INDEX = "focus-index"
EPOCH = "focus-epoch"
EPOCH_TEXT = "focus-epoch-text"

TABLE_SCATTER = "take-scatter"
TABLE_MATRIX = "take-matrix"
TABLE_CONFUSIONS = "take-confusions"
TABLE_TRAINING = "take-training"
TABLE_SELECTION = "take-selection"
