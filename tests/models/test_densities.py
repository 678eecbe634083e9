"""Densities against SciPy's, and against sums over all kernels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde, multivariate_normal

from models import densities
from models.densities import MapKDE, MapMixture, ProbabilityKDE

pytestmark = pytest.mark.usefixtures("one_thread")


def clustered(count, seed=0, df=3):
    """Places in three clusters, with some far out."""
    generator = np.random.default_rng(seed)
    centres = np.array([[0, 0], [6, 1], [-2, 5]])
    return centres[generator.integers(0, 3, count)] + generator.standard_t(df, (count, 2))


def vectors(count, seed=0, n_classes=4):
    return np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.5), count)


@settings(max_examples=25)
@given(st.integers(3, 400), st.integers(0, 999), st.floats(-3, 3), st.floats(0, 3))
def test_a_map_has_the_density_that_scipy_finds(count, seed, magnitude, squeezed):
    places = clustered(count, seed) * [10**magnitude, 10 ** (magnitude - squeezed)] + 5
    known = gaussian_kde(places.T)
    fitted = MapKDE().fit(places)
    assert fitted.score_samples(places) == pytest.approx(known.logpdf(places.T), abs=1e-3)
    others = places.mean(axis=0) + (clustered(200, seed + 1) @ np.linalg.cholesky(np.cov(places.T)).T)
    expected = known.logpdf(others.T)
    near = expected > expected.max() - 20
    assert fitted.score_samples(others)[near] == pytest.approx(expected[near], abs=1e-2)


def test_the_bandwidth_is_scotts():
    places = clustered(500)
    expected = np.sqrt(np.linalg.eigvalsh(gaussian_kde(places.T).covariance))
    assert MapKDE().fit(places).bandwidths_ == pytest.approx(expected)


def test_the_density_turns_with_the_map():
    places, turn = clustered(300), np.array([[0.6, -0.8], [0.8, 0.6]])
    expected = MapKDE().fit(places).score_samples(places)
    assert MapKDE().fit(places @ turn.T).score_samples(places @ turn.T) == pytest.approx(expected, abs=1e-3)


def test_far_from_all_points_the_nearest_count():
    places = clustered(50)
    far = np.array([[300.0, -200], [1e4, 1e4], [-1e6, 0], [40, 40]])
    got, expected = MapKDE().fit(places).score_samples(far), gaussian_kde(places.T).logpdf(far.T)
    assert np.isfinite(got).all()
    finite = np.isfinite(expected)
    assert got[finite] == pytest.approx(expected[finite], rel=0.02)
    assert (np.argsort(got) == [2, 1, 0, 3]).all()


def test_in_a_void_between_points_the_nearest_count():
    places = np.vstack([np.random.default_rng(0).normal(size=(1000, 2)), [[1e4, 0]]])
    middle = np.array([[5e3, 0], [5e3, 100]])
    expected = gaussian_kde(places.T).logpdf(middle.T)
    assert expected.max() < densities.LEAST_LOG
    assert MapKDE().fit(places).score_samples(middle) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("most", "cell"), [(50, 0.26), (20, 0.5)])
def test_a_very_wide_map_has_a_coarser_grid_and_then_a_wider_kernel(monkeypatch, most, cell):
    places = clustered(400, df=30)
    scotts = MapKDE().fit(places).bandwidths_
    monkeypatch.setattr(densities, "MOST_CELLS", most)
    fitted = MapKDE().fit(places)
    assert cell == pytest.approx(fitted._cell, abs=0.01)
    wider = (fitted.bandwidths_ / scotts)[0]
    assert (wider > 1.1) == (most == 20)
    known = gaussian_kde(places.T, wider * len(places) ** (-1 / 6))
    assert fitted.score_samples(places) == pytest.approx(known.logpdf(places.T), abs=1e-2)


def test_points_on_a_line_and_in_few_places_have_a_density():
    line = np.linspace(0, 1, 50)[:, np.newaxis] * [3, 4]
    logs = MapKDE().fit(line).score_samples(line)
    assert logs[25] > logs[0]
    assert logs == pytest.approx(logs[::-1], abs=1e-2)
    assert MapKDE().fit(line).score_samples([[3.0, 0]])[0] < logs.min() - 100
    twice = np.repeat([[0.0, 0], [1, 1]], [30, 10], axis=0)
    first, second = MapKDE().fit(twice).score_samples(twice)[[0, -1]]
    assert first > second


def test_probabilities_have_the_density_that_all_kernels_add_up_to(monkeypatch):
    given, others = vectors(60), vectors(40, 1)
    fitted = ProbabilityKDE().fit(given)
    variance = fitted.bandwidth_**2
    distances = ((others[:, np.newaxis] - given) ** 2).sum(axis=-1)
    expected = np.log(np.exp(-distances / 2 / variance).mean(axis=1) / (2 * np.pi * variance) ** 1.5)
    assert fitted.bandwidth_ == pytest.approx(np.sqrt(given.var(axis=0, ddof=1).sum() / 3) * 60 ** (-1 / 7))
    assert fitted.score_samples(others) == pytest.approx(expected)
    monkeypatch.setattr(densities, "PAIRS_AT_ONCE", 100)
    assert fitted.score_samples(others) == pytest.approx(expected)


def test_of_two_classes_it_is_the_density_of_a_line():
    given = vectors(80, n_classes=2)
    fitted = ProbabilityKDE().fit(given)
    known = gaussian_kde(given[:, 0] * np.sqrt(2))  # the length of the simplex
    assert fitted.bandwidth_ == pytest.approx(np.sqrt(known.covariance[0, 0]))
    assert fitted.score_samples(given) == pytest.approx(known.logpdf(given[:, 0] * np.sqrt(2)))


def test_a_thousand_classes_do_not_vanish():
    given = np.eye(1000)[[0] * 29 + [1]]
    logs = ProbabilityKDE().fit(given).score_samples(np.eye(1000)[[0, 1, 500]])
    assert np.isfinite(logs).all()
    assert (np.diff(logs) < 0).all()


def test_of_very_many_vectors_a_sample_is_taken(monkeypatch):
    monkeypatch.setattr(densities, "SAMPLE_OF_VECTORS", 200)
    given = vectors(400)
    first, again, other = (ProbabilityKDE(seed).fit(given).score_samples(given) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.corrcoef(first, other)[0, 1] > 0.5


def test_a_mixture_finds_the_clusters_that_there_are():
    generator = np.random.default_rng(0)
    places = np.vstack([generator.normal(0, 1, (600, 2)), generator.normal([20, 0], 0.1, (300, 2))])
    logs = MapMixture(2).fit(places).score_samples(np.array([[0.0, 0], [20, 0], [10, 0]]))
    normal = multivariate_normal([0, 0], np.eye(2))
    expected = [np.log(2 / 3) + normal.logpdf([0, 0]), np.log(1 / 3) + normal.logpdf([0, 0]) - 2 * np.log(0.1)]
    assert logs[:2] == pytest.approx(expected, abs=0.15)
    assert logs[2] < logs[:2].min() - 20


def test_a_mixture_stretches_with_the_map():
    places, scale = clustered(300), np.array([100, 0.01])
    expected = MapMixture(3).fit(places).score_samples(places) - np.log(scale).sum()
    assert MapMixture(3).fit(places * scale).score_samples(places * scale) == pytest.approx(expected, abs=1e-6)


def test_a_mixture_has_no_more_parts_than_there_are_places():
    places = np.array([[0.0, 0], [1, 0], [0, 1]])
    assert np.isfinite(MapMixture(10).fit(places).score_samples(places)).all()


@pytest.mark.parametrize("measure", [MapKDE(), MapMixture(3)])
@pytest.mark.parametrize(
    ("places", "complaint"),
    [
        (np.ones((5, 3)), r"places must have the shape \(N, 2\), one point or more, not \(5, 3\)"),
        (np.ones((1, 2)), "places that differ; all 1 are the same"),
        (np.ones((5, 2)), "places that differ; all 5 are the same"),
        (np.array([[0, 1], [np.nan, 0]]), "within ±3.4e.38, but that of point 1 is not"),
        (np.array([["a", "b"]]), "must be numbers"),
    ],
)
def test_what_has_no_density_is_refused(measure, places, complaint):
    with pytest.raises(ValueError, match=complaint):
        measure.fit(places)


@pytest.mark.parametrize(
    ("probabilities", "complaint"),
    [
        (np.full((4, 2), 0.5), "probabilities that differ; all 4 are the same"),
        (np.array([[0.5, 0.5], [0.9, 0.4]]), r"row 1 sums to 1.3 \(1 of 2 rows are wrong\)"),
        (np.array([[1.5, -0.5]]), "within 0 to 1"),
        (np.array([[np.nan, 1]]), "row 0, column 0 is nan"),
        (np.ones((4, 1)), "two classes or more"),
    ],
)
def test_what_is_no_probabilities_is_refused(probabilities, complaint):
    with pytest.raises(ValueError, match=complaint):
        ProbabilityKDE().fit(probabilities)


def test_classes_must_be_those_that_were_fitted():
    with pytest.raises(ValueError, match="must be of 4 classes, as the fitted ones, not 3"):
        ProbabilityKDE().fit(vectors(9)).score_samples(vectors(9, n_classes=3))
