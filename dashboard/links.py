"""What links the views: the study, the selection, the focused and the pinned image, and the URL that holds them.

A selection is made once, as a bitset over the image set, with where it came from and a label such as "4 taken for 9".
The engine remembers it by content, so that the URL needs its id only. The store holds the bitset of a small set; that of a
large one would travel with every callback, so the browser fetches it once by the id. Hover stays in the browser.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import dash
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc

from dashboard import ids
from dashboard.components.notices import tell
from dashboard.image_ids import WHOLE, cut, no_image
from dashboard.measures import pack_bits, unpack_bits
from workers.engine import Engine
from workers.results import MissingResult
from workers.studies import Study

# What a tab shows: the stores that an address brings back, in the order in which they are found.
SHOWN = (ids.STUDY, ids.SELECTION, ids.FOCUS, ids.PINNED)
UNCHANGED = (dash.no_update,) * len(SHOWN)

MOST_CARRIED = 20_000  # images of a set whose selections carry their bits with them, 3.3 kB

Found = tuple[dict | None, dict | None, int | None, int | None]  # of each of them, what it is to hold


def stores() -> list:
    """The stores behind every view; they live as long as the page, the URL brings them back."""
    return [
        dcc.Location(id=ids.URL, refresh=False),
        *[dcc.Store(id=store) for store in SHOWN],
        *[dcc.Store(id=store) for store in (ids.LINE, ids.BAND, ids.STUDENT)],
        dcc.Store(id=ids.READY, data=[]),
        dcc.Store(id=ids.TAB, storage_type="session"),
    ]


def set_shown() -> list[Output]:
    """The outputs of a callback that has a tab show something else, as one of several that do."""
    return [Output(store, "data", allow_duplicate=True) for store in SHOWN]


def put(store: str, data: Any) -> None:
    """Sets one of the stores from within a callback, unless `data` is no update. Where it is no output, the outputs of the
    callback all lie within a view: then a browser does not ask for them once more when the view is laid out anew."""
    if data is not dash.no_update:
        dash.set_props(store, {"data": data})


def study_data(study: Study) -> dict[str, Any]:
    """A study as its store holds it."""
    return {"id": study.id, "title": study.title, "keys": dict(study.keys)}


def make_selection(
    engine: Engine, images: str, mask: np.ndarray, label: str, origin: str, *, by_outcome: bool = False, **more: Any
) -> dict[str, Any]:
    """A selection of the images in `mask` (N,), remembered by the engine.

    Parameters
    ----------
    images : result key of the image set; the selection means nothing in another one.
    label : what a person would call it; shown wherever the selection is.
    origin : the view it was made in, which ignores its own echo.
    by_outcome : the images were chosen by what the teacher said of them, as a confusion cell is; how often it is right
        about them then says nothing of other images.
    more : what the origin needs to mark it again, such as the cell of a matrix.
    """
    return remembered(
        engine,
        {
            "images": images,
            "bits": pack_bits(mask),
            "count": int(mask.sum()),
            "label": label,
            "origin": origin,
            "by_outcome": by_outcome,
            **more,
        },
    )


def remembered(engine: Engine, selection: dict[str, Any]) -> dict[str, Any]:
    """A selection that the engine remembers, as its store holds it: with the id that it is remembered by."""
    content = {name: value for name, value in selection.items() if name != "id"}
    return carried(content | {"id": engine.selections.keep(content)})


def carried(selection: dict[str, Any]) -> dict[str, Any]:
    """A selection as its store holds it: that of a large set without its bits."""
    if len(selection["bits"]) <= len(pack_bits(np.zeros(MOST_CARRIED, bool))):
        return selection
    return {name: value for name, value in selection.items() if name != "bits"}


def whole(engine: Engine, selection: Mapping[str, Any]) -> dict[str, Any]:
    """What the engine remembers of a selection that a store holds, or that was saved: all but its id.

    Raises
    ------
    ValueError
        It is not known any more.
    """
    if "bits" in selection:
        return {name: value for name, value in selection.items() if name != "id"}
    kept = engine.selections.get(selection["id"])
    if kept is None:
        raise ValueError(f"the selection {selection['label']} is not known any more; select its images again")
    return kept


def mask_of(engine: Engine, selection: Mapping[str, Any]) -> np.ndarray:
    """The mask (N,) of the images of a selection.

    Raises
    ------
    ValueError
        It is not known any more.
    """
    return unpack_bits(whole(engine, selection)["bits"], engine.results.meta(selection["images"])["count"])


def picked_selection(
    engine: Engine, picked: dict[str, Any] | None, study: dict[str, Any] | None, origin: str, **more: Any
) -> dict[str, Any] | None:
    """The selection of what was picked in the browser: {"images", "bits", "tool"}, such as what a lasso encloses. None
    when nothing was, or in another image set; `origin` and `more` as in `make_selection`."""
    if picked is None or fitting(picked, study) is None:
        return None
    mask = unpack_bits(picked["bits"], engine.results.meta(picked["images"])["count"])
    return make_selection(engine, picked["images"], mask, picked_words(picked["tool"], mask), origin, **more)


def picked_words(tool: str, mask: np.ndarray) -> str:
    """What is selected with a tool is called."""
    count = int(mask.sum())
    return f"{tool} of {count:,} image{'s' if count > 1 else ''}"


def fitting(selection: dict[str, Any] | None, study: dict[str, Any] | None) -> dict[str, Any] | None:
    """The selection if it was made in the image set of this study, else None."""
    if selection is None or study is None or selection.get("images") != study["keys"].get("images"):
        return None
    return selection


def chosen_by_outcome(selection: dict[str, Any] | None, study: dict[str, Any] | None) -> bool:
    """Whether what is selected of this study was chosen by what the teacher said of it, as in `make_selection`."""
    return (fitting(selection, study) or {}).get("by_outcome", False)


def register(app: dash.Dash, engine: Engine) -> None:
    """The callbacks between URL and stores."""

    @app.callback(
        [Output(store, "data") for store in SHOWN],
        Input(ids.URL, "search"),
        [State(store, "data") for store in SHOWN],
        prevent_initial_call=True,  # the page is laid out with what its address asks for
    )
    def restore(search: str, *held: Any):
        """What the URL says; what the stores say already is left alone."""
        told = asked_for(engine, search)
        return tuple(dash.no_update if found == before else found for found, before in zip(told, held, strict=True))

    app.clientside_callback(
        ClientsideFunction("darkroom", "writeUrl"),
        Output(ids.URL, "hash"),
        [Input(store, "data") for store in SHOWN],
        Input(ids.WORKSPACE, "data"),
        Input(ids.STUDENT, "data"),
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "nameTab"),
        Output(ids.TAB, "data"),
        Input(ids.TAB, "modified_timestamp"),
        State(ids.TAB, "data"),
    )


def asked_for(engine: Engine, search: str | None) -> Found:
    """What a tab is to show, as `looked_up`; what cannot be had is told in the corner."""
    found, words = looked_up(engine, search)
    if words:
        tell(words)
    return found


def looked_up(engine: Engine, search: str | None) -> tuple[Found, str]:
    """What a tab is to show, as an address asks for it, and what of it cannot be had.

    An address without a study, or with one that is gone, means the newest; what was selected in another study means
    nothing in it.
    """
    asked = asked_in(search)
    picked = pick_study(engine, asked.get("study"))
    study = None if picked is None else study_data(picked)
    if asked.get("study") not in (None, study and study["id"]):
        return (study, None, None, None), "The study in this address is gone" + (
            "; the newest is shown." if study else "."
        )
    if study is None:
        return (None, None, None, None), ""
    selection = recall_selection(engine, asked.get("selection"))
    words = []
    if asked.get("selection") and selection is None:
        words.append("The selection in this address is gone; all images are shown.")
    elif selection and not fitting(selection, study):
        words.append(
            f"The selection in this address, {selection['label']}, was made in another image set; all images are shown."
        )
    focus, pinned = (image_in(engine, study, asked.get(name), words) for name in ("focus", "pin"))
    return (study, fitting(selection, study), focus, pinned), " ".join(words)


def image_in(engine: Engine, study: dict[str, Any], text: str | None, words: list[str]) -> int | None:
    """The number of an image in an address; why there is none is added to `words`. While the images are not there yet,
    any number may be one."""
    if text is None:
        return None
    if not WHOLE.fullmatch(text):
        words.append(f"In this address, {cut(text)} is no image number.")
        return None
    try:
        count = engine.results.meta(study["keys"]["images"])["count"]
    except MissingResult:
        return int(text)
    if int(text) >= count:
        words.append(f"In this address, {no_image(int(text), count)}.")
        return None
    return int(text)


def asked_in(search: str | None) -> dict[str, str]:
    """The names and values of an address."""
    return {name: values[0] for name, values in parse_qs((search or "").lstrip("?")).items()}


def pick_study(engine: Engine, study_id: str | None) -> Study | None:
    """The study asked for, else the newest; None while there is none."""
    studies = engine.studies.all()
    for study in studies:
        if study.id == study_id:
            return study
    return studies[-1] if studies else None


def recall_selection(engine: Engine, selection_id: str | None) -> dict[str, Any] | None:
    """The selection with this id, as its store holds it; None when it is not known (any more)."""
    selection = engine.selections.get(selection_id) if selection_id else None
    return None if selection is None else carried(selection | {"id": selection_id})
