"""t-SNE is held to what it promises, as its numbers differ by the last bits from machine to machine."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from models.embedding import TSNE
from models.progress import Cancelled
from tests.models.clusters import clusters, purity

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", params=[2, 3])
def fitted(request, one_thread):
    """A map of 100 vectors, what its callbacks were told, and the vectors."""
    vectors, which = clusters(100, 60)
    told, shown = [], []
    made = TSNE(request.param, perplexity=10).fit(
        vectors, lambda fraction, message="", **metrics: told.append((fraction, message, metrics)), shown.append
    )
    return made, told, shown, vectors, which


def test_neighbours_stay_neighbours(fitted):
    made, _, _, vectors, which = fitted
    assert made.embedding_.dtype == np.float32
    assert made.embedding_.shape == (100, made.n_components)
    assert purity(made.embedding_, which) == 1
    assert trustworthiness(vectors, made.embedding_, n_neighbors=5) > 0.8
    assert made.embedding_.mean(axis=0) == pytest.approx(0, abs=1e-3)
    assert 0 < made.kl_divergence_ < 1


def test_of_long_vectors_50_components_are_looked_at(fitted):
    assert fitted[0].reduced_to_ == 50


def test_it_tells_how_far_it_is_and_shows_its_places(fitted):
    made, told, shown, _, _ = fitted
    fractions = [fraction for fraction, _, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert told[-1][1] == "iteration 750 of 750"
    divergences = [metrics["kl_divergence"] for _, _, metrics in told if metrics]
    assert divergences[-1] < divergences[0]
    assert [metrics["iteration"] for _, _, metrics in told if metrics] == list(range(25, 751, 25))
    assert {(places.shape, places.dtype) for places in shown} == {(made.embedding_.shape, np.dtype(np.float32))}
    assert len(shown) == 31
    assert np.ptp(shown[0]) < 0.01  # where it begins
    assert not np.array_equal(shown[-1], shown[-2])  # a copy, not the array that is worked on


def test_made_again_it_is_the_same_and_another_seed_makes_another():
    vectors, _ = clusters(40, 3)
    first, again, other = (TSNE(2, 5, seed).fit(vectors).embedding_ for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("calls", [1, 3, 9])  # while neighbours are looked for, and among the iterations
def test_the_callback_can_stop_it(calls):
    told, shown = [], []

    def stop(fraction, message="", **_):
        told.append(fraction)
        if len(told) == calls:
            raise Cancelled

    with pytest.raises(Cancelled):
        TSNE(2, 5).fit(clusters(40, 3)[0], stop, shown.append)
    assert len(told) == calls
    assert len(shown) < calls + 1


@pytest.mark.parametrize("n", [5, 6])
def test_few_vectors_have_a_map(n):
    assert np.isfinite(TSNE(2, perplexity=1).fit(np.eye(n)).embedding_).all()


def test_vectors_that_coincide_have_a_map():
    assert np.isfinite(TSNE(3, perplexity=3).fit(np.full((12, 2), 0.1)).embedding_).all()


@pytest.mark.parametrize(
    ("made", "n", "complaint"),
    [
        (TSNE(), 50, r"perplexity 30 is too large for 50 vectors: .* 16 is the largest that will do"),
        (TSNE(perplexity=333), 1000, r"perplexity 333 .* for 1,000 vectors: .* 332 is the largest"),
        (TSNE(perplexity=1), 4, r"t-SNE takes five vectors or more, not 4"),
        (TSNE(perplexity=0.5), 50, r"perplexity must be 1 or more, not 0.5"),
        (TSNE(n_components=4, perplexity=5), 50, r"n_components must be 2 or 3, not 4"),
    ],
)
def test_what_cannot_be_mapped_is_refused(made, n, complaint):
    with pytest.raises(ValueError, match=complaint):
        made.fit(np.eye(n, 3))


@pytest.mark.parametrize(("perplexity", "n"), [(16, 50), (332, 1000)])
def test_the_largest_perplexity_it_names_will_do(perplexity, n):
    TSNE(perplexity=perplexity)._check(n)
    with pytest.raises(ValueError, match="too large"):
        TSNE(perplexity=perplexity + 1)._check(n)


def test_nan_is_refused():
    with pytest.raises(ValueError, match="row 0 holds NaN"):
        TSNE(perplexity=1).fit(np.full((9, 2), np.nan))
