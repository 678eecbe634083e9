"""The menu of saved selections: the current one is saved under a name; others are shown again, combined with what is
selected, renamed, deleted. Every tab sees them when it opens the menu."""

from collections.abc import Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import icon, label
from dashboard.jobs.ids import pressing
from dashboard.links import fitting, put, remembered, whole
from dashboard.teacher import ids
from dashboard.teacher.sets import WAYS, combined
from workers.engine import Engine
from workers.selections import LONGEST_NAME, Saved

SIGNS = {  # way to combine -> sign on its button, and what it does
    "union": ("∪", "Add the images of {} to the selection"),
    "intersection": ("∩", "Keep of the selection what is in {}"),
    "difference": ("−", "Take the images of {} out of the selection"),
}


def saved_menu() -> dmc.Popover:
    """The button, and what it opens."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                dmc.Button("Saved selections", id=ids.SAVED_BUTTON, size="compact-xs", variant="default")
            ),
            dmc.PopoverDropdown(
                [
                    html.Div(
                        [
                            dmc.TextInput(
                                id=ids.SAVED_NAME,
                                placeholder="name for the current selection",
                                size="xs",
                                debounce=True,  # told together with Enter
                                style={"flex": 1},
                                **label("Name to save the current selection under"),
                            ),
                            dmc.Button("Save", id=ids.SAVE_BUTTON, size="compact-xs", variant="light", mt=4),
                        ],
                        className="saved-new",
                    ),
                    html.Ul(id=ids.SAVED_LIST, className="saved-list"),
                    dcc.Store(id=ids.SAVED_PRESSED),
                    dcc.Store(id=ids.SAVED_RENAMING),
                ]
            ),
        ],
        keepMounted=True,  # its list may change while it is closed
        width=400,
        position="bottom-end",
        shadow="md",
        trapFocus=True,
        returnFocus=True,
    )


def register_saved(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.SAVED_LIST, "children"),
        Output(ids.SAVED_NAME, "error"),
        Input(ids.SAVED_BUTTON, "n_clicks"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def fill(clicks: int | None, study: dict | None):
        """What is saved, as it is when the menu is opened."""
        if not clicks or study is None:
            raise dash.exceptions.PreventUpdate
        return rows(engine.selections.saved(study["keys"]["images"])), None

    @app.callback(
        Output(ids.SAVED_LIST, "children", allow_duplicate=True),
        Output(ids.SAVED_NAME, "value"),
        Output(ids.SAVED_NAME, "error", allow_duplicate=True),
        Input(ids.SAVE_BUTTON, "n_clicks"),
        Input(ids.SAVED_NAME, "n_submit"),
        State(ids.SAVED_NAME, "value"),
        State(shared.SELECTION, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def save(clicks: int | None, enters: int | None, name: str | None, selection: dict | None, study: dict | None):
        """The current selection gets a name, and is kept for good."""
        if not (clicks or enters):  # the view has only just been laid out
            raise dash.exceptions.PreventUpdate
        selection = fitting(selection, study)
        if selection is None:
            return dash.no_update, dash.no_update, "nothing is selected that could be saved"
        try:
            engine.selections.save(name or "", whole(engine, selection))
        except ValueError as error:
            return dash.no_update, dash.no_update, str(error)
        return rows(engine.selections.saved(selection["images"])), "", None

    @app.callback(
        Output(ids.SAVED_LIST, "children", allow_duplicate=True),
        Output(ids.SAVED_RENAMING, "data"),
        Input(ids.SAVED_PRESSED, "data"),
        State(shared.SELECTION, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def act(pressed: dict | None, selection: dict | None, study: dict | None):
        """What the buttons of a row do. Deleting asks once more, as it cannot be undone."""
        if not pressed or study is None:
            raise dash.exceptions.PreventUpdate
        images, action, name = study["keys"]["images"], pressed["action"], pressed["key"]
        if action == "delete":
            engine.selections.delete(images, name)
        if action in ("delete", "rename", "ask", "keep"):
            asked = {"rename": "rename", "ask": "ask", "keep": "focused"}
            shown = rows(engine.selections.saved(images), **({asked[action]: name} if action in asked else {}))
            return shown, name if action == "rename" else None
        try:
            recalled = engine.selections.recall(images, name) | {"label": name}
        except KeyError as error:  # deleted in another tab
            tell(f"{error.args[0]}.")
            return rows(engine.selections.saved(images)), None
        put(shared.SELECTION, chosen(engine, action, fitting(selection, study), recalled))
        return dash.no_update, dash.no_update

    @app.callback(
        Output(ids.SAVED_LIST, "children", allow_duplicate=True),
        Output(ids.SAVED_RENAME, "error"),
        Input(ids.SAVED_RENAME, "n_submit"),
        State(ids.SAVED_RENAME, "value"),
        State(ids.SAVED_RENAMING, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def rename(enters: int | None, other: str | None, name: str | None, study: dict | None):
        """Enter gives a saved selection its new name, or says what is wrong with it."""
        if not enters or name is None or study is None:  # the field has only just been laid out
            raise dash.exceptions.PreventUpdate
        images = study["keys"]["images"]
        try:
            engine.selections.rename(images, name, other or "")
        except ValueError as error:
            return dash.no_update, str(error)
        except KeyError as error:  # deleted in another tab
            tell(f"{error.args[0]}.")
        return rows(engine.selections.saved(images), focused=(other or "").strip()), None


def chosen(engine: Engine, action: str, before: dict[str, Any] | None, saved: dict[str, Any]) -> Any:
    """The selection that a button of a row leads to: the saved one, or what it makes of the one before; no update, and a
    message, where that is nothing."""
    if action == "apply":
        return remembered(engine, saved)
    if before is None:
        tell(f"Nothing is selected that {saved['label']} could be combined with; click its name to select it.")
        return dash.no_update
    made = combined(engine, action, before, saved)
    if made is None:
        tell(f"No image is in {before['label']} {WAYS[action][1]} {saved['label']}; the selection stays as it was.")
        return dash.no_update
    return made


def rows(
    saved: Sequence[Saved], rename: str | None = None, ask: str | None = None, focused: str | None = None
) -> list[html.Li]:
    """The saved selections, a row each.

    Parameters
    ----------
    rename : the one whose name is being typed.
    ask : the one that is asked of whether it is to be deleted.
    focused : the one that gets the keyboard's focus, which would be lost with what stood in its place.
    """
    special = {rename: renaming, ask: asking}
    return [
        special[each.name](each) if each.name in special else row(each, focused=each.name == focused) for each in saved
    ]


def row(saved: Saved, *, focused: bool) -> html.Li:
    """One that is there to be used."""
    return html.Li(
        [
            html.Button(
                saved.name,
                className="jobs-name",
                autoFocus=focused,
                title=f"Select {saved.name}",
                **press("apply", saved.name),
            ),
            html.Span(f"{saved.count:,}", className="saved-count"),
            *(button(sign, way, saved.name, says.format(saved.name)) for way, (sign, says) in SIGNS.items()),
            button(icon("edit"), "rename", saved.name, f"Rename {saved.name}"),
            button(icon("delete"), "ask", saved.name, f"Delete {saved.name}"),
        ]
    )


def renaming(saved: Saved) -> html.Li:
    """One whose name is being typed."""
    field = dmc.TextInput(
        id=ids.SAVED_RENAME,
        value=saved.name,
        debounce=True,  # told together with Enter
        size="xs",
        inputProps={"autoFocus": True, "maxLength": LONGEST_NAME},
        **label(f"New name of {saved.name}"),
    )
    return html.Li([field, button(icon("close"), "keep", saved.name, f"Leave the name {saved.name}")])


def asking(saved: Saved) -> html.Li:
    """One that may be deleted."""
    says = f"Delete {saved.name} for good?"
    return html.Li(
        [
            html.Span(says, className="jobs-name", title=says),
            dmc.Button("Delete", size="compact-xs", color="red", variant="light", **press("delete", saved.name)),
            dmc.Button("Keep", size="compact-xs", variant="default", **press("keep", saved.name)),
        ]
    )


def button(sign: Any, action: str, name: str, says: str) -> html.Button:
    """A button of a row."""
    return html.Button(sign, className="jobs-act", title=says, **label(says), **press(action, name))


def press(action: str, name: str) -> Any:
    """The attributes of what does `action` to a saved selection."""
    return pressing(action, name, ids.SAVED_PRESSED)
