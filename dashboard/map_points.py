"""The points of a map that are too many for the browser: their picture, and which of them somebody has picked."""

import io
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from cachetools import LRUCache

from dashboard.abilities import labels_of
from dashboard.density import Colouring, by_group, by_number, picture
from dashboard.measures import unpack_bits
from dashboard.planes import Plane, Window
from dashboard.theme import PLAIN as PLAIN_COLOUR
from dashboard.theme import RAMP, RIGHT, WRONG, class_colours
from workers.engine import Engine
from workers.results import MissingResult

KEPT_BYTES = 128 * 2**20  # of sorted points, 20 MB a million
GROUPS = ("true", "predicted", "right")
NUMBERS = ("confidence", "entropy", "margin")
PLAIN = "none"  # all points have one colour
MEASURE = "measure"  # a number an image, of another result


@dataclass(frozen=True)
class Measure:
    """A number for each image that points are coloured by.

    Attributes
    ----------
    key, array : of the result that holds it (N,).
    least, most : the ends of the colour scale.
    """

    key: str
    array: str
    least: float
    most: float

    @classmethod
    def read(cls, text: str) -> "Measure":
        """As an address has it: "key,array,least,most".

        Raises
        ------
        ValueError
            It is something else.
        """
        try:
            key, array, least, most = text.split(",")
            return cls(key, array, float(least), float(most))
        except ValueError:
            raise ValueError("measure must be a result's key, the name of its array, and two numbers") from None


@dataclass(frozen=True)
class Shown:
    """Which points of a map are shown: those of a split, but for hidden groups.

    Attributes
    ----------
    images, predictions : result keys.
    grouping : one of `GROUPS`.
    hidden : numbers of groups.
    """

    images: str
    predictions: str
    split: str
    grouping: str
    hidden: tuple[int, ...] = ()

    def groups(self, engine: Engine, grouping: str) -> tuple[np.ndarray, list[str]]:
        """The group of each image (N,), and the colours of the groups by number: classes, or 0 for right and 1 for wrong.

        Raises
        ------
        ValueError
            The true classes are not known.
        """
        predicted = engine.results.array(self.predictions, "predicted")
        colours = class_colours(engine.results.meta(self.images)["n_classes"])
        if grouping == "predicted":
            return predicted, colours
        labels = labels_of(engine, {"images": self.images, "predictions": self.predictions})
        if labels is None:
            raise ValueError(f"there is no {grouping} where the true classes are not known")
        return (labels, colours) if grouping == "true" else ((labels != predicted).astype(int), [RIGHT, WRONG])

    def colouring(self, engine: Engine, by: str, measure: Measure | None) -> Colouring:
        """What colour each image has: all the same, by its group, or by a number, one of `NUMBERS` or a measure's."""
        if measure is not None:
            return by_number(engine.results.array(measure.key, measure.array), measure.least, measure.most, RAMP)
        if by == PLAIN:
            return by_group(np.zeros(engine.results.meta(self.images)["count"], int), [PLAIN_COLOUR])
        if by in GROUPS:
            return by_group(*self.groups(engine, by))
        most = math.log2(engine.results.meta(self.images)["n_classes"]) if by == "entropy" else 1.0
        return by_number(engine.results.array(self.predictions, by), 0.0, most, RAMP)

    def mask(self, engine: Engine) -> np.ndarray:
        """Mask (N,) of the images."""
        meta = engine.results.meta(self.images)
        train = self.split == "train" and meta["n_train"]  # where nothing is kept for training, all is test
        mask = np.zeros(meta["count"], bool)
        mask[slice(0, meta["n_train"]) if train else slice(meta["n_train"], None)] = True
        if self.hidden:
            groups, colours = self.groups(engine, self.grouping)
            is_hidden = np.zeros(len(colours), bool)
            is_hidden[[number for number in self.hidden if number < len(colours)]] = True
            mask &= ~is_hidden[groups]
        return mask


