import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedding import PCA


def vectors_of(n, d, seed=0):
    """Vectors that vary more along some axes than along others."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, d)) * generator.uniform(0.1, 3, d) + generator.normal(size=d)


def distances(points):
    return np.linalg.norm(points[:, np.newaxis] - points[np.newaxis], axis=-1)


def test_it_is_the_svd_of_the_centred_vectors():
    vectors = vectors_of(80, 7)
    fitted = PCA().fit(vectors.astype(np.float32))
    left, singular, right = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    signs = np.sign([row[np.abs(row).argmax()] for row in right[:2]])
    assert fitted.embedding_ == pytest.approx(left[:, :2] * singular[:2] * signs, abs=1e-4)
    assert fitted.explained_variance_ratio_ == pytest.approx((singular**2 / (singular**2).sum())[:2], abs=1e-6)
    assert (fitted.embedding_.dtype, fitted.embedding_.shape) == (np.float32, (80, 2))


@settings(max_examples=30)
@given(st.integers(2, 40), st.integers(2, 8), st.integers(0, 99))
def test_turning_the_vectors_leaves_the_distances(n, d, seed):
    vectors = vectors_of(n, d, seed)
    turn = np.linalg.qr(np.random.default_rng(seed + 1).normal(size=(d, d)))[0]
    straight, turned = PCA().fit(vectors), PCA().fit(vectors @ turn)
    assert distances(turned.embedding_) == pytest.approx(distances(straight.embedding_), abs=1e-3)
    assert turned.explained_variance_ratio_ == pytest.approx(straight.explained_variance_ratio_, abs=1e-6)
    assert (distances(straight.embedding_) <= distances(vectors) + 1e-4).all()  # a projection brings nothing apart


@pytest.mark.parametrize(("n", "d"), [(50, 6), (600, 1200)])  # exact, and randomised
def test_made_again_it_is_the_same(n, d):
    vectors = vectors_of(n, d)
    assert np.array_equal(PCA().fit(vectors).embedding_, PCA().fit(vectors).embedding_)


def test_in_space_the_third_component_joins_the_first_two():
    vectors = vectors_of(60, 5)
    plane, space = PCA(2).fit(vectors), PCA(3).fit(vectors)
    assert space.embedding_.shape == (60, 3)
    assert space.embedding_[:, :2] == pytest.approx(plane.embedding_, abs=1e-5)
    assert distances(PCA(5).fit(vectors).embedding_) == pytest.approx(distances(vectors), abs=1e-4)  # a mere turn
    left, singular, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    assert np.abs(space.embedding_[:, 2]) == pytest.approx(np.abs(left[:, 2] * singular[2]), abs=1e-4)
    assert space.explained_variance_ratio_ == pytest.approx((singular**2 / (singular**2).sum())[:3], abs=1e-6)


def test_a_dimension_for_which_there_is_no_component_is_flat():
    fitted = PCA(3).fit(np.array([[0.0, 0], [4, 0], [0, 3]]))
    assert not fitted.embedding_[:, 2].any()
    assert fitted.explained_variance_ratio_[2] == 0


def test_pixels_as_they_are_stored_make_the_map_of_their_numbers():
    pixels = np.random.default_rng(0).integers(0, 256, (90, 20), np.uint8)
    assert PCA().fit(pixels).embedding_ == pytest.approx(PCA().fit(pixels.astype(np.float64)).embedding_, abs=1e-2)


def test_far_from_0_nothing_is_lost():
    """float32 has 24 bits, which the mean must not take."""
    vectors = vectors_of(2000, 6)
    far = PCA().fit((vectors + 1e3).astype(np.float32)).embedding_
    assert far == pytest.approx(PCA().fit(vectors).embedding_, abs=1e-2)


def test_vectors_of_one_number_lie_on_a_line():
    fitted = PCA().fit(np.array([[1.0], [2.0], [6.0]]))
    assert fitted.embedding_.tolist() == [[-2, 0], [-1, 0], [3, 0]]
    assert fitted.explained_variance_ratio_.tolist() == [1, 0]


def test_where_all_coincide_nothing_is_explained():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = PCA().fit(np.full((5, 3), 0.1))
    assert not fitted.embedding_.any()
    assert fitted.explained_variance_ratio_.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("vectors", "complaint"),
    [
        (np.zeros((1, 3)), r"two vectors or more .*, not \(1, 3\)"),
        (np.zeros((3, 0)), r"of one number or more, not \(3, 0\)"),
        (np.zeros(3), r"the shape \(N, D\), .*, not \(3,\)"),
        (np.array([["a"], ["b"]]), "must be numbers, not <U1"),
        (np.array([[0, 1], [np.nan, 1], [0, np.inf]]), r"row 1 holds NaN or infinity \(2 of 3 rows do\)"),
    ],
)
def test_what_is_no_set_of_vectors_is_refused(vectors, complaint):
    with pytest.raises(ValueError, match=complaint):
        PCA().fit(vectors)
