"""The pulse: one callback that asks the engine what has changed and tells the page only that.

The transport behind it (today one `dcc.Interval`) can be replaced without the views noticing.
"""

import time
from collections.abc import Mapping
from dataclasses import replace

import dash
from dash import ALL, Input, Output, State, ctx

from dashboard import ids as shared
from dashboard.components.notices import notices, tell
from dashboard.components.unseen import Unseen
from dashboard.jobs import ids
from dashboard.jobs.layout import job_row, step, store_words, study_row, worker_rows
from dashboard.links import asked_for
from workers.engine import Engine, Health
from workers.jobs import Job, UnknownJob
from workers.kinds import KINDS
from workers.results import MissingResult
from workers.store import UNAVAILABLE
from workers.studies import FIRST_STUDY, Study

BUSY_MS, AWAY_MS, IDLE_MS = 500, 1000, 5000
STARTING_SECONDS = 40.0  # after the page's own start, in which workers may still be importing torch


def register(app: dash.Dash, engine: Engine, starts_workers: bool) -> None:
    """The callbacks of pulse, study bar and drawer."""
    born = time.monotonic()

    @app.callback(
        Output(shared.NOTICES, "children"),
        Output(ids.STEPS, "children"),
        Output(ids.CANCEL, "display"),
        Output(ids.RETRY, "display"),
        Output(ids.START, "display"),
        Output(ids.PROGRESS, "data"),
        Output(shared.READY, "data"),
        Output(shared.ENGINE_TEXT, "children"),
        Output(shared.ENGINE_LIGHT, "className"),
        Output(shared.PULSE, "interval"),
        Output(shared.STUDY_PICKER, "data"),
        Output(ids.SEEN, "data"),
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Output(shared.FOCUS, "data", allow_duplicate=True),
        Input(shared.PULSE, "n_intervals"),
        Input(shared.STUDY, "data"),
        State(ids.SEEN, "data"),
        State(shared.URL, "search"),
        # One beat at a time: Dash drops the answer to a request when it is asked again meanwhile, so a slow store
        # would leave the page without any.
        running=[(Output(shared.PULSE, "disabled"), True, False)],
        prevent_initial_call="initial_duplicate",
    )
    def pulse(_: int, study: dict | None, seen: dict | None, search: str | None):
        """Everything that moves by itself, in one request; what the page shows already is not sent again."""
        unseen = Unseen(seen)
        starting = starts_workers and time.monotonic() - born < STARTING_SECONDS
        health = engine.health()
        found = (dash.no_update, dash.no_update, dash.no_update)
        jobs: dict[str, Job] = {}
        ready: list[str] = []
        facts: dict[str, str] = {}
        curve = None
        choices = None
        now = 0.0
        try:
            if health.reachable:
                known = engine.studies.all()
                choices = [{"value": each.id, "label": each.title} for each in known]
                gone = study is not None and study["id"] not in {each.id for each in known}
                if study is not None and gone:
                    tell(f"The study {study['title']} has been deleted" + ("; the newest is shown." if known else "."))
                if gone or (study is None and known):
                    # The end of a study that was deleted elsewhere, or the first beat after a store that was away.
                    found = asked_for(engine, None if gone else search)
                    study = found[0]
            if study and health.reachable:
                jobs, ready, facts = state_of(engine, study["keys"])
                now = engine.jobs.now()
                curve = None if "teacher" in ready else curve_state(engine, jobs.get("teacher"))
        except UNAVAILABLE:
            health = Health(reachable=False)
        if not health.reachable:
            unseen.marks.pop("ready", None)  # panels that could not be filled meanwhile are told again afterwards
        open_queues = {KINDS[job.kind].queue for job in jobs.values() if job.state == "queued" and job.kind in KINDS}
        waiting = any(job.is_open for job in jobs.values())
        stopped = any(job.state in ("failed", "cancelled") and role not in facts for role, job in jobs.items())

        text, light = light_of(health.reachable, len(health.workers), waiting, starting)
        steps = [step(job, role in facts, now, facts.get(role, "")) for role, job in jobs.items()]
        answers = (
            unseen("notices", notices(health, open_queues, starting)),
            unseen("steps", steps) if health.reachable else dash.no_update,
            unseen("cancel", display(waiting)),
            unseen("retry", display(stopped and not waiting)),
            unseen("start", display(health.reachable and study is None)),
            dash.no_update if curve is None else unseen("curve", curve),
            unseen("ready", ready, [study and study["id"], ready]) if health.reachable else dash.no_update,
            unseen("text", text),
            unseen("light", f"light light-{light}"),
            unseen("pace", pace(health.reachable, waiting or starting)),
            dash.no_update if choices is None else unseen("choices", choices),
        )
        return *answers, unseen.marks, *found

    @app.callback(
        Output(shared.PULSE, "n_intervals"),
        Input(ids.CANCEL, "n_clicks"),
        Input(ids.RETRY, "n_clicks"),
        Input(ids.START, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def press(_cancel: int, _retry: int, _start: int, study: dict | None, beats: int | None):
        """The buttons of the study bar; the pulse after them shows what came of it."""
        if ctx.triggered_id == ids.START:
            engine.studies.create(*FIRST_STUDY)
        elif study is not None:
            known = engine.studies.get(study["id"])
            (engine.studies.cancel if ctx.triggered_id == ids.CANCEL else engine.studies.retry)(known)
        return (beats or 0) + 1

    @app.callback(
        Output(ids.DRAWER, "opened"),
        Input(shared.JOBS_BUTTON, "n_clicks"),
        State(ids.DRAWER, "opened"),
        prevent_initial_call=True,
    )
    def open_drawer(_: int, opened: bool | None):
        return not opened

    @app.callback(
        Output(ids.DRAWER_JOBS, "children"),
        Output(ids.DRAWER_STUDIES, "children"),
        Output(ids.DRAWER_STORE, "children"),
        Output(ids.DRAWER_WORKERS, "children"),
        Output(ids.DRAWER_SEEN, "data"),
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Output(shared.FOCUS, "data", allow_duplicate=True),
        Input(ids.DRAWER, "opened"),
        Input(shared.PULSE, "n_intervals"),
        Input(ids.job_button(ALL, ALL), "n_clicks"),  # pyright: ignore[reportArgumentType]
        State(shared.STUDY, "data"),
        State(ids.DRAWER_SEEN, "data"),
        prevent_initial_call=True,
    )
    def drawer(opened: bool | None, _beats: int, _clicks: list, study: dict | None, seen: dict | None):
        """The drawer's content while it is open, after carrying out the button that was pressed in it."""
        if not opened:
            raise dash.exceptions.PreventUpdate
        pressed = ctx.triggered_id
        found = (dash.no_update, dash.no_update, dash.no_update)
        if isinstance(pressed, dict) and ctx.triggered[0]["value"]:
            act(engine, pressed["action"], pressed["key"])
            if pressed["action"] == "delete" and study and pressed["key"] == study["id"]:
                found = asked_for(engine, None)
        unseen = Unseen(seen)
        jobs = engine.jobs.recent()
        now = engine.jobs.now()
        logs = {job.key: engine.jobs.log(job.key) for job in jobs if job.state != "done"}
        sizes = engine.results.sizes()
        studies = engine.studies.all()
        health = engine.health()
        return (
            unseen("jobs", [job_row(job, logs.get(job.key, ()), now) for job in jobs] or "None yet."),
            unseen("studies", [study_row(known, size_of(known, sizes)) for known in studies] or "None."),
            unseen("store", store_words(health)),
            unseen("workers", worker_rows(health, engine.choices())),
            unseen.marks,
            *found,
        )


def display(shown: bool) -> str:
    """The display property of something that is shown, or not."""
    return "block" if shown else "none"


def size_of(study: Study, sizes: Mapping[str, int]) -> int:
    """Bytes that the results of a study take."""
    return sum(sizes.get(key, 0) for key in study.keys.values())


def state_of(engine: Engine, keys: dict[str, str]) -> tuple[dict[str, Job], list[str], dict[str, str]]:
    """The jobs of a study by role; the roles that views can draw, as their results and all these are made of are
    there; and a fact about each result that is there."""
    there = engine.results.which(list(keys.values()))
    jobs = {}
    for role, key in keys.items():
        try:
            jobs[role] = engine.jobs.get(key)
        except UnknownJob as error:
            jobs[role] = Job(key, role, "done" if key in there else "cancelled", {}, {}, error=str(error))
        if jobs[role].state == "done" and key not in there:
            jobs[role] = replace(jobs[role], state="cancelled", error="Its result has made room for others.")
    ready = [role for role, key in keys.items() if {key, *jobs[role].inputs.values()} <= there]
    return jobs, ready, {role: fact(engine, role, keys) for role, key in keys.items() if key in there}


def fact(engine: Engine, role: str, keys: dict[str, str]) -> str:
    """What a result came to, in a few words; none when it goes while it is asked."""
    try:
        return _fact(engine, role, keys)
    except MissingResult:
        return ""


def _fact(engine: Engine, role: str, keys: dict[str, str]) -> str:
    meta = engine.results.meta(keys[role])
    if role == "images":
        return f"{meta['n_train']:,} train, {meta['count'] - meta['n_train']:,} test, {meta['n_classes']} classes"
    if role == "teacher":
        return f"{meta['architecture']}, {meta['epochs']} epochs, {meta['test_accuracy']:.1%} on test"
    if role == "predictions":
        images = engine.results.meta(meta["inputs"]["images"])
        n_test = images["count"] - images["n_train"]
        return f"{round((1 - meta['test_accuracy']) * n_test)} of {n_test:,} test images wrong"
    return ""


def curve_state(engine: Engine, teacher: Job | None) -> list | None:
    """What the live curve depends on, so that it is drawn again when one of these changes; None without a teacher."""
    if teacher is None:
        return None
    return [teacher.key, teacher.attempt, teacher.is_open, teacher.thinned, engine.jobs.metric_count(teacher.key)]


def light_of(reachable: bool, workers: int, waiting: bool, starting: bool) -> tuple[str, str]:
    """The words and the colour of the engine's light in the header."""
    if not reachable:
        return "store away", "red"
    if not workers:
        return ("workers start", "yellow") if starting else ("no worker", "yellow")
    return ("working" if waiting else "ready") + f" · {workers} worker{'s' if workers > 1 else ''}", "green"


def pace(reachable: bool, busy: bool) -> int:
    """Milliseconds to the next pulse."""
    if not reachable:
        return AWAY_MS
    return BUSY_MS if busy else IDLE_MS


def act(engine: Engine, action: str, key: str) -> None:
    """Carries out a button of the drawer."""
    if action == "cancel":
        engine.jobs.cancel(key)
    elif action == "retry":
        engine.jobs.retry(key)
    elif action in ("pin", "unpin"):
        engine.studies.pin(key, action == "pin")
    elif action == "delete":
        engine.studies.delete(key)
