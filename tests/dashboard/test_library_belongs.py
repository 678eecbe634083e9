"""Does it belong: what consistency tells apart, what a threshold on it catches, what is shown to the libraries, over HTTP."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.asking import ask_for, record_of
from dashboard.library import ids
from dashboard.library.asked import OUTSIDE_ROLE, ROLE, shown_of
from dashboard.library.belongs import charts_of, worth
from dashboard.library.belongs_ask import (
    FIELDS,
    NO_EPSILONS,
    NO_SET,
    NOT_YET,
    SETTINGS,
    epsilons_in,
    foreign_choices,
    known_now,
    result_title,
    results_of,
    too_short,
    used_by,
)
from dashboard.library.belongs_figures import (
    Condition,
    auroc_figure,
    colours_of,
    histogram_figure,
    roc_figure,
    spaced,
)
from dashboard.library.belongs_groups import (
    asked_of,
    clean_of,
    condition_at,
    how_sure,
    inside_of,
    outside_of,
    separation,
    span_of,
    table_of,
)
from dashboard.library.belongs_strip import small, strip_of
from dashboard.library.belongs_threshold import share_below, told_of
from dashboard.links import mask_of, study_data
from dashboard.measures import auroc, auroc_interval, roc
from dashboard.server import build
from models import library_measures
from tests.dashboard.asking import Page
from workers.kinds import job
from workers.library_params import LibraryParams, OutsideParams
from workers.studies import digits_study

READY = ["images", "teacher", "predictions", "embedding"]
EPSILONS = (0.05, 0.3)
SCORES = st.lists(st.integers(-5, 5), min_size=1, max_size=30).map(lambda each: np.array(each, np.float32) / 4)


@pytest.fixture(scope="module")
def made(own, digits):
    """The digits with libraries, and what these were shown: an attack that falls short, and letters."""
    study = own.copy_study(digits)
    study, library = ask_for(own.engine, study_data(study), "library", LibraryParams(n_images=400), ROLE)
    own._run(own.engine.jobs.spec(library))
    for asked in (
        OutsideParams(epsilons=EPSILONS, steps=5, step_size=0.02, n_images=60),
        OutsideParams(source="letters", n_images=30),
    ):
        study, key = ask_for(own.engine, study_data(study), "outside", asked, OUTSIDE_ROLE, library=library)
        own._run(own.engine.jobs.spec(key))
    return study


@pytest.fixture(scope="module")
def shown(own, made):
    (key,) = [key for role, key in made.keys.items() if role.startswith(f"{ROLE}-")]
    return shown_of(own.engine, key, study_data(made))


@pytest.fixture(scope="module")
def results(own, made, shown):
    """Keys of what was shown to the libraries: the attack, the letters."""
    letters, attack = results_of(own.engine, made.keys, shown["key"])
    return attack.key, letters.key


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


def name(component, prop="value"):
    return f"{component.replace('-', '_')}__{prop}"


def typed(**changed):
    """What the fields of the settings hold, as a callback's states."""
    values = {each: field.shown_default for each, field in FIELDS.items()} | changed
    return {name(place, prop): value for (place, prop), value in zip(SETTINGS, values.values(), strict=True)}


# ---- measures ----


@given(SCORES, SCORES)
def test_auroc_is_that_of_the_models_and_the_area_under_the_curve(inside, outside):
    wanted = library_measures.auroc(inside, outside)
    assert auroc(inside, outside) == pytest.approx(wanted)
    x, y = roc(inside, outside)
    assert ((x[0], y[0]), (x[-1], y[-1])) == ((0, 0), (1, 1))
    assert np.trapezoid(y, x) == pytest.approx(wanted)
    low, high = auroc_interval(inside, outside, 50)
    assert 0 <= low <= high <= 1


def test_the_interval_is_about_the_area_and_narrows_with_more_images():
    random = np.random.default_rng(0)
    wide = auroc_interval(random.normal(1, 1, 60), random.normal(0, 1, 60))
    many = random.normal(1, 1, 3000), random.normal(0, 1, 3000)
    narrow = auroc_interval(*many)
    assert narrow[0] < auroc(*many) < narrow[1]
    assert narrow[1] - narrow[0] < 0.3 * (wide[1] - wide[0])
    assert auroc_interval(*many) == narrow
    assert auroc_interval(np.ones(9), np.zeros(9)) == (1, 1)


# ---- what is compared ----


