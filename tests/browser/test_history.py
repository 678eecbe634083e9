"""Undo and redo: back to what a tab showed, and forward again."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import served
from tests.dashboard.borrowed import own_store
from workers.studies import digits_study

pytestmark = pytest.mark.slow

TEST = list(range(1438, 1797))


@pytest.fixture
def desk(fresh_desk):
    """A tab with nothing to go back to."""
    return fresh_desk


@pytest.fixture
def undo(desk):
    return desk.at("#undo")


@pytest.fixture
def redo(desk):
    return desk.at("#redo")


def test_what_was_shown_comes_back_step_by_step(desk, undo, redo):
    expect(undo).to_be_disabled()
    expect(redo).to_be_disabled()
    desk.at("#wrong-button").click()
    desk.wait_data("selection", "data?.label === 'Wrong in test'")
    wrong = desk.data("selection")
    desk.wait("window.darkroom.grid.ids.length < 359")
    image = desk.grid_ids()[0]
    desk.click_image(image)
    desk.wait_focus(image)
    expect(redo).to_be_disabled()

    undo.click()
    desk.wait_data("focus", "data === null")
    assert desk.data("selection") == wrong
    undo.click()
    desk.wait_grid(TEST)
    assert desk.data("selection") is None
    expect(undo).to_be_disabled()
    desk.wait("!location.search.includes('selection')")

    redo.click()
    desk.wait_data("selection", f"data?.id === '{wrong['id']}'")
    assert desk.data("focus") is None
    redo.click()
    desk.wait_focus(image)
    expect(redo).to_be_disabled()
    expect(undo).to_be_enabled()


def test_the_keys_do_the_same_but_not_while_one_types(desk, undo, redo):
    desk.click_cell(3, 3)
    desk.wait_data("selection", "data?.label === '3, rightly recognised'")
    desk.page.keyboard.press("/")
    expect(desk.at("#focus-index")).to_be_focused()
    desk.page.keyboard.press("Control+z")
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("?")
    expect(desk.at("[role=dialog]").filter(has_text="How to use this page")).to_be_visible()
    desk.page.keyboard.press("Control+z")
    desk.page.keyboard.press("Escape")
    expect(desk.at("[role=dialog]").filter(has_text="How to use this page")).to_be_hidden()
    assert desk.data("selection")["label"] == "3, rightly recognised"

    desk.choose("training-what", "Accuracy")  # the keyboard's focus is in a switch, which is no field to type in
    for back, again in (("Control+z", "Control+Shift+z"), ("Control+z", "Control+y")):
        desk.page.keyboard.press(back)
        desk.wait_framed()
        assert desk.data("selection") is None
        desk.page.keyboard.press(again)
        desk.wait_framed((3, 3))
    expect(redo).to_be_disabled()
    expect(undo).to_be_enabled()


def test_a_walk_is_one_step_and_what_is_new_drops_what_was_ahead(desk, undo, redo):
    desk.js("Date.now = () => 1e12")  # however slow the machine is
    desk.click_image(TEST[0])
    for _ in range(5):
        desk.page.keyboard.press("ArrowRight")
    desk.wait_focus(TEST[5])
    desk.js("Date.now = () => 1e12 + 5000")
    desk.page.keyboard.press("ArrowRight")
    desk.wait_focus(TEST[6])

    # As fast as keys can be pressed: all of the way there, and all of it back.
    desk.page.keyboard.press("Control+z")
    desk.page.keyboard.press("Control+z")
    desk.wait_data("focus", "data === null")
    expect(undo).to_be_disabled()
    desk.page.keyboard.press("Control+y")
    desk.page.keyboard.press("Control+y")
    desk.wait_focus(TEST[6])
    expect(redo).to_be_disabled()

    undo.click()
    desk.wait_focus(TEST[5])
    desk.at("#nav-jobs-beside").click()
    desk.wait_data("workspace", "data.join() === 'teacher,jobs'")
    expect(redo).to_be_disabled()
    undo.click()
    desk.wait_data("workspace", "data.join() === 'teacher'")
    assert desk.data("focus") == TEST[5]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with own_store(tmp_path_factory.mktemp("history"), workers=1, device="cpu") as own:
        yield own


def test_studies_come_back_as_long_as_there_are_any(own, digits, free_desks):
    """Two studies of the same results: the one lacks the map."""
    whole = own.copy_study(digits, "Whole")
    specs = digits_study(teacher={"epochs": 3})
    del specs["embedding"]
    less = own.engine.studies.create("Less", specs)
    with served(own.engine, own.settings.model_copy(update={"worker": False})) as site:
        tab = free_desks(site=site).open(f"/?study={whole.id}")
        tab.at("#study-picker").click()
        tab.page.get_by_role("option", name="Less").click()
        tab.wait_data("study", f"data.id === '{less.id}'")
        tab.at("#wrong-button").click()
        tab.wait_data("selection", "data?.label === 'Wrong in test'")

        tab.at("#undo").click()
        tab.wait_data("selection", "data === null")
        tab.at("#undo").click()
        tab.wait_data("study", f"data.id === '{whole.id}'")
        expect(tab.at("#study-picker")).to_have_value("Whole")
        expect(tab.at("#undo")).to_be_disabled()
        tab.at("#redo").click()
        tab.wait_data("study", f"data.id === '{less.id}'")
        tab.at("#redo").click()
        tab.wait_data("selection", "data?.label === 'Wrong in test'")

        own.engine.studies.delete(less.id)
        tab.beat()
        tab.wait_data("study", f"data.id === '{whole.id}'")
        tab.toast("The study Less has been deleted; the newest is shown.")
        expect(tab.at("#undo")).to_be_disabled()  # nothing but what is shown is left
        expect(tab.at("#redo")).to_be_disabled()
