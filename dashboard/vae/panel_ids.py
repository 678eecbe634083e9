"""Ids of the panels of the VAE view that stand about the line: neighbours, morph, counterfactual."""

# ---- neighbours ----

NEIGHBOURS_PANEL = "neighbours-panel"
NEIGHBOURS_BODY = "neighbours-body"
NEIGHBOURS_WORDS = "neighbours-words"
NEIGHBOURS_COUNT = "neighbours-count"
NEIGHBOURS_DISTRIBUTION = "neighbours-distribution"
NEIGHBOURS_SORT = "neighbours-sort"
NEIGHBOURS_SEED = "neighbours-seed"
NEIGHBOURS_AGAIN = "neighbours-again"
NEIGHBOURS_ASKED = "neighbours-asked"  # the question whose answer is shown, as the call takes it; or None
NEIGHBOURS_PAINTED = "neighbours-painted"
TABLE_NEIGHBOURS = "take-neighbours"

# ---- morph ----

MORPH_PANEL = "morph-panel"
MORPH_BODY = "morph-body"
MORPH_WORDS = "morph-words"
MORPH_SECOND = "morph-second"
MORPH_FRAMES = "morph-frames"
MORPH_WAY = "morph-way"
MORPH_ASKED = "morph-asked"  # as that of the neighbours
MORPH_PAINTED = "morph-painted"
TABLE_MORPH = "take-morph"

# ---- counterfactual ----

COUNTER_PANEL = "counterfactual-panel"
COUNTER_BODY = "counterfactual-body"
COUNTER_WORDS = "counterfactual-words"
COUNTER_CLASS = "counterfactual-class"
COUNTER_SEARCH = "counterfactual-search"
COUNTER_RUN = "counterfactual-run"
COUNTER_TOLD = "counterfactual-told"  # how far the search is
COUNTER_CANCEL = "counterfactual-cancel"
COUNTER_PICTURES = "counterfactual-pictures"
COUNTER_SAID = "counterfactual-said"
COUNTER_BARS = "counterfactual-bars"
COUNTER_MOVE = "counterfactual-move"
COUNTER_SEEN = "counterfactual-seen"
TABLE_COUNTER = "take-counterfactual"
