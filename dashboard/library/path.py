"""The path of one image: what each layer takes it for, and the stored examples that it takes it for. The browser asks for it
and draws it (`assets/library_path.js`), of the focused image or of one that is brought along."""

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.panel import empty, label, panel
from dashboard.library import ids

LINE = "Layer by layer: what it is taken for, and the stored examples that it is most like"
NOT_YET = "Make libraries: the path of the focused image is drawn here, or that of an image of your own."


def path_panel() -> html.Section:
    return panel(
        ids.PATH_PANEL,
        "This image",
        LINE,
        [
            html.Div(id=ids.PATH, className="library-path"),
            empty(ids.PATH_WORDS, NOT_YET),
            dcc.Store(id=ids.PATH_PAINTED),
        ],
        controls=[
            dmc.Button(
                "Your image…", id=ids.PATH_GIVE, size="compact-xs", variant="default",
                **label("Look at the path of an image from this computer; it may also be dropped on the panel"),
            )
        ],
        help_text=[
            "A row a layer. Its library answers by the stored examples whose activations are most like those of the image: "
            "they are shown with the cosine of the two, most alike first, under each the class that the net answered for "
            "it, with a cross where that is wrong. Pale ones are too far down the list to be heard. Click one to look at it.",
            "Bars: what the library's scores say of each class (Lee 2019, Eq. 3), from the lowest to the highest of the "
            "layer. θ is the cosine below which a training image was stored as a new example.",
            "CPL (Eq. 5) is the mean cosine between the scores of each two layers: 1 where all of them say the same. It is "
            "compared with clean test images at the same thresholds; an image that is less consistent than nearly all of them "
            "may be none that the net was trained for. The published form is that of the authors' code.",
            "An image of your own is made as large as the net's input, in proportion, and grey if the net takes grey; it is "
            "not kept. What the net sees is shown: choose Invert where the set has bright strokes on dark and yours are "
            "dark on bright.",
        ],
    )  # fmt: skip


def register_path(app: dash.Dash) -> None:
    """The panel's callback; the browser does all."""
    app.clientside_callback(
        ClientsideFunction("darkroom", "drawPath"),
        Output(ids.PATH_PAINTED, "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.SET, "value"),
        Input(shared.FOCUS, "data"),
        Input(ids.RIGHT_DECK, "value"),
        State(shared.TAB, "data"),
    )
