"""Measures by name, reject curves against all orders, local fidelity against a sum over all pairs."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from models import confidence
from models.certainty import entropy
from models.confidence import CONFIDENCES, RejectCurve, local_fidelity
from models.progress import Cancelled

pytestmark = pytest.mark.usefixtures("one_thread")


def vectors(count, seed=0, n_classes=4, zeros=0.0):
    generator = np.random.default_rng(seed)
    drawn = generator.dirichlet(np.full(n_classes, 0.3), count)
    drawn[:, 1:][generator.random((count, n_classes - 1)) < zeros] = 0
    return drawn / drawn.sum(axis=1, keepdims=True)


def places(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 2))


# Measures


@pytest.mark.parametrize("name", CONFIDENCES)
def test_each_measure_is_fitted_to_some_and_scores_others(name):
    measure = CONFIDENCES[name]
    given, others = (
        (places(120), places(30, 1)) if measure.needs == "map" else (vectors(120, zeros=0.3), vectors(30, 1))
    )
    fitted = measure.make(4, 0)
    assert fitted.fit(given) is fitted
    scores = fitted.score_samples(others)
    assert (scores.shape, scores.dtype) == ((30,), np.float64)
    assert np.isfinite(scores).all()
    parts = np.concatenate([fitted.score_samples(others[:7]), fitted.score_samples(others[7:])])
    assert scores == pytest.approx(parts)
    anew = measure.make(4, 0).fit(given[:60]).score_samples(others)
    assert (anew == pytest.approx(scores)) == (not measure.learns)


@pytest.mark.parametrize("name", CONFIDENCES)
def test_what_is_usual_scores_more_than_what_is_not(name):
    if CONFIDENCES[name].needs == "map":
        given, pair = places(200), [[0, 0], [9, 9]]
    else:
        given, pair = np.repeat(np.eye(3) * 0.96 + 0.01, 50, axis=0), [[0.97, 0.01, 0.02], [0.34, 0.33, 0.33]]
    given = given + np.random.default_rng(0).normal(0, 1e-3, given.shape)
    if CONFIDENCES[name].needs == "probabilities":
        given = given / given.sum(axis=1, keepdims=True)
    usual, other = CONFIDENCES[name].make(3, 0).fit(given).score_samples(np.array(pair))
    assert usual > other


def test_certainty_is_what_it_is_called():
    told = vectors(50)
    scores = {name: CONFIDENCES[name].make(4, 0).score_samples(told) for name in ("entropy", "maximum", "margin")}
    ordered = np.sort(told, axis=1)
    assert scores["entropy"] == pytest.approx(-entropy(told))
    assert scores["maximum"] == pytest.approx(ordered[:, -1])
    assert scores["margin"] == pytest.approx(ordered[:, -1] - ordered[:, -2])
    with pytest.raises(ValueError, match="row 0 sums to 2"):
        CONFIDENCES["entropy"].make(2, 0).score_samples(np.ones((3, 2)))


# Reject curves


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6))
def test_a_curve_is_the_mean_over_all_orders_of_equals(drawn):
    scores, correct = np.array([score for score, _ in drawn], float), np.array([right for _, right in drawn])
    curves = [
        np.cumsum(correct[list(order)]) / np.arange(1, len(order) + 1)
        for order in permutations(range(len(drawn)))
        if (np.diff(scores[list(order)]) <= 0).all()
    ]
    curve = RejectCurve(scores, correct)
    assert curve.accuracies == pytest.approx(np.mean(curves, axis=0))
    assert curve.mean == pytest.approx(np.mean(curves))
    assert curve.best == pytest.approx(np.cumsum(np.sort(correct)[::-1]) / np.arange(1, len(drawn) + 1))
    assert curve.best_mean >= curve.mean - 1e-12
    assert curve.chance == curve.accuracies[-1]
    assert (curve.note is None) == (len(set(scores)) > 1)


def test_a_curve_that_can_be_seen_at_a_glance():
    curve = RejectCurve(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False]))
    assert curve.kept.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.accuracies == pytest.approx([1, 0.75, 2 / 3, 0.5])
    assert curve.best == pytest.approx([1, 1, 2 / 3, 0.5])
    assert curve.thresholds.tolist() == [0.9, 0.8, 0.1]
    assert curve.counts.tolist() == [1, 3, 4]


@pytest.mark.parametrize(
    ("threshold", "kept"), [(1, (0, None)), (0.9, (1, 1)), (0.85, (1, 1)), (0.8, (3, 2 / 3)), (-np.inf, (4, 0.5))]
)
def test_a_threshold_keeps_what_reaches_it(threshold, kept):
    curve = RejectCurve(np.array([0.8, 0.9, 0.1, 0.8]), np.array([False, True, False, True]))
    assert curve.kept_at(threshold) == pytest.approx(kept)


@given(st.lists(st.sampled_from([-np.inf, -3, -2.5, 0, 1e300]), min_size=1, max_size=12), st.floats(0.01, 1))
def test_the_threshold_for_a_share_is_the_highest_that_keeps_it(scores, share):
    curve = RejectCurve(np.array(scores), np.ones(len(scores), bool))
    threshold = curve.threshold_for(share)
    assert curve.kept_at(threshold)[0] >= share * len(scores) - 1e-6
    assert curve.kept_at(np.nextafter(threshold, np.inf))[0] < share * len(scores)


def test_scores_that_are_all_the_same_say_so_and_have_the_curve_of_chance():
    curve = RejectCurve(np.full(1000, 0.5), np.arange(1000) < 900)
    assert curve.accuracies == pytest.approx(0.9)
    assert curve.note == "All 1,000 scores are 0.5: they put nothing before anything else."


@pytest.mark.parametrize(
    ("scores", "correct", "complaint"),
    [
        ([], [], r"scores must be numbers of shape \(N,\), one or more"),
        ([[1.0]], [[True]], r"not float64 \(1, 1\)"),
        ([1.0, 2.0], [True], r"a true or false for each of 2 scores, not bool \(1,\)"),
        ([1.0, 2.0], [1, 0], r"a true or false for each of 2 scores, not int64 \(2,\)"),
        ([1.0, np.nan], [True, False], r"that of prediction 1 is NaN \(1 are so\)"),
    ],
)
def test_what_has_no_curve_is_refused(scores, correct, complaint):
    with pytest.raises(ValueError, match=complaint):
        RejectCurve(np.array(scores), np.array(correct))


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ValueError, match="above 0 and at most 1, not 0"):
        RejectCurve(np.arange(3), np.ones(3, bool)).threshold_for(0)


# Local fidelity


def by_all_pairs(probabilities, map_places, ks):
    distances = cdist(map_places, map_places)
    np.fill_diagonal(distances, np.inf)
    apart = np.take_along_axis(cdist(probabilities, probabilities, "jensenshannon"), np.argsort(distances, axis=1), 1)
    return [apart[:, :k].mean() for k in ks]


@pytest.mark.parametrize("at_once", [1, 500, 10**9])  # a row, some rows, all of them
@pytest.mark.parametrize(("n_classes", "zeros"), [(2, 0), (4, 0.5), (30, 0.2)])
def test_fidelity_is_that_of_all_pairs(monkeypatch, at_once, n_classes, zeros):
    monkeypatch.setattr(confidence, "PAIRS_AT_ONCE", at_once)
    told, where = vectors(70, n_classes=n_classes, zeros=zeros), places(70)
    ks = [10, 1, 69, 10]
    assert local_fidelity(told, where, ks) == pytest.approx(by_all_pairs(told, where, ks), abs=1e-9)


def test_fidelity_is_in_roots_of_nats():
    told, where = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]]), np.array([[0, 0], [0, 0.1], [5, 0], [5, 0.1]])
    most = np.sqrt(np.log(2))
    assert local_fidelity(told, where, [1, 3]) == pytest.approx([0, most * 2 / 3])


@given(st.integers(0, 999))
def test_fidelity_does_not_change_with_the_order_of_points_or_classes_nor_the_scale_of_the_map(seed):
    told, where = vectors(25, seed), places(25, seed)
    expected = local_fidelity(told, where, [1, 6])
    points, classes = np.random.default_rng(seed).permutation(25), [2, 0, 3, 1]
    turned = where[points] @ [[0, 1], [-1, 0]] * 1e6
    assert local_fidelity(told[points][:, classes], turned, [1, 6]) == pytest.approx(expected)
    assert (expected >= 0).all()
    assert (expected <= np.sqrt(np.log(2))).all()


def test_points_in_one_place_that_are_told_the_same_differ_in_nothing():
    told = np.repeat(vectors(3), 20, axis=0)
    where = np.repeat(places(3), 20, axis=0)
    for k in (1, 19):  # of one neighbour, most points are not the first that is found at their place
        assert local_fidelity(told, where, [k]).tolist() == [0]
    assert local_fidelity(told, np.zeros((60, 2)), [59])[0] == pytest.approx(by_all_pairs(told, where, [59])[0])


def test_fidelity_of_float32_vectors_and_of_rounded_ones():
    told, where = vectors(40), places(40)
    expected = local_fidelity(told, where, [5])
    assert local_fidelity(told.astype(np.float32), where.astype(np.float32), [5]) == pytest.approx(expected, abs=1e-5)
    assert local_fidelity(told.round(4), where, [5]) == pytest.approx(expected, abs=1e-2)


def test_fidelity_tells_how_far_it_is_and_can_be_stopped(monkeypatch):
    monkeypatch.setattr(confidence, "PAIRS_AT_ONCE", 100)
    shares = []
    local_fidelity(vectors(50), places(50), [10], lambda fraction, message="", **_: shares.append(fraction))
    assert shares == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])

    def stop(*_, **__):
        raise Cancelled

    with pytest.raises(Cancelled):
        local_fidelity(vectors(50), places(50), [10], stop)


@pytest.mark.parametrize(
    ("told", "where", "ks", "complaint"),
    [
        (vectors(5), places(4), [1], "a place for each of 5 rows of probabilities, not 4"),
        (vectors(5), np.zeros((5, 3)), [1], r"places must have the shape \(N, 2\)"),
        (vectors(5), np.full((5, 2), np.inf), [1], "places must be finite numbers"),
        (vectors(5), places(5), [0], "k must be 1 to 4, as a point has that many others, not 0"),
        (vectors(5), places(5), [2, 5], "k must be 1 to 4, as a point has that many others, not 5"),
        (vectors(5), places(5), [], "one or more whole numbers of neighbours"),
        (vectors(5), places(5), [1.5], "one or more whole numbers of neighbours"),
        (vectors(5) * 0.9, places(5), [1], r"row 0 sums to 0.9 \(5 of 5 rows are wrong\)"),
        (np.array([[1.2, -0.2], [1, 0]]), places(2), [1], "row 0 holds 1.2"),
        (np.array([[np.nan, 1], [1, 0]]), places(2), [1], "row 0, column 0 is nan"),
    ],
)
def test_what_has_no_fidelity_is_refused(told, where, ks, complaint):
    with pytest.raises(ValueError, match=complaint):
        local_fidelity(told, where, ks)
