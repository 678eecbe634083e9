"""The Slicer view, asked over HTTP as the browser does: what it shows, what it asks for, what it lets one take along."""

import base64
import csv
import io
import json

import numpy as np
import pytest
from plotly.io.json import to_json_plotly

from dashboard.asking import ask_for
from dashboard.links import make_selection, study_data
from dashboard.server import build
from dashboard.slicer import ids
from dashboard.slicer.asked import epoch_at, input_choices, inputs_of, shown_of, source_of
from dashboard.slicer.capacity import alike_words, capacity_course, capacity_table, heats_of, likeness, orders_of
from dashboard.slicer.channels import channels_table
from dashboard.slicer.course import Course
from dashboard.slicer.figures import capacity_figure, class_lines, depth_figure, layer_lines, subset_bars, subset_lines
from dashboard.slicer.layers import layers_course
from dashboard.slicer.query import FIELDS, NO_STUDY, slice_now
from dashboard.slicer.subsets import shown_now as subsets_now
from dashboard.slicer.subsets import subsets_table
from dashboard.slicer.training import matrix_course
from tests.dashboard.asking import Page
from workers.slicer_params import SliceParams, SubsetsParams

READY = ["images", "teacher", "predictions", "embedding"]
NUMBERS = tuple(range(1500, 1540))
ASKED = {
    "numbers": NUMBERS, "layers": ("input", "conv1", "conv2", "hidden"), "epochs": (0, 1, 3), "pairs": (("conv1", "conv2"),),
    "channels": (("conv2", 4, 9),),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(own, digits):
    """The digits with a slice and two subsets, in the module's own store."""
    study = own.copy_study(digits)
    for kind, asked in (("slice", SliceParams(**ASKED)), ("subsets", SubsetsParams(per_class=(5, 20, 900), epochs=2))):
        study, key = ask_for(own.engine, study_data(study), kind, asked)
        own._run(own.engine.jobs.spec(key))
    return study


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def shown(own, made):
    return slice_now(own.engine, READY, study_data(made), None)["shown"]


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def only(made, start):
    (key,) = [key for role, key in made.keys.items() if role.startswith(start)]
    return key


def typed(**changed):
    """What the fields of the settings hold, as a callback's states."""
    values = {name: field.shown_default for name, field in FIELDS.items()} | changed
    return {f"{ids.setting(name).replace('-', '_')}__{field.prop}": values[name] for name, field in FIELDS.items()}


# ---- the query ----


def test_there_is_no_net_before_there_is_a_teacher(own_page, made):
    told = own_page.ask(f"{ids.SOURCE}.data", "ready.data", ready__data=["images"], study__data=study_data(made))
    assert (told[ids.SOURCE]["data"], told[ids.QUERY_WORDS]["children"], told[ids.ASK]["disabled"]) == (
        None,
        NO_STUDY,
        True,
    )
    told = own_page.ask(f"{ids.SOURCE}.data", "ready.data", ready__data=READY, study__data=study_data(made))
    source = told[ids.SOURCE]["data"]
    assert (source["epochs"], source["last"], source["count"], source["n_train"]) == ([0, 1, 2, 3], 3, 1797, 1438)
    assert told[ids.ASK]["disabled"] is False


def test_inputs_are_drawn_where_there_are_too_many(own, made):
    study = study_data(made)
    few, of = inputs_of(own.engine, study, "test", None, 100)
    assert (len(few), of, few) == (100, 359, sorted(few))
    assert inputs_of(own.engine, study, "test", None, 100)[0] == few
    labels = own.engine.results.array(made.keys["images"], "labels")
    of_class, _ = inputs_of(own.engine, study, "class-7", None, 1000)
    assert set(labels[of_class].tolist()) == {7}
    assert min(of_class) >= 1438
    of_two, _ = inputs_of(own.engine, study, "classes-6-7", None, 1000)
    assert set(labels[of_two].tolist()) == {6, 7}
    assert input_choices(["a", "b", "c"], 0, "classes-1-2")[-1]["label"] == "Test images of b to c"
    mask = np.isin(np.arange(1797), [5, 9, 1000])
    selection = make_selection(own.engine, made.keys["images"], mask, "three", "test")
    assert inputs_of(own.engine, study, "selection", selection, 1000) == ([5, 9, 1000], 3)
    assert inputs_of(own.engine, study, "train", None, 2000)[1] == 1438
    assert [choice["value"] for choice in input_choices(["a", "b"], 0) if choice.get("disabled")] == ["selection"]


def test_query_asks_for_what_is_cut_out(own, made, own_page):
    study = study_data(made)
    query = {"of": "x", "layers": ["conv1", "conv2"], "epochs": [0, 3], "pairs": [["conv1", "conv2"]], "channels": []}
    given = {
        "slicer_ask__n_clicks": 1, "study__data": study, "slicer_query__data": query, "slicer_inputs__value": "test",
        "slicer_most__value": 50,
    }  # fmt: skip
    told = own_page.ask(f"{ids.CHOSEN}.data", f"{ids.ASK}.n_clicks", **given, **typed(bins=16))
    key = told[ids.CHOSEN]["data"]
    params = own.engine.jobs.get(key).params
    assert (len(params["numbers"]), params["layers"], params["epochs"], params["bins"]) == (
        50,
        ["conv1", "conv2"],
        [0, 3],
        16,
    )
    now = slice_now(own.engine, READY, told["study"]["data"], key)
    assert (now["not_run"], now["cancel"]) == (False, "block")
    assert now["shown"]["key"] == only(made, "slice-")  # the last one stays while a new one is measured
    own_page.ask(
        "pulse.n_intervals", f"{ids.CANCEL}.n_clicks", slicer_cancel__n_clicks=1, study__data=told["study"]["data"],
        slicer_chosen__data=key,
    )  # fmt: skip
    assert own.engine.jobs.get(key).state == "cancelled"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"slicer_most__value": 2}, "Inputs at most must be a whole number, 3 to 5,000"),
        ({"slicer_inputs__value": "selection"}, "A slice needs 3 inputs or more, and these are 0"),
        ({"slicer_set_bins__value": 1}, "marked in red"),
    ],
)
def test_what_cannot_be_asked_is_said(own_page, made, wrong, words):
    query = {"of": "x", "layers": ["conv1"], "epochs": [0], "pairs": [], "channels": []}
    given = {
        "slicer_ask__n_clicks": 1, "study__data": study_data(made), "slicer_query__data": query,
        "slicer_inputs__value": "test", "slicer_most__value": 50, **typed(),
    }  # fmt: skip
    told = own_page.ask(f"{ids.CHOSEN}.data", f"{ids.ASK}.n_clicks", **given | wrong)
    assert words in str(told["toasts"])
    assert ids.CHOSEN not in told
    if "slicer_set_bins__value" in wrong:
        assert told["slicer-set-bins"]["error"]


