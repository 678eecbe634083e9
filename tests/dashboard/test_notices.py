"""A notice for each thing that stands in the way, and none when nothing does."""

import pytest

from dashboard.components.notices import notices
from workers.engine import Health
from workers.presence import Worker, code_version

JOBS = Worker("worker-1@here", code_version(), ("interactive", "batch"), "cpu", 1)
CALLS = Worker("calls@here", code_version(), ("calls",), "cpu", 2)
OLD = Worker("worker-9@there", "0.0.1 (images-0)", ("interactive", "batch", "calls"), "cpu", 3)
WELL = Health(True, workers=(JOBS, CALLS))


def shown(health, open_queues=(), starting=False):
    return {notice.id.removeprefix("notice-"): notice for notice in notices(health, set(open_queues), starting)}


def test_when_all_is_well_there_is_none():
    assert shown(WELL) == {}
    assert shown(WELL, {"batch"}, starting=True) == {}


@pytest.mark.parametrize(
    ("health", "name", "words"),
    [
        (Health(False), "store-away", "The store (Redis) does not answer. Nothing is lost"),
        (Health(False, refused=True), "store-refuses", "The store (Redis) refuses the password of this page"),
        (Health(False, loading=0.421), "store-loading", "The store is loading: 42%."),
        (Health(True, full=True, workers=(JOBS, CALLS)), "store-full", "Delete a study in the Jobs view"),
        (Health(True), "no-worker", "No worker is running. Jobs wait in the store and start as soon as one comes"),
        (
            Health(True, workers=(JOBS, CALLS, OLD)),
            "outdated-worker-9@there",
            f"Worker worker-9@there runs 0.0.1 (images-0), this page {code_version()}.",
        ),
    ],
)
def test_what_stands_in_the_way_is_said(health, name, words):
    found = shown(health)
    assert list(found) == [name]
    assert words in found[name].children


def test_a_store_that_is_away_hides_what_cannot_be_known():
    assert list(shown(Health(False, full=True, workers=(OLD,)), {"batch"})) == ["store-away"]


def test_workers_that_are_about_to_come_are_waited_for():
    assert list(shown(Health(True), {"batch"}, starting=True)) == ["workers-starting"]


@pytest.mark.parametrize("starting", [True, False])
def test_workers_that_cannot_start_are_not_waited_for(starting):
    found = shown(Health(True, refusal="there is no abacus."), {"batch"}, starting)
    assert list(found) == ["workers-refused"]
    assert found["workers-refused"].children.startswith("No worker can start: there is no abacus. Correct that")
    assert shown(Health(True, workers=(JOBS, CALLS), refusal="there is no abacus.")) == {}  # others do the work


def test_jobs_that_nobody_hears_are_told_of():
    deaf = Health(True, workers=(CALLS,))
    found = shown(deaf, {"batch"})
    assert found["deaf-queue"].children == "No worker of this version listens to batch; jobs wait there."
    assert shown(deaf) == {}  # nothing waits there
    assert shown(deaf, {"batch"}, starting=True) == {}


def test_a_worker_of_another_version_hears_nothing():
    assert list(shown(Health(True, workers=(OLD,)), {"interactive"})) == ["outdated-worker-9@there", "deaf-queue"]


def test_several_things_are_said_at_once():
    found = shown(Health(True, full=True, workers=(OLD, CALLS)), {"batch"})
    assert list(found) == ["store-full", "outdated-worker-9@there", "deaf-queue"]
    assert len({notice.id for notice in found.values()}) == 3
