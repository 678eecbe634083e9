"""The right side of the view: who works, how full the store is, and what each study takes of it."""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import dcc, html
from humanize import naturalsize

from dashboard.components.panel import icon, label
from dashboard.components.unseen import Unseen
from dashboard.jobs import ids
from dashboard.jobs.holdings import Holdings
from dashboard.jobs.table import title_of
from dashboard.jobs.words import clock, moment
from workers.engine import Health
from workers.jobs import Job
from workers.presence import Worker, code_version
from workers.studies import Study


def worker_rows(health: Health, jobs: Mapping[str, Job], holdings: Holdings, now: float) -> list:
    """The workers, a row each; and what keeps jobs waiting: queues that nobody listens to, workers that cannot start.

    Parameters
    ----------
    jobs : the records by key, those that the workers have in hand among them.
    """
    rows = [
        html.Tr(
            [
                html.Td([worker.name, *outdated(worker, health)]),
                html.Td(", ".join(worker.queues)),
                html.Td(worker.device),
                html.Td(in_hand(worker, jobs, holdings, now)),
            ]
        )
        for worker in health.workers
    ]
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(title) for title in ("Worker", "Queues", "Device", "Does now")])),
            html.Tbody(rows),
        ],
        className="jobs-table",
    )
    notes = []
    if health.refusal:
        notes.append(html.P(f"Workers cannot start: {health.refusal}", className="jobs-error"))
    elif not rows:
        notes.append(html.P("None is running; jobs wait until one comes."))
    if rows and health.deaf_queues:
        notes.append(html.P(f"No worker of this version listens to {', '.join(health.deaf_queues)}."))
    return [*([table] if rows else []), *notes]


def outdated(worker: Worker, health: Health) -> list:
    """The mark of a worker of another version, which is given no jobs."""
    if worker not in health.outdated:
        return []
    told = f"It runs {worker.version}, this page {code_version()}; it is given no jobs of other versions."
    return [html.Span("other version", className="jobs-badge state-failed", title=told)]


def in_hand(worker: Worker, jobs: Mapping[str, Job], holdings: Holdings, now: float) -> str:
    """What a worker does now, and how long it has."""
    if not worker.job:
        return "idle"
    job = jobs.get(worker.job)
    if job is None:
        return "busy"
    ran = clock(job.seconds(now)).replace(" ", "\u00a0")  # a time is not broken
    return f"{title_of(job, holdings.titles(job.key))}, {ran}"


def store_words(health: Health) -> list:
    """How full the store is, and what that means."""
    share = 100 * health.used_bytes / max(health.budget_bytes, 1)
    used, budget = (naturalsize(size, binary=True) for size in (health.used_bytes, health.budget_bytes))
    return [
        dmc.Progress(value=share, size="sm", mb=4, **label("Share of the budget for results in use")),
        html.P(
            f"{used} of {budget} for results. When it is full, what was used least recently goes first; pinned studies stay."
        ),
    ]


def study_rows(unseen: Unseen, holdings: Holdings, shown: str | None, renamed: str | None) -> Any:
    """The rows of the studies, newest first, when there are others than the page has; else only those that have
    changed are sent, each by itself, so that no other loses an open menu.

    Parameters
    ----------
    shown : the study that the page shows.
    renamed : the study whose title is being typed; it is left alone meanwhile.
    """
    cells = {study.id: study_cells(study, holdings, shown, renamed) for study in reversed(holdings.studies)}
    rows = [html.Tr(content, id=ids.study_row(study)) for study, content in cells.items()]
    whole = unseen("studies", rows or [html.Tr(html.Td("None."))], list(cells))
    for study, content in cells.items():
        changed = unseen(f"study {study}", content, "renamed" if study == renamed else None)
        if whole is dash.no_update and changed is not dash.no_update:
            dash.set_props(ids.study_row(study), {"children": changed})
    return whole


def study_cells(study: Study, holdings: Holdings, shown: str | None, renamed: str | None) -> list[html.Td]:
    """One study in the table: title, what it takes and alone takes, when it was made, and its buttons. Deleting asks
    once more, as it cannot be undone."""
    frees = naturalsize(holdings.alone(study.id), binary=True)
    title = dcc.Link(study.title, href=f"/?study={study.id}", className="jobs-cut", title=f"Open {study.title}")
    pin = "unpin" if study.pinned else "pin"
    delete = dmc.Menu(
        [
            dmc.MenuTarget(html.Button(icon("delete"), className="jobs-act", **label(f"Delete {study.title}"))),
            dmc.MenuDropdown(
                dmc.MenuItem(
                    f"Delete {study.title} for good, which frees {frees}",
                    color="red",
                    **ids.pressing("delete", study.id),
                )
            ),
        ],
        position="bottom-end",
        shadow="md",
    )
    return [
        html.Td(
            title_input(study) if study.id == renamed else title,
            className="jobs-studies jobs-shown" if study.id == shown else "jobs-studies",
        ),
        html.Td(naturalsize(holdings.size(study.id), binary=True), className="jobs-number"),
        html.Td(frees, className="jobs-number"),
        html.Td(moment(study.created, only_day=True), className="jobs-number"),
        html.Td(
            html.Div(
                [
                    button("edit", "rename", study, f"Rename {study.title}"),
                    button(pin, pin, study, f"{pin.capitalize()} {study.title}"),
                    button("copy", "duplicate", study, f"Duplicate {study.title} with other settings"),
                    delete,
                ],
                className="jobs-buttons",
            )
        ),
    ]


def title_input(study: Study) -> dmc.TextInput:
    """Where the new title of a study is typed."""
    return dmc.TextInput(
        id=ids.TITLE,
        value=study.title,
        debounce=True,  # told together with Enter: told at each letter, the last ones would come after it
        size="xs",
        inputProps={"autoFocus": True},
        **label(f"Title of {study.title}"),
    )


def button(drawing: str, action: str, study: Study, says: str) -> html.Button:
    """A button of a study's row; `assets/jobs.js` hears it."""
    return html.Button(
        icon(drawing),
        className="jobs-act",
        title=says,
        **label(says),
        **ids.pressing(action, study.id),
    )