def test_clean_images_that_were_attacked_are_not_compared_where_enough_are_left(own, shown, results):
    asked = asked_of(shown, results[0], "raw", 2)
    clean, is_right = clean_of(own.engine, asked)
    assert (len(clean), asked.form, asked.at) == (359, 0, 2)
    numbers = own.engine.results.array(results[0], "numbers")
    assert len(inside_of(own.engine, asked)) == is_right.sum() - len(numbers)
    assert len(inside_of(own.engine, asked_of(shown, results[1], "raw", 2))) == is_right.sum()
    whole, outside = inside_of(own.engine, asked), outside_of(own.engine, asked, 2)
    assert separation(own.engine, asked, 2) == pytest.approx(library_measures.auroc(whole, outside))
    low, high = how_sure(own.engine, asked, 2)
    assert low < separation(own.engine, asked, 2) < high


def test_a_threshold_goes_over_all_that_is_compared(own, shown, results):
    alone = span_of(own.engine, asked_of(shown, None, "raw", 2))
    wider = span_of(own.engine, asked_of(shown, results[1], "raw", 2))
    clean, _ = clean_of(own.engine, asked_of(shown, None, "raw", 2))
    assert wider.least <= alone.least <= clean.min() < clean.max() <= alone.most <= wider.most
    assert alone.decimals == 3


def test_the_table_has_a_row_a_condition_set_and_form(own, shown, results):
    table = list(csv.DictReader(io.StringIO(table_of(own.engine, asked_of(shown, results[0], "raw", 0), shown))))
    assert len(table) == 3 * shown["n_sets"] * 2
    assert (table[0]["condition"], table[-1]["condition"], table[-1]["form"]) == (
        "Clipped only",
        "PGD ε 0.3",
        "published",
    )
    assert float(table[-1]["low"]) < float(table[-1]["auroc"]) < float(table[-1]["high"])
    letters = list(csv.DictReader(io.StringIO(table_of(own.engine, asked_of(shown, results[1], "raw", 0), shown))))
    assert {(row["epsilon"], row["answers_changed"]) for row in letters} == {("", "")}


def test_the_last_condition_is_looked_at_unless_another_is_there():
    conditions = [{"title": "Clipped only"}, {"title": "PGD ε 0.1"}, {"title": "PGD ε 0.2"}]
    assert [condition_at(conditions, title) for title in (None, "PGD ε 0.1", "Letters")] == [2, 1, 2]


# ---- charts ----


def test_shares_of_each_group_are_drawn_in_the_same_bins():
    random = np.random.default_rng(0)
    right, wrong, outside = random.normal(0.9, 0.02, 500), random.normal(0.8, 0.05, 9), random.normal(0.7, 0.1, 70)
    figure = histogram_figure(right, wrong, Condition("PGD ε 0.1", "#7950f2", outside), 0.75)
    assert [trace.name for trace in figure.data] == ["right", "wrong", "PGD ε 0.1"]
    assert figure.data[0].y.sum() == pytest.approx(1)
    assert figure.data[2].y.sum() == pytest.approx(1)
    assert (figure.data[0].x == figure.data[2].x).all()
    assert (figure.data[1].mode, len(figure.data[1].x)) == ("markers", 9)
    assert figure.layout.shapes[0].x0 == 0.75
    many = histogram_figure(right, np.full(200, 0.8), None, None)
    assert (many.data[1].mode, len(many.data), many.layout.shapes) == ("lines", 2, ())


def test_curves_of_all_conditions_with_the_point_of_the_threshold():
    inside = np.array([0.9, 0.8, 0.7, 0.6])
    conditions = [Condition("Clipped only", "#868e96", inside), Condition("PGD", "#7950f2", np.array([0.1, 0.65]))]
    figure = roc_figure(inside, conditions, 1, 0.65)
    assert [trace.line.width for trace in figure.data[1:3]] == [1.5, 3]
    assert (figure.data[-1].x, figure.data[-1].y) == ((0.25,), (0.5,))
    assert roc_figure(inside, conditions, 1, None).data[-1].x == ()