def test_the_slice_is_shown_with_what_the_panels_need(own, made, shown):
    told = slice_now(own.engine, READY, study_data(made), None)
    assert told["subtitle"] == "Shown: 40 inputs, 4 layers, 3 epochs"
    assert [layer["first"] for layer in shown["layers"]] == [0, 0, 4, 0]
    assert (shown["epochs"], shown["pairs"], shown["n_neighbors"]) == ([0, 1, 3], [["conv1", "conv2"]], 39)
    assert shown == shown_of(own.engine, only(made, "slice-"), study_data(made))
    assert [epoch_at(shown["epochs"], epoch) for epoch in (0, 1, 2, 3, None)] == [0, 1, 1, 2, 2]


# ---- training performance ----


def test_training_is_drawn_at_the_epoch(own, made, own_page):
    source = source_of(own.engine, made.keys)
    given = {"slicer_source__data": source, "slicer_left_deck__value": ids.TRAINING_PANEL, "slicer_epoch__value": 1}
    told = own_page.ask(f"{ids.CURVE}.figure", f"{ids.SOURCE}.data", **given)
    confusion = own.engine.results.array(made.keys["teacher"], "test_confusion")
    cells = told[ids.MATRIX]["figure"]["data"][0]["customdata"]
    drawn = np.frombuffer(base64.b64decode(cells["bdata"]), np.dtype(cells["dtype"]))
    assert drawn.tolist() == confusion[1].ravel().tolist()
    lines = told[ids.GIVEN_LABEL]["figure"]["data"]
    assert len(lines) == 10
    assert len(told[ids.CLASSES]["children"]) == 10
    assert confusion.shape == (4, 10, 10)
    nothing = own_page.ask(
        f"{ids.CURVE}.figure", f"{ids.SOURCE}.data", **given | {"slicer_source__data": source | {"last": 0}}
    )
    assert "nothing was trained here" in nothing[ids.TRAINING_WORDS]["children"]


