"""What is right of the rest, when the least sure are refused: reject curves of all measures of confidence, a threshold on one,
and a rule of thresholds and regions of the map."""

import dash
from dash import Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.asking import CANNOT_ASK
from dashboard.components.notices import tell
from dashboard.components.panel import empty, panel, picture, segmented
from dashboard.darksight import ids
from dashboard.darksight.refuse_measures import NONE_YET, source_of
from dashboard.darksight.refuse_offers import make
from dashboard.darksight.refuse_rules import register_rules, rule_body
from dashboard.darksight.refuse_threshold import LINE, register_threshold, threshold_body
from dashboard.darksight.worths import ask_confidence, ask_worth, confidence_key, worth_key
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.links import study_data
from dashboard.map_points import Planes
from workers.engine import Engine


def refuse_panel() -> html.Section:
    return panel(
        ids.REFUSE_PANEL,
        "Refusal",
        LINE,
        [
            threshold_body(),
            rule_body(),
            empty(ids.REFUSE_WORDS, NONE_YET),
            *[dcc.Store(id=store) for store in (ids.REFUSE_SOURCE, ids.REFUSE_AT, ids.REFUSE_PRESSED)],
        ],
        controls=[
            segmented(ids.REFUSE_WHAT, [("threshold", "Threshold"), ("rule", "Rule")], "threshold", "Refused by"),
        ],
        exports=[
            ("Curves, CSV", {"id": ids.TABLE_REFUSE}),
            ("Rule, JSON", {"id": ids.TAKE_RULE}),
            picture(ids.REFUSE),
        ],
        help_text=[
            "A teacher that may refuse to answer is right more often. Images are put in the order of a measure of confidence; "
            "a curve tells how many are right among the share that it is surest of (DarkSight, Xu, Park, Yi and Sutton 2018, "
            "arXiv:1803.04042, Figure 3). Higher is better; all meet at the right, where nothing is refused. Beside each "
            "measure in the list is the mean accuracy of its curve. Images of equal scores have no order: the curve is the "
            "mean over all of them.",
            "KDE is the density of points on a map, or among the vectors of probabilities: what is unusual is refused first. "
            "Entropy, maximum probability and margin look at one prediction alone. The paper compares KDE on DarkSight with "
            "KDE on maps of t-SNE, but not with entropy, which costs nothing: here it stands beside them, and the line above "
            "the curves says which is best.",
            "Two measures are compared over the same images; ± is half of the 95% interval of the difference of their means "
            "(by the influence of each image). A difference within it means little.",
            "The dotted line is the threshold: set it with the slider, or as a share or a score; what scores less is refused. "
            "Images of equal scores stay together, so the share that is kept may be a little more than was asked for.",
            "A rule refuses what lies in a region that you drew on the map, or is below a threshold that was added. It is "
            'taken along as JSON, and applied to new predictions by "app.py refuse" (README). Regions mean nothing on '
            "another map, and measures of maps of t-SNE cannot be part of a rule: new predictions have no place there.",
            "A threshold that was set on some images flatters itself on these; the rule is told for the others too.",
        ],
    )


def register_refuse(app: dash.Dash, engine: Engine, first: FirstAnswers, planes: Planes) -> None:
    """The panel's callbacks."""
    register_threshold(app, engine, first)
    register_rules(app, engine, first, planes)

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(shared.READY, "data"),
        Input(ids.POINTS_DECK, "value", allow_optional=True),  # not there while another view is shown alone
        Input(ids.FIT, "data", allow_optional=True),
        State(shared.STUDY, "data"),
        prevent_initial_call="initial_duplicate",
    )
    def ask(ready: list[str], looked_at: str | None, fit: dict | None, study: dict | None):
        """Asks for the measures of predictions, and of the map shown, when somebody looks and the study has none."""
        if looked_at != ids.REFUSE_PANEL or study is None or "predictions" not in ready:
            return dash.no_update
        keys, split = study["keys"], fit["split"] if fit else "test"
        asked, made = set(keys.values()), None
        try:
            if confidence_key(keys, split) not in asked:
                made = ask_confidence(engine, study, split)
            if fit and worth_key(keys, fit["key"], split) not in asked:
                made = ask_worth(engine, study, fit["key"], split)
        except CANNOT_ASK:
            return dash.no_update  # `source` says what stands in the way
        return dash.no_update if made is None else study_data(made)

    @app.callback(
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(ids.REFUSE_PRESSED, "data"),
        State(ids.REFUSE_SOURCE, "data"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def ask_more(pressed: dict | None, source: dict | None, study: dict | None):
        """Has what is offered made, or what failed made again."""
        if not pressed or pressed["action"] not in ("make", "retry") or study is None or source is None:
            return dash.no_update
        try:
            if pressed["action"] == "make":
                return study_data(make(engine, study, source["split"], pressed["key"]))
            return study_data(ask_confidence(engine, study, source["split"]))
        except CANNOT_ASK as error:
            tell(f"This cannot be made: {error}.")
            return dash.no_update

    @first.callback(
        output=Output(ids.REFUSE_SOURCE, "data"),
        inputs={
            "ready": Input(shared.READY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "fit": Input(ids.FIT, "data"),
            "study": Input(shared.STUDY, "data"),
            "before": State(ids.REFUSE_SOURCE, "data"),
        },
    )
    def source(ready: list[str], steps: list | None, fit: dict | None, study: dict | None, before: dict | None):
        """Where what is known of the measures lies, or what stands in the way."""
        found = source_of(engine, study, ready or [], fit)
        return dash.no_update if found == before else found
