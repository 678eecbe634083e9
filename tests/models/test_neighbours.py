"""Neighbours in a band: that they lie in it, how they are spread, and what the teacher says of them."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from models.latent import ImageFunction
from models.neighbours import Band, checked_band, distances, make_neighbours, sample_codes, widths_of
from models.progress import Cancelled
from models.teacher import Teacher, softmax

pytestmark = pytest.mark.usefixtures("one_thread")

LOWER, UPPER = np.array([-2, -1, 0], np.float32), np.array([2, 3, 10], np.float32)
WIDTHS = arrays(np.float32, (3, 2), elements=st.floats(0, 12, width=32))
SHARES = arrays(np.float32, 3, elements=st.floats(0, 1, width=32))
DISTRIBUTIONS = pytest.mark.parametrize("distribution", ["uniform", "normal"])


# ---- bands ----


def test_the_width_is_a_percentage_of_the_range_from_edge_to_edge():
    assert widths_of(LOWER, UPPER, 15) == pytest.approx(np.array([[0.3, 0.3], [0.3, 0.3], [0.75, 0.75]]))
    for percent in (0, -3, 201, float("nan")):
        with pytest.raises(ValueError, match="above 0 and at most 200 %"):
            widths_of(LOWER, UPPER, percent)


@given(SHARES, WIDTHS, st.integers(0, 1000))
@example(np.zeros(3, np.float32), np.array([[0, 1e-5], [0, 0], [0, 0]], np.float32), 1)
def test_codes_lie_within_the_band_and_the_data(shares, widths, seed):
    centre = LOWER + shares * (UPPER - LOWER)
    asked = np.stack([centre - widths[:, 0], centre + widths[:, 1]])
    room = np.stack([centre - LOWER, UPPER - centre], axis=1)
    assume(np.minimum(widths, room).max() > 0)
    band = checked_band(centre, widths, LOWER, UPPER)
    for distribution in ("uniform", "normal"):
        codes = sample_codes(band, 50, distribution, seed)
        assert codes.dtype == np.float32
        assert (codes >= np.maximum(asked[0], LOWER) - 1e-5).all()
        assert (codes <= np.minimum(asked[1], UPPER) + 1e-5).all()
        apart = distances(band, codes)
        assert apart.min() >= 0
        assert apart.max() <= 1 + 1e-5


def test_a_band_beyond_the_data_ends_with_them_and_says_on_how_many_axes():
    band = checked_band(np.array([1.5, 0, 5]), np.full((3, 2), 1.0), LOWER, UPPER)
    assert band.cut == 1
    assert band.widths == pytest.approx(np.array([[1, 0.5], [1, 1], [1, 1]]))
    assert checked_band(np.array([0, 0, 5]), np.full((3, 2), 1.0), LOWER, UPPER).cut == 0


@pytest.mark.parametrize(
    ("centre", "widths", "named"),
    [
        ([0, 0, 5], np.zeros((3, 2)), "width 0 on every axis"),
        ([0, 0, 5], [[1, 1], [1, -0.5], [1, 1]], "on axis 1 one is -0.5"),
        ([0, 0, 5], np.ones((2, 2)), r"for 3 axes; these have the shape \(2, 2\)"),
        ([0, 0, 5], np.full((3, 2), np.nan), "two finite half-widths"),
        ([0, 0], np.ones((3, 2)), "must be 3 finite numbers"),
        ([0, np.inf, 5], np.ones((3, 2)), "must be 3 finite numbers"),
        ([0, 3.5, 5], np.ones((3, 2)), "at 3.5 on axis 1, outside the data's codes, which go from -1 to 3"),
        ([2, 3, 10], [[0, 1], [0, 1], [0, 1]], "beyond the data's codes"),
    ],
)
def test_a_band_that_cannot_be_is_named(centre, widths, named):
    with pytest.raises(ValueError, match=named):
        checked_band(np.array(centre), np.array(widths), LOWER, UPPER)


# ---- draws ----


def test_uniform_draws_are_uniform():
    band = Band(np.array([1.0, -2.0], np.float32), np.array([[0.5, 1.5], [2, 2]], np.float32), 0)
    codes = sample_codes(band, 4000, "uniform", 0)
    assert stats.kstest(codes[:, 0], stats.uniform(0.5, 2).cdf).pvalue > 0.01
    assert stats.kstest(codes[:, 1], stats.uniform(-4, 4).cdf).pvalue > 0.01
    assert abs(np.corrcoef(codes.T)[0, 1]) < 0.05


def test_normal_draws_have_their_edges_at_two_deviations():
    band = Band(np.array([1.0, -2.0], np.float32), np.array([[2, 2], [1, 1]], np.float32), 0)
    codes = sample_codes(band, 4000, "normal", 0)
    for column, centre, width in zip(codes.T, band.centre, (2, 1), strict=True):
        assert stats.kstest(column, stats.truncnorm(-2, 2, centre, width / 2).cdf).pvalue > 0.01


def test_a_band_wider_to_one_side_has_more_of_its_codes_there():
    band = Band(np.zeros(1, np.float32), np.array([[1, 3]], np.float32), 0)
    codes = sample_codes(band, 4000, "normal", 0)[:, 0]
    assert (codes > 0).mean() == pytest.approx(0.75, abs=0.03)
    assert stats.kstest(codes[codes > 0], stats.truncnorm(0, 2, 0, 1.5).cdf).pvalue > 0.01
    assert stats.kstest(codes[codes < 0], stats.truncnorm(-2, 0, 0, 0.5).cdf).pvalue > 0.01


@DISTRIBUTIONS
def test_an_axis_without_width_stands_still(distribution):
    band = Band(np.array([1.0, -2.0], np.float32), np.array([[0, 0], [0, 1]], np.float32), 0)
    codes = sample_codes(band, 100, distribution, 0)
    assert (codes[:, 0] == 1).all()
    assert (codes[:, 1] >= -2).all()
    assert len(np.unique(codes[:, 1])) == 100


@DISTRIBUTIONS
def test_a_seed_draws_the_same(distribution):
    band = Band(np.zeros(3, np.float32), np.ones((3, 2), np.float32), 0)
    assert np.array_equal(sample_codes(band, 9, distribution, 4), sample_codes(band, 9, distribution, 4))
    assert not np.array_equal(sample_codes(band, 9, distribution, 4), sample_codes(band, 9, distribution, 5))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"count": 0}, "count must be a whole number, 1 or more"),
        ({"count": 2.5}, "count"),
        ({"seed": -1}, "seed must be a whole number, 0 or more"),
        ({"distribution": "cauchy"}, '"uniform" or "normal"'),
    ],
)
def test_a_setting_that_does_not_fit_is_named(asked, named):
    with pytest.raises(ValueError, match=named):
        sample_codes(Band(np.zeros(3, np.float32), np.ones((3, 2), np.float32), 0), **asked)


def test_distances_are_in_half_widths():
    band = Band(np.array([0, 1, 5], np.float32), np.array([[1, 2], [4, 4], [0, 0]], np.float32), 0)
    codes = np.array([[0, 1, 5], [-1, 1, 5], [1, 5, 5], [2, -3, 5]], np.float32)
    assert distances(band, codes) == pytest.approx([0, 0.5**0.5, (1.25 / 2) ** 0.5, 1])


# ---- neighbours ----


@pytest.mark.parametrize("residual", [True, False])
def test_neighbours_are_decoded_and_classified_one_by_one(residual, digit_set, digit_vae, trained):
    function = ImageFunction.of(digit_vae, digit_set.images[1500], residual)
    band = Band(function.code, np.full((6, 2), 0.7, np.float32), 0)
    codes = sample_codes(band, 300, seed=1)
    reports = []
    told = make_neighbours(
        function, trained.teacher, band, codes, lambda fraction, message="", **_: reports.append(fraction)
    )
    assert reports == [256 / 300, 1]
    assert np.array_equal(told.codes, codes)
    for i in (0, 255, 256, 299):
        assert told.images[i] == pytest.approx(function(codes[i : i + 1])[0], abs=1e-5)
        assert told.probabilities[i] == pytest.approx(
            softmax(trained.teacher.classify(told.images[i : i + 1]))[0], abs=1e-4
        )


def test_they_can_be_stopped(digit_set, digit_vae, trained):
    function = ImageFunction.of(digit_vae, digit_set.images[1500])
    band = Band(function.code, np.ones((6, 2), np.float32), 0)

    def stop(fraction, message="", **_):
        raise Cancelled

    with pytest.raises(Cancelled):
        make_neighbours(function, trained.teacher, band, sample_codes(band, 10), stop)


def test_a_teacher_of_other_images_is_named(digit_set, digit_vae):
    function = ImageFunction.of(digit_vae, digit_set.images[1500])
    band = Band(function.code, np.ones((6, 2), np.float32), 0)
    other = Teacher.create("lenet", (1, 20, 20), 10, [0.5], [0.5], device="cpu")
    with pytest.raises(ValueError, match="the teacher classifies"):
        make_neighbours(function, other, band, sample_codes(band, 10))
