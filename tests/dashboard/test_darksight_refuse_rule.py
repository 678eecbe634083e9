"""A refusal rule as the page reads, holds and writes it, held against the science's own."""

import json

import numpy as np
import pytest

from dashboard.darksight.refuse_rule import FORMAT, MEASURES, Rule
from dashboard.darksight.refuse_rules import honesty
from models.confidence import CONFIDENCES
from models.refusal import FORMAT as THEIR_FORMAT
from models.refusal import RefusalRule

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]]


def ruled(**parts):
    return json.dumps({"format": FORMAT, **parts})


def test_it_is_the_format_of_the_science():
    assert FORMAT == THEIR_FORMAT
    assert sorted(MEASURES.__args__) == sorted(CONFIDENCES)


@pytest.mark.parametrize(
    "text",
    [
        ruled(),
        ruled(map=None),
        ruled(map="9f1c", regions=[SQUARE, [[0.5, 0], [1e300, 0], [3, -2.5]]]),
        ruled(map="9f1c", regions=[SQUARE], least={"map-kde": -7.5, "entropy": 0}),
        ruled(least=dict.fromkeys(CONFIDENCES, 0.25), map="m"),
    ],
)
def test_both_read_the_same_of_a_rule(text):
    rule, theirs = Rule.read(text), RefusalRule.from_json(text)
    assert (rule.of, rule.thresholds, rule.needs_map) == (theirs.of, theirs.least, theirs.needs_map)
    assert [list(zip(each["x"], each["y"], strict=True)) for each in rule.outlines] == [
        [tuple(corner) for corner in region.tolist()] for region in theirs.regions
    ]
    written = RefusalRule.from_json(rule.to_json())
    assert written.of == (theirs.of if theirs.needs_map else None)
    assert [region.tolist() for region in written.regions] == [region.tolist() for region in theirs.regions]
    assert written.least == theirs.least
    assert Rule.of_store(json.loads(json.dumps(rule.store()))) == rule


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", 'must be a JSON object with "format": "darkroom refusal rule 1"'),
        ("3", 'must be a JSON object with "format": "darkroom refusal rule 1"'),
        ("{}", 'must be a JSON object with "format": "darkroom refusal rule 1"'),
        ('{"format": "another"}', 'must be a JSON object with "format": "darkroom refusal rule 1"'),
        (ruled(seed=1), "it has 'seed', which is no part of a rule"),
        (ruled(map=""), "its map must be named by 1 to 200 characters"),
        (ruled(map=3), "its map must be named by 1 to 200 characters"),
        (ruled(map="m" * 201), "its map must be named by 1 to 200 characters"),
        (ruled(regions={}), "its regions must be a list of outlines"),
        (ruled(regions=[SQUARE, [[0, 0], [1, 1]]]), "region 2 must be three corners or more, each of them two finite"),
        (ruled(regions=[[[0, 0], [1, 1], [2]]]), "region 1 must be three corners or more"),
        (ruled(regions=[[[0, 0], [1, 1], ["0", "1"]]]), "region 1 must be three corners or more"),
        (ruled(regions=[[[0, 0], [1, 1], [10**400, 1]]]), "region 1 must be three corners or more"),
        (ruled(regions=[[[0, 0], [1, 1], [float("nan"), 1]]]), "region 1 must be three corners or more"),
        (ruled(regions=[None]), "region 1 must be three corners or more"),
        (ruled(least=[]), "least must give a number to each measure's name"),
        (ruled(least={"sureness": 1}), "there is no measure of confidence 'sureness'; there are map-kde, "),
        (ruled(least={"margin": "0.5"}), "the least 'margin' must be a finite number"),
        (ruled(least={"margin": True}), "the least 'margin' must be a finite number"),
        (ruled(least={"margin": float("inf")}), "the least 'margin' must be a finite number"),
        (ruled(least={"margin": 10**400}), "the least 'margin' must be a finite number"),
    ],
)
def test_neither_reads_what_is_none(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        Rule.read(text)
    with pytest.raises(ValueError, match=r"\w"):
        RefusalRule.from_json(text)


def test_a_rule_of_another_map_is_not_held_to_this_one():
    held = {"map": "one", "outlines": [{"x": [0, 1, 1], "y": [0, 0, 1]}], "least": {"entropy": -1}}
    assert Rule.held(held, "one").count == 2
    assert Rule.held(held, "other") == Rule("other")
    assert Rule.held(held | {"outlines": []}, "other").thresholds == {"entropy": -1}
    assert Rule.held({"map": "one", "outlines": []}, "one").count == 0  # as whoever knows regions only writes it
    assert Rule.held(None, "one") == Rule("one")


def test_parts_are_taken_away_by_name():
    outlines = tuple({"x": [0, 1, number], "y": [0, 0, 1]} for number in range(3))
    rule = Rule("m", outlines, {"entropy": -1, "margin": 0.5})
    assert rule.without("region-1") == Rule("m", (outlines[0], outlines[2]), {"entropy": -1, "margin": 0.5})
    assert rule.without("entropy") == Rule("m", outlines, {"margin": 0.5})


def test_it_is_said_how_far_a_rule_may_be_trusted():
    assert "flatters itself" in honesty("test", "test", True, True)
    assert "an honest estimate" in honesty("test", "train", True, True)
    assert "the teacher learned from them" in honesty("train", "test", True, True)
    assert honesty("test", "test", True, False) == ""
    assert np.size(honesty("train", "test", False, True))
