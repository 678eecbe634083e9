"""DarkSight as an estimator: what it promises of maps, which are never the same from machine to machine."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from models.certainty import entropy
from models.darksight import DarkSight, darksight_svd
from models.progress import Cancelled
from tests.models.predicted import predictions, symmetric

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"n_init": 1, "max_iter": 15, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def p():
    return predictions(600, 6)


@pytest.fixture(scope="module")
def fitted(p, one_thread):
    told, shown = [], []
    made = DarkSight(
        n_init=2,
        random_state=0,
        device="cpu",
        callback=lambda fraction, message="", **metrics: told.append((fraction, message, metrics)),
    )
    return made.fit(p, preview=lambda places, means: shown.append((places, means))), told, shown


def test_the_student_mimics_the_teacher(fitted, p):
    made = fitted[0]
    q = made.predict_proba(made.embedding_)
    assert made.embedding_.shape == (600, 2)
    assert made.embedding_.dtype == np.float32
    assert made.means_.shape == (6, 2)
    assert np.exp(made.class_log_prior_).sum() == pytest.approx(1)
    assert q.sum(1) == pytest.approx(1)
    assert made.kl_divergence_ == pytest.approx(symmetric(p, q).mean(), rel=1e-9)
    assert made.kl_divergence_ < 0.05
    assert made.agreement_ == np.mean(q.argmax(1) == p.argmax(1)) >= 0.999
    assert made.n_iter_ > 6
    assert made.n_hidden_ == 0


def test_sure_points_lie_at_their_means_and_unsure_ones_do_not(fitted, p):
    made = fitted[0]
    far = np.linalg.norm(made.embedding_ - made.means_[p.argmax(1)], axis=1)
    unsure = entropy(p)
    assert np.median(far[unsure > 0.8]) > 2 * np.median(far[unsure < 0.1])


def test_the_density_is_what_the_classes_give(fitted):
    made = fitted[0]
    density = made.score_samples(np.vstack([made.means_, [[1e4, 0]]]))
    assert density[:6].min() > density[6] + 10
    variance = np.sqrt(np.log(6))
    square = ((np.array([[1.0, 2.0]]) - made.means_) ** 2).sum(1)
    each = (1 + square / (2 * variance)) ** -2 / (2 * np.pi * variance)
    assert made.score_samples([[1.0, 2.0]])[0] == pytest.approx(np.log(each @ np.exp(made.class_log_prior_)))


def test_the_grid_is_the_density_over_all_that_is_shown(fitted):
    made = fitted[0]
    x, y, log_density = made.density_grid(7, margin=0.2)
    assert x.shape == y.shape == (7,)
    held = np.vstack([made.means_, made.embedding_])
    edge = 0.2 * np.ptp(held, axis=0)
    assert [x[0], y[0]] == pytest.approx(held.min(0) - edge)
    assert [x[-1], y[-1]] == pytest.approx(held.max(0) + edge)
    assert np.diff(x) == pytest.approx(np.ptp(x) / 6)
    for row in range(7):
        for column in range(7):
            assert log_density[row, column] == pytest.approx(made.score_samples([[x[column], y[row]]])[0])
    near = made.density_grid(margin=0)
    assert near.log_density.shape == (100, 100)
    assert near.x[0] == pytest.approx(held[:, 0].min() - np.log(6) ** 0.25)
    for settings in ({"n": 1}, {"margin": -1}, {"margin": np.nan}):
        with pytest.raises(ValueError, match="n must be 2 or more and margin 0 or more"):
            made.density_grid(**settings)


def test_many_places_are_seen_part_by_part(fitted, monkeypatch):
    made = fitted[0]
    places = np.vstack([made.embedding_[:20], [[np.nan] * 2]])
    whole = made.predict_proba(places), made.score_samples(places)
    monkeypatch.setattr("models.darksight.plane.PAIRS_AT_ONCE", 6 * 4)
    assert made.predict_proba(places) == pytest.approx(whole[0], abs=1e-12, nan_ok=True)
    assert made.score_samples(places) == pytest.approx(whole[1], abs=1e-12, nan_ok=True)
    assert made.predict_proba(np.empty((0, 2))).shape == (0, 6)
    assert made.score_samples(np.empty((0, 2))).shape == (0,)


def test_the_map_lies_about_0_and_wide(fitted):
    made = fitted[0]
    assert made.means_.mean(0) == pytest.approx(0, abs=1e-4)
    assert made.means_[:, 0].std() >= made.means_[:, 1].std()
    assert np.cov(made.means_.T)[0, 1] == pytest.approx(0, abs=1e-2)


def test_it_tells_how_far_it_is_and_shows_its_places(fitted):
    made, told, shown = fitted
    fractions = [fraction for fraction, _, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    losses = [metrics["kl_divergence"] for _, _, metrics in told if metrics]
    assert losses[-1] < losses[0]
    assert len(shown) >= 2
    assert {(places.shape, means.shape) for places, means in shown} == {((600, 2), (6, 2))}
    assert not np.array_equal(shown[0][0], made.embedding_)


def test_the_callback_can_stop_it(p):
    told = []

    def stop(fraction, message="", **_):
        told.append(fraction)
        if len(told) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        DarkSight(**QUICK, callback=stop).fit(p)
    assert len(told) == 4


def test_training_vectors_find_their_places_again(fitted, p):
    made = fitted[0]
    q = made.predict_proba(made.transform(p))
    assert symmetric(p, q).mean() <= made.kl_divergence_ + 0.001
    assert np.mean(q.argmax(1) == made.predict_proba(made.embedding_).argmax(1)) >= 0.99


def test_unseen_vectors_have_places_and_the_map_stays(fitted):
    made = fitted[0]
    before = made.means_.copy()
    unseen = predictions(800, 6)[600:]
    places = made.transform(unseen)
    assert np.array_equal(made.means_, before)
    assert symmetric(unseen, made.predict_proba(places)).mean() < 2 * made.kl_divergence_ + 0.01
    assert made.transform(unseen[:1]) == pytest.approx(places[:1], abs=1e-2)


def test_made_again_it_is_the_same_and_another_seed_makes_another(p):
    first, again, other = (DarkSight(**QUICK | {"random_state": seed}).fit(p[:200]).embedding_ for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=0.1)


def test_a_turned_map_says_the_same(fitted):
    made = fitted[0]
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = DarkSight()
    turned.means_, turned.class_log_prior_ = made.means_ @ turn + 7, made.class_log_prior_
    places = made.embedding_.astype(np.float64)
    assert turned.predict_proba(places @ turn + 7) == pytest.approx(made.predict_proba(places), abs=1e-9)
    assert turned.score_samples(places @ turn + 7) == pytest.approx(made.score_samples(places), abs=1e-9)


def test_the_order_of_the_classes_does_not_matter(p):
    order = np.array([3, 0, 5, 1, 4, 2])
    made, other = DarkSight(**QUICK).fit(p), DarkSight(**QUICK).fit(p[:, order])
    assert other.kl_divergence_ == pytest.approx(made.kl_divergence_, rel=0.1)
    between = [np.linalg.norm(m[:, None] - m, axis=2) for m in (made.means_[order], other.means_)]
    assert np.corrcoef(between[0].ravel(), between[1].ravel())[0, 1] > 0.9


def test_two_classes_are_mimicked_exactly():
    first = np.random.default_rng(0).uniform(0.01, 0.99, 200)
    made = DarkSight(**QUICK).fit(np.column_stack([first, 1 - first]))
    assert made.kl_divergence_ < 1e-6
    assert made.agreement_ == 1


@pytest.mark.parametrize("settings", [{"optimizer": "coordinate"}, {"conditional": "gaussian"}, {"anneal_from": 10.0}])
def test_other_ways_to_a_map(p, settings):
    made = DarkSight(**QUICK | settings).fit(p)
    assert made.kl_divergence_ < 0.15
    assert made.agreement_ > 0.98


def test_joint_steps_are_the_better_ones(p):
    joint, coordinate = (DarkSight(**QUICK | {"optimizer": name}).fit(p) for name in ("joint", "coordinate"))
    assert joint.kl_divergence_ < coordinate.kl_divergence_ + 1e-3


def test_a_higher_temperature_spreads_the_points(p):
    def spread(made):
        return np.median(np.linalg.norm(made.embedding_ - made.means_[p.argmax(1)], axis=1)) / made.means_.std()

    hot = DarkSight(**QUICK, temperature=5.0).fit(p)
    assert spread(hot) > 1.5 * spread(DarkSight(**QUICK).fit(p))
    q = hot.predict_proba(hot.embedding_)
    assert hot.kl_divergence_ == pytest.approx(symmetric(p, q).mean())
    warm = p ** (1 / 5)
    assert symmetric(warm / warm.sum(1, keepdims=True), q).mean() < 0.1
    assert hot.agreement_ > 0.99


def test_some_of_the_classes(p):
    made = DarkSight(**QUICK, classes=[4, 1, 2]).fit(p)
    mass = p[:, [4, 1, 2]].sum(1)
    shown = mass >= 0.05
    assert 0 < made.n_hidden_ == np.sum(~shown)
    assert np.array_equal(made.shown_, shown)
    assert np.array_equal(np.isnan(made.embedding_[:, 0]), ~shown)
    assert made.means_.shape == (3, 2)
    part = p[shown][:, [4, 1, 2]] / mass[shown, None]
    assert made.kl_divergence_ == pytest.approx(symmetric(part, made.predict_proba(made.embedding_[shown])).mean())
    assert np.array_equal(np.isnan(made.transform(p)[:, 0]), ~shown)


@pytest.mark.parametrize(
    ("name", "p"),
    [
        ("one-hot", np.eye(5)[np.arange(60) % 5]),
        ("a few people's answers", np.random.default_rng(0).multinomial(3, [0.2] * 5, 80) / 3),
        ("all alike", np.full((40, 4), 0.25)),
        ("one class predicted", np.tile([0.9, 0.1, 0.0], (30, 1))),
        ("ten points", predictions(10, 4)),
        ("two points of two classes", np.array([[0.9, 0.1], [0.2, 0.8]])),
        ("every point many times", np.repeat(predictions(12, 4), 20, axis=0)),
        ("as many as classes", predictions(7, 7)),
        ("float32", predictions(50, 3).astype(np.float32)),
        ("two classes, one of them never", np.tile([1.0, 0.0], (20, 1))),
    ],
)
def test_whatever_the_predictions_they_have_a_map(name, p):
    made = DarkSight(**QUICK).fit(p)
    assert np.isfinite(made.embedding_).all()
    assert np.isfinite(made.kl_divergence_)
    assert made.agreement_ == 1
    assert np.isfinite(made.transform(p)).all()


def test_equal_predictions_have_equal_places():
    made = DarkSight(**QUICK).fit(np.repeat(predictions(12, 4), 20, axis=0))
    q = made.predict_proba(made.embedding_).reshape(12, 20, 4)
    assert q == pytest.approx(np.repeat(q[:, :1], 20, axis=1), abs=0.02)


@pytest.mark.parametrize(
    ("count", "classes", "agreement"), [(150, 120, 0.9), pytest.param(1_200, 1_000, 0.8, marks=pytest.mark.slow)]
)
def test_many_classes(count, classes, agreement):
    made = DarkSight(**QUICK | {"max_iter": 3}).fit(predictions(count, classes))
    assert made.means_.shape == (classes, 2)
    assert np.isfinite(made.embedding_).all()
    assert made.agreement_ > agreement


def good():
    return predictions(30, 3)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda p: p * 1.1, r"P must be probabilities, .* row 0 (sums to 1.1|holds 1)"),
        (lambda p: p - [0.5, -0.25, -0.25], r"P must be probabilities, .* row 0 holds -"),
        (lambda p: np.where(p == p[4, 1], np.nan, p), r"P must be finite numbers, but row 4, column 1 is nan"),
        (lambda p: p[:, :1], r"P must have two classes or more"),
        (lambda p: p[:2], r"P must have at least as many points as classes, .* n_samples = 2 for 3 classes"),
        (lambda p: p[0], r"Expected 2D array"),
        (lambda p: p.astype(str), r"."),
    ],
)
def test_what_is_no_prediction_is_refused(spoil, complaint):
    with pytest.raises(ValueError, match=complaint):
        DarkSight(**QUICK).fit(spoil(good()))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"n_components": 3}, "n_components must be 2"),
        ({"conditional": "cauchy"}, "conditional must be t or gaussian, not 'cauchy'"),
        ({"optimizer": "sgd"}, "optimizer must be joint or coordinate"),
        ({"df": 0}, "df must be above 0"),
        ({"temperature": -1}, "temperature must be above 0"),
        ({"eps": 0.5}, "eps must be 0.01 or less"),
        ({"tol": -1}, "tol must be 0 or more"),
        ({"max_iter": 0}, "max_iter must be 1 or more"),
        ({"n_init": 0}, "n_init must be 1 or more"),
        ({"anneal_from": 0.5}, "anneal_from must be the temperature, 1, or more"),
        ({"classes": [1]}, r"classes must be two or more different columns of P, 0 to 2, not \[1\]"),
        ({"classes": [1, 3]}, "classes must be two or more different columns"),
        ({"classes": [1, 1]}, "classes must be two or more different columns"),
        ({"device": "abacus"}, "device must be"),
    ],
)
def test_what_is_no_setting_is_refused(settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        DarkSight(**QUICK | settings).fit(good())


def test_places_and_predictions_of_another_shape_are_refused(fitted):
    with pytest.raises(ValueError, match="Y must be places on the map"):
        fitted[0].predict_proba(np.zeros((3, 6)))
    with pytest.raises(ValueError, match="X has 3 features, but DarkSight is expecting 6"):
        fitted[0].transform(good())


# ---- scikit-learn's own checks ---------------------------------------------------------------------------------------


class Checked(DarkSight):
    """The checks give any numbers: they become probabilities first. The settings are few, as the checks change them."""

    def __init__(self, random_state=0):
        super().__init__(n_init=1, max_iter=2, random_state=random_state, device="cpu")

    def read(self, P, fitting=False):  # noqa: N803
        if isinstance(P, np.ndarray) and P.ndim == 2 and P.dtype.kind in "iufO" and P.size:
            numbers = P.astype(float)
            if np.isfinite(numbers).all():
                P = np.exp(numbers - numbers.max(1, keepdims=True))  # noqa: N806
                P /= P.sum(1, keepdims=True)  # noqa: N806
        return super().read(P, fitting)


PLACES = "predict_proba and score_samples take places, not predictions"
DIMENSIONS = "the check sets n_components to 1, and the map is a plane"
NO_DATA = "its data are no probabilities, and cannot be made some on the way in"


@parametrize_with_checks(
    [Checked()],
    expected_failed_checks=lambda _: {
        "check_n_features_in_after_fitting": PLACES,
        "check_estimators_dtypes": PLACES,
        "check_estimators_pickle": PLACES,
        "check_dict_unchanged": PLACES,
        "check_methods_sample_order_invariance": DIMENSIONS,
        "check_methods_subset_invariance": DIMENSIONS,
        "check_dont_overwrite_parameters": DIMENSIONS,
        "check_fit2d_1sample": DIMENSIONS,
        "check_fit2d_1feature": DIMENSIONS,
        "check_fit2d_predict1d": DIMENSIONS,
        "check_transformer_data_not_an_array": NO_DATA,
    },
)
def test_it_is_an_estimator(estimator, check):
    check(estimator)


# ---- the linear map ----------------------------------------------------------------------------------------------------


def test_the_linear_map_is_the_best_of_rank_2():
    logits = np.random.default_rng(0).normal(size=(40, 6)) + 3
    made = darksight_svd(logits)
    centred = logits - logits.mean(1, keepdims=True)
    u, s, v = np.linalg.svd(centred, full_matrices=False)
    assert made.embedding @ made.weights == pytest.approx((u[:, :2] * s[:2]) @ v[:2])
    assert made.embedding.T @ made.embedding == pytest.approx(np.eye(2), abs=1e-9)
    assert made.explained == pytest.approx((s[:2] ** 2).sum() / (s**2).sum())
    assert darksight_svd(logits + 5 * np.arange(40)[:, None]).embedding == pytest.approx(made.embedding)


@pytest.mark.parametrize("logits", [np.ones((5, 3)), np.outer(np.arange(5.0), [1, 0, -1]), np.eye(2)])
def test_logits_of_one_dimension_have_a_linear_map(logits):
    made = darksight_svd(logits)
    assert np.isfinite(made.embedding).all()
    assert made.embedding @ made.weights == pytest.approx(logits - logits.mean(1, keepdims=True), abs=1e-9)


@pytest.mark.parametrize(
    ("logits", "complaint"),
    [
        (np.ones((5, 1)), "shape"),
        (np.ones(5), "shape"),
        (np.array([[0.0, -np.inf], [1.0, 1.0]]), "row 0 holds NaN or inf"),
    ],
)
def test_what_are_no_logits_is_refused(logits, complaint):
    with pytest.raises(ValueError, match=complaint):
        darksight_svd(logits)
