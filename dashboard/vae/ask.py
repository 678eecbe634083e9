"""Questions that the browser asks while a hand moves: a live call each, past Dash, which would look at every component of the
page for each of them."""

import json
from typing import Any

from flask import Flask, Response, jsonify, request

from workers.calls import CallFailed, NoAnswer, Superseded
from workers.engine import Engine

CALLS = (
    "cam", "decode", "deconvolve", "feature-maps", "latent-effects", "library-path", "morph", "neighbours",
    "neighbour-codes", "neighbour-places", "slice-estimate", "slicer-layers",
)  # fmt: skip


def add_ask_route(server: Flask, engine: Engine) -> None:
    """Adds the route: POST /ask/<call> with {"tab", "params"} as JSON is answered with what the call says, or a sentence."""

    @server.post("/ask/<call>")
    def ask(call: str) -> Response:
        if call not in CALLS:
            return sentence(404, f"There is no question {call}; there are {', '.join(CALLS)}.")
        asked: Any = request.get_json(silent=True)
        if not isinstance(asked, dict) or not isinstance(asked.get("params"), dict):
            return sentence(400, 'A question is JSON: {"tab": the name of the browser tab, "params": {…}}.')
        try:
            answer = jsonify(engine.calls.ask(call, asked["params"], str(asked.get("tab") or "page")))
        except Superseded:
            return sentence(409, "The same tab has asked a newer question meanwhile.")
        except CallFailed as error:
            return sentence(400, str(error))
        except NoAnswer as error:
            return sentence(503, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        # What is large in it is a picture that is compressed already; to try once more takes 20 ms of a thread.
        answer.headers["Content-Encoding"] = "identity"
        return answer


def sentence(status: int, words: str) -> Response:
    """An answer in words."""
    return Response(json.dumps({"error": words}), status, mimetype="application/json")
