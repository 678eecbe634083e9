"""The rule in the making: regions that were drawn on the map and thresholds that were added, what each of them refuses and what
all of them do; taken along, and read back."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import Input, Output, State, ctx, dcc, html

from dashboard import ids as shared
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, icon, label
from dashboard.components.reading import Reading, reader, reading_fields, text_of
from dashboard.darksight import ids
from dashboard.darksight.refuse_measures import Threshold, correct_of, images_in
from dashboard.darksight.refuse_rule import Part, Rule
from dashboard.darksight.refuse_scores import Tally, percent
from dashboard.darksight.refuse_threshold import ORIGIN, chosen, known
from dashboard.first_answers import FirstAnswers
from dashboard.jobs.ids import pressing
from dashboard.links import make_selection
from dashboard.map_points import Planes
from workers.engine import Engine

FIELDS = Reading(ids.REFUSE_FILE, ids.REFUSE_TEXT, ids.REFUSE_READ, ids.REFUSE_READ_WORDS)
EMPTY = (
    "The rule is empty. Draw a lasso or a box on the map and press Refuse what I drew, or set a threshold and add it; or read "
    "a rule that was taken along."
)
DRAW_FIRST = "draw a lasso or a box on the DarkSight map first; what is in it is then refused."


def rule_body() -> html.Div:
    """What the rule is made of, and what comes of it."""
    fields = reading_fields(FIELDS, "a rule", 'it: {"format": "darkroom refusal rule 1", …}', "Rule to read", "Read")
    buttons = [
        dmc.Button("Refuse what I drew", id=ids.REFUSE_DRAWN, size="compact-xs", variant="light"),
        dmc.Button("Select the refused", id=ids.REFUSE_RULE_SELECT, size="compact-xs", variant="light"),
        reader("Read a rule", fields, "top"),
        dmc.Button("Remove all", id=ids.REFUSE_CLEAR, size="compact-xs", variant="default"),
    ]
    return html.Div(
        [
            html.Div(buttons, className="refuse-bar"),
            html.Ul(id=ids.REFUSE_PARTS, className="refuse-parts"),
            html.Div(id=ids.REFUSE_RULE_TOLD, className="refuse-told", role="status"),
        ],
        id=ids.REFUSE_RULE,
        className="refuse-body",
        style=HIDDEN,
    )


def register_rules(app: dash.Dash, engine: Engine, first: FirstAnswers, planes: Planes) -> None:
    """The rule's callbacks."""

    def parts_of(rule: Rule, source: Mapping[str, Any], study: Mapping[str, Any]) -> list[Part]:
        return rule.parts({measure.name: measure for measure in known(engine, study, source)}, engine, planes)

    def select(parts: Sequence[Part], words: str, split: str, study: Mapping[str, Any]) -> Any:
        """The images of the split that are shown that any of these parts refuses."""
        mask = refused_by(parts, engine, study) & images_in(engine, study, split)
        if not mask.any():
            tell(f"this refuses none of the {split} images.")
            return dash.no_update
        label = f"{int(mask.sum()):,} {words}"
        return make_selection(engine, study["keys"]["images"], mask, label, ORIGIN, split=split)

    @app.callback(
        Output(ids.REGIONS, "data"),
        Input(ids.REFUSE_DRAWN, "n_clicks"),
        Input(ids.REFUSE_ADD, "n_clicks"),
        Input(ids.REFUSE_CLEAR, "n_clicks"),
        Input(ids.REFUSE_PRESSED, "data"),
        State(ids.OUTLINE, "data"),
        State(ids.REFUSE_AT, "data"),
        State(ids.REFUSE_SOURCE, "data"),
        State(ids.REGIONS, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def change(
        _drawn: int | None,
        _add: int | None,
        _clear: int | None,
        pressed: dict | None,
        outline: dict | None,
        at: dict | None,
        source: dict | None,
        held: dict | None,
        study: dict | None,
    ):
        """Adds what was drawn or a threshold, or takes parts away."""
        if not ctx.triggered[0]["value"] or source is None or study is None:  # the view has only just been laid out
            return dash.no_update
        rule, by = Rule.held(held, source["fit"]), ctx.triggered_id
        if by == ids.REFUSE_CLEAR:
            return None
        if by == ids.REFUSE_DRAWN:
            return with_outline(rule, outline, source["fit"])
        if by == ids.REFUSE_ADD:
            found = known(engine, study, source)
            return with_threshold(rule, chosen(engine, study, source, found, at)) if found else dash.no_update
        if not pressed or pressed["action"] != "remove":
            return dash.no_update
        return rule.without(pressed["key"]).store()

    @first.callback(
        output=[
            Output(ids.REFUSE_PARTS, "children"),
            Output(ids.REFUSE_RULE_TOLD, "children"),
            Output(ids.REFUSE_WHAT, "data"),
        ],
        inputs={
            "held": Input(ids.REGIONS, "data"),
            "source": Input(ids.REFUSE_SOURCE, "data"),
            "split": Input(ids.SPLIT, "value"),
            "study": State(shared.STUDY, "data"),
        },
    )
    def show(held: dict | None, source: dict | None, split: str | None, study: dict | None):
        """The parts of the rule, and what comes of them; how many there are stands on the switch."""
        rule = Rule.held(held, source["fit"] if source else None)
        tabs = [{"value": "threshold", "label": "Threshold"}, {"value": "rule", "label": f"Rule ({rule.count})"}]
        if source is None or study is None or not rule.count:
            tabs[1]["label"] = "Rule"
            return html.Li(EMPTY + elsewhere(held, rule), className="refuse-none"), "", tabs
        split = split or source["split"]
        parts = parts_of(rule, source, study)
        return part_lines(engine, study, parts, split), rule_words(engine, study, source, parts, split), tabs

    @app.callback(
        Output(shared.SELECTION, "data", allow_duplicate=True),
        Input(ids.REFUSE_RULE_SELECT, "n_clicks"),
        Input(ids.REFUSE_PRESSED, "data"),
        State(ids.REGIONS, "data"),
        State(ids.REFUSE_SOURCE, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def select_refused(
        clicks: int | None,
        pressed: dict | None,
        held: dict | None,
        source: dict | None,
        split: str | None,
        study: dict | None,
    ):
        """What the rule refuses of the images that are shown, or one part of it."""
        whole = ctx.triggered_id == ids.REFUSE_RULE_SELECT
        if not ctx.triggered[0]["value"] or source is None or study is None:  # the view has only just been laid out
            return dash.no_update
        if not whole and (pressed is None or pressed["action"] != "select"):
            return dash.no_update
        rule, split = Rule.held(held, source["fit"]), split or source["split"]
        parts = [part for part in parts_of(rule, source, study) if whole or part.name == (pressed or {})["key"]]
        if not parts:
            tell("the rule is empty; add a region or a threshold to it first.")
            return dash.no_update
        return select(parts, "refused by the rule" if whole else parts[0].label, split, study)

    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TAKE_RULE, "n_clicks"),
        State(ids.REGIONS, "data"),
        State(ids.REFUSE_SOURCE, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, held: dict | None, source: dict | None):
        """The rule, as JSON."""
        if not clicks:  # the view has only just been laid out
            return dash.no_update
        rule = Rule.held(held, source["fit"] if source else None)
        if not rule.count:
            tell("the rule is empty; add a region or a threshold to it first.")
            return dash.no_update
        return dcc.send_string(rule.to_json(), "refusal-rule.json")

    def read(text: str, name: str, source: dict | None, split: str | None, study: dict | None) -> tuple:
        """A rule that was read: the store, what it refuses selected, and what there is to say."""
        if source is None or study is None or not known(engine, study, source):
            return (
                dash.no_update,
                dash.no_update,
                "The measures of confidence are not there yet; read it when they are.",
            )
        try:
            rule = Rule.read(text)
        except ValueError as error:
            return dash.no_update, dash.no_update, f"Nothing is read from {name}, as {error}."
        wrong = misfit(rule, source, [measure.name for measure in known(engine, study, source)])
        if wrong:
            return dash.no_update, dash.no_update, wrong
        rule = Rule(source["fit"], rule.outlines, rule.thresholds)
        split = split or source["split"]
        parts = parts_of(rule, source, study)
        mask = refused_by(parts, engine, study) & images_in(engine, study, split)
        many = int(mask.sum())
        words = f"It refuses {many:,} of the {split} images" + (", which are selected." if many else ".")
        chosen = select(parts, "refused by the rule", split, study) if many else dash.no_update
        return rule.store(), chosen, words

    @app.callback(
        Output(ids.REGIONS, "data", allow_duplicate=True),
        Output(ids.REFUSE_READ_WORDS, "children"),
        Output(ids.REFUSE_FILE, "contents"),
        Input(ids.REFUSE_FILE, "contents"),
        State(ids.REFUSE_FILE, "filename"),
        State(ids.REFUSE_SOURCE, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def read_file(contents: str | None, name: str | None, source: dict | None, split: str | None, study: dict | None):
        """The rule of a file, whose contents are cleared, so that it can be read again."""
        if not contents:  # the view has only just been laid out
            raise dash.exceptions.PreventUpdate
        text = text_of(contents)
        if text is None:
            return dash.no_update, f"Nothing is read from {name}, as it is no text file.", None
        rule, selection, words = read(text, name or "the file", source, split, study)
        show_selection(selection)
        return rule, words, None

    @app.callback(
        Output(ids.REGIONS, "data", allow_duplicate=True),
        Output(ids.REFUSE_READ_WORDS, "children", allow_duplicate=True),
        Input(ids.REFUSE_READ, "n_clicks"),
        State(ids.REFUSE_TEXT, "value"),
        State(ids.REFUSE_SOURCE, "data"),
        State(ids.SPLIT, "value"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def read_text(clicks: int | None, text: str | None, source: dict | None, split: str | None, study: dict | None):
        """The rule that was pasted."""
        if not clicks:  # the view has only just been laid out
            raise dash.exceptions.PreventUpdate
        rule, selection, words = read(text or "", "what was pasted", source, split, study)
        show_selection(selection)
        return rule, words


def show_selection(selection: Any) -> None:
    """Answers a callback of the view with a selection too, which is of the page."""
    if selection is not dash.no_update:
        dash.set_props(shared.SELECTION, {"data": selection})


def with_outline(rule: Rule, outline: Mapping[str, Any] | None, shown: str | None) -> Any:
    """The store of a rule with what was drawn last, or no update."""
    if outline is None or shown is None or outline["map"] != shown or outline["tool"] not in ("lasso", "box"):
        tell(DRAW_FIRST)
        return dash.no_update
    drawn = {"x": outline["x"], "y": outline["y"]}
    if len(drawn["x"]) < 3:
        tell(DRAW_FIRST)
        return dash.no_update
    if drawn in rule.outlines:
        tell("this region is part of the rule already.")
        return dash.no_update
    return Rule(shown, (*rule.outlines, drawn), rule.thresholds).store()


def with_threshold(rule: Rule, threshold: Threshold) -> Any:
    """The store of a rule with a threshold, in place of one on the same measure; or no update."""
    measure = threshold.measure
    if measure.is_of_another_map:
        tell(f"{measure.title} cannot be part of a rule, as new predictions have no place on that map.")
        return dash.no_update
    if not threshold.refused.any():
        tell("this threshold refuses nothing; keep a smaller share.")
        return dash.no_update
    return Rule(rule.of, rule.outlines, {**rule.thresholds, measure.name: threshold.score}).store()


def misfit(rule: Rule, source: Mapping[str, Any], names: Sequence[str]) -> str:
    """Why a rule that was read means nothing here, in a sentence; empty when it does."""
    if rule.needs_map and source["fit"] is None:
        return "This rule needs a DarkSight map, and none is shown; read it when one is there."
    if rule.needs_map and rule.of is not None and rule.of != source["fit"]:
        return f"This rule is of another map, {rule.of[:12]}, on which its regions lie; show that map, then read it."
    missing = [name for name in rule.thresholds if name not in names]
    return f"This rule has a threshold on {missing[0]}, whose scores are not there yet." if missing else ""


def elsewhere(held: Mapping[str, Any] | None, rule: Rule) -> str:
    """That there is a rule of another map, in a sentence."""
    other = Rule.of_store(held)
    if not other.count or rule.count:
        return ""
    return f" A rule of another map, of {other.count}, is kept until something is added here."


def refused_by(parts: Sequence[Part], engine: Engine, study: Mapping[str, Any]) -> np.ndarray:
    """Mask (N,) of what any of these parts refuses."""
    mask = np.zeros(engine.results.meta(study["keys"]["images"])["count"], bool)
    for part in parts:
        if part.refused is not None:
            mask |= part.refused
    return mask


def part_lines(engine: Engine, study: Mapping[str, Any], parts: Sequence[Part], split: str) -> list:
    """A line for each part: what it refuses of a split, and how much of that is right."""
    among, correct = images_in(engine, study, split), correct_of(engine, study)
    lines = []
    for part in parts:
        words = "not known yet"
        if part.refused is not None:
            mask = part.refused & among
            count = int(mask.sum())
            words = f"{count:,} image{'' if count == 1 else 's'}"
            if correct is not None and count:
                words += f", {percent(float(correct[mask].mean()))} right"
        lines.append(
            html.Li(
                [
                    html.Button(
                        part.title, className="jobs-name", **pressing("select", part.name, ids.REFUSE_PRESSED),
                        **label(f"Select what is refused by: {part.title}"),
                    ),
                    html.Span(words, className="refuse-count"),
                    html.Button(
                        icon("close"), className="jobs-act", **pressing("remove", part.name, ids.REFUSE_PRESSED),
                        **label(f"Remove {part.title}"),
                    ),
                ]
            )
        )  # fmt: skip
    return lines


def rule_words(
    engine: Engine, study: Mapping[str, Any], source: Mapping[str, Any], parts: Sequence[Part], split: str
) -> list:
    """What comes of the whole rule: of the images that are shown, and of the others, where there are any."""
    refused, correct = refused_by(parts, engine, study), correct_of(engine, study)
    lines = []
    for each in (split, "train" if split == "test" else "test"):
        among = images_in(engine, study, each)
        if not among.any() or (each != split and np.array_equal(among, images_in(engine, study, split))):
            continue
        words = Tally.of(refused, among, correct).words(f"{each} images")
        words = f" {words}. {honesty(each, source['split'], 'teacher' in study['keys'], correct is not None)}"
        lines.append(html.P([html.B("The rule"), words.rstrip()]))
    return lines


def honesty(split: str, set_on: str, has_teacher: bool, has_labels: bool) -> str:
    """How far what a rule does to the images of a split says something of new ones, in a sentence."""
    if not has_labels:
        return ""
    if split == set_on:
        return "It was set on these, so it flatters itself."
    if split == "train" and has_teacher:
        return "It was not set on these, but the teacher learned from them."
    return "It was not set on these: an honest estimate."
