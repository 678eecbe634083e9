"""Bytes over HTTP, outside the callbacks: atlas pages, arrays, single images, pictures of maps, large selections, health.

Results never change, so everything here but previews may be kept by the browser for ever; the ETag is the content address.
"""

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from flask import Flask, Response, jsonify, request
from PIL import Image

from dashboard.map_points import Picture, PreviewOver
from workers.engine import Engine
from workers.results import MissingResult
from workers.store import UNAVAILABLE

CARRIES_D3 = find_spec("mpld3")  # found, not imported: with it would come all of matplotlib
D3 = Path(CARRIES_D3.origin or "").parent / "js" / "d3.v5.min.js" if CARRIES_D3 else Path("d3.v5.min.js")


def add_routes(server: Flask, engine: Engine) -> None:
    """Adds the routes to `server`."""

    @server.get("/health")
    def health() -> tuple[Response, int]:
        found = engine.health()
        told = {"status": found.store, "workers": len(found.workers)}
        return jsonify(told), 200 if found.reachable else 503

    @server.get("/atlas/<key>/<int:page>")
    def atlas(key: str, page: int) -> Response:
        drawn = engine.results.meta(key).get("atlas") or {"media_type": "image/png"}
        return kept(f"{key}-{page}", drawn["media_type"], lambda: engine.results.blob(key, f"page-{page}"))

    @server.get("/array/<key>/<name>.npy")
    def array(key: str, name: str) -> Response:
        return kept(f"{key}-{name}", "application/octet-stream", lambda: npy(engine.results.array(key, name)))

    @server.get("/image/<key>/<int:image>.png")
    def image(key: str, image: int) -> Response:
        def picture() -> bytes:
            pixels, count = engine.pixels(key), engine.results.meta(key)["count"]
            if image >= count:
                raise MissingResult(f"there is no image {image}; the set has {count}, counted from 0")
            return png(pixels.read([image])[0])

        return kept(f"{key}-image-{image}", "image/png", picture)

    @server.get("/preview/<key>.npy")
    def preview(key: str) -> Response:
        """What a running job has so far; empty where it shows nothing (any more), which is no fault of the asker's."""
        shown = engine.preview(key)
        return nothing() if shown is None else fleeting(Response(shown, mimetype="application/octet-stream"))

    @server.get("/d3.js")
    def d3() -> Response:
        """D3, whose circle packing the Slicer view draws with, as the package mpld3 carries it."""
        return kept("d3-v5", "text/javascript", D3.read_bytes)

    @server.get("/density/<key>.png")
    def density(key: str) -> Response:
        try:
            asked = Picture.read(request.args)
            if asked.preview:
                return fleeting(Response(asked.draw(engine, key), mimetype="image/png"))
            told = hashlib.sha256(request.query_string).hexdigest()[:16]
            return kept(f"{key}-{told}", "image/png", lambda: asked.draw(engine, key))
        except ValueError as error:
            return Response(f"{str(error)[:1].upper()}{str(error)[1:]}.\n", 400, mimetype="text/plain")

    @server.get("/selection/<selection_id>.bits")
    def selection(selection_id: str) -> Response:
        """What is selected, as its store would hold it if it were small: base64 of a bitset."""

        def bits() -> str:
            selection = engine.selections.get(selection_id)
            if selection is None:
                raise MissingResult("this selection is not known any more")
            return selection["bits"]

        return kept(f"selection-{selection_id}", "text/plain", bits)

    @server.get("/<any(atlas, array, image, density, selection):kind>/<path:rest>")
    def unknown(kind: str, rest: str) -> Response:
        raise MissingResult(f"/{kind}/{rest} is no address of this page; it takes a result's key and a name or number")

    @server.errorhandler(PreviewOver)
    def over(error: PreviewOver) -> Response:
        return nothing()

    @server.errorhandler(MissingResult)
    def missing(error: MissingResult) -> Response:
        return Response(f"{str(error)[:1].upper()}{str(error)[1:]}.\n", 404, mimetype="text/plain")

    for failure in UNAVAILABLE:
        server.register_error_handler(failure, away)


def away(error: Exception) -> Response:
    """What a route says while the store does not answer."""
    return Response("The store does not answer; nothing is lost, try again in a moment.\n", 503, mimetype="text/plain")


def nothing() -> Response:
    """The preview of a job that has just ended."""
    return fleeting(Response(status=204))


def fleeting(response: Response) -> Response:
    """A response that the browser does not keep."""
    response.cache_control.no_store = True
    return response


def kept(etag: str, media_type: str, make) -> Response:
    """A response that the browser keeps; made only when it does not have it."""
    known = request.if_none_match.contains(etag)
    response = Response(status=304) if known else Response(make(), mimetype=media_type)
    response.set_etag(etag)
    response.cache_control.private = True
    response.cache_control.max_age = 365 * 24 * 3600
    response.cache_control.immutable = True
    return response


def npy(array: np.ndarray) -> bytes:
    """The bytes of a .npy file, its numbers row by row, as the browser reads them."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def png(pixels: np.ndarray) -> bytes:
    """An image (C, H, W) uint8, exactly, as PNG."""
    buffer = io.BytesIO()
    squeezed = pixels[0] if pixels.shape[0] == 1 else np.moveaxis(pixels, 0, -1)
    Image.fromarray(np.ascontiguousarray(squeezed)).save(buffer, "PNG")
    return buffer.getvalue()