def test_auroc_is_a_line_a_set_or_a_point_a_set_where_there_is_no_epsilon():
    conditions = [
        {"title": "Clipped only", "epsilon": 0.0, "is_control": True},
        {"title": "PGD ε 0.1", "epsilon": 0.1, "is_control": False},
        {"title": "PGD ε 0.2", "epsilon": 0.2, "is_control": False},
    ]
    areas = np.array([[0.5, 0.52], [0.6, 0.7], [0.8, 0.9]])
    figure = auroc_figure(areas, conditions, ["1%", "2%"], 0, {(row, 0): (0.4, 0.95) for row in range(3)})
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert [list(trace.x) for trace in lines] == [[0.1, 0.2], [0.1, 0.2]]
    assert [trace.line.width for trace in lines] == [1.2, 3]  # the chosen one is over the others
    assert lines[1].error_y.array == pytest.approx([0.35, 0.15])
    assert [list(trace.x) for trace in figure.data if trace.mode == "markers"] == [[0], [0]]
    foreign = [{"title": "Letters", "epsilon": None, "is_control": False}]
    points = auroc_figure(areas[:1], foreign, ["1%", "2%"], 1, {(0, 0): (0.4, 0.6), (0, 1): (0.4, 0.6)})
    assert (list(points.data[0].x), list(points.data[0].marker.size)) == (["1%", "2%"], [7, 11])
    assert spaced([0, 0.01, 0.1, 0.3], 0.05) == [0, 0.1, 0.3]


def test_the_control_is_grey_and_the_largest_epsilon_darkest():
    conditions = [{"is_control": True}, {"is_control": False}, {"is_control": False}]
    assert colours_of(conditions) == ["#868e96", "rgb(176, 154, 247)", "rgb(121, 80, 242)"]
    assert colours_of(conditions[1:2]) == ["rgb(121, 80, 242)"]


def test_what_is_drawn_without_and_with_inputs_from_outside(own, shown, results):
    alone = charts_of(own.engine, shown, asked_of(shown, None, "raw", 2), None, 0.9)
    assert "nothing else has been shown" in alone["subtitle"]
    assert "library-alone" in alone["charts"]
    attack = asked_of(shown, results[0], "raw", 2)
    told = charts_of(own.engine, shown, attack, "PGD ε 0.05", 0.9)
    assert told["drawn"] == {"of": attack, "at": 1}
    assert "; PGD ε 0.05 changed " in told["subtitle"]
    assert len(told["roc"].data) == 1 + 3 + 1
    letters = charts_of(own.engine, shown, asked_of(shown, results[1], "published", 2), None, 0.9)
    assert "of Letters against clean test images" in letters["subtitle"]
    assert len(letters["auroc"].data) == 1


def test_images_of_a_condition_are_shown_with_what_the_net_answers(own, shown, results):
    attack = strip_of(own.engine, asked_of(shown, results[0], "raw", 2), shown, 2)
    numbers, answers = (own.engine.results.array(results[0], each) for each in ("numbers", "answers"))
    told = own.engine.results.array(shown["predictions"], "predicted")
    assert [tile.children[1].children for tile in attack[:3]] == [shown["names"][each] for each in answers[2, :3]]
    assert [("changed" in tile.className) for tile in attack] == (answers[2] != told[numbers])[: len(attack)].tolist()
    assert getattr(attack[0], "data-key") == str(numbers[0])
    letters = strip_of(own.engine, asked_of(shown, results[1], "raw", 2), shown, 0)
    assert all(tile.disabled for tile in letters)
    assert small(np.zeros((3, 100, 200), np.uint8)).shape == (3, 32, 64)


# ---- the threshold ----


def test_a_threshold_is_told_in_shares(own, shown, results):
    asked = asked_of(shown, results[0], "raw", 2)
    clean, is_right = clean_of(own.engine, asked)
    words = "".join(
        part if isinstance(part, str) else str(part.children) for part in told_of(own.engine, asked, None, 0.9)
    )
    assert f"{int((clean < 0.9).sum())} of 359 test images" in words
    assert f"{(clean[~is_right] < 0.9).mean():.1%} of the net's mistakes" in words
    assert f"{(outside_of(own.engine, asked, 2) < 0.9).mean():.1%} of PGD ε 0.3" in words
    assert "never reach the edge, 0.3" in words
    of_control = str(told_of(own.engine, asked, "Clipped only", 0.9))
    assert "never reach" not in of_control


def test_the_threshold_keeps_its_share_of_another_set_and_form(own, own_page, made, shown, results):
    def ask(**given):
        told = own_page.ask(
            f"{ids.BELONGS_THRESHOLD}.max",
            f"{ids.SHOWN}.data",
            library_shown__data=shown,
            library_set__value=2,
            **given,
        )
        return told[ids.BELONGS_THRESHOLD], told[ids.BELONGS_BASIS]["data"]

    slider, basis = ask(library_belongs_form__value="raw")
    clean, _ = clean_of(own.engine, asked_of(shown, None, "raw", 2))
    assert (clean < slider["value"]).mean() == pytest.approx(0.05, abs=0.01)
    given = {"library_belongs_threshold__value": 0.9, "library_belongs_basis__data": basis}
    kept, _ = ask(library_belongs_form__value="raw", library_belongs_result__data=results[0], **given)
    assert kept["value"] == 0.9
    other, _ = ask(library_belongs_form__value="published", **given)
    published, _ = clean_of(own.engine, asked_of(shown, None, "published", 2))
    assert (published < other["value"]).mean() == pytest.approx((clean < 0.9).mean(), abs=0.01)
    assert share_below(own.engine, {"of": ["gone", *basis["of"][1:]]}, 0.9) == 0.05


