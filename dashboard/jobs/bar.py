"""The study bar above the views: a step for each result of the study, and its buttons."""

import dash_mantine_components as dmc
from dash import html

from dashboard.components.panel import icon, label
from dashboard.jobs import ids
from dashboard.jobs.words import STATE_COLOURS, told
from workers.jobs import Job


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
            dmc.Button("Retry", id=ids.RETRY, variant="light", size="xs", leftSection=icon("again"), display="none"),
        ],
        id=ids.BAR,
        className="study-bar",
    )


def start_button() -> dmc.Button:
    """What a store without studies is begun with; beside "New study", as the bar has no room beside its steps."""
    return dmc.Button("Start the digits study", id=ids.START, size="xs", variant="light", display="none")


def step(job: Job, there: bool, now: float, fact: str, more: int = 0) -> html.Div:
    """One step of the bar. `there`: the result can be read; `fact`: what it came to; `more`: how many open jobs of its kind it
    stands for besides."""
    state = "done" if there else job.state
    value = 100 if there else 100 * (job.fraction or 0)
    moving = state == "running" and job.fraction is None
    words = fact if there else told(job, now)
    words = f"{words} · {more} more" if more else words
    return html.Div(
        [
            html.Div(
                [
                    html.Span(job.title, className="step-title"),
                    dmc.Badge(state, color=STATE_COLOURS[state], variant="light", size="sm"),
                    html.Span(words, className="step-told", title=words),  # a narrow bar cuts it short
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
