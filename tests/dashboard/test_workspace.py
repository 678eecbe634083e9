"""Which views are shown: what an address names, what is laid out and taken away, what the navigation offers."""

import json

import dash
import pytest

from dashboard import ids
from dashboard.shell import frame
from dashboard.teacher.class_figures import MARKED
from dashboard.views import FIRST, MOST, VIEWS, known_views
from dashboard.workspace import navigation, panes, workspace
from tests.dashboard.components import inside
from tests.dashboard.test_image_table import parts

NAMES = [view.name for view in VIEWS]


def as_sent(layout):
    return json.dumps(layout, default=lambda part: part.to_plotly_json())


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (None, ["teacher"]),
        ("", ["teacher"]),
        ("jobs", ["jobs"]),
        ("jobs,teacher", ["jobs", "teacher"]),
        ("jobs,jobs,nonsense", ["jobs"]),
        ("nonsense,<script>", ["teacher"]),
    ],
)
def test_an_address_names_views_and_the_first_is_shown_when_it_names_none(asked, shown):
    assert known_views(asked) == shown


def test_no_more_views_than_there_is_room_for():
    assert known_views(",".join(NAMES)) == NAMES[:MOST]


def hidden_but(*shown):
    return {name: name not in shown for name in NAMES}


def test_what_is_newly_shown_is_laid_out_and_what_is_no_longer_is_taken_away():
    changes = panes(["jobs"], hidden_but("teacher"))
    assert changes["teacher"] == ([], True)
    laid_out, hidden = changes["jobs"]
    assert not hidden
    assert as_sent(laid_out) == as_sent(VIEWS[NAMES.index("jobs")].layout())


def test_what_stays_is_left_alone():
    """Laid out anew it would lose what was typed in it and where it was scrolled to."""
    changes = panes(["teacher", "jobs"], hidden_but("teacher"))
    assert changes["teacher"] == (dash.no_update, dash.no_update)
    assert changes["jobs"][1] is False
    assert panes(["teacher"], hidden_but("teacher")) == dict.fromkeys(NAMES, (dash.no_update, dash.no_update))


@pytest.mark.parametrize("shown", [FIRST, ("jobs",), ("teacher", "jobs")])
def test_a_page_begins_with_a_place_for_each_view_and_those_of_the_address_laid_out(shown):
    places = {place.id: place for place in workspace(shown).children if hasattr(place, "hidden")}
    assert list(places) == [ids.pane(name) for name in NAMES]
    for name in NAMES:
        assert places[ids.pane(name)].hidden is (name not in shown)
        assert bool(places[ids.pane(name)].children) is (name in shown)


def test_every_view_has_its_two_buttons_and_says_what_for():
    items = {item.id: item.children for item in navigation().children}
    assert list(items) == [ids.nav_item(name) for name in NAMES]
    for view in VIEWS:
        alone, beside = items[ids.nav_item(view.name)]
        assert (alone.id, alone.title) == (ids.nav(view.name), view.purpose)
        assert alone.children[0] == view.title
        assert beside.id == ids.nav_beside(view.name)


def test_all_views_can_stand_on_one_page():
    """No id stands twice on the page, whatever is shown beside what."""
    told = as_sent([view.layout() for view in VIEWS])
    found = [part.split('"', 1)[0] for part in told.split('"id": "')[1:]]
    assert len(found) > 20
    assert sorted(set(found)) == sorted(found)


@pytest.fixture
def show(page):
    """What the server sends when the views that are shown change."""

    def ask(shown, before):
        given = {f"pane_{name}__hidden": name not in before for name in NAMES}
        return page.ask("pane-jobs.hidden", "workspace.data", workspace__data=shown, **given)

    return ask


def test_the_server_sends_only_what_changes(show):
    assert show(["teacher"], ["teacher"]) == {}
    sent = show(["jobs"], ["teacher"])
    assert sent["pane-teacher"] == {"children": [], "hidden": True}
    assert sent["pane-jobs"]["hidden"] is False
    assert list(show(["teacher", "jobs"], ["teacher"])) == ["pane-jobs"]


@pytest.mark.parametrize(
    ("search", "shown"), [("", None), ("?views=teacher", None), ("?study=x&views=jobs", ["jobs"]), ("?views=a", None)]
)
def test_an_address_brings_its_views(page, search, shown):
    found = page.ask("workspace.data", "url.search", url__search=search, workspace__data=["teacher"])
    assert found == ({} if shown is None else {"workspace": {"data": shown}})


def test_what_opens_under_a_button_keeps_what_changes_in_it():
    """Nothing else tells it of changes while it is closed (assets/dropdowns.js)."""
    opening = [part for part in inside(frame(NAMES)) if type(part).__name__ in ("Menu", "Popover")]
    changing = [part for part in opening if any(hasattr(held, "id") for held in inside(part.children[1]))]
    assert changing
    assert all(getattr(part, "keepMounted", False) for part in changing)


def test_a_mark_that_comes_late_finds_something_to_mark():
    """Dash has nothing to patch where a graph has no figure yet."""
    graphs = {part.id: part for part in inside(frame(NAMES)) if type(part).__name__ == "Graph"}
    assert "layout" in graphs["matrix"].figure
    assert all(number < len(graphs["classes"].figure["data"]) for number in MARKED.values())


def test_what_was_set_in_a_view_is_set_again_when_it_comes_back(page):
    there = {"pane_teacher__hidden": False, "pane_jobs__hidden": True}
    left = page.ask(
        "pane-teacher.children", "workspace.data", workspace__data=["jobs"], scatter_method__value="umap", **there
    )
    assert left["kept"]["data"] == {"scatter-method": "umap"}
    there = {"pane_teacher__hidden": True, "pane_jobs__hidden": False}
    told = page.ask(
        "pane-teacher.children", "workspace.data", workspace__data=["teacher"], kept__data=left["kept"]["data"], **there
    )
    laid = {part["props"].get("id"): part["props"] for part in parts(told["pane-teacher"]["children"])}
    assert laid["scatter-method"]["value"] == "umap"
    assert laid["map-n-neighbors-place"]["hidden"] is False  # filled by what is set
    assert laid["scatter-dims"]["value"] == "2"


def test_what_is_kept_of_a_view_is_in_it():
    for view in VIEWS:
        there = {getattr(part, "id", None) for part in inside(frame([view.name]))}
        assert {name for name, _ in view.kept} <= there


MOST_ASKED = {"vae": 5, "student": 10, "teacher": 12, "darksight": 23, "slicer": 5, "library": 9, "jobs": 12}


@pytest.mark.parametrize("view", VIEWS, ids=NAMES)
def test_little_is_asked_when_a_view_comes_back(page, view):
    """A browser asks what each button comes to that is laid out anew, unless all of the answer stays in the view."""
    there = {part.id for part in view.layout()._traverse_ids()}
    asked = []
    for callback in page.dependencies:
        outputs = {name.rpartition(".")[0] for name in callback["output"].strip(".").split("...")}
        inputs = {entry["id"] for entry in callback["inputs"]} & there
        if inputs and not outputs <= there and not callback["clientside_function"]:
            asked.append(sorted(inputs))
    assert len(asked) <= MOST_ASKED[view.name], asked
