"""What links the views: the study, the selection and the focused image, and the URL that holds them.

A selection is made once, as a bitset over the image set, with where it came from and a label such as "4 taken for 9".
The engine remembers it by content, so that the URL needs its id only. Hover stays in the browser.
"""

from typing import Any
from urllib.parse import parse_qs

import dash
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc

from dashboard import ids
from dashboard.components.notices import tell
from dashboard.measures import pack_bits, unpack_bits
from workers.engine import Engine
from workers.studies import Study

MOST_DIGITS = 9  # of an image number in an address


def stores() -> list:
    """The stores behind every view; they live as long as the page, the URL brings them back."""
    return [
        dcc.Location(id=ids.URL, refresh=False),
        dcc.Store(id=ids.STUDY),
        dcc.Store(id=ids.READY, data=[]),
        dcc.Store(id=ids.SELECTION),
        dcc.Store(id=ids.FOCUS),
        dcc.Store(id=ids.TAB, storage_type="session"),
    ]


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
    selection = {
        "images": images,
        "bits": pack_bits(mask),
        "count": int(mask.sum()),
        "label": label,
        "origin": origin,
        "by_outcome": by_outcome,
        **more,
    }
    return selection | {"id": engine.keep_selection(selection)}


def picked_selection(
    engine: Engine, picked: dict[str, Any] | None, study: dict[str, Any] | None, origin: str, **more: Any
) -> dict[str, Any] | None:
    """The selection of what was picked in the browser: {"images", "bits", "tool"}, such as what a lasso encloses. None
    when nothing was, or in another image set; `origin` and `more` as in `make_selection`."""
    if picked is None or fitting(picked, study) is None:
        return None
    mask = unpack_bits(picked["bits"], engine.results.meta(picked["images"])["count"])
    count = int(mask.sum())
    label = f"{picked['tool']} of {count:,} image{'s' if count > 1 else ''}"
    return make_selection(engine, picked["images"], mask, label, origin, **more)


def fitting(selection: dict[str, Any] | None, study: dict[str, Any] | None) -> dict[str, Any] | None:
    """The selection if it was made in the image set of this study, else None."""
    if selection is None or study is None or selection.get("images") != study["keys"].get("images"):
        return None
    return selection


def register(app: dash.Dash, engine: Engine) -> None:
    """The callbacks between URL and stores."""

    @app.callback(
        Output(ids.STUDY, "data"),
        Output(ids.SELECTION, "data"),
        Output(ids.FOCUS, "data"),
        Input(ids.URL, "search"),
        State(ids.STUDY, "data"),
        State(ids.SELECTION, "data"),
        State(ids.FOCUS, "data"),
        prevent_initial_call=True,  # the page is laid out with what its address asks for
    )
    def restore(search: str, *held: Any):
        """What the URL says; what the stores say already is left alone."""
        told = asked_for(engine, search)
        return tuple(dash.no_update if found == before else found for found, before in zip(told, held, strict=True))

    app.clientside_callback(
        ClientsideFunction("darkroom", "writeUrl"),
        Output(ids.URL, "hash"),
        Input(ids.STUDY, "data"),
        Input(ids.SELECTION, "data"),
        Input(ids.FOCUS, "data"),
        Input(ids.WORKSPACE, "data"),
    )

    app.clientside_callback(
        ClientsideFunction("darkroom", "nameTab"),
        Output(ids.TAB, "data"),
        Input(ids.TAB, "modified_timestamp"),
        State(ids.TAB, "data"),
    )


def asked_for(engine: Engine, search: str | None) -> tuple[dict | None, dict | None, int | None]:
    """Study, selection and focused image as `looked_up`; what cannot be had is told in the corner."""
    found, words = looked_up(engine, search)
    if words:
        tell(words)
    return found


def looked_up(engine: Engine, search: str | None) -> tuple[tuple[dict | None, dict | None, int | None], str]:
    """Study, selection and focused image as an address asks for them, and what of it cannot be had.

    An address without a study, or with one that is gone, means the newest; what was selected in another study means
    nothing in it.
    """
    asked = asked_in(search)
    picked = pick_study(engine, asked.get("study"))
    study = None if picked is None else study_data(picked)
    if asked.get("study") not in (None, study and study["id"]):
        return (study, None, None), "The study in this address is gone" + ("; the newest is shown." if study else ".")
    if study is None:
        return (None, None, None), ""
    number = asked.get("focus", "")
    focus = int(number) if number.isdecimal() and len(number) <= MOST_DIGITS else None
    selection = recall_selection(engine, asked.get("selection"))
    words = ""
    if asked.get("selection") and selection is None:
        words = "The selection in this address is gone; all images are shown."
    elif selection and not fitting(selection, study):
        words = (
            f"The selection in this address, {selection['label']}, was made in another image set; all images are shown."
        )
    return (study, fitting(selection, study), focus), words


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
    selection = engine.selection(selection_id) if selection_id else None
    return None if selection is None else selection | {"id": selection_id}
