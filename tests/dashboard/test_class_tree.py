"""The tree of classes as it is drawn, against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.teacher.class_tree import (
    above,
    children,
    class_tree,
    classes_named,
    decision_path,
    node_name,
    under,
    zoomed,
)

# {0,1} at 0.3, {3,4} at 0.32, {0,1,3,4} at 0.8, and 6 at 0.9
LINKAGE = np.array([[0, 1, 0.3, 2], [2, 3, 0.32, 2], [5, 6, 0.8, 4], [7, 4, 0.9, 5]])
CLASSES = np.array([0, 1, 3, 4, 6])
NAMES = [*"0123456"]


def random_tree(n_classes, seed, levels=None):
    """A tree of random merges at random distances that grow."""
    generator = np.random.default_rng(seed)
    roots, rows = list(range(n_classes)), []
    for distance in np.sort(generator.uniform(0.2, 1, n_classes - 1)):
        pair = generator.choice(len(roots), 2, replace=False)
        rows.append([*(roots[place] for place in pair), distance, 0])
        roots = [root for place, root in enumerate(roots) if place not in pair] + [n_classes + len(rows) - 1]
    return class_tree(np.array(rows), np.arange(n_classes), levels)


def shape(tree, number=None):
    """The tree as nested tuples of classes."""
    node = tree[next(iter(tree)) if number is None else number]
    if not node.is_fork:
        return node.classes[0]
    return tuple(shape(tree, child.number) for child in children(tree)[node.number])


@pytest.mark.parametrize(
    ("levels", "wanted"),
    [
        (None, (((0, 1), (3, 4)), 6)),
        (1, (0, 1, 3, 4, 6)),
        (2, ((0, 1), (3, 4), 6)),
        (6, ((0, 1), (3, 4), 6)),
        (8, (((0, 1), (3, 4)), 6)),
    ],
)
def test_forks_of_one_step_are_drawn_as_one(levels, wanted):
    tree = class_tree(LINKAGE, CLASSES, levels)
    assert shape(tree) == wanted
    assert next(iter(tree.values())).distance == 0.9


@given(st.integers(2, 30), st.integers(0, 99), st.integers(1, 8))
def test_no_more_forks_stand_above_a_class_than_there_are_levels(n_classes, seed, levels):
    tree = random_tree(n_classes, seed, levels)
    whole = random_tree(n_classes, seed)
    assert len(whole) == 2 * n_classes - 1
    for node in tree.values():
        line = above(tree, node.number)
        assert len([other for other in line if other.is_fork]) <= levels
        assert all(set(node.classes) <= set(other.classes) for other in line)
        assert node.classes == whole[node.number].classes
        assert node.distance == whole[node.number].distance
    assert sorted(node.classes[0] for node in tree.values() if not node.is_fork) == list(range(n_classes))
    for number, below in children(tree).items():  # sectors side by side, in the order of their classes
        assert tuple(member for child in below for member in child.classes) == tree[number].classes


def test_equal_distances_are_one_fork():
    tree = class_tree(np.array([[0, 1, 0.5, 2], [3, 2, 0.5, 3]]), np.arange(3), 8)
    assert shape(tree) == (0, 1, 2)


def way_by_hand(tree, probabilities, node):
    """Of all ways down, the one that at each fork goes where most probability is."""
    below = [other for other in tree.values() if other.parent == node.number]
    if not below:
        return []
    best = max(below, key=lambda child: sum(probabilities[number] for number in child.classes))
    return [
        (best.number, sum(probabilities[number] for number in best.classes)),
        *way_by_hand(tree, probabilities, best),
    ]


@given(st.integers(2, 20), st.integers(0, 99), st.sampled_from([None, 1, 2, 4]))
def test_the_way_goes_where_most_probability_is(n_classes, seed, levels):
    tree = random_tree(n_classes, seed, levels)
    probabilities = np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.3))
    way = decision_path(tree, probabilities)
    wanted = way_by_hand(tree, probabilities, next(iter(tree.values())))
    assert [node.number for node, _ in way] == [number for number, _ in wanted]
    assert [probability for _, probability in way] == pytest.approx([probability for _, probability in wanted])


def test_many_small_shares_outweigh_the_likeliest_class():
    way = decision_path(class_tree(LINKAGE, CLASSES), np.array([0.2, 0.1, 0, 0.2, 0.1, 0, 0.4]))
    assert [node.classes for node, _ in way] == [(0, 1, 3, 4), (0, 1), (0,)]
    assert [probability for _, probability in way] == pytest.approx([0.6, 0.3, 0.2])


def test_a_zoom_into_a_fork_that_is_merged_comes_to_the_one_it_is_merged_into():
    merged = class_tree(LINKAGE, CLASSES, 2)
    assert zoomed(merged, (0, 1)).classes == (0, 1)
    assert zoomed(merged, (0, 1, 3, 4)).classes == (0, 1, 3, 4, 6)


def test_the_part_under_a_fork():
    tree = class_tree(LINKAGE, CLASSES)
    part = under(tree, 7)
    assert shape(part) == ((0, 1), (3, 4))
    assert [node.number for node in above(tree, 5)] == [8, 7, 5]


@pytest.mark.parametrize(
    ("classes", "name", "words"),
    [
        ((3,), "3", "class 3"),
        ((3, 5), "{3,5}", "classes 3, 5"),
        ((0, 1, 2, 3, 4, 5), "6 classes", "classes 0, 1, 2, 3, 4, 5"),
        ((0, 1, 2, 3, 4, 5, 6), "7 classes", "classes 0, 1, 2, 3, 4 and 2 more"),
    ],
)
def test_classes_are_named_as_there_is_room(classes, name, words):
    tree = class_tree(LINKAGE, CLASSES)
    node = type(tree[0])(99, None, 0.5, classes)
    assert node_name(node, NAMES) == name
    assert classes_named(classes, NAMES) == words
