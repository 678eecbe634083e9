"""The settings of a map, behind the gear: those of the chosen method, made from the parameters of its job."""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.components.panel import icon, label
from dashboard.first_answers import FirstAnswers
from dashboard.maps import too_few
from dashboard.new.fields import component, fields_of, read
from dashboard.teacher import ids
from workers.engine import Engine
from workers.params import METHOD_SETTINGS, EmbeddingParams

NO_SETTINGS = "PCA has no settings: it comes out the same every time."

FIELDS = {
    field.name: field for field in fields_of(EmbeddingParams) if field.name in set().union(*METHOD_SETTINGS.values())
}


def settings_button() -> dmc.Popover:
    """The gear and what opens under it."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                dmc.ActionIcon(icon("gear"), variant="subtle", color="gray", size="sm", **label("Settings of the map"))
            ),
            dmc.PopoverDropdown(
                dmc.Stack(
                    [
                        *[
                            html.Div(component(ids.setting(name), field), id=ids.setting_place(name), hidden=True)
                            for name, field in FIELDS.items()
                        ],
                        dmc.Text(NO_SETTINGS, id=ids.NO_SETTINGS, size="sm"),
                        dmc.Button("Make this map", id=ids.MAKE_MAP, size="xs", display="none"),
                    ],
                    gap=8,
                )
            ),
        ],
        id=ids.MAP_SETTINGS,
        keepMounted=True,  # what is not there while its properties change would come back as it was
        width=280,
        withArrow=True,
        shadow="md",
        position="bottom-end",
        trapFocus=True,
        returnFocus=True,
    )


def register_settings(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The callbacks of the settings."""
    typed = [State(ids.setting(name), "value") for name in FIELDS]

    @first.callback(
        output=[
            *[Output(ids.setting_place(name), "hidden") for name in FIELDS],
            Output(ids.NO_SETTINGS, "display"),
            Output(ids.MAKE_MAP, "display"),
        ],
        inputs={"method": Input(ids.SCATTER_METHOD, "value")},
    )
    def show(method: str):
        """The settings that the method has."""
        used = METHOD_SETTINGS[method]
        return *[name not in used for name in FIELDS], "none" if used else "block", "block" if used else "none"

    @app.callback(
        *[Output(ids.setting(name), "error") for name in FIELDS],
        Output(ids.SCATTER_SETTINGS, "data"),
        Output(ids.MAP_SETTINGS, "opened"),
        Input(ids.MAKE_MAP, "n_clicks"),
        State(ids.SCATTER_METHOD, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        State(ids.SCATTER_SETTINGS, "data"),
        *typed,
        prevent_initial_call=True,
    )
    def make(clicks: int | None, method: str, study: dict | None, ready: list[str], before: dict | None, *values: Any):
        """Takes the settings over, beside those of the other methods, or says at the fields what is wrong with them."""
        if not clicks:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        count = engine.results.meta(study["keys"]["images"])["count"] if study and "images" in ready else None
        settings, errors = read_settings(method, dict(zip(FIELDS, values, strict=True)), count)
        told = [errors.get(name) for name in FIELDS]
        return (*told, dash.no_update, True) if errors else (*told, (before or {}) | settings, False)


def read_settings(method: str, typed: dict[str, Any], count: int | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings of a method as they were typed, those that it does not use left out; and by name what is wrong.

    Parameters
    ----------
    count : how many images there are, if that is known.
    """
    defaults = {field.name: field.default for field in fields_of(EmbeddingParams)}
    used = {name: typed[name] for name in METHOD_SETTINGS[method]}
    asked, errors = read(EmbeddingParams, defaults | used | {"method": method})
    if asked is not None and count is not None:
        errors = too_few(asked, count)
    return ({} if asked is None or errors else asked.settings), errors
