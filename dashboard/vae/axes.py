"""The latent axes: the code of the focused image as a line that is dragged, drawn by `assets/latent_axes.js`."""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, label, panel, segmented
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.vae import ids
from dashboard.vae.source import NO_STUDY, obstacle, source_of
from workers.engine import Engine

LINE = "Drag a point of the line: image, answer and places on maps follow"
ORDERS = [("effect", "Effect"), ("active", "Use"), ("number", "Number")]
USUAL_AXES, MOST_AXES = 10, 40
USUAL_WIDTH = 15  # percent of an axis' range, as DeepVID has it
SEEN = "latent-seen"


def axes_panel() -> html.Section:
    return panel(
        ids.AXES_PANEL,
        "Latent axes",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.AXES, className="latent-axes"),
                    html.Div(band_controls(), className="latent-foot"),
                ],
                id=ids.AXES_BODY,
                className="latent-body",
                style=HIDDEN,
            ),
            empty(ids.AXES_WORDS, NO_STUDY),
            *[dcc.Store(id=store) for store in (ids.AXES_PAINTED, SEEN)],
        ],
        controls=[
            segmented(ids.ORDER, ORDERS, "effect", "Order of the axes"),
            dmc.Tooltip(
                dmc.Slider(
                    id=ids.FIRST, min=2, max=MOST_AXES, value=USUAL_AXES, size="xs", w=80, label=None,
                    thumbLabel="Axes at full width",
                ),
                label="Axes at full width",
            ),
        ],
        exports=[("Code and band, CSV", {"id": ids.TABLE_CODE})],
        help_text=[
            "Each axis is one of the numbers that stand for an image to the VAE (DeepVID, Wang, Gou, Zhang, Shen 2019), from "
            "the least to the largest that the study's images have, with how many have which beside it. The line is the "
            "focused image; the thin one its own code, where it has been moved.",
            "Drag a point, or focus it and use the arrows (Page for larger steps, Home and End for the ends, Delete for the "
            "image's own value). The image is decoded and the teacher asked as you go.",
            "The band is where neighbours are drawn from. Drag its edges on an axis, with Shift both at once; or Shift and the "
            "arrows. Its width is a percentage of each axis' range.",
            "Effect orders the axes by how much a step of one standard deviation of the images' values changes the teacher's "
            "probabilities for this image (half the sum of the absolute changes, mean of both directions); Use by how much an "
            "image's value tells (divergence from the prior). Values that go together over the images, |r| ≥ 0.5, stand "
            "together under a bracket. What has no axis at full width is in the strip: a column each, a click fetches it.",
            "Residual: what the VAE loses of the image is added back to whatever is decoded, so that only the change comes "
            "from the VAE. Without it images are blurred, and a teacher may take them for others for that alone.",
        ],
    )  # fmt: skip


def band_controls() -> list:
    """What stands under the axes: of the band, and of the line."""
    return [
        dmc.NumberInput(
            id=ids.WIDTH, value=USUAL_WIDTH, min=1, max=200, suffix=" %", size="xs", w=72, allowDecimal=False,
            clampBehavior="strict", **label("Width of the band, in percent of each axis' range"),
        ),
        dmc.Switch(
            id=ids.RESIDUAL, label="Residual", checked=True, size="xs",
            **label("Add back what the VAE loses of the image"),
        ),
        dmc.Button("Reset line", id=ids.RESET_LINE, size="compact-xs", variant="light"),
        dmc.Button("Reset band", id=ids.RESET_BAND, size="compact-xs", variant="light"),
    ]  # fmt: skip


def register_axes(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "source": Output(ids.SOURCE, "data"),
            "drawn": Output(ids.AXES_BODY, "style"),
            "words": Output(ids.AXES_WORDS, "children"),
            "wordless": Output(ids.AXES_WORDS, "style"),
            "seen": Output(SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "focus": Input(shared.FOCUS, "data"),
            "seen": State(SEEN, "data"),
        },
    )
    def look(ready: list[str], study: dict | None, focus: int | None, seen: dict | None):
        """The focused image as a code; or why there is none."""
        words = obstacle(engine, ready, study, focus)
        source = None if words or study is None or focus is None else source_of(engine, study["keys"], focus)
        unseen = Unseen(seen)
        return {
            "source": unseen("source", source),
            "drawn": SHOWN if source else HIDDEN,
            "words": words,
            "wordless": HIDDEN if source else SHOWN,
            "seen": unseen.marks,
        }

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawLatent"),
        Output(ids.AXES_PAINTED, "data"),
        Input(ids.SOURCE, "data"),
        Input(shared.LINE, "data"),
        Input(shared.BAND, "data"),
        Input(ids.RESIDUAL, "checked"),
        Input(ids.ORDER, "value"),
        Input(ids.FIRST, "value"),
        Input(ids.WIDTH, "value"),
        State(shared.TAB, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("darkroom", "resetLatent"),
        Output(ids.AXES_PAINTED, "data", allow_duplicate=True),
        Input(ids.RESET_LINE, "n_clicks"),
        Input(ids.RESET_BAND, "n_clicks"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_CODE, "n_clicks"),
        State(ids.SOURCE, "data"),
        State(shared.LINE, "data"),
        State(shared.BAND, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, source: dict | None, line: dict | None, band: dict | None):
        """The code of the image, where it was moved to, and the band, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if source is None:
            tell("There is nothing to export before an image is looked at.")
            return dash.no_update
        return dcc.send_string(code_table(source, line, band), f"code-{source['number']}.csv")


def code_table(source: dict[str, Any], line: dict | None, band: dict | None) -> str:
    """A row a latent value: the image's own, where it was moved to, how far the band reaches below and above that."""
    own = source["code"]
    moved = line["values"] if line and line["of"] == source["id"] and line["values"] else own
    widths = [band["below"], band["above"]] if band and band["of"] == source["id"] else [[""] * len(own)] * 2
    rows = zip(range(len(own)), own, moved, *widths, strict=True)
    return to_csv(("latent_value", "own", "moved_to", "band_below", "band_above"), rows)
