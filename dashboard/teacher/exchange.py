"""The menu that takes image numbers out of the page and brings others in."""

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import label
from dashboard.components.reading import MOST_BYTES, Reading, reader, reading_fields, text_of
from dashboard.components.tables import file_name
from dashboard.image_ids import as_csv, as_json, read_ids, unknown_words
from dashboard.links import chosen_by_outcome, fitting, put
from dashboard.teacher import ids
from dashboard.teacher.sets import select
from dashboard.teacher.tables import selected_ids
from workers.engine import Engine

FIELDS = Reading(ids.EXCHANGE_FILE, ids.EXCHANGE_TEXT, ids.EXCHANGE_BUTTON, ids.EXCHANGE_WORDS)


def exchange_menu() -> dmc.Popover:
    """The button, and what it opens."""
    out = html.Div(
        [
            html.Span("Take along: "),
            dmc.Button("CSV", id=ids.EXCHANGE_CSV, size="compact-xs", variant="light", **label("Ids as CSV")),
            dmc.Button("JSON", id=ids.EXCHANGE_JSON, size="compact-xs", variant="light", **label("Ids as JSON")),
        ],
        className="exchange-out",
    )
    hint = dmc.Text(
        'CSV with a column image or id, JSON ([1, 2] or {"images": …, "ids": […]}), or plain numbers; up to '
        f"{MOST_BYTES // 1_000_000} MB.",
        size="xs",
        c="dimmed",
        mt=8,
    )
    fields = reading_fields(FIELDS, "a file of ids", "them: 12, 40-50", "Ids to select", "Select these")
    return reader("Image ids", [out, *fields, hint], "bottom-end")


def register_exchange(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.EXCHANGE_CSV, "n_clicks"),
        Input(ids.EXCHANGE_JSON, "n_clicks"),
        State(ids.SPLIT, "value"),
        State(shared.SELECTION, "data"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(_csv: int, _json: int, split: str, selection: dict | None, study: dict | None, ready: list[str]):
        """The numbers of the selected images; without a selection, of all images of the split."""
        if not ctx.triggered[0]["value"]:  # the view has only just been laid out
            return dash.no_update
        if study is None or "images" not in ready:
            tell("There is nothing to export before the images are there.")
            return dash.no_update
        images, selection = study["keys"]["images"], fitting(selection, study)
        meta = engine.results.meta(images)
        split = split if meta["n_train"] else "test"  # where nothing is kept for training, all is test
        numbers = selected_ids(engine, images, selection, split)
        name = file_name("ids", selection["label"] if selection else f"all {split}")
        if ctx.triggered_id == ids.EXCHANGE_CSV:
            return dcc.send_string(as_csv(numbers), f"{name}.csv")
        by_outcome = chosen_by_outcome(selection, study)
        return dcc.send_string(as_json(images, numbers, by_outcome=by_outcome), f"{name}.json")

    @app.callback(
        Output(ids.EXCHANGE_WORDS, "children"),
        Output(ids.EXCHANGE_FILE, "contents"),
        Input(ids.EXCHANGE_FILE, "contents"),
        State(ids.EXCHANGE_FILE, "filename"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def read_file(contents: str | None, name: str | None, study: dict | None, ready: list[str]):
        """The images that a file names. Its contents are cleared, so that the same file can be read again."""
        if not contents:  # the view has only just been laid out
            raise dash.exceptions.PreventUpdate
        text = text_of(contents)
        if text is None:
            return f"{name} is no text file; nothing is selected.", None
        return read(engine, text, name or "a file", study, ready), None

    @app.callback(
        Output(ids.EXCHANGE_WORDS, "children", allow_duplicate=True),
        Input(ids.EXCHANGE_BUTTON, "n_clicks"),
        State(ids.EXCHANGE_TEXT, "value"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def read_text(clicks: int | None, text: str | None, study: dict | None, ready: list[str]):
        """The images whose numbers were pasted."""
        if not clicks:  # the view has only just been laid out
            raise dash.exceptions.PreventUpdate
        return read(engine, text or "", "pasted ids", study, ready)


def read(engine: Engine, text: str, name: str, study: dict | None, ready: list[str]) -> str:
    """Selects what a file or a pasted text names, and gives what there is to say of it."""
    if study is None or "images" not in ready:
        return "The images are not there yet; read the ids again when they are."
    images = study["keys"]["images"]
    count = engine.results.meta(images)["count"]
    try:
        found = read_ids(text)
    except ValueError as error:
        return f"Nothing is selected, as of {name}, {error}."
    if found.images not in (None, images):
        return f"Nothing is selected, as {name} is of another image set."
    unknown, mask = unknown_words(found, count), found.mask(count)
    if not mask.any():
        return f"Nothing is selected. {unknown or f'There are no image numbers in {name}.'}"
    chosen = int(mask.sum())
    told = f"{chosen:,} image{' is' if chosen == 1 else 's are'} selected. {unknown}"
    put(shared.SELECTION, select(engine, images, mask, name, by_outcome=found.by_outcome))
    return told.strip()
