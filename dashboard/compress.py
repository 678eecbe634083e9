"""Answers of callbacks are sent compressed: what lays out a view, or draws a matrix of many classes, shrinks to a fifth."""

import gzip

from flask import Flask, Response, request

LEAST = 1000  # bytes that are worth it
LEVEL = 1  # a millisecond for 100 kB; higher levels save little more


def compress(server: Flask) -> None:
    """Compresses the JSON that `server` answers with, for browsers that say they can read it."""

    @server.after_request
    def shrink(response: Response) -> Response:
        if response.mimetype != "application/json" or not request.accept_encodings["gzip"]:
            return response
        body = response.get_data()
        if len(body) >= LEAST:
            response.set_data(gzip.compress(body, LEVEL))
            response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        return response
