"""Charts of a VAE's training: what is drawn is what was reported."""

import numpy as np
import pytest

from dashboard.vae.training_figures import dimensions_figure, divergence_figure, error_figure

POINTS = [
    {"epoch": 0, "train_mse": 0.23, "test_mse": 0.24, "kl": 0.1, "n_active": 0},
    {"epoch": 1, "train_mse": 0.05, "test_mse": 0.06, "kl": 9.0, "n_active": 3},
]


def test_errors_are_drawn_of_train_and_test():
    figure = error_figure(POINTS, 20)
    lines = {line.name: line for line in figure.data}
    assert lines["train"].y.tolist() == pytest.approx([0.23, 0.05])
    assert lines["test"].y.tolist() == pytest.approx([0.24, 0.06])
    assert lines["test"].x.tolist() == [0, 1]
    assert figure.layout.yaxis.type == "log"


@pytest.mark.parametrize("draw", [error_figure, divergence_figure])
def test_a_live_curve_does_not_move_while_it_grows(draw):
    assert draw(POINTS[:1], 20).layout.xaxis.range == draw(POINTS, 20).layout.xaxis.range == pytest.approx((-0.4, 20.4))


def test_few_epochs_have_a_tick_each():
    assert error_figure(POINTS, 8).layout.xaxis.dtick == 1
    assert error_figure(POINTS, 80).layout.xaxis.dtick is None


def test_the_divergence_is_drawn_from_zero():
    figure = divergence_figure(POINTS, 20)
    assert figure.data[0].y.tolist() == pytest.approx([0.1, 9])
    assert figure.layout.yaxis.rangemode == "tozero"


def test_latent_values_stand_by_how_much_they_tell():
    figure = dimensions_figure(np.array([0.5, 2.0, 0.01, 2.0], np.float32))
    assert figure.data[0].y.tolist() == pytest.approx([2.0, 2.0, 0.5, 0.01])
    assert figure.data[0].customdata.tolist() == [1, 3, 0, 2]
    assert figure.layout.xaxis.ticktext == ("1", "3", "0", "2")


def test_the_names_of_many_latent_values_are_told_by_the_pointer_alone():
    figure = dimensions_figure(np.linspace(1, 0, 128, dtype=np.float32))
    assert not figure.layout.xaxis.showticklabels
    assert figure.data[0].customdata.tolist() == list(range(128))
