"""The Slicer view in the browser: a slice is cut in both drawings, measured, gone through by epoch, and looked into."""

import pytest
from playwright.sync_api import expect

from dashboard.links import study_data
from dashboard.slicer.asked import source_of
from workers.kinds import job

pytestmark = pytest.mark.slow  # a study of its own is measured

QUERY = "window.dash_component_api.getLayout('slicer-query')?.props.data"
SHOWN = "window.dash_component_api.getLayout('slicer-shown')?.props.data"
BLOCKS = ".slicer-block"


@pytest.fixture(scope="module")
def sliced(digits):
    """The digits in a second study, to which slices may be added; gone afterwards, so that others find one study."""
    specs = {role: digits.engine.jobs.spec(key) for role, key in digits.study.keys.items()}
    made_of = {role: specs[role] for role in ("images", "predictions")}
    specs["tree"] = job("hierarchy", **made_of)  # with the same results it would be the same study
    study = digits.engine.studies.create("Sliced", specs)
    assert study.id != digits.study.id
    yield study
    digits.engine.studies.delete(study.id)


@pytest.fixture
def slicer_desk(desks, sliced):
    """The Slicer view of the digits, its net drawn."""
    desk = desks()
    desk.page.goto(f"{desk.site}/?study={sliced.id}&views=slicer&focus=1500")
    expect(desk.at(BLOCKS)).to_have_count(8)
    desk.wait(f"Boolean({QUERY})")
    return desk


def cut(desk):
    return desk.js(QUERY)