def test_a_class_without_answers_is_a_gap():
    values = np.array([[0.5, np.nan], [np.nan, 1.0], [0.2, 0.1]])
    figure = class_lines(values, ["a", "b"], ["#111111", "#222222"], "bits")
    assert not figure.data[0].connectgaps
    assert np.isnan(figure.data[0].y[1])


@pytest.mark.parametrize(("graph", "words"), [(ids.GIVEN_LABEL, "true 4"), (ids.GIVEN_PREDICTED, "taken for 4")])
def test_a_line_selects_its_class(own, made, own_page, graph, words):
    source = source_of(own.engine, made.keys)
    clicked = {f"{graph.replace('-', '_')}__clickData": {"points": [{"customdata": 4}]}}
    told = own_page.ask(
        "selection.data", f"{graph}.clickData", study__data=study_data(made), slicer_source__data=source, **clicked
    )
    selection = told["selection"]["data"]
    key, array = (
        (made.keys["images"], "labels") if graph == ids.GIVEN_LABEL else (made.keys["predictions"], "predicted")
    )
    wanted = (own.engine.results.array(key, array)[1438:] == 4).sum()
    assert (selection["label"], selection["count"], selection["origin"]) == (words, wanted, "slicer")


# ---- layers ----


def test_layers_are_drawn_over_depth_and_over_epochs(own, shown):
    values = own.engine.results.array(shown["key"], "inter")
    depth = depth_figure(values, shown["layers"], shown["epochs"], 1, "bits")
    assert [trace.line.width for trace in depth.data] == [1, 3, 1]
    assert depth.data[1].y.tolist() == pytest.approx(values[:, 1].tolist())
    lines = layer_lines(values, shown["layers"], shown["epochs"], 2, "bits")
    assert [trace.name for trace in lines.data] == ["input", "conv1", "conv2", "hidden"]
    assert lines.data[2].y.tolist() == pytest.approx(values[2].tolist())


def test_one_epoch_has_no_course(own_page, shown):
    given = {
        "slicer_top_deck__value": ids.LAYERS_PANEL,
        "slicer_layers_over__value": "epochs",
        "slicer_layers_in__value": "inter",
    }
    one = shown | {"epochs": [3]}
    told = own_page.ask(f"{ids.LAYERS_GRAPH}.figure", f"{ids.LAYERS_OVER}.value", slicer_shown__data=one, **given)
    assert "One epoch was asked for" in told[ids.LAYERS_WORDS]["children"]
    told = own_page.ask(f"{ids.LAYERS_GRAPH}.figure", f"{ids.LAYERS_OVER}.value", slicer_shown__data=shown, **given)
    assert told[f"{ids.LAYERS_PANEL}-subtitle"]["children"] == "40 inputs, k = 39, epoch 3"


def test_a_layer_without_channels_says_so(own_page, shown):
    click = lambda name: {"slicer_layers_graph__clickData": {"points": [{"customdata": [name, 3]}]}}  # noqa: E731
    told = own_page.ask(
        f"{ids.LAYER}.value", f"{ids.LAYERS_GRAPH}.clickData", slicer_shown__data=shown, **click("hidden")
    )
    assert "The layer hidden has no channels of feature maps" in str(told["toasts"])
    told = own_page.ask(
        f"{ids.LAYER}.value", f"{ids.LAYERS_GRAPH}.clickData", slicer_shown__data=shown, **click("conv2")
    )
    assert told[ids.LAYER]["value"] == "conv2"


# ---- capacity ----


