"""How explanations are asked for: the methods, and the settings of re-label distillation."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, html

from dashboard import ids as shared
from dashboard.components.panel import OPENS_SETTINGS
from dashboard.explain import ids
from dashboard.explain.asked import map_layers
from dashboard.new.fields import component, fields_of, read
from workers.engine import Engine
from workers.explain_params import METHODS, TITLES, ExplainingParams, ExplainParams, RankParams

FIELDS = {field.name: field for field in fields_of(ExplainParams) if field.name not in ("methods", "layer", "number")}
PLACES = [
    (ids.METHODS, "value"),
    (ids.LAYER, "value"),
    *[(ids.setting(name), field.prop) for name, field in FIELDS.items()],
]
NAMES = ("methods", "layer", *FIELDS)
CHOICES = {"plane": {"pca": "Principal components", "tsne": "t-SNE"}}
NO_METHODS = "choose a method or more"


def settings_button() -> dmc.Popover:
    """The button "Methods", and what opens under it."""
    inside: Any = {"withinPortal": False}  # else a choice would be a click outside, which closes the form
    return dmc.Popover(
        [
            dmc.PopoverTarget(dmc.Button("Methods", size="compact-xs", variant="default")),
            dmc.PopoverDropdown(
                [
                    dmc.MultiSelect(
                        id=ids.METHODS, label="Methods", size="xs", value=list(METHODS), comboboxProps=inside,
                        data=[{"value": name, "label": TITLES[name]} for name in METHODS], clearable=True,
                        description="Two controls, which know nothing of the teacher, are made beside.",
                    ),
                    dmc.Select(
                        id=ids.LAYER, label="Layer of class activation maps", size="xs", data=[], value=None, mt=8,
                        placeholder="the last one", comboboxProps=inside, clearable=True, searchable=True,
                    ),
                    html.Div([field_of(name) for name in FIELDS], className="new-fit explain-settings"),
                ]
            ),
        ],
        width=560,
        **OPENS_SETTINGS,
    )  # fmt: skip


def field_of(name: str) -> Any:
    """What a setting is chosen or typed in."""
    made = component(ids.setting(name), FIELDS[name])
    if name in CHOICES:
        made.data = [{"value": value, "label": title} for value, title in CHOICES[name].items()]
        made.comboboxProps = {"withinPortal": False}
    return made


def read_form(values: tuple, of: Mapping[str, Any]) -> tuple[ExplainingParams | None, list[str | None]]:
    """What is asked for as it was typed, or None, and for each field what is wrong with it.

    Parameters
    ----------
    of : {"number"} of an image, or {"numbers"} of several.
    """
    typed = dict(zip(NAMES, values, strict=True))
    if not typed["methods"]:
        return None, [NO_METHODS, *[None] * (len(NAMES) - 1)]
    chosen = {"methods": typed["methods"], "layer": typed["layer"] or ""}
    asked, errors = read(ExplainParams if "number" in of else RankParams, typed, chosen | dict(of))
    return asked, [errors.get(name) if name in FIELDS else None for name in NAMES]


def register_form(app: dash.Dash, engine: Engine) -> None:
    """Which layers there are."""

    @app.callback(
        Output(ids.LAYER, "data"),
        Output(ids.LAYER, "value"),
        Input(shared.READY, "data"),
        State(shared.STUDY, "data"),
        State(ids.LAYER, "value"),
    )
    def offer(ready: list[str], study: dict | None, chosen: str | None):
        """The layers of the study's teacher; a choice of another's is dropped."""
        layers = map_layers(engine, study["keys"]) if study is not None and "teacher" in ready else []
        return layers, chosen if chosen in [layer["value"] for layer in layers] else None
