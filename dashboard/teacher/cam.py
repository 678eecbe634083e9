"""Where the teacher looks: Grad-CAM over the focused image and the pinned one, drawn by `assets/focus_cam.js`."""

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State

from dashboard import ids as shared
from dashboard.abilities import Need, lacking
from dashboard.components.panel import label
from dashboard.teacher import ids
from workers.engine import Engine

SAYS = "Class activation map (Grad-CAM) over the image: where the teacher looks for its answer"


def cam_switch() -> dmc.Switch:
    return dmc.Switch(id=ids.CAM, label="CAM", size="xs", checked=False, disabled=True, **label(SAYS))


def register_cam(app: dash.Dash, engine: Engine) -> None:
    """The switch's callbacks."""

    @app.callback(
        Output(ids.CAM, "disabled"),
        Output(ids.CAM_OF, "data"),
        Input(shared.READY, "data"),
        Input(shared.STUDY, "data"),
    )
    def offer(ready: list[str], study: dict | None):
        """Whether there is a teacher with feature maps, and what it is asked about."""
        if study is None or not {"images", "teacher"} <= set(ready):
            return True, None
        if {Need.MODEL, Need.CONVOLUTIONS} & lacking(engine, study["keys"]).keys():
            return True, None
        meta = engine.results.meta(study["keys"]["teacher"])
        keys = {name: study["keys"][name] for name in ("images", "teacher")}
        return False, keys | {"last": meta["stored_epochs"][-1]}

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawCam"),
        Output(ids.CAM_PAINTED, "data"),
        Input(ids.CAM, "checked"),
        Input(ids.CAM_OF, "data"),
        Input(ids.FOCUS_IMAGES, "children"),
        Input(ids.EPOCH, "value"),
        State(shared.FOCUS, "data"),
        State(shared.PINNED, "data"),
        State(shared.TAB, "data"),
    )
