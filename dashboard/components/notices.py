"""Notices: what stands in the way, in a sentence each, and what to do. They go by themselves when it is over."""

import dash
import dash_mantine_components as dmc

from dashboard import ids
from workers.engine import Health
from workers.presence import code_version


def notices(health: Health, open_queues: set[str], starting: bool) -> list[dmc.Alert]:
    """The notices for this state of the engine.

    Parameters
    ----------
    open_queues : queues in which a job of ours waits for a worker.
    starting : workers were started a moment ago and may be about to appear.
    """
    if health.loading is not None:
        return [
            _notice("store-loading", "blue", f"The store is loading: {health.loading:.0%}. The page fills by itself.")
        ]
    if health.refused:
        return [
            _notice(
                "store-refuses",
                "red",
                "The store (Redis) refuses the password of this page, or what the page asks of it. Nothing is lost; correct "
                "REDIS_URL and start the page again, or give the store its former password.",
            )
        ]
    if not health.reachable:
        return [
            _notice(
                "store-away",
                "red",
                "The store (Redis) does not answer. Nothing is lost; this page asks again every second and goes on by itself.",
            )
        ]
    shown = []
    if health.full:
        shown.append(
            _notice(
                "store-full",
                "red",
                "The store is full: new results cannot be kept. Delete a study in the Jobs view, or start with a "
                "larger --memory.",
            )
        )
    for worker in health.outdated:
        shown.append(
            _notice(
                f"outdated-{worker.name}",
                "orange",
                f"Worker {worker.name} runs {worker.version}, this page {code_version()}. It is given no jobs of other "
                "versions; restart it with this release.",
            )
        )
    deaf = [queue for queue in health.deaf_queues if queue in open_queues]
    if not health.workers and health.refusal:
        shown.append(
            _notice(
                "workers-refused",
                "red",
                f"No worker can start: {health.refusal} Correct that and start again; jobs wait in the store meanwhile.",
            )
        )
    elif not health.workers and starting:
        shown.append(_notice("workers-starting", "blue", "The workers are starting; this takes a few seconds."))
    elif not health.workers:
        shown.append(
            _notice(
                "no-worker",
                "yellow",
                "No worker is running. Jobs wait in the store and start as soon as one comes: "
                "REDIS_URL=... uv run python -m workers.fleet, or start the app without --no-worker.",
            )
        )
    elif deaf and not starting:
        shown.append(
            _notice("deaf-queue", "yellow", f"No worker of this version listens to {', '.join(deaf)}; jobs wait there.")
        )
    return shown


def tell(text: str) -> None:
    """Answers the callback that runs now with a message in the corner, which goes by itself."""
    message = {"action": "show", "message": text[:1].upper() + text[1:], "color": "red", "autoClose": 8000}
    dash.set_props(ids.TOASTS, {"sendNotifications": [message]})


def _notice(name: str, colour: str, text: str) -> dmc.Alert:
    return dmc.Alert(
        text, id=f"notice-{name}", color=colour, variant="light", py=8, className=f"notice notice-{colour}"
    )
