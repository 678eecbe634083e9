"""Ids of the tab Explain."""

# ---- what its panels share ----

CHOSEN = "explain-chosen"  # key of the explanations that were asked for last, or None
LANDED = "explain-landed"  # key of the last ones that were waited for
# {"key", "number", "names", "colours", "label", "methods"} of what is shown, or None: of each method "name", "title", "source",
# "is_signed", "is_control", and the areas under its curves by way. No panel shows anything of another image.
SHOWN = "explain-shown"
PICKED = "explain-picked"  # name of the method that is looked at
WAY = "explain-way"  # "signed" or "absolute"

# ---- the maps, and how they are asked for ----

PANEL = "explain-panel"
BODY = "explain-body"
MAPS = "explain-maps"
MISSING = "explain-missing"
WORDS = "explain-words"
TOLD = "explain-told"
RUN = "explain-run"
CANCEL = "explain-cancel"
RETRY = "explain-retry"
SEEN = "explain-seen"
PAINTED = "explain-painted"
MAKE = "explain-make"
TABLE = "take-explain"
METHODS = "explain-methods"
LAYER = "explain-layer"

# ---- deletion and insertion ----

CURVES_PANEL = "explain-curves-panel"
CURVES_BODY = "explain-curves-body"
CURVES_GRAPH = "explain-curves"
CURVES_WHAT = "explain-curves-what"
CURVES_WORDS = "explain-curves-words"
SCRUB = "explain-scrub"
SCRUBBED = "explain-scrubbed"
TABLE_CURVES = "take-explain-curves"

# ---- who explains best ----

RANKING_PANEL = "explain-ranking-panel"
RANKING = "explain-ranking"
RANKING_OF = "explain-ranking-of"  # "image" or "selection"
RANKING_BY = "explain-ranking-by"  # what methods are ranked by
RANKING_WORDS = "explain-ranking-words"
RANKING_SEEN = "explain-ranking-seen"
RANK_MAKE = "explain-rank"
RANK_CHOSEN = "explain-rank-chosen"  # key of what was asked for last
RANK_SHOWN = "explain-rank-shown"  # key of what is shown of a selection, or None
RANK_TOLD = "explain-rank-told"
RANK_RUN = "explain-rank-run"
RANK_CANCEL = "explain-rank-cancel"
TABLE_RANKING = "take-explain-ranking"

# ---- synthetic images ----

RELABELS_PANEL = "explain-relabels-panel"
RELABELS_BODY = "explain-relabels-body"
RELABELS_SAID = "explain-relabels-said"
RELABELS_GRAPH = "explain-relabels"
RELABELS_PLANE = "explain-relabels-plane"
RELABELS_WORDS = "explain-relabels-words"
RELABELS_TILE = "explain-relabels-tile"
RELABELS_HOVERED = "explain-relabels-hovered"
TABLE_RELABELS = "take-explain-relabels"


def setting(name: str) -> str:
    """The field of a setting."""
    return f"explain-set-{name.replace('_', '-')}"
