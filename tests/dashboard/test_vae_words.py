"""What is said of a VAE: figures that agree with its metadata, and a warning where its pictures say little of the teacher."""

import pytest

from dashboard.measures import wilson_interval
from dashboard.vae.words import FEW, quality, warning

META = {
    "agreement": 0.9, "n_agreement": 200, "test_mse": 0.01234, "train_mse": 0.0111, "n_active": 7, "latent_size": 10,
    "test_kl": 18.04, "size": [28, 28], "resized": False,
}  # fmt: skip


def told(**changed):
    return {title: (value, means) for title, value, means in quality(META | changed)}


def test_figures_are_those_of_the_metadata():
    figures = told()
    assert figures["test error"] == ("0.0123", "Mean squared, of pixels 0 to 1; 0.0111 on as many training images")
    assert figures["active values"][0] == "7 of 10"
    assert figures["divergence"][0] == "18.0 nats"
    assert figures["size inside"] == ("28 × 28", "Pixels")


def test_how_often_the_teacher_agrees_comes_with_its_interval():
    low, high = wilson_interval(180, 200)
    value, means = told()["teacher agrees"]
    assert value == f"90.0% ({100 * low:.1f} to {high:.1%})"
    assert "180 of 200 test images" in means


def test_images_that_are_resized_are_said_to_be():
    assert told(size=[32, 48], resized=True)["size inside"] == (
        "32 × 48", "Pixels: images are resized on the way in, and back"
    )  # fmt: skip


@pytest.mark.parametrize("agreement", [FEW, 0.99, 1.0])
def test_where_the_teacher_agrees_there_is_no_warning(agreement):
    assert warning(META | {"agreement": agreement}) == ""


def test_where_it_seldom_does_neighbours_say_little():
    assert warning(META | {"agreement": 0.24}).startswith(
        "The teacher takes only 24% of the reconstructions for what it took the images: decoded plainly, neighbours say "
        "little of it."
    )
