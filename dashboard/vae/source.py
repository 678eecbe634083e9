"""What the VAE view looks at: the focused image, its code, and the results that are asked about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.abilities import Need, lacking
from dashboard.image_ids import no_image
from dashboard.theme import class_colours
from dashboard.vae.asked import CODES, VAE
from workers.engine import Engine

NO_STUDY = "The axes appear when the study has a teacher and a VAE."
NO_VAE = "Train a VAE (on the right); then the focused image can be moved here."
IN_THE_MAKING = "The axes appear when the VAE is there and has encoded the images."
NO_IMAGE = (
    "Click an image in the Teacher view or a point of a map, or press / and type its number: its code appears here."
)


def obstacle(engine: Engine, ready: Sequence[str], study: Mapping[str, Any] | None, focus: int | None) -> str:
    """Why there is nothing to look at, in a sentence; empty when there is."""
    if study is None or "images" not in ready or "predictions" not in ready:
        return NO_STUDY
    keys = study["keys"]
    why = lacking(engine, keys).get(Need.MODEL)
    if why:
        return f"There can be no VAE here, as {why}."
    if VAE not in keys:
        return NO_VAE
    if VAE not in ready or CODES not in ready:
        return IN_THE_MAKING
    count = engine.results.meta(keys["images"])["count"]
    if focus is None:
        return NO_IMAGE
    return "" if 0 <= focus < count else f"{no_image(focus, count).capitalize()}."


def source_of(engine: Engine, keys: Mapping[str, str], focus: int) -> dict[str, Any]:
    """What the browser needs of the focused image, where nothing stands in the way."""
    images, codes = engine.results.meta(keys["images"]), engine.results.meta(keys[CODES])
    return {
        "id": f"{keys[CODES][:16]}-{focus}",
        "number": focus,
        "images": keys["images"],
        "teacher": keys["teacher"],
        "epoch": engine.results.meta(keys["teacher"])["stored_epochs"][-1],
        "vae": keys[VAE],
        "codes": keys[CODES],
        "predictions": keys["predictions"],
        "code": engine.results.array(keys[CODES], "codes")[focus].tolist(),
        "active": codes["active"],
        "names": images["class_names"],
        "colours": class_colours(len(images["class_names"])),
        "true": int(engine.results.array(keys["images"], "labels")[focus]),
        "split": "train" if focus < images["n_train"] else "test",
    }
