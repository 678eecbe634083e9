"""Telling logits from probabilities: what a softmax makes is always known again, what it does not is never taken for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.outputs import as_probabilities, check_outputs, tell_kind

scores = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=12), elements=st.floats(-30, 30)
)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@given(scores, st.sampled_from([np.float64, np.float32, np.float16]))
def test_what_a_softmax_makes_is_probabilities(logits, dtype):
    written = softmax(logits).astype(dtype)
    outputs = check_outputs(written, "x")
    assert tell_kind(outputs, "x")[0] == "probabilities"
    clean = as_probabilities(outputs, "x")
    assert clean.min() >= 0
    np.testing.assert_allclose(clean.sum(axis=1, dtype=np.float64), 1, atol=1e-6)
    np.testing.assert_allclose(clean, written, atol=2e-3)


@given(scores, st.integers(3, 6))
def test_digits_that_were_cut_off_do_not_matter(logits, digits):
    written = np.round(softmax(logits), digits)
    if np.abs(written.sum(axis=1) - 1).max() <= 1e-3:
        assert tell_kind(written, "x")[0] == "probabilities"


@given(scores)
def test_centred_logits_are_logits_and_never_refused(logits):
    """Each row less its mean sums to 0, as no probabilities do."""
    centred = logits - logits.mean(axis=1, keepdims=True)
    if np.abs(centred).max() > 1e-3:
        kind, reason = tell_kind(centred, "x")
        assert kind == "logits"
        assert reason.endswith("so they are no probabilities but logits.")


@given(scores)
def test_what_is_taken_for_probabilities_is_accepted_as_such(numbers):
    try:
        kind, _ = tell_kind(numbers, "x")
    except ValueError:
        return
    if kind == "probabilities":
        as_probabilities(numbers, "x")
    else:
        with pytest.raises(ValueError, match=r"^x must be probabilities, .* rows are wrong\)\.$"):
            as_probabilities(numbers, "x")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [[1.2, -0.2], [0.5, 0.5]],
            r"every row sums to 1 as probabilities do, but row 0 holds 1\.2: they are neither .*",
        ),
        (
            [[0.5, 0.5], [0.7, 0.3], [0.5, 0.4]],
            r"2 of 3 rows are probabilities, but row 2 sums to 0\.9; correct them,",
        ),
        ([[0.5, 0.5], [0.7, 0.3], [5, -3.0]], r"2 of 3 rows are probabilities, but row 2 holds 5; correct them,"),
        ([[0.5, 0.9], [0.1, 0.2]], r"everything lies within 0 to 1, but row 0 sums to 1\.4: they are neither .*"),
        ([[50, 50], [99, 1.0]], r"every row sums to 100: they are neither .*"),
    ],
)
def test_what_is_neither_is_refused_and_the_row_is_named(rows, sentence):
    with pytest.raises(ValueError, match=rf"^f\.csv: {sentence} or state which they are\.$"):
        tell_kind(np.array(rows), "f.csv")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([[0.5, 0.5], [0.5, 0.502]], r"row 1 sums to 1\.002 \(1 of 2 rows are wrong\)"),
        ([[0.5, 0.5], [1.5, -0.5]], r"row 1 holds 1\.5 \(1 of 2 rows are wrong\)"),
    ],
)
def test_stated_probabilities_must_be_such(rows, sentence):
    with pytest.raises(ValueError, match=rf"^x must be probabilities, within 0 to 1 .*, but {sentence}\.$"):
        as_probabilities(np.array(rows), "x")


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        (np.zeros(3), r"must have the shape \(N, K\), .* not \(3,\)"),
        (np.zeros((3, 1)), r"must have the shape \(N, K\), .* not \(3, 1\)"),
        (np.zeros((0, 3)), r"must have the shape \(N, K\), .* not \(0, 3\)"),
        (np.array([["a", "b"]]), r"must be numbers, not <U1"),
        (
            np.array([[1, 2], [3, np.nan], [np.inf, 0]]),
            r"must be finite .* row 1, column 1 is nan \(.* in 2 of 3 rows\)",
        ),
        (np.array([[1, -1e39]]), r"must lie within ±3\.4e\+38, as it is kept as float32, but goes to 1e\+39"),
    ],
)
def test_what_are_no_outputs_is_refused(odd, sentence):
    with pytest.raises(ValueError, match=rf"^x {sentence}\.$"):
        check_outputs(odd, "x")


@pytest.mark.parametrize(
    ("dtype", "kept"), [(np.float16, np.float32), (np.float32, np.float32), (np.float64, np.float64), (int, np.float64)]
)
def test_single_precision_stays_so(dtype, kept):
    assert check_outputs(np.ones((2, 2), dtype), "x").dtype == kept


def test_one_row_of_logits_is_believed():
    assert tell_kind(np.array([[1.0, 5.0]]), "x")[0] == "logits"
