"""The pulse, asked over HTTP as the browser does: what has changed, and nothing else."""

import re

import pytest
import redis

from dashboard.jobs.pulse import steps_of
from dashboard.links import study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.borrowed import EPOCHS
from tests.engines import wait_until
from workers import names
from workers.jobs import Job, Jobs
from workers.kinds import job
from workers.presence import Presence, Worker, code_version
from workers.studies import digits_study


class Beating:
    """A page that keeps what it was sent, as a browser tab does."""

    def __init__(self, app):
        self.page = Page(app.server.test_client())
        self.props = {}
        self.sent = {}

    def beat(self):
        """One pulse; returns id -> property -> value of what it was sent."""
        self.sent = self.page.ask(
            "study-steps.children",
            "pulse.n_intervals",
            pulse__n_intervals=1,
            study__data=self.props.get("study.data"),
            pulse_seen__data=self.props.get("pulse-seen.data"),
        )
        for name, values in self.sent.items():
            self.props |= {f"{name}.{prop}": value for prop, value in values.items()}
        return self.sent

    def notices(self):
        return [notice["props"]["id"].removeprefix("notice-") for notice in self.props["notices.children"] or []]

    def states(self):
        return [step["props"]["className"].removeprefix("step step-") for step in self.props["study-steps.children"]]

    def buttons(self):
        names = ("cancel", "retry", "start")
        return [name for name in names if self.props[f"study-{name}.display"] != "none"]


@pytest.fixture
def engine(own):
    own.empty()
    return own.engine


@pytest.fixture
def tab(engine, own):
    return Beating(build(engine, own.settings, alone=False))


@pytest.fixture
def worker(engine):
    """Somebody who listens to everything, in word only."""
    queues = ("interactive", "batch", "calls")
    Presence(engine.client, Worker("worker-1@test", code_version(), queues, "cpu", 1)).announce()


@pytest.fixture
def study(engine):
    return engine.studies.create("Digits", digits_study(teacher={"epochs": EPOCHS}))


def test_an_empty_store_offers_the_first_study(tab, worker):
    tab.beat()
    assert tab.buttons() == ["start"]
    assert tab.props["study-steps.children"] == []
    assert tab.props["ready.data"] == []
    assert tab.props["engine-text.children"] == "ready · 1 worker"


def test_a_finished_study(tab, worker, own, digits):
    study = own.copy_study(digits)
    tab.beat()
    assert tab.props["study.data"] == study_data(study)
    assert tab.props["ready.data"] == ["images", "teacher", "predictions", "embedding"]
    assert tab.states() == ["done"] * 4
    assert (tab.buttons(), tab.notices()) == ([], [])
    assert tab.props["pulse.interval"] >= 2000
    texts = [
        step["props"]["children"][0]["props"]["children"][2]["props"]["children"]
        for step in tab.props["study-steps.children"]
    ]
    assert texts[0] == "1,438 train, 359 test, 10 classes"
    assert texts[1].startswith("lenet, 3 epochs, ")
    assert texts[2].endswith(" of 359 test images wrong")
    assert re.fullmatch(r"PCA of features, \d\d% of the variance", texts[3])


def test_a_further_map_is_a_step_until_it_is_there(tab, worker, own, digits):
    study = own.copy_study(digits)
    made = {role: own.engine.jobs.spec(study.keys[role]) for role in ("images", "predictions")}
    spec = job("embedding", {"of": "logits"}, **made)
    own.engine.studies.add(study.id, "embedding-logits", spec)
    tab.beat()
    assert tab.states() == ["done"] * 4 + ["queued"]
    own.engine.results.stage(spec.key, own.engine.jobs.claim(spec.key, "worker").attempt, {})
    own.engine.jobs.commit(
        spec.key, 1, 1, {"kind": "embedding", "method": "pca", "of": "logits", "explained_variance": [0.5, 0.2]}
    )
    tab.beat()
    assert tab.states() == ["done"] * 4
    assert "embedding-logits" in tab.props["ready.data"]


def test_of_many_maps_one_is_a_step_and_what_waits_for_them_is_none():
    def made(key, kind, state):
        return Job(key, kind, state, {}, {})

    jobs = {
        "images": made("a", "images", "done"), "predictions": made("b", "predictions", "waiting"),
        "embedding": made("c", "embedding", "queued"), "embedding-d": made("d", "embedding", "queued"),
        "embedding-e": made("e", "embedding", "running"), "embedding-f": made("f", "embedding", "queued"),
        "embedding-g": made("g", "embedding", "done"), "worth-h": made("h", "map-worth", "waiting"),
        "darksight-i": made("i", "darksight", "queued"),
    }  # fmt: skip
    assert [(role, job.key, more) for role, job, more in steps_of(jobs)] == [
        ("images", "a", 0), ("predictions", "b", 0), ("embedding", "c", 0), ("embedding-e", "e", 2), ("darksight-i", "i", 0),
    ]  # fmt: skip


