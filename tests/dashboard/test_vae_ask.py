"""What a browser may ask while a hand moves, and how it is told what went wrong."""

import pytest

from workers.calls import CallFailed, NoAnswer, Superseded


@pytest.fixture
def answered(digits, monkeypatch):
    """Has the engine answer a call, or refuse it; gives what it was asked."""
    asked = []

    def answered(answer):
        def ask(name, params, tab, timeout=5.0):
            asked.append((name, params, tab))
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(digits.engine.calls, "ask", ask)
        return asked

    return answered


def test_a_question_is_passed_on_with_the_tab_that_asks(client, answered):
    asked = answered({"places": {}})
    response = client.post("/ask/decode", json={"tab": "a tab", "params": {"number": 3}})
    assert (response.status_code, response.get_json()) == (200, {"places": {}})
    assert asked == [("decode", {"number": 3}, "a tab")]


@pytest.mark.parametrize(("error", "status", "words"), [
    (Superseded("decode"), 409, "The same tab has asked a newer question meanwhile."),
    (CallFailed("There is no image 9000; images are numbered 0 to 1796."), 400, "There is no image 9000"),
    (NoAnswer("no worker answered within 5 s; see whether one is running"), 503, "No worker answered within 5 s"),
])  # fmt: skip
def test_what_went_wrong_is_a_sentence(client, answered, error, status, words):
    answered(error)
    response = client.post("/ask/decode", json={"params": {}})
    assert response.status_code == status
    assert response.get_json()["error"].startswith(words)


def test_only_what_the_view_asks_can_be_asked(client):
    response = client.post("/ask/predict", json={"params": {}})
    assert response.status_code == 404
    assert response.get_json()["error"].startswith("There is no question predict; there are cam, decode, ")


@pytest.mark.parametrize("body", ["", "[]", "{", '{"params": 3}', '{"tab": "a"}', "null"])
def test_a_question_that_is_none_is_refused(client, body):
    response = client.post("/ask/decode", data=body, content_type="application/json")
    assert response.status_code == 400
    assert "A question is JSON" in response.get_json()["error"]


def test_a_foreign_page_may_not_ask(client):
    response = client.post("/ask/decode", json={"params": {}}, headers={"Origin": "http://evil.example"})
    assert response.status_code == 403
