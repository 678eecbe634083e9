"""A beat of the pulse: what the engine says of a page's study at one moment, and what of it the page is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import dash
from dash.development.base_component import Component

from dashboard import ids as shared
from dashboard.components.notices import notices, tell
from dashboard.components.unseen import Unseen
from dashboard.jobs import ids
from dashboard.jobs.bar import step
from dashboard.links import SHOWN, UNCHANGED, asked_for, looked_up, study_data
from workers.engine import Engine, Health
from workers.jobs import Job, UnknownJob
from workers.kinds import KINDS
from workers.params import METHODS
from workers.results import MissingResult
from workers.store import UNAVAILABLE
from workers.studies import Study

# What a beat tells of, in the order in which `tell_page` tells it: id and property.
TOLD = (
    (shared.NOTICES, "children"),
    (ids.STEPS, "children"),
    (ids.CANCEL, "display"),
    (ids.RETRY, "display"),
    (ids.START, "display"),
    (ids.PROGRESS, "data"),
    (shared.READY, "data"),
    (shared.ENGINE_TEXT, "children"),
    (shared.ENGINE_LIGHT, "className"),
    (shared.PULSE, "interval"),
    (shared.STUDY_PICKER, "data"),
    (shared.nav_badge("jobs"), "children"),
)
# Roles that panels add when they are looked at: steps while they are made.
LATER = (
    "embedding-",
    "hierarchy",
    "darksight-",
    "confidence-",
    "worth-",
    "counterfactual-",
    "student-",
    "students-",
    "explain-",
    "rank-",
)
BUSY_MS, AWAY_MS, IDLE_MS = 500, 1000, 5000


@dataclass(frozen=True)
class Beat:
    """What the engine says at one moment; of a store that is away, nothing but its health.

    Attributes
    ----------
    starting : workers were started a moment ago and may be about to appear.
    study : the page's study, as its store holds it.
    found : what the page is to show (`links.SHOWN`) when the page is to show others than it does, else no updates.
    studies : all there are.
    n_open : jobs of the whole store that are waiting, queued or running.
    jobs : the study's, by role.
    ready : roles whose results views can draw.
    facts : what each result that is there came to, in a few words, by role.
    curve : what the live curve depends on; None when there is none.
    now : seconds since 1970, by the server's clock.
    first_missing : the study that every store begins with is there as an older version made it only.
    """

    health: Health
    starting: bool
    study: dict[str, Any] | None
    found: tuple = UNCHANGED
    studies: list[Study] = field(default_factory=list)
    n_open: int = 0
    jobs: Mapping[str, Job] = field(default_factory=dict)
    ready: list[str] = field(default_factory=list)
    facts: Mapping[str, str] = field(default_factory=dict)
    curve: list | None = None
    now: float = 0.0
    first_missing: bool = False

    @property
    def open_queues(self) -> set[str]:
        """Queues in which a job of the study waits for a worker."""
        return {
            KINDS[job.kind].queue_for(job.params)
            for job in self.jobs.values()
            if job.state == "queued" and job.kind in KINDS
        }

    @property
    def waiting(self) -> bool:
        """Something of the study is still to come."""
        return any(job.is_open for job in self.jobs.values())

    @property
    def stopped(self) -> bool:
        """Something of the study has ended without a result, and no panel says so: that of the maps does of further ones."""
        return any(
            job.state in ("failed", "cancelled") and role not in self.facts
            for role, job in self.jobs.items()
            if "-" not in role
        )


def take(engine: Engine, study: dict[str, Any] | None, search: str | None, starting: bool) -> Beat:
    """Asks the engine; `search` is the page's address, asked for while there is no study."""
    beat = Beat(engine.health(), starting, study)
    if not beat.health.reachable:
        return beat
    try:
        beat = with_study(engine, beat, search)
        return with_state(engine, beat) if beat.study else beat
    except UNAVAILABLE:
        return Beat(Health(reachable=False), starting, study)


