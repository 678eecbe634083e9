"""The study bar and the drawer: what a job does, in words, and which buttons it has."""

from dataclasses import replace

import pytest

from dashboard.jobs.callbacks import size_of
from dashboard.jobs.layout import STATE_COLOURS, duration, job_row, step, store_words, study_row, told, worker_rows
from dashboard.jobs.pulse import light_of, pace
from workers.engine import Health
from workers.jobs import Job
from workers.presence import Worker
from workers.studies import Study

NOW = 1_000_100.0
JOB = Job("0123456789abcdef" * 4, "teacher", "queued", {}, {}, submitted=NOW - 100)
RUNNING = replace(JOB, state="running", started=NOW - 10, fraction=0.25, stage="training", message="epoch 3 of 12")
STUDY = Study("abc123", "Digits", {"images": "i", "teacher": "t"})


def inside(component):
    """The component and all that is in it."""
    yield component
    children = getattr(component, "children", None)
    for child in children if isinstance(children, (list, tuple)) else [children]:
        if hasattr(child, "to_plotly_json"):
            yield from inside(child)


def texts(component):
    found = []
    for part in inside(component):
        children = getattr(part, "children", None)
        found += [
            child
            for child in (children if isinstance(children, (list, tuple)) else [children])
            if isinstance(child, str)
        ]
    return found


def actions(component):
    return [
        part.id["action"]
        for part in inside(component)
        if isinstance(getattr(part, "id", None), dict) and "action" in part.id
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "waiting"}, "waits for what it needs"),
        ({"state": "queued"}, "waits for a worker"),
        ({"state": "queued", "deaths": 1}, "waits for a worker again, as the last one died"),
        ({"state": "failed", "error": "It went wrong."}, "It went wrong."),
        ({"state": "cancelled"}, "stopped on request"),
        ({"state": "cancelled", "error": "Its input failed."}, "Its input failed."),
        ({}, "epoch 3 of 12 · 25% · 30 s left"),
        ({"message": ""}, "training · 25% · 30 s left"),
        ({"fraction": None}, "epoch 3 of 12"),
        ({"fraction": 0.0}, "epoch 3 of 12 · 0%"),
        ({"fraction": 0.01}, "epoch 3 of 12 · 1%"),
        ({"fraction": 1.0}, "epoch 3 of 12 · 100% · 0.0 s left"),
        ({"deaths": 1}, "epoch 3 of 12 · 25% · 30 s left · its worker died 1 time, trying again"),
        ({"deaths": 2}, "epoch 3 of 12 · 25% · 30 s left · its worker died 2 times, trying again"),
    ],
)
def test_a_job_is_told_in_words(changes, words):
    assert told(replace(RUNNING, **changes), NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (0.34, "0.3 s"),
        (2.94, "2.9 s"),
        (3, "3 s"),
        (89.4, "89 s"),
        (90, "2 minutes"),
        (180, "3 minutes"),
        (3600, "1 hour"),
        (5400, "1 hour and 30 minutes"),
        (90_000, "1 day and 1 hour"),
    ],
)
def test_times_are_told_as_people_do(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize("state", STATE_COLOURS)
def test_a_step_says_its_state_to_a_screen_reader_too(state):
    shown = step(replace(RUNNING, state=state), state == "done", NOW, "12 epochs")
    assert state in texts(shown)
    (bar,) = [part for part in inside(shown) if hasattr(part, "value")]
    assert bar.to_plotly_json()["props"]["aria-label"] == f"Teacher: {state}"
    assert bar.value == (100 if state == "done" else 25)
    assert ("12 epochs" in texts(shown)) is (state == "done")


def test_work_without_a_fraction_moves():
    (bar,) = [part for part in inside(step(replace(RUNNING, fraction=None), False, NOW, "")) if hasattr(part, "value")]
    assert (bar.value, bar.striped, bar.animated) == (100, True, True)


def test_a_result_that_is_there_counts_as_done_whatever_became_of_its_job():
    assert "done" in texts(step(replace(JOB, state="cancelled"), True, NOW, "1,438 train"))


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("waiting", ["cancel"]),
        ("queued", ["cancel"]),
        ("running", ["cancel"]),
        ("done", []),
        ("failed", ["retry"]),
        ("cancelled", ["retry"]),
    ],
)
def test_a_job_has_the_buttons_of_its_state(state, buttons):
    assert actions(job_row(replace(RUNNING, state=state), [], NOW)) == buttons


def test_a_failed_job_shows_why_and_its_log():
    row = job_row(replace(RUNNING, state="failed", error="It went wrong.", finished=NOW - 5), ["one", "two"], NOW)
    assert {"Teacher", "failed", "It went wrong.", "one\ntwo", "5 s"} <= set(texts(row))


def test_a_job_without_log_has_none():
    assert "log" not in texts(job_row(RUNNING, [], NOW))


def test_a_study_can_be_pinned_and_deleted_after_asking():
    assert actions(study_row(STUDY, 2048)) == ["pin", "delete"]
    assert actions(study_row(replace(STUDY, pinned=True), 2048)) == ["unpin", "delete"]
    assert "Delete Digits and its 2.0 KiB for good" in texts(study_row(STUDY, 2048))


def test_a_studys_size_is_that_of_its_results():
    assert size_of(STUDY, {"i": 100, "t": 20, "other": 3}) == 120
    assert size_of(STUDY, {}) == 0


def test_the_store_says_how_full_it_is():
    bar, words = store_words(Health(True, used_bytes=2**20, budget_bytes=2**22))
    assert bar.value == 25
    assert words.children.startswith("1.0 MiB of 4.0 MiB for results.")
    assert store_words(Health(True))[0].value == 0


def lines_of(*workers, **choices):
    return [row.children for row in worker_rows(Health(True, workers=workers), choices)]


WORKER = Worker("worker-1@here", "1", ("interactive", "batch"), "cpu", 1)


def test_a_worker_says_what_it_hears():
    assert lines_of(WORKER) == ["worker-1@here: interactive, batch on cpu"]
    assert lines_of(replace(WORKER, job="k")) == ["worker-1@here: interactive, batch on cpu · busy"]


def test_no_worker_is_said_too_and_what_they_offer():
    assert lines_of() == ["None is running."]
    architectures = {"lenet": {"title": "LeNet"}, "vgg16-bn": {"title": "VGG16"}}
    offered = lines_of(image_sets={"digits": "Digits", "mnist": "MNIST"}, architectures=architectures)
    assert offered[1:] == ["Image sets: Digits, MNIST. Architectures: LeNet, VGG16."]


@pytest.mark.parametrize(
    ("arguments", "light"),
    [
        ((Health(False), True, False), ("store away", "red")),
        ((Health(False, refused=True), True, False), ("store refuses us", "red")),
        ((Health(False, loading=0.5), True, False), ("store loads", "red")),
        ((Health(True), False, False), ("no worker", "yellow")),
        ((Health(True), False, True), ("workers start", "yellow")),
        ((Health(True, workers=(WORKER,)), False, False), ("ready · 1 worker", "green")),
        ((Health(True, workers=(WORKER,) * 3), True, False), ("working · 3 workers", "green")),
    ],
)
def test_the_light(arguments, light):
    assert light_of(*arguments) == light


def test_the_pulse_is_fast_while_something_happens():
    assert pace(True, True) < pace(False, True) == pace(False, False) < pace(True, False)
