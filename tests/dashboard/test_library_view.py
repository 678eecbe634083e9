"""The Library view, asked over HTTP as the browser does: libraries, confusions, the flow chart of the net."""

import csv
import io

import numpy as np
import pytest

from dashboard.asking import ask_for
from dashboard.library import ids
from dashboard.library.asked import NO_STUDY, mask_of_rows, rows_of, set_at
from dashboard.library.confusion import confusion_table, scale_of
from dashboard.library.figures import confusions_figure, libraries_figure, net_figure
from dashboard.library.libraries import FIELDS, NOT_NUMBERS, libraries_now, sets_in
from dashboard.library.net import agreed_by_class, lost_words, net_table
from dashboard.links import make_selection, mask_of, study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from workers.library_params import LibraryParams

READY = ["images", "teacher", "predictions", "embedding"]


@pytest.fixture(scope="module")
def made(own, digits):
    """The digits with libraries of two layers, in the module's own store."""
    asked = LibraryParams(layers=("hidden", "output"), n_images=300)
    study, key = ask_for(own.engine, study_data(own.copy_study(digits)), "library", asked)
    own._run(own.engine.jobs.spec(key))
    return study


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def shown(own, made):
    return libraries_now(own.engine, READY, study_data(made), None)["shown"]


@pytest.fixture
def said(own, shown):
    """What the libraries of the usual set answer (L, n), and what the net does (n,)."""
    tested = own.engine.results.array(shown["key"], "tested")
    answers = own.engine.results.array(shown["key"], "answers")[shown["usual"]]
    return answers, own.engine.results.array(shown["predictions"], "predicted")[tested]


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def typed(**changed):
    """What the fields of the settings hold, as a callback's states."""
    values = {name: field.shown_default for name, field in FIELDS.items()} | changed
    return {f"{ids.setting(name).replace('-', '_')}__{field.prop}": values[name] for name, field in FIELDS.items()}


def test_there_are_no_libraries_before_there_is_a_teacher(own, made):
    told = libraries_now(own.engine, ["images"], study_data(made), None)
    assert (told["shown"], told["words"], told["cannot"]) == (None, NO_STUDY, True)


def test_what_is_made_is_shown(own, made, shown, own_page):
    assert [layer["name"] for layer in shown["layers"]] == ["hidden", "output"]
    assert (set_at(shown, None), set_at(shown, 99), set_at(shown, 0)) == (shown["usual"], shown["n_sets"] - 1, 0)
    told = own_page.ask(f"{ids.SET}.value", f"{ids.SHOWN}.data", library_shown__data=shown, library_set__value=None)
    assert (told[ids.SET]["max"], told[ids.SET]["value"]) == (shown["n_sets"] - 1, shown["usual"])
    told = own_page.ask(f"{ids.SET_SAID}.children", f"{ids.SET}.value", library_shown__data=shown, library_set__value=0)
    most = max(shown["sizes"][0])
    assert told[ids.SET_SAID]["children"] == f"{most} examples a layer, {most / 300:.1%} of the images"


def test_sizes_and_agreements_are_drawn(own, shown):
    agreement = own.engine.results.array(shown["key"], "agreement")
    figure = libraries_figure(shown, agreement, shown["usual"])
    assert len(figure.data) == 2 * 3
    np.testing.assert_array_equal(figure.data[3].y, np.array(shown["sizes"])[:, 1])
    assert figure.data[0].customdata == tuple(range(shown["n_sets"]))


def test_libraries_are_asked_for_by_what_is_typed(own, made, own_page):
    given = {
        "library_make__n_clicks": 1,
        "study__data": study_data(made),
        "library_layers__value": ["hidden", "output"],
    }
    told = own_page.ask(
        f"{ids.CHOSEN}.data", f"{ids.MAKE}.n_clicks", **given, library_thresholds__value="0.7 0.8\n\n0.8, 0.9",
        **typed(n_images=100),
    )  # fmt: skip
    params = own.engine.jobs.get(told[ids.CHOSEN]["data"]).params
    assert (params["thresholds"], params["n_images"]) == ([[0.7, 0.8], [0.8, 0.9]], 100)
    own.engine.jobs.cancel(told[ids.CHOSEN]["data"])
    told = own_page.ask(
        f"{ids.CHOSEN}.data", f"{ids.MAKE}.n_clicks", **given, library_thresholds__value="0.7 x", **typed()
    )
    assert told[ids.THRESHOLDS]["error"] == NOT_NUMBERS
    told = own_page.ask(
        f"{ids.CHOSEN}.data", f"{ids.MAKE}.n_clicks", **given, library_thresholds__value="", **typed(n_images=3)
    )
    assert told[ids.setting("n_images")]["error"] == "must be at least 10"
    assert (sets_in("0.5 1.5"), sets_in(""), sets_in("1")) == (None, [], [[1.0]])


