"""Panels of which one is looked at at a time."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash.development.base_component import Component


def deck(deck_id: str, panels: Mapping[str, tuple[str, Component]]) -> dmc.Tabs:
    """Panels under tabs, the first one in front.

    Parameters
    ----------
    panels : id of a panel -> title of its tab, and the panel. The id of the one in front is the deck's value.
    """
    return dmc.Tabs(
        [
            dmc.TabsList([dmc.TabsTab(title, value=name) for name, (title, _) in panels.items()]),
            *[dmc.TabsPanel(shown, value=name) for name, (_, shown) in panels.items()],
        ],
        id=deck_id,
        value=next(iter(panels)),
        keepMounted=False,  # what is not looked at costs nothing
        className="deck",
    )