@dataclass(frozen=True)
class Picture:
    """The picture of a window of a map, as it is asked for.

    Attributes
    ----------
    by : what it is coloured by, one of `GROUPS` or of `NUMBERS`, `PLAIN` or `MEASURE`.
    size : width and height in pixels.
    measure : where it is coloured by one.
    selection : content id; what is not in it is faded.
    preview : of a job that is being made.
    """

    shown: Shown
    by: str
    window: Window
    size: tuple[int, int]
    measure: Measure | None = None
    selection: str | None = None
    preview: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Picture":
        """As the query of an address has it.

        Raises
        ------
        ValueError
            Names what is missing or wrong.
        """
        for name in ("images", "predictions", "window", "size"):
            if not query.get(name):
                raise ValueError(f"a picture of a map needs {name} in its address")
        told = {"split": "test", "by": "predicted", "grouping": "predicted"} | dict(query)
        for name, known in (
            ("split", ("train", "test")),
            ("by", (*GROUPS, *NUMBERS, PLAIN, MEASURE)),
            ("grouping", GROUPS),
        ):
            if told[name] not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}")
        hidden = whole_numbers("hidden", query["hidden"]) if query.get("hidden") else ()
        size = whole_numbers("size", query["size"])
        try:
            window = tuple(float(word) for word in query["window"].split(","))
        except ValueError:
            window = ()
        if len(window) != 4 or len(size) != 2:
            raise ValueError("window must be left,right,bottom,top and size width,height")
        shown = Shown(query["images"], query["predictions"], told["split"], told["grouping"], hidden)
        measure = Measure.read(query.get("measure", "")) if told["by"] == MEASURE else None
        selection, preview = query.get("selection") or None, bool(query.get("preview"))
        return cls(shown, told["by"], window, (size[0], size[1]), measure, selection, preview)

    def draw(self, engine: Engine, key: str) -> bytes:
        """The PNG.

        Parameters
        ----------
        key : result key of the map.

        Raises
        ------
        ValueError
            The map is of other images, or the window or the size cannot be drawn.
        MissingResult
            The map, the preview, or what it is drawn with is not there.
        """
        places = previewed(engine, key) if self.preview else engine.results.array(key, "places")
        mask, colouring = self.shown.mask(engine), self.shown.colouring(engine, self.by, self.measure)
        if not len(places) == len(mask) == len(colouring.numbers):
            raise ValueError("the map, the images and the predictions must be of one study")
        selected = self.selected(engine)
        if not mask.all():
            places, colouring, selected = places[mask], colouring.of(mask), None if selected is None else selected[mask]
        return picture(places, colouring, self.window, self.size, selected)

    def selected(self, engine: Engine) -> np.ndarray | None:
        """Mask (N,) of what is selected; None where nothing is."""
        if self.selection is None:
            return None
        selection = engine.selections.get(self.selection)
        if selection is None or selection["images"] != self.shown.images:
            raise MissingResult(f"there is no selection {self.selection[:16]} of these images")
        return unpack_bits(selection["bits"], engine.results.meta(self.shown.images)["count"])


def whole_numbers(name: str, text: str) -> tuple[int, ...]:
    """The whole numbers of "1,2,3", none of them below 0.

    Raises
    ------
    ValueError
        One is none.
    """
    words = text.split(",")
    if not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise ValueError(f"{name} must be whole numbers with commas between them")
    return tuple(map(int, words))


class PreviewOver(MissingResult):
    """The job of a preview has just ended."""


def previewed(engine: Engine, key: str) -> np.ndarray:
    """The places that a running job has so far."""
    content = engine.preview(key)
    if content is None:
        raise PreviewOver(f"the map {key[:12]} shows no preview any more")
    return np.load(io.BytesIO(content), allow_pickle=False)


class Planes:
    """The points of maps, sorted when first asked for; of those used last, as many as `KEPT_BYTES` hold."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self._kept: LRUCache[str, Plane] = LRUCache(KEPT_BYTES, getsizeof=lambda plane: plane.nbytes)
        self._lock = threading.Lock()

    def of(self, key: str) -> Plane:
        """Those of a map, by its result key."""
        with self._lock:  # one sorts, the others wait for it
            plane = self._kept.get(key)
            if plane is None:
                plane = Plane(self.engine.results.array(key, "places"))
                if plane.nbytes <= KEPT_BYTES:
                    self._kept[key] = plane
            return plane

    def picked(self, picked: Mapping[str, Any], shown: Shown, before: np.ndarray | None) -> np.ndarray:
        """Mask (N,) of what is selected after something was picked on a map.

        Parameters
        ----------
        picked : {"map": its result key, "how": "only", "add" or "remove"}, with "outline", the corners {"x", "y"} of a
            polygon; or with "box", {"x": [left, right], "y": [bottom, top]}; or with "group", the number of one: that is
            added, or where all of it is selected taken away.
        before : what was selected (N,); None for nothing.

        Raises
        ------
        ValueError
            The outline is none.
        """
        mask, how = shown.mask(self.engine), picked["how"]
        if "group" in picked:
            mask &= shown.groups(self.engine, shown.grouping)[0] == picked["group"]
            how = "remove" if before is not None and before[mask].all() else "add"
        elif "box" in picked:
            mask &= self.of(picked["map"]).in_box(*picked["box"]["x"], *picked["box"]["y"])
        else:
            mask &= self.of(picked["map"]).inside(*corners(picked["outline"]))
        if how == "remove":
            return np.zeros(len(mask), bool) if before is None else before & ~mask
        return mask | before if how == "add" and before is not None else mask


def corners(outline: Mapping[str, Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """The corners of a polygon, x and y."""
    return np.asarray(outline["x"], float), np.asarray(outline["y"], float)
