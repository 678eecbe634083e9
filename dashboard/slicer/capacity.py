"""How much the filters of two layers have in common: heat-maps of channel capacity, beside what chance alone gives."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, html

from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, label, panel, picture
from dashboard.components.tables import register_table, to_csv
from dashboard.first_answers import FirstAnswers
from dashboard.seriation import similar_together
from dashboard.slicer import ids
from dashboard.slicer.course import Course
from dashboard.slicer.figures import Heat, capacity_figure
from workers.engine import Engine

LINE = "What the filters of two layers have in common"
NOT_YET = (
    "Press Query: capacity is measured between layers that follow one another, or those named under Capacity between."
)
NO_PAIRS = "This slice has no two layers with feature maps. Choose some in the Query panel and press Query."
ORDERS = [
    {"value": "number", "label": "As numbered"},
    {"value": "mean", "label": "By mean"},
    {"value": "most", "label": "By maximum"},
    {"value": "alike", "label": "Alike together"},
]
MOST_HEATS = 6  # side by side
ALIKE, MOST_ALIKE = (
    0.98,
    6,
)  # correlation of two filters' profiles, from which on they are said to be alike; pairs named


def capacity_panel() -> html.Section:
    return panel(
        ids.CAPACITY_PANEL,
        "Capacity",
        LINE,
        [
            html.Div(
                [
                    html.Div(
                        [
                            dmc.MultiSelect(
                                id=ids.CAPACITY_PAIRS, data=[], value=[], size="xs", placeholder="layers", maxValues=4,
                                comboboxProps={"withinPortal": True}, **label("Between which layers"),
                            ),
                            dmc.MultiSelect(
                                id=ids.CAPACITY_EPOCHS, data=[], value=[], size="xs", placeholder="epoch of the slider",
                                maxValues=4, clearable=True, comboboxProps={"withinPortal": True}, **label("At which epochs"),
                            ),
                            dmc.Select(
                                id=ids.CAPACITY_ORDER, data=ORDERS, value="most", size="xs", w=124, allowDeselect=False,
                                comboboxProps={"withinPortal": True}, **label("Order of the filters"),
                            ),
                            dmc.Switch(id=ids.CAPACITY_NULL, label="Null", size="xs", checked=True),
                        ],
                        className="slicer-row",
                    ),
                    graph(ids.CAPACITY_GRAPH, style=SHOWN),
                    html.Div(id=ids.CAPACITY_ALIKE, className="slicer-alike"),
                ],
                id=ids.CAPACITY_BODY,
                className="slicer-capacity",
                style=HIDDEN,
            ),
            empty(ids.CAPACITY_WORDS, NOT_YET),
        ],
        exports=[("Capacities, CSV", {"id": ids.TABLE_CAPACITY}), picture(ids.CAPACITY_GRAPH)],
        help_text=[
            "Of each two inputs it is known how far apart their maps of one filter are, and of another. Capacity is the mutual "
            "information of the two distances, H(X) − H(X|Y), by a joint histogram. Dark: where inputs lie far apart for one "
            "filter they do for the other.",
            "It does not obey data processing, and few inputs make it too large. The null has the inputs of one side mixed, "
            "so that nothing is in common: what it shows is bias alone, on the same scale.",
            "Filters whose profiles are nearly the same (rows or columns that correlate by 0.98 or more) are listed: they may "
            "be redundant. Click a cell to see the maps of both filters.",
            "Several layers or epochs are drawn side by side, up to six, on one scale; those of the same layers in the order "
            "of the first.",
        ],
    )  # fmt: skip


def register_capacity(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "pairs": Output(ids.CAPACITY_PAIRS, "data"),
            "pair": Output(ids.CAPACITY_PAIRS, "value"),
            "epochs": Output(ids.CAPACITY_EPOCHS, "data"),
            "epoch": Output(ids.CAPACITY_EPOCHS, "value"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "_looked_at": Input(
                ids.TOP_DECK, "value"
            ),  # what was chosen before it was laid out, a picker does not show
            "pair": State(ids.CAPACITY_PAIRS, "value"),
            "epoch": State(ids.CAPACITY_EPOCHS, "value"),
        },
    )
    def offer(shown: dict | None, _looked_at: str | None, pair: list | None, epoch: list | None):
        """The pairs and epochs of the slice."""
        pairs = [f"{one} → {other}" for one, other in shown["pairs"]] if shown else []
        epochs = [str(each) for each in shown["epochs"]] if shown else []
        return {
            "pairs": pairs,
            "pair": [each for each in pair or [] if each in pairs] or pairs[:1],
            "epochs": epochs,
            "epoch": [each for each in epoch or [] if each in epochs],
        }

    @first.callback(
        output={
            "figure": Output(ids.CAPACITY_GRAPH, "figure"),
            "drawn": Output(ids.CAPACITY_BODY, "style"),
            "words": Output(ids.CAPACITY_WORDS, "children"),
            "wordless": Output(ids.CAPACITY_WORDS, "style"),
            "alike": Output(ids.CAPACITY_ALIKE, "children"),
            "subtitle": Output(f"{ids.CAPACITY_PANEL}-subtitle", "children"),
        },
        inputs={
            "shown": Input(ids.SHOWN, "data"),
            "pairs": Input(ids.CAPACITY_PAIRS, "value"),
            "epochs": Input(ids.CAPACITY_EPOCHS, "value"),
            "order": Input(ids.CAPACITY_ORDER, "value"),
            "null": Input(ids.CAPACITY_NULL, "checked"),
            "looked_at": Input(ids.TOP_DECK, "value"),
            "epoch": State(ids.EPOCH, "value"),
        },
    )
    def fill(
        shown: dict | None, pairs: list, epochs: list, order: str, null: bool, looked_at: str | None, epoch: int | None
    ):
        """The heat-maps that are chosen."""
        if looked_at != ids.CAPACITY_PANEL:
            raise dash.exceptions.PreventUpdate
        told = {
            "figure": dash.no_update, "drawn": HIDDEN, "words": NOT_YET, "wordless": SHOWN, "alike": [], "subtitle": LINE,
        }  # fmt: skip
        if shown is None:
            return told
        named = [f"{one} → {other}" for one, other in shown["pairs"]]
        chosen = [named.index(pair) for pair in pairs or [] if pair in named]
        if not chosen:
            return told | {"words": NO_PAIRS}
        at = [shown["epochs"].index(int(each)) for each in epochs or []]
        drawn = (
            capacity_drawn(engine, shown, chosen, at, order, null)
            if at
            else capacity_course(engine, shown["key"], chosen, order, null).first(epoch)
        )
        return told | {
            "figure": drawn["figure"],
            "drawn": SHOWN,
            "words": "",
            "wordless": HIDDEN,
            "alike": drawn["words"][ids.CAPACITY_ALIKE],
            "subtitle": f"Bits, {shown['n_paired']:,} inputs, {shown['bins']} bins; the permuted null beside"
            if null
            else f"Bits, {shown['n_paired']:,} inputs, {shown['bins']} bins",
        }

    @app.callback(
        Output(ids.PICKED, "data"),
        Input(ids.CAPACITY_GRAPH, "clickData"),
        State(ids.SHOWN, "data"),
        State(ids.CAPACITY_PAIRS, "value"),
        State(ids.CAPACITY_EPOCHS, "value"),
        State(ids.CAPACITY_NULL, "checked"),
        prevent_initial_call=True,
    )
    def look(clicked: dict | None, shown: dict | None, pairs: list, epochs: list, null: bool):
        """Both filters of the cell that was clicked."""
        if not clicked or shown is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        point = clicked["points"][0]
        drawn = [pair for pair, _ in drawn_of(pairs, epochs or [None], null)] + ([pairs[0]] if null else [])
        one, other = drawn[min(point["curveNumber"], len(drawn) - 1)].split(" → ")
        row, column = point["customdata"]
        return {"of": shown["key"], "filters": [[one, row], [other, column]]}

    register_table(
        app,
        ids.TABLE_CAPACITY,
        ids.SHOWN,
        ids.DOWNLOAD,
        "capacities are measured",
        "channel-capacity.csv",
        lambda shown: capacity_table(engine, shown) if shown["pairs"] else None,
    )


def firsts_of(shown: Mapping[str, Any]) -> dict[str, int]:
    """By layer the number of the first channel that was looked at."""
    return {layer["name"]: layer["first"] for layer in shown["layers"]}


def heats_of(
    engine: Engine, shown: Mapping[str, Any], pairs: Sequence[int], epochs: Sequence[int], order: str, null: bool
) -> tuple[list[Heat], float]:
    """The heat-maps, as many as there is room for, and the largest capacity of all of them."""
    firsts = firsts_of(shown)
    orders = {}

    def heat(title: str, array: str, pair: int, at: int) -> Heat:
        one, other = shown["pairs"][pair]
        rows, columns = orders[pair]
        values = engine.results.array(shown["key"], f"{array}-{pair}")[at][np.ix_(rows, columns)]
        # The numbers on the axes are those that the layer has for its channels.
        return Heat(title, values, rows + firsts[one], columns + firsts[other], (one, other))

    heats = []
    for pair, at in drawn_of(pairs, epochs, null):
        if pair not in orders:
            orders[pair] = orders_of(engine.results.array(shown["key"], f"capacity-{pair}")[epochs[0]], order)
        title = f"{' → '.join(shown['pairs'][pair])}, epoch {shown['epochs'][at]}"
        heats.append(heat(title, "capacity", pair, at))
    if null:
        heats.append(heat(f"null of {heats[0].title}", "null", pairs[0], epochs[0]))
    return heats, max(float(each.values.max()) for each in heats) or 1.0


def capacity_drawn(
    engine: Engine, shown: Mapping[str, Any], pairs: Sequence[int], epochs: Sequence[int], order: str, null: bool
) -> dict[str, Any]:
    """The heat-maps, and what is said under them."""
    heats, most = heats_of(engine, shown, pairs, epochs, order, null)
    values = engine.results.array(shown["key"], f"capacity-{pairs[0]}")[epochs[0]]
    return {"figure": capacity_figure(heats, most), "words": {ids.CAPACITY_ALIKE: alike_words(heats[0], values)}}


def capacity_course(engine: Engine, key: str, pairs: Sequence[int], order: str, null: bool) -> Course:
    """The heat-maps of pairs of layers of a slice at each of its epochs."""
    shown = {"key": key, **engine.results.meta(key)}
    sizes = [engine.results.array(key, f"capacity-{pair}")[0].size for pair, _ in drawn_of(pairs, [0], null)]
    return Course(
        "capacity",
        {"key": key, "pairs": ",".join(map(str, pairs)), "order": order, "null": int(null)},
        shown["epochs"],
        sum(sizes) + int(null) * sizes[0],
        lambda at: capacity_drawn(engine, shown, pairs, [at], order, null),
    )


def drawn_of(pairs: Sequence, epochs: Sequence, null: bool) -> list[tuple]:
    """Which pairs are drawn at which epochs, as many as there is room for beside the null, if that is drawn."""
    return [(pair, at) for pair in pairs for at in epochs][: MOST_HEATS - int(null)]


def orders_of(values: np.ndarray, order: str) -> tuple[np.ndarray, np.ndarray]:
    """The order of rows and of columns: the largest first, or those that are alike side by side."""
    if order in ("mean", "most"):
        size = np.mean if order == "mean" else np.max
        return np.argsort(-size(values, axis=1), kind="stable"), np.argsort(-size(values, axis=0), kind="stable")
    if order == "alike":
        return similar_together(likeness(values)), similar_together(likeness(values.T))
    return np.arange(len(values)), np.arange(values.shape[1])


def likeness(profiles: np.ndarray) -> np.ndarray:
    """Correlation of each two rows, 0 or more; 0 where a row is the same everywhere, and of a row with itself."""
    apart = profiles - profiles.mean(axis=1, keepdims=True)
    length = np.linalg.norm(apart, axis=1, keepdims=True)
    unit = np.divide(apart, length, out=np.zeros_like(apart), where=length > 1e-9)
    alike = np.clip(unit @ unit.T, 0, 1)
    np.fill_diagonal(alike, 0)
    return alike


def alike_words(heat: Heat, values: np.ndarray) -> list:
    """Filters whose profiles are nearly the same, those that are the most alike first."""
    told = []
    for name, profiles, order in (
        (heat.layers[0], values, heat.rows),
        (heat.layers[1], values.T, heat.columns),
    ):
        first = int(order.min())
        alike = np.triu(likeness(profiles))
        found = np.argwhere(alike >= ALIKE)
        found = found[np.argsort(-alike[tuple(found.T)], kind="stable")]
        if len(found):
            pairs = ", ".join(f"{first + one} and {first + other}" for one, other in found[:MOST_ALIKE])
            more = f" and {len(found) - MOST_ALIKE} pairs more" if len(found) > MOST_ALIKE else ""
            told.append(html.Div([html.B(f"{name}, nearly the same: "), f"{pairs}{more}"]))
    return told or [html.Div("No two filters have nearly the same profile.")]


def capacity_table(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row two filters and epoch: the capacity, and the null's."""
    firsts = firsts_of(shown)

    def rows():
        for pair, (one, other) in enumerate(shown["pairs"]):
            found, nothing = (engine.results.array(shown["key"], f"{name}-{pair}") for name in ("capacity", "null"))
            for at, epoch in enumerate(shown["epochs"]):
                for row, column in np.ndindex(*found.shape[1:]):
                    values = [float(array[at, row, column]) for array in (found, nothing)]
                    yield [one, firsts[one] + row, other, firsts[other] + column, epoch, *values]

    header = ["layer", "channel", "other_layer", "other_channel", "epoch", "capacity_bits", "null_bits"]
    return to_csv(header, rows())
