"""What is laid out is filled before it is sent: in order, from what it holds and what the page holds already."""

import dash
import pytest
from dash import Input, Output, State, dcc, html

from dashboard.first_answers import FirstAnswers


@pytest.fixture
def app():
    return dash.Dash("first", suppress_callback_exceptions=True)


@pytest.fixture
def first(app):
    return FirstAnswers(app)


def view():
    return html.Div(
        [dcc.Store(id="source"), html.Div([html.P(id="words", children="nothing yet"), dcc.Graph(id="figure")])]
    )


def test_an_answer_comes_after_what_it_is_made_of(first):
    @first.callback(output=Output("words", "children"), inputs={"source": Input("source", "data")})
    def words(source):
        return f"of {source}"

    @first.callback(output=[Output("source", "data")], inputs={"study": State("study", "data")})
    def source(study):
        return [study["key"]]

    laid = view()
    assert first.lay(laid, {("study", "data"): {"key": "abc"}}) == []
    assert laid["source"].data == "abc"
    assert laid["words"].children == "of abc"


def test_groups_of_inputs_and_outputs_keep_their_shape(first):
    @first.callback(
        output={"told": (Output("words", "children"), Output("words", "hidden")), "drawn": Output("figure", "figure")},
        inputs={"of": {"words": State("words", "children")}, "both": [Input("here", "data"), Input("there", "data")]},
    )
    def fill(of, both):
        return {"told": (f"{of['words']}, {both}", dash.no_update), "drawn": {"data": []}}

    laid = view()
    first.lay(laid, {("here", "data"): 1})
    assert laid["words"].children == "nothing yet, [1, None]"
    assert not hasattr(laid["words"], "hidden")
    assert laid["figure"].figure == {"data": []}


def test_what_is_not_laid_out_is_not_answered(first):
    @first.callback(output=[Output("words", "children"), Output("elsewhere", "data")], inputs={"x": Input("x", "data")})
    def fill(x):
        raise AssertionError("there is nothing to fill")

    assert first.lay(view()) == []


def test_one_no_update_leaves_everything(first):
    @first.callback(output=[Output("words", "children"), Output("figure", "figure")], inputs={"x": Input("x", "data")})
    def fill(x):
        return dash.no_update

    laid = view()
    assert first.lay(laid) == []
    assert laid["words"].children == "nothing yet"


def test_what_goes_wrong_is_told_and_the_rest_laid_out(first):
    @first.callback(output=Output("words", "children"), inputs={"x": Input("x", "data")})
    def refuse(x):
        raise ValueError("it is gone")

    @first.callback(output=Output("source", "data"), inputs={"x": Input("x", "data")})
    def skip(x):
        raise dash.exceptions.PreventUpdate

    @first.callback(output=Output("figure", "figure"), inputs={"x": Input("x", "data")})
    def draw(x):
        return {"data": [x]}

    laid = view()
    assert [str(error) for error in first.lay(laid, {("x", "data"): 1})] == ["it is gone"]
    assert laid["figure"].figure == {"data": [1]}


def test_what_answers_each_other_is_still_answered(first):
    @first.callback(output=Output("words", "children"), inputs={"source": Input("source", "data")})
    def one(source):
        return "one"

    @first.callback(output=Output("source", "data"), inputs={"words": Input("words", "children")})
    def other(words):
        return f"after {words}"

    laid = view()
    first.lay(laid)
    assert laid["source"].data == "after one"


def test_a_callback_is_one_of_the_page_and_an_answer_of_once_is_not(app, first):
    @first.callback(output=Output("words", "children"), inputs={"x": Input("x", "data")})
    def later(x):
        return x

    @first.once(output=Output("source", "data"), inputs={"x": State("x", "data")})
    def never(x):
        return x

    assert list(app.callback_map) == ["words.children"]
    assert app._callback_list[0]["prevent_initial_call"]
    laid = view()
    first.lay(laid, {("x", "data"): "y"})
    assert (laid["words"].children, laid["source"].data) == ("y", "y")