def test_a_tree_of_classes_is_a_step_until_it_is_there(tab, worker, own, digits):
    study = own.copy_study(digits)
    spec = job("hierarchy", **{role: own.engine.jobs.spec(study.keys[role]) for role in ("images", "predictions")})
    own.engine.studies.add(study.id, "hierarchy", spec)
    tab.beat()
    assert tab.states() == ["done"] * 4 + ["queued"]
    own.engine.results.stage(spec.key, own.engine.jobs.claim(spec.key, "worker").attempt, {})
    own.engine.jobs.commit(spec.key, 1, 1, {"kind": "hierarchy"})
    tab.beat()
    assert tab.states() == ["done"] * 4


def test_what_the_page_shows_already_is_not_sent_again(tab, worker, own, digits):
    own.copy_study(digits)
    tab.beat()
    marks = tab.props["pulse-seen.data"]
    assert tab.beat() == {"pulse-seen": {"data": marks}}


def test_what_has_changed_is_sent_alone(tab, worker, study, engine):
    tab.beat()
    assert tab.states() == ["queued", "waiting", "waiting", "waiting"]
    assert tab.buttons() == ["cancel"]
    job = engine.jobs.claim(study.keys["images"], "worker-1@test")
    tab.beat()
    assert set(tab.sent) == {"pulse-seen", "study-steps"}
    assert tab.states() == ["running", "waiting", "waiting", "waiting"]
    engine.jobs.report(job.key, job.attempt, {"fraction": 0.5, "message": "page 1 of 2"})
    tab.beat()
    assert "page 1 of 2 · 50%" in str(tab.sent["study-steps"])
    assert tab.props["pulse.interval"] <= 500


def test_the_pages_curve_is_told_of_when_it_grows(tab, worker, study, engine, digits):
    """Told of, not sent: whoever draws it reads the points."""
    for role in ("images", "teacher"):
        job = engine.jobs.claim(study.keys[role], "worker-1@test")
        if role == "images":
            engine.jobs.commit(job.key, job.attempt, 0, digits.engine.results.meta(job.key))
    tab.beat()
    before = tab.props["progress.data"]
    assert "progress" not in tab.beat()
    engine.jobs.report(job.key, job.attempt, {}, [{"epoch": 0.5, "train_loss": 2.0}])
    after = tab.beat()["progress"]["data"]
    assert after != before
    assert "train_loss" not in str(after)
    assert "progress" not in tab.beat()
    engine.jobs.cancel(job.key)
    assert tab.beat()["progress"]["data"] != after  # it is live no more


def test_a_finished_training_has_no_live_curve(tab, worker, own, digits):
    own.copy_study(digits)
    assert "progress" not in tab.beat()


def test_a_failed_job_offers_to_retry(tab, worker, study, engine):
    job = engine.jobs.claim(study.keys["images"], "worker-1@test")
    engine.jobs.fail(job.key, job.attempt, "The images cannot be read.")
    tab.beat()
    assert tab.states()[0] == "failed"
    assert "The images cannot be read." in str(tab.props["study-steps.children"][0])
    assert tab.buttons() == ["retry"]


@pytest.mark.parametrize(("button", "state"), [("cancel", "cancelled"), ("retry", "queued")])
def test_the_bars_buttons_do_what_they_say(tab, worker, study, engine, button, state):
    if button == "retry":
        engine.studies.cancel(study)
    tab.beat()
    sent = tab.page.ask(
        "pulse.n_intervals",
        f"study-{button}.n_clicks",
        study__data=study_data(study),
        pulse__n_intervals=7,
    )
    assert sent == {"pulse": {"n_intervals": 8}}
    assert engine.jobs.get(study.keys["images"]).state == state
    tab.beat()
    assert tab.states()[0] == state


def test_start_makes_the_first_study(tab, worker, engine):
    tab.beat()
    tab.page.ask("pulse.n_intervals", "study-start.n_clicks", pulse__n_intervals=1)
    assert [study.title for study in engine.studies.all()] == ["Digits"]
    tab.beat()
    assert tab.buttons() == ["cancel"]


