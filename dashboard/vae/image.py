"""The image as its code is moved, and what the teacher says of it; drawn by `assets/latent_image.js`."""

import dash
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import empty, panel
from dashboard.components.tables import to_csv
from dashboard.vae import ids
from workers.calls import CallFailed, NoAnswer, Superseded
from workers.engine import Engine

NOTHING_YET = "The image appears with its code."


def image_panel() -> html.Section:
    return panel(
        ids.IMAGE_PANEL,
        "Moved image",
        "What is decoded of the line, and what the teacher says of it",
        [
            html.Div(id=ids.IMAGE, className="latent-image", hidden=True),
            empty(ids.IMAGE_WORDS, NOTHING_YET),
            dcc.Store(id=ids.IMAGE_PAINTED),
        ],
        exports=[("Probabilities, CSV", {"id": ids.TABLE_IMAGE})],
        help_text=[
            "The image itself, what the VAE decodes of its own code, what it decodes of the line, and how that differs from "
            "the image: blue is brighter, orange darker, channels summed.",
            "Bars: the teacher's probabilities for the moved image, full; for the image itself, outlined; ✓ marks the true "
            "class. Of more than ten classes those that are likeliest before or after.",
            "Hollow points on the Teacher view's map and on the DarkSight map show about where the moved image would lie: "
            "among those that are nearest to it. On the DarkSight map its prediction is placed.",
        ],
    )


def register_image(app: dash.Dash, engine: Engine) -> None:
    """The panel's callbacks."""
    app.clientside_callback(
        ClientsideFunction("darkroom", "drawLatentImage"),
        Output(ids.IMAGE_PAINTED, "data"),
        Input(ids.SOURCE, "data"),
    )

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_IMAGE, "n_clicks"),
        State(ids.SOURCE, "data"),
        State(shared.LINE, "data"),
        State(ids.RESIDUAL, "checked"),
        State(shared.TAB, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, source: dict | None, line: dict | None, residual: bool, tab: str | None):
        """What the teacher says of the image itself and of the moved one, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if source is None:
            tell("There is nothing to export before an image is looked at.")
            return dash.no_update
        asked = {name: source[name] for name in ("images", "teacher", "epoch", "vae", "codes", "number", "predictions")}
        moved = line["values"] if line and line["of"] == source["id"] else None
        try:
            own, now = (
                engine.calls.ask("decode", asked | {"maps": [], **which}, f"{tab or 'page'}-take")["probabilities"]
                for which in ({"values": None, "residual": True}, {"values": moved, "residual": bool(residual)})
            )
        except (CallFailed, NoAnswer, Superseded) as error:
            tell(f"The teacher could not be asked: {error}.")
            return dash.no_update
        rows = zip(source["names"], own, now, strict=True)
        return dcc.send_string(to_csv(("class", "image", "moved"), rows), f"moved-{source['number']}.csv")
