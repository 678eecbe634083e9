"""The study bar above the views, and the Jobs view with every job: what runs, how far, how long still, and its cancel."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from humanize import naturalsize, precisedelta

from dashboard.abilities import Part
from dashboard.components.panel import icon, label
from dashboard.components.view import View
from dashboard.jobs import ids
from workers.engine import Health
from workers.jobs import Job
from workers.studies import Study

STATE_COLOURS = {
    "waiting": "gray",
    "queued": "gray",
    "running": "violet",
    "done": "teal",
    "failed": "red",
    "cancelled": "orange",
}


def study_bar() -> html.Div:
    """The bar: one step for each result of the study, in the order they are made."""
    return html.Div(
        [
            html.Div(id=ids.STEPS, className="steps", role="status"),
            dmc.Button(
                "Cancel",
                id=ids.CANCEL,
                color="red",
                variant="light",
                size="xs",
                leftSection=icon("stop"),
                display="none",
            ),
            dmc.Button("Start the digits study", id=ids.START, size="xs", variant="light", display="none"),
            dmc.Button("Retry", id=ids.RETRY, variant="light", size="xs", leftSection=icon("again"), display="none"),
        ],
        id=ids.BAR,
        className="study-bar",
    )


def step(job: Job, there: bool, now: float, fact: str) -> html.Div:
    """One step of the bar. `there`: the result can be read; `fact`: what it came to."""
    state = "done" if there else job.state
    value = 100 if there else 100 * (job.fraction or 0)
    moving = state == "running" and job.fraction is None
    return html.Div(
        [
            html.Div(
                [
                    html.Span(job.title, className="step-title"),
                    dmc.Badge(state, color=STATE_COLOURS[state], variant="light", size="sm"),
                    html.Span(fact if there else told(job, now), className="step-told", title=job.error or None),
                ],
                className="step-words",
            ),
            dmc.Progress(
                value=100 if moving else value,
                color=STATE_COLOURS[state],
                size="sm",
                striped=moving,
                animated=moving,
                transitionDuration=200,
                **label(f"{job.title}: {state}"),
            ),
        ],
        className=f"step step-{state}",
    )


def told(job: Job, now: float) -> str:
    """What a job is doing, how long it has and how long it still takes; or why it ended."""
    if job.state in ("failed", "cancelled"):
        return job.error or "stopped on request"
    if job.state == "waiting":
        return "waits for what it needs"
    if job.state == "queued":
        return "waits for a worker" + (" again, as the last one died" if job.deaths else "")
    remaining = job.remaining(now)
    parts = [
        job.message or job.stage,
        f"{job.fraction:.0%}" if job.fraction is not None else "",
        f"{duration(remaining)} left" if remaining is not None else "",
        f"its worker died {job.deaths} time{'s' if job.deaths > 1 else ''}, trying again" if job.deaths else "",
    ]
    return " · ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """A time as a person says it: "0.3 s", "8 s", "3 minutes"."""
    if seconds < 3:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return precisedelta(round(seconds / 60) * 60, minimum_unit="minutes", format="%0.0f")


def layout() -> html.Div:
    """The view; its parts are filled while it is shown."""
    parts = [
        ("Jobs", ids.JOBS),
        ("Studies", ids.STUDIES),
        ("Store", ids.STORE),
        ("Workers", ids.WORKERS),
    ]
    return html.Div(
        [
            *[html.Section([html.H3(title), html.Div(id=part)]) for title, part in parts],
            dcc.Store(id=ids.VIEW_SEEN),
        ],
        className="jobs-view",
    )


VIEW = View("jobs", "Jobs", "What runs, what it took, who works, and what fills the store", layout, (Part("Jobs"),))


def store_words(health: Health) -> list:
    """How full the store is, and what that means."""
    share = 100 * health.used_bytes / max(health.budget_bytes, 1)
    used, budget = (naturalsize(size, binary=True) for size in (health.used_bytes, health.budget_bytes))
    return [
        dmc.Progress(value=share, size="sm", mb=4, **label("share of the budget for results in use")),
        dmc.Text(
            f"{used} of {budget} for results. When it is full, what was used least recently goes first; pinned studies stay.",
            size="sm",
        ),
    ]


def worker_rows(health: Health, choices: Mapping[str, Any]) -> list[dmc.Text]:
    """The workers in the view, a line each, and what they offer."""
    lines = [
        f"{worker.name}: {', '.join(worker.queues)} on {worker.device}{' · busy' if worker.job else ''}"
        for worker in health.workers
    ] or ["None is running."]
    if choices.get("architectures"):
        image_sets = ", ".join(choices["image_sets"].values())
        architectures = ", ".join(told["title"] for told in choices["architectures"].values())
        lines.append(f"Image sets: {image_sets}. Architectures: {architectures}.")
    return [dmc.Text(line, size="sm") for line in lines]


def job_row(job: Job, log: Sequence[str], now: float) -> html.Div:
    """One job in the view."""
    ran = job.seconds(now)
    actions = []
    if job.is_open:
        actions.append(
            dmc.Button("Cancel", id=ids.job_button("cancel", job.key), size="compact-xs", variant="light", color="red")
        )
    elif job.state in ("failed", "cancelled"):
        actions.append(dmc.Button("Retry", id=ids.job_button("retry", job.key), size="compact-xs", variant="light"))
    return html.Div(
        [
            dmc.Group(
                [
                    dmc.Text(job.title, fw=600, size="sm"),
                    dmc.Badge(job.state, color=STATE_COLOURS[job.state], variant="light", size="sm"),
                    dmc.Code(job.key[:12]),
                    dmc.Text(f"{duration(ran)}" if ran is not None else "", size="xs", c="dimmed"),
                    *actions,
                ],
                gap="xs",
            ),
            dmc.Text(told(job, now), size="xs", c="red" if job.state == "failed" else "dimmed")
            if job.state != "done"
            else None,
            html.Details([html.Summary("log"), html.Pre("\n".join(log))]) if log else None,
        ],
        className="jobs-row",
    )


def study_row(study: Study, size: int) -> html.Div:
    """One study in the view. Deleting asks once more, as it cannot be undone."""
    pin = "unpin" if study.pinned else "pin"
    told_size = naturalsize(size, binary=True)
    delete = dmc.Menu(
        [
            dmc.MenuTarget(dmc.Button("Delete", size="compact-xs", variant="light", color="red")),
            dmc.MenuDropdown(
                dmc.MenuItem(
                    f"Delete {study.title} and its {told_size} for good",
                    id=ids.job_button("delete", study.id),
                    color="red",
                )
            ),
        ]
    )
    return html.Div(
        dmc.Group(
            [
                dmc.Anchor(study.title, href=f"/?study={study.id}", size="sm", fw=600),
                dmc.Code(study.id),
                dmc.Text(told_size, size="xs", c="dimmed"),
                dmc.Button(pin.capitalize(), id=ids.job_button(pin, study.id), size="compact-xs", variant="light"),
                delete,
            ],
            gap="xs",
        ),
        className="jobs-row",
    )
