"""The table of jobs: what stands in a row, which rows there are, and which of them a page is told of."""

import json
from dataclasses import replace

import pytest

from dashboard.jobs.holdings import Holdings
from dashboard.jobs.table import count_words, news, picked, row, some, title_of
from workers.jobs import RECENT, Job
from workers.studies import Study

NOW = 1_000_100.0
KEY = "0123456789abcdef" * 4
QUEUED = Job(KEY, "teacher", "queued", {}, {}, submitted=NOW - 100)
RUNNING = replace(
    QUEUED,
    state="running",
    started=NOW - 100,
    fraction=0.25,
    message="epoch 3 of 12",
    attempt=1,
    worker="worker-1@here",
)
STUDIES = [Study(name, name.capitalize(), {}) for name in ("first", "second", "third")]
HELD = {"first": {KEY, "images"}, "second": {"images", "gone"}, "third": set()}
HOLDINGS = Holdings(STUDIES, HELD, {KEY: 2048, "images": 1024, "nobody's": 7})


def test_a_row_says_all_of_a_job():
    shown = row(RUNNING, HOLDINGS, NOW)
    assert shown.pop("mark")
    assert shown == {
        "row": KEY[:16],
        "key": KEY,
        "state": "running",
        "kind": "Teacher",
        "title": "Teacher of First",
        "studies": "First",
        "bar": 25.0,
        "told": "epoch 3 of 12 · 25%",
        "elapsed": "1:40",
        "eta": "5:00",
        "attempt": "1",
        "worker": "worker-1@here",
        "action": "cancel",
    }


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"fraction": None}, "bar", None),
        ({"fraction": None}, "eta", "–"),
        ({"state": "queued", "worker": ""}, "worker", "–"),
        ({"attempt": 0}, "attempt", "–"),
        ({"attempt": 3, "deaths": 2}, "attempt", "3 (2 died)"),
        ({"state": "done", "finished": NOW - 40}, "elapsed", "1:00"),
        ({"state": "done"}, "told", "2.0 KiB"),
        ({"state": "done"}, "action", None),
        ({"state": "done", "key": "gone"}, "told", "its result has made room for others"),
        ({"state": "done", "key": "gone"}, "action", "retry"),
        ({"state": "failed", "error": "It went wrong."}, "told", "It went wrong."),
        ({"state": "failed"}, "action", "retry"),
        ({"state": "cancelled"}, "action", "retry"),
        ({"state": "waiting"}, "action", "cancel"),
        ({"state": "queued"}, "action", "cancel"),
        ({"key": "nobody's"}, "studies", "–"),
        ({"key": "nobody's"}, "title", "Teacher"),
        ({"key": "images"}, "studies", "First, Second"),
        ({"kind": "unheard-of"}, "kind", "unheard-of"),
    ],
)
def test_a_row_follows_the_job(changes, field, value):
    assert row(replace(RUNNING, **changes), HOLDINGS, NOW)[field] == value


def test_a_job_of_many_studies_names_some():
    assert some([]) == ""
    assert some(["A", "B", "C", "D"]) == "A, B and 2 more"
    assert title_of(QUEUED, ["A"]) == "Teacher of A"


def test_what_a_study_takes_and_what_it_alone_takes():
    assert [HOLDINGS.size(study.id) for study in STUDIES] == [3072, 1024, 0]
    assert [HOLDINGS.alone(study.id) for study in STUDIES] == [2048, 0, 0]


def test_jobs_are_picked_by_state_and_study():
    jobs = [replace(QUEUED, key=state, state=state) for state in ("waiting", "running", "done", "failed", "cancelled")]
    assert picked(jobs, "all", None) == jobs
    assert [job.state for job in picked(jobs, "open", None)] == ["waiting", "running"]
    assert [job.state for job in picked(jobs, "failed", None)] == ["failed"]
    assert [job.state for job in picked(jobs, "all", {"done", "elsewhere"})] == ["done"]
    assert picked(jobs, "all", set()) == []


def rows_of(*jobs):
    return [row(job, HOLDINGS, NOW) for job in jobs]


def marks(rows):
    return {shown["row"]: shown["mark"] for shown in rows}


def test_a_table_is_told_of_what_has_changed_alone():
    jobs = [replace(RUNNING, key=f"{number:064x}"[::-1]) for number in range(3)]
    rows = rows_of(*jobs)
    assert news(rows, None) == {"order": list(marks(rows)), "rows": rows}
    assert news(rows, marks(rows)) is None
    assert news([], None) == {"order": [], "rows": []}  # it knows then that there is nothing
    changed = rows_of(jobs[0], replace(jobs[1], fraction=0.5), jobs[2])
    assert news(changed, marks(rows)) == {"order": list(marks(rows)), "rows": [changed[1]]}
    assert news(rows[:2], marks(rows)) == {"order": list(marks(rows))[:2], "rows": []}
    moved = [rows[2], rows[0], rows[1]]
    assert news(moved, marks(rows)) == {"order": list(marks(moved)), "rows": []}


def test_a_full_table_stays_small_on_the_wire():
    jobs = [replace(RUNNING, key=f"{number:064x}"[::-1], error="x" * 200) for number in range(RECENT)]
    rows = rows_of(*jobs)
    one_more = rows_of(replace(RUNNING, key="f" * 64), replace(jobs[0], fraction=0.9), *jobs[1:])
    told = news(one_more, marks(rows))
    assert len(told["rows"]) == 2
    assert len(json.dumps(told)) + len(json.dumps(marks(rows))) < 20_000


def test_the_panel_says_how_many_of_how_many():
    assert count_words(1, [RUNNING, replace(RUNNING, state="done")]) == "Showing 1 of 2, newest first; 1 open"
    assert count_words(0, []) == "Showing 0 of 0, newest first; none open"
