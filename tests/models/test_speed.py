"""What a teacher's work takes, measured before there is one."""

import pytest

from models import speed
from models.speed import measure_speed


def a_second(work):
    work()
    return 1.0


def test_steps_and_answers_take_time(monkeypatch):
    monkeypatch.setattr(speed, "ENOUGH", 0.02)
    told = measure_speed("lenet", (1, 28, 28), 10, 64, "sgd", "cpu")
    assert 0 < told.forward < told.step


def test_a_batch_that_takes_long_is_told_in_proportion(monkeypatch):
    monkeypatch.setattr(speed, "_seconds", a_second)
    assert measure_speed("lenet", (1, 28, 28), 10, 64, device="cpu").step == 32  # of two images: a second
    assert measure_speed("lenet", (1, 28, 28), 10, 1, device="cpu").step == 1


def test_large_images_are_measured_smaller(monkeypatch):
    monkeypatch.setattr(speed, "_seconds", a_second)
    small, large = (measure_speed("lenet", (1, 48, side), 10, 2, device="cpu") for side in (48, 480))
    assert large == (10 * small.step, 10 * small.forward)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"architecture": "no-such-net"}, "architecture"),
        ({"in_shape": (1, 4, 4)}, "pixels"),
        ({"batch_size": 0}, "batch_size must be 1 or more, not 0"),
    ],
)
def test_what_cannot_be_measured_is_told(changed, sentence):
    asked = {"architecture": "lenet", "in_shape": (1, 28, 28), "n_classes": 10, "batch_size": 4, "device": "cpu"}
    with pytest.raises(ValueError, match=sentence):
        measure_speed(**(asked | changed))
