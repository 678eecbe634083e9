"""Bytes over HTTP: exactly what the engine holds, kept by the browser for ever."""

import io

import numpy as np
import pytest
from PIL import Image

from dashboard.routes import npy, png
from dashboard.server import build
from tests.engines import wait_until
from workers import previews

NOBODY = "0" * 64


def sentence(response):
    """The one plain sentence that a refusal consists of."""
    assert response.mimetype == "text/plain", response.text[:200]
    text = response.text
    assert text.endswith(".\n")
    assert text.count("\n") == 1
    assert not text[0].islower()
    return text.strip()


def test_health_counts_the_workers(client):
    response = client.get("/health")
    assert response.status_code == 200
    assert response.get_json() == {"status": "ok", "workers": 2}


@pytest.mark.parametrize("role", ["images", "teacher", "predictions"])
def test_arrays_arrive_as_they_are(client, digits, role):
    key = digits.study.keys[role]
    described = digits.engine.results.meta(key)["arrays"]
    names = [name for name, about in described.items() if "dtype" in about]
    assert names
    for name in names:
        response = client.get(f"/array/{key}/{name}.npy")
        assert response.status_code == 200
        ours = digits.engine.results.array(key, name)
        theirs = np.load(io.BytesIO(response.data), allow_pickle=False)
        assert theirs.dtype == ours.dtype
        assert np.array_equal(theirs, ours)


def test_atlas_pages_arrive_as_they_are(client, digits):
    key = digits.study.keys["images"]
    atlas = digits.engine.results.meta(key)["atlas"]
    for page in range(atlas["n_pages"]):
        response = client.get(f"/atlas/{key}/{page}")
        assert response.mimetype == atlas["media_type"] == "image/png"
        assert response.data == digits.engine.results.blob(key, f"page-{page}")
        Image.open(io.BytesIO(response.data)).verify()


@pytest.mark.parametrize("number", [0, 1, 1437, 1438, 1796])
def test_an_image_is_exact_to_the_pixel(client, digits, number):
    key = digits.study.keys["images"]
    response = client.get(f"/image/{key}/{number}.png")
    assert response.mimetype == "image/png"
    pixels = np.asarray(Image.open(io.BytesIO(response.data)))
    assert np.array_equal(pixels, digits.engine.results.array(key, "images")[number, 0])


def test_colour_images_keep_their_channels():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 7)).astype(np.uint8)
    drawn = np.asarray(Image.open(io.BytesIO(png(pixels))))
    assert np.array_equal(np.moveaxis(drawn, -1, 0), pixels)


@pytest.fixture(params=["/atlas/{images}/0", "/array/{images}/labels.npy", "/image/{images}/3.png"])
def address(request, digits):
    return request.param.format(**digits.study.keys)


def test_what_the_browser_has_is_not_sent_again(client, address):
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_results_may_be_kept_for_ever_by_this_browser_alone(client, address):
    kept = client.get(address).cache_control
    assert kept.private
    assert kept.immutable
    assert kept.max_age >= 30 * 24 * 3600


def test_etags_differ(client, digits):
    keys = digits.study.keys
    addresses = [f"/image/{keys['images']}/{number}.png" for number in range(3)]
    addresses += [f"/atlas/{keys['images']}/{page}" for page in range(2)]
    addresses += [f"/array/{keys['predictions']}/{name}.npy" for name in ("logits", "predicted")]
    assert len({client.get(address).headers["ETag"] for address in addresses}) == len(addresses)


@pytest.mark.parametrize("address", ["/atlas/{}/0", "/array/{}/labels.npy", "/image/{}/0.png"])
def test_an_unknown_result_is_said_to_be_gone(client, address):
    response = client.get(address.format(NOBODY))
    assert response.status_code == 404
    assert sentence(response) == f"The result {NOBODY[:12]} is not there; it was deleted, or made room for others."


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/array/{images}/nothing.npy", 'has no array "nothing"; it has: '),
        ("/array/{teacher}/weights-3.npy", "is stored as bytes and is no array"),
        ("/atlas/{images}/99", 'has no array "page-99"'),
        ("/image/{teacher}/0.png", "is of the kind teacher and holds no images"),
        ("/image/{images}/1797.png", "There is no image 1797; the set has 1797, counted from 0."),
        ("/image/{images}/99999999999999999999999.png", "There is no image 99999999999999999999999"),
        ("/atlas/{teacher}/0", 'has no array "page-0"'),
    ],
)
def test_an_unknown_part_is_named(client, digits, address, told):
    response = client.get(address.format(**digits.study.keys))
    assert response.status_code == 404
    assert told in sentence(response)


@pytest.mark.parametrize(
    "address",
    [
        "/image/{images}/-1.png",
        "/image/{images}/1.5.png",
        "/image/{images}/x.png",
        "/atlas/{images}/-1",
        "/atlas/{images}/first",
        "/array/{images}/labels",
        "/array/{images}/../labels.npy",
        "/array/{images}/%2e%2e%2f%2e%2e%2fetc%2fpasswd.npy",
        '/array/{images}/a"b.npy',
        "/array/{images}/a%0d%0ab.npy",
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
    ],
)
def test_odd_paths_are_refused_in_a_sentence(client, digits, address):
    response = client.get(address.format(**digits.study.keys))
    assert response.status_code == 404
    if not address.startswith("/assets"):  # those are Flask's own
        assert sentence(response)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(client, address, method):
    assert client.open(address, method=method).status_code == 405


def test_while_the_store_is_away_it_says_so(own, digits):
    study = own.copy_study(digits)
    client = build(own.engine, own.settings).server.test_client()
    read_before = f"/array/{study.keys['images']}/labels.npy"
    assert client.get(read_before).status_code == 200
    own.store.kill()
    try:
        response = client.get("/health")
        assert response.status_code == 503
        assert response.get_json() == {"status": "store away", "workers": 0}
        response = client.get(f"/array/{study.keys['predictions']}/logits.npy")
        assert response.status_code == 503
        assert sentence(response) == "The store does not answer; nothing is lost, try again in a moment."
        assert client.get(read_before).status_code == 200  # what is at hand is shown all the same
    finally:
        own.store.start()
    wait_until(lambda: client.get("/health").status_code == 200, what="health")
    assert client.get(f"/array/{study.keys['predictions']}/logits.npy").status_code == 200


def test_a_preview_is_never_kept_and_its_absence_is_no_fault(client, digits):
    places = np.arange(6, dtype=np.float64).reshape(3, 2)
    previews.keep(digits.engine.client, NOBODY, places)
    response = client.get(f"/preview/{NOBODY}.npy")
    assert (response.status_code, response.mimetype) == (200, "application/octet-stream")
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    shown = np.load(io.BytesIO(response.data), allow_pickle=False)
    assert (shown.dtype, shown.tolist()) == (np.float32, places.tolist())
    previews.drop(digits.engine.client, NOBODY)
    response = client.get(f"/preview/{NOBODY}.npy")
    assert (response.status_code, response.data, response.headers["Cache-Control"]) == (204, b"", "no-store")


def test_arrays_are_sent_row_by_row_whatever_their_order_in_memory():
    array = np.arange(6.0).reshape(3, 2)
    assert npy(np.asfortranarray(array)) == npy(array)
    assert np.array_equal(np.load(io.BytesIO(npy(array))), array)
