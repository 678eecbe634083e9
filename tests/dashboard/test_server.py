"""The page as its server sends it."""

import gzip
import json
import re
import threading

import pytest

from dashboard.server import build

CLIENTS = 16
LAYOUT = "/_dash-layout"


def test_the_first_requests_may_come_all_at_once(digits):
    """A process that has just been started is asked for the scripts of a page that another one has rendered."""
    page = build(digits.engine, digits.settings, alone=False).server.test_client().get("/").text
    scripts = re.findall(r'src="(/_dash-component-suites/[^"]+)"', page)
    assert len(scripts) > 5
    for _ in range(3):
        fresh = build(digits.engine, digits.settings, alone=False).server
        together, answered = threading.Barrier(CLIENTS), []

        def ask(number, fresh=fresh, together=together, answered=answered):
            client = fresh.test_client()
            together.wait()
            answered.append(client.get(scripts[number % len(scripts)]).status_code)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answered == [200] * CLIENTS


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br, zstd"])
def test_long_answers_are_compressed_for_browsers(client, accepted):
    plain = client.get(LAYOUT)
    small = client.get(LAYOUT, headers={"Accept-Encoding": accepted})
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["Vary"] == "Accept-Encoding"
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) / 4
    assert json.loads(gzip.decompress(small.data)) == plain.get_json()


@pytest.mark.parametrize("accepted", [None, "br"])
def test_whoever_does_not_ask_for_it_gets_it_plain(client, accepted):
    answer = client.get(LAYOUT, headers={"Accept-Encoding": accepted} if accepted else {})
    assert "Content-Encoding" not in answer.headers
    assert answer.get_json()


def test_short_answers_and_what_is_compressed_already_are_left_alone(client, digits):
    asks = {"Accept-Encoding": "gzip"}
    assert "Content-Encoding" not in client.get("/health", headers=asks).headers
    atlas = client.get(f"/atlas/{digits.study.keys['images']}/0", headers=asks)
    assert atlas.status_code == 200
    assert "Content-Encoding" not in atlas.headers


def test_the_icon_is_part_of_the_page(client):
    """One of its own would be asked for again at every change of the address."""
    page = client.get("/").text
    assert 'rel="icon" href="data:image/svg+xml,' in page
    assert "favicon" not in page
