"""The decision flow of the Library view, held against paths that are counted one by one."""

import csv
import io
import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.asking import ask_for
from dashboard.library import ids
from dashboard.library.asked import shown_of
from dashboard.library.flow import (
    NO_SELECTION,
    NOT_YET,
    flow_table,
    left_words,
    on_path,
    own_of,
    path_words,
)
from dashboard.library.flow_figure import MOST_SECTORS, STRONG, least_of, links_of, paths_of, sankey_figure, sectors_of
from dashboard.library.net import NO_IMAGES, answers_of
from dashboard.links import make_selection, mask_of, study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from workers.library_params import LibraryParams


@pytest.fixture(scope="module")
def made(own, digits):
    """The digits with libraries, in the module's own store."""
    asked = LibraryParams(layers=("conv1", "hidden", "output"), n_images=300, n_tested=200)
    study, key = ask_for(own.engine, study_data(own.copy_study(digits)), "library", asked)
    own._run(own.engine.jobs.spec(key))
    return study


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def study(made):
    return study_data(made)


@pytest.fixture
def shown(own, made, study):
    (key,) = [key for role, key in made.keys.items() if role.startswith("library-")]
    return shown_of(own.engine, key, study)


@pytest.fixture
def ways(own, shown):
    """The path of each tested image at the usual thresholds, (n, L + 1)."""
    tested = own.engine.results.array(shown["key"], "tested")
    answers = own.engine.results.array(shown["key"], "answers")[shown["usual"]]
    return np.vstack([answers, own.engine.results.array(shown["predictions"], "predicted")[tested]]).T


@pytest.fixture
def asked(shown, study):
    """What the panel's callbacks are given."""
    return {
        "library_shown__data": shown, "library_set__value": shown["usual"], "library_scope__value": "all",
        "library_flow_way__value": "burst", "study__data": study,
    }  # fmt: skip


def counted(ways):
    """How often each beginning of a path is gone."""
    return Counter(tuple(way[:depth].tolist()) for way in ways for depth in range(1, len(way) + 1))


def beginnings(sectors):
    """The beginning of a path that each sector stands for, with its images."""
    known: dict[int, tuple[int, ...]] = {0: ()}
    for number, (parent, label) in enumerate(zip(sectors.parents, sectors.classes, strict=True), 1):
        known[number] = (*known[int(parent)], int(label))
    return dict(zip(list(known.values())[1:], sectors.counts.tolist(), strict=True))


# ---- paths ----


