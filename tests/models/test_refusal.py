import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.certainty import entropy
from models.confidence import CONFIDENCES, RejectCurve
from models.polygons import inside
from models.refusal import FORMAT, RefusalRule

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]]
CORNER = [[0.5, 0.5], [2, 0.5], [2, 2]]


def predictions(count=200, seed=0):
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 3, (count, 2)), generator.dirichlet([0.5, 0.5, 0.5], count)


def ruled(**parts):
    return json.dumps({"format": FORMAT, **parts})


def test_it_refuses_what_lies_in_a_region():
    places, _ = predictions()
    refused = RefusalRule([SQUARE, CORNER]).refuses(places)
    assert np.array_equal(refused, inside(places, np.array(SQUARE)) | inside(places, np.array(CORNER)))
    assert 0 < refused.sum() < len(places)


def test_it_refuses_what_is_below_a_threshold():
    places, told = predictions()
    fitted = {"map-kde": CONFIDENCES["map-kde"].make(3, 0).fit(predictions(seed=1)[0])}
    density = fitted["map-kde"].score_samples(places)
    rule = RefusalRule([SQUARE], {"entropy": -0.8, "map-kde": float(np.median(density))})
    expected = inside(places, np.array(SQUARE)) | (-entropy(told) < -0.8) | (density < np.median(density))
    assert np.array_equal(rule.refuses(places, told, fitted), expected)


def test_it_answers_as_many_as_the_reject_curve_keeps_at_its_threshold():
    _, told = predictions()
    scores = CONFIDENCES["maximum"].make(3, 0).score_samples(told)
    threshold = RejectCurve(scores, scores > 0.6).threshold_for(0.7)
    refused = RefusalRule(least={"maximum": threshold}).refuses(probabilities=told)
    assert (~refused).sum() == 140
    assert scores[~refused].min() == threshold


def test_an_empty_rule_refuses_nothing():
    places, told = predictions(5)
    assert RefusalRule().refuses(places).tolist() == [False] * 5
    assert RefusalRule.from_json(ruled()).refuses(probabilities=told).tolist() == [False] * 5


numbers = st.floats(-1e300, 1e300)


@given(
    st.lists(arrays(np.float64, st.tuples(st.integers(3, 6), st.just(2)), elements=numbers), max_size=3),
    st.dictionaries(st.sampled_from(list(CONFIDENCES)), numbers),
)
def test_a_rule_is_what_it_was_after_it_was_written_and_read(regions, least):
    rule = RefusalRule(regions, least)
    read = RefusalRule.from_json(rule.to_json())
    assert read.least == least
    assert len(read.regions) == len(regions)
    assert all(np.array_equal(one, other) for one, other in zip(read.regions, regions, strict=True))
    assert read.to_json() == rule.to_json()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "must be JSON, but it cannot be read"),
        ("[" * 100_000, "must be JSON, but it cannot be read"),
        ("[]", 'a JSON object with "format": "darkroom refusal rule 1"'),
        ('{"format": "another"}', 'with "format": "darkroom refusal rule 1"'),
        (ruled(map="digits"), "format, least, regions, but this one has 'map' too"),
        (ruled(regions={}), "regions of a refusal rule must be a list"),
        (ruled(least=[]), "least must give a number to each measure's name"),
        (ruled(regions=[SQUARE, [[0, 0], [1, 1]]]), "region 2 must be three corners or more"),
        (ruled(regions=[[[0, 0], [1, 1], [2]]]), "region 1 must be three corners or more"),
        (ruled(regions=[[[0, 0], [1, 1], ["0", "1"]]]), "each of them two finite numbers"),
        (ruled(regions=[[[0, 0], [1, 1], [10**400, 1]]]), "each of them two finite numbers"),
        (ruled(regions=[[[0, 0], [1, 1], [float("nan"), 1]]]), "each of them two finite numbers"),
        (ruled(regions=[None]), "region 1 must be"),
        (ruled(least={"sureness": 1}), "no measure of confidence 'sureness'; there are map-kde, "),
        (ruled(least={"margin": "0.5"}), "the least 'margin' must be a finite number, not '0.5'"),
        (ruled(least={"margin": True}), "must be a finite number, not True"),
        (ruled(least={"margin": float("inf")}), "must be a finite number, not inf"),
        (ruled(least={"margin": 10**400}), "must be a finite number, not 1000"),
    ],
)
def test_what_is_no_rule_is_refused(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        RefusalRule.from_json(text)


@pytest.mark.parametrize(
    ("rule", "given", "complaint"),
    [
        (RefusalRule(), {}, "places, their probabilities, or both"),
        (RefusalRule([SQUARE]), {"probabilities": np.eye(2)}, "has regions, so it needs the predictions' places"),
        (RefusalRule(least={"margin": 0}), {"places": np.eye(2)}, "on 'margin', so it needs the predictions' prob"),
        (RefusalRule(least={"map-kde": 0}), {"probabilities": np.eye(2)}, "so it needs the predictions' places on"),
        (RefusalRule(least={"map-kde": 0}), {"places": np.eye(2)}, "on 'map-kde', so it needs that measure, fitted"),
        (RefusalRule(), {"places": np.eye(2), "probabilities": np.eye(3)}, "a place for each of 3 rows"),
        (RefusalRule(), {"places": np.full((2, 2), np.inf)}, "places must be finite numbers"),
        (RefusalRule(), {"probabilities": np.ones((2, 2))}, "row 0 sums to 2"),
    ],
)
def test_a_rule_says_what_it_needs(rule, given, complaint):
    with pytest.raises(ValueError, match=complaint):
        rule.refuses(**given)
