"""The frame: header, notices, study bar, workspace, help; light and dark."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import dash_mantine_components as dmc
import flask
from dash import dcc, html

from dashboard import history, ids, links, study_menu
from dashboard.components.panel import icon, label
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.bar import start_button, study_bar
from dashboard.jobs.pulse import fill, forget_ready
from dashboard.links import asked_in
from dashboard.new import ids as new_ids
from dashboard.new import layout as new
from dashboard.theme import ACCENT
from dashboard.views import FIRST, known_views
from dashboard.workspace import navigation, workspace
from workers.engine import Engine

KEYS = [
    ("← → ↑ ↓", "walk through the images"),
    ("/", "go to an image by its number"),
    ("Esc", "clear the selection"),
    ("Ctrl Z", "undo: back to what was shown before"),
    ("Ctrl Shift Z", "redo"),
    ("?", "this help"),
]


def layout(engine: Engine, starting: bool, first: FirstAnswers) -> dmc.MantineProvider:
    """The whole page, with the views that the address names, and all that is known of the study it asks for."""
    if not flask.has_request_context():  # Dash looks at the layout when the page is built
        return frame(FIRST)
    address = urlsplit(flask.request.referrer or "")
    page = frame(known_views(asked_in(address.query).get("views")))
    if address.path:  # else the page asks once it knows its own address
        page[ids.URL].search = f"?{address.query}" if address.query else ""
        fill(page, engine, address.query, starting)
        if first.lay(page):
            forget_ready(page)
    return page


def frame(shown: Sequence[str]) -> dmc.MantineProvider:
    """The page before any data, with these views."""
    return dmc.MantineProvider(
        [
            *links.stores(),
            dcc.Interval(id=ids.PULSE, interval=500),
            dcc.Store(id=job_ids.SEEN),
            dcc.Store(id=job_ids.PROGRESS),
            dcc.Download(id=ids.DOWNLOAD),
            dmc.NotificationContainer(id=ids.TOASTS, position="bottom-right"),
            html.Div(
                [
                    header(),
                    html.Div(id=ids.NOTICES, className="notices", role="alert"),
                    study_bar(),
                    workspace(shown),
                ],
                className="shell",
            ),
            new.window(),
            study_menu.window(),
            help_window(),
        ],
        theme={
            "primaryColor": ACCENT,
            "fontFamily": "Inter, system-ui, 'DejaVu Sans', sans-serif",
            "defaultRadius": "sm",
        },
        defaultColorScheme="auto",
    )


def header() -> html.Header:
    return html.Header(
        [
            html.Div([icon("logo"), html.H1("Darkroom")], className="brand"),
            dmc.Select(
                id=ids.STUDY_PICKER,
                data=[],
                size="xs",
                w=200,
                placeholder="no study yet",
                allowDeselect=False,
                **label("Study"),
            ),
            study_menu.menu(),
            dmc.Button("New study", id=new_ids.BUTTON, size="xs", variant="light", leftSection=icon("add")),
            start_button(),
            navigation(),
            html.Div(className="spring"),
            html.Div(
                [html.Span(id=ids.ENGINE_LIGHT, className="light"), html.Span(id=ids.ENGINE_TEXT)], className="engine"
            ),
            *history.buttons(),
            dmc.ColorSchemeToggle(
                lightIcon=icon("sun"),
                darkIcon=icon("moon"),
                color="gray",
                variant="default",
                size="md",
                **label("Light or dark"),
            ),
            dmc.ActionIcon(icon("help"), id=ids.HELP_BUTTON, variant="default", size="md", **label("Help")),
        ],
        className="top",
    )


def help_window() -> dmc.Modal:
    return dmc.Modal(
        [
            dmc.Text(
                "A study is an image set, a teacher (the classifier you ask about) and what is made of them. The bar under "
                "the header shows how far each is. Click a cell of the confusion matrix to see its images, click an image "
                "to see how sure the teacher is of it. The address of the page holds the study, the selection and the "
                "image: send it to a colleague.",
                size="sm",
                mb="md",
            ),
            html.Table([html.Tr([html.Td(dmc.Kbd(key)), html.Td(text)]) for key, text in KEYS], className="keys"),
        ],
        id=ids.HELP,
        title="How to use this page",
        closeButtonProps=label("Close"),
    )
