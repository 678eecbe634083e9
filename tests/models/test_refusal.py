import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.certainty import entropy
from models.confidence import CONFIDENCES, RejectCurve
from models.polygons import inside
from models.refusal import FORMAT, RefusalRule, answers_of, apply_rule, fit_measures

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
    st.none() | st.text(min_size=1, max_size=80),
)
def test_a_rule_is_what_it_was_after_it_was_written_and_read(regions, least, of):
    rule = RefusalRule(regions, least, of)
    read = RefusalRule.from_json(rule.to_json())
    assert (read.least, read.of) == (least, of)
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
        (ruled(seed=1), "format, least, map, regions, but this one has 'seed' too"),
        (ruled(map=""), "the map of a refusal rule must be named by 1 to 200 characters"),
        (ruled(map=3), "the map of a refusal rule must be named by 1 to 200 characters"),
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


class Halves:
    """A map whose place of a prediction is the two first probabilities; it hides what has more than 0.9 in the third class."""

    def transform(self, probabilities):
        return np.where(probabilities[:, 2:] > 0.9, np.nan, probabilities[:, :2]).astype(np.float32)


def test_a_rule_is_applied_to_new_predictions():
    _, usual = predictions()
    _, new = predictions(seed=1)
    places, hidden = Halves().transform(new), new[:, 2] > 0.9
    assert 0 < hidden.sum() < 100
    rule = RefusalRule([[[0, 0], [0.3, 0], [0.3, 0.3], [0, 0.3]]], {"map-kde": -0.5, "margin": 0.1, "kde": 0.0}, "m")
    fitted = fit_measures(rule, usual, Halves().transform(usual))
    assert sorted(fitted) == ["kde", "map-kde"]
    expected = inside(np.where(hidden[:, None], 9, places), rule.regions[0]) & ~hidden
    expected[~hidden] |= fitted["map-kde"].score_samples(places[~hidden]) < -0.5
    for name in ("kde", "margin"):
        measure = fitted.get(name) or CONFIDENCES[name].make(3, 0)
        expected |= measure.score_samples(new) < rule.least[name]
    assert np.array_equal(apply_rule(rule, Halves(), new, fitted), expected)
    assert 0 < expected.sum() < 200
    scores = answers_of(rule, Halves(), new, fitted).scores
    assert sorted(scores) == ["kde", "map-kde", "margin"]
    assert np.array_equal(np.isnan(scores["map-kde"]), hidden)
    assert np.array_equal(scores["kde"], fitted["kde"].score_samples(new))
    assert apply_rule(rule, Halves(), new[:0], fitted).shape == (0,)
    # What is shown nowhere is refused by nothing that the map says.
    only = RefusalRule(rule.regions, {"map-kde": 1e300})
    assert np.array_equal(apply_rule(only, Halves(), new, fit_measures(only, usual, places)), ~hidden)


def test_a_rule_without_a_map_asks_none():
    _, new = predictions()
    rule = RefusalRule(least={"margin": 0.5})
    assert not rule.needs_map
    assert fit_measures(rule, new) == {}
    assert np.array_equal(apply_rule(rule, None, new), rule.refuses(probabilities=new))


def test_what_a_rule_needs_fitted_it_asks_for():
    _, new = predictions()
    rule = RefusalRule(least={"map-kde": 0})
    with pytest.raises(ValueError, match="on 'map-kde', so it needs the places on the map"):
        fit_measures(rule, new)
    with pytest.raises(ValueError, match="on 'map-kde', so it needs the predictions that this was set with"):
        fit_measures(rule, None, new[:, :2])
    assert "map-kde" in fit_measures(rule, None, new[:, :2], 3)
    with pytest.raises(ValueError, match="asks where predictions lie on a map, so it needs that map"):
        answers_of(rule, None, new)
    with pytest.raises(ValueError, match="on 'map-kde', so it needs that measure, fitted"):
        apply_rule(rule, Halves(), new)


def test_a_map_of_darksight_places_what_a_rule_is_asked_of():
    from models.darksight import DarkSight

    generator = np.random.default_rng(3)
    usual = generator.dirichlet([0.2, 0.2, 0.2], 120)
    fitted = DarkSight(n_init=1, max_iter=5, random_state=0, device="cpu").fit(usual)
    (left, bottom), (right, top) = fitted.embedding_.min(axis=0), fitted.embedding_.max(axis=0)
    middle = (left + right) / 2
    rule = RefusalRule([[[left - 9, bottom - 9], [middle, bottom - 9], [middle, top + 9], [left - 9, top + 9]]])
    new = generator.dirichlet([0.2, 0.2, 0.2], 40)
    refused = apply_rule(rule, fitted, new)
    assert np.array_equal(refused, fitted.transform(new)[:, 0] < middle)
    assert 0 < refused.sum() < 40
