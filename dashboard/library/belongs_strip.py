"""Some images of a condition, with what the net answers: what was attacked, and what it became."""

from collections.abc import Mapping
from typing import Any

import dash
import numpy as np
from dash import Input, Output, html
from PIL import Image

from dashboard import ids as shared
from dashboard.jobs.ids import pressing
from dashboard.library import ids
from dashboard.library.belongs_groups import Asked, conditions_of
from dashboard.theme import short_names
from dashboard.vae.counterfactual_figures import inline
from workers.engine import Engine

MOST = 24
LARGEST = 64  # pixels across; larger images are made smaller, so that a strip of them stays light


def strip_of(engine: Engine, asked: Asked, shown: Mapping[str, Any], condition: int) -> list:
    """The first images of a condition; one that was attacked leads to its original."""
    pixels = engine.results.array(asked.outside, "shown")[condition][:MOST]
    answers = engine.results.array(asked.outside, "answers")[condition]
    numbers = engine.results.array(asked.outside, "numbers")
    told, title = (
        engine.results.array(asked.predictions, "predicted"),
        conditions_of(engine, asked.outside)[condition]["title"],
    )
    names, tiles = shown["names"], []
    for row, image in enumerate(pixels):
        answer = names[answers[row]]
        says = f"{title}: the net answers {answer}"
        before = int(told[numbers[row]]) if len(numbers) else None
        if before is not None:
            says = f"Image {numbers[row]}, {says}, of the original {names[before]}. Click to look at the original"
        changed = before is not None and before != answers[row]
        tiles.append(tile(small(image), answer, says, changed, int(numbers[row]) if len(numbers) else None))
    return tiles


def tile(image: np.ndarray, answer: str, says: str, is_changed: bool, number: int | None) -> html.Button:
    """An image and the answer under it, red where it is not that of the original."""
    return html.Button(
        [html.Img(src=inline(image), alt=""), html.Span(short_names([answer], 9)[0])],
        className="library-tile" + (" library-changed" if is_changed else ""),
        title=says,
        disabled=number is None,
        **({} if number is None else pressing("look", str(number), ids.BELONGS_PRESSED)),
    )


def small(image: np.ndarray) -> np.ndarray:
    """An image (C, H, W) as large as there is room for."""
    _, height, width = image.shape
    most = max(height, width)
    if most <= LARGEST:
        return image
    size = max(1, round(width * LARGEST / most)), max(1, round(height * LARGEST / most))
    return np.stack([np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX)) for plane in image])


def register_strip(app: dash.Dash) -> None:
    """Its callback."""

    @app.callback(
        Output(shared.FOCUS, "data", allow_duplicate=True),
        Input(ids.BELONGS_PRESSED, "data"),
        prevent_initial_call=True,
    )
    def look(pressed: dict | None):
        """The original of the image that was clicked."""
        return dash.no_update if not pressed else int(pressed["key"])
