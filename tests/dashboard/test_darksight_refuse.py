"""The Refusal panel, asked over HTTP as the browser does: measures asked for, a threshold set, a rule made and read."""

import base64
import csv
import io
import json

import numpy as np
import pytest

from dashboard.darksight.fits import ask_for, spec_of
from dashboard.darksight.worths import ask_worth, confidence_key, worth_key
from dashboard.links import study_data
from dashboard.measures import unpack_bits
from dashboard.server import build
from models.refusal import RefusalRule, apply_rule, fit_measures
from tests.dashboard.asking import Page
from workers.darksight_params import DarkSightParams
from workers.kinds import KINDS, job

N = 150
GENERATOR = np.random.default_rng(5)
SAID = GENERATOR.dirichlet([0.25, 0.25, 0.25], N)
SAID[:6] = SAID[6:12]  # some are equal
LABELS = np.array([GENERATOR.choice(3, p=0.8 * row + 0.2 / 3) for row in SAID])
CORRECT = SAID.argmax(axis=1) == LABELS
ASKED = DarkSightParams(effort="quick")


@pytest.fixture(scope="module")
def made(own, tmp_path_factory):
    """Studies of predictions with their map and its measures, computed here: with labels, and without."""
    own.empty()
    studies = {}
    for labels in (True, False):
        path = tmp_path_factory.mktemp("given") / "told.npz"
        more = {"labels": LABELS} if labels else {}
        np.savez(path, probs=SAID, class_names=np.array(["cat", "dog", "eel"]), **more)
        study = own.give_study(path, "Labels" if labels else "None")
        keys = study.keys
        own._run(spec_of(own.engine, keys, ASKED))
        study, fit = ask_for(own.engine, study_data(study), ASKED)
        specs = {role: own.engine.jobs.spec(keys[role]) for role in ("images", "predictions")}
        own._run(job("confidence", {"split": "test"}, **specs))
        own._run(job("map-worth", {"split": "test"}, **specs, map=own.engine.jobs.spec(fit)))
        own.engine.studies.add(study.id, "confidence-x", job("confidence", {"split": "test"}, **specs))
        study = ask_worth(own.engine, study_data(study), fit, "test")
        studies[labels] = (own.engine.studies.get(study.id), {"key": fit, "split": "test"})
    return studies


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


class Panel:
    """What the page holds of the panel, and what it asks."""

    def __init__(self, own, page, study, fit):
        self.engine, self.page, self.study, self.fit = own.engine, page, study, fit
        self.source = self.ask(
            "refuse-source.data", "ready.data", ready__data=list(study.keys), darksight_fit__data=fit
        )["refuse-source"]["data"]
        self.at = None
        self.held = None

    def ask(self, output, changed, **given):
        return self.page.ask(output, changed, study__data=study_data(self.study), **given)

    def state(self):
        return {
            "refuse_source__data": self.source,
            "refuse_at__data": self.at,
            "darksight_split__value": "test",
            "darksight_regions__data": self.held,
        }

    def set(self, changed, **given):
        """Sets the threshold; gives what the fields are then."""
        told = self.ask("refuse-at.data", changed, **self.state() | {"refuse_slider__value": 95} | given)
        if "refuse-at" in told:
            self.at = told["refuse-at"]["data"]
        return told

    def press(self, output, action, key, **given):
        pressed = {"action": action, "key": key, "at": 1}
        return self.ask(output, "refuse-pressed.data", **self.state() | given, refuse_pressed__data=pressed)

    def scores(self, name):
        result = self.source["worths"][self.fit["key"]] if name.startswith("map") else self.source["confidence"]
        return self.engine.results.array(result, f"score-{name}")

    def draw(self, what="threshold"):
        return self.ask("refuse.figure", "refuse-source.data", **self.state(), refuse_what__value=what)

    def words(self):
        told = self.ask("refuse-told.children", "refuse-at.data", **self.state())
        return text(told["refuse-told"]["children"]), told["refuse-select"]["children"]

    def change(self, changed, **given):
        told = self.ask("darksight-regions.data", changed, **self.state() | given)
        if "darksight-regions" in told:
            self.held = told["darksight-regions"]["data"]
        return told

    def parts(self):
        told = self.ask("refuse-parts.children", "darksight-regions.data", **self.state())
        return text(told["refuse-parts"]["children"]), text(told["refuse-rule-told"]["children"])

    def read(self, rule):
        told = self.ask(
            "darksight-regions.data",
            "refuse-read.n_clicks",
            **self.state(),
            refuse_read__n_clicks=1,
            refuse_text__value=rule,
        )
        if "darksight-regions" in told:
            self.held = told["darksight-regions"]["data"]
        return told


