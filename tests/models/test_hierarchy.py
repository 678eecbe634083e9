import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import cophenet
from scipy.spatial.distance import squareform

from models.hierarchy import ClassHierarchy


def said_of(means, n_images=1):
    """Images of each class of which exactly its mean is said: probabilities and labels."""
    return np.repeat(means, n_images, axis=0), np.repeat(np.arange(len(means)), n_images)


def random_means(n_classes, seed):
    return np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.5), n_classes)


def fork_distances(fitted):
    """Between each two classes, the distance of the fork at which they part: (C, C)."""
    return squareform(cophenet(fitted.linkage_))


def members(fitted):
    """The classes of each fork, in the order of the rows."""
    n = len(fitted.classes_)
    groups = [{int(number)} for number in fitted.classes_]
    for left, right in fitted.linkage_[:, :2].astype(int):
        groups.append(groups[left] | groups[right])
    return groups[n:]


def test_two_classes_lie_apart_by_one_bit_less_the_entropy_of_what_they_share():
    fitted = ClassHierarchy().fit(*said_of(np.array([[0.9, 0.1], [0.1, 0.9]]), 5))
    entropy = -(0.9 * np.log2(0.9) + 0.1 * np.log2(0.1))
    assert fitted.linkage_.tolist() == [[0, 1, pytest.approx(np.sqrt(1 - entropy)), 2]]
    assert fitted.mean_probabilities_ == pytest.approx(np.array([[0.9, 0.1], [0.1, 0.9]]))
    assert sorted(fitted.leaves_.tolist()) == [0, 1]


@pytest.mark.parametrize(("means", "distance"), [(np.eye(2), 1), (np.full((2, 2), 0.5), 0)])
def test_classes_without_anything_in_common_are_1_apart_and_equal_ones_0(means, distance):
    assert ClassHierarchy().fit(*said_of(means)).linkage_[0, 2] == pytest.approx(distance, abs=1e-7)


def test_a_planted_tree_is_found():
    """Pairs that are taken for each other often, pairs of pairs now and then, the two halves hardly ever."""
    apart = np.array([[bin(a ^ b).count("1") and (a ^ b).bit_length() for b in range(8)] for a in range(8)])
    means = np.array([0.7, 0.2, 0.04, 0.005])[apart]
    means /= means.sum(axis=1, keepdims=True)
    shuffled = np.random.default_rng(3).permutation(8)
    fitted = ClassHierarchy().fit(*said_of(means[np.ix_(shuffled, shuffled)], 3))
    place = np.argsort(shuffled)
    pairs = [{int(place[a]), int(place[a + 1])} for a in (0, 2, 4, 6)]
    found = members(fitted)
    assert all(pair in found[:4] for pair in pairs)
    assert all(half in found[4:6] for half in (pairs[0] | pairs[1], pairs[2] | pairs[3]))
    order = np.argsort(fitted.leaves_)
    assert all(np.ptp(order[list(pair)]) == 1 for pair in pairs)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(0, 999))
def test_no_fork_is_closer_than_those_below_it_and_distances_are_distances(n_classes, seed):
    fitted = ClassHierarchy().fit(*said_of(random_means(n_classes, seed)))
    distances = fitted.linkage_[:, 2]
    assert (np.diff(distances) >= 0).all()
    assert 0 <= distances[0] <= distances[-1] <= 1
    assert fitted.linkage_.shape == (n_classes - 1, 4)
    assert sorted(fitted.leaves_.tolist()) == list(range(n_classes))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(0, 999))
def test_naming_the_classes_otherwise_names_the_tree_otherwise(n_classes, seed):
    means = random_means(n_classes, seed)
    order = np.random.default_rng(seed + 1).permutation(n_classes)
    straight = ClassHierarchy().fit(*said_of(means))
    renamed = ClassHierarchy().fit(*said_of(means[np.ix_(order, order)]))
    assert fork_distances(renamed) == pytest.approx(fork_distances(straight)[np.ix_(order, order)], abs=1e-9)


def test_an_image_more_or_less_counts_by_its_share():
    probabilities = np.array([[0.9, 0.1, 0], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0, 0, 1]], np.float32)
    fitted = ClassHierarchy().fit(probabilities, np.array([0, 0, 1, 2]))
    assert fitted.mean_probabilities_ == pytest.approx(
        np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0, 0, 1]]), abs=1e-6
    )


def test_classes_without_images_are_left_out():
    probabilities = random_means(5, 0)
    fitted = ClassHierarchy().fit(probabilities, np.array([4, 1, 1, 3, 4]))
    assert fitted.classes_.tolist() == [1, 3, 4]
    assert sorted(fitted.leaves_.tolist()) == [1, 3, 4]
    assert (fitted.linkage_.shape, fitted.mean_probabilities_.shape) == ((2, 4), (3, 5))
    assert fitted.linkage_[-1, 3] == 3


@pytest.mark.parametrize(
    ("probabilities", "labels", "complaint"),
    [
        (np.ones((3, 1)), [0, 0, 0], r"the shape \(N, K\), K two or more, not \(3, 1\)"),
        (np.ones((2, 2), int), [0, 1], "must be floating point numbers, not int64"),
        (np.full((2, 2), 0.5), [0, 1, 0], r"labels must be 2 integers, one an image, not int64 \(3,\)"),
        (np.full((2, 2), 0.5), [0, 2], "labels must be 0 to 1, but there are 0 to 2"),
        (np.array([[0.5, 0.5], [np.nan, 0.5]]), [0, 1], "finite numbers from 0 up"),
        (np.array([[1.0, 0.0], [1.0, 0.5]]), [0, 1], r"those of image 1 add up to 1.5 \(1 of 2 images are so\)"),
        (np.full((2, 2), 0.5), [1, 1], "images of two classes or more; all of these are of class 1"),
    ],
)
def test_what_no_tree_can_be_made_of_is_refused(probabilities, labels, complaint):
    with pytest.raises(ValueError, match=complaint):
        ClassHierarchy().fit(probabilities, np.array(labels))
