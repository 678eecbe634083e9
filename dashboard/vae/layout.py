"""The VAE view: on the left the latent axes, and what is done around the line; on the right the image, and the VAE itself."""

from dash import dcc, html

from dashboard.abilities import Need, Part
from dashboard.components.deck import deck
from dashboard.components.view import View
from dashboard.vae import ids
from dashboard.vae.axes import axes_panel
from dashboard.vae.counterfactual import counterfactual_panel
from dashboard.vae.image import image_panel
from dashboard.vae.morph import morph_panel
from dashboard.vae.neighbours import neighbours_panel
from dashboard.vae.training import vae_panel


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    about_the_line = {
        ids.NEIGHBOURS_PANEL: ("Neighbours", neighbours_panel()),
        ids.MORPH_PANEL: ("Morph", morph_panel()),
        ids.COUNTER_PANEL: ("Counterfactual", counterfactual_panel()),
    }
    return html.Div(
        [
            html.Div([axes_panel(), deck(ids.DECK, about_the_line)], className="column"),
            html.Div(
                [image_panel(), deck(ids.SIDE_DECK, {ids.VAE_PANEL: ("VAE", vae_panel())})],
                className="column",
            ),
            dcc.Download(id=ids.DOWNLOAD),
            dcc.Store(id=ids.SOURCE),
        ],
        className="vae-view",
    )


NEEDED = (Need.IMAGES, Need.MODEL, Need.VAE)

VIEW = View(
    "vae",
    "VAE",
    "Move an image through its latent space, and watch the teacher change its mind",
    layout,
    (
        Part("VAE", (Need.IMAGES, Need.MODEL)),
        Part("Latent axes", NEEDED),
        Part("Moved image", NEEDED),
        Part("Neighbours", NEEDED),
        Part("Morph", NEEDED),
        Part("Counterfactual", NEEDED),
    ),
    kept=(
        (ids.RESIDUAL, "checked"),
        *[(control, "value") for control in (ids.SIDE_DECK, ids.ORDER, ids.FIRST, ids.WIDTH, ids.VAE_WHAT)],
        *[
            (control, "value")
            for control in (
                ids.DECK,
                ids.NEIGHBOURS_COUNT,
                ids.NEIGHBOURS_DISTRIBUTION,
                ids.NEIGHBOURS_SORT,
                ids.NEIGHBOURS_SEED,
                ids.MORPH_FRAMES,
                ids.MORPH_WAY,
            )
        ],
    ),
)