def test_images_below_the_threshold_are_selected_everywhere(own, own_page, shown):
    given = {"library_shown__data": shown, "library_set__value": 2, "library_belongs_form__value": "raw"}
    told = own_page.ask(
        "selection.data", f"{ids.BELONGS_SELECT}.n_clicks", library_belongs_select__n_clicks=1,
        library_belongs_threshold__value=0.9, **given,
    )  # fmt: skip
    selection = told["selection"]["data"]
    clean, _ = clean_of(own.engine, asked_of(shown, None, "raw", 2))
    assert (selection["label"], selection["origin"], selection["by_outcome"]) == ("CPL below 0.900", "library", True)
    tested = own.engine.results.array(shown["key"], "tested")
    assert np.flatnonzero(mask_of(own.engine, selection)).tolist() == tested[clean < 0.9].tolist()
    said = own_page.ask(
        f"{ids.BELONGS_SAID}.children", f"{ids.BELONGS_THRESHOLD}.value", library_belongs_threshold__value=0.9, **given
    )
    assert said[ids.BELONGS_SELECT] == {"children": f"Select {selection['count']}", "disabled": False}


def test_the_charts_that_are_there_are_marked(own_page, shown, results):
    drawn = {"of": asked_of(shown, results[0], "raw", 2), "at": 2}
    told = own_page.ask(
        f"{ids.BELONGS_HISTOGRAM}.figure", f"{ids.BELONGS_THRESHOLD}.value", library_belongs_threshold__value=0.9,
        library_belongs_drawn__data=drawn,
    )  # fmt: skip
    assert "0.9" in str(told[ids.BELONGS_HISTOGRAM]["figure"])
    assert len(told[ids.BELONGS_ROC]["figure"]["operations"]) == 2


# ---- what is shown to the libraries ----


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("0.1, 0.2", [0.1, 0.2]), ("8/255 .3", [8 / 255, 0.3]), ("", None), ("x", None), ("0", None), ("1/0", None),
        ("nan", None), ("1 2 3 4 5 6 7 8 9", None), (None, None),
    ],
)  # fmt: skip
def test_epsilons_are_decimals_or_fractions(words, found):
    assert epsilons_in(words) == found


def test_an_attack_that_cannot_reach_its_edge_is_told_before_it_is_asked_for():
    assert too_short("pgd", [0.3, 0.5], 40, 0.01).startswith("40 steps of 0.01 go 0.4 at most, short of ε 0.5")
    for asked in (
        ("pgd", [0.4], 40, 0.01),
        ("fgsm", [0.5], 1, 0.01),
        ("pgd", None, 40, 0.01),
        ("pgd", [0.5], "", 0.01),
    ):
        assert too_short(*asked) == ""
    assert used_by("letters") == ["n_images", "seed"]
    assert used_by("fgsm") == ["norm", "n_images", "seed"]


def test_the_form_has_the_fields_of_its_source(own_page):
    told = own_page.ask(
        f"{ids.BELONGS_WARNING}.children", f"{ids.BELONGS_SOURCE}.value", library_belongs_source__value="images",
        library_belongs_epsilons__value="0.1",
    )  # fmt: skip
    assert told[ids.BELONGS_FOREIGN]["style"] == {}
    assert told[ids.BELONGS_EPSILONS]["style"] == {"display": "none"}
    assert told[ids.outside_setting("steps")]["disabled"] is True
    assert told[ids.outside_setting("seed")]["disabled"] is False


def test_what_the_panel_knows(own, made, shown, results):
    study = study_data(made)
    assert known_now(own.engine, READY, study, None, None)["words"] == NOT_YET
    told = known_now(own.engine, READY, study, shown, None)
    assert [each["label"] for each in told["choices"]] == [
        "Letters, 30 images",
        "PGD L∞, ε 0.05 0.3, 5 steps of 0.02, 60 images",
    ]
    assert (told["value"], told["result"], told["cannot"]) == (results[1], results[1], False)
    assert known_now(own.engine, READY, study, shown, results[0])["value"] == results[0]
    assert "changed" in worth(own.engine, asked_of(shown, results[0], "raw", 2), {"title": "PGD", "success": 0.5}, 1)