def text(children):
    """All that is written in components, as the browser is sent them."""
    if isinstance(children, list):
        return "".join(map(text, children))
    if isinstance(children, dict):
        return text(children["props"].get("children"))
    return "" if children is None else str(children)


@pytest.fixture
def panel(own, own_page, made):
    return Panel(own, own_page, *made[True])


@pytest.fixture
def unlabelled(own, own_page, made):
    return Panel(own, own_page, *made[False])


def mask_in(told):
    return unpack_bits(told["selection"]["data"]["bits"], N)


def outline_of(panel, tool="lasso"):
    """Half of the map, as it was drawn."""
    places = panel.engine.results.array(panel.fit["key"], "places")
    left, bottom = places.min(axis=0) - 1
    right, top = float(np.median(places[:, 0])), places[:, 1].max() + 1
    x, y = [float(left), right, right, float(left)], [float(bottom), float(bottom), float(top), float(top)]
    return {"map": panel.fit["key"], "tool": tool, "x": x, "y": y, "at": 1}, places[:, 0] < right


def test_measures_are_asked_for_once_the_panel_is_looked_at(own, own_page, tmp_path):
    np.savez(tmp_path / "told.npz", probs=SAID[20:], labels=LABELS[20:])
    study = own.give_study(tmp_path / "told.npz", "Fresh")

    def ask(seen="refuse-panel", ready=("images", "predictions"), fit=None):
        told = own_page.ask(
            "study.data", "darksight-points-deck.value", darksight_points_deck__value=seen, ready__data=list(ready),
            darksight_fit__data=fit, study__data=study_data(own.engine.studies.get(study.id)),
        )  # fmt: skip
        return told.get("study", {}).get("data")

    def source():
        told = own_page.ask(
            "refuse-source.data", "ready.data", ready__data=list(study.keys), study__data=study_data(study)
        )
        return told["refuse-source"]["data"]

    assert ask(seen="bridge-panel") is ask(ready=["images"]) is None
    assert source()["words"] == "The measures of confidence are asked for."
    key = confidence_key(study.keys, "test")
    assert key in ask()["keys"].values()
    assert (own.engine.jobs.get(key).kind, own.engine.jobs.get(key).state) == ("confidence", "queued")
    assert ask() is None
    assert source()["words"] == "Measures of confidence: waits for a worker"
    assert not source()["failed"]
    study, fit = ask_for(own.engine, study_data(study), ASKED)
    worth = worth_key(study.keys, fit, "test")
    assert worth in ask(fit={"key": fit, "split": "test"})["keys"].values()
    own.engine.jobs.cancel(key)
    told = own_page.ask(
        "refuse.figure", "refuse-source.data", refuse_source__data=source(), refuse_what__value="threshold",
        study__data=study_data(study),
    )  # fmt: skip
    assert text(told["refuse-words"]["children"]) == "Measures of confidence: stopped on requestTry again"
    assert told["refuse-threshold"]["style"] == told["refuse-rule"]["style"] == {"display": "none"}
    own_page.ask(
        "study.data", "refuse-pressed.data", refuse_pressed__data={"action": "retry", "key": "True", "at": 1},
        refuse_source__data=source(), study__data=study_data(study),
    )  # fmt: skip
    assert own.engine.jobs.get(key).state == "queued"
    own.engine.client.hset(f"darkroom:job:{study.keys['predictions']}", "version", KINDS["given"].version + 1)
    own.engine.jobs._client.delete(f"darkroom:job:{key}")
    assert source()["words"].startswith("There are no measures of confidence: the predictions of a file job")


