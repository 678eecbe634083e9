"""Who may talk to the page, and what the others are told."""

import base64

import pytest
from flask import Flask
from pydantic import ValidationError

from dashboard.guard import protect
from workers.settings import Settings

OWN = "127.0.0.1:8050"


def guarded(**settings):
    server = Flask("guarded")
    protect(server, Settings(**settings))
    server.add_url_rule("/", "page", lambda: "page", methods=["GET", "POST", "PUT", "DELETE"])
    server.add_url_rule("/health", "health", lambda: "health")
    return server.test_client()


def basic(password, user="anyone"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8050", "127.0.0.1", "localhost:8050", "LOCALHOST", "[::1]:8050", "127.8.9.1"]
)
def test_the_page_answers_to_names_of_this_machine(host):
    assert guarded().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8050", "localhost.evil.example", "10.0.0.1", "0.0.0.0", "2130706433"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_foreign_name_is_refused(host, method):
    response = guarded().open("/", method=method, headers={"Host": host})
    assert response.status_code == 403
    assert response.text == (
        f"This page does not answer to the name {host}. Open it at its own address, or add the name "
        "with --allowed-hosts.\n"
    )


def test_names_that_were_allowed_are_answered():
    client = guarded(allowed_hosts=["Darkroom.lan"])
    assert client.get("/", headers={"Host": "darkroom.lan:8050"}).status_code == 200
    assert client.get("/", headers={"Host": OWN}).status_code == 200
    assert client.get("/", headers={"Host": "other.lan"}).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1", "https://localhost:8050"]
)
def test_a_foreign_page_may_change_nothing(method, origin):
    response = guarded().open("/", method=method, headers={"Host": OWN, "Origin": origin})
    assert response.status_code == 403
    assert response.text == f"A page from {origin} may not change anything here; use the page's own address.\n"


def test_the_pages_own_tabs_may():
    client = guarded()
    assert client.post("/", headers={"Host": OWN, "Origin": f"http://{OWN}"}).status_code == 200
    assert client.post("/", headers={"Host": OWN}).status_code == 200  # no browser: curl, a script


def test_looking_is_free_from_anywhere():
    """A link on another site may lead here; its scripts cannot read what they get."""
    assert guarded().get("/", headers={"Host": OWN, "Origin": "http://evil.example"}).status_code == 200


def test_the_password_is_asked_for():
    client = guarded(password="open sesame")
    for headers in (
        {},
        basic("wrong"),
        basic(""),
        {"Authorization": "Basic !"},
        {"Authorization": "Bearer open sesame"},
    ):
        response = client.get("/", headers=headers)
        assert response.status_code == 401
        assert response.text == "This page asks for its password; the user name does not matter.\n"
        assert response.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("password", ["open sesame", "pässwörd:with:colons"])
def test_the_right_password_opens_whatever_the_user_name(password):
    client = guarded(password=password)
    assert client.get("/", headers=basic(password)).status_code == 200
    assert client.get("/", headers=basic(password, "")).status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.2", "fe80::1", "2001:db8::1"])
def test_without_a_password_another_machine_is_refused(address):
    """Whatever name it asks for: a proxy or a tunnel may have let it through."""
    response = guarded().get("/", headers={"Host": OWN}, environ_base={"REMOTE_ADDR": address})
    assert response.status_code == 403
    assert response.text == (
        "This page has no password and so answers to its own machine only; set DARKROOM_PASSWORD.\n"
    )
    client = guarded(password="open sesame")
    known = {"Host": OWN} | basic("open sesame")
    assert client.get("/", headers=known, environ_base={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", "::1"])
def test_without_a_password_the_own_machine_is_answered(address):
    assert guarded().get("/", headers={"Host": OWN}, environ_base={"REMOTE_ADDR": address}).status_code == 200


def test_health_is_open():
    client = guarded(password="open sesame")
    assert client.get("/health").text == "health"
    assert client.get("/health", headers={"Host": "probe.internal"}).status_code == 200


def test_beyond_loopback_a_password_is_needed():
    with pytest.raises(ValidationError, match="would open the page to other machines; set a password too"):
        Settings(host="0.0.0.0")


def test_beyond_loopback_the_password_guards():
    client = guarded(host="0.0.0.0", password="open sesame")
    assert client.get("/", headers={"Host": "any.lan:8050"}).status_code == 401
    assert client.get("/", headers={"Host": "any.lan:8050"} | basic("open sesame")).status_code == 200
    named = guarded(host="0.0.0.0", password="open sesame", allowed_hosts=["my.lan"])
    assert named.get("/", headers={"Host": "any.lan"} | basic("open sesame")).status_code == 403
    assert named.get("/", headers={"Host": "my.lan"} | basic("open sesame")).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Host": "[::1"}, {"Host": OWN, "Origin": "http://[::1"}, {"Host": ""}, {"Host": "a b"}]
)
def test_odd_headers_are_refused_and_no_more(headers):
    assert 400 <= guarded().post("/", headers=headers).status_code < 500


def test_answers_say_how_they_may_be_used():
    headers = guarded().get("/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "same-origin"
