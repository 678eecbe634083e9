"""The DarkSight maps of a study: how well each mimics the teacher, and two of them compared."""

from functools import lru_cache
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, panel, picture, segmented
from dashboard.components.unseen import Unseen
from dashboard.darksight import ids
from dashboard.darksight.alignment import moved_most
from dashboard.darksight.fits_table import fits_csv, fits_in, fits_table
from dashboard.darksight.new_fit import new_fit_button, register_new_fit, restart_button, temperature_slider
from dashboard.darksight.pairs import Pair, pair_csv, pair_figure, pair_of, pair_words
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.links import make_selection
from dashboard.measures import in_split
from dashboard.theme import class_colours
from workers.engine import Engine

ORIGIN = "fits"
LINE = "How well each map mimics the teacher"
NONE_YET = "The maps are listed here when the first is asked for."
MOVED = 100  # images that are drawn and selected
ONE_ONLY = "There is no second finished map yet: ask for one with another seed, then choose it here."


def compare_panel() -> html.Section:
    return panel(
        ids.FITS_PANEL,
        "Fits",
        LINE,
        [
            html.Div(
                [
                    html.Div(
                        [new_fit_button("fits"), restart_button("fits"), temperature_slider("fits")],
                        className="fits-tools",
                    ),
                    html.Div(
                        [html.Div(id=ids.FITS_TABLE, className="fits-rows"), empty(ids.FITS_WORDS, NONE_YET)],
                        id=ids.FITS_TABLE_PLACE,
                        className="fits-place",
                    ),
                    html.Div(
                        [
                            graph(ids.FITS_GRAPH),
                            html.Div(
                                [
                                    dmc.Select(
                                        id=ids.FITS_SECOND,
                                        data=[],
                                        label="Shown map compared with",
                                        placeholder="Choose a map",
                                        size="xs",
                                    ),
                                    html.Div(id=ids.FITS_NUMBERS, className="fits-numbers"),
                                    dmc.Button(
                                        "Select",
                                        id=ids.FITS_MOVED,
                                        size="compact-xs",
                                        variant="light",
                                        display="none",
                                    ),
                                ],
                                className="fits-beside",
                            ),
                        ],
                        id=ids.FITS_COMPARED,
                        className="fits-place fits-compared",
                        style=HIDDEN,
                    ),
                ],
                className="fits-body",
            ),
            dcc.Store(id=ids.FITS_PRESSED),
            dcc.Store(id=ids.FITS_SEEN),
        ],
        controls=[segmented(ids.FITS_WHAT, [("table", "Table"), ("compare", "Compare")], "table", "Shown of the maps")],
        exports=[
            ("Table, CSV", {"id": ids.TABLE_FITS}),
            ("Comparison, CSV", {"id": ids.TABLE_MOVED}),
            ("Comparison, SVG", picture(ids.FITS_GRAPH)[1]),
        ],
        help_text=[
            "All DarkSight maps of this study; click one to show it. KL is the symmetric divergence between the teacher's "
            "probabilities and those that the student gives at an image's place, in nats, at temperature 1, mean over the "
            "images that the map was learned from; below it, over those of the other split, which were placed afterwards. "
            "Agreement is how often both name the same class.",
            "For comparison, Table 2 of Xu, Park, Yi and Sutton (2018), Interpreting Deep Classifiers by Visual Distillation "
            "of Dark Knowledge: MNIST KL 0.0703, student right 98.2 %, agreement 99.9 %; CIFAR-10 0.0246, 94.0 %, 99.7 %; "
            "CIFAR-100 0.383, 79.2 %, 99.9 %. Teachers differ, and so do these.",
            "Where a cluster lies is left to chance: restart with another seed to see what stays. A higher temperature learns "
            "from softer probabilities, which spreads the points (App. B.3).",
            "Compare lays the second map onto the shown one (moved, turned, mirrored and scaled as a whole) and asks which "
            "images keep their 100 nearest neighbours. Lines lead from the place on the shown map to that on the second, for "
            "the 100 images that keep the fewest. Colours are the predicted classes.",
        ],
    )  # fmt: skip


