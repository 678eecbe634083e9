"""The menu beside the study picker: what the study can do, a copy with other settings, and its file."""

import time
from collections.abc import Mapping

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard import ids
from dashboard.abilities import Need, lacking, told, verdict
from dashboard.components.notices import tell
from dashboard.components.panel import icon, label
from dashboard.new import ids as new_ids
from dashboard.views import TITLED_PARTS
from workers.engine import Engine
from workers.jobs import UnknownJob
from workers.study_file import as_text


def menu() -> dmc.Menu:
    """The menu, for the header."""
    return dmc.Menu(
        [
            dmc.MenuTarget(
                dmc.ActionIcon(icon("more"), id=ids.STUDY_MENU, variant="subtle", color="gray", **label("This study"))
            ),
            dmc.MenuDropdown(
                [
                    dmc.MenuItem("What it can do", id=ids.STUDY_CAN),
                    dmc.MenuItem("Duplicate with other settings", id=ids.STUDY_COPY),
                    dmc.MenuItem("Save as a study file", id=ids.STUDY_SAVE),
                ]
            ),
        ],
        keepMounted=True,  # items that came anew would count their clicks anew
        position="bottom-start",
        shadow="md",
    )


def window() -> dmc.Modal:
    """What the study can do; filled when it is opened."""
    return dmc.Modal(id=ids.STUDY_ABILITIES, title="What this study can do", size="lg", closeButtonProps=label("Close"))


def register(app: dash.Dash, engine: Engine) -> None:
    """The callbacks of the menu."""

    @app.callback(
        Output(ids.STUDY_ABILITIES, "children"),
        Output(ids.STUDY_ABILITIES, "opened"),
        Input(ids.STUDY_CAN, "n_clicks"),
        State(ids.STUDY, "data"),
        prevent_initial_call=True,
    )
    def show(_: int, study: dict | None):
        if study is None:
            tell("There is no study yet; press New study.")
            return dash.no_update, False
        return abilities(lacking(engine, study["keys"])), True

    @app.callback(
        Output(new_ids.DUPLICATE, "data"),
        Input(ids.STUDY_COPY, "n_clicks"),
        State(ids.STUDY, "data"),
        prevent_initial_call=True,
    )
    def copy(_: int, study: dict | None):
        """Opens the form with the study's settings."""
        return {"study": study["id"], "at": time.time()} if study else dash.no_update

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.STUDY_SAVE, "n_clicks"),
        State(ids.STUDY, "data"),
        prevent_initial_call=True,
    )
    def save(_: int, study: dict | None):
        """The study as a file that `app.py --study` begins anew."""
        if study is None:
            return dash.no_update
        try:
            jobs = engine.jobs.by_role(study["keys"])
        except UnknownJob as error:
            tell(f"The study cannot be saved: {error}.")
            return dash.no_update
        asked = {role: (known.kind, known.params, known.place) for role, known in jobs.items()}
        return dcc.send_string(as_text(study["title"], asked), "study.toml")


def abilities(reasons: Mapping[Need, str]) -> list[html.Section]:
    """What a study has, and what each view can do with it, a table each."""
    return [
        html.Section(
            [
                html.H3(f"{title} view" if title else "It has"),
                html.Table([row(name, why) for name, why in rows.items()], className="abilities"),
            ],
            className="abilities-part",
        )
        for title, rows in told(TITLED_PARTS, reasons)
    ]


def row(name: str, why: str) -> html.Tr:
    """A line: what it is, and yes, or why not."""
    return html.Tr([html.Td(name[0].upper() + name[1:]), html.Td(verdict(why), className="no" if why else "yes")])
