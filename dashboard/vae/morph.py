"""The way from the focused image to the pinned one through the latent space; drawn by `assets/latent_morph.js`."""

from collections.abc import Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import empty, label, panel, segmented
from dashboard.components.tables import to_csv
from dashboard.links import put
from dashboard.vae import ids
from workers.calls import CallFailed, NoAnswer, Superseded
from workers.engine import Engine

LINE = "From the focused image to the pinned one"
NOTHING_YET = "The way appears with the line."
USUAL_FRAMES, FEWEST, MOST = 11, 2, 41
WAYS = [("linear", "Linear"), ("spherical", "Spherical")]


def morph_panel() -> html.Section:
    return panel(
        ids.MORPH_PANEL,
        "Morph",
        LINE,
        [
            html.Div(id=ids.MORPH_BODY, className="morph", hidden=True),
            empty(ids.MORPH_WORDS, NOTHING_YET),
            *[dcc.Store(id=store) for store in (ids.MORPH_ASKED, ids.MORPH_PAINTED)],
        ],
        controls=[
            dmc.NumberInput(
                id=ids.MORPH_SECOND, placeholder="pin image", min=0, size="xs", w=92, hideControls=True, allowDecimal=False,
                allowNegative=False, debounce=True, **label("Pin the second image, by its number"),
            ),
            dmc.NumberInput(
                id=ids.MORPH_FRAMES, value=USUAL_FRAMES, min=FEWEST, max=MOST, size="xs", w=64, allowDecimal=False,
                clampBehavior="blur", debounce=True, **label("How many frames"),
            ),
            segmented(ids.MORPH_WAY, WAYS, "linear", "The way between the two codes"),
        ],
        exports=[("Frames, CSV", {"id": ids.TABLE_MORPH})],
        help_text=[
            "From the code of the focused image to that of the pinned one, in equal steps, each decoded and shown to the "
            "teacher: under a frame stands its likeliest class, and how likely.",
            "The bar above is coloured by the likeliest class on the way; the marks are where the teacher changes its mind, "
            "found by halving between the frames. Click a mark and the line goes there; or choose a frame. Below, the "
            "probabilities, 0 to 1, of the classes that have 2% or more in some frame.",
            "Spherical: the direction turns and the length changes evenly (White 2016), as codes lie about a sphere; linear: "
            "straight on.",
            "With the residual on, what the VAE loses of the one image fades into what it loses of the other, so that the way "
            "begins and ends with the images themselves; without it, with their reconstructions. The line keeps the focused "
            "image's own residual, so that half-way it may differ a little from the frame.",
        ],
    )  # fmt: skip


def register_morph(app: dash.Dash, engine: Engine) -> None:
    """The panel's callbacks."""
    app.clientside_callback(
        ClientsideFunction("darkroom", "drawMorph"),
        Output(ids.MORPH_PAINTED, "data"),
        Input(ids.DECK, "value"),
        Input(ids.SOURCE, "data"),
        Input(shared.PINNED, "data"),
        Input(ids.RESIDUAL, "checked"),
        Input(ids.MORPH_FRAMES, "value"),
        Input(ids.MORPH_WAY, "value"),
    )

    @app.callback(
        Output(ids.MORPH_SECOND, "error"),
        Output(ids.MORPH_SECOND, "value"),
        Input(ids.MORPH_SECOND, "value"),
        State(ids.SOURCE, "data"),
        prevent_initial_call=True,
    )
    def pin(number: int | str | None, source: dict | None):
        """Pins the image with a number that was typed."""
        if source is None or number in (None, ""):
            return dash.no_update, dash.no_update
        count = engine.results.meta(source["images"])["count"]
        if not isinstance(number, int) or not 0 <= number < count:
            return f"0 to {count - 1}", dash.no_update
        put(shared.PINNED, number)
        return None, ""  # emptied, so that the same number can be typed again

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_MORPH, "n_clicks"),
        State(ids.MORPH_ASKED, "data"),
        State(ids.SOURCE, "data"),
        State(shared.TAB, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, asked: dict | None, source: dict | None, tab: str | None):
        """The frames that are shown, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if asked is None or source is None or asked["first"] != source["number"]:
            tell("There is nothing to export before a way is shids.")
            return dash.no_update
        try:
            told = engine.calls.ask("morph", asked | {"maps": []}, f"{tab or 'page'}-take")
        except (CallFailed, NoAnswer, Superseded) as error:
            tell(f"The way could not be asked for: {error}.")
            return dash.no_update
        name = f"morph-{asked['first']}-{asked['second']}.csv"
        return dcc.send_string(morph_table(told, source["names"]), name)


def morph_table(told: dict[str, Any], names: Sequence[str]) -> str:
    """A row a frame: where on the way, its likeliest class, all probabilities, and its code."""
    axes = range(len(told["codes"][0]))
    header = ["at", "label", *(f"probability of {name}" for name in names), *(f"latent value {axis}" for axis in axes)]
    rows = (
        [at, names[top], *shares, *code]
        for at, top, shares, code in zip(told["at"], told["top"], told["probabilities"], told["codes"], strict=True)
    )
    return to_csv(header, rows)
