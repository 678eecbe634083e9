"""The Jobs view: every job on the left, and the one that is looked at below; who works and what fills the store on the
right."""

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.abilities import Part
from dashboard.components.panel import empty, icon, label, panel, segmented
from dashboard.components.view import View
from dashboard.jobs import ids
from dashboard.jobs.table import EMPTY
from dashboard.theme import GRAPH_CONFIG

JOB_TITLES = ("State", "Job", "Study", "Progress", "Elapsed", "ETA", "Attempt", "Worker", "")
WIDE_TITLES = ("Attempt", "Worker")  # for which a narrow panel has no room


def layout() -> html.Div:
    """The view; everything in it is filled by callbacks."""
    return html.Div(
        [
            html.Div(
                [jobs_panel(), html.Div(job_panel(), id=ids.JOB_PLACE, hidden=True)], className="column jobs-left"
            ),
            html.Div([workers_panel(), store_panel()], className="column jobs-right"),
            *[dcc.Store(id=store) for store in (ids.LIST, ids.SHOWN, ids.PRESSED, ids.CHOSEN, ids.RENAMING)],
            *[dcc.Store(id=store) for store in (ids.VIEW_SEEN, ids.JOB_SEEN)],
        ],
        className="jobs-view",
    )


def jobs_panel() -> html.Section:
    return panel(
        ids.JOBS_PANEL,
        "Jobs",
        "What runs, what waits, and what has ended",
        [
            html.Div(
                dmc.Table(
                    [
                        dmc.TableThead(dmc.TableTr([heading(title) for title in JOB_TITLES])),
                        dmc.TableTbody(id=ids.ROWS),
                    ],
                    className="jobs-table",
                    **label("Jobs"),
                ),
                className="jobs-scroll",
            ),
            empty(ids.NO_ROWS, EMPTY["all"]),
        ],
        controls=[
            dmc.Switch(id=ids.ONLY, label="This study only", size="xs"),
            segmented(ids.FILTER, [(states, states.capitalize()) for states in EMPTY], "all", "Jobs shown"),
        ],
        help_text=[
            "A job makes one result: an image set, a teacher, its predictions. A job may serve several studies, as what is "
            "asked for twice is computed once; cancelling it stops it for all of them.",
            "Elapsed counts since a worker took it up; ETA is what is left at the pace so far. A job whose worker dies is "
            "tried again by another. Choose a row for its settings, curves and log.",
        ],
        class_name="jobs-list",
    )


def heading(title: str) -> dmc.TableTh:
    """The head of a column of the table of jobs."""
    return dmc.TableTh(title, className="jobs-wide" if title in WIDE_TITLES else "")


def job_panel() -> html.Section:
    return panel(
        ids.JOB_PANEL,
        "Job",
        "",
        html.Div(
            [
                html.Div(id=ids.JOB_FACTS, className="job-facts"),
                html.Div(
                    dcc.Graph(id=ids.JOB_CURVE, config=GRAPH_CONFIG, className="graph", responsive=True),
                    id=ids.JOB_CURVE_PLACE,
                    className="job-curve",
                    hidden=True,
                ),
                html.Div(html.Pre(id=ids.JOB_LOG), className="job-log", tabIndex=0, **label("Log")),
            ],
            className="job-parts",
        ),
        controls=[
            dmc.Select(id=ids.JOB_WHAT, data=[], size="xs", w=120, allowDeselect=False, **label("Metric drawn")),
            html.Button(
                icon("close"), className="jobs-act", title="Close", **label("Close the job"), **ids.pressing("choose")
            ),
        ],
        exports=[
            ("Log, text", {"id": ids.TAKE_LOG}),
            ("Metrics, CSV", {"id": ids.TAKE_METRICS}),
            ("Record, JSON", {"id": ids.TAKE_RECORD}),
        ],
        help_text=[
            "What the job was asked for, what it is made of and how it went; what it reports while it runs; and the last "
            "200 lines of its log, the newest at the foot.",
        ],
    )


def workers_panel() -> html.Section:
    return panel(
        ids.WORKERS_PANEL,
        "Workers",
        "Who is there, and what they do now",
        html.Div(id=ids.WORKERS, className="jobs-scroll jobs-padded"),
        help_text=[
            "A worker says every two seconds that it is there. It takes jobs from its queues: interactive (seconds), batch "
            "(training), calls (answers while you drag). Start more on other machines with the same REDIS_URL.",
        ],
        class_name="jobs-workers",
    )


def store_panel() -> html.Section:
    return panel(
        ids.STORE_PANEL,
        "Store",
        "What each study takes, and what deleting it frees",
        html.Div(
            [
                html.Div(id=ids.STORE),
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(title) for title in ("Study", "Size", "Frees", "Created", "")])),
                        html.Tbody(id=ids.STUDIES),
                    ],
                    className="jobs-table",
                ),
            ],
            className="jobs-scroll jobs-padded",
        ),
        help_text=[
            "Size counts all results of a study; Frees those that no other study holds, which go when it is deleted. "
            "Studies of one image set or teacher share those.",
            "Results of a pinned study are never evicted. What was evicted is made again when somebody presses Retry.",
        ],
        class_name="jobs-store",
    )


VIEW = View("jobs", "Jobs", "What runs, what it took, who works, and what fills the store", layout, (Part("Jobs"),))
