"""The workspace: the views that are shown, one alone or several side by side. A view that is not shown is not there at all:
it costs nothing, and fills itself from the stores when it comes back."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids
from dashboard.components.panel import icon, label
from dashboard.links import asked_in
from dashboard.views import VIEWS, known_views


def navigation() -> html.Nav:
    """A button for each view, which shows it alone, and a smaller one, which shows or hides it beside the others."""
    return html.Nav(
        [
            html.Div(
                [
                    html.Button(
                        [view.title, html.Span(id=ids.nav_badge(view.name), className="nav-badge")],
                        id=ids.nav(view.name),
                        className="nav-alone",
                        title=view.purpose,
                    ),
                    dmc.ActionIcon(
                        icon("beside"),
                        id=ids.nav_beside(view.name),
                        variant="subtle",
                        color="gray",
                        size="sm",
                        className="nav-beside",
                        **label(f"{view.title} beside the others, or no longer"),
                    ),
                ],
                id=ids.nav_item(view.name),
                className="nav-item",
            )
            for view in VIEWS
        ],
        **label("Views"),
    )


def workspace(shown: Sequence[str]) -> html.Main:
    """A place for each view, in the order of the navigation; those that are not shown are empty."""
    return html.Main(
        [
            html.Div(
                view.layout() if view.name in shown else [],
                id=ids.pane(view.name),
                className="pane",
                hidden=view.name not in shown,
            )
            for view in VIEWS
        ]
        + [dcc.Store(id=store) for view in VIEWS for store in view.kept]
        + [dcc.Store(id=ids.WORKSPACE, data=list(shown))]
    )


def register(app: dash.Dash) -> None:
    """The callbacks of navigation and workspace."""

    @app.callback(
        Output(ids.WORKSPACE, "data"),
        Input(ids.URL, "search"),
        State(ids.WORKSPACE, "data"),
        prevent_initial_call=True,
    )
    def restore(search: str | None, shown: list[str]) -> Any:
        """The views that the address names."""
        wanted = known_views(asked_in(search).get("views"))
        return dash.no_update if wanted == shown else wanted

    app.clientside_callback(
        ClientsideFunction("darkroom", "navigate"),
        Output(ids.WORKSPACE, "data", allow_duplicate=True),
        [Input(ids.nav(view.name), "n_clicks") for view in VIEWS],
        [Input(ids.nav_beside(view.name), "n_clicks") for view in VIEWS],
        State(ids.WORKSPACE, "data"),
        prevent_initial_call=True,
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "markNavigation"),
        [Output(ids.nav_item(view.name), "className") for view in VIEWS],
        Input(ids.WORKSPACE, "data"),
    )

    @app.callback(
        output={
            view.name: (Output(ids.pane(view.name), "children"), Output(ids.pane(view.name), "hidden"))
            for view in VIEWS
        },
        inputs={
            "shown": Input(ids.WORKSPACE, "data"),
            "hidden": {view.name: State(ids.pane(view.name), "hidden") for view in VIEWS},
        },
        prevent_initial_call=True,
    )
    def show(shown: list[str], hidden: dict[str, bool]) -> dict[str, tuple[Any, Any]]:
        """Lays out what is newly shown and takes away what no longer is; what stays is left alone."""
        return panes(shown, hidden)


def panes(shown: list[str], hidden: Mapping[str, bool]) -> dict[str, tuple[Any, Any]]:
    """Children and `hidden` of each pane by view, no updates where nothing changes."""
    changes: dict[str, tuple[Any, Any]] = {}
    for view in VIEWS:
        wanted = view.name in shown
        kept = wanted != hidden[view.name]
        changes[view.name] = (dash.no_update, dash.no_update) if kept else (view.layout() if wanted else [], not wanted)
    return changes
