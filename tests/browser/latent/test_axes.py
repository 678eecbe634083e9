"""The latent axes in the browser: dragged, moved by keys, with their band; what is painted is what the engine decodes."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow  # a VAE is trained for them

FIRST = 1600
LATENT = "window.darkroom.latent"
DARK = "document.documentElement.setAttribute('data-mantine-color-scheme', 'dark')"


@pytest.fixture
def axes_desk(latent_desk, encoded):
    """The Teacher view and the VAE view of an image side by side, all of it painted."""
    desk = latent_desk
    desk.page.goto(f"{desk.site}/?study={encoded.study.id}&views=teacher,vae&focus={FIRST}")
    desk.wait_painted()
    desk.wait(f"{LATENT}.now !== null && {LATENT}.source.number === {FIRST}")
    desk.wait_map()
    return desk


def handle(desk, place, part="value"):
    """Where a handle is, in px, and its axis."""
    shown = desk.at(f".latent-axes [data-part={part}]").nth(place)
    box = shown.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, int(shown.get_attribute("data-axis"))


def drag(desk, place, by, part="value", key=None):
    """Drags a handle down by so many px; returns its axis."""
    x, y, axis = handle(desk, place, part)
    desk.page.mouse.move(x, y)
    if key:
        desk.page.keyboard.down(key)
    desk.page.mouse.down()
    for step in range(1, 11):
        desk.page.mouse.move(x, y + by * step / 10)
    desk.page.mouse.up()
    if key:
        desk.page.keyboard.up(key)
    return axis


def wait_still(desk):
    """Until what is shown is what the line says."""
    desk.wait(f"!{LATENT}.flying && {LATENT}.shown === {LATENT}.moves")


def decoded(encoded, source, values):
    asked = {name: source[name] for name in ("images", "teacher", "epoch", "vae", "codes", "predictions", "number")}
    return encoded.engine.calls.ask(
        "decode", asked | {"values": values, "residual": True, "maps": []}, "test", timeout=60
    )


def test_what_is_dragged_is_decoded_and_told_on_the_map(axes_desk, encoded):
    desk = axes_desk
    source = desk.data("vae-source")
    own = source["code"]
    assert desk.at(".scatter-hollow[data-name=line]").count() == 0  # the image itself is on the map
    assert "Stays" in desk.at(".latent-said").inner_text()

    axis = drag(desk, 0, 60)
    wait_still(desk)
    line = desk.wait_data("vae-line", "data?.values")["values"]
    moved = np.flatnonzero(np.array(line) != np.array(own)).tolist()
    assert moved == [axis]
    assert line[axis] < own[axis]
    told = decoded(encoded, source, line)
    assert desk.js(f"{LATENT}.now.pixels.data") == told["pixels"]["data"]
    assert desk.js(f"{LATENT}.now.probabilities") == pytest.approx(told["probabilities"], abs=1e-6)
    shown = desk.js(
        "Array.from(document.querySelector('.latent-now canvas').getContext('2d').getImageData(0, 0, 28, 28).data)"
    )
    pixels = desk.js(f"Array.from(window.darkroom.imagesOf({LATENT}.now.pixels).images[0])")
    assert shown[::4] == pixels
    assert desk.at(".scatter .scatter-hollow[data-name=line]:not([hidden])").count() == 1
    assert desk.at(".latent-own").get_attribute("points")

    # A band that has not been dragged has half of 15 % of each axis' range on either side.
    lower, upper = (encoded.engine.results.array(encoded.study.keys["codes"], name) for name in ("lower", "upper"))
    band = desk.data("vae-band")
    assert band["below"] == pytest.approx((0.075 * (upper - lower)).tolist(), rel=1e-5)
    stretched = drag(desk, 1, -30, "above")
    band = desk.wait_data("vae-band", f"data.above[{stretched}] !== data.below[{stretched}]")
    assert band["above"][stretched] > 0.075 * (upper - lower)[stretched]
    both = drag(desk, 2, -20, "above", key="Shift")
    band = desk.wait_data("vae-band", f"data.above[{both}] > {0.08 * float((upper - lower)[both])}")
    assert band["above"][both] == pytest.approx(band["below"][both])

    desk.at("#latent-reset-band").click()
    desk.wait_data("vae-band", f"Math.abs(data.above[{both}] - {0.075 * float((upper - lower)[both])}) < 1e-4")
    desk.at("#latent-reset-line").click()
    desk.wait_data("vae-line", "data.values === null")
    wait_still(desk)
    desk.wait("!document.querySelector('.scatter .scatter-hollow[data-name=line]')")


def test_keys_move_a_value_and_its_band(axes_desk, encoded):
    desk = axes_desk
    desk.js(DARK)
    lower, upper = (encoded.engine.results.array(encoded.study.keys["codes"], name) for name in ("lower", "upper"))
    own = desk.data("vae-source")["code"]
    _, _, axis = handle(desk, 0)
    span = float((upper - lower)[axis])
    slider = desk.at(f".latent-handle[data-axis='{axis}']")
    slider.focus()
    assert (slider.get_attribute("role"), slider.get_attribute("aria-label")) == ("slider", f"Latent value {axis}")

    def after(key, wanted):
        desk.page.keyboard.press(key)
        desk.wait_data("vae-line", f"data?.values && Math.abs(data.values[{axis}] - {wanted}) < 1e-4")
        assert float(slider.get_attribute("aria-valuenow")) == pytest.approx(wanted, abs=1e-3)

    up = -1 if own[axis] + 0.2 * span > upper[axis] else 1  # there is room to go
    after("ArrowUp" if up == 1 else "ArrowDown", own[axis] + up * 0.01 * span)
    after("PageUp" if up == 1 else "PageDown", own[axis] + up * 0.11 * span)
    after("Home", float(lower[axis]))
    after("End", float(upper[axis]))
    after("Delete", own[axis])
    desk.page.keyboard.press("Shift+ArrowUp")
    band = desk.wait_data("vae-band", f"Math.abs(data.above[{axis}] - {0.085 * span}) < 1e-3")
    assert band["below"][axis] == pytest.approx(band["above"][axis])
    assert desk.data("focus") == FIRST  # arrows walk through the images elsewhere
    wait_still(desk)


def test_axes_are_ordered_and_fewer_are_shown_at_full_width(axes_desk):
    desk = axes_desk
    desk.wait("window.darkroom.latentAxes.effects !== null")
    effects = desk.js("window.darkroom.latentAxes.effects.effects")
    assert desk.js("window.darkroom.latentAxes.order[0]") == int(np.argmax(effects))
    desk.choose("latent-order", "Number")
    desk.wait("window.darkroom.latentAxes.order.join() === '0,1,2,3,4,5'")
    desk.js("dash_clientside.set_props('latent-first', {value: 2})")
    desk.wait("document.querySelectorAll('.latent-column').length === 4")
    desk.at(".latent-column").last.click()
    desk.wait("window.darkroom.latentAxes.shown.includes(5)")
    names = desk.at(".latent-name").all_text_contents()
    assert names == ["z5", "z0"]


def test_another_image_is_never_shown_with_the_line_of_the_last(axes_desk):
    desk = axes_desk
    drag(desk, 0, 40)
    desk.wait_data("vae-line", "data?.values")
    desk.js(f"dash_clientside.set_props('focus', {{data: {FIRST + 1}}})")
    desk.wait(f"{LATENT}.source?.number === {FIRST + 1} && {LATENT}.now !== null")
    wait_still(desk)
    assert desk.js(f"{LATENT}.values") is None
    assert desk.data("vae-line")["values"] is None
    desk.js("dash_clientside.set_props('focus', {data: null})")
    desk.sees(
        "#latent-words",
        "Click an image in the Teacher view or a point of a map, or press / and type its number: its code appears here.",
    )


def test_a_view_that_was_left_comes_back_as_it_was(axes_desk):
    """The line and the band of the hand; on the map nothing stays behind meanwhile."""
    desk = axes_desk
    drag(desk, 0, 60)
    drag(desk, 1, -30, "above")
    wait_still(desk)
    line, band = desk.wait_data("vae-line", "data?.values"), desk.data("vae-band")
    desk.wait("document.querySelector('.scatter .scatter-hollow[data-name=line]:not([hidden])')")
    desk.js("dash_clientside.set_props('workspace', {data: ['teacher']})")
    desk.wait("!document.querySelector('.scatter-hollow[data-name=line]')")
    desk.js("dash_clientside.set_props('workspace', {data: ['teacher', 'vae']})")
    desk.wait(f"document.querySelector('.latent-handle') && {LATENT}.now !== null")
    wait_still(desk)
    assert desk.js(f"{LATENT}.values") == line["values"] == desk.data("vae-line")["values"]
    assert desk.js(f"{LATENT}.above") == band["above"] == desk.data("vae-band")["above"]
    desk.wait("document.querySelector('.scatter .scatter-hollow[data-name=line]:not([hidden])')")
