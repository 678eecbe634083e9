"""A study of predictions alone, asked over HTTP as the browser does: what is there, and what is said not to be."""

import io

import numpy as np
import pytest
from PIL import Image

from dashboard.links import study_data
from dashboard.server import build
from dashboard.theme import class_colours
from tests.dashboard.asking import Page

N = 30
RNG = np.random.default_rng(0)
PROBABILITIES = RNG.dirichlet(np.ones(3), N)
LABELS = RNG.integers(0, 3, N)
PIXELS = RNG.integers(0, 256, (N, 6, 5, 3), np.uint8)


@pytest.fixture(scope="module")
def given(own, tmp_path_factory):
    """A study of predictions without images and labels, and one with both."""
    own.empty()
    folder = tmp_path_factory.mktemp("given")
    np.savez(folder / "bare.npz", probs=PROBABILITIES)
    np.savez(folder / "whole.npz", probs=PROBABILITIES, labels=LABELS, images=PIXELS)
    return own.give_study(folder / "bare.npz", "Bare"), own.give_study(folder / "whole.npz", "Whole")


@pytest.fixture(scope="module")
def server(own, given):
    return build(own.engine, own.settings, alone=False).server


@pytest.fixture
def ask(server):
    return Page(server.test_client()).ask


def beat(ask, study):
    """What the pulse says to a page that shows the study."""
    return ask("study-steps.children", "pulse.n_intervals", pulse__n_intervals=1, study__data=study_data(study))


def test_a_result_in_two_roles_is_one_step(ask, given):
    wrong = int((PROBABILITIES.argmax(axis=1) != LABELS).sum())
    for study, fact in zip(
        given, ("30 predictions, 3 classes", f"30 predictions, 3 classes, {wrong} wrong"), strict=True
    ):
        told = beat(ask, study)
        assert told["ready"]["data"] == ["images", "predictions", "embedding"]
        step, _map = told["study-steps"]["children"]
        title, badge, said = (part["props"]["children"] for part in step["props"]["children"][0]["props"]["children"])
        assert (title, badge, said) == ("Predictions of a file", "done", fact)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/image/{}/3.png", "is of the kind given and holds no images."),
        ("/atlas/{}/0", 'has no array "page-0"; it has: '),
        ("/array/{}/labels.npy", 'has no array "labels"; it has: '),
    ],
)
def test_what_the_file_did_not_hold_is_said_not_to_be_there(server, given, address, told):
    response = server.test_client().get(address.format(given[0].keys["images"]))
    assert response.status_code == 404
    assert told in response.text


def test_images_of_the_file_are_exact_to_the_pixel(server, given):
    client, key = server.test_client(), given[1].keys["images"]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(client.get(f"/image/{key}/3.png").data))), PIXELS[3])
    assert client.get(f"/image/{key}/{N}.png").status_code == 404
    assert client.get(f"/atlas/{key}/0").mimetype == "image/webp"


def test_the_grid_is_told_what_there_is_to_draw(ask, given):
    bare, whole = (
        ask("grid-source.data", "ready.data", ready__data=["images", "predictions"], study__data=study_data(study))
        for study in given
    )
    bare, whole = bare["grid-source"]["data"], whole["grid-source"]["data"]
    assert (bare["atlas"], bare["labels"], bare["colours"]) == (None, False, class_colours(3))
    assert (whole["atlas"]["tile_width"], whole["labels"], whole["colours"]) == (5, True, None)
    assert (bare["count"], bare["n_train"], bare["predictions"]) == (N, 0, given[0].keys["images"])
