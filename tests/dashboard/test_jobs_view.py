"""The Jobs view, asked over HTTP as the browser does."""

import json

import pytest

from dashboard.links import study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.borrowed import EPOCHS
from tests.engines import wait_until
from workers import names
from workers.presence import Presence, Worker, code_version
from workers.studies import digits_study

SEEN = ("jobs-seen", "job-seen")


class Viewing:
    """A page that shows the Jobs view and keeps what it was sent."""

    def __init__(self, app):
        self.page = Page(app.server.test_client())
        self.seen = {}

    def ask(self, output, changed, **given):
        marks = {f"{name.replace('-', '_')}__data": self.seen.get(name) for name in SEEN}
        sent = self.page.ask(output, changed, **marks | given)
        self.seen |= {name: sent[name]["data"] for name in SEEN if name in sent}
        return sent

    def fill(self, study=None, states="all", shown=None, renamed=None, only=False):
        return self.ask(
            "jobs-list.data",
            "pulse.n_intervals",
            jobs_filter__value=states,
            jobs_only__checked=only,
            study__data=study and study_data(study),
            jobs_shown__data=shown,
            jobs_renaming__data=renamed,
        )

    def look(self, key, what=None):
        return self.ask("job-facts.children", "jobs-chosen.data", jobs_chosen__data=key, job_what__value=what)

    def press(self, action, key, study=None):
        return self.page.ask(
            "pulse.n_intervals",
            "jobs-pressed.data",
            jobs_pressed__data={"action": action, "key": key, "at": 1},
            study__data=study and study_data(study),
            pulse__n_intervals=4,
        )


@pytest.fixture
def engine(own):
    own.empty()
    return own.engine


@pytest.fixture
def tab(engine, own):
    return Viewing(build(engine, own.settings))


@pytest.fixture
def study(engine):
    return engine.studies.create("Digits", digits_study(teacher={"epochs": EPOCHS}))


def test_an_empty_store(tab):
    sent = tab.fill()
    assert sent["jobs-list"]["data"] == {"order": [], "rows": []}
    assert sent["jobs-no-rows"]["children"].startswith("No job has run yet.")
    assert sent["jobs-panel-subtitle"]["children"] == "Showing 0 of 0, newest first; none open"
    assert "None is running" in str(sent["jobs-workers"])
    assert "None." in str(sent["jobs-studies"])


def test_a_beat_sends_what_has_changed_alone(tab, study, engine):
    rows = tab.fill(study)["jobs-list"]["data"]["rows"]
    assert [shown["studies"] for shown in rows] == ["Digits"] * 4
    shown = {row["row"]: row["mark"] for row in rows}
    assert set(tab.fill(study, shown=shown)) <= {"jobs-seen"}
    job = engine.jobs.claim(study.keys["images"], "worker-1@test")
    sent = tab.fill(study, shown=shown)
    assert [row["key"] for row in sent["jobs-list"]["data"]["rows"]] == [job.key]
    assert set(sent) == {"jobs-list", "jobs-seen"}
    assert len(json.dumps(sent)) < 2000


def test_jobs_are_shown_by_state_and_by_study(tab, study, engine):
    other = engine.studies.create("Other", digits_study(images={"seed": 3}))
    engine.studies.cancel(other)
    held = engine.studies.held()

    def keys(**asked):
        return {row["key"] for row in tab.fill(study, **asked)["jobs-list"]["data"]["rows"]}

    assert keys() == held[study.id] | held[other.id]
    assert keys(only=True) == keys(states="open") == held[study.id]
    sent = tab.fill(study, states="failed")
    assert sent["jobs-no-rows"]["children"] == "No job has failed."
    assert sent["jobs-panel-subtitle"]["children"] == "Showing 0 of 8, newest first; 4 open"


def test_a_job_that_another_worker_has_in_hand_is_named(tab, study, engine):
    job = engine.jobs.claim(study.keys["images"], "worker-1@test")
    Presence(engine.client, Worker("worker-1@test", code_version(), ("batch",), "cpu", 1)).announce()
    engine.client.hset(names.worker("worker-1@test"), "job", job.key)
    assert "Image set of Digits, " in str(tab.fill(study)["jobs-workers"])


