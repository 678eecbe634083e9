"""Images whose codes lie in the band about the line, and what the teacher says of them; drawn by
`assets/latent_neighbours.js`."""

import base64
from collections.abc import Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import empty, icon, label, panel, segmented
from dashboard.components.tables import to_csv
from dashboard.vae import ids
from workers.calls import CallFailed, NoAnswer, Superseded
from workers.engine import Engine

LINE = "Images drawn from the band about the line"
NOTHING_YET = "Neighbours appear with the line and its band."
USUAL_COUNT, MOST = 512, 1024  # as DeepVID has it; the tiles of a page
DISTRIBUTIONS = [("uniform", "Uniform"), ("normal", "Normal")]
SORTS = [("drawn", "As drawn"), ("distance", "Nearest first"), ("probability", "Least sure first")]
DRAWN_BY = (
    "images",
    "vae",
    "codes",
    "number",
    "centre",
    "widths",
    "count",
    "distribution",
    "seed",
)  # what codes depend on


def neighbours_panel() -> html.Section:
    return panel(
        ids.NEIGHBOURS_PANEL,
        "Neighbours",
        LINE,
        [
            # Shares of labels, a sentence, the tiles, what is said of the one that is looked at.
            html.Div(id=ids.NEIGHBOURS_BODY, className="neighbours", hidden=True),
            empty(ids.NEIGHBOURS_WORDS, NOTHING_YET),
            *[dcc.Store(id=store) for store in (ids.NEIGHBOURS_ASKED, ids.NEIGHBOURS_PAINTED)],
        ],
        controls=[
            dmc.NumberInput(
                id=ids.NEIGHBOURS_COUNT, value=USUAL_COUNT, min=1, max=MOST, size="xs", w=72, allowDecimal=False,
                clampBehavior="blur", debounce=True, **label("How many neighbours"),
            ),
            segmented(ids.NEIGHBOURS_DISTRIBUTION, DISTRIBUTIONS, "uniform", "How they are spread over the band"),
            dmc.Select(
                id=ids.NEIGHBOURS_SORT, data=[{"value": value, "label": text} for value, text in SORTS], value="drawn",
                size="xs", w=146, allowDeselect=False, **label("Order of the neighbours"),
            ),
            dmc.NumberInput(
                id=ids.NEIGHBOURS_SEED, value=0, min=0, max=2**32 - 1, size="xs", w=64, hideControls=True,
                allowDecimal=False, clampBehavior="blur", debounce=True, **label("Seed of the draw"),
            ),
            dmc.ActionIcon(
                icon("again"), id=ids.NEIGHBOURS_AGAIN, variant="subtle", color="gray", **label("Draw others"),
            ),
        ],
        exports=[("Neighbours and their codes, CSV", {"id": ids.TABLE_NEIGHBOURS})],
        help_text=[
            "Codes are drawn from the band about the line, each axis by itself, and decoded; the teacher is asked of each "
            "image (DeepVID, Wang, Gou, Zhang and Shen 2019). Under each tile stands what it is taken for. A red frame: not "
            "what the image itself is taken for.",
            "Uniform: from edge to edge of the band. Normal: about the line, the edges at two standard deviations and nothing "
            "beyond. A band that reaches further than the images' own codes ends with them, which is told.",
            "The bar has the share of each label. That all neighbours keep one label is normal for images of which the teacher "
            "is sure: widen the band until some do not.",
            "With the residual on, what the VAE loses of the image is added back to each neighbour. Without it they are "
            "blurred, and the teacher may take them for others for that alone.",
            "Distance is that from the line in half-widths of the band, root mean square over its axes. Least sure first "
            "orders by the probability of the image's own class. Click a tile, or walk with the arrow keys, and move the line "
            "there. On the DarkSight map, beside this view, they are small hollow points.",
        ],
    )  # fmt: skip


def register_neighbours(app: dash.Dash, engine: Engine) -> None:
    """The panel's callbacks."""
    app.clientside_callback(
        ClientsideFunction("darkroom", "drawNeighbours"),
        Output(ids.NEIGHBOURS_PAINTED, "data"),
        Input(ids.DECK, "value"),
        Input(ids.SOURCE, "data"),
        Input(shared.LINE, "data"),
        Input(shared.BAND, "data"),
        Input(ids.RESIDUAL, "checked"),
        Input(ids.NEIGHBOURS_COUNT, "value"),
        Input(ids.NEIGHBOURS_DISTRIBUTION, "value"),
        Input(ids.NEIGHBOURS_SEED, "value"),
        Input(ids.NEIGHBOURS_SORT, "value"),
    )
    app.clientside_callback(
        ClientsideFunction("darkroom", "nextSeed"),
        Output(ids.NEIGHBOURS_SEED, "value"),
        Input(ids.NEIGHBOURS_AGAIN, "n_clicks"),
        State(ids.NEIGHBOURS_SEED, "value"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_NEIGHBOURS, "n_clicks"),
        State(ids.NEIGHBOURS_ASKED, "data"),
        State(ids.SOURCE, "data"),
        State(shared.TAB, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, asked: dict | None, source: dict | None, tab: str | None):
        """The neighbours that are shown, as CSV; the same are drawn again, as a seed draws them."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if asked is None or source is None or asked["number"] != source["number"]:
            tell("There is nothing to export before neighbours are shown.")
            return dash.no_update
        drawn = {name: asked[name] for name in DRAWN_BY}
        try:
            told, codes = (
                engine.calls.ask(call, question, f"{tab or 'page'}-take")
                for call, question in (("neighbours", asked), ("neighbour-codes", drawn))
            )
        except (CallFailed, NoAnswer, Superseded) as error:
            tell(f"The neighbours could not be asked for: {error}.")
            return dash.no_update
        return dcc.send_string(
            neighbours_table(told, codes["codes"], source["names"]), f"neighbours-{asked['number']}.csv"
        )


def neighbours_table(told: dict[str, Any], codes: str, names: Sequence[str]) -> str:
    """A row a neighbour: its label and how sure the teacher is of it and of the image's own class, distance, and code."""
    top = numbers(told["top"], np.int16).tolist()
    columns = [numbers(told[name], np.float32).tolist() for name in ("shares", "own", "distances")]
    places = numbers(codes, np.float32).reshape(len(top), -1).tolist()
    original = names[told["original"]]
    header = ["neighbour", "label", "probability", f"probability of {original}", "distance"]
    rows = (
        [number, names[label_], share, kept, distance, *place]
        for number, (label_, share, kept, distance, place) in enumerate(zip(top, *columns, places, strict=True))
    )
    return to_csv([*header, *(f"latent value {axis}" for axis in range(len(places[0])))], rows)


def numbers(text: str, kind: type[np.generic]) -> np.ndarray:
    """Numbers of this type as an answer carries them, in base64."""
    return np.frombuffer(base64.b64decode(text), kind)
