"""The likeliest classes of one image, for whoever hovers a point of a map that has too many to send those of all."""

from flask import Flask, Response, jsonify

from dashboard.routes import kept
from workers.engine import Engine
from workers.results import MissingResult

WHO = ("teacher", "student")


def add_tops_route(server: Flask, engine: Engine) -> None:
    """Adds the route of a DarkSight map's likeliest classes; `assets/darksight_tops.js` asks."""

    @server.get("/darksight-top/<key>/<int:image>")
    def tops(key: str, image: int) -> Response:
        """{"teacher", "student"}: [number of the class, its share] of each, the likeliest first."""

        def told() -> bytes:
            classes, shares = (
                [engine.results.array(key, f"{who}_{what}") for who in WHO] for what in ("classes", "shares")
            )
            count = len(classes[0])
            if image >= count:
                raise MissingResult(f"there is no image {image}; the map has {count}, counted from 0")
            pairs = (
                list(zip(of[image].tolist(), at[image].tolist(), strict=True))
                for of, at in zip(classes, shares, strict=True)
            )
            return jsonify(dict(zip(WHO, pairs, strict=True))).data

        return kept(f"{key}-top-{image}", "application/json", told)
