"""What is taken along: tables, and the names of files."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dash
from dash import Input, Output, State, dcc

from dashboard.components.notices import tell


def to_csv(header: Sequence[str], rows: Iterable[Sequence]) -> str:
    """A table as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def file_name(what: str, of: str) -> str:
    """The name of a file, without its ending, of what there is of something that a person has named: "ids", "4 taken for 9"."""
    return f"{what}-" + (re.sub(r"[^\w.]+", "-", of).strip("-.") or "selection")


def register_table(
    app: dash.Dash, button: str, source: str, download: str, before: str, name: str, table: Callable[[Any], str | None]
) -> None:
    """The callback of a button that gives a table of what a view shows.

    Parameters
    ----------
    button, source, download : ids of the button, of the store that says what is shown, and of the view's download.
    before : what has to be first, as the end of "There is nothing to export before ...".
    name : of the file.
    table : of what the store holds, the CSV; or None, where there is none of that.
    """

    @app.callback(
        Output(download, "data", allow_duplicate=True),
        Input(button, "n_clicks"),
        State(source, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, shown: Any):
        """The table, or what is missing for it."""
        if not clicks:  # the view was laid out
            return dash.no_update
        content = None if shown is None else table(shown)
        if content is None:
            tell(f"There is nothing to export before {before}.")
            return dash.no_update
        return dcc.send_string(content, name)
