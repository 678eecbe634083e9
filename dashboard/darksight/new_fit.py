"""Asks for further DarkSight maps: with settings of one's own, with another seed, at another temperature. What is asked for is
shown at once, in the making."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK
from dashboard.components.notices import tell
from dashboard.components.panel import OPENS_SETTINGS, icon, label
from dashboard.darksight import ids
from dashboard.darksight.fits import ask_for, fits_of, params_of
from dashboard.links import study_data
from dashboard.new.fields import component, fields_of, read
from workers.darksight_params import EFFORTS, DarkSightParams
from workers.engine import Engine
from workers.jobs import UnknownJob

PLACES = ("fits", "map")  # panels that `new_fit_button` may stand in
TOO_FEW = "Choose two or more, or none for all."
NOT_YET = "A map can be made when the predictions are there."

FIELDS = {field.name: field for field in fields_of(DarkSightParams) if field.name != "classes"}
TITLES = {  # of the choices of a field
    "effort": EFFORTS,
    "conditional": {"t": "Student-t", "gaussian": "Normal"},
    "optimizer": {"joint": "Together", "coordinate": "By turns"},
    "split": {"test": "Test", "train": "Train"},
}
# Each a quarter more than the one before, rounded; those with a name stand at the slider.
TEMPERATURES = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0, 10.0, 12.5, 16.0, 20.0)
NAMED = (1.0, 2.0, 5.0, 10.0, 20.0)


def new_fit_button(place: str = "fits") -> dmc.Popover:
    """The button "New map", and the settings that open under it; `place` is one of `PLACES`, each of which has one."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(dmc.Button("New map", size="compact-xs", variant="light")),
            dmc.PopoverDropdown(
                [
                    html.Div([field_of(place, name) for name in FIELDS] + [classes_of(place)], className="new-fit"),
                    dmc.Button("Make this map", id=ids.new_fit(place, "make"), size="xs", mt=10),
                ]
            ),
        ],
        id=ids.new_fit(place, "form"),
        width=440,
        **OPENS_SETTINGS,
    )


def field_of(place: str, name: str) -> Any:
    """What a setting is chosen or typed in."""
    made = component(ids.new_setting(place, name), FIELDS[name])
    if name in TITLES:
        made.data = [{"value": value, "label": title} for value, title in TITLES[name].items()]
        made.comboboxProps = {"withinPortal": False}  # else a choice would be a click outside, which closes the form
    return made


def classes_of(place: str) -> dmc.MultiSelect:
    """What the classes are chosen in."""
    return dmc.MultiSelect(
        id=ids.new_setting(place, "classes"),
        label="Classes",
        description="Only these: images with less than 0.05 in them are hidden, and counted.",
        placeholder="all",
        data=[],
        value=[],
        size="xs",
        searchable=True,
        clearable=True,
        maxDropdownHeight=160,
        comboboxProps={"withinPortal": False},
    )


def restart_button(place: str = "fits") -> dmc.Button:
    """Asks for the shown map with a seed that it has not been made with."""
    return dmc.Button(
        "Another seed",
        id=ids.new_fit(place, "restart"),
        size="compact-xs",
        variant="light",
        leftSection=icon("again"),
        **label("The shown map, restarted with another seed"),
    )


def temperature_slider(place: str = "fits") -> html.Div:
    """Asks for the shown map at the temperature at which it is let go."""
    marks: Any = [
        {"value": number, "label": f"{at:g}" if at in NAMED else ""} for number, at in enumerate(TEMPERATURES)
    ]
    return html.Div(
        [
            "Temperature",
            dmc.Slider(
                id=ids.new_fit(place, "temperature"),
                min=0,
                max=len(TEMPERATURES) - 1,
                value=0,
                marks=marks,
                size="sm",
                label=None,
                updatemode="mouseup",  # a map is asked for when it is let go
                restrictToMarks=True,
                thumbLabel="Temperature of the map",
                className="temperature-slider",
            ),
        ],
        className="temperature",
    )


def register_new_fit(app: dash.Dash, engine: Engine) -> None:
    """The callbacks of what asks for maps, in every place."""
    for place in PLACES:
        register_form(app, engine, place)
        register_restart(app, engine, place)
        register_temperature(app, engine, place)


