"""What is sent is small, and the same for those who cannot read it so."""

import gzip
import json

import pytest

LAYOUT = "/_dash-layout"


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br, zstd"])
def test_long_answers_are_compressed_for_browsers(client, accepted):
    plain = client.get(LAYOUT)
    small = client.get(LAYOUT, headers={"Accept-Encoding": accepted})
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["Vary"] == "Accept-Encoding"
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) / 4
    assert json.loads(gzip.decompress(small.data)) == plain.get_json()


@pytest.mark.parametrize("accepted", [None, "br", "gzip;q=0"])
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
