"""What is shown of one job, and what can be taken along of it."""

import json
from dataclasses import replace

from dashboard.jobs.details import facts, job_line, metrics_table, parameters, record_text
from dashboard.jobs.holdings import Holdings
from tests.dashboard.components import inside, texts
from workers.jobs import Job
from workers.kinds import job
from workers.studies import Study, digits_study

TEACHER = digits_study(teacher={"epochs": 5})["teacher"]
JOB = Job(
    TEACHER.key,
    "teacher",
    "running",
    TEACHER.params.model_dump(mode="json"),
    TEACHER.input_keys,
    attempt=2,
    fraction=0.5,
    message="epoch 3 of 5",
    worker="worker-1@here",
    submitted=1_700_000_000.0,
    started=1_700_000_010.0,
)
HOLDINGS = Holdings([Study("a", "Digits", {})], {"a": {TEACHER.key}}, {TEACHER.key: 1024})


def test_settings_are_told_by_the_titles_of_the_forms():
    told = dict(parameters(JOB))
    assert told["Learning rate"] == "0.002"
    assert (told["Epochs"], told["Nesterov"], told["Dropout"]) == ("5", "yes", "–")


def test_settings_within_settings_are_told_too_and_hashes_shortened():
    params = {"source": {"kind": "npz", "manifest": "ab" * 32, "count": 10}}
    told = dict(parameters(replace(JOB, kind="images", params=params)))
    assert (told["Kind"], told["Content"], told["Images"]) == ("npz", "ab" * 6, "10")
    assert told["Axes"] == "auto"


def test_settings_of_another_version_are_told_by_their_names():
    told = parameters(replace(JOB, params={"epochs": 5, "unheard": {"of": 1.5}}))
    assert told == [("epochs", "5"), ("of", "1.5")]
    assert parameters(replace(JOB, kind="unheard-of", params={"x": None})) == [("x", "–")]


def test_a_job_says_what_it_is_made_of_and_how_it_went():
    shown = [part for part in facts(JOB, HOLDINGS) if part is not None]
    said = [text for part in shown for text in texts(part)]
    assert {"Digits", "worker-1@here", "1.0 KiB", TEACHER.key[:12]} <= set(said)
    moments = [part.dateTime for whole in shown for part in inside(whole) if hasattr(part, "dateTime")]
    assert moments[0] == "2023-11-14T22:13:20Z"
    (made_of,) = [part for whole in shown for part in inside(whole) if hasattr(part, "data-press")]
    assert getattr(made_of, "data-key") == TEACHER.input_keys["images"]
    assert "Place of the files" not in said


def test_a_failed_job_says_why_in_full_and_where_its_files_are():
    error = "It went wrong. " * 30
    said = [
        text
        for part in facts(replace(JOB, state="failed", error=error, place="/data/cats"), HOLDINGS)
        if part
        for text in texts(part)
    ]
    assert said[0] == error
    assert "/data/cats" in said


def test_a_job_without_settings_says_so():
    predictions = job("predictions", images=digits_study()["images"], teacher=TEACHER)
    record = replace(JOB, kind="predictions", params={}, inputs=predictions.input_keys)
    assert "None" in [text for part in facts(record, HOLDINGS) if part for text in texts(part)]


def test_the_line_says_what_it_does_while_it_runs():
    now = 1_700_000_020.0
    assert job_line(JOB, HOLDINGS, now) == "Teacher of Digits · running · epoch 3 of 5 · 50% · 10 s left"
    assert job_line(replace(JOB, state="failed", error="Why."), HOLDINGS, now) == "Teacher of Digits · failed"


def test_record_and_metrics_are_taken_along():
    assert json.loads(record_text(JOB))["params"]["epochs"] == 5
    points = [{"epoch": 0.5, "train_loss": 2.0}, {"epoch": 1.0, "test_loss": 1.5}]
    assert metrics_table(points) == "epoch,train_loss,test_loss\n0.5,2.0,\n1.0,,1.5\n"
