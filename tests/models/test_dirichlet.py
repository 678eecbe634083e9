"""Dirichlet mixtures: what they are known to be, and what expectation maximisation may never do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import psi
from scipy.stats import beta, dirichlet

from models import dirichlet as module
from models.dirichlet import DirichletMixture
from models.progress import Cancelled

pytestmark = pytest.mark.usefixtures("one_thread")


def drawn(alphas, counts, seed=0):
    generator = np.random.default_rng(seed)
    return np.vstack([generator.dirichlet(row, count) for row, count in zip(alphas, counts, strict=True)])


@pytest.mark.parametrize("alphas", [[0.1, 0.5, 3], [1, 1, 1, 1], [200, 50, 400], [0.7, 0.2]])
def test_one_component_is_the_likeliest_distribution(alphas):
    """There the gradient is 0: the mean logarithms are those that the distribution expects."""
    given = drawn([alphas], [3000])
    given = np.maximum(given, 1e-12) / np.maximum(given, 1e-12).sum(axis=1, keepdims=True)
    fitted = DirichletMixture(1).fit(given)
    found = fitted.alphas_[0]
    assert psi(found) - psi(found.sum()) == pytest.approx(np.log(given).mean(axis=0), rel=1e-5)
    assert found == pytest.approx(np.array(alphas), rel=0.1)
    assert fitted.weights_.tolist() == [1]


def test_known_components_are_found():
    alphas = np.array([[10, 1, 1], [1, 8, 0.5], [3, 3, 20]])
    fitted = DirichletMixture(3).fit(drawn(alphas, [2500, 1500, 1000]))
    order = [np.abs(fitted.alphas_ - row).sum(axis=1).argmin() for row in alphas]
    assert sorted(order) == [0, 1, 2]
    assert fitted.alphas_[order] == pytest.approx(alphas, rel=0.15)
    assert fitted.weights_[order] == pytest.approx(np.array([0.5, 0.3, 0.2]), abs=0.02)


def test_the_score_is_the_density():
    alphas = np.array([[2, 3, 4], [0.5, 1, 6.0]])
    fitted = DirichletMixture(2).fit(drawn(alphas, [200, 200]))
    others = drawn(alphas, [5, 5], 1)
    parts = [[dirichlet(row).pdf(one / one.sum()) for row in fitted.alphas_] for one in others]
    assert fitted.score_samples(others) == pytest.approx(np.log(parts @ fitted.weights_))


def test_at_the_end_the_weights_are_the_shares():
    given = drawn([[2, 3, 4], [4, 3, 2.0]], [600, 200])
    fitted = DirichletMixture(2, tol=1e-9, max_iter=2000).fit(given)
    parts = np.array([dirichlet(row).pdf(given.T) for row in fitted.alphas_]).T * fitted.weights_
    assert fitted.weights_ == pytest.approx((parts / parts.sum(axis=1, keepdims=True)).mean(axis=0), abs=1e-3)


def test_of_two_classes_it_is_a_beta_distribution():
    given = drawn([[2, 5]], [500])
    fitted = DirichletMixture(1).fit(given)
    assert fitted.score_samples(given) == pytest.approx(beta(*fitted.alphas_[0]).logpdf(given[:, 0]))


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(1, 5), st.integers(2, 80), st.integers(0, 999), st.sampled_from([0.05, 1, 30]))
def test_the_likelihood_never_falls(n_classes, components, count, seed, alpha):
    given = drawn([np.full(n_classes, alpha)], [count], seed)
    if seed % 3 == 0:
        given = np.eye(n_classes)[given.argmax(axis=1)]  # nothing but zeros and ones
    if np.ptp(given, axis=0).max() == 0:
        return
    fitted = DirichletMixture(components, tol=0, max_iter=30).fit(given)
    likelihoods = fitted.log_likelihoods_
    assert (np.diff(likelihoods) >= -1e-9 * np.abs(likelihoods[1:])).all()
    assert fitted.score_samples(given).mean() == pytest.approx(likelihoods[-1])
    assert fitted.weights_.sum() == pytest.approx(1)
    assert len(likelihoods) == fitted.n_iter_ + 1


def test_zeros_are_raised_to_eps():
    given = np.array([[1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0.2, 0.2, 0.6]])
    raised = np.maximum(given, 1e-4)
    expected = DirichletMixture(1, eps=1e-4).fit(raised / raised.sum(axis=1, keepdims=True)).alphas_
    assert DirichletMixture(1, eps=1e-4).fit(given).alphas_ == pytest.approx(expected, rel=1e-3)
    assert DirichletMixture(1, eps=1e-9).fit(given).alphas_ != pytest.approx(expected, rel=0.05)


def test_vectors_in_few_places_are_dense_but_not_infinitely():
    given = np.eye(3)[[0] * 50 + [1] * 10 + [2]]
    fitted = DirichletMixture(8).fit(given)
    assert len(fitted.weights_) == 3
    assert np.isfinite(fitted.score_samples(given)).all()
    assert fitted.alphas_.max() <= module.MOST
    assert fitted.score_samples(given)[0] > fitted.score_samples([[0.4, 0.3, 0.3]])[0]


def test_the_same_seed_finds_the_same(monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 100)
    given = drawn([[5, 1, 1], [1, 5, 1]], [200, 200])
    first, again, other = (DirichletMixture(2, random_state=seed).fit(given) for seed in (0, 0, 1))
    assert np.array_equal(first.alphas_, again.alphas_)
    assert not np.array_equal(first.alphas_, other.alphas_)


def test_scores_in_parts_are_those_of_the_whole(monkeypatch):
    given = drawn([[5, 1, 1]], [50])
    fitted = DirichletMixture(1).fit(given)
    expected = fitted.score_samples(given)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 7)
    assert fitted.score_samples(given) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "probabilities", "complaint"),
    [
        ({"n_components": 0}, np.eye(2), "n_components must be 1 or more, not 0"),
        ({"n_components": 1, "eps": 0}, np.eye(2), "eps must be above 0 and below 1 / 2, not 0"),
        ({"n_components": 1, "eps": 0.5}, np.eye(2), "below 1 / 2, not 0.5"),
        ({"n_components": 1}, np.full((3, 2), 0.5), "probabilities that differ; all 3 are the same"),
        ({"n_components": 1}, np.full((3, 2), 0.4), "row 0 sums to 0.8"),
    ],
)
def test_what_no_mixture_can_be_made_of_is_refused(settings, probabilities, complaint):
    with pytest.raises(ValueError, match=complaint):
        DirichletMixture(**settings).fit(probabilities)


def test_a_fit_tells_how_far_it_is_and_hears_when_it_is_cancelled():
    given = drawn([[9.0, 1, 1], [1, 9, 1]], [60, 60])
    told = []
    fitted = DirichletMixture(2, callback=lambda fraction, message="", **_: told.append((fraction, message))).fit(given)
    assert len(told) == fitted.n_iter_ + 1
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert told[2] == (2 / 201, "Dirichlet mixture, iteration 2")

    def cancel(fraction, message="", **_):
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        DirichletMixture(2, callback=cancel).fit(given)
