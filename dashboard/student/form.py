"""How a student is asked for: the settings, presets of them by name, and what of them stands in the address."""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import OPENS_SETTINGS, icon, label
from dashboard.first_answers import FirstAnswers
from dashboard.links import asked_in
from dashboard.new.fields import component, read
from dashboard.student import ids
from dashboard.student.asked import ROLE
from dashboard.student.settings import (
    DEFAULTS,
    FIELDS,
    PRESETS,
    differing,
    key_in_address,
    preset_of,
    read_address,
    written,
)
from workers.student_params import DistilParams

TITLES = {
    "distribution": {"uniform": "Uniform", "normal": "Normal"},
    "optimizer": {
        "adam": "Adam", "gradient-descent": "Gradient descent", "momentum": "Momentum", "lbfgs": "L-BFGS",
    },
    "init": {"zero": "Zero", "random": "Random"},
}  # fmt: skip
PLACES = [(ids.setting(name), field.prop) for name, field in FIELDS.items()]
ADDRESS = "student"  # in an address: the settings that differ
MOST_LETTERS = 40


def settings_button() -> dmc.Popover:
    """The button "Settings", and what opens under it."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(dmc.Button("Settings", size="compact-xs", variant="default")),
            dmc.PopoverDropdown(
                [
                    html.Div(
                        [
                            dmc.Select(
                                id=ids.PRESET, label="Preset", data=list(PRESETS), value="Usual", size="xs",
                                allowDeselect=False, placeholder="your own", comboboxProps={"withinPortal": False},
                            ),
                            dmc.TextInput(
                                id=ids.PRESET_NAME, label="Keep these settings as", size="xs",
                                placeholder="a name",
                            ),
                            dmc.Button("Keep", id=ids.PRESET_SAVE, size="xs", variant="light"),
                            dmc.Button(
                                "Delete this preset", id=ids.PRESET_DELETE, size="xs", variant="subtle", color="red",
                                display="none",
                            ),
                        ],
                        className="student-presets",
                    ),
                    html.Div([field_of(name) for name in FIELDS], className="new-fit student-settings"),
                ]
            ),
            dcc.Store(id=ids.OWN_PRESETS, storage_type="local"),
        ],
        id=ids.FORM,
        width=560,
        **OPENS_SETTINGS,
    )  # fmt: skip


def field_of(name: str) -> Any:
    """What a setting is chosen or typed in."""
    made = component(ids.setting(name), FIELDS[name])
    if name in TITLES:
        made.data = [{"value": value, "label": title} for value, title in TITLES[name].items()]
        made.comboboxProps = {"withinPortal": False}  # else a choice would be a click outside, which closes the form
    return made


def read_form(values: tuple) -> tuple[DistilParams | None, list[str | None]]:
    """The settings as they were typed, or None; and for each field what is wrong with it."""
    asked, errors = read(DistilParams, dict(zip(FIELDS, values, strict=True)))
    return asked, [errors.get(name) for name in FIELDS]


def register_form(app: dash.Dash, first: FirstAnswers) -> None:
    """The callbacks of settings and presets."""

    @first.once(
        output={"settings": [Output(name, prop) for name, prop in PLACES], "chosen": Output(ids.CHOSEN, "data")},
        inputs={"search": Input(shared.URL, "search"), "study": Input(shared.STUDY, "data")},
    )
    def begin(search: str | None, study: dict | None):
        """The settings and the student that the address names."""
        text = asked_in(search).get(ADDRESS)
        given, words = read_address(text)
        if words:
            tell(words)
        chosen = (study or {"keys": {}})["keys"].get(f"{ROLE}-{key_in_address(text)}")
        return {"settings": [{**DEFAULTS, **given}[name] for name in FIELDS], "chosen": chosen}

    @app.callback(
        *[Output(name, prop, allow_duplicate=True) for name, prop in PLACES],
        Input(ids.PRESET, "value"),
        State(ids.OWN_PRESETS, "data"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def fill(chosen: str | None, own: dict | None, *values: Any):
        """The settings of a preset; the seed stays."""
        held = {**PRESETS, **(own or {})}.get(chosen or "")
        now, _ = read_form(values)
        if held is None or (now is not None and preset_of(now.model_dump(), own or {}) == chosen):
            raise dash.exceptions.PreventUpdate
        seed = dict(zip(FIELDS, values, strict=True))["seed"]
        return [{**DEFAULTS, **held, "seed": seed}[name] for name in FIELDS]

    @app.callback(
        Output(shared.STUDENT, "data"),
        Output(ids.PRESET, "value", allow_duplicate=True),
        Output(ids.PRESET, "data"),
        Output(ids.PRESET_DELETE, "display"),
        Input(ids.OWN_PRESETS, "data"),
        Input(ids.SHOWN, "data"),
        *[Input(name, prop) for name, prop in PLACES],
        prevent_initial_call="initial_duplicate",
    )
    def follow(own: dict | None, shown: dict | None, *values: Any):
        """Which preset these settings are, and what of them stands in the address."""
        offered = [*PRESETS, *(own or {})]
        now, _ = read_form(values)
        if now is None:  # somebody types
            return dash.no_update, dash.no_update, offered, dash.no_update
        name = preset_of(now.model_dump(), own or {})
        return (
            written(now.model_dump(), (shown or {}).get("key")),
            name,
            offered,
            "block" if name in (own or {}) else "none",
        )

    @app.callback(
        Output(ids.OWN_PRESETS, "data", allow_duplicate=True),
        Output(ids.PRESET_NAME, "error"),
        Output(ids.PRESET_NAME, "value"),
        Input(ids.PRESET_SAVE, "n_clicks"),
        Input(ids.PRESET_DELETE, "n_clicks"),
        State(ids.PRESET_NAME, "value"),
        State(ids.PRESET, "value"),
        State(ids.OWN_PRESETS, "data"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def keep(
        _keep: int | None, _delete: int | None, name: str | None, chosen: str | None, own: dict | None, *values: Any
    ):
        """Keeps the settings by a name, or forgets those that are chosen."""
        if not dash.ctx.triggered or not dash.ctx.triggered[0]["value"]:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        held = dict(own or {})
        if dash.ctx.triggered_id == ids.PRESET_DELETE:
            held.pop(chosen or "", None)
            return held, None, dash.no_update
        wanted = (name or "").strip()[:MOST_LETTERS]
        now, _ = read_form(values)
        if not wanted or wanted in PRESETS:
            return dash.no_update, "must be a name of your own", dash.no_update
        if now is None:
            return dash.no_update, "some settings cannot be used yet", dash.no_update
        return held | {wanted: differing(now.model_dump())}, None, ""


def generate_button() -> dmc.Button:
    return dmc.Button(
        "Generate & train", id=ids.GENERATE, size="compact-xs", leftSection=icon("again"), disabled=True,
        **label("Draw neighbours of the image, and train a student on them"),
    )  # fmt: skip
