"""How alike the predictions of neighbours on a map are, of every map of the study side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, SHOWN, empty, graph, icon, label, panel, picture
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.darksight import ids
from dashboard.darksight.fidelity_figure import fidelity_figure, leaders
from dashboard.darksight.known_maps import USUAL_K, Curve, KnownMap, best_of, curves_of, maps_of
from dashboard.darksight.perplexities import Sweep, ask_sweep, cancel_sweep, seconds_each, sweep_of, sweep_words
from dashboard.darksight.worths import ask_worth, worth_key
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as job_told
from dashboard.links import study_data
from dashboard.maps import mappable
from workers.engine import Engine
from workers.jobs import UnknownJob

LINE = "How alike the predictions of neighbours on a map are"
NO_MAP_YET = "The curves appear when the predictions are there."
NOTHING_YET = "No map of this study has been compared yet: have that done below, or make a DarkSight map."
SWEPT = ("probabilities", "logits", "features")  # as the paper maps them


def fidelity_panel() -> html.Section:
    return panel(
        ids.FIDELITY_PANEL,
        "Fidelity",
        LINE,
        [
            html.Div(
                [
                    html.Div([graph(ids.FIDELITY), empty(ids.FIDELITY_WORDS, NO_MAP_YET)], className="fidelity-picture"),
                    html.Div(id=ids.FIDELITY_SAID, className="fidelity-said", role="status"),
                    html.Div(
                        [
                            button(ids.FIDELITY_ALL, "Compare all maps"),
                            dmc.Select(
                                id=ids.FIDELITY_OF,
                                data=of_options(SWEPT),
                                value=SWEPT[0], size="xs", w=168, allowDeselect=False,
                                **label("What t-SNE maps at several perplexities"),
                            ),
                            button(ids.FIDELITY_SWEEP, "Best perplexity of 2 to 80"),
                            html.Div(id=ids.FIDELITY_SWEPT, className="fidelity-swept", role="status"),
                            button(ids.FIDELITY_CANCEL, "Cancel", color="red", leftSection=icon("stop")),
                        ],
                        id=ids.FIDELITY_FOOT,
                        className="fidelity-foot",
                        style=HIDDEN,
                    ),
                ],
                className="fidelity-body",
            ),
            dcc.Store(id=ids.FIDELITY_SEEN),
        ],
        controls=[
            html.Span("compared at k =", className="fidelity-k"),
            dmc.Select(
                id=ids.FIDELITY_K, data=[str(USUAL_K)], value=str(USUAL_K), size="xs", w=72, allowDeselect=False,
                **label("Neighbours at which maps are compared"),
            ),
        ],
        exports=[("Curves, CSV", {"id": ids.TABLE_FIDELITY}), picture(ids.FIDELITY)],
        help_text=[
            "Local fidelity M_k (Xu et al. 2018, \"Interpreting deep classifiers by visual distillation of dark knowledge\", "
            "Equation 4): the mean over all points, and over the k nearest neighbours of each on the map, of the "
            "Jensen-Shannon distance between the two predictions. 0 means that neighbours are told the same, "
            "0.83 nats^(1/2) that they have nothing in common. Lower is better.",
            "Compared are the teacher's predictions on every map: those of DarkSight's student, which the paper writes, "
            "are not there for t-SNE. Only images that a map was learned from count.",
            "Few neighbours ask whether a cluster is in order inside, many whether what lies between clusters is where it "
            "should be. t-SNE is made for the first, and its perplexity moves the curve: the paper takes the best of 2 to 80 "
            "for each, as the button below does. Which is best may change with k.",
            "Of maps of the same thing that differ in their settings alone, the best at the chosen k is drawn strong and the "
            "others thin; of DarkSight maps, the one that is shown. Click in the legend to hide a curve.",
        ],
    )  # fmt: skip


def of_options(there: Sequence[str]) -> list[dict[str, str]]:
    """What t-SNE can map, for the picker."""
    return [{"value": of, "label": f"t-SNE of {of}"} for of in there]


def button(button_id: str, text: str, **more: Any) -> dmc.Button:
    return dmc.Button(text, id=button_id, variant="light", size="compact-xs", display="none", **more)


def register_fidelity(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """Its callbacks."""
    register_asking(app, engine)
    register_drawing(app, engine, first)


def register_asking(app: dash.Dash, engine: Engine) -> None:
    """What is computed for the panel, and when."""

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(shared.READY, "data"),
        Input(ids.FIT, "data", allow_optional=True),  # not there while another view is shown alone
        Input(ids.MAPS_DECK, "value", allow_optional=True),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def ask(ready: list[str], fit: dict | None, looked_at: str | None, study: dict | None):
        """Has it found out what the map that is shown is worth, when somebody looks at the panel."""
        if looked_at != ids.FIDELITY_PANEL or fit is None or study is None or "predictions" not in ready:
            return dash.no_update
        if fit["key"] not in study["keys"].values():  # of the study before
            return dash.no_update
        if worth_key(study["keys"], fit["key"], fit["split"]) in study["keys"].values():
            return dash.no_update
        try:
            return study_data(ask_worth(engine, study, fit["key"], fit["split"]))
        except CANNOT_ASK:
            return dash.no_update  # `draw` says why

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Output(shared.PULSE, "n_intervals", allow_duplicate=True),
        Input(ids.FIDELITY_ALL, "n_clicks"),
        Input(ids.FIDELITY_SWEEP, "n_clicks"),
        Input(ids.FIDELITY_CANCEL, "n_clicks"),
        State(ids.FIDELITY_OF, "value"),
        State(ids.FIT, "data"),
        State(shared.STUDY, "data"),
        State(shared.PULSE, "n_intervals"),
        prevent_initial_call=True,
    )
    def press(
        _all: int | None,
        _sweep: int | None,
        _cancel: int | None,
        of: str,
        fit: dict | None,
        study: dict | None,
        beats: int | None,
    ):
        """Has the study's maps compared, or t-SNE made at several perplexities, or stops that; the pulse after it shows what
        came of it."""
        if study is None or not dash.ctx.triggered[0]["value"]:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        keys, split = study["keys"], split_of(fit)
        try:
            if dash.ctx.triggered_id == ids.FIDELITY_CANCEL:
                cancel_sweep(engine, sweep_of(engine, keys, of, split))
                return dash.no_update, (beats or 0) + 1
            if dash.ctx.triggered_id == ids.FIDELITY_SWEEP:
                return study_data(ask_sweep(engine, study, of, split)), (beats or 0) + 1
            grown = None
            for each in not_compared(engine, keys, split):
                grown = ask_worth(engine, study, each.key, split)
            return dash.no_update if grown is None else study_data(grown), (beats or 0) + 1
        except CANNOT_ASK as error:
            tell(f"This cannot be found out: {error}.")
            raise dash.exceptions.PreventUpdate from None


def register_drawing(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """What the panel shows."""

    @first.callback(
        output={
            "figure": Output(ids.FIDELITY, "figure"),
            "drawn": Output(ids.FIDELITY, "style"),
            "words": Output(ids.FIDELITY_WORDS, "children"),
            "wordless": Output(ids.FIDELITY_WORDS, "style"),
            "line": Output(f"{ids.FIDELITY_PANEL}-subtitle", "children"),
            "said": Output(ids.FIDELITY_SAID, "children"),
            "ks": Output(ids.FIDELITY_K, "data"),
            "k": Output(ids.FIDELITY_K, "value"),
            "ofs": Output(ids.FIDELITY_OF, "data"),
            "of": Output(ids.FIDELITY_OF, "value"),
            "all": Output(ids.FIDELITY_ALL, "children"),
            "can_all": Output(ids.FIDELITY_ALL, "display"),
            "sweep": Output(ids.FIDELITY_SWEEP, "children"),
            "can_sweep": Output(ids.FIDELITY_SWEEP, "display"),
            "swept": Output(ids.FIDELITY_SWEPT, "children"),
            "can_cancel": Output(ids.FIDELITY_CANCEL, "display"),
            "foot": Output(ids.FIDELITY_FOOT, "style"),
            "seen": Output(ids.FIDELITY_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "fit": Input(ids.FIT, "data"),
            "k": Input(ids.FIDELITY_K, "value"),
            "of": Input(ids.FIDELITY_OF, "value"),
            "looked_at": Input(ids.MAPS_DECK, "value"),
            "study": Input(shared.STUDY, "data"),
            "seen": State(ids.FIDELITY_SEEN, "data"),
        },
    )
    def draw(
        ready: list[str],
        steps: list | None,
        fit: dict | None,
        k: str,
        of: str,
        looked_at: str | None,
        study: dict | None,
        seen: dict | None,
    ):
        """The curves that are known, and what else can be found out."""
        if looked_at != ids.FIDELITY_PANEL:  # nobody looks
            raise dash.exceptions.PreventUpdate
        unseen = Unseen(seen)
        told = shown_now(engine, ready, fit, int(k), of, study)
        asked = {name: told.pop(name) for name in ("k", "of")}
        # A choice that is set, be it the same, is one more question.
        chosen = {name: dash.no_update if asked[name] == now else asked[name] for name, now in (("k", k), ("of", of))}
        signature = told.pop("drawn_of")
        figure = told.pop("figure")
        changed = {name: unseen(name, value) for name, value in told.items()}
        changed["figure"] = dash.no_update if figure is None else unseen("figure", figure, signature)
        return changed | chosen | {"seen": unseen.marks}

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_FIDELITY, "n_clicks"),
        State(ids.FIT, "data"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, fit: dict | None, study: dict | None, ready: list[str]):
        """The curves, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        curves = []
        if study is not None and "predictions" in ready:
            curves = curves_now(engine, study["keys"], split_of(fit))
        if not curves:
            tell("There is nothing to export before a map of this study has been compared.")
            return dash.no_update
        return dcc.send_string(fidelity_table(curves), f"fidelity-{split_of(fit)}.csv")


