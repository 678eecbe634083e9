"""The frame of a panel: title, a line that says what it shows, a "?", its controls, full screen, what to take along."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.theme import GRAPH_CONFIG

SHOWN, HIDDEN = {}, {"display": "none"}  # styles of what has something to show, or not

# How settings open under their button. They are kept mounted, as they are read while they are closed, and as what is not there
# while its properties change would come back as it was.
OPENS_SETTINGS: Any = {
    "keepMounted": True,
    "withArrow": True,
    "shadow": "md",
    "position": "bottom-end",
    "trapFocus": True,
    "returnFocus": True,
}


def icon(name: str) -> html.Span:
    """A drawing of ours from the style sheet (`assets/icons.css`), in the colour of the text."""
    return html.Span(className=f"icon icon-{name}")


def panel(
    panel_id: str,
    title: str,
    subtitle: str,
    body,
    *,
    help_text: Sequence[str],
    controls: Sequence = (),
    exports: Sequence[tuple[str, dict[str, Any]]] = (),
    class_name: str = "",
) -> html.Section:
    """A panel.

    Parameters
    ----------
    panel_id : the id of the section; its subtitle gets `panel_id`-subtitle.
    help_text : paragraphs behind the "?": what is drawn, where it comes from, how to read it.
    exports : (label, properties of the anchor) for each thing that can be taken along.
    """
    icons = [
        opener("help", f"How to read: {title}"),
        html.Div(
            "\n\n".join(help_text), className="flyout flyout-words", role="dialog", **label(f"How to read: {title}")
        ),
    ]
    if exports:
        entries = [html.Button(text, role="menuitem", **properties) for text, properties in exports]
        icons += [
            opener("download", f"Export: {title}"),
            html.Div(entries, className="flyout flyout-menu", role="menu", **label(f"Export: {title}")),
        ]
    icons.append(html.Button(className="icon-button icon-expand panel-full", **label(f"Full screen: {title}")))
    return html.Section(
        [
            html.Header(
                [
                    html.Div(
                        [html.H2(title), html.P(subtitle, id=f"{panel_id}-subtitle")],
                        className="panel-words",
                    ),
                    html.Div(controls, className="panel-tools") if controls else None,
                    html.Div(icons, className="panel-icons"),
                ]
            ),
            html.Div(body, className="panel-body"),
        ],
        id=panel_id,
        className=f"panel {class_name}".strip(),
        **label(title),
    )


def opener(drawing: str, says: str) -> html.Button:
    """A button that opens what stands after it (`assets/flyouts.js`). Every component hears of every change on the page, so
    that what stands in each panel is made of few."""
    return html.Button(className=f"icon-button icon-{drawing} opens-flyout", **label(says))


def settings_button(content: Sequence | Component, width: int = 460) -> dmc.Popover:
    """The button "Settings", and what opens under it."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(dmc.Button("Settings", size="compact-xs", variant="default")),
            dmc.PopoverDropdown(content),
        ],
        width=width,
        **OPENS_SETTINGS,
    )


def label(text: str) -> Any:
    """What a screen reader says of a button that shows an icon only, and the browser's own tooltip."""
    return {"aria-label": text}


def segmented(control_id: str, options: list[tuple[str, str]], value: str, says: str) -> dmc.SegmentedControl:
    """A small switch between a few ways."""
    data = [{"value": key, "label": text} for key, text in options]
    return dmc.SegmentedControl(id=control_id, data=data, value=value, size="xs", **label(says))


def empty(words_id: str, text: str) -> html.Div:
    """What stands in a panel that has nothing to show yet: what to do, or what it waits for."""
    return html.Div(text, id=words_id, className="panel-empty")


def graph(graph_id: str, **more: Any) -> dcc.Graph:
    """A graph that fills its panel and is not drawn before it has something to show; `more` as `dcc.Graph` takes it."""
    usual = {
        "figure": {"data": [], "layout": {}},  # a mark may come late, when the view has been laid out anew
        "config": GRAPH_CONFIG,
        "className": "graph",
        "responsive": True,
        "style": HIDDEN,
    }
    return dcc.Graph(id=graph_id, **usual | more)


def picture(graph_id: str) -> tuple[str, dict[str, Any]]:
    """An export entry that saves a graph as SVG; the browser does it (`assets/panels.js`)."""
    return "Picture, SVG", {"id": f"picture-{graph_id}", "className": "take-picture"}
