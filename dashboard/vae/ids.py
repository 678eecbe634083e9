"""Ids of the VAE view."""

# ---- what its panels share ----

SOURCE = "vae-source"  # what is looked at: the focused image, its code, and the results it is asked of; or None
RESIDUAL = "vae-residual"  # whether what the VAE loses of the image is added back
DOWNLOAD = "vae-download"
DECK = "vae-deck"  # what is done around the line
SIDE_DECK = "vae-side-deck"

# ---- the latent axes ----

AXES_PANEL = "latent-panel"
AXES = "latent-axes"
AXES_BODY = "latent-body"
AXES_WORDS = "latent-words"
ORDER = "latent-order"
FIRST = "latent-first"  # how many axes are shown at full width
WIDTH = "latent-width"  # of the band, in percent of each axis' range
RESET_LINE = "latent-reset-line"
RESET_BAND = "latent-reset-band"
AXES_PAINTED = "latent-painted"
TABLE_CODE = "take-code"

# ---- the image ----

IMAGE_PANEL = "latent-image-panel"
IMAGE = "latent-image"
IMAGE_WORDS = "latent-image-words"
IMAGE_PAINTED = "latent-image-painted"
TABLE_IMAGE = "take-latent-image"

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

# ---- the VAE itself ----

VAE_PANEL = "vae-panel"
VAE_BODY = "vae-body"
VAE_STRIP = "vae-strip"
VAE_CURVE = "vae-curve"
VAE_FIGURES = "vae-figures"
VAE_WARNING = "vae-warning"
VAE_WORDS = "vae-words"
VAE_WHAT = "vae-what"
VAE_FORM = "vae-form"
VAE_MAKE = "vae-make"
VAE_RUN = "vae-run"
VAE_TOLD = "vae-told"
VAE_CANCEL = "vae-cancel"
VAE_RETRY = "vae-retry"
VAE_SHOWN = "vae-shown"
VAE_SEEN = "vae-seen"
VAE_PAINTED = "vae-painted"
TABLE_VAE = "take-vae"


def vae_setting(name: str) -> str:
    """The field of a setting of the VAE."""
    return f"vae-set-{name.replace('_', '-')}"
