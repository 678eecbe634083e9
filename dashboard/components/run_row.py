"""How far a job is, in a panel: what is told of it, and buttons to stop it or to have it made after all."""

import dash_mantine_components as dmc
from dash import html

from dashboard.components.panel import icon


def run_row(row: str, told: str, cancel: str, retry: str | None = None, class_name: str = "scatter-run") -> html.Div:
    """The row; its parts are filled, shown and hidden by their ids."""
    buttons = [
        dmc.Button(
            "Cancel",
            id=cancel,
            color="red",
            variant="light",
            size="compact-xs",
            leftSection=icon("stop"),
            display="none",
        )
    ]
    if retry is not None:
        buttons.append(
            dmc.Button(
                "Try again", id=retry, variant="light", size="compact-xs", leftSection=icon("again"), display="none"
            )
        )
    return html.Div(
        [html.Div(id=told, className="scatter-told", role="status"), *buttons],
        id=row,
        className=class_name,
        hidden=True,
    )
