"""The Parts panel: which classes share a map; asked over HTTP as the browser does."""

import csv
import io

import numpy as np
import pytest

from dashboard.darksight.fits import fits_of, params_of
from dashboard.darksight.groups import runners_up, split_up
from dashboard.darksight.parts_figure import Part, columns_of, parts_figure
from dashboard.links import study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.mapped import add_map
from workers.darksight_params import DarkSightParams

N, N_TRAIN = 1797, 1438


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def study(own, own_page, digits):
    """The digits with a map at another temperature than the usual."""
    return add_map(own.engine, own.copy_study(digits), asked=DarkSightParams(temperature=3))[0]


def given(study, size="4", how="number", **more):
    return {
        "study__data": study_data(study), "ready__data": list(study.keys), "darksight_maps_deck__value": "parts-panel",
        "darksight_fits__value": fits_of(study.keys)[0], "darksight_split__value": "test",
        "parts_size__value": size, "parts_order__value": how,
    } | more  # fmt: skip


def filled(page, study, **more):
    return page.ask("parts-source.data", "darksight-maps-deck.value", **given(study, **more))


@pytest.mark.parametrize("count", [4, 5, 10, 23, 100])
@pytest.mark.parametrize("size", [3, 7, 10])
def test_groups_hold_every_class_once_and_are_of_about_one_size(count, size):
    order = np.random.default_rng(0).permutation(count).tolist()
    groups = split_up(order, size)
    assert sorted(sum(groups, ())) == list(range(count))
    assert len(groups) == -(-count // size)
    lengths = [len(group) for group in groups]
    assert max(lengths) - min(lengths) <= 1
    assert min(lengths) >= 2
    assert set(groups[0]) == set(order[: len(groups[0])])  # those that follow each other


def test_runners_up_are_counted_by_pairs():
    said = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])
    assert runners_up(said).tolist() == [[0, 2, 0], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (3, 2), (10, 4), (34, 7)])
def test_plots_fill_a_panel_that_is_wider_than_high(count, columns):
    assert columns_of(count) == columns


def test_a_plot_that_is_clicked_has_the_number_of_its_part():
    """Clicks tell the number of a trace: those of the plots come first."""
    part = Part(
        "k", np.zeros((2, 2)), np.array([0, 1]), np.array([0, 1]), np.array([[0.0, 0], [1, 1]]), ["0, 1", "KL 1"], "<b>"
    )
    figure = parts_figure([part] * 3, ["#111111", "#222222"], ["cat & dog", "<b>eel</b>"], 2)
    assert [trace.type for trace in figure.data] == ["heatmap"] * 3 + ["scatter"] * 3
    assert figure.data[3].text == ("cat &amp; dog", "&lt;b&gt;eel&lt;/…")
    assert len(figure.layout.images) == 3
    assert (figure.layout.annotations[0].text, figure.layout.annotations[0].hovertext) == ("0, 1<br>KL 1", "&lt;b&gt;")


def test_nothing_starts_by_itself(own, own_page, study):
    before = set(own.engine.jobs.open_keys())
    told = filled(own_page, study)
    assert told["parts-told"]["children"] == "0 of 3 maps made"
    assert told["parts-make"] == {"children": "Make 3 maps", "display": "block"}
    assert [each["classes"] for each in told["parts-source"]["data"]] == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert set(own.engine.jobs.open_keys()) == before


def test_one_map_shows_all_where_a_group_would_hold_every_class(own_page, study):
    told = filled(own_page, study, size="10")
    assert told["parts-words"]["children"].startswith("One map shows all 10 classes")
    assert "display" not in told["parts-make"] or told["parts-make"]["display"] == "none"


def test_confused_classes_come_together(own, own_page, study, digits):
    wrong = own.engine.results.array(study.keys["predictions"], "confusion_test").astype(int)
    np.fill_diagonal(wrong, 0)
    kept = lambda groups: sum(int(wrong[np.ix_(group, group)].sum()) for group in groups)  # noqa: E731
    groups = {
        how: [each["classes"] for each in filled(own_page, study, how=how, size="5")["parts-source"]["data"]]
        for how in ("number", "confused")
    }
    assert kept(groups["confused"]) > kept(groups["number"])


