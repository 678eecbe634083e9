"""The tab Explain in the browser: an answer is explained, its curves are gone through, methods are ranked, synthetic images
looked at; and the class activation map over the focused image."""

import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow  # a VAE is trained for them

NUMBER = 1600
DARK = "document.documentElement.setAttribute('data-mantine-color-scheme', 'dark')"
SHOWN = "document.querySelector('#explain-maps')?.dataset.shown"
SCRUB = "document.querySelector('#explain-scrub')?.dataset"


@pytest.fixture
def explain_desk(latent_desk, encoded):
    """The tab Explain, in front, of an image that is not explained yet."""
    desk = latent_desk
    desk.page.goto(f"{desk.site}/?study={encoded.study.id}&views=student&focus={NUMBER}")
    desk.page.get_by_role("tab", name="Explain").click()
    expect(desk.at("#explain-make")).to_be_enabled()
    return desk


def to_step(desk, step):
    desk.js(
        "step => { const slider = document.querySelector('.explain-slider'); slider.value = step;"
        " slider.dispatchEvent(new Event('input')); }",
        step,
    )


def test_an_answer_is_explained_gone_through_and_ranked(explain_desk, encoded):
    desk, array = explain_desk, encoded.engine.results.array
    desk.js("dash_clientside.set_props('explain-set-n-samples', {value: 100})")
    desk.at("#explain-make").click()
    desk.wait(f"Boolean({SHOWN})")
    key = desk.js(SHOWN)
    methods = encoded.engine.results.meta(key)["methods"]
    tiles = desk.at(".explain-method")
    assert [tiles.nth(at).get_attribute("data-method") for at in range(tiles.count())] == [
        each["name"] for each in methods
    ]
    expect(tiles.nth(0)).to_contain_text(f"deletion {methods[0]['deletion']['signed']:.3f}")

    # The map that deletion likes best is looked at; a click looks at another, here and in curves and ranking.
    best = min((each for each in methods if not each["is_control"]), key=lambda each: each["deletion"]["signed"])
    expect(desk.at(f".explain-method[data-method={best['name']}]")).to_have_attribute("data-chosen", "")
    desk.at(".explain-method[data-method=rise]").click()
    desk.wait(f"{SCRUB}?.method === 'rise'")
    expect(desk.at(".explain-picked")).to_have_attribute("data-method", "rise")

    # Through the steps of deletion: the image loses its pixels in falling order, the probability is that of the result.
    row = [each["name"] for each in methods].index("rise")
    to_step(desk, 5)
    assert float(desk.js(f"{SCRUB}.score")) == pytest.approx(float(array(key, "deletion")[0, row, 5]), abs=1e-5)
    order = np.argsort(-array(key, "signed")[row].ravel(), kind="stable")
    wanted = array(key, "image").ravel().copy()
    wanted[order[:140]] = array(key, "filled").ravel()[order[:140]]
    drawn = desk.js(
        "(() => { const canvas = document.querySelector('.explain-step');"
        " return Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data).filter((_, at) => at % 4 === 0) })()"
    )
    assert drawn == wanted.tolist()
    desk.wait("document.querySelector('#explain-curves .js-plotly-plot').layout.shapes?.length === 1")

    # Insertion, absolute, in the dark.
    desk.js(DARK)
    desk.at("#explain-curves-panel").get_by_text("Insertion", exact=True).click()
    desk.at("#explain-panel").get_by_text("Absolute", exact=True).click()
    desk.wait(f"{SCRUB}.what === 'insertion'")
    to_step(desk, 28)
    wait = float(array(key, "insertion")[1, row, 28])
    desk.wait(f"Math.abs({SCRUB}.score - {wait}) < 1e-5")

    # Ranked by insertion; a row is a method too.
    desk.at("#explain-ranking-panel").get_by_text("Insertion", exact=True).click()
    first = max(methods, key=lambda each: each["insertion"]["absolute"])
    expect(desk.at(".explain-ranking tbody tr").first).to_have_attribute("data-method", first["name"])
    desk.at(".explain-ranking tr[data-method=lime]").click()
    expect(desk.at(".explain-method[data-method=lime]")).to_have_attribute("data-chosen", "")

    # Synthetic images: as many as were made, one under the pointer.
    desk.page.get_by_role("tab", name="Re-labels").click()
    relabel = encoded.engine.results.meta(key)["relabel"]
    expect(desk.at("#explain-relabels-said")).to_contain_text(f"{relabel['flipped']:.0%} of the labels flip")
    expect(desk.at("#explain-relabels")).to_contain_text("kept (")
    desk.at("#explain-relabels-panel").get_by_text("Boundary", exact=True).click()
    desk.wait("document.querySelector('#explain-relabels .js-plotly-plot').layout.shapes?.length === 1")
    desk.js("dash_clientside.set_props('explain-relabels', {hoverData: {points: [{customdata: [7, 0.5]}]}})")
    expect(desk.at("#explain-relabels-tile")).to_have_attribute("data-number", "7")

    # Another image has none of it.
    desk.js(f"dash_clientside.set_props('focus', {{data: {NUMBER + 1}}})")
    expect(desk.at("#explain-words")).to_contain_text("Press Explain")
    expect(desk.at("#explain-body")).to_be_hidden()


def test_a_map_lies_over_the_focused_image_and_follows_it(latent_desk, encoded):
    desk = latent_desk
    desk.page.goto(f"{desk.site}/?study={encoded.study.id}&views=teacher&focus={NUMBER}")
    expect(desk.at("#focus-image")).to_be_visible()
    assert desk.at(".focus-cam").count() == 0
    switch = desk.at("label:has(#focus-cam-switch)")
    expect(desk.at("#focus-cam-switch")).to_be_enabled()
    switch.click()
    expect(desk.at(".focus-cam")).to_have_attribute("data-layer", "pool2")
    box, image = desk.at(".focus-cam").bounding_box(), desk.at("#focus-image").bounding_box()
    assert box == pytest.approx(image, abs=1)
    pixels = "(() => { const canvas = document.querySelector('.focus-cam'); return canvas && canvas.toDataURL() })()"
    before = desk.js(pixels)
    desk.js(f"dash_clientside.set_props('focus', {{data: {NUMBER + 3}}})")
    desk.wait(f"before => {{ const now = {pixels}; return now && now !== before }}", before)
    switch.click()
    expect(desk.at(".focus-cam")).to_have_count(0)
