"""The workspace: the views that are shown, one alone or several side by side. A view that is not shown is not there at all:
it costs nothing, and fills itself from the stores when it comes back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.components.panel import icon, label
from dashboard.first_answers import FirstAnswers
from dashboard.links import SHOWN, asked_in
from dashboard.views import VIEWS, known_views

HELD = (*SHOWN, ids.READY)  # stores that views are filled from
KEPT = tuple(place for view in VIEWS for place in view.kept)


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
        + [dcc.Store(id=ids.WORKSPACE, data=list(shown)), dcc.Store(id=ids.KEPT)]
    )


def register(app: dash.Dash, first: FirstAnswers, report: Callable[[Exception], None]) -> None:
    """The callbacks of navigation and workspace; what goes wrong while a view is laid out is reported."""

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
        }
        | {"kept": Output(ids.KEPT, "data")},
        inputs={
            "shown": Input(ids.WORKSPACE, "data"),
            "hidden": {view.name: State(ids.pane(view.name), "hidden") for view in VIEWS},
            "held": [State(store, "data") for store in HELD],
            "kept": State(ids.KEPT, "data"),
            "set_now": [State(name, prop, allow_optional=True) for name, prop in KEPT],
        },
        prevent_initial_call=True,
    )
    def show(
        shown: list[str], hidden: dict[str, bool], held: list, kept: dict[str, Any] | None, set_now: list
    ) -> dict[str, Any]:
        """Lays out what is newly shown, filled and set as it was when it went, and takes away what no longer is shown;
        what stays is left alone."""
        changes = panes(shown, hidden)
        going = {place for view in VIEWS if changes[view.name][1] is True for place in view.kept}
        left = {
            place[0]: value for place, value in zip(KEPT, set_now, strict=True) if place in going and value is not None
        }
        kept = (kept or {}) | left
        known = {(store, "data"): data for store, data in zip(HELD, held, strict=True)}
        for view in VIEWS:
            laid = changes[view.name][0]
            if not isinstance(laid, Component):
                continue
            for name, prop in view.kept:
                if name in kept:
                    setattr(laid[name], prop, kept[name])
            for error in first.lay(laid, known):
                report(error)
        return changes | {"kept": kept if left else dash.no_update}


def panes(shown: list[str], hidden: Mapping[str, bool]) -> dict[str, tuple[Any, Any]]:
    """Children and `hidden` of each pane by view, no updates where nothing changes."""
    changes: dict[str, tuple[Any, Any]] = {}
    for view in VIEWS:
        wanted = view.name in shown
        kept = wanted != hidden[view.name]
        changes[view.name] = (dash.no_update, dash.no_update) if kept else (view.layout() if wanted else [], not wanted)
    return changes