@given(st.integers(1, 4), st.integers(1, 60), st.integers(2, 5), st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_sectors_are_the_beginnings_of_paths(n_layers, n_images, n_classes, seed, most):
    random = np.random.default_rng(seed)
    answers, net = random.integers(0, n_classes, (n_layers, n_images)), random.integers(0, n_classes, n_images)
    ways = np.vstack([answers, net]).T
    paths, wanted = paths_of(answers, net), counted(ways)
    assert Counter({tuple(way.tolist()): int(count) for way, count in zip(*paths, strict=True)}) == Counter(
        map(tuple, ways.tolist())
    )
    assert (np.diff(paths.counts) <= 0).all()
    assert beginnings(sectors_of(paths)) == wanted
    few = sectors_of(paths, most)
    assert len(few.counts) <= most
    assert beginnings(few) == {begin: count for begin, count in wanted.items() if count >= few.least}
    links, _ = links_of(paths, n_classes)
    for step, one, other in np.ndindex(*links.shape):
        assert links[step, one, other] == np.sum((ways[:, step] == one) & (ways[:, step + 1] == other))


def test_the_fewest_that_are_drawn():
    assert least_of(np.array([5, 1, 3]), 3) == 1
    assert least_of(np.array([5, 1, 3]), 2) == 2
    assert least_of(np.array([1, 1, 1]), 2) == 2  # of several alike, all or none
    assert (left_words("links", 1), left_words("links", 3)) == ("", "; links of fewer than 3 images are left out")


def test_what_the_browser_is_sent_is_small():
    random = np.random.default_rng(0)
    ways = random.integers(0, 100, (9, 10_000))
    ways[1:5] = ways[0]
    sectors = sectors_of(paths_of(ways[:-1], ways[-1]))
    assert 0 < len(sectors.counts) <= MOST_SECTORS
    assert len(json.dumps(np.stack(sectors[:3], axis=1).tolist())) < 50_000


def test_paths_have_names(shown):
    assert path_words(shown, [4]) == "conv1 4"
    assert path_words(shown, [4, 9, 9, 9]) == "conv1 4, hidden to output 9, answer 9"
    assert path_words(shown, [4, 9, 2, 1]) == "conv1 4, hidden 9, … answer 1"
    assert path_words(shown, [None, 9, 9]) == "hidden to output 9"


# ---- the panel ----


def test_there_are_no_paths_before_there_are_libraries(own_page, asked):
    told = own_page.ask(f"{ids.FLOW_PATHS}.data", f"{ids.SET}.value", **asked | {"library_shown__data": None})
    assert (told[ids.FLOW_PATHS]["data"], told[ids.FLOW_WORDS]["children"]) == (None, NOT_YET)


def test_all_paths_of_a_set_are_drawn(own_page, asked, ways, shown):
    for at in (0, shown["usual"]):
        told = own_page.ask(f"{ids.FLOW_PATHS}.data", f"{ids.SET}.value", **asked | {"library_set__value": at})
        sent = told[ids.FLOW_PATHS]["data"]
        assert (sent["at"], sent["total"], sent["steps"]) == (at, 200, ["conv1", "hidden", "output", "answer"])
    assert sorted(count for _, _, count in sent["sectors"]) == sorted(counted(ways).values())
    n_paths = len(np.unique(ways, axis=0))
    assert told[f"{ids.FLOW_PANEL}-subtitle"]["children"] == f"200 test images, {n_paths} paths"
    assert told[ids.FLOW_BURST]["style"] == {}


def test_a_selection_has_paths_of_its_own(own, own_page, asked, shown, ways):
    tested = own.engine.results.array(shown["key"], "tested")
    asked |= {"library_scope__value": "selection"}
    told = own_page.ask(f"{ids.FLOW_PATHS}.data", f"{ids.SCOPE}.value", **asked)
    assert told[ids.FLOW_WORDS]["children"] == NO_SELECTION
    for chosen, words in (([0, 1], NO_IMAGES), ([0, *tested[:5]], "")):
        mask = np.isin(np.arange(1797), chosen)
        selection = make_selection(own.engine, shown["images"], mask, "some", "test")
        told = own_page.ask(f"{ids.FLOW_PATHS}.data", f"{ids.SCOPE}.value", **asked | {"selection__data": selection})
        assert told[ids.FLOW_WORDS]["children"] == words
    sent = told[ids.FLOW_PATHS]["data"]
    assert (sent["total"], len(sent["sectors"])) == (5, len(counted(ways[:5])))


def test_a_click_selects_the_images_whose_path_begins_so(own, own_page, asked, shown, ways):
    tested = own.engine.results.array(shown["key"], "tested")
    for path in (ways[7][:1].tolist(), ways[7][:3].tolist(), ways[7].tolist()):
        given = asked | {"library_flow_picked__data": {"path": path, "turn": 1}}
        told = own_page.ask("selection.data", f"{ids.FLOW_PICKED}.data", **given)["selection"]["data"]
        chosen = np.flatnonzero(mask_of(own.engine, told))
        np.testing.assert_array_equal(
            chosen, [number for number, way in zip(tested, ways, strict=True) if way[: len(path)].tolist() == path]
        )
        assert (told["label"], told["origin"], told["by_outcome"]) == (path_words(shown, path), "library", True)
        assert told["flow"] == {"key": shown["key"], "at": shown["usual"], "path": path}
    answers, net = answers_of(own.engine, shown, shown["usual"], np.arange(200))
    nowhere = next([one, other] for one, other in np.ndindex(10, 10) if not on_path(answers, net, [one, other]).any())
    told = own_page.ask(
        "selection.data", f"{ids.FLOW_PICKED}.data", **asked | {"library_flow_picked__data": {"path": nowhere}}
    )
    assert "There is no image any more" in str(told["toasts"])
    assert "selection" not in told


def test_nodes_and_links_of_the_sankey_diagram_select_too(own, own_page, asked, shown, ways):
    asked |= {"library_flow_way__value": "sankey"}
    own_path = {"number": 1, "path": ways[3].tolist()}
    told = own_page.ask(f"{ids.FLOW_SANKEY}.figure", f"{ids.FLOW_WAY}.value", **asked, library_flow_own__data=own_path)
    figure = told[ids.FLOW_SANKEY]["figure"]["data"][0]
    marked = [at for at, colour in enumerate(figure["link"]["color"]) if colour.endswith(STRONG)]
    assert [figure["link"]["customdata"][at] for at in marked] == [
        f"{step} {ways[3][step]} {ways[3][step + 1]}" for step in range(3)
    ]
    node = figure["node"]["customdata"].index(f"hidden {ways[3][1]}")
    for point, wanted in (
        ({"pointNumber": node, "depth": 1, "customdata": f"hidden {ways[3][1]}"}, [1]),
        ({"pointNumber": 0, "customdata": f"2 {ways[3][2]} {ways[3][3]}"}, [2, 3]),
    ):
        clicked = {"points": [point]}
        told = own_page.ask(
            "selection.data", f"{ids.FLOW_SANKEY}.clickData", **asked, library_flow_sankey__clickData=clicked
        )
        assert told["selection"]["data"]["count"] == np.sum((ways[:, wanted] == ways[3][wanted]).all(axis=1))


def test_a_node_is_as_large_as_it_has_images(shown, ways):
    counts, least = links_of(paths_of(ways[:, :-1].T, ways[:, -1]), 10)
    assert least == 1
    sankey: Any = sankey_figure(counts, shown, None).data[0]
    through = Counter()
    for target, value in zip(sankey.link["target"], sankey.link["value"], strict=True):
        through[sankey.node.customdata[target]] += value
    for step, name in enumerate(("hidden", "output", "answer"), 1):
        for label in np.unique(ways[:, step]):
            assert through[f"{name} {label}"] == np.sum(ways[:, step] == label)
    assert (np.array(sankey.node.x) > 0).all()
    assert (np.array(sankey.node.y) > 0).all()
    assert (np.array(sankey.node.y) < 1).all()


def test_the_focused_image_has_its_path_if_it_was_tested(own, own_page, asked, shown, ways):
    tested = own.engine.results.array(shown["key"], "tested")
    told = own_page.ask(f"{ids.FLOW_OWN}.data", "focus.data", **asked, focus__data=int(tested[9]))
    assert told[ids.FLOW_OWN]["data"] == {"number": tested[9], "path": ways[9].tolist()}
    assert own_of(own.engine, shown, 0, 3) is None  # a training image
    assert own_of(own.engine, shown, 0, None) is None


def test_paths_are_taken_along(own_page, asked, shown, ways):
    click = {"take_library_flow__n_clicks": 1}
    told = own_page.ask(f"{ids.DOWNLOAD}.data", f"{ids.TABLE_FLOW}.n_clicks", **asked, **click)
    header, *lines = csv.reader(io.StringIO(told[ids.DOWNLOAD]["data"]["content"]))
    assert header == ["conv1", "hidden", "output", "answer", "images", "share"]
    assert sum(int(line[4]) for line in lines) == 200
    assert {tuple(line[:4]): int(line[4]) for line in lines} == Counter(tuple(map(str, way)) for way in ways.tolist())
    assert flow_table(paths_of(ways[:, :-1].T, ways[:, -1]), shown) == told[ids.DOWNLOAD]["data"]["content"]
    told = own_page.ask(f"{ids.DOWNLOAD}.data", f"{ids.TABLE_FLOW}.n_clicks", **click)
    assert "There is nothing to export before" in str(told["toasts"])
