"""The right side of the Jobs view: workers, store, and studies with their buttons."""

from dataclasses import replace

import dash
import pytest

from dashboard.components.unseen import Unseen
from dashboard.jobs import ids
from dashboard.jobs.holdings import Holdings
from dashboard.jobs.store import store_words, study_cells, study_rows, worker_rows
from tests.dashboard.components import inside, texts
from workers.engine import Health
from workers.jobs import Job
from workers.presence import Worker, code_version
from workers.studies import Study

NOW = 1_000_100.0
WORKER = Worker("worker-1@here", code_version(), ("interactive", "batch"), "cpu", 1)
CALLS = replace(WORKER, name="calls@here", queues=("calls",))
STUDIES = [Study("a", "First", {}, created=NOW), Study("b", "<b>Second", {}, created=NOW)]
HOLDINGS = Holdings(STUDIES, {"a": {"k", "shared"}, "b": {"shared"}}, {"k": 2048, "shared": 1024})
TRAINING = Job("k", "teacher", "running", {}, {}, submitted=NOW - 100, started=NOW - 90)


def said_of(*workers, **health):
    rows = worker_rows(Health(True, workers=workers, **health), {"k": TRAINING}, HOLDINGS, NOW)
    return [text for row in rows for text in texts(row)]


def test_a_worker_says_what_it_hears_and_does():
    said = said_of(WORKER, CALLS)
    assert said[4:8] == ["worker-1@here", "interactive, batch", "cpu", "idle"]
    assert "Teacher of First, 1:30" in said_of(replace(WORKER, job="k"), CALLS)
    assert "busy" in said_of(replace(WORKER, job="a job that is not listed"), CALLS)


def test_a_worker_of_another_version_is_marked():
    assert "other version" not in said_of(WORKER)
    assert "other version" in said_of(replace(WORKER, version="0.0.1"))


def test_queues_that_nobody_listens_to_are_named():
    assert "No worker of this version listens to calls." in said_of(WORKER)
    assert not [text for text in said_of(WORKER, CALLS) if "listens" in text]


def test_no_worker_is_said_and_why_none_can_start():
    assert said_of() == ["None is running; jobs wait until one comes."]
    assert said_of(refusal="There is no cuda:7.") == ["Workers cannot start: There is no cuda:7."]


def test_the_store_says_how_full_it_is():
    bar, words = store_words(Health(True, used_bytes=2**20, budget_bytes=2**22))
    assert bar.value == 25
    assert words.children.startswith("1.0 MiB of 4.0 MiB for results.")
    assert store_words(Health(True))[0].value == 0


def actions(cells):
    return [getattr(part, "data-press") for cell in cells for part in inside(cell) if hasattr(part, "data-press")]


def test_a_study_has_its_buttons_and_deleting_asks_once_more():
    cells = study_cells(STUDIES[0], HOLDINGS, None, None)
    assert actions(cells) == ["rename", "pin", "duplicate", "delete"]
    assert "unpin" in actions(study_cells(replace(STUDIES[0], pinned=True), HOLDINGS, None, None))
    said = [text for cell in cells for text in texts(cell)]
    assert said[:3] == ["First", "3.0 KiB", "2.0 KiB"]
    assert "Delete First for good, which frees 2.0 KiB" in said


def test_a_title_that_is_being_typed_is_a_field():
    (field,) = [
        part
        for cell in study_cells(STUDIES[1], HOLDINGS, None, "b")
        for part in inside(cell)
        if getattr(part, "id", None) == ids.TITLE
    ]
    assert field.value == "<b>Second"


@pytest.fixture
def sent(monkeypatch):
    """Rows that are sent by themselves: id -> children."""
    sent = {}
    monkeypatch.setattr(
        dash, "set_props", lambda component, props: sent.update({component["study"]: props["children"]})
    )
    return sent


def test_only_studies_that_have_changed_are_sent(sent):
    unseen = Unseen(None)
    assert [row.id["study"] for row in study_rows(unseen, HOLDINGS, None, None)] == ["b", "a"]  # the newest first
    assert study_rows(unseen, HOLDINGS, None, None) is dash.no_update
    assert not sent
    renamed = replace(HOLDINGS, studies=[STUDIES[0], replace(STUDIES[1], title="Third")])
    assert study_rows(unseen, renamed, None, None) is dash.no_update
    assert list(sent) == ["b"]
    (row,) = study_rows(unseen, replace(HOLDINGS, studies=STUDIES[:1]), None, None)
    assert row.id == ids.study_row("a")


def test_a_title_that_is_being_typed_is_left_alone(sent):
    unseen = Unseen(None)
    study_rows(unseen, HOLDINGS, None, None)
    study_rows(unseen, HOLDINGS, None, "a")
    assert list(sent) == ["a"]
    sent.clear()
    study_rows(unseen, replace(HOLDINGS, sizes={"k": 4096}), None, "a")
    assert list(sent) == ["b"]  # its size has changed too
    study_rows(unseen, HOLDINGS, None, None)
    assert set(sent) == {"a", "b"}


def test_a_store_without_studies_says_so():
    (row,) = study_rows(Unseen(None), Holdings([], {}, {}), None, None)
    assert texts(row) == ["None."]
