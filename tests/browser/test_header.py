"""The header of the Teacher view, and the pinned image: what only a browser can tell."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow  # much is saved, written and read


def test_a_selection_is_saved_combined_renamed_and_deleted(desk, desks, ids_of):
    desk.at("#add-ids").fill("1797")
    desk.at("#add-button").click()
    expect(desk.at(".strip .mantine-InputWrapper-error")).to_have_text(
        "image 1,797 does not exist; there are 0 to 1,796"
    )
    desk.at("#add-ids").fill("1500-1502")
    desk.page.keyboard.press("Enter")
    desk.wait_grid([1500, 1501, 1502])
    expect(desk.at(".strip .mantine-InputWrapper-error")).to_have_count(0)
    expect(desk.at("#add-ids")).to_have_value("")
    desk.at("#saved-button").click()
    desk.at("#saved-name").fill("odd <b>")
    desk.page.keyboard.press("Enter")
    expect(desk.at("#saved-list .jobs-name")).to_have_text(["odd <b>"])
    desk.page.keyboard.press("Escape")
    expect(desk.at("#saved-list")).to_be_hidden()
    assert desk.data("selection")["count"] == 3  # Esc closed the menu and no more

    other = desks().open()
    other.at("#wrong-button").click()
    other.wait_grid(ids_of())
    other.sees("#strip-words", re.compile(r"of the selection 0\.0% \(no interval: chosen by outcome\)$"))
    other.at("#saved-button").click()
    other.page.get_by_role("button", name="Add the images of odd <b> to the selection").click()
    other.wait_grid(sorted({*ids_of(), 1500, 1501, 1502}))
    other.page.get_by_role("button", name="Rename odd <b>").click()
    expect(other.at("#saved-rename")).to_be_focused()
    other.at("#saved-rename").fill("even")
    other.page.keyboard.press("Enter")
    even = other.at("#saved-list .jobs-name")
    expect(even).to_have_text(["even"])
    expect(even).to_be_focused()
    other.page.keyboard.press("Enter")
    other.wait_grid([1500, 1501, 1502])
    other.page.get_by_role("button", name="Delete even").click()
    other.page.get_by_role("button", name="Delete", exact=True).click()
    expect(other.at("#saved-list li")).to_have_count(0)


def test_ids_are_taken_along_and_read_again(desk):
    desk.at("#wrong-button").click()
    desk.wait_data("selection", "data?.label === 'Wrong in test'")
    before = desk.data("selection")
    desk.page.get_by_role("button", name="Image ids").click()
    with desk.page.expect_download() as coming:
        desk.page.get_by_role("button", name="Ids as JSON").click()
    text = Path(coming.value.path()).read_text()
    held = json.loads(text)
    held["ids"].append(9999)
    file = {"mimeType": "application/json", "buffer": json.dumps(held).encode()}
    desk.at("#exchange-file input").set_input_files([file | {"name": "odd.json"}])
    desk.wait_data("selection", "data?.label === 'odd.json'")
    assert desk.data("selection")["bits"] == before["bits"]
    desk.sees("#exchange-words", re.compile("1 number is no image of this set, which has 0 to 1,796: 9,999.$"))
    desk.at("#exchange-file input").set_input_files(
        [{"name": "all.txt", "mimeType": "text/plain", "buffer": bytes(8_000_001)}]
    )
    desk.sees("#exchange-words", "all.txt has 8.0 MB; up to 8.0 MB are read. Nothing is read of it.")


def test_an_image_is_pinned_swapped_and_let_go_and_the_address_and_undo_know(desk):
    expect(desk.at("#focus-pin")).to_be_disabled()
    desk.click_image(1438)
    desk.wait_focus(1438)
    desk.at("#focus-pin").click()
    desk.wait_data("pinned", "data === 1438")
    desk.click_image(1440)
    desk.wait_focus(1440)
    drawn = "document.querySelector('#focus-bars .js-plotly-plot').calcdata?.length"
    desk.wait(f"{drawn} === 2")
    desk.wait("document.querySelector('#pinned-image').naturalWidth === 28")
    desk.wait("location.search.endsWith('&focus=1440&pin=1438')")
    desk.at("#focus-swap").click()
    desk.wait_focus(1438)
    desk.wait("document.querySelector('#pinned-image').src.endsWith('/1440.png')")
    desk.reload()
    desk.wait("document.querySelector('#pinned-image')?.src.endsWith('/1440.png')")
    desk.wait_focus(1438)
    desk.at("#focus-pin").click()
    desk.wait(f"{drawn} === 1")
    desk.wait("location.search.endsWith('&focus=1438')")
    desk.at("#undo").click()
    desk.wait_data("pinned", "data === 1440")
    desk.wait(f"{drawn} === 2")