def asking(study, shown, source="pgd", epsilons="0.1", **more):
    return {
        "library_belongs_make__n_clicks": 1, "study__data": study, "library_shown__data": shown,
        "library_belongs_source__value": source, "library_belongs_epsilons__value": epsilons,
    } | typed() | more  # fmt: skip


def test_another_image_set_is_asked_for_with_a_study_of_its_own(own, own_page, made, shown):
    other = own.engine.studies.create(
        "Split anew", {"images": job("images", {"source": {"kind": "digits", "seed": 3}})}
    )
    own._run(own.engine.jobs.spec(other.keys["images"]))
    study = study_data(made)
    choice = {"value": other.keys["images"], "label": "Split anew"}
    assert foreign_choices(own.engine, study) == [choice]
    given = asking(study, shown, "images", "no numbers", library_belongs_foreign__value=other.keys["images"])
    told = own_page.ask(f"{ids.BELONGS_CHOSEN}.data", f"{ids.BELONGS_MAKE}.n_clicks", **given)
    made_job = record_of(own.engine, told[ids.BELONGS_CHOSEN]["data"])
    assert made_job.inputs["foreign"] == other.keys["images"]
    assert made_job.inputs["library"] == shown["key"]
    assert tuple(made_job.params["epsilons"]) == OutsideParams().epsilons
    assert result_title(own.engine, made_job) == "Split anew, 1,000 images"
    now = known_now(own.engine, READY, told["study"]["data"], shown, made_job.key)
    assert (now["not_run"], now["cancel"], now["retry"]) == (False, "block", "none")
    assert now["value"] != made_job.key  # the last one stays
    cancelled = {
        "library_belongs_cancel__n_clicks": 1, "study__data": told["study"]["data"], "library_shown__data": shown,
        "library_belongs_chosen__data": made_job.key,
    }  # fmt: skip
    own_page.ask("pulse.n_intervals", f"{ids.BELONGS_CANCEL}.n_clicks", **cancelled)
    assert own.engine.jobs.get(made_job.key).state == "cancelled"
    now = known_now(own.engine, READY, told["study"]["data"], shown, made_job.key)
    assert (now["cancel"], now["retry"]) == ("none", "block")


def test_a_study_of_the_same_images_is_no_other_set(own, made, shown):
    again = own.engine.studies.create("Again", digits_study(teacher={"epochs": 2}))
    assert "Again" not in [each["label"] for each in foreign_choices(own.engine, study_data(made))]
    own.engine.studies.delete(again.id)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epsilons": "a, b"}, NO_EPSILONS),
        ({"source": "images"}, NO_SET),
        (typed(n_images=3), "marked in red"),
    ],
)
def test_what_cannot_be_asked_is_said(own_page, made, shown, given, words):
    told = own_page.ask(
        f"{ids.BELONGS_CHOSEN}.data", f"{ids.BELONGS_MAKE}.n_clicks", **asking(study_data(made), shown, **given)
    )
    assert words in str(told["toasts"])
    assert ids.BELONGS_CHOSEN not in told
    assert bool(told[ids.BELONGS_EPSILONS]["error"]) is (words == NO_EPSILONS)
    if words == "marked in red":
        assert told[ids.outside_setting("n_images")]["error"] == "must be at least 10"


def test_the_condition_stays_where_the_next_result_has_it(own_page, results):
    def ask(result, value):
        given = {"library_belongs_result__data": result, "library_belongs_condition__value": value}
        return own_page.ask(f"{ids.BELONGS_CONDITION}.value", f"{ids.BELONGS_RESULT}.data", **given)[
            ids.BELONGS_CONDITION
        ]

    assert ask(results[0], "Clipped only")["value"] == "Clipped only"
    assert ask(results[0], "Letters")["value"] == "PGD ε 0.3"
    assert ask(results[1], "PGD ε 0.3") == {"data": ["Letters"], "value": "Letters", "style": {"display": "none"}}


def test_the_table_is_taken_along(own_page, shown, results):
    given = {"take_library_belongs__n_clicks": 1, "library_shown__data": shown}
    told = own_page.ask(f"{ids.DOWNLOAD}.data", f"{ids.TABLE_BELONGS}.n_clicks", **given)
    assert "nothing to export" in str(told["toasts"])
    given |= {"library_belongs_result__data": results[1]}
    told = own_page.ask(f"{ids.DOWNLOAD}.data", f"{ids.TABLE_BELONGS}.n_clicks", **given)
    assert told[ids.DOWNLOAD]["data"]["content"].startswith("condition,epsilon,set,form,auroc,low,high,answers_changed")