def with_study(engine: Engine, beat: Beat, search: str | None) -> Beat:
    """The studies there are, and the one to show: another one after the first beat of a store that was away, or at the
    end of a study that was deleted elsewhere; the same one as it is now when it was renamed, or another result has
    joined it."""
    studies = engine.studies.all()
    beat = replace(
        beat, studies=studies, n_open=len(engine.jobs.open_keys()), first_missing=engine.first_study_missing()
    )
    by_id = {known.id: study_data(known) for known in studies}
    if beat.study is None:
        found = asked_for(engine, search) if studies else beat.found
    elif beat.study["id"] not in by_id:
        tell(f"The study {beat.study['title']} has been deleted" + ("; the newest is shown." if studies else "."))
        found = asked_for(engine, None)
    elif by_id[beat.study["id"]] != beat.study:
        found = (by_id[beat.study["id"]], *UNCHANGED[1:])
    else:
        return beat
    return replace(beat, found=found, study=found[0] if studies else None)


def with_state(engine: Engine, beat: Beat) -> Beat:
    """How far the study is."""
    assert beat.study is not None
    jobs, ready, facts = state_of(engine, beat.study["keys"])
    curve = None if "teacher" in ready else curve_state(engine, jobs.get("teacher"))
    return replace(beat, jobs=jobs, ready=ready, facts=facts, curve=curve, now=engine.jobs.now())


def tell_page(beat: Beat, unseen: Unseen) -> tuple:
    """What the page is told, in the order of `TOLD`; what it shows already is not told again."""
    reachable, study, waiting = beat.health.reachable, beat.study, beat.waiting
    choices = [{"value": known.id, "label": known.title} for known in beat.studies]
    steps = [
        step(job, role in beat.facts, beat.now, beat.facts.get(role, ""), more)
        for role, job, more in steps_of(beat.jobs)
    ]
    text, light = light_of(beat.health, waiting, beat.starting)
    if not reachable:
        unseen.marks.pop("ready", None)  # panels that could not be filled meanwhile are told again afterwards
    return (
        unseen("notices", notices(beat.health, beat.open_queues, beat.starting)),
        unseen("steps", steps) if reachable else dash.no_update,
        unseen("cancel", display(waiting)),
        unseen("retry", display(beat.stopped and not waiting)),
        unseen("start", display(reachable and (study is None or beat.first_missing))),
        unseen("curve", beat.curve) if beat.curve else dash.no_update,
        unseen("ready", beat.ready, [study and study["id"], beat.ready]) if reachable else dash.no_update,
        unseen("text", text),
        unseen("light", f"light light-{light}"),
        unseen("pace", pace(reachable, bool(beat.n_open) or beat.starting)),
        unseen("choices", choices) if reachable else dash.no_update,
        unseen("badge", str(beat.n_open or "")) if reachable else dash.no_update,
    )


def steps_of(jobs: Mapping[str, Job]) -> list[tuple[str, Job, int]]:
    """What the study bar has steps for: the results that make a study, and of what panels have added the jobs that run or
    could, one of a kind, as many maps may be asked for at once: role, job, and how many more of its kind there are."""
    once = {job.key: (role, job) for role, job in jobs.items()}.values()  # one result may play two roles
    steps = [(role, job, 0) for role, job in once if not role.startswith(LATER)]
    added: dict[str, list[tuple[str, Job]]] = {}
    for role, job in once:
        if role.startswith(LATER) and job.state in ("queued", "running"):
            added.setdefault(job.kind, []).append((role, job))
    for same in added.values():
        role, job = next(((role, job) for role, job in same if job.state == "running"), same[0])
        steps.append((role, job, len(same) - 1))
    return steps