def test_heat_maps_stand_side_by_side_on_one_scale(own, shown):
    heats, most = heats_of(own.engine, shown, [0], [0, 2], "most", True)
    whole = own.engine.results.array(shown["key"], "capacity-0")
    assert [heat.title for heat in heats] == [
        "conv1 → conv2, epoch 0", "conv1 → conv2, epoch 3", "null of conv1 → conv2, epoch 0",
    ]  # fmt: skip
    assert most == pytest.approx(max(whole[0].max(), whole[2].max()))
    assert sorted(heats[0].columns.tolist()) == [4, 5, 6, 7, 8, 9]  # as the layer numbers them
    figure = capacity_figure(heats, most)
    assert len(figure.data) == 3
    drawn = np.array(figure.data[1].z)
    assert drawn[0, 0] == pytest.approx(whole[2][heats[1].rows[0], heats[1].columns[0] - 4])
    assert figure.layout.coloraxis.cmax == pytest.approx(most)
    assert figure.data[0].customdata[2, 1].tolist() == [heats[0].rows[1], heats[0].columns[2]]


def test_orders_of_filters():
    values = np.array([[0.1, 0.9], [0.3, 0.2], [0.2, 0.7]])
    assert [order.tolist() for order in orders_of(values, "number")] == [[0, 1, 2], [0, 1]]
    assert [order.tolist() for order in orders_of(values, "most")] == [[0, 2, 1], [1, 0]]
    assert [order.tolist() for order in orders_of(values, "mean")] == [[0, 2, 1], [1, 0]]
    rows_alike, _ = orders_of(np.array([[1, 2, 3.0], [3, 2, 1.0], [1, 2.1, 3.0]]), "alike")
    assert abs(rows_alike.tolist().index(0) - rows_alike.tolist().index(2)) == 1


def test_filters_that_are_nearly_the_same_are_named(own, shown):
    heats, _ = heats_of(own.engine, shown, [0], [2], "number", False)
    values = np.random.default_rng(0).random((20, 6))
    values[7] = 1.1 * values[2] + 0.01
    told = str(alike_words(heats[0], values))
    assert "conv1, nearly the same" in told
    assert "2 and 7" in told
    assert likeness(values)[2, 7] == pytest.approx(1)
    assert likeness(np.ones((2, 3))).tolist() == [[0, 0], [0, 0]]


def test_a_cell_shows_both_filters(own_page, shown):
    told = own_page.ask(
        f"{ids.PICKED}.data", f"{ids.CAPACITY_GRAPH}.clickData", slicer_shown__data=shown,
        slicer_capacity_graph__clickData={"points": [{"curveNumber": 1, "customdata": [3, 7]}]},
        slicer_capacity_pairs__value=["conv1 → conv2"], slicer_capacity_epochs__value=[], slicer_capacity_null__checked=True,
    )  # fmt: skip
    assert told[ids.PICKED]["data"] == {"of": shown["key"], "filters": [["conv1", 3], ["conv2", 7]]}
    told = own_page.ask(f"{ids.LOW_DECK}.value", f"{ids.PICKED}.data", slicer_picked__data=told[ids.PICKED]["data"])
    assert told[ids.LOW_DECK]["value"] == ids.MAPS_PANEL


# ---- figures over the epochs ----


def whole(drawn):
    """What is drawn, as the browser gets it, without where the other epochs are."""
    told = json.loads(to_json_plotly(drawn))
    told["figure"]["layout"].pop("meta", None)
    return told