def register_compare(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_new_fit(app, engine)
    register_table(app, engine, first)
    register_pair(app, engine)


def register_table(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "table": Output(ids.FITS_TABLE, "children"),
            "words": Output(ids.FITS_WORDS, "style"),
            "second": Output(ids.FITS_SECOND, "data"),
            "subtitle": Output(f"{ids.FITS_PANEL}-subtitle", "children"),
            "seen": Output(ids.FITS_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "key": Input(ids.FITS, "value"),
            "looked_at": Input(ids.MAPS_DECK, "value"),
            "study": Input(shared.STUDY, "data"),
            "seen": State(ids.FITS_SEEN, "data"),
        },
    )
    def fill(
        ready: list[str], steps: list | None, key: str | None, looked_at: str, study: dict | None, seen: dict | None
    ):
        """The table, and what the shown map can be compared with."""
        if looked_at != ids.FITS_PANEL:
            return dash.no_update
        unseen = Unseen(seen)
        fits = fits_in(engine, study["keys"]) if study is not None and "images" in ready else []
        done = [fit for fit in fits if fit.meta is not None]
        others = [{"value": fit.key, "label": fit.title} for fit in done if fit.key != key]
        line = f"{LINE}: {len(done)} of {len(fits)} made" if len(done) < len(fits) else LINE
        return {
            "table": unseen("table", fits_table(fits, key, engine.jobs.now()) if fits else []),
            "words": HIDDEN if fits else SHOWN,
            "second": unseen("second", others),
            "subtitle": line,
            "seen": unseen.marks,
        }

    @app.callback(
        Output(ids.FITS, "value", allow_duplicate=True),
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.FITS_PRESSED, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def press(pressed: dict | None, beats: int | None):
        """Shows a map, stops its job or has it made after all; the pulse after it shows what came of that."""
        if pressed is None:
            return dash.no_update, dash.no_update
        key = pressed["key"]
        if pressed["action"] == "show":
            return key, dash.no_update
        (engine.jobs.cancel if pressed["action"] == "cancel" else engine.jobs.retry)(key)
        return dash.no_update, (beats or 0) + 1

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_FITS, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, study: dict | None, ready: list[str]):
        """The figures of the finished maps, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        fits = fits_in(engine, study["keys"]) if study is not None and "images" in ready else []
        if not any(fit.meta for fit in fits):
            tell("There is nothing to export before a map is there.")
            return dash.no_update
        return dcc.send_string(fits_csv(fits), "darksight-maps.csv")


def register_pair(app: dash.Dash, engine: Engine) -> None:
    @lru_cache(8)
    def pair_known(images: str, one: str, other: str, split: str) -> Pair:
        """Results never change; neighbours take half a second of 10,000 images."""
        return pair_of(engine, {"images": images}, one, other, split)

    @app.callback(
        output={
            "table": Output(ids.FITS_TABLE_PLACE, "style"),
            "compared": Output(ids.FITS_COMPARED, "style"),
            "figure": Output(ids.FITS_GRAPH, "figure"),
            "drawn": Output(ids.FITS_GRAPH, "style"),
            "numbers": Output(ids.FITS_NUMBERS, "children"),
            "button": Output(ids.FITS_MOVED, "display"),
            "button_text": Output(ids.FITS_MOVED, "children"),
        },
        inputs={
            "what": Input(ids.FITS_WHAT, "value"),
            "key": Input(ids.FITS, "value"),
            "second": Input(ids.FITS_SECOND, "value"),
            "offered": Input(ids.FITS_SECOND, "data"),
            "split": Input(ids.SPLIT, "value"),
            "ready": Input(shared.READY, "data"),
            "looked_at": Input(ids.MAPS_DECK, "value"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def compare(
        what: str,
        key: str | None,
        second: str | None,
        offered: list[dict],
        split: str,
        ready: list[str],
        looked_at: str,
        study: dict | None,
    ):
        """Two maps side by side, and how alike they are."""
        if looked_at != ids.FITS_PANEL:
            raise dash.exceptions.PreventUpdate
        told: dict[str, Any] = {
            "table": HIDDEN if what == "compare" else SHOWN, "compared": SHOWN if what == "compare" else HIDDEN,
            "figure": dash.no_update, "drawn": HIDDEN, "numbers": [], "button": "none", "button_text": dash.no_update,
        }  # fmt: skip
        if what != "compare" or study is None or "predictions" not in ready:
            return told
        there = engine.results.which([each for each in (key, second) if each])
        if key not in there or key is None:
            return told | {"numbers": "The shown map is not finished yet."}
        if second is None or second == key or second not in there:
            return told | {"numbers": "Choose the map to compare with." if offered else ONE_ONLY}
        keys = study["keys"]
        try:
            pair = pair_known(keys["images"], key, second, split)
        except ValueError as error:
            return told | {"numbers": f"There is no comparison: {error}."}
        meta = engine.results.meta(keys["images"])
        moved = moved_most(pair.shared, MOVED)
        predicted = engine.results.array(keys["predictions"], "predicted")
        titles = {fit.key: fit.title for fit in fits_in(engine, keys)}
        count = int(in_split(meta["count"], meta["n_train"], split if meta["n_train"] else "test").sum())
        return told | {
            "figure": pair_figure(
                pair,
                predicted[pair.images],
                class_colours(meta["n_classes"]),
                [f"shown: {titles.get(key, '')}", f"laid onto it: {titles.get(second, '')}"],
                moved,
            ),
            "drawn": SHOWN,
            "numbers": [html.P(sentence) for sentence in pair_words(pair, count)],
            "button": "block",
            "button_text": f"Select {len(moved)} moved most",
        }

    compared = {
        "key": State(ids.FITS, "value"),
        "second": State(ids.FITS_SECOND, "value"),
        "split": State(ids.SPLIT, "value"),
        "study": State(shared.STUDY, "data"),
    }

    def shown_pair(key: str | None, second: str | None, split: str, study: dict | None) -> Pair | None:
        """The two maps that are compared; None where there are none."""
        if study is None or key is None or second is None or len(engine.results.which([key, second])) < 2:
            return None
        return pair_known(study["keys"]["images"], key, second, split)

    @app.callback(
        output=Output(shared.SELECTION, "data", allow_duplicate=True),
        inputs={"clicks": Input(ids.FITS_MOVED, "n_clicks"), "compared": compared},
        prevent_initial_call=True,
    )
    def select(clicks: int | None, compared: dict[str, Any]):
        """The images that keep the fewest of their neighbours."""
        pair = shown_pair(**compared) if clicks else None  # else the view has only just been laid out
        if pair is None:
            return dash.no_update
        chosen = pair.images[moved_most(pair.shared, MOVED)]
        images, split = compared["study"]["keys"]["images"], compared["split"]
        mask = np.zeros(engine.results.meta(images)["count"], bool)
        mask[chosen] = True
        words = f"{len(chosen)} that moved most between two maps"
        return make_selection(engine, images, mask, words, ORIGIN, split=split)

    @app.callback(
        output=Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        inputs={"clicks": Input(ids.TABLE_MOVED, "n_clicks"), "compared": compared},
        prevent_initial_call=True,
    )
    def take(clicks: int | None, compared: dict[str, Any]):
        """The places on both maps, and the neighbours that are kept, as CSV."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        pair = shown_pair(**compared)
        if pair is None:
            tell("There is nothing to export before two finished maps are compared.")
            return dash.no_update
        return dcc.send_string(pair_csv(pair), f"darksight-compared-{compared['split']}.csv")