def test_buttons_do_what_they_say(tab, study, engine):
    images = study.keys["images"]
    assert tab.press("cancel", images) == {"pulse": {"n_intervals": 5}}
    assert engine.jobs.get(images).state == "cancelled"
    tab.press("retry", images)
    assert engine.jobs.get(images).state == "queued"
    tab.press("pin", study.id)
    assert engine.studies.get(study.id).pinned
    tab.press("unpin", study.id)
    assert not engine.studies.get(study.id).pinned
    other = engine.studies.create("Other", digits_study(images={"seed": 3}))
    assert tab.press("delete", other.id, study) == {"pulse": {"n_intervals": 5}}
    assert tab.press("delete", study.id, study)["study"] == {"data": None}
    assert engine.studies.all() == []


def rename(tab, how, title, study):
    return tab.page.ask(
        "jobs-renaming.data",
        f"jobs-title.{how}",
        **{f"jobs_title__{how}": 1, "jobs_title__value": title, "jobs_renaming__data": study, "pulse__n_intervals": 4},
    )


def test_a_title_is_typed(tab, study, engine):
    sent = rename(tab, "n_submit", "x" * 81, study.id)
    assert sent == {"jobs-title": {"error": "A title has 1 to 80 characters, this one has 81."}}
    assert rename(tab, "n_blur", "Left alone", study.id) == {"jobs-renaming": {"data": None}}
    assert engine.studies.get(study.id).title == "Digits"
    sent = rename(tab, "n_submit", " Figures ", study.id)
    assert sent["jobs-renaming"] == {"data": None}
    assert sent["pulse"] == {"n_intervals": 5}  # the picker follows at once
    assert engine.studies.get(study.id).title == "Figures"


def test_no_job_is_looked_at_before_one_is_chosen(tab, study):
    assert tab.look(None)["job-place"] == {"hidden": True}


def test_a_job_is_looked_at_while_it_runs_and_afterwards(tab, study, engine):
    job = engine.jobs.claim(study.keys["images"], "worker-1@test")
    sent = tab.look(job.key)
    assert sent["job-place"] == {"hidden": False}
    assert sent["job-panel-subtitle"]["children"] == "Image set of Digits · running"
    assert "job-curve" not in sent
    engine.jobs.report(job.key, job.attempt, {}, [{"epoch": 1, "kl": 0.5, "loss": 2.0}], ["one line"])
    sent = tab.look(job.key)
    assert sent["job-what"] == {
        "data": [{"value": name, "label": name} for name in ("kl", "loss")],
        "value": "kl",
        "display": "block",
    }
    assert "one line" in sent["job-log"]["children"]
    assert sent["job-curve"]["figure"]["layout"]["yaxis"]["title"]["text"] == "kl"
    assert "job-facts" not in sent
    assert set(tab.look(job.key, "kl")) <= {"job-seen"}
    assert tab.look(job.key, "loss")["job-curve"]["figure"]["layout"]["yaxis"]["title"]["text"] == "loss"
    engine.jobs.fail(job.key, job.attempt, "It went wrong.")
    sent = tab.look(job.key, "loss")
    assert "It went wrong." in str(sent["job-facts"])
    assert "job-curve-place" not in sent  # it stays in sight


def test_a_job_whose_record_has_gone_says_so(tab, study, engine):
    key = study.keys["images"]
    tab.look(key)
    engine.client.delete(names.job(key))
    sent = tab.look(key)
    assert sent["job-panel-subtitle"]["children"].startswith(f"there is no job {key[:12]}")
    assert sent["job-facts"]["children"] == []


@pytest.mark.parametrize(
    ("button", "name", "text"),
    [
        ("log", "-log.txt", "one line\n"),
        ("metrics", "-metrics.csv", "epoch,kl\n1,0.5\n"),
        ("record", ".json", '"running"'),
    ],
)
def test_log_metrics_and_record_are_taken_along(tab, study, engine, button, name, text):
    job = engine.jobs.claim(study.keys["images"], "worker-1@test")
    engine.jobs.report(job.key, job.attempt, {}, [{"epoch": 1, "kl": 0.5}], ["one line"])
    changed = f"take-job-{button}.n_clicks"
    given = {f"take_job_{button}__n_clicks": 1, "jobs_chosen__data": job.key}
    sent = tab.page.ask("download.data", changed, **given)["download"]["data"]
    assert sent["filename"] == f"images-{job.key[:12]}{name}"
    assert text in sent["content"]


def test_a_store_that_is_away_leaves_what_is_shown(tab, study, own):
    tab.fill(study)
    own.store.kill()
    try:
        assert tab.fill(study) == {}
        assert tab.look(study.keys["images"]) == {}
    finally:
        own.store.start()
    wait_until(lambda: own.engine.health().reachable, what="the store")
    assert tab.fill(study)["jobs-list"]["data"]["rows"]
