"""The settings of a map, behind a button: those of the chosen method, made from the parameters of its job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.components.panel import OPENS_SETTINGS, icon, label
from dashboard.first_answers import FirstAnswers
from dashboard.maps import too_few
from dashboard.new.fields import component, fields_of, read
from workers.engine import Engine
from workers.params import METHOD_SETTINGS, EmbeddingParams

NO_SETTINGS = "PCA has no settings: it comes out the same every time."

FIELDS = {
    field.name: field for field in fields_of(EmbeddingParams) if field.name in set().union(*METHOD_SETTINGS.values())
}


@dataclass(frozen=True)
class SettingsPlace:
    """The ids of the settings of one map of the page; its name begins all of them."""

    name: str

    @property
    def popover(self) -> str:
        return f"{self.name}-settings"

    @property
    def make(self) -> str:
        """The button that has the map made."""
        return f"{self.name}-make"

    @property
    def none(self) -> str:
        """What is said of a method without settings."""
        return f"{self.name}-no-settings"

    def setting(self, name: str) -> str:
        """The input of a setting."""
        return f"{self.name}-{name.replace('_', '-')}"

    def holder(self, name: str) -> str:
        """What holds it, and is hidden where the method does without."""
        return f"{self.setting(name)}-place"

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """Ids and properties that are there again when the view comes back."""
        return tuple((self.setting(name), "value") for name in FIELDS)


def settings_button(place: SettingsPlace, drawing: str, says: str, before: Sequence[Any] = ()) -> dmc.Popover:
    """The button and what opens under it.

    Parameters
    ----------
    drawing, says : icon and words of the button.
    before : further controls, above the settings.
    """
    return dmc.Popover(
        [
            dmc.PopoverTarget(dmc.ActionIcon(icon(drawing), variant="subtle", color="gray", size="sm", **label(says))),
            dmc.PopoverDropdown(
                dmc.Stack(
                    [
                        *before,
                        *[
                            html.Div(component(place.setting(name), field), id=place.holder(name), hidden=True)
                            for name, field in FIELDS.items()
                        ],
                        dmc.Text(NO_SETTINGS, id=place.none, size="sm"),
                        dmc.Button("Make this map", id=place.make, size="xs", display="none"),
                    ],
                    gap=8,
                )
            ),
        ],
        id=place.popover,
        width=280,
        **OPENS_SETTINGS,
    )


def register_settings(
    app: dash.Dash, engine: Engine, first: FirstAnswers, place: SettingsPlace, method_id: str, store: str, *, bare: bool
) -> None:
    """The callbacks of the settings.

    Parameters
    ----------
    method_id, store : of the control that says which method, and of the store that the settings are taken over into.
    bare : whether a method without settings is made by the button too; else it is made when it is chosen.
    """
    typed = [State(place.setting(name), "value") for name in FIELDS]

    @first.callback(
        output=[
            *[Output(place.holder(name), "hidden") for name in FIELDS],
            Output(place.none, "display"),
            Output(place.make, "display"),
        ],
        inputs={"method": Input(method_id, "value")},
    )
    def show(method: str):
        """The settings that the method has."""
        used = METHOD_SETTINGS[method]
        shown = [name not in used for name in FIELDS]
        return *shown, "none" if used else "block", "block" if used or bare else "none"

    @app.callback(
        *[Output(place.setting(name), "error") for name in FIELDS],
        Output(store, "data"),
        Output(place.popover, "opened"),
        Input(place.make, "n_clicks"),
        State(method_id, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        State(store, "data"),
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
