"""The images of the selection: in which order and groups they stand, what hovering tells other views, and their table."""

import numpy as np
import pytest
from playwright.sync_api import expect

N_TRAIN = 1438
TEST = list(range(N_TRAIN, 1797))


def in_order(values, ids=TEST, descending=False):
    return sorted(ids, key=lambda image: (-values[image] if descending else values[image], image))


def test_images_stand_in_an_order_and_in_groups(desk, arrays, ids_of):
    desk.arrange("grid-sort", "Margin")
    desk.wait_grid(in_order(arrays("margin")))
    desk.sees("#grid-panel-subtitle", "All test images: 359 of 1,797 · by margin")
    desk.arrange("grid-sort", "Entropy")
    desk.arrange("grid-direction", "Descending")
    desk.wait_grid(in_order(arrays("entropy"), descending=True))
    desk.arrange("grid-group", "Right or wrong")
    wrong = in_order(arrays("entropy"), ids_of(), descending=True)
    right = in_order(arrays("entropy"), set(TEST) - set(wrong), descending=True)
    desk.wait_grid(wrong + right)
    assert desk.js("window.darkroom.grid.tiles.sections.map(({name, count}) => [name, count])") == [
        ["Wrong", len(wrong)], ["Right", len(right)],
    ]  # fmt: skip
    desk.page.keyboard.press(
        "Escape"
    )  # closes what they are arranged by, and gives its button the focus when it is gone
    expect(desk.at("#grid-sort")).to_be_hidden()
    # The keyboard walks across the groups, and they stay while the selection changes.
    desk.at("#grid").focus()
    desk.page.keyboard.press("End")
    desk.wait_focus(right[-1])
    desk.click_image(right[-1])
    desk.page.keyboard.press("Home")
    desk.wait_focus(wrong[0])
    for _ in wrong:
        desk.page.keyboard.press("ArrowRight")
    desk.wait_focus(right[0])
    assert "Right" in desk.at("#grid [role=option]").inner_text()
    desk.at("#wrong-button").click()
    desk.wait_grid(wrong)


TELL_MAP = """async (map) => {
    if (map) map.places = await window.darkroom.array(map.key, 'places');
    window.darkroom.mapPlaces = map;
    window.dispatchEvent(new CustomEvent('darkroom-map'));
}"""


def test_images_stand_by_their_distance_in_the_map(desk, digits, arrays):
    desk.js(TELL_MAP, None)
    desk.page.get_by_role("button", name="Order and groups").click()
    expect(desk.page.get_by_text("Distance in the map can be chosen once a map is drawn.")).to_be_visible()
    desk.js(TELL_MAP, {"key": digits.study.keys["embedding"], "dims": 2})
    expect(desk.page.get_by_text("Distance in the map is that to the focused image: click one.")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.at("#grid-sort")).to_be_hidden()  # it closes in a while
    desk.click_image(TEST[0])
    desk.wait_focus(TEST[0])
    desk.arrange("grid-sort", "Distance in the map")
    places = arrays("places").astype(float)
    near = in_order(((places - places[TEST[0]]) ** 2).sum(axis=1))
    desk.wait_grid(near)
    # Who walks on does not have them reordered; an image that was chosen elsewhere has its own neighbours.
    desk.page.keyboard.press("Escape")
    desk.click_image(near[4])
    desk.wait_focus(near[4])
    desk.wait_grid(near)
    desk.js("window.dash_clientside.set_props('focus', {data: 1700})")
    desk.wait_grid(in_order(((places - places[1700]) ** 2).sum(axis=1)))


