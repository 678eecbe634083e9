"""The training curve, asked over HTTP as the browser does: live while the teacher trains, as it was stored afterwards."""

import pytest

from dashboard.links import study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.borrowed import EPOCHS
from workers import names
from workers.studies import digits_study

POINTS = [{"epoch": 0.5, "train_loss": 2.0}, {"epoch": 1.0, "train_loss": 1.0}]


@pytest.fixture
def engine(own):
    own.empty()
    return own.engine


@pytest.fixture
def draw(engine, own):
    """Draws the curve of a study; gives x of the train line (None without a figure) and the panel's line."""
    page = Page(build(engine, own.settings).server.test_client())

    def draw(study, *ready):
        sent = page.ask(
            "training.figure",
            "progress.data",
            ready__data=ready,
            training_what__value="loss",
            study__data=study and study_data(study),
        )
        shown = sent["training"]["style"] != {"display": "none"}
        assert shown == (sent["training-words"]["style"] == {"display": "none"})
        assert shown == ("figure" in sent["training"])
        figure = sent["training"].get("figure")
        return figure and figure["layout"]["xaxis"]["range"][1], sent["training-panel-subtitle"]["children"]

    return draw


@pytest.fixture
def training(engine, digits):
    """A study whose teacher trains: (study, the teacher's job)."""
    study = engine.studies.create("Digits", digits_study(teacher={"epochs": EPOCHS}))
    images = engine.jobs.claim(study.keys["images"], "worker-1@test")
    engine.jobs.commit(images.key, images.attempt, 0, digits.engine.results.meta(images.key))
    return study, engine.jobs.claim(study.keys["teacher"], "worker-1@test")


NOTHING = (None, "Per epoch, on train and test images")


def test_without_a_study_or_a_point_there_is_no_curve(draw, training):
    assert draw(None) == NOTHING
    assert draw(training[0]) == NOTHING


def test_what_was_reported_is_drawn_up_to_where_training_will_end(draw, engine, training):
    study, job = training
    engine.jobs.report(job.key, job.attempt, {}, POINTS)
    assert draw(study, "images") == (pytest.approx(1.02 * EPOCHS), "Live")


def test_a_training_that_was_stopped_is_not_called_live(draw, engine, training):
    study, job = training
    engine.jobs.report(job.key, job.attempt, {}, POINTS)
    engine.jobs.cancel(job.key)
    assert draw(study, "images")[1] == "As far as it was reported"


def test_a_training_whose_record_is_gone_has_no_curve(draw, engine, training):
    study, job = training
    engine.jobs.report(job.key, job.attempt, {}, POINTS)
    engine.client.delete(names.job(job.key))
    assert draw(study, "images") == NOTHING


def test_once_it_is_there_the_stored_record_is_drawn(draw, own, digits):
    _, words = draw(own.copy_study(digits), "images", "teacher")
    assert words.startswith(f"lenet, {EPOCHS} epochs in ")
