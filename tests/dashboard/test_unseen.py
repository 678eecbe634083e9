"""What was sent once is not sent again."""

import json

import dash
from dash import html

from dashboard.components.unseen import Unseen


def test_the_same_value_is_sent_once():
    unseen = Unseen(None)
    assert unseen("text", "ready") == "ready"
    assert Unseen(unseen.marks)("text", "ready") is dash.no_update
    assert Unseen(unseen.marks)("text", "busy") == "busy"


def test_names_are_told_apart():
    unseen = Unseen(None)
    assert unseen("a", "same") == unseen("b", "same") == "same"


def test_components_are_compared_by_what_they_show():
    def bar(value):
        return [html.Div([html.Span("Teacher", title=None), html.Progress(value=value)], className="step")]

    unseen = Unseen(None)
    unseen("steps", bar("10"))
    assert unseen("steps", bar("10")) is dash.no_update
    assert unseen("steps", bar("11")) is not dash.no_update


def test_a_signature_stands_for_its_value():
    unseen = Unseen(None)
    assert unseen("curve", True, ["key", 1, 20]) is True
    assert unseen("curve", True, ["key", 1, 20]) is dash.no_update
    assert unseen("curve", True, ["key", 1, 21]) is True


def test_none_and_nothing_are_values_too():
    unseen = Unseen({})
    assert unseen("x", None) is None
    assert unseen("x", None) is dash.no_update
    assert unseen("x", []) == []
    assert unseen("x", "") == ""


def test_marks_travel_as_json_and_those_given_stay():
    given = {"old": "mark"}
    unseen = Unseen(given)
    unseen("new", 1)
    assert given == {"old": "mark"}
    assert json.loads(json.dumps(unseen.marks)) == unseen.marks
    assert set(unseen.marks) == {"old", "new"}