def register_form(app: dash.Dash, engine: Engine, place: str) -> None:
    typed = [State(ids.new_setting(place, name), field.prop) for name, field in FIELDS.items()]

    @app.callback(
        *[
            Output(ids.new_setting(place, name), field.prop, allow_duplicate=True)
            for name, field in FIELDS.items()
        ],
        Output(ids.new_setting(place, "classes"), "data"),
        Output(ids.new_setting(place, "classes"), "value", allow_duplicate=True),
        Input(ids.new_fit(place, "form"), "opened"),
        State(ids.FITS, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def fill(opened: bool | None, key: str | None, study: dict | None, ready: list[str]):
        """The settings of the shown map, to begin with."""
        if not opened or study is None or "images" not in ready:
            raise dash.exceptions.PreventUpdate
        asked = shown_params(engine, key)
        names = engine.results.meta(study["keys"]["images"])["class_names"]
        offered = [{"value": str(number), "label": name} for number, name in enumerate(names)]
        return *[getattr(asked, name) for name in FIELDS], offered, [str(number) for number in asked.classes or ()]

    @app.callback(
        *[Output(ids.new_setting(place, name), "error") for name in (*FIELDS, "classes")],
        Output(ids.new_fit(place, "form"), "opened"),
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.FITS, "value", allow_duplicate=True),
        Input(ids.new_fit(place, "make"), "n_clicks"),
        State(ids.new_setting(place, "classes"), "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        *typed,
        prevent_initial_call=True,
    )
    def make(clicks: int | None, classes: list[str] | None, study: dict | None, ready: list[str], *values: Any):
        """Asks for the map, or says at the fields what is wrong with them."""
        if not clicks:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        n_classes = engine.results.meta(study["keys"]["images"])["n_classes"] if study and "images" in ready else 0
        asked, errors = read_settings(dict(zip(FIELDS, values, strict=True)), classes or (), n_classes)
        told = [errors.get(name) for name in (*FIELDS, "classes")]
        if asked is None:
            return *told, dash.no_update, dash.no_update, dash.no_update
        return *told, False, *asked_now(engine, study, ready, asked)


def register_restart(app: dash.Dash, engine: Engine, place: str) -> None:
    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.FITS, "value", allow_duplicate=True),
        Input(ids.new_fit(place, "restart"), "n_clicks"),
        State(ids.FITS, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def restart(clicks: int | None, key: str | None, study: dict | None, ready: list[str]):
        """The shown map with the next seed."""
        if not clicks or study is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        asked = shown_params(engine, key)
        seed = next_seed(asked, params_in(engine, study["keys"]))
        return asked_now(engine, study, ready, changed(asked, seed=seed))


def register_temperature(app: dash.Dash, engine: Engine, place: str) -> None:
    slider = ids.new_fit(place, "temperature")

    @app.callback(
        Output(slider, "value"),
        Input(ids.FITS, "value"),
    )
    def follow(key: str | None):
        """That of the shown map, or the nearest to it."""
        return nearest(shown_params(engine, key).temperature)

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.FITS, "value", allow_duplicate=True),
        Input(slider, "value"),
        State(ids.FITS, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def heat(number: int | None, key: str | None, study: dict | None, ready: list[str]):
        """The shown map at this temperature."""
        asked = shown_params(engine, key)
        if key is None or number is None or number == nearest(asked.temperature):  # it only followed the shown map
            raise dash.exceptions.PreventUpdate
        return asked_now(engine, study, ready, changed(asked, temperature=TEMPERATURES[number]))


def asked_now(engine: Engine, study: Mapping[str, Any] | None, ready: Sequence[str], asked: DarkSightParams) -> tuple:
    """Has a map made: the study with it, and its key, which is what is shown now. What stands in the way is told."""
    if study is None or "predictions" not in ready:
        tell(NOT_YET)
        return dash.no_update, dash.no_update
    try:
        added, key = ask_for(engine, study, asked)
    except CANNOT_ASK as error:
        tell(f"This map cannot be made: {error}.")
        return dash.no_update, dash.no_update
    return study_data(added), key


def shown_params(engine: Engine, key: str | None) -> DarkSightParams:
    """What the shown map was asked for with; where there is none, or nobody knows any more, the defaults."""
    try:
        return params_of(engine, key) if key else DarkSightParams()
    except UnknownJob:
        return DarkSightParams()


def params_in(engine: Engine, keys: Mapping[str, str]) -> list[DarkSightParams]:
    """What the maps of a study were asked for with."""
    found = []
    for key in fits_of(keys):
        try:
            found.append(params_of(engine, key))
        except UnknownJob:
            continue
    return found


def changed(asked: DarkSightParams, **settings: Any) -> DarkSightParams:
    """The same with other settings, checked."""
    return DarkSightParams.model_validate(asked.model_dump() | settings)


def next_seed(asked: DarkSightParams, known: Sequence[DarkSightParams]) -> int:
    """The lowest seed with which a map has not been asked for yet, its other settings being the same."""
    used = {each.seed for each in (asked, *known) if changed(each, seed=asked.seed) == asked}
    return min(set(range(len(used) + 1)) - used)


def nearest(temperature: float) -> int:
    """The place on the slider of the nearest temperature: half is as far as double."""
    ratios = [each / temperature for each in TEMPERATURES]
    return min(range(len(ratios)), key=lambda number: max(ratios[number], 1 / ratios[number]))


def read_settings(
    typed: Mapping[str, Any], classes: Sequence[str], n_classes: int
) -> tuple[DarkSightParams | None, dict[str, str]]:
    """The settings as they were typed, or None; and by name what is wrong with them. All classes are as good as none."""
    chosen = None if len(set(classes)) in (0, n_classes) else [int(number) for number in classes]
    wrong = {"classes": TOO_FEW} if chosen is not None and len(set(chosen)) < 2 else {}
    asked, errors = read(DarkSightParams, typed, {"classes": None if wrong else chosen})
    errors |= wrong
    return (None if errors else asked), errors
