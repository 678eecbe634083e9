"""UMAP is held to what it promises. Its code is compiled when it first runs, which takes ten seconds and more."""

import warnings

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from models.embedding import UMAP
from models.progress import Cancelled
from tests.models.clusters import clusters, purity

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", params=[2, 3])
def fitted(request, one_thread):
    """A map of 100 vectors, what its callback was told, and the vectors."""
    vectors, which = clusters(100, 60)
    told = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = UMAP(request.param).fit(vectors, lambda fraction, message="", **_: told.append((fraction, message)))
    return made, told, vectors, which


@pytest.mark.slow
def test_neighbours_stay_neighbours(fitted):
    made, _, vectors, which = fitted
    assert (made.embedding_.dtype, made.embedding_.shape) == (np.float32, (100, made.n_components))
    assert made.embedding_.mean(axis=0) == pytest.approx(0, abs=1e-3)
    assert purity(made.embedding_, which) == 1
    assert trustworthiness(vectors, made.embedding_, n_neighbors=5) > 0.8
    assert made.reduced_to_ == 50


@pytest.mark.slow
def test_it_tells_what_it_does_and_not_how_far_it_is(fitted):
    _, told, _, _ = fitted
    assert {fraction for fraction, _ in told} == {None}
    assert told[-1][1] == "placing the points"


@pytest.mark.slow
def test_made_again_it_is_the_same(fitted):
    made, _, vectors, _ = fitted
    assert np.array_equal(made.embedding_, UMAP(made.n_components).fit(vectors).embedding_)


@pytest.mark.slow
@pytest.mark.parametrize("vectors", [np.eye(5), np.full((12, 2), 0.1)])  # few, and coinciding
def test_odd_vectors_have_a_map(vectors):
    assert np.isfinite(UMAP(2, 4).fit(vectors).embedding_).all()


def test_it_can_be_stopped_before_the_points_are_placed():
    def stop(fraction, message="", **_):
        if message == "placing the points":
            raise Cancelled

    with pytest.raises(Cancelled):
        UMAP().fit(clusters(40, 3)[0], stop)


@pytest.mark.parametrize(
    ("made", "n", "complaint"),
    [
        (UMAP(), 15, r"n_neighbors 15 is too large for 15 vectors; 14 is the largest that will do"),
        (UMAP(n_neighbors=1), 50, r"n_neighbors must be 2 or more, not 1"),
        (UMAP(min_dist=1.5), 50, r"min_dist must lie in 0 to 1, not at 1.5"),
        (UMAP(3, n_neighbors=2), 5, r"UMAP takes 6 vectors or more for 3 dimensions, not 5"),
        (UMAP(1), 50, r"n_components must be 2 or 3, not 1"),
    ],
)
def test_what_cannot_be_mapped_is_refused(made, n, complaint):
    with pytest.raises(ValueError, match=complaint):
        made.fit(np.eye(n, 3))
