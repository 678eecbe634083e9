"""The images of the selection as a table: AG Grid, with rows that `assets/table.js` makes of the arrays that the page has."""

from typing import Any

import dash
import dash_ag_grid
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.panel import empty, label
from dashboard.links import chosen_by_outcome, picked_selection
from dashboard.teacher import ids
from workers.engine import Engine

ORIGIN = "table"
SCRIPT = next(script for script in dash_ag_grid._js_dist if script["relative_package_path"] == "dash_ag_grid.min.js")

# As much script as all else but plotly.js, which most pages never need: it is served, but no part of the page.
SCRIPT["dynamic"] = True

# The page's own colours, which follow its colour scheme.
THEME = """themeQuartz.withParams({
    backgroundColor: 'var(--darkroom-surface)', foregroundColor: 'var(--darkroom-text)', borderColor: 'var(--darkroom-line)',
    accentColor: 'var(--darkroom-accent)', headerTextColor: 'var(--darkroom-soft)', browserColorScheme: 'inherit',
    headerBackgroundColor: 'var(--darkroom-surface)', fontFamily: 'inherit', fontSize: 12, headerFontSize: 11, spacing: 4,
    wrapperBorder: false, wrapperBorderRadius: 0
})"""


def table_place() -> list:
    """Where the table comes when it is wanted, and what it takes."""
    return [
        html.Div(
            [html.Div(id=ids.TABLE_PLACE, className="image-rows"), empty(ids.TABLE_EMPTY, "")],
            id=ids.TABLE_BOX,
            className="image-table",
            style={"display": "none"},
        ),
        dcc.Store(id=ids.TABLE_SCRIPT, data="/_dash-component-suites/dash_ag_grid/dash_ag_grid.min.js"),
        dcc.Store(id=ids.TABLE_LOADED),
        dcc.Store(id=ids.TABLE_AGAIN),
        dcc.Store(id=ids.TABLE_PICKED),
    ]


def table_itself() -> list:
    """The table and what can be done with its rows; which are ticked is known in the browser only."""
    return [
        html.Div(
            [
                html.Span(id=ids.TABLE_WORDS, className="table-words"),
                *(
                    dmc.Button(text, id=button_id, size="compact-xs", variant="light", disabled=True)
                    for text, button_id in (
                        ("Select ticked", ids.TABLE_TICKED),
                        ("Select filtered", ids.TABLE_FILTERED),
                    )
                ),
            ],
            className="table-bar",
        ),
        html.Div(
            dash_ag_grid.AgGrid(
                id=ids.IMAGE_TABLE,
                columnDefs=columns(),
                defaultColDef={
                    "resizable": True,
                    "floatingFilter": True,
                    "suppressHeaderMenuButton": True,
                    "minWidth": 62,
                },
                getRowId="params.data.id.toString()",
                dashGridOptions={
                    "theme": {"function": THEME},
                    "rowSelection": {
                        "mode": "multiRow",
                        "checkboxes": True,
                        "headerCheckbox": True,
                        "selectAll": "filtered",
                        "enableClickSelection": False,
                    },
                    "selectionColumnDef": {"width": 40, "minWidth": 40, "maxWidth": 40, "resizable": False},
                    "animateRows": False,
                    "enableBrowserTooltips": True,
                    "suppressNoRowsOverlay": True,
                },
                style={"height": "100%"},
            ),
            className="table-rows",
            role="region",
            **label("Table of images"),
        ),
        dcc.Store(id=ids.TABLE_PAINTED),
    ]


def columns() -> list[dict[str, Any]]:
    """The columns: id, split, classes, right or wrong, and how sure the teacher is. Names are text to AG Grid."""

    def column(field: str, width: int, tooltip: str, **more: Any) -> dict[str, Any]:
        return {"field": field, "headerName": field, "flex": width, "headerTooltip": tooltip, **more}

    number = {"filter": "agNumberColumnFilter"}
    buttons = ("suppressFloatingFilterButton", "suppressHeaderFilterButton")
    text = {"filter": "agTextColumnFilter", **dict.fromkeys(buttons, True)}  # what is typed is looked for
    four = {"valueFormatter": {"function": "params.value == null ? '' : d3.format('.4f')(params.value)"}}
    return [
        column("id", 72, "number of the image", **number),
        column("split", 54, "train or test", **text),
        column("true", 90, "true class", **text, tooltipField="true"),
        column("predicted", 90, "class that the teacher predicts", **text, tooltipField="predicted"),
        column("right", 58, "right or wrong", **text),
        column("confidence", 94, "probability of the predicted class", **number, **four),
        column("entropy", 84, "entropy of the probabilities, in bits", **number, **four),
        column("margin", 80, "probability of the predicted class, less that of the second", **number, **four),
    ]


def register_table(app: dash.Dash, engine: Engine) -> None:
    """The table's callbacks."""
    app.clientside_callback(
        ClientsideFunction("darkroom", "loadTable"),
        Output(ids.TABLE_LOADED, "data"),
        Input(ids.GRID_AS, "value"),
        State(ids.TABLE_SCRIPT, "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.TABLE_PLACE, "children"),
        Input(ids.TABLE_LOADED, "data"),
        prevent_initial_call=True,
    )
    def lay_out(loaded: bool | None):
        """The table, once its script is there."""
        return table_itself() if loaded else dash.no_update

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawTable"),
        Output(ids.TABLE_PAINTED, "data"),
        Input(ids.GRID_SOURCE, "data"),
        Input(shared.SELECTION, "data"),
        Input(ids.SPLIT, "value"),
        Input(shared.FOCUS, "data"),
        Input(ids.GRID_AS, "value"),
        Input(ids.TABLE_AGAIN, "data"),
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "pickRows"),
        Output(ids.TABLE_PICKED, "data"),
        Input(ids.TABLE_TICKED, "n_clicks"),
        Input(ids.TABLE_FILTERED, "n_clicks"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.TABLE_PICKED, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        State(shared.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def select(picked: dict | None, split: str, study: dict | None, before: dict | None):
        """The images whose rows were ticked or passed the filters; the rows were those of the selection before."""
        by_outcome = bool(picked and picked["by_outcome"]) or chosen_by_outcome(before, study)
        return picked_selection(engine, picked, study, ORIGIN, by_outcome=by_outcome, split=split) or dash.no_update
