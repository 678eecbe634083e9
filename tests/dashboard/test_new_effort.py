"""How long a study takes, in words."""

import pytest

from dashboard.new.effort import Work, step_duration, time_words

QUESTION = {"architecture": "lenet", "shape": [1, 28, 28], "n_classes": 10, "batch_size": 50, "optimizer": "adam"}
SPEED = {"question": QUESTION, "step": 0.4, "forward": 0.001, "device": "cpu"}


def work(**changed):
    return Work(**{"question": QUESTION, "epochs": 3, "n_train": 800, "count": 1000, "may_stop": False} | changed)


def test_steps_of_all_epochs_and_a_pass_over_all_images_before_after_each_and_for_the_predictions():
    assert work().seconds(step=0.4, forward=0.001) == pytest.approx(3 * 16 * 0.4 + 5 * 1.0)
    assert work(epochs=0).seconds(step=0.4, forward=0.001) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("asked", "speed", "words"),
    [
        (None, SPEED, ""),
        (work(), SPEED, "About 24 s on cpu (0.4 s a step, measured)."),
        (work(may_stop=True), SPEED, "At most about 24 s on cpu (0.4 s a step, measured)."),
        (work(epochs=0), SPEED, "About 2.0 s on cpu."),
        (work(epochs=300), SPEED, "About 37 minutes on cpu (0.4 s a step, measured)."),
        (work(), None, "Measuring how long it takes …"),
        (work(question=QUESTION | {"batch_size": 64}), SPEED, "Measuring how long it takes …"),
        (
            work(),
            {"question": QUESTION, "error": "no worker answers"},
            "No estimate of the time, as no worker answers.",
        ),
    ],
)
def test_what_is_said_of_it(asked, speed, words):
    assert time_words(asked, speed) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.00834, "8.3 ms"), (0.412, "0.41 s"), (12.3, "12 s")])
def test_a_step(seconds, words):
    assert step_duration(seconds) == words
