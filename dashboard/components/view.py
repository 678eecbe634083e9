"""A view: what the navigation offers and the workspace shows."""

from collections.abc import Callable
from dataclasses import dataclass

from dash.development.base_component import Component

from dashboard.abilities import Part


@dataclass(frozen=True)
class View:
    """A view.

    Attributes
    ----------
    name, title : in addresses and ids, and for people.
    purpose : what one does in it, in a line.
    layout : lays it out anew each time it is shown; its callbacks fill it from the stores.
    parts : its panels, with what they need.
    kept : ids and properties that are there again when it comes back.
    """

    name: str
    title: str
    purpose: str
    layout: Callable[[], Component]
    parts: tuple[Part, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