def fill(page: Component, engine: Engine, search: str, starting: bool) -> None:
    """Lays the first beat into a page that is about to be sent, so that its views begin to draw at once. Where the store
    is away, or something of the address cannot be had, the page is left as it is: it will ask, and be told."""
    try:
        found, words = looked_up(engine, search)
    except (*UNAVAILABLE, MissingResult):
        return
    study = found[0]
    if words or study is None:
        return
    beat = take(engine, study, search, starting)
    unseen = Unseen(None)
    told = tell_page(beat, unseen)
    if not beat.health.reachable or beat.study != study:
        return
    for (component, prop), value in zip(TOLD, told, strict=True):
        if value is not dash.no_update:
            setattr(page[component], prop, value)
    for store, value in zip(SHOWN, found, strict=True):
        if value is not None:  # a store that is given nothing tells its readers so
            page[store].data = value
    page[ids.SEEN].data = unseen.marks
    page[shared.STUDY_PICKER].value = study["id"]


def forget_ready(page: Component) -> None:
    """Has a page that could not be filled told once more by its first beat what is there, so that its views ask."""
    page[shared.READY].data = []
    (page[ids.SEEN].data or {}).pop("ready", None)


def display(shown: bool) -> str:
    """The display property of something that is shown, or not."""
    return "block" if shown else "none"


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
    if meta["kind"] == "predictions":
        images = engine.results.meta(meta["inputs"]["images"])
        n_test = images["count"] - images["n_train"]
        return f"{round((1 - meta['test_accuracy']) * n_test)} of {n_test:,} test images wrong"
    say = FACTS.get(meta["kind"])
    return "" if say is None else say(meta)


def _given_fact(meta: Mapping[str, Any]) -> str:
    told = f"{meta['count']:,} predictions, {meta['n_classes']} classes"
    accuracy = meta.get("test_accuracy")
    return told if accuracy is None else f"{told}, {round((1 - accuracy) * meta['count']):,} wrong"


def _teacher_fact(meta: Mapping[str, Any]) -> str:
    epochs = meta["epochs"]
    trained = f"{epochs} epoch{'s' if epochs > 1 else ''}"
    how = trained if epochs else "as it came" if meta["from_file"] else "untrained"
    return f"{meta['architecture']}, {how}, {meta['test_accuracy']:.1%} on test"


def _embedding_fact(meta: Mapping[str, Any]) -> str:
    what, explained = f"{METHODS[meta['method']]} of {meta['of']}", meta["explained_variance"]
    return what if explained is None else f"{what}, {sum(explained):.0%} of the variance"


# By kind, from the metadata of a result: what it came to.
FACTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "images": lambda meta: (
        f"{meta['n_train']:,} train, {meta['count'] - meta['n_train']:,} test, {meta['n_classes']} classes"
    ),
    "given": _given_fact,
    "teacher": _teacher_fact,
    "embedding": _embedding_fact,
    "vae": lambda meta: f"{meta['latent_size']} values, error {meta['test_mse']:.4f}",
    "codes": lambda meta: f"teacher agrees on {meta['agreement']['test']:.0%} of test",
}


def curve_state(engine: Engine, teacher: Job | None) -> list | None:
    """What the live curve depends on, so that it is drawn again when one of these changes; None without a teacher."""
    if teacher is None:
        return None
    return [teacher.key, teacher.attempt, teacher.is_open, teacher.thinned, engine.jobs.metric_count(teacher.key)]


def light_of(health: Health, waiting: bool, starting: bool) -> tuple[str, str]:
    """The words and the colour of the engine's light in the header."""
    if not health.reachable:
        return health.store, "red"
    workers = len(health.workers)
    if not workers:
        return ("workers start", "yellow") if starting else ("no worker", "yellow")
    return ("working" if waiting else "ready") + f" · {workers} worker{'s' if workers > 1 else ''}", "green"


def pace(reachable: bool, busy: bool) -> int:
    """Milliseconds to the next pulse."""
    if not reachable:
        return AWAY_MS
    return BUSY_MS if busy else IDLE_MS