def test_a_slice_is_cut_measured_and_looked_into(slicer_desk, digits):
    desk = slicer_desk
    assert cut(desk)["layers"][:3] == ["input", "conv1", "pool1"]
    expect(desk.at("#slicer-estimate")).to_contain_text("of memory at once")

    # Both drawings cut the same query: the strip takes layers away, the drawing takes epochs.
    for name in ("hidden", "relu", "output", "pool2"):
        desk.at(f"{BLOCKS}[data-layer={name}]").click()
        desk.wait(f"!{QUERY}.layers.includes('{name}')")
    assert cut(desk)["pairs"] == [["conv1", "pool1"], ["pool1", "conv2"]]
    expect(desk.at(".slicer-cut-out")).to_have_count(4)
    box = desk.at(".slicer-drawing").bounding_box()
    scale = box["width"] / 320
    at = lambda x, y: (box["x"] + scale * x, box["y"] + scale * y)  # noqa: E731
    desk.page.mouse.move(*at(10, 40 + 9.6 * 3.5))  # the strip of classes
    desk.page.mouse.down()
    desk.page.mouse.move(*at(10, 40 + 9.6 * 5.5))
    desk.page.mouse.up()
    desk.wait("window.dash_component_api.getLayout('slicer-inputs').props.value === 'classes-3-5'")
    expect(desk.at("#slicer-inputs")).to_have_value("Test images of 3 to 5")
    desk.js("dash_clientside.set_props('slicer-inputs', {value: 'test'})")
    desk.page.mouse.move(*at(24 + 1.5 * 228 / 8, 150))
    desk.page.mouse.down()
    desk.page.mouse.move(*at(24 + 3.5 * 228 / 8, 150))
    desk.page.mouse.up()
    desk.wait(f"{QUERY}.layers.length === 3")
    assert cut(desk)["layers"] == ["conv1", "pool1", "conv2"]
    expect(desk.at(f"{BLOCKS}[aria-pressed=true]")).to_have_count(3)

    desk.js("dash_clientside.set_props('slicer-most', {value: 60})")
    desk.at("#slicer-ask").click()
    desk.wait(f"Boolean({SHOWN})")
    key = desk.js(SHOWN)["key"]
    array = digits.engine.results.array
    expect(desk.at("#slicer-query-panel-subtitle")).to_have_text("Shown: 60 inputs, 3 layers, 4 epochs")

    # Layers and channels at an epoch of the slider.
    desk.wait("document.querySelector('#slicer-channels')?.dataset.layer === 'conv1'")
    expect(desk.at(".slicer-tile")).to_have_count(20)
    value = float(array(key, "intra-0")[3, 0, 5])
    expect(desk.at(".slicer-tile[data-channel='5']")).to_contain_text(f"{value:.2f}")
    desk.js("dash_clientside.set_props('slicer-epoch', {value: 1})")
    desk.wait("document.querySelector('#slicer-channels').dataset.epoch === '1'")
    expect(desk.at("#slicer-epoch-said")).to_have_text("1 of 3")
    expect(desk.at("#slicer-layers-panel-subtitle")).to_contain_text("epoch 1")

    # Circles, packed by D3; into one and out again.
    desk.page.get_by_role("tab", name="Circles").click()
    desk.wait("document.querySelector('#slicer-circles')?.dataset.epoch === '1'")
    expect(desk.at(".slicer-group")).to_have_count(11)
    expect(desk.at(".slicer-channel")).to_have_count(11 * 20)
    desk.at(".slicer-group[data-group='7']").focus()
    desk.page.keyboard.press("Enter")
    desk.wait("document.querySelector('#slicer-circles').dataset.zoomed === '7'")
    desk.page.keyboard.press("Enter")
    desk.wait("document.querySelector('#slicer-circles').dataset.zoomed === ''")

    # A cell of the heat-map, and both of its filters' maps, carried back.
    desk.page.get_by_role("tab", name="Capacity").click()
    title = (
        "document.querySelector('#slicer-capacity-graph .annotation-text')?.textContent === 'conv1 → pool1, epoch {}'"
    )
    desk.wait(title.format(1))
    expect(desk.at("#slicer-capacity-panel .mantine-Pill-label")).to_have_text(["conv1 → pool1"])

    # A step of the slider draws what is there already, and asks nothing.
    desk.wait("document.querySelector('#slicer-matrix .js-plotly-plot')?.layout.meta.at === 1")
    asked = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.js("dash_clientside.set_props('slicer-epoch', {value: 2})")
    desk.wait(title.format(2))
    desk.wait("document.querySelector('#slicer-matrix .js-plotly-plot').layout.meta.at === 2")
    drawn = desk.js(
        "Array.from(document.querySelector('#slicer-matrix .js-plotly-plot')._fullData[0].customdata, row => Array.from(row))"
    )
    confusion = array(digits.study.keys["teacher"], "test_confusion")
    assert drawn == confusion[2].tolist()
    assert not [url for url in asked if "/course/" in url or "/array/" in url]
    desk.js("dash_clientside.set_props('slicer-epoch', {value: 1})")
    desk.wait(title.format(1))
    click = "{points: [{curveNumber: 0, customdata: [3, 7]}]}"
    desk.js(f"window.dash_clientside.set_props('slicer-capacity-graph', {{clickData: {click}}})")
    desk.wait(
        "document.querySelector('#slicer-maps')?.dataset.filters === JSON.stringify([['conv1', 3], ['pool1', 7]])"
    )
    expect(desk.at(".slicer-said")).to_have_text("Epoch 1; carried back by deconvnet")
    assert desk.at(".slicer-filters canvas:not(.slicer-profile)").count() == 4 * 7
    expect(desk.at(".slicer-filters td.slicer-focused")).to_contain_text("1500")
    desk.at(".slicer-filters img").nth(2).click()  # goes to that image
    desk.wait("window.dash_component_api.getLayout('focus').props.data !== 1500")


def test_the_epochs_play_and_a_class_is_selected(slicer_desk, digits, sliced):
    desk = slicer_desk
    desk.js("dash_clientside.set_props('slicer-epoch', {value: 0})")
    desk.wait("document.querySelector('#slicer-given-label .slicer-mark')?.dataset.epoch === '0'")
    desk.at("#slicer-play").click()
    desk.wait("window.dash_component_api.getLayout('slicer-epoch').props.value === 3")
    desk.wait("document.querySelector('#slicer-play').classList.contains('icon-play')")
    desk.js("window.dash_clientside.set_props('slicer-given-label', {clickData: {points: [{customdata: 4}]}})")
    desk.wait("window.dash_component_api.getLayout('selection').props.data?.label === 'true 4'")
    expect(desk.at("#slicer-inputs")).to_be_visible()
    source = source_of(digits.engine, study_data(sliced)["keys"])
    assert desk.js("window.dash_component_api.getLayout('slicer-source').props.data") == source
