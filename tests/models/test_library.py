"""Library networks: node for node the one-by-one definition; what is learned of hand-made clusters; consistency."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.library import LIMIT, LibraryNetwork
from models.library_measures import agreement, auroc, confusion_index, consistency


def one_by_one(rows, threshold):
    """The rule as the paper says it."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    nodes = []
    for place, row in enumerate(unit):
        if not nodes or max(float(row @ unit[node]) for node in nodes) < threshold:
            nodes.append(place)
    return nodes


def clusters(random, centres, each, spread=0.02):
    rows = np.repeat(centres, each, axis=0)
    return (rows + spread * random.normal(size=rows.shape)).astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), count=st.integers(1, 1300), size=st.integers(2, 12), threshold=st.floats(0.2, 0.99)
)
def test_blocks_are_node_for_node_the_definition(seed, count, size, threshold):
    rows = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    found = LibraryNetwork(threshold).partial_fit(rows)
    assert found.nodes_.tolist() == one_by_one(rows.astype(np.float64), threshold)


def test_parts_are_as_good_as_the_whole():
    rows = np.random.default_rng(0).normal(size=(900, 6)).astype(np.float32)
    whole, parts = LibraryNetwork(0.8).partial_fit(rows), LibraryNetwork(0.8)
    for start in (0, 10, 700):
        parts.partial_fit(rows[start : {0: 10, 10: 700, 700: 900}[start]])
    assert parts.nodes_.tolist() == whole.nodes_.tolist()
    np.testing.assert_allclose(parts.similarities(rows[:5]), whole.similarities(rows[:5]), atol=1e-6)


def test_clusters_have_a_node_each_and_duplicates_none():
    random, centres = np.random.default_rng(1), np.eye(5, 20)
    rows, answers = clusters(random, centres, 30), np.repeat(np.arange(5), 30)
    order = random.permutation(150)
    library = LibraryNetwork(0.7).fit(rows[order], answers[order], 5)
    assert library.size_ == 5
    assert library.partial_fit(rows).size_ == 5
    library = LibraryNetwork(0.7).fit(rows[order], answers[order], 5)
    np.testing.assert_array_equal(library.predict(clusters(random, centres, 4)), np.repeat(np.arange(5), 4))
    assert agreement(library.predict_scores(rows), answers) == 1


def test_links_are_the_hebbian_rule():
    random = np.random.default_rng(2)
    rows, answers = random.normal(size=(40, 5)), random.integers(0, 3, 40)
    library = LibraryNetwork(0.5, kernel=0.1, top=2).fit(rows, answers, 3)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    near = np.exp(-(1 - unit @ unit[library.nodes_].T) / 0.1)
    wanted = near.T @ np.where(np.arange(3) == answers[:, None], 1, -1)
    np.testing.assert_allclose(library.links_, wanted, atol=1e-4)
    active = unit[:4] @ unit[library.nodes_].T
    best = np.argsort(-active, axis=1)[:, :2]
    scores = np.stack([(active[row, best[row], None] * wanted[best[row]]).sum(axis=0) for row in range(4)])
    np.testing.assert_allclose(library.predict_scores(rows[:4]), scores, atol=1e-4)


def test_a_permutation_of_classes_permutes_scores():
    random = np.random.default_rng(3)
    rows, answers, order = random.normal(size=(60, 4)), random.integers(0, 4, 60), np.array([2, 0, 3, 1])
    one = LibraryNetwork(0.6).fit(rows, answers, 4).predict_scores(rows)
    other = LibraryNetwork(0.6).fit(rows, order[answers], 4).predict_scores(rows)
    np.testing.assert_allclose(other[:, order], one, atol=1e-6)


def test_a_projection_keeps_cosines_about():
    rows = np.random.default_rng(4).normal(size=(50, 2000)).astype(np.float32)
    rows[1] = rows[0] + 0.1 * rows[1]
    plain, less = (
        LibraryNetwork(1.0, projection=size).partial_fit(rows).similarities(rows[:2]) for size in (None, 400)
    )
    assert np.abs(plain - less).max() < 4 / np.sqrt(400)
    assert less[0, 1] > 0.9


def test_a_library_can_be_full():
    library = LibraryNetwork(0.99, max_size=7).partial_fit(np.random.default_rng(5).normal(size=(100, 9)))
    assert (library.size_, library.is_full_) == (7, True)


def test_identical_layers_are_consistent():
    scores = np.random.default_rng(6).normal(size=(9, 4))
    np.testing.assert_allclose(consistency([scores, 3 * scores, scores]), 1)
    np.testing.assert_allclose(consistency([scores, -scores]), -1)
    assert (consistency([scores, scores[:, ::-1]], "published") >= 0).all()
    with pytest.raises(ValueError, match="two layers or more, not 1"):
        consistency([scores])


def test_confusion_is_a_ratio():
    scores = np.array([[2.0, 1.0, -1.0], [3.0, 0.0, 0.0], [0.0, 5.0, 0.0], [9.0, 0.0, 0.0]])
    found = confusion_index(scores, np.array([0, 0, 1, 1]))
    soft = np.exp(scores[:2]) / np.exp(scores[:2]).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.index[0], (soft * soft[:, :1]).sum(axis=0) / (soft[:, 0] ** 2).sum())
    assert found.counts.tolist() == [2, 1, 0]
    assert np.isnan(found.index[2]).all()
    np.testing.assert_allclose(np.diag(found.index)[:2], 1)
    for form in ("literal", "published"):
        assert confusion_index(scores, np.array([0, 0, 1, 1]), form).index[0, 0] == pytest.approx(1)


def test_what_belongs_is_told_apart():
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1
    assert auroc(np.array([0.1, 0.9]), np.array([0.1, 0.9])) == 0.5


@pytest.mark.parametrize(
    ("settings", "rows", "words"),
    [
        ({"threshold": 0}, np.ones((3, 2)), "threshold must be above 0 and at most 1, not 0"),
        ({"threshold": 1.1}, np.ones((3, 2)), "at most 1, not 1.1"),
        ({"kernel": 0}, np.ones((3, 2)), "kernel must be above 0"),
        ({"top": 0}, np.ones((3, 2)), "1 or more"),
        ({}, np.array([[1.0, 2.0], [0.0, 0.0]]), "Example 1 has no activation at all"),
        ({}, np.array([[1.0, np.inf]]), "must be finite numbers"),
    ],
)
def test_what_cannot_be_is_one_sentence(settings, rows, words):
    with pytest.raises(ValueError, match=words):
        LibraryNetwork(**settings).partial_fit(rows)


def test_answers_must_fit():
    with pytest.raises(ValueError, match="answers must be classes, 0 to 1, one for each of 3 examples"):
        LibraryNetwork(0.5).fit(np.ones((3, 2)), [0, 1, 2], 2)


def test_a_layer_beyond_memory_says_what_would_fit(monkeypatch):
    monkeypatch.setattr("models.library.LIMIT", 4 * 50 * 10)
    with pytest.raises(ValueError, match=r"a projection to [0-9]+ dimensions or fewer, would"):
        LibraryNetwork(1.0).partial_fit(np.random.default_rng(7).normal(size=(80, 50)))
    assert LIMIT > 2**30