def split_of(fit: Mapping[str, Any] | None) -> str:
    """The images that maps are compared by: those that the shown one was learned from."""
    return "test" if fit is None else fit["split"]


def shown_now(
    engine: Engine, ready: list[str], fit: dict | None, k: int, of: str, study: dict | None
) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `draw`; `drawn_of` is what its figure depends on."""
    told: dict[str, Any] = {
        "figure": None, "drawn_of": None, "drawn": HIDDEN, "words": NO_MAP_YET, "wordless": SHOWN, "line": LINE, "said": "",
        "ks": [str(k)], "k": str(k), "ofs": [], "of": of, "all": "", "can_all": "none", "sweep": "", "can_sweep": "none",
        "swept": "", "can_cancel": "none", "foot": HIDDEN,
    }  # fmt: skip
    if study is None or "predictions" not in ready:
        return told
    keys, split = study["keys"], split_of(fit)
    images = engine.results.meta(keys["images"])
    there = [name for name in SWEPT if name in mappable(engine, keys)]
    of = of if of in there else there[0]
    told |= {"ofs": of_options(there), "of": of, "foot": SHOWN}
    told |= sweep_now(engine, keys, of, split, images["count"])
    known = maps_of(engine, keys, images["class_names"])
    curves = curves_of(engine, keys, known, split)
    missing = not_compared(engine, keys, split)
    if missing:
        told |= {"all": f"Compare {len(missing)} more map{'s' if len(missing) > 1 else ''}", "can_all": "block"}
    waiting = waiting_words(engine, keys, known, split)
    shown = next((curve for curve in curves if fit is not None and curve.of.key == fit["key"]), None)
    if not curves:
        return told | {"words": waiting or NOTHING_YET}
    ks = sorted({each for curve in curves for each in curve.ks})
    k = max((each for each in ks if each <= k), default=ks[0])
    key = shown and shown.of.key
    swept = told["swept"] or best_perplexity(curves, sweep_of(engine, keys, of, split), k)
    return told | {
        "swept": swept,
        "figure": fidelity_figure(curves, k, key),
        "drawn_of": [[curve.of.key for curve in curves], k, key, split],
        "drawn": SHOWN,
        "words": "",
        "wordless": HIDDEN,
        "line": f"M_k over {max(curve.count for curve in curves):,} {split} images",
        "said": " ".join(part for part in (comparison(curves, k, key), waiting) if part),
        "ks": [str(each) for each in ks],
        "k": str(k),
    }


def sweep_now(engine: Engine, keys: Mapping[str, str], of: str, split: str, count: int) -> dict[str, Any]:
    """What is said and offered of t-SNE at several perplexities."""
    sweep = sweep_of(engine, keys, of, split)
    if not sweep.keys:
        return {"swept": f"t-SNE needs more than {count:,} images."}
    left = len(sweep.keys) - len(sweep.made)
    least, most = min(sweep.keys), max(sweep.keys)
    asked = f"Best perplexity of {least} to {most}" if not sweep.jobs else f"Make the other {left}"
    return {
        "sweep": asked,
        "can_sweep": "block" if left and not sweep.is_open else "none",
        "swept": sweep_words(sweep, seconds_each(engine, keys, count)),
        "can_cancel": "block" if sweep.is_open else "none",
    }


def curves_now(engine: Engine, keys: Mapping[str, str], split: str) -> list[Curve]:
    """The curves of a study."""
    names = engine.results.meta(keys["images"])["class_names"]
    return curves_of(engine, keys, maps_of(engine, keys, names), split)


def not_compared(engine: Engine, keys: Mapping[str, str], split: str) -> list[KnownMap]:
    """The maps of a study of which it is neither known nor being found out what they are worth."""
    known = maps_of(engine, keys, engine.results.meta(keys["images"])["class_names"])
    worths = {each.key: worth_key(keys, each.key, split) for each in known}
    there, running = engine.results.which(list(worths.values())), engine.jobs.open_keys()
    return [each for each in known if worths[each.key] not in there | running]


def waiting_words(engine: Engine, keys: Mapping[str, str], known: Sequence[KnownMap], split: str) -> str:
    """How far the comparison is that has been asked for, or what went wrong with it."""
    asked = set(keys.values())
    for each in known:
        key = worth_key(keys, each.key, split)
        if key not in asked:
            continue
        try:
            job = engine.jobs.get(key)
        except UnknownJob:
            continue
        if job.state != "done":
            return f"{each.title}: {job_told(job, engine.jobs.now()).rstrip('.')}."
    return ""


def best_perplexity(curves: Sequence[Curve], sweep: Sweep, k: int) -> str:
    """Which of all perplexities is best at `k`, in words."""
    tried = {mapped: perplexity for perplexity, (mapped, _) in sweep.keys.items()}
    best = best_of([curve for curve in curves if curve.of.key in tried], k)
    if best is None:
        return ""
    at, _ = best.at(k)
    return f"Of perplexities {', '.join(map(str, sweep.keys))} the best at k = {at} is {tried[best.of.key]}."


def comparison(curves: Sequence[Curve], k: int, shown: str | None) -> str:
    """Which map is best at `k`, and how the one that is shown compares with the best of the others."""
    best = leaders(curves, k, shown)
    mine = next((curve for curve in best if curve.of.key == shown), None)
    others = [curve for curve in best if curve.of.key != shown]
    if mine is None or not others:
        return "" if len(curves) < 2 else f"At k = {k} the best is {best[0].of.title}: {best[0].at(k)[1]:.3f}."
    (_, value), (_, other) = mine.at(k), others[0].at(k)
    than = f"{others[0].of.title}, {other:.3f}"
    if f"{value:.3f}" == f"{other:.3f}":
        return f"At k = {k} DarkSight's {value:.3f} equals the best other map: {than}."
    far = f" ({abs(value / other - 1):.0%} {'less' if value < other else 'more'})" if other else ""
    return f"At k = {k} DarkSight's {value:.3f} is {'below' if value < other else 'above'} the best other map{far}: {than}."


def fidelity_table(curves: Sequence[Curve]) -> str:
    """The curves: a row a map and number of neighbours."""
    rows = (
        [curve.of.group, curve.of.setting, curve.count, k, value]
        for curve in curves
        for k, value in zip(curve.ks, curve.fidelity, strict=True)
    )
    return to_csv(["map", "settings", "images", "k", "M_k, nats^(1/2)"], rows)
