"""The Library view in the browser: thresholds are moved, a path is picked, an image dropped, what does not belong found."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from models.data import digits as digit_images
from workers.kinds import job

pytestmark = pytest.mark.slow  # a study of its own has libraries made

SHOWN = "window.dash_component_api.getLayout('library-shown')?.props.data"
SELECTION = "window.dash_component_api.getLayout('selection').props.data"
SETTINGS = {"layers": ("conv2", "hidden", "output"), "n_images": 200}
DROP = """async ([bytes, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(bytes)], name));
  const panel = document.getElementById('library-path');
  panel.dispatchEvent(new DragEvent('dragover', {bubbles: true, cancelable: true, dataTransfer: data}));
  panel.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: data}));
}"""


@pytest.fixture(scope="module")
def stored(digits):
    """The digits in a second study, with libraries; gone afterwards, so that others find one study."""
    specs = {role: digits.engine.jobs.spec(key) for role, key in digits.study.keys.items()}
    made_of = {role: specs[role] for role in ("images", "teacher", "predictions")}
    study = digits.engine.studies.create("Stored", {**specs, "library-1": job("library", SETTINGS, **made_of)})
    assert study.id != digits.study.id
    yield study
    digits.engine.studies.delete(study.id)


@pytest.fixture
def library_desk(desks, stored):
    """The Library view of the digits, its libraries drawn."""
    desk = desks()
    desk.page.goto(f"{desk.site}/?study={stored.id}&views=library&focus=1500")
    desk.wait(f"Boolean({SHOWN})")
    expect(desk.at(".library-sector").first).to_be_visible()
    return desk


def png(pixels):
    """A picture as a file has it."""
    file = io.BytesIO()
    Image.fromarray(pixels).resize((140, 140)).save(file, "PNG")
    return list(file.getvalue())


def test_thresholds_are_moved_a_path_is_picked_and_an_image_dropped(library_desk, digits):
    desk = library_desk
    shown = desk.js(SHOWN)
    arrays = digits.engine.results

    # The path of the focused image: what the stored answers say, and examples that can be looked at.
    expect(desk.at(".library-layer")).to_have_count(3)
    expect(desk.at(".library-sentence")).to_contain_text("net")
    row = arrays.array(shown["key"], "tested").tolist().index(1500)
    answers = arrays.array(shown["key"], "answers")[shown["usual"], :, row].tolist()
    expect(desk.at(".library-answer")).to_have_text([shown["names"][label] for label in answers])

    # The slider: another set of thresholds, everywhere.
    desk.js("dash_clientside.set_props('library-set', {value: 0})")
    expect(desk.at("#library-set-said")).to_contain_text(f"{max(shown['sizes'][0])} examples a layer")
    other = arrays.array(shown["key"], "answers")[0, :, row].tolist()
    expect(desk.at(".library-answer")).to_have_text([shown["names"][label] for label in other])
    expect(desk.at(".library-name").first).to_contain_text(f"{shown['sizes'][0][0]} examples")

    # A sector selects the images whose path begins like it.
    desk.at(".library-sector").first.focus()
    desk.page.keyboard.press("Enter")
    desk.wait(f"{SELECTION}?.origin === 'library'")
    picked = desk.js(SELECTION)
    assert len(picked["flow"]["path"]) == 1
    first = arrays.array(shown["key"], "answers")[0, 0]
    assert picked["count"] == int((first == picked["flow"]["path"][0]).sum())

    # An image of one's own: the path is that of the same image in the set.
    desk.page.evaluate(DROP, [png(digit_images().images[1500, 0]), "four.png"])
    expect(desk.at(".library-tools button")).to_have_count(2)
    expect(desk.at(".library-words")).to_contain_text("four.png, as the net sees it")
    expect(desk.at(".library-words")).to_contain_text("of the clean test images")
    desk.at(".library-tools button").first.click()  # bright for dark
    expect(desk.at(".library-tools button").first).to_have_attribute("aria-pressed", "true")
    desk.page.evaluate(DROP, [[1, 2, 3], "notes.txt"])
    expect(desk.at(".library-refused")).to_contain_text("notes.txt is no picture that this browser can read")
    desk.at(".library-tools button").last.click()
    expect(desk.at(".library-words")).to_contain_text("Image 1500")


def test_what_does_not_belong_is_found(library_desk):
    desk = library_desk
    desk.page.get_by_role("tab", name="Does it belong?").click()
    expect(desk.at("#library-belongs-histogram .bars, #library-belongs-histogram .plot").first).to_be_visible()
    desk.page.get_by_role("tab", name="Flow chart").click()
    expect(desk.at("#library-net-panel-subtitle")).to_contain_text("images;")
    desk.page.get_by_text("Sankey", exact=True).first.click()
    expect(desk.at("#library-flow-sankey .sankey-node").first).to_be_visible()