def test_views_tell_each_other_what_is_hovered(desk):
    desk.js("""() => { window.hovered = [];
        window.addEventListener('darkroom-hover', ({detail}) => window.hovered.push([detail.id, detail.origin])) }""")
    box, tile = desk.at("#grid").bounding_box(), desk.js("window.darkroom.grid.rectOf(1440)")
    desk.page.mouse.move(box["x"] + tile["x"] + 10, box["y"] + tile["y"] + 10)
    desk.wait("window.hovered.at(-1)?.[0] === 1440")
    desk.page.mouse.move(5, 5)
    desk.wait("window.hovered.at(-1)?.[0] === null")
    assert desk.js("window.hovered") == [[1440, "grid"], [None, "grid"]]
    told = "id => window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: 'scatter'}}))"
    picture = "document.querySelector('#grid canvas').toDataURL()"
    before = desk.js(picture)
    desk.js(told, 1441)
    desk.wait(f"before => {picture} !== before", before)  # a ring
    desk.js(told, None)
    desk.wait(f"before => {picture} === before", before)


@pytest.fixture
def table_desk(desk):
    desk.choose("grid-as", "Table")
    desk.wait("document.querySelectorAll('.image-rows .ag-row').length > 5")
    return desk


def cell(desk, image, column):
    return desk.at(f".image-rows .ag-row[row-id='{image}'] .ag-cell[col-id='{column}']")


def test_the_table_says_the_same_and_selects(table_desk, arrays, ids_of):
    desk = table_desk
    rows = desk.js(
        "() => { const ids = []; window.darkroom.table.api.forEachNode(({data}) => ids.push(data)); return ids }"
    )
    assert [row["id"] for row in rows] == TEST
    for row in rows[:50]:
        true, taken = arrays("labels")[row["id"]], arrays("predicted")[row["id"]]
        said = ["test", str(true), str(taken), "right" if true == taken else "wrong"]
        assert [row[name] for name in ("split", "true", "predicted", "right")] == said
        for name in ("confidence", "entropy", "margin"):
            assert np.float32(row[name]) == arrays(name)[row["id"]]
    # Click and arrow keys look at an image; one that is chosen elsewhere is scrolled to and marked.
    cell(desk, TEST[1], "true").click()
    desk.wait_focus(TEST[1])
    desk.page.keyboard.press("ArrowDown")
    desk.wait_focus(TEST[2])
    desk.js("window.dash_clientside.set_props('focus', {data: 1790})")
    expect(cell(desk, 1790, "id")).to_be_in_viewport()
    expect(cell(desk, 1790, "id")).to_have_css("font-weight", "600")
    # What passes the filters becomes the selection; then what is ticked of that.
    desk.at(".image-rows .ag-floating-filter input[aria-label^='right']").fill("wrong")
    desk.sees("#table-words", f"{len(ids_of())} pass the filters")
    desk.at("#table-filtered").click()
    picked = desk.wait_data("selection", f"data?.count === {len(ids_of())}")
    assert picked["by_outcome"]
    desk.sees("#grid-panel-subtitle", f"Filter of {len(ids_of())} images: {len(ids_of())} of 1,797")
    first, third = ids_of()[0], ids_of()[2]
    desk.at(f".image-rows .ag-row[row-id='{first}'] input[type=checkbox]").click()
    desk.at(f".image-rows .ag-row[row-id='{third}'] input[type=checkbox]").click(modifiers=["Shift"])
    desk.sees("#table-words", f"{len(ids_of())} pass the filters · 3 ticked")
    desk.at("#table-ticked").click()
    desk.wait_data("selection", "data?.count === 3")
    desk.choose("grid-as", "Tiles")
    desk.wait_grid(ids_of()[:3])


def test_names_of_classes_are_text_in_the_table(table_desk):
    table_desk.js("""async () => { const {table, saidOf} = window.darkroom, names = Array(10).fill('<b id="bad">a & b</b>');
        table.show('other', {...table.source, class_names: names}, await saidOf(table.source), [1438]) }""")
    expect(cell(table_desk, 1438, "true")).to_have_text('<b id="bad">a & b</b>')
    assert table_desk.js("document.querySelector('#bad')") is None