@pytest.mark.parametrize("panel", ["matrix", "layers", "capacity"])
def test_the_browser_gets_the_figures_of_all_epochs(own, made, own_page, shown, panel):
    course = {
        "matrix": matrix_course(own.engine, made.keys["teacher"], made.keys["images"]),
        "layers": layers_course(own.engine, shown["key"], "depth", "inter"),
        "capacity": capacity_course(own.engine, shown["key"], [0], "alike", True),
    }[panel]
    first = course.first(None)
    meta = first["figure"].layout.meta
    assert meta["at"] == len(course.epochs) - 1
    assert meta["course"]["epochs"] == ([0, 1, 2, 3] if panel == "matrix" else [0, 1, 3])
    response = own_page.client.get(f"{meta['course']['address']}&block=0")
    assert response.mimetype == "application/json"
    assert response.cache_control.immutable
    figures = response.get_json()
    assert figures == [whole(course.first(epoch)) for epoch in course.epochs]
    if panel == "layers":
        assert figures[1]["words"][f"{ids.LAYERS_PANEL}-subtitle"].endswith("epoch 1")
    again = own_page.client.get(
        f"{meta['course']['address']}&block=0", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304


def test_large_figures_come_one_by_one():
    large = Course("capacity", {}, range(10), 512 * 512 * 2, lambda at: {"figure": at})
    assert (large.block, json.loads(large.block_json(3))) == (1, [{"figure": 3}])
    some = large._replace(cells=12_000)
    assert [len(json.loads(some.block_json(number))) for number in range(3)] == [4, 4, 2]


@pytest.mark.parametrize(
    "address", ["matrix.json?block=0", "other.json", "capacity.json?key=x&pairs=a&order=most&null=1"]
)
def test_an_address_without_figures_says_so(own_page, address):
    response = own_page.client.get(f"/course/{address}")
    assert (response.status_code, response.text) == (404, "There are no figures at this address.\n")


# ---- subsets ----


def test_subsets_are_shown_and_what_is_left_out_is_said(own, made):
    told = subsets_now(own.engine, READY, study_data(made), "bits", None)
    assert "left out: 900 a class" in told["subtitle"]
    entropies = own.engine.results.array(only(made, "subsets-"), "entropies")
    bars = subset_bars(entropies, [5, 20], normalized=False)
    assert bars.data[0].y.tolist() == pytest.approx(entropies[:, 0].tolist())
    lines = subset_lines(
        own.engine.results.array(only(made, "subsets-"), "test_accuracy"), [5, 20], "accuracy", share=True
    )
    assert [trace.name for trace in lines.data] == ["5 a class", "20 a class"]


def test_sizes_are_read_as_they_are_typed(own, made, own_page):
    def asked(sizes):
        return own_page.ask(
            f"{ids.SUBSETS_CHOSEN}.data", f"{ids.SUBSETS_MAKE}.n_clicks", slicer_subsets_make__n_clicks=1,
            study__data=study_data(made), slicer_subsets_set_per_class__value=sizes, slicer_subsets_set_epochs__value=3,
            slicer_subsets_set_n_neighbors__value=50, slicer_subsets_set_seed__value=0,
        )  # fmt: skip

    assert asked("5, ten")["slicer-subsets-set-per-class"]["error"] == "ten is no whole number"
    assert asked("")["slicer-subsets-set-per-class"]["error"] == "name a number or more"
    key = asked("30, 10")[ids.SUBSETS_CHOSEN]["data"]
    assert own.engine.jobs.get(key).params["per_class"] == [10, 30]
    own.engine.jobs.cancel(key)


# ---- what is taken along ----


def test_everything_can_be_taken_along(own, made, shown):
    engine, key = own.engine, shown["key"]
    table = rows(capacity_table(engine, shown))
    assert len(table) == 1 + 3 * 20 * 6
    assert table[1][:5] == ["conv1", "0", "conv2", "4", "0"]
    assert float(table[1][5]) == pytest.approx(float(engine.results.array(key, "capacity-0")[0, 0, 0]))
    table = rows(channels_table(engine, shown))
    assert len(table) == 1 + 3 * 11 * (1 + 20 + 6)
    assert {row[0] for row in table[1:]} == {"input", "conv1", "conv2"}
    table = rows(subsets_table(engine, only(made, "subsets-")))
    assert len(table) == 1 + 2 * 3
    assert (table[1][0], table[-1][0]) == ("5", "20")


def test_the_tables_come_as_files(own, made, own_page, shown):
    source = source_of(own.engine, made.keys)
    given = {"slicer_shown__data": shown, "slicer_source__data": source, "study__data": study_data(made)}
    for button in (
        "take-slicer-training",
        "take-slicer-layers",
        "take-slicer-capacity",
        "take-slicer-channels",
        "take-slicer-subsets",
    ):
        click = {f"{button.replace('-', '_')}__n_clicks": 1}
        told = own_page.ask(f"{ids.DOWNLOAD}.data", f"{button}.n_clicks", **given, **click)
        assert told[ids.DOWNLOAD]["data"]["filename"].endswith(".csv")
        told = own_page.ask(f"{ids.DOWNLOAD}.data", f"{button}.n_clicks", **click)
        assert "There is nothing to export before" in str(told["toasts"])


def test_the_page_has_d3_to_pack_circles_with(own_page):
    response = own_page.client.get("/d3.js")
    assert (response.status_code, response.mimetype) == (200, "text/javascript")
    assert b"d3js.org" in response.data[:200]