def test_the_maps_are_asked_for_like_the_shown_one_told_of_and_stopped(own, own_page, study):
    make = lambda study: own_page.ask("study.data", "parts-make.n_clicks", **given(study, parts_make__n_clicks=1))  # noqa: E731
    assert make(study)["study"]["data"] != study_data(study)
    study = own.engine.studies.get(study.id)
    parts = fits_of(study.keys)[1:]
    assert [params_of(own.engine, key) for key in parts] == [
        DarkSightParams(temperature=3, classes=classes) for classes in ((0, 1, 2, 3), (4, 5, 6), (7, 8, 9))
    ]
    told = filled(own_page, study)
    assert told["parts-cancel"]["display"] == "block"
    assert told["parts-told"]["children"][0] == "0 of 3 maps made"
    own_page.ask("pulse.n_intervals", "parts-cancel.n_clicks", **given(study, parts_cancel__n_clicks=1))
    assert {own.engine.jobs.get(key).state for key in parts} == {"cancelled"}
    told = filled(own_page, study)
    assert told["parts-told"]["children"] == "0 of 3 maps made; 3 not: stopped on request"
    assert told["parts-make"]["children"] == "Try 3 maps again"
    make(study)
    assert all(own.engine.jobs.get(key).is_open for key in parts)


@pytest.fixture
def parted(own, study):
    """Two of three maps are there."""
    for classes in ((0, 1, 2, 3), (7, 8, 9)):
        study, _ = add_map(own.engine, study, asked=DarkSightParams(temperature=3, classes=classes))
    return study


def test_those_that_are_there_are_drawn_and_what_they_hide_is_counted(own, own_page, parted):
    groups = filled(own_page, parted)["parts-source"]["data"]
    assert [group["there"] for group in groups] == [True, False, True]
    told = own_page.ask("parts.figure", "parts-source.data", **given(parted, parts_source__data=groups))
    figure = told["parts"]["figure"]
    assert len(figure["layout"]["images"]) == 2
    said = own.engine.results.array(parted.keys["predictions"], "probabilities")[N_TRAIN:]
    hidden = [int((said[:, group["classes"]].sum(axis=1) < 0.05).sum()) for group in groups if group["there"]]
    assert [each["text"] for each in figure["layout"]["annotations"]] == [
        f"{classes}<br>KL 0.01000 · {count:,} hidden"
        for classes, count in zip(("0, 1 … 3 (4 classes)", "7, 8, 9"), hidden, strict=True)
    ]
    assert figure["layout"]["annotations"][0]["hovertext"] == "0, 1, 2, 3"
    assert figure["data"][2]["text"] == ["0", "1", "2", "3"]


def test_a_click_on_a_plot_shows_its_map(own_page, parted):
    groups = filled(own_page, parted)["parts-source"]["data"]
    for number, group in ((0, groups[0]), (1, groups[2])):
        told = own_page.ask(
            "darksight-fits.value", "parts.clickData", parts__clickData={"points": [{"curveNumber": number}]},
            parts_source__data=groups,
        )  # fmt: skip
        assert told["darksight-fits"]["value"] == group["key"]


def test_the_figures_of_the_maps_can_be_taken_along(own_page, study, parted):
    def take(study):
        told = given(study, take_parts__n_clicks=1)
        return own_page.ask("darksight-download.data", "take-parts.n_clicks", **told)

    _, *rows = csv.reader(io.StringIO(take(parted)["darksight-download"]["data"]["content"]))
    assert [row[1] for row in rows] == ["0; 1; 2; 3", "7; 8; 9"]
    none = own_page.ask(
        "darksight-download.data", "take-parts.n_clicks", **given(study, size="3", take_parts__n_clicks=1)
    )
    assert "nothing to export" in str(none["toasts"])