def test_the_selection_is_what_of_it_was_tested(own, made, shown):
    mask = np.isin(np.arange(1797), [3, 1500, 1501])
    selection = make_selection(own.engine, made.keys["images"], mask, "three", "test")
    found = rows_of(own.engine, shown, study_data(made), "selection", selection)
    np.testing.assert_array_equal(np.flatnonzero(mask_of_rows(own.engine, shown, found)), [1500, 1501])
    assert len(rows_of(own.engine, shown, study_data(made), "all", selection)) == 359
    assert len(rows_of(own.engine, shown, study_data(made), "selection", None)) == 0


def test_a_cell_of_the_confusion_selects_the_images_behind_it(own, made, shown, said, own_page):
    answers, net = said
    layer = 0
    wrong = np.flatnonzero(answers[layer] != net)
    says, said_by_net = int(answers[layer][wrong[0]]), int(net[wrong[0]])
    told = own_page.ask(
        "selection.data", f"{ids.CONFUSION_GRAPH}.clickData", library_shown__data=shown, library_set__value=None,
        study__data=study_data(made),
        library_confusion_graph__clickData={"points": [{"customdata": layer, "x": str(says), "y": str(said_by_net)}]},
    )  # fmt: skip
    selection = told["selection"]["data"]
    wanted = mask_of_rows(own.engine, shown, (answers[layer] == says) & (net == said_by_net))
    np.testing.assert_array_equal(mask_of(own.engine, selection), wanted)
    assert selection["label"] == f"hidden says {says}, the net {said_by_net}"


def test_confusions_are_drawn_on_one_scale_without_their_diagonal(own, shown):
    index = own.engine.results.array(shown["key"], "confusion-0")[2, 0]
    figure = confusions_figure([index, index], ["a", "b"], shown["names"], scale_of([index, index]))
    drawn = np.array(figure.data[1].z)
    assert np.isnan(np.diag(drawn)).all()
    assert figure.data[0].zmax == figure.data[1].zmax <= np.nanmax(np.where(np.eye(10), 0, index))
    table = rows(confusion_table(own.engine, shown))
    assert len(table) == 1 + 2 * shown["n_sets"] * 3 * 100
    assert scale_of([np.full((3, 3), np.nan)]) == 1


def test_the_flow_chart_knows_what_each_layer_knows(own, made, shown, said, own_page):
    answers, net = said
    shares = agreed_by_class(answers, net, 10)
    for layer, label in ((0, 3), (1, 8)):
        assert shares[layer, label] == pytest.approx((answers[layer][net == label] == label).mean())
    assert np.isnan(agreed_by_class(np.zeros((1, 2), int), np.zeros(2, int), 3)[0]).tolist() == [False, True, True]
    words = lost_words(np.array([[0.9, 0.5], [0.6, 0.5], [1.0, 0.25]]), ["a", "b", "c"], ["x", "y"])
    assert words == "b loses x (30%), c loses y (25%)"
    assert lost_words(np.ones((2, 2)), ["a", "b"], ["x", "y"]) == "no layer loses a class that the one before it knew"
    figure = net_figure(shares, ["hidden", "output"], shown["names"], [0.5, 0.9])
    assert figure.data[0].z.shape == (2, 10)
    layer, label = map(int, np.argwhere(shares < 1)[0])
    told = own_page.ask(
        "selection.data", f"{ids.NET_GRAPH}.clickData", library_shown__data=shown, library_set__value=None,
        study__data=study_data(made), library_net_graph__clickData={"points": [{"x": label, "y": layer}]},
    )  # fmt: skip
    wanted = mask_of_rows(own.engine, shown, (net == label) & (answers[layer] != label))
    np.testing.assert_array_equal(mask_of(own.engine, told["selection"]["data"]), wanted)
    assert len(rows(net_table(own.engine, shown))) == 1 + shown["n_sets"] * 2 * 10


def test_a_table_has_a_row_a_set_and_layer(shown, own_page):
    told = own_page.ask(
        f"{ids.DOWNLOAD}.data",
        f"{ids.TABLE_LIBRARIES}.n_clicks",
        take_library_libraries__n_clicks=1,
        library_shown__data=shown,
    )
    table = rows(told[ids.DOWNLOAD]["data"]["content"])
    assert table[0] == ["set", "layer", "threshold", "examples", "agreement_best_1", "agreement_best_of_3"]
    assert len(table) == 1 + 2 * shown["n_sets"]
