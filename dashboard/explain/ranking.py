"""Who explains best: the methods ranked for the focused image, and for all images of a selection."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import record_of
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, panel, segmented
from dashboard.components.run_row import job_told, run_row
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.explain import ids
from dashboard.explain.asked import RANK_ROLE, usable
from dashboard.explain.form import PLACES, read_form
from dashboard.explain.panel import asked_now, obstacle
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import fitting, mask_of
from dashboard.student import ids as student_ids
from dashboard.student.panel import WRONG
from workers.engine import Engine
from workers.explain_params import MOST_EXPLAINED

LINE = "Which method to believe, with controls that know nothing"
NOT_YET = "The ranking appears when an image is explained."
NOT_RANKED = (
    "Select images, such as a cell of the confusion matrix, and press Rank: all methods explain each of them, and the means "
    "are shown with 95 % intervals."
)
OF = [("image", "This image"), ("selection", "Selection")]
BY = [("deletion", "Deletion"), ("insertion", "Insertion"), ("infidelity", "Infidelity")]
COLUMNS = {
    "deletion": ("deletion ↓", "Area under the deletion curve: the lower, the better"),
    "insertion": ("insertion ↑", "Area under the insertion curve: the higher, the better"),
    "infidelity": (
        "infidelity ↓",
        "How badly the map foretells what noise does to the class's logit (Yeh et al. 2019)",
    ),
    "likeness": (
        "shuffled",
        "Rank correlation with the map of a teacher with shuffled weights (Adebayo et al. 2018): near 1, and it does not "
        "depend on what the teacher has learned",
    ),
    "seconds": ("time", "Seconds"),
}


def ranking_panel() -> html.Section:
    return panel(
        ids.RANKING_PANEL,
        "Ranking of methods",
        LINE,
        [
            html.Div(id=ids.RANKING, className="explain-ranking", style=HIDDEN),
            empty(ids.RANKING_WORDS, NOT_YET),
            run_row(ids.RANK_RUN, ids.RANK_TOLD, ids.RANK_CANCEL),
            *[dcc.Store(id=store) for store in (ids.RANKING_SEEN, ids.RANK_SHOWN)],
        ],
        controls=[
            segmented(ids.RANKING_OF, OF, "image", "Ranked for"),
            segmented(ids.RANKING_BY, BY, "deletion", "Ranked by"),
            dmc.Button("Rank", id=ids.RANK_MAKE, size="compact-xs", variant="light", disabled=True),
        ],
        exports=[("Ranking, CSV", {"id": ids.TABLE_RANKING})],
        help_text=[
            "Deletion and insertion: areas under the curves beside. Infidelity (Yeh et al. 2019, by Captum): the square of "
            "what the map foretells wrongly of the logit's change under noise of deviation 0.2, in parts of that change; each "
            "map's scale is chosen best.",
            "Shuffled: how alike the map is to one made for the same net with its weights in another order. What is alike "
            "there shows the image, not what the teacher has learned (Adebayo et al. 2018).",
            "Edges and chance are controls: a method must beat them.",
            "Of a selection: the mean over its images, ± half of its 95 % interval. Signed or absolute as in the panel "
            "Explain.",
        ],
    )


def register_ranking(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""

    @first.callback(
        output={
            "table": Output(ids.RANKING, "children"),
            "drawn": Output(ids.RANKING, "style"),
            "words": Output(ids.RANKING_WORDS, "children"),
            "wordless": Output(ids.RANKING_WORDS, "style"),
            "shown": Output(ids.RANK_SHOWN, "data"),
            "told": Output(ids.RANK_TOLD, "children"),
            "not_run": Output(ids.RANK_RUN, "hidden"),
            "cancel": Output(ids.RANK_CANCEL, "display"),
            "cannot": Output(ids.RANK_MAKE, "disabled"),
            "label": Output(ids.RANK_MAKE, "children"),
            "subtitle": Output(f"{ids.RANKING_PANEL}-subtitle", "children"),
            "seen": Output(ids.RANKING_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "study": Input(shared.STUDY, "data"),
            "selection": Input(shared.SELECTION, "data"),
            "shown": Input(ids.SHOWN, "data"),
            "of": Input(ids.RANKING_OF, "value"),
            "by": Input(ids.RANKING_BY, "value"),
            "way": Input(ids.WAY, "value"),
            "picked": Input(ids.PICKED, "data"),
            "chosen": Input(ids.RANK_CHOSEN, "data"),
            "steps": Input(job_ids.STEPS, "children"),
            "looked_at": Input(student_ids.SIDE_DECK, "value"),
            "seen": State(ids.RANKING_SEEN, "data"),
        },
    )
    def fill(ready, study, selection, shown, of, by, way, picked, chosen, steps, looked_at, seen):
        """The methods, the best first; how far the selection's are; what can be ranked."""
        if looked_at != ids.RANKING_PANEL:
            raise dash.exceptions.PreventUpdate
        return Unseen(seen).answer(shown_now(engine, ready, study, selection, shown, of, by, way, picked, chosen))

    register_made(app, engine)

    @app.callback(
        Output(student_ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_RANKING, "n_clicks"),
        State(ids.RANKING_OF, "value"),
        State(ids.SHOWN, "data"),
        State(ids.RANK_SHOWN, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, of: str, shown: dict | None, ranked: str | None):
        """A row a method; of a selection, a row an image and method, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        if of == "selection" and ranked is not None:
            return dcc.send_string(selection_csv(engine, ranked), "explained-selection.csv")
        if of == "image" and shown is not None:
            return dcc.send_string(image_csv(engine, shown), f"ranking-{shown['number']}.csv")
        tell("There is nothing to export before methods are ranked.")
        return dash.no_update


def shown_now(
    engine: Engine,
    ready: Sequence[str],
    study: Mapping[str, Any] | None,
    selection: dict | None,
    shown: Mapping[str, Any] | None,
    of: str,
    by: str,
    way: str,
    picked: str | None,
    chosen: str | None,
) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {
        "table": [], "drawn": HIDDEN, "words": NOT_YET if of == "image" else NOT_RANKED, "wordless": SHOWN, "shown": None,
        "told": [], "not_run": True, "cancel": "none", "cannot": True, "label": "Rank", "subtitle": LINE,
    }  # fmt: skip
    if study is None or obstacle(engine, ready, study, 0):
        return told
    here = fitting(selection, dict(study))
    if here is not None:
        told |= {"cannot": here["count"] > MOST_EXPLAINED, "label": f"Rank {here['count']:,}"}
        if here["count"] > MOST_EXPLAINED:
            told["subtitle"] = f"At most {MOST_EXPLAINED:,} images at once; {here['count']:,} are selected"
    if of == "image":
        if shown is None:
            return told
        methods = engine.results.meta(shown["key"])["methods"]
        table = image_table(methods, by, way, picked)
        return told | {"table": table, "drawn": SHOWN, "words": "", "wordless": HIDDEN}
    key = key_shown(study, chosen)
    made = record_of(engine, key)
    if key is None or made is None:
        return told
    if engine.results.which([key]):
        meta = engine.results.meta(key)
        return told | {
            "table": selection_table(meta["methods"], by, way, picked),
            "drawn": SHOWN,
            "words": "",
            "wordless": HIDDEN,
            "shown": key,
            "subtitle": f"Means over {meta['count']:,} images, ± half of the 95 % interval"
            if meta["count"] > 1
            else "Of one image: there is no interval",
        }
    words = told_of(made, engine.jobs.now()) or "They have made room for other results."
    return told | {
        "told": job_told(made, f"Ranking: {words}"),
        "not_run": False,
        "cancel": "block" if made.is_open else "none",
        "words": "" if made.is_open else NOT_RANKED,
    }


def key_shown(study: Mapping[str, Any], chosen: str | None) -> str | None:
    """The ranking that was asked for last in this study, or None."""
    keys = [key for role, key in study["keys"].items() if role.startswith(f"{RANK_ROLE}-")]
    return chosen if chosen in keys else keys[-1] if keys else None


def ranked(methods: Sequence[Mapping[str, Any]], by: str, value: Any) -> list[Mapping[str, Any]]:
    """The methods from the best to the worst, by what `value` says of one."""
    return sorted(methods, key=lambda method: -value(method) if by == "insertion" else value(method))


def image_table(methods: Sequence[Mapping[str, Any]], by: str, way: str, picked: str | None) -> html.Table:
    """A row a method, what it is worth for one image."""

    def value(method: Mapping[str, Any], name: str) -> float | None:
        return method[name][way] if name in ("deletion", "insertion") else method[name]

    order = ranked(methods, by, lambda method: value(method, by))
    rows = [
        [
            number(value(method, "deletion")),
            number(value(method, "insertion")),
            number(method["infidelity"], 2),
            "–" if method["likeness"] is None else number(method["likeness"], 2),
            f"{method['seconds']:.2f} s",
        ]
        for method in order
    ]
    return table(order, list(COLUMNS), rows, by, picked)


def selection_table(methods: Sequence[Mapping[str, Any]], by: str, way: str, picked: str | None) -> html.Table:
    """A row a method, what it is worth on the mean over a selection. By infidelity none is ranked there: by deletion then."""
    by = by if by in ("deletion", "insertion") else "deletion"
    order = ranked(methods, by, lambda each: each[by][way]["mean"])
    rows = []
    for method in order:
        both = [method[name][way] for name in ("deletion", "insertion")]
        rows.append(
            [number(each["mean"]) + ("" if each["reach"] is None else f" ± {each['reach']:.3f}") for each in both]
        )
    return table(order, ["deletion", "insertion"], rows, by, picked)


def number(value: float | None, digits: int = 3) -> str:
    """A figure as the table shows it."""
    return "–" if value is None else f"{value:.{digits}f}"


def table(
    methods: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    by: str,
    picked: str | None,
) -> html.Table:
    """The methods with their figures, numbered; the column that ranks them is marked, and controls are told apart."""
    head = html.Tr(
        [
            html.Th(""),
            html.Th("Method"),
            *[
                html.Th(COLUMNS[name][0], title=COLUMNS[name][1], className="explain-by" if name == by else "")
                for name in columns
            ],
        ]
    )
    body = [
        html.Tr(
            [
                html.Td(str(place + 1)),
                html.Td(html.Span(method["title"], title=method["source"])),
                *[
                    html.Td(text, className="explain-by" if name == by else "")
                    for name, text in zip(columns, row, strict=True)
                ],
            ],
            className=" ".join(
                word
                for word, is_so in (
                    ("explain-control", method["is_control"]),
                    ("explain-picked", method["name"] == picked),
                )
                if is_so
            ),
            **{"data-method": method["name"]},
        )
        for place, (method, row) in enumerate(zip(methods, rows, strict=True))
    ]
    return html.Table([html.Thead(head), html.Tbody(body)], className="jobs-table")


def image_csv(engine: Engine, shown: Mapping[str, Any]) -> str:
    """A row a method: its areas both ways, infidelity, likeness and seconds."""
    header = [
        "method", "deletion_signed", "deletion_absolute", "insertion_signed", "insertion_absolute", "infidelity",
        "likeness_to_shuffled", "seconds",
    ]  # fmt: skip
    rows = (
        [
            method["name"],
            *[method[what][way] for what in ("deletion", "insertion") for way in ("signed", "absolute")],
            method["infidelity"],
            "" if method["likeness"] is None else method["likeness"],
            method["seconds"],
        ]
        for method in engine.results.meta(shown["key"])["methods"]
    )
    return to_csv(header, rows)


def selection_csv(engine: Engine, key: str) -> str:
    """A row an image and method: its areas."""
    numbers = engine.results.array(key, "numbers").tolist()
    areas = [engine.results.array(key, what) for what in ("deletion", "insertion")]
    names = [method["name"] for method in engine.results.meta(key)["methods"]]
    rows = (
        [image, name, *[float(area[row, way, column]) for area in areas for way in (0, 1)]]
        for row, image in enumerate(numbers)
        for column, name in enumerate(names)
    )
    header = ["image", "method", "deletion_signed", "deletion_absolute", "insertion_signed", "insertion_absolute"]
    return to_csv(header, rows)


def register_made(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(ids.RANK_CHOSEN, "data"),
        Output(ids.RANKING_OF, "value"),
        Input(ids.RANK_MAKE, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        State(shared.SELECTION, "data"),
        *[State(name, prop) for name, prop in PLACES],
        prevent_initial_call=True,
    )
    def make(clicks: int | None, study: dict | None, ready: list[str], selection: dict | None, *values: Any):
        """Has the selected images explained."""
        here = fitting(selection, study)
        if not clicks or study is None or here is None:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        asked, _ = read_form(values, {"numbers": np.flatnonzero(mask_of(engine, here)).tolist()})
        if asked is None:
            tell(WRONG.replace("Settings", "Methods"))
            raise dash.exceptions.PreventUpdate
        return *asked_now(engine, usable(study, ready), asked), "selection"

    @app.callback(
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.RANK_CANCEL, "n_clicks"),
        State(shared.STUDY, "data"),
        State(ids.RANK_CHOSEN, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def cancel(clicks: int | None, study: dict | None, chosen: str | None, beats: int | None):
        """Stops it; the pulse after it shows that."""
        key = key_shown(study, chosen) if study else None
        if not clicks or key is None:  # the view was laid out
            return dash.no_update
        engine.jobs.cancel(key)
        return (beats or 0) + 1