def test_all_measures_are_drawn_the_best_first(panel):
    told = panel.draw()
    names = [trace["name"] for trace in told["refuse"]["figure"]["data"]]
    assert sorted(names[:7]) == sorted(
        ["KDE on DarkSight", "Gaussians on DarkSight", "KDE on probabilities", "Dirichlet mixture", "Entropy",
         "Maximum probability", "Margin"]
    )  # fmt: skip
    assert names[7:] == ["best possible", "chance"]
    listed = panel.ask("refuse-list.children", "refuse-source.data", **panel.state())["refuse-list"]["children"]
    rows = [text(row) for row in listed]
    means = [float(row[-6:-1]) for row in rows[:7]]
    assert means == sorted(means, reverse=True)
    assert [row[: len(name)] for row, name in zip(rows, names, strict=False)] == names
    assert float(rows[8].removeprefix("chance").rstrip("%")) == pytest.approx(100 * CORRECT.mean(), abs=0.005)
    best = told["refuse-verdict"]["children"]
    assert best.startswith(f"Best: {names[0].lower() if names[0] in ('Entropy', 'Margin') else names[0]} (mean ")
    assert "±" in best
    assert told["refuse-panel-subtitle"]["children"] == f"Accuracy of {N} test images without the least sure"
    assert panel.draw("rule")["refuse-rule"]["style"] == {}