def test_the_first_study_is_offered_again_when_only_an_older_version_of_it_is_there(tab, worker, engine):
    older = engine.studies.create("Digits", digits_study(teacher={"epochs": EPOCHS}))
    engine.client.set(names.WELCOMED, older.id)
    tab.beat()
    assert "start" in tab.buttons()
    tab.page.ask("pulse.n_intervals", "study-start.n_clicks", pulse__n_intervals=1)
    tab.beat()
    assert "start" not in tab.buttons()


def test_a_study_whose_records_are_gone_can_be_retried(tab, worker, study, engine):
    """Another version, or a store that was emptied by hand."""
    for key in study.keys.values():
        engine.client.delete(f"darkroom:job:{key}")
    tab.beat()
    assert tab.states() == ["cancelled"] * 4
    assert tab.buttons() == ["retry"]


def test_a_study_that_was_deleted_elsewhere_is_told_of_and_the_newest_shown(tab, worker, study, engine):
    other = engine.studies.create("Other", digits_study(images={"seed": 3}))
    tab.props["study.data"] = study_data(study)
    tab.beat()
    assert "toasts" not in tab.sent
    engine.studies.delete(study.id)
    sent = tab.beat()
    assert sent["toasts"]["sendNotifications"][0]["message"] == (
        "The study Digits has been deleted; the newest is shown."
    )
    assert sent["study"]["data"] == study_data(other)
    assert "toasts" not in tab.beat()
    engine.studies.delete(other.id)
    sent = tab.beat()
    assert sent["toasts"]["sendNotifications"][0]["message"] == "The study Other has been deleted."
    assert sent["study"]["data"] is None
    assert tab.buttons() == ["start"]


def test_no_worker_is_noticed_and_greeted(tab, study, engine):
    tab.beat()
    assert tab.notices() == ["no-worker"]
    assert tab.props["engine-text.children"] == "no worker"
    Presence(
        engine.client, Worker("worker-1@test", code_version(), ("interactive", "batch", "calls"), "cpu", 1)
    ).announce()
    tab.beat()
    assert tab.notices() == []


def test_a_store_that_goes_is_noticed_and_what_is_shown_stays(tab, worker, own, digits):
    own.copy_study(digits)
    tab.beat()
    own.store.kill()
    try:
        tab.beat()
        assert tab.notices() == ["store-away"]
        assert tab.props["engine-text.children"] == "store away"
        assert not {"study-steps", "ready", "study", "progress"} & set(tab.sent)
        assert tab.buttons() == []
        assert set(tab.beat()) == {"pulse-seen"}
    finally:
        own.store.start()
    wait_until(lambda: own.engine.health().reachable, what="the store")
    Presence(
        own.engine.client, Worker("worker-1@test", code_version(), ("interactive", "batch", "calls"), "cpu", 1)
    ).announce()
    tab.beat()
    assert tab.notices() == []
    assert tab.states() == ["done"] * 4


def test_a_store_that_goes_between_two_questions_is_away(tab, worker, own, digits, monkeypatch):
    own.copy_study(digits)
    tab.beat()

    def gone(self):
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(Jobs, "now", gone)
    tab.beat()
    assert tab.notices() == ["store-away"]
    assert "study-steps" not in tab.sent


def test_while_the_store_is_away_buttons_say_nothing_twice(tab, worker, study, own):
    """The notice says it already: no toast, no error in the console."""
    own.store.kill()
    try:
        response = tab.page.post("pulse.n_intervals", "study-cancel.n_clicks", study__data=study_data(study))
        assert response.status_code in (200, 204)
        assert "sendNotifications" not in response.get_data(as_text=True)
    finally:
        own.store.start()


def test_the_jobs_view_has_the_number_of_open_jobs_in_the_navigation(tab, worker, study, engine):
    tab.beat()
    assert tab.props["nav-jobs-badge.children"] == "4"
    engine.studies.create("Other", digits_study(images={"seed": 3}))
    tab.beat()
    assert tab.props["nav-jobs-badge.children"] == "8"  # of the whole store
    for known in engine.studies.all():
        engine.studies.cancel(known)
    tab.beat()
    assert tab.props["nav-jobs-badge.children"] == ""


def test_the_page_follows_a_study_that_is_renamed_elsewhere(tab, worker, study, engine):
    tab.beat()
    renamed = engine.studies.rename(study.id, "Figures")
    sent = tab.beat()
    assert sent["study"]["data"] == study_data(renamed)
    assert sent["study-picker"]["data"] == [{"value": study.id, "label": "Figures"}]
    assert "selection" not in sent
    assert "study" not in tab.beat()
