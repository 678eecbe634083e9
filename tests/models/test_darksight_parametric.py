"""The map of a network: places, progress, the gradient by the pixels."""

import numpy as np
import pytest
import torch

from models.darksight import DarkSight, ParametricDarkSight
from models.progress import Cancelled
from tests.models.predicted import predictions, symmetric

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"n_init": 1, "max_iter": 15, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def p():
    return predictions(600, 6)


@pytest.fixture(scope="module")
def parametric(p, one_thread):
    told, shown = [], []

    def listen(fraction, message="", **metrics):
        told.append((fraction, message, metrics))

    made = ParametricDarkSight(DarkSight(**QUICK), epochs=10, random_state=0, callback=listen)
    return made.fit(p, preview=lambda places, means: shown.append((places, means))), told, shown


def test_the_network_finds_the_places(parametric, p):
    made = parametric[0]
    assert np.array_equal(made.embedding_, made.transform(p))
    q = made.predict_proba(made.embedding_)
    assert made.kl_divergence_ == pytest.approx(symmetric(p, q).mean())
    assert made.kl_divergence_ < 0.5
    assert made.agreement_ == np.mean(q.argmax(1) == p.argmax(1)) > 0.9


def test_the_map_stays_as_it_was_made(parametric, p):
    made = parametric[0].darksight_
    assert np.array_equal(made.embedding_, DarkSight(**QUICK).fit(p).embedding_)
    assert made.kl_divergence_ == pytest.approx(symmetric(p, made.predict_proba(made.embedding_)).mean())
    assert not np.array_equal(made.means_, parametric[0].means_)


def test_both_phases_tell_how_far_they_are(parametric):
    _, told, shown = parametric
    fractions = [fraction for fraction, _, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)
    of_the_map = [(fraction, metrics) for fraction, message, metrics in told if message.startswith("the map")]
    of_the_network = [(fraction, metrics) for fraction, message, metrics in told if message.startswith("the network")]
    assert len(of_the_map) > 10
    assert len({fraction for fraction, _ in of_the_map}) > 10
    assert len(of_the_network) == 20
    assert of_the_map[-1][0] < of_the_network[0][0]
    assert any("kl_divergence" in metrics for _, metrics in of_the_map)
    assert [set(metrics) for _, metrics in of_the_network] == [{"place_error"}] * 10 + [{"kl_divergence"}] * 10
    errors = [metrics["place_error"] for _, metrics in of_the_network[:10]]
    assert errors[-1] < errors[0] / 2
    assert {(places.shape, means.shape) for places, means in shown} == {((600, 2), (6, 2))}
    assert len(shown) > 10
    assert not np.array_equal(shown[-6][0], shown[-1][0])


def test_the_last_that_is_shown_is_the_map(parametric):
    made, _, shown = parametric
    assert shown[-1][0] == pytest.approx(made.embedding_, abs=1e-4)
    assert shown[-1][1] == pytest.approx(made.means_, abs=1e-4)


def test_some_of_the_classes(p):
    shown = []
    made = ParametricDarkSight(DarkSight(**QUICK, classes=[4, 1, 2]), epochs=2, random_state=0)
    made.fit(p, preview=lambda places, _: shown.append(places))
    hidden = p[:, [4, 1, 2]].sum(1) < 0.05
    assert 0 < hidden.sum() < 600
    for places in (made.embedding_, *shown):
        assert np.array_equal(np.isnan(places).all(1), hidden)


def test_made_again_it_is_the_same_and_another_seed_makes_another():
    p = predictions(60, 4)
    map_ = DarkSight(**QUICK | {"random_state": None, "max_iter": 2})
    first, again, other = (ParametricDarkSight(map_, 8, 2, random_state=seed).fit(p) for seed in (0, 0, 1))
    assert np.array_equal(first.embedding_, again.embedding_)
    assert not np.allclose(first.darksight_.embedding_, other.darksight_.embedding_, atol=0.1)


def test_the_callback_can_stop_it_in_both_phases():
    def fit(when):
        def stop(fraction, message="", **_):
            if message.startswith(when):
                raise Cancelled

        ParametricDarkSight(DarkSight(**QUICK), epochs=1, callback=stop).fit(predictions(30, 3))

    for when in ("the map: step 2", "the network: epoch 2"):
        with pytest.raises(Cancelled):
            fit(when)


def test_the_gradient_by_the_pixels(parametric):
    made = parametric[0]
    draw = torch.Generator().manual_seed(0)
    mix = torch.randn(8, 6, generator=draw)
    images = torch.rand(5, 2, 2, 2, generator=draw).numpy()

    def classify(pixels):
        return pixels.flatten(1) @ mix.to(pixels.dtype)

    found = made.input_gradient(images, classify)
    p = torch.softmax(classify(torch.as_tensor(images)), 1).numpy()
    assert found.log_density == pytest.approx(made.score_samples(made.transform(p)), abs=1e-3)
    assert found.gradient.shape == images.shape
    nudge = np.random.default_rng(0).normal(size=images.shape).astype(np.float32)
    nudge *= 1e-3
    there, back = (made.input_gradient(images + sign * nudge, classify).log_density for sign in (1, -1))
    assert (there - back) / 2 == pytest.approx((found.gradient * nudge).sum((1, 2, 3)), abs=2e-5)
    with pytest.raises(ValueError, match=r"logits of the shape \(N, 6\), not \(5, 3\)"):
        made.input_gradient(images, lambda pixels: classify(pixels)[:, :3])


def test_settings_of_the_network_are_checked(p):
    with pytest.raises(ValueError, match="hidden and epochs must be 1 or more"):
        ParametricDarkSight(epochs=0).fit(p)
