"""Something small that a person has in a file, or pastes: the fields for it, and what comes of them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.components.panel import label

MOST_BYTES = 8_000_000  # of a file that is read: a million numbers


@dataclass(frozen=True)
class Reading:
    """The ids of the fields.

    Attributes
    ----------
    file : its `contents` come when one is dropped or chosen.
    text, button : what is pasted is read when the button is pressed.
    words : what is said of what was read.
    """

    file: str
    text: str
    button: str
    words: str


def reading_fields(place: Reading, what: str, paste: str, says: str, press: str) -> list:
    """The fields.

    Parameters
    ----------
    what : the file that is asked for: "a file of ids".
    paste : an example of what can be pasted.
    says : of the field for it, to a screen reader.
    press : on the button.
    """
    return [
        dcc.Upload(
            f"Drop {what} here, or click to choose one",
            id=place.file,
            className="exchange-file",
            className_active="exchange-over",
            max_size=MOST_BYTES,  # of one that is larger, `assets/exchange.js` tells
        ),
        dmc.Textarea(
            id=place.text, placeholder=f"or paste {paste}", size="xs", minRows=2, maxRows=6, autosize=True, debounce=True,
            **label(says),
        ),
        dmc.Button(press, id=place.button, size="compact-xs", variant="light", mt=6),
        html.Div(id=place.words, className="exchange-words", role="status"),
    ]  # fmt: skip


def reader(opens: str, body: Sequence, position: Any) -> dmc.Popover:
    """The button that opens the fields."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(dmc.Button(opens, size="compact-xs", variant="default")),
            dmc.PopoverDropdown(list(body)),
        ],
        keepMounted=True,  # what was typed is there when it is opened again
        width=340,
        position=position,
        shadow="md",
        trapFocus=True,
        returnFocus=True,
    )


def text_of(contents: str) -> str | None:
    """The text of a file, of the `contents` of an upload; None where it is no text file."""
    try:
        return base64.b64decode(contents.partition(",")[2]).decode()
    except UnicodeDecodeError:
        return None
