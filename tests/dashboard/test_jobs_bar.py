"""The study bar and the light in the header: what a job does, in words."""

from dataclasses import replace

import pytest

from dashboard.jobs.bar import step, study_bar
from dashboard.jobs.pulse import light_of, pace
from dashboard.jobs.words import STATE_COLOURS, clock, duration, moment, told
from tests.dashboard.components import inside, texts
from workers.engine import Health
from workers.jobs import Job
from workers.presence import Worker

NOW = 1_000_100.0
JOB = Job("0123456789abcdef" * 4, "teacher", "queued", {}, {}, submitted=NOW - 100)
RUNNING = replace(JOB, state="running", started=NOW - 10, fraction=0.25, stage="training", message="epoch 3 of 12")
WORKER = Worker("worker-1@here", "1", ("interactive", "batch"), "cpu", 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "waiting"}, "waits for what it needs"),
        ({"state": "queued"}, "waits for a worker"),
        ({"state": "queued", "deaths": 1}, "waits for a worker again, as the last one died"),
        ({"state": "failed", "error": "It went wrong."}, "It went wrong."),
        ({"state": "cancelled"}, "stopped on request"),
        ({"state": "done"}, ""),
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


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "0 s"),
        (8.4, "8 s"),
        (59.4, "59 s"),
        (59.6, "1:00"),
        (200, "3:20"),
        (3599.7, "1:00:00"),
        (90_061, "25:01:01"),
    ],
)
def test_times_in_a_table_are_short(seconds, words):
    assert clock(seconds) == words


def test_a_moment_is_left_to_the_browser_to_write_in_its_zone():
    told = moment(1_700_000_000.9)
    assert (told.dateTime, told.className, told.children) == ("2023-11-14T22:13:20Z", "moment", None)
    assert moment(1_700_000_000.9, only_day=True).className == "day"
    assert moment(None) == moment(0.0) == "–"


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


def test_the_bar_leaves_its_room_to_the_steps_and_what_stops_them():
    assert [part.id for part in inside(study_bar()) if getattr(part, "id", None)] == [
        "study-bar",
        "study-steps",
        "study-cancel",
        "study-retry",
    ]
