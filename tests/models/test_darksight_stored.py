"""A fitted map that is stored and read again answers as before."""

import numpy as np
import pytest
import torch

from models.darksight import DarkSight, ParametricDarkSight, map_from_bytes
from models.tensors import pack, unpack
from tests.models.predicted import predictions

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"n_init": 1, "max_iter": 3, "device": "cpu"}


@pytest.fixture(scope="module")
def p():
    return predictions(200, 6)


@pytest.fixture(
    scope="module",
    params=[
        {},
        {"conditional": "gaussian", "temperature": 2.0, "eps": 1e-6},
        {"classes": np.array([4, 1, 2]), "random_state": np.random.RandomState(3)},
    ],
    ids=["t", "gaussian", "classes"],
)
def made(request, p, one_thread):
    return DarkSight(**QUICK | {"random_state": np.int64(7)} | request.param).fit(p)


@pytest.fixture(scope="module")
def network(made, p):
    return ParametricDarkSight(made, epochs=2, hidden=8, random_state=0).fit(p)


@pytest.fixture(scope="module")
def plain(one_thread):
    return DarkSight(**QUICK, random_state=0).fit(predictions(30, 3))


@pytest.fixture(scope="module")
def plain_network(plain):
    return ParametricDarkSight(plain, epochs=1, hidden=8, random_state=0).fit(predictions(30, 3))


def check_that_they_answer_alike(made, again, p):
    assert type(again) is type(made)
    for name, value in vars(made).items():
        if name.endswith("_") and name not in ("network_", "darksight_"):
            assert np.array_equal(getattr(again, name), value, equal_nan=name == "embedding_"), name
    places = made.embedding_
    assert np.array_equal(again.transform(p), made.transform(p), equal_nan=True)
    assert np.array_equal(again.predict_proba(places), made.predict_proba(places), equal_nan=True)
    assert np.array_equal(again.score_samples(places), made.score_samples(places), equal_nan=True)
    assert np.array_equal(again.density_grid(9).log_density, made.density_grid(9).log_density)
    assert again.to_bytes() == made.to_bytes()


def test_a_map_comes_back(made, p):
    again = DarkSight.from_bytes(made.to_bytes(), "cpu")
    check_that_they_answer_alike(made, again, p)
    drawn = isinstance(made.random_state, np.random.RandomState)
    kept = made.get_params() | {"random_state": None if drawn else 7}
    kept |= {"classes": None if made.classes is None else [4, 1, 2]}
    assert again.get_params() == kept
    with pytest.raises(ValueError, match="X has 3 features, but DarkSight is expecting 6"):
        again.transform(predictions(30, 3))


def test_a_map_of_a_network_comes_back(network, p):
    again = ParametricDarkSight.from_bytes(network.to_bytes(), "cpu")
    check_that_they_answer_alike(network, again, p)
    check_that_they_answer_alike(network.darksight_, again.darksight_, p)
    mix = torch.randn(8, 6, generator=torch.Generator().manual_seed(0))
    images = np.random.default_rng(0).normal(size=(5, 2, 2, 2))
    before, after = (one.input_gradient(images, lambda pixels: pixels.flatten(1) @ mix) for one in (network, again))
    assert np.array_equal(after.log_density, before.log_density)
    assert np.array_equal(after.gradient, before.gradient)
    assert np.abs(after.gradient).max() > 0


def test_a_map_that_was_read_can_be_made_again(made, p):
    again = DarkSight.from_bytes(made.to_bytes(), "cpu").set_params(random_state=0).fit(p)
    assert np.array_equal(
        again.embedding_, DarkSight(**made.get_params() | {"random_state": 0}).fit(p).embedding_, True
    )


def test_only_what_is_fitted_is_stored():
    for kind in (DarkSight, ParametricDarkSight):
        with pytest.raises(ValueError, match="not fitted"):
            kind().to_bytes()


def damaged(data, key, change):
    tensors, notes = unpack(data, key)
    change(tensors, notes)
    return pack(tensors, key, notes)


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, notes: tensors.pop("means_"),
        lambda tensors, notes: notes.pop("settings"),
        lambda tensors, notes: notes["figures"].pop("agreement_"),
        lambda tensors, notes: notes["settings"].update(colour="red"),
        lambda tensors, notes: tensors.update(means_=tensors["means_"].float()),
        lambda tensors, notes: tensors.update(means_=tensors["means_"][1:]),
        lambda tensors, notes: tensors.update(shown_=tensors["shown_"][1:]),
        lambda tensors, notes: tensors.update(embedding_=tensors["embedding_"][:, :1]),
        lambda tensors, notes: tensors.update(class_log_prior_=tensors["class_log_prior_"][:, None]),
    ],
)
def test_what_is_no_map_is_refused(plain, change):
    with pytest.raises(ValueError, match="data must be a DarkSight in the safetensors format"):
        DarkSight.from_bytes(damaged(plain.to_bytes(), "darkroom.darksight", change))


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, notes: tensors.pop("map"),
        lambda tensors, notes: tensors.update(map=tensors["map"][9:]),
        lambda tensors, notes: tensors.pop("network.mean"),
        lambda tensors, notes: notes["settings"].update(hidden=9),
        lambda tensors, notes: tensors.update(more=torch.ones(2)),
    ],
)
def test_what_is_no_network_is_refused(plain_network, change):
    with pytest.raises(ValueError, match="data must be a ParametricDarkSight, but its network or its map is none"):
        ParametricDarkSight.from_bytes(damaged(plain_network.to_bytes(), "darkroom.parametric-darksight", change))


def test_one_is_not_the_other(plain, plain_network):
    others = ((DarkSight, plain_network.to_bytes()), (ParametricDarkSight, plain.to_bytes()), (DarkSight, b"map"))
    for kind, data in others:
        with pytest.raises(ValueError, match=f"data must be a {kind.__name__}"):
            kind.from_bytes(data)


def test_bytes_say_which_map_they_are(plain, plain_network):
    for made in (plain, plain_network):
        again = map_from_bytes(made.to_bytes(), "cpu")
        assert type(again) is type(made)
        assert np.array_equal(again.embedding_, made.embedding_)
    with pytest.raises(ValueError, match="in the safetensors format"):
        map_from_bytes(b"map")
