"""The students of the focused image: which there are, and two of them side by side."""

from collections.abc import Sequence
from typing import Any

import dash
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, icon, label, panel
from dashboard.components.tables import to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.ids import pressing
from dashboard.jobs.words import NONE, moment
from dashboard.jobs.words import told as told_of
from dashboard.student import ids
from dashboard.student.asked import Known, students_of
from workers.engine import Engine
from workers.student_params import StudentParams

LINE = "All students of this image; two of them side by side"
NONE_YET = "The students of the image are listed here when the first is asked for."
HEAD = (
    ("Student", "What it was asked for with, as far as that is unusual"),
    ("agreement", "With the teacher, on neighbours that it has not seen"),
    ("commonest", "Share of the teacher's commonest label: what agreement is to be held against"),
    ("R²", "Of the logit of that label"),
    ("tree", "Agreement of the tree student"),
    ("made", ""),
    ("beside", "Show it beside the other one"),
)


def history_panel() -> html.Section:
    return panel(
        ids.HISTORY_PANEL,
        "History",
        LINE,
        [
            html.Div(id=ids.HISTORY, className="student-history", style=HIDDEN),
            empty(ids.HISTORY_WORDS, NONE_YET),
            dcc.Store(id=ids.HISTORY_PRESSED),
        ],
        exports=[("Students, CSV", {"id": ids.TABLE_HISTORY})],
        help_text=[
            "The students that were asked for of this image, the last one first. Click one to show it; the button at its end "
            "shows it beside that, with maps, bars and loss of both.",
            "Agreement is that on held-out neighbours of each student's own band: of a wider band it is harder to reach.",
        ],
    )


def register_history(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "rows": Output(ids.HISTORY, "children"),
            "drawn": Output(ids.HISTORY, "style"),
            "wordless": Output(ids.HISTORY_WORDS, "style"),
        },
        inputs={
            "source": Input(ids.SOURCE, "data"),
            "shown": Input(ids.SHOWN, "data"),
            "study": Input(shared.STUDY, "data"),
            "steps": Input(job_ids.STEPS, "children"),
            "looked_at": Input(ids.DECK, "value"),
        },
    )
    def fill(source: dict | None, shown: dict | None, study: dict | None, steps: list | None, looked_at: str):
        """The students of the image."""
        if looked_at != ids.HISTORY_PANEL:
            raise dash.exceptions.PreventUpdate
        known = [] if source is None or study is None else students_of(engine, study["keys"], source["number"])
        if not known:
            return {"rows": [], "drawn": HIDDEN, "wordless": SHOWN}
        return {"rows": table(known, shown or {}, engine.jobs.now()), "drawn": SHOWN, "wordless": HIDDEN}

    @app.callback(
        Output(ids.CHOSEN, "data", allow_duplicate=True),
        Output(ids.COMPARED, "data"),
        Input(ids.HISTORY_PRESSED, "data"),
        State(ids.SHOWN, "data"),
        State(ids.COMPARED, "data"),
        prevent_initial_call=True,
    )
    def press(pressed: dict | None, shown: dict | None, compared: str | None):
        """Shows a student, or sets it beside the one that is shown, or no longer."""
        if pressed is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        if pressed["action"] == "show":
            return pressed["key"], None if pressed["key"] == compared else dash.no_update
        if shown is not None and pressed["key"] == shown["key"]:
            tell("This student is shown already: set another one beside it.")
            raise dash.exceptions.PreventUpdate
        return dash.no_update, None if pressed["key"] == compared else pressed["key"]

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_HISTORY, "n_clicks"),
        State(ids.SOURCE, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, source: dict | None, study: dict | None):
        """All students of the image with their settings, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        known = [] if source is None or study is None else students_of(engine, study["keys"], source["number"])
        if source is None or not any(each.meta for each in known):
            tell("There is nothing to export before a student is there.")
            return dash.no_update
        return dcc.send_string(history_csv(known), f"students-{source['number']}.csv")


def table(known: Sequence[Known], shown: dict[str, Any], now: float) -> html.Table:
    """A row a student."""
    head = html.Tr([html.Th(title, title=meaning) for title, meaning in HEAD])
    rows = []
    for each in known:
        marks = "jobs-row" + (" fits-shown" if each.key == shown.get("key") else "")
        name = html.Td(html.Button(each.title, className="jobs-name", title=each.title))
        rows.append(
            html.Tr(
                [name, *cells(each, shown, now)], className=marks, **pressing("show", each.key, ids.HISTORY_PRESSED)
            )
        )
    return html.Table([html.Thead(head), html.Tbody(rows)], className="jobs-table fits-table")


def cells(each: Known, shown: dict[str, Any], now: float) -> list[html.Td]:
    """Its figures; or how far it is."""
    if each.meta is None:
        return [html.Td(told_of(each.job, now) or "It has made room for other results.", colSpan=len(HEAD) - 1)]
    found = each.meta["fidelity"]
    is_beside = each.key == shown.get("other")
    act: Any = pressing("compare", each.key, ids.HISTORY_PRESSED) | label(f"Beside the other: {each.title}")
    numbers = (
        f"{found['agreement']:.1%}",
        f"{found['majority']:.1%}",
        NONE if found["r2"] is None else f"{found['r2']:.2f}",
        f"{each.meta['tree_agreement']:.1%}",
    )
    return [
        *[html.Td(number, className="jobs-number") for number in numbers],
        html.Td(moment(each.job.finished), className="jobs-number"),
        html.Td(
            html.Button(icon("beside"), className="jobs-act" + (" student-beside" if is_beside else ""), **act),
            className="jobs-number",
        ),
    ]


def history_csv(known: Sequence[Known]) -> str:
    """A row a finished student: its key, settings, and figures; what is not known is empty."""
    settings = [name for name in StudentParams.model_fields if name not in ("centre", "widths")]
    figures = ("agreement", "majority", "top_class", "r2", "kl", "n_labels", "n_images")
    header = ["key", *settings, "moved_line", "own_band", *figures, "tree_agreement", "loss", "seconds"]
    rows = (
        [
            each.key,
            *(getattr(each.asked, name) for name in settings),
            int(each.asked.centre is not None),
            int(each.asked.widths is not None),
            *("" if each.meta["fidelity"][name] is None else each.meta["fidelity"][name] for name in figures),
            *(each.meta[name] for name in ("tree_agreement", "loss", "seconds")),
        ]
        for each in known
        if each.meta is not None
    )
    return to_csv(header, rows)