def test_a_threshold_is_set_by_slider_share_score_or_measure(panel):
    told = panel.set("refuse-source.data")
    first = panel.at["measure"]
    assert panel.at == {"measure": first, "share": 95.0, "score": None}
    panel.set("refuse-pressed.data", refuse_pressed__data={"action": "measure", "key": "entropy", "at": 1})
    assert panel.at["measure"] == "entropy"
    told = panel.set("refuse-slider.value", refuse_slider__value=80)
    entropy = panel.scores("entropy")
    assert told["refuse-share"]["value"] == 80.0
    assert told["refuse-score"]["value"] == pytest.approx(np.sort(entropy)[N // 5], rel=1e-5)
    assert "value" not in told.get("refuse-slider", {})
    told = panel.set("refuse-share.value", refuse_share__value=50)
    assert (told["refuse-slider"]["value"], panel.at["share"]) == (50, 50)
    told = panel.set("refuse-score.value", refuse_score__value=-0.5)
    assert panel.at["score"] == -0.5
    assert told["refuse-share"]["value"] == pytest.approx(100 * (entropy >= -0.5).mean(), abs=0.005)
    words, button = panel.words()
    kept = entropy >= -0.5
    assert words.startswith(f"Entropy of 0.5 bits or less keeps {kept.sum()} of {N} test images (")
    assert f"of which {100 * CORRECT[kept].mean():.1f}% are right (95% interval " in words
    assert button == f"Select the {(~kept).sum()} refused"
    panel.set("refuse-share.value", refuse_share__value="")  # an emptied field asks for nothing
    assert panel.at["score"] == -0.5
    panel.set("refuse-score.value", refuse_score__value=1)
    assert panel.words()[0].startswith(
        f"Entropy of −1 bits or less keeps 0 of {N} test images (0%); refuses {N}, of which"
    )
    panel.set("refuse-source.data")
    assert panel.at["score"] is None


def test_the_threshold_is_marked_in_the_figure_that_is_there(panel):
    panel.set("refuse-slider.value", refuse_slider__value=80)
    told = panel.ask("refuse.figure", "refuse-at.data", **panel.state(), refuse_threshold__style={})
    operations = {tuple(each["location"]): each["params"]["value"] for each in told["refuse"]["figure"]["operations"]}
    (line,) = operations["layout", "shapes"]
    assert line["x0"] == pytest.approx(0.8, abs=0.03)
    assert [operations["data", place, "line", "width"] for place in range(7)] == [3] + 6 * [1.5]
    hidden = panel.ask("refuse.figure", "refuse-at.data", **panel.state(), refuse_threshold__style={"display": "none"})
    assert hidden == {}


def test_what_is_refused_is_selected(panel):
    panel.set("refuse-pressed.data", refuse_pressed__data={"action": "measure", "key": "margin", "at": 1})
    panel.set("refuse-slider.value", refuse_slider__value=90)
    told = panel.ask("selection.data", "refuse-select.n_clicks", **panel.state(), refuse_select__n_clicks=1)
    margin = panel.scores("margin")
    expected = margin < np.sort(margin)[N // 10]
    assert np.array_equal(mask_in(told), expected)
    made = told["selection"]["data"]
    assert (made["label"], made["origin"], made["split"]) == (
        f"{expected.sum()} least sure by margin",
        "refusal",
        "test",
    )
    assert not made["by_outcome"]
    panel.set("refuse-slider.value", refuse_slider__value=100)
    told = panel.ask("selection.data", "refuse-select.n_clicks", **panel.state(), refuse_select__n_clicks=1)
    assert "This threshold refuses none of the test images" in str(told["toasts"])


def test_without_labels_scores_are_drawn_and_selected_by_all_the_same(unlabelled):
    unlabelled.set("refuse-source.data")
    told = unlabelled.draw()
    (bars,) = told["refuse"]["figure"]["data"]
    assert bars["type"] == "bar"
    assert "true classes are not known" in told["refuse-verdict"]["children"]
    assert told["refuse-panel-subtitle"]["children"] == f"Scores of {N} test images"
    listed = unlabelled.ask("refuse-list.children", "refuse-source.data", **unlabelled.state())["refuse-list"][
        "children"
    ]
    assert not any("%" in text(row) or "chance" in text(row) for row in listed)
    unlabelled.set("refuse-pressed.data", refuse_pressed__data={"action": "measure", "key": "map-kde", "at": 1})
    marked = unlabelled.ask("refuse.figure", "refuse-at.data", **unlabelled.state(), refuse_threshold__style={})
    figure = marked["refuse"]["figure"]
    assert figure["layout"]["xaxis"]["title"]["text"].startswith("KDE on DarkSight, nats: ")
    words, _ = unlabelled.words()
    assert words.endswith(("%); refuses 7.", "%); refuses 6."))
    told = unlabelled.ask("selection.data", "refuse-select.n_clicks", **unlabelled.state(), refuse_select__n_clicks=1)
    kde = unlabelled.scores("map-kde")
    assert np.array_equal(mask_in(told), kde < figure["layout"]["shapes"][0]["x0"])
    table = unlabelled.ask(
        "darksight-download.data", "take-refuse.n_clicks", **unlabelled.state(), take_refuse__n_clicks=1
    )
    rows = list(csv.reader(io.StringIO(table["darksight-download"]["data"]["content"])))
    assert rows[0] == ["KDE on DarkSight from", "to", "images"]
    assert sum(int(row[2]) for row in rows[1:]) == N
    outline, inside = outline_of(unlabelled)
    unlabelled.change("refuse-drawn.n_clicks", refuse_drawn__n_clicks=1, darksight_outline__data=outline)
    parts, words = unlabelled.parts()
    assert parts == f"Region 1{inside.sum()} images"
    assert (
        words
        == f"The rule keeps {N - inside.sum()} of {N} test images ({100 * (1 - inside.mean()):.1f}%); refuses {inside.sum()}."
    )


def test_the_curves_can_be_taken_along(panel):
    told = panel.ask("darksight-download.data", "take-refuse.n_clicks", **panel.state(), take_refuse__n_clicks=1)[
        "darksight-download"
    ]["data"]
    assert told["filename"] == "refusal-test.csv"
    header, *rows = csv.reader(io.StringIO(told["content"]))
    assert header == ["measure", "kept", "accuracy"]
    whole = {row[0]: float(row[2]) for row in rows if float(row[1]) == 1}
    assert len(whole) == 9
    assert all(accuracy == pytest.approx(CORRECT.mean()) for accuracy in whole.values())
    gone = panel.page.ask("darksight-download.data", "take-refuse.n_clicks", take_refuse__n_clicks=1)
    assert "before the measures of confidence are there" in str(gone)


def test_a_rule_is_made_of_regions_and_thresholds(panel):
    outline, inside = outline_of(panel)
    told = panel.change("refuse-drawn.n_clicks", refuse_drawn__n_clicks=1, darksight_outline__data=outline)
    assert panel.held == {"map": panel.fit["key"], "outlines": [{"x": outline["x"], "y": outline["y"]}], "least": {}}
    again = panel.change("refuse-drawn.n_clicks", refuse_drawn__n_clicks=2, darksight_outline__data=outline)
    assert "part of the rule already" in str(again["toasts"])
    for wrong in (None, outline | {"tool": "line"}, outline | {"map": "another"}, outline | {"x": [0, 1], "y": [0, 1]}):
        told = panel.change("refuse-drawn.n_clicks", refuse_drawn__n_clicks=3, darksight_outline__data=wrong)
        assert "Draw a lasso or a box on the DarkSight map first" in str(told["toasts"])
    panel.set("refuse-pressed.data", refuse_pressed__data={"action": "measure", "key": "entropy", "at": 1})
    panel.set("refuse-score.value", refuse_score__value=-0.9)
    panel.change("refuse-add.n_clicks", refuse_add__n_clicks=1)
    assert panel.held["least"] == {"entropy": -0.9}
    unsure = panel.scores("entropy") < -0.9
    parts, words = panel.parts()
    assert parts == (
        f"Region 1{inside.sum()} images, {100 * CORRECT[inside].mean():.1f}% right"
        f"Entropy above 0.9 bits{unsure.sum()} images, {100 * CORRECT[unsure].mean():.1f}% right"
    )
    refused = inside | unsure
    assert words.startswith(f"The rule keeps {(~refused).sum()} of {N} test images (")
    assert f"of which {100 * CORRECT[~refused].mean():.1f}% are right" in words
    assert words.endswith("It was set on these, so it flatters itself.")  # there are no others

    told = panel.ask("selection.data", "refuse-rule-select.n_clicks", **panel.state(), refuse_rule_select__n_clicks=1)
    assert np.array_equal(mask_in(told), refused)
    assert told["selection"]["data"]["label"] == f"{refused.sum()} refused by the rule"
    told = panel.press("selection.data", "select", "region-0")
    assert np.array_equal(mask_in(told), inside)
    assert told["selection"]["data"]["label"] == f"{inside.sum()} region 1 of the map"

    # What is taken along refuses the same, read by the science.
    told = panel.ask("darksight-download.data", "take-rule.n_clicks", **panel.state(), take_rule__n_clicks=1)[
        "darksight-download"
    ]["data"]
    rule = RefusalRule.from_json(told["content"])
    assert (told["filename"], rule.of) == ("refusal-rule.json", panel.fit["key"])
    places = panel.engine.results.array(panel.fit["key"], "places")
    probabilities = panel.engine.results.array(panel.study.keys["predictions"], "probabilities")
    assert np.array_equal(rule.refuses(places, probabilities), refused)

    panel.change("refuse-pressed.data", refuse_pressed__data={"action": "remove", "key": "region-0", "at": 1})
    assert (panel.held["outlines"], panel.held["least"]) == ([], {"entropy": -0.9})
    panel.change("refuse-clear.n_clicks", refuse_clear__n_clicks=1)
    assert panel.held is None
    assert panel.parts()[0].startswith("The rule is empty. Draw a lasso or a box on the map")
    for output, changed in (("darksight-download", "take-rule"), ("selection", "refuse-rule-select")):
        name = changed.replace("-", "_")
        told = panel.ask(f"{output}.data", f"{changed}.n_clicks", **panel.state(), **{f"{name}__n_clicks": 1})
        assert "The rule is empty" in str(told["toasts"])


def test_a_threshold_on_the_map_is_what_the_science_makes_of_it(panel):
    panel.set("refuse-pressed.data", refuse_pressed__data={"action": "measure", "key": "map-kde", "at": 1})
    panel.set("refuse-slider.value", refuse_slider__value=70)
    panel.change("refuse-add.n_clicks", refuse_add__n_clicks=1)
    told = panel.ask("darksight-download.data", "take-rule.n_clicks", **panel.state(), take_rule__n_clicks=1)[
        "darksight-download"
    ]["data"]
    rule = RefusalRule.from_json(told["content"])
    places = panel.engine.results.array(panel.fit["key"], "places")
    probabilities = panel.engine.results.array(panel.study.keys["predictions"], "probabilities")

    class There:
        def transform(self, probabilities):
            return places

    refused = apply_rule(rule, There(), probabilities, fit_measures(rule, probabilities, places))
    told = panel.ask("selection.data", "refuse-rule-select.n_clicks", **panel.state(), refuse_rule_select__n_clicks=1)
    assert np.array_equal(mask_in(told), refused)
    assert 0.3 * N - 1 <= refused.sum() <= 0.3 * N  # equal scores stay together


def test_a_threshold_that_no_rule_can_have_is_refused(panel):
    panel.set("refuse-slider.value", refuse_slider__value=100)
    told = panel.change("refuse-add.n_clicks", refuse_add__n_clicks=1)
    assert "This threshold refuses nothing" in str(told["toasts"])
    other = panel.study.keys["embedding"]
    worth = panel.source["worths"][panel.fit["key"]]
    panel.source = panel.source | {"worths": {panel.fit["key"]: worth, other: worth}}  # as if it were judged the same
    panel.at = {"measure": f"map-kde@{other}", "share": 80, "score": None}
    told = panel.change("refuse-add.n_clicks", refuse_add__n_clicks=1)
    assert "cannot be part of a rule, as new predictions have no place on that map" in str(told["toasts"])
    names = [trace["name"] for trace in panel.draw()["refuse"]["figure"]["data"]]
    assert len(names) == 11


def test_a_rule_is_read_and_what_it_refuses_selected(panel):
    outline, inside = outline_of(panel)
    region = list(zip(outline["x"], outline["y"], strict=True))
    whole = {
        "format": "darkroom refusal rule 1",
        "map": panel.fit["key"],
        "regions": [region],
        "least": {"margin": 0.1},
    }
    told = panel.read(json.dumps(whole))
    refused = inside | (panel.scores("margin") < 0.1)
    assert np.array_equal(mask_in(told), refused)
    words = f"It refuses {refused.sum()} of the test images, which are selected."
    assert told["refuse-read-words"]["children"] == words
    assert panel.held["least"] == {"margin": 0.1}
    assert panel.parts()[0].startswith("Region 1")
    contents = "data:application/json;base64," + base64.b64encode(json.dumps(whole).encode()).decode()
    told = panel.ask(
        "refuse-file.contents", "refuse-file.contents", **panel.state(), refuse_file__contents=contents,
        refuse_file__filename="rule.json",
    )  # fmt: skip
    assert told["refuse-read-words"]["children"] == words
    assert told["refuse-file"]["contents"] is None


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("no rule", "Nothing is read from what was pasted, as it is no JSON ("),
        ({"format": "other"}, 'as it must be a JSON object with "format": "darkroom refusal rule 1".'),
        (
            {"regions": [[[0, 0], [1, 1]]]},
            "as region 1 must be three corners or more, each of them two finite numbers.",
        ),
        ({"least": {"hunch": 1}}, "as there is no measure of confidence 'hunch'; there are map-kde"),
        ({"map": "another", "least": {"map-kde": 1}}, "This rule is of another map, another, on which its regions lie"),
    ],
)
def test_what_is_no_rule_here_is_said(panel, rule, complaint):
    told = panel.read(rule if isinstance(rule, str) else json.dumps({"format": "darkroom refusal rule 1"} | rule))
    assert complaint in told["refuse-read-words"]["children"]
    assert "selection" not in told
    assert panel.held is None


def test_a_file_that_is_no_text_is_said(panel):
    contents = "data:;base64," + base64.b64encode(b"\xff\xfe\x00").decode()
    told = panel.ask(
        "refuse-file.contents", "refuse-file.contents", **panel.state(), refuse_file__contents=contents,
        refuse_file__filename="rule.png",
    )  # fmt: skip
    assert told["refuse-read-words"]["children"] == "Nothing is read from rule.png, as it is no text file."


def test_what_is_not_known_yet_is_offered_and_made_when_asked(panel):
    listed = panel.ask("refuse-list.children", "refuse-source.data", **panel.state())["refuse-list"]["children"]
    rows = [text(row) for row in listed[9:]]
    assert rows == [
        "KDE on PCA of probabilitiesmake ittakes seconds",
        "KDE on t-SNE of probabilitiesmake ittakes about 20 s",
    ]
    told = panel.press("study.data", "make", "probabilities")["study"]["data"]
    roles = [role for role in told["keys"] if role not in panel.study.keys]
    assert sorted(role.partition("-")[0] for role in roles) == ["embedding", "worth"]
    made = panel.engine.jobs.get(told["keys"][next(role for role in roles if role.startswith("embedding"))])
    assert (made.params["method"], made.params["of"], made.state) == ("tsne", "probabilities", "queued")
    panel.study = panel.engine.studies.get(panel.study.id)
    listed = panel.ask("refuse-list.children", "refuse-source.data", **panel.state())["refuse-list"]["children"]
    assert [text(row) for row in listed[9:]][1] == "KDE on t-SNE of probabilitieswaits for what it needs"
    panel.engine.jobs.cancel(made.key)
    listed = panel.ask("refuse-list.children", "refuse-source.data", **panel.state())["refuse-list"]["children"]
    assert "make it" in text(listed[10])
